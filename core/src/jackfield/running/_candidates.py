"""Comparisons of the pairs that a grouping or a proposer names; none is made twice in one run folder."""

from __future__ import annotations

import json
from typing import Any

from ..data import Clip, Groups
from ..planning import Plan, Step, blamed, digest_of
from ._results import Loader
from ._run import Run
from ._shards import item_key, sketch_key

# Pairs a work item: few of the slow, thorough comparisons for a grouping, many of the quick ones for a proposer.
THOROUGH, QUICK = 16, 1024

Pair = tuple[int, int]


def proposer_of(plan: Plan, step: Step) -> Any:
    """The proposer from which a distance takes its pairs; None where they come from elsewhere."""
    if step.kind != "distance" or len(step.inputs) != 2:
        return None
    source = plan.step(step.inputs[1])
    return source.component if source.kind == "proposer" else None


def item_keys(run: Run, step: Step, clips: list[Clip]) -> list[str]:
    """Where what a distance compares lies for each clip."""
    if hasattr(step.component, "sketch"):
        return [sketch_key(run.plan.item_digest(step), c.digest or "") for c in clips]
    return [item_key(run.plan.digest_at(step.inputs[0]), c.digest or "") for c in clips]


def compare_candidates(run: Run, loader: Loader, step: Step) -> None:
    """Compare the named pairs, then those that a proposer finds worth it after that."""
    proposed, proposer = loader.load(step.inputs[1]), proposer_of(run.plan, step)
    if isinstance(proposed, Groups):
        first, second = proposed.candidates()
    else:
        first, second = proposed.i.tolist(), proposed.j.tolist()
    pairs = list(zip(first, second, strict=True))
    work = _Comparisons(run, loader, step, proposed.ids, THOROUGH if proposer is None else QUICK)
    work.compare(pairs)
    if hasattr(proposer, "more"):
        with blamed(f"step {run.plan.step(step.inputs[1]).label}"):
            more = proposer.more(loader.load(step.id))
        named = {*pairs}
        new = [pair for pair in zip(*(array.tolist() for array in more), strict=True) if pair not in named]
        if new:
            work.compare(pairs + new)


class _Comparisons:
    """Pairs of one distance step, and where in the run folder each comparison lies."""

    def __init__(self, run: Run, loader: Loader, step: Step, ids: tuple[str, ...], size: int) -> None:
        self.run, self.loader, self.step, self.ids, self.size = run, loader, step, ids, size
        self.digest = run.plan.item_digest(step)
        # (item, item) → (work item, position in it); of work done for any collection.
        self.known: dict[tuple[str, str], tuple[str, int]] = {}
        for key, texts in run.ledger.compared(self.digest):
            if key in run.shards:
                items, local = json.loads(texts)
                self.known |= {(items[a], items[b]): (key, k) for k, (a, b) in enumerate(local)}

    def compare(self, pairs: list[Pair]) -> None:
        """Make what is missing, in the order given, and put the result together, in the order of the clips."""
        wanted = sorted({self.ids[k] for pair in pairs for k in pair})
        sketch = [self.step.id] if hasattr(self.step.component, "sketch") else []
        store = [] if sketch else [self.step.inputs[0]]
        self.run.clips(f"preparing ({self.step.id})", wanted, store, sketch, [])
        clips = self.run.good()
        where = {clip.id: key for clip, key in zip(clips, item_keys(self.run, self.step, clips), strict=True)}
        keys = {
            (a, b): (where[self.ids[a]], where[self.ids[b]])
            for a, b in pairs
            if self.ids[a] in where and self.ids[b] in where
        }
        self._make(list(dict.fromkeys(key for key in keys.values() if key not in self.known)))
        pairs = sorted(keys)
        self.loader.neighbours(self.step.id, self.ids, pairs, [self.known[keys[pair]] for pair in pairs])

    def _make(self, missing: list[tuple[str, str]]) -> None:
        chunks: list[dict[str, Any]] = []
        for start in range(0, len(missing), self.size):
            here = missing[start : start + self.size]
            items = sorted({item for pair in here for item in pair})
            place = {item: k for k, item in enumerate(items)}
            local = [[place[a], place[b]] for a, b in here]
            key = digest_of("chunk", self.digest, items, local)
            chunks.append({"key": key, "items": items, "pairs": local})
            self.known |= {pair: (key, k) for k, pair in enumerate(here)}
        self.run.pairs(self.step, chunks)
        self.run.ledger.compare(self.digest, {c["key"]: json.dumps([c["items"], c["pairs"]]) for c in chunks})

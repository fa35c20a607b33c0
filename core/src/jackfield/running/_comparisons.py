"""Comparisons of single pairs, and where in the run folder each lies; none is made twice in one run folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..data import Clip, Neighbours
from ..planning import Step, digest_of
from ._results import Loader
from ._run import Run
from ._shards import item_key, sketch_key

if TYPE_CHECKING:
    import numpy as np

# Work items that are handed out at once: their pairs are Python objects until they are through.
BATCH = 256


def item_keys(run: Run, step: Step, clips: list[Clip]) -> list[str]:
    """Where what a distance compares lies for each clip."""
    if hasattr(step.component, "sketch"):
        return [sketch_key(run.plan.item_digest(step), c.digest or "") for c in clips]
    return [item_key(run.plan.digest_at(step.inputs[0]), c.digest or "") for c in clips]


class Comparisons:
    """Pairs of one distance step. Pairs are (2, m) int64 positions of clips, a above b.

    size : pairs a work item
    """

    def __init__(self, run: Run, loader: Loader, step: Step, ids: tuple[str, ...], size: int) -> None:
        import numpy as np

        self.run, self.loader, self.step, self.ids, self.size = run, loader, step, ids, size
        self.digest = run.plan.item_digest(step)
        self.ready: set[str] = set()
        # What is compared by its key, numbered, and the number of each clip, −1 where it failed.
        self.items: dict[str, int] = {}
        self.number = np.zeros(0, np.int64)
        self.known = Places()
        chunks = []
        for key, texts in run.ledger.compared(self.digest):
            if key in run.shards:
                keys, local = json.loads(texts)
                numbers = np.array([self.items.setdefault(k, len(self.items)) for k in keys], np.int64)
                chunks.append((key, codes(numbers[np.array(local, np.int64).T])))
        self.known.add(chunks)

    def compare(self, pairs: np.ndarray) -> Neighbours:
        """Make what is missing, in the order given; the step's result are these pairs, in the order of the clips."""
        pairs, chunk, row = self._made(pairs)
        self.loader.neighbours(self.step.id, self.ids, pairs, [self.known.keys[c] for c in chunk.tolist()], row)
        result: Neighbours = self.loader.load(self.step.id)
        return result

    def distances(self, pairs: np.ndarray) -> Neighbours:
        """The same without evidence, and without becoming the step's result: for very many pairs."""
        import numpy as np

        pairs, chunk, row = self._made(pairs)
        distance = np.empty(chunk.size, np.float32)
        order = np.argsort(chunk, kind="stable")
        for here in np.split(order, np.flatnonzero(np.diff(chunk[order])) + 1) if order.size else ():
            stored = self.run.shards.load(self.known.keys[chunk[here[0]]])
            distance[here] = stored["columns"]["distance"][row[here]]
        return Neighbours(ids=self.ids, i=pairs[0], j=pairs[1], distance=distance, name=self.step.id)

    def _made(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Those of the pairs that can be compared, each once, in order; the work item of each, and its row there."""
        import numpy as np

        self._prepare(pairs)
        pairs = pairs[:, (self.number[pairs] >= 0).all(axis=0)]
        wanted = codes(self.number[pairs])
        missing = wanted[~self.known.has(wanted)]
        self._make(missing[np.sort(np.unique(missing, return_index=True)[1])])
        first = np.unique(pairs[0] * len(self.ids) + pairs[1], return_index=True)[1]
        return pairs[:, first], *self.known.of(wanted[first])

    def _prepare(self, pairs: np.ndarray) -> None:
        """Make what is compared of every clip in these pairs."""
        import numpy as np

        wanted = [name for name in sorted(self.ids[k] for k in np.unique(pairs)) if name not in self.ready]
        sketch = [self.step.id] if hasattr(self.step.component, "sketch") else []
        store = [] if sketch else [self.step.inputs[0]]
        self.run.clips(f"preparing ({self.step.id})", wanted, store, sketch, [])
        self.ready.update(wanted)
        clips = self.run.good()
        keys = {clip.id: key for clip, key in zip(clips, item_keys(self.run, self.step, clips), strict=True)}
        numbers = [self.items.setdefault(keys[i], len(self.items)) if i in keys else -1 for i in self.ids]
        self.number = np.array(numbers, np.int64)

    def _make(self, missing: np.ndarray) -> None:
        names = [*self.items]
        for start in range(0, missing.size, self.size * BATCH):
            batch = missing[start : start + self.size * BATCH]
            parts = [batch[k : k + self.size] for k in range(0, batch.size, self.size)]
            chunks = [self._chunk(part, names) for part in parts]
            self.run.pairs(self.step, chunks)
            self.run.ledger.compare(self.digest, {c["key"]: json.dumps([c["items"], c["pairs"]]) for c in chunks})
            self.known.add([(c["key"], part) for c, part in zip(chunks, parts, strict=True)])

    def _chunk(self, part: np.ndarray, names: list[str]) -> dict[str, Any]:
        a, b = ([names[k] for k in side.tolist()] for side in (part >> 32, part & 0xFFFFFFFF))
        items = sorted({*a, *b})
        place = {item: k for k, item in enumerate(items)}
        local = [[place[p], place[q]] for p, q in zip(a, b, strict=True)]
        return {"key": digest_of("chunk", self.digest, items, local), "items": items, "pairs": local}


def codes(numbers: np.ndarray) -> np.ndarray:
    """(m,) one int64 for each of the pairs of numbers, (2, m)."""
    packed: np.ndarray = (numbers[0] << 32) | numbers[1]
    return packed


class Places:
    """Work item and row of every pair that is known, 24 bytes each: a sample's pairs with all clips are millions."""

    def __init__(self) -> None:
        import numpy as np

        self.keys: list[str] = []
        self.table = np.zeros((3, 0), np.int64)

    def add(self, chunks: list[tuple[str, np.ndarray]]) -> None:
        """Note work items by key and the codes of their pairs."""
        import numpy as np

        rows = [
            np.stack([c, np.full(c.size, len(self.keys) + k), np.arange(c.size)]) for k, (_, c) in enumerate(chunks)
        ]
        self.keys += [key for key, _ in chunks]
        table = np.concatenate([self.table, *rows], axis=1)
        self.table = table[:, np.argsort(table[0], kind="stable")]

    def has(self, wanted: np.ndarray) -> np.ndarray:
        """(m,) whether each is known."""
        import numpy as np

        known: np.ndarray = np.isin(wanted, self.table[0])
        return known

    def of(self, wanted: np.ndarray) -> np.ndarray:
        """(2, m) work item, as a position in `keys`, and row there, of pairs that are known."""
        import numpy as np

        found: np.ndarray = self.table[1:, np.searchsorted(self.table[0], wanted)]
        return found

"""What a run will cost, from counting and from a short probe."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from ..components import Spec
from ..config import INPUTS
from ..data import Signal, Source
from ..data._storing import load, save
from ..errors import ComponentError, DataError
from ..planning import Plan, Prediction, Step, blamed, predict
from ..registry import Registry
from ._candidates import proposer_of
from ._items import as_declared, compare_pairs
from ._pairs import tile_pairs
from ._shards import Shards
from ._stages import all_pairs, proposed_pairs

# Clips read and compared by the probe: few enough to be over at once.
PROBE_CLIPS = 6
# In a tile a clip is in many pairs, and what is made ready of it serves them all: the probe's few are compared again in
# one go, where that takes no longer than this.
AGAIN, PROBE_SECONDS = 8, 1.0
# What the run adds to the work itself: handing a clip out, noting what came of it, and its rows in tables.
ITEM_SECONDS = 0.002
# Of pairs that are named, those so near that comparing them takes as long as comparing a clip with itself.
NEAR_SHARE = 0.25
# Memory of a pair that was named: its place in the run folder, and its row among the results.
PAIR_BYTES = 700
# The same of a pair that was compared for a sample only, as arrays.
SAMPLED_BYTES = 150


@dataclass(frozen=True)
class Forecast:
    """A plan with its cost; None where it is not known before the run.

    clips : number of inputs; bytes_in : their size on disk
    predictions : spec of every clip step for a clip like the probed one
    pairs : comparisons per distance step
    bytes_out : sketches, kept items and distances on disk
    ram : peak of one process, in bytes
    seconds : of one process, without start-up
    probed : clips that the probe read
    fault : what went wrong with the first clip probed, where it did with all
    """

    plan: Plan
    clips: int
    bytes_in: int
    predictions: tuple[Prediction, ...]
    pairs: dict[str, int]
    bytes_out: int | None
    ram: int | None
    seconds: float | None
    probed: int
    fault: str = ""


def forecast(plan: Plan, registry: Registry, sources: tuple[Source, ...], *, probe: bool = True) -> Forecast:
    """The cost of carrying out `plan` on `sources`."""
    n = len(sources)
    pairs = {s.id: n * (n - 1) // 2 for s in plan.steps if s.kind == "distance" and len(s.inputs) == 1}
    named = {s.id: _named(plan, s, n) for s in plan.steps if s.kind == "distance" and len(s.inputs) == 2}
    sampled = {name: min(_sampled(plan, name, n), n * (n - 1) // 2 - count) for name, count in named.items()}
    pairs |= {name: count + sampled[name] for name, count in named.items()}
    bytes_in = sum(max(s.size or 0, 0) for s in sources)
    found = _Probe(plan, registry).run(sources) if probe else None
    if found is None or not found.specs:
        fault = found.fault if found and not found.read else ""
        return Forecast(plan, n, bytes_in, (), pairs, None, None, None, 0, fault)
    share = found.clip_seconds / found.read + ITEM_SECONDS
    pair_seconds = sum(found.pair_seconds.get(name, 0.0) * count for name, count in (pairs | named).items())
    pair_seconds += sum(found.far_seconds.get(name, 0.0) * count for name, count in sampled.items())
    kept = found.kept_bytes / found.read
    matrix = 8 * max((pairs[s.id] for s in all_pairs(plan)), default=0)
    # Clips in many tiles or chunks stay in memory until the cache is full.
    listed = PAIR_BYTES * sum(named[s.id] for s in proposed_pairs(plan)) + SAMPLED_BYTES * sum(sampled.values())
    held = min(kept * n, Shards.CACHE_BYTES) if listed else 2 * kept * min(n, 128)
    return Forecast(
        plan=plan,
        clips=n,
        bytes_in=bytes_in,
        predictions=predict(plan, found.specs[0]),
        pairs=pairs,
        bytes_out=int(kept * n + matrix),
        # One clip with its intermediate results, sketches, the condensed distances twice while assembled.
        ram=int((96 << 20) + 4 * max(s.bytes for s in found.specs) + held + 2 * matrix + listed),
        seconds=share * n + pair_seconds,
        probed=found.read,
    )


def _named(plan: Plan, step: Step, n: int) -> int:
    """Pairs that a proposer or a grouping names; a grouping, at most one for every clip."""
    expect = getattr(proposer_of(plan, step), "expect", None)
    return min(expect(n), n * (n - 1) // 2) if expect else n


def _sampled(plan: Plan, name: str, n: int) -> int:
    """Pairs of the clips that a proposer has compared with all others."""
    proposer = proposer_of(plan, plan.step(name))
    sample: int = getattr(proposer, "sample", 0) if hasattr(proposer, "audit") else 0
    return sample * n


class _Probe:
    """A few clips through the clip steps and the distances, timed."""

    def __init__(self, plan: Plan, registry: Registry) -> None:
        self.plan, self.registry = plan, registry
        self.read, self.clip_seconds, self.kept_bytes = 0, 0.0, 0
        self.specs: list[Spec] = []
        self.fault = ""
        # Of a pair, and, where pairs are named, of one that is not.
        self.pair_seconds: dict[str, float] = {}
        self.far_seconds: dict[str, float] = {}

    def run(self, sources: tuple[Source, ...]) -> _Probe:
        import numpy as np

        items: dict[str, list[Any]] = {}
        step = max(1, len(sources) // PROBE_CLIPS)
        for source in sources[::step][:PROBE_CLIPS]:
            try:
                with blamed(source.path):
                    if not self.read:
                        self._clip(source)  # what is imported and prepared once is not a clip's share
                    began = perf_counter()
                    made = self._clip(source)
                    self._store(self._kept(*made))
            except (DataError, ComponentError) as error:
                self.fault = self.fault or str(error)
                continue  # a bad clip is the run's to report; the probe wants good ones
            self.clip_seconds += perf_counter() - began
            self.read += 1
            self._note(*made, items)
        for name, sketches in items.items():
            distance = self.plan.step(name)
            with blamed(f"step {distance.label}", "could not compare"):
                i, j = tile_pairs(range(len(sketches)), 0)
                seconds = _seconds(distance.component, sketches, i, j)
                if len(distance.inputs) == 2:
                    self.far_seconds[name] = seconds
                    same = np.arange(len(sketches))
                    seconds += NEAR_SHARE * (_seconds(distance.component, sketches, same, same) - seconds)
                elif seconds * i.size * AGAIN < PROBE_SECONDS:
                    seconds = _seconds(distance.component, sketches, np.tile(i, AGAIN), np.tile(j, AGAIN))
            self.pair_seconds[name] = seconds
        return self

    def _clip(self, source: Source) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the clip steps make of a clip, and what the distances compare of it."""
        reader = self.plan.reader.component if self.plan.reader else None
        if reader is None:
            reader = self.registry.build(self.registry.reader_for(source.path).full_name, {}, ("reader",))
        values: dict[str, Any] = {INPUTS: reader(source)}
        for step in self.plan.steps:
            if step.level == "clip" and step.kind != "output":
                with blamed(f"step {step.label}"):
                    made = step.component(values[step.inputs[0]])
                values[step.id] = as_declared(step.label, step.gives, made, source.path)
        distances = [step for step in self.plan.steps if step.kind == "distance"]
        compared = {s.id: values[s.inputs[0]] for s in distances}
        sketched = {s.id: s.component.sketch(compared[s.id]) for s in distances if hasattr(s.component, "sketch")}
        return values, compared | sketched

    def _kept(self, values: dict[str, Any], compared: dict[str, Any]) -> list[Any]:
        """What a run keeps of a clip."""
        sketches = [item for name, item in compared.items() if hasattr(self.plan.step(name).component, "sketch")]
        return [*sketches, *(values[name] for name in self.plan.stored())]

    def _store(self, kept: list[Any]) -> None:
        """Put what a run keeps of a clip into a folder, and read it back."""
        with tempfile.TemporaryDirectory(prefix="jackfield-") as folder:
            for k, value in enumerate(kept):
                save(path := Path(folder, str(k)), value)
                load(path)

    def _note(self, values: dict[str, Any], compared: dict[str, Any], items: dict[str, list[Any]]) -> None:
        if isinstance(signal := values[INPUTS], Signal):
            self.specs.append(Spec("Signal", signal.samples.shape, signal.rate, None, signal.samples.itemsize))
        for name, item in compared.items():
            items.setdefault(name, []).append(item)
        self.kept_bytes += sum(_bytes(kept) for kept in self._kept(values, compared))


def _bytes(kept: Any) -> int:
    """Size of the arrays of a sketch or an item."""
    arrays = kept.values() if isinstance(kept, dict) else [getattr(kept, "values", getattr(kept, "samples", None))]
    return sum(getattr(array, "nbytes", 8) for array in arrays)


def _seconds(component: Any, items: list[Any], i: Any, j: Any) -> float:
    """Time that a pair takes, once what is imported and prepared is; 0 without pairs."""
    if not i.size:
        return 0.0
    compare_pairs(component, items, i[:1], j[:1])
    began = perf_counter()
    compare_pairs(component, items, i, j)
    return (perf_counter() - began) / int(i.size)

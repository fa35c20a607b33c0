"""A distance of a finished run opened again: open_distance."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import Comparison, Results, Signal, Source
from ..errors import ConfigError, JackfieldError
from ..planning import blamed, unexpected
from ..planning._inputs import source_of
from ..registry import Registry, registry
from ..running import open_results
from ..running._items import ClipWork, compare_once
from ..running._shards import item_key, sketch_key
from ..running._work import Work, WorkStep
from .files import as_signal

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Compared:
    """What a distance compares of one clip: its sketch, or the item as it leaves the step before; and whose it is."""

    item: Any
    digest: str


@dataclass(frozen=True, eq=False)
class RunDistance:
    """A distance as a run used it. What it compares of the run's clips comes from the run folder, not from the clips.

    results : of the run; clips are named by their position in `results.clips`
    work : the run's plan
    step : the distance
    """

    results: Results
    work: Work
    step: WorkStep

    def known(self, k: int) -> Compared:
        """What the run keeps of its clip k; ConfigError if that is not there any more."""
        clip, sketched = self.results.clips[k], hasattr(self.step.component, "sketch")
        digest = clip.digest or ""
        before = self.work.digest_of_step(self.step.inputs[0])
        key = sketch_key(self.step.item_digest, digest) if sketched else item_key(before, digest)
        if key not in self.work.shards:
            cause = f"{self.results.folder} does not hold what step {self.step.label} compares of {clip.path}"
            raise ConfigError(cause, f"no {self.work.shards.path(key)}", "start the run again: it is computed anew")
        return Compared(self.work.shards.load(key), digest)

    def new(self, clip: Any, rate: float | None = None) -> Compared:
        """The same of a clip that is new, by the run's own steps.

        clip : a path, which the run's reader reads, a Signal, or an array at `rate`

        Raises what the reader and the steps raise, DataError where an array has no rate, or a path another than given.
        """
        path = os.fspath(clip) if isinstance(clip, (str, os.PathLike)) else ""
        work = ClipWork(self.work, source_of(path) if path else Source("a new clip"), "")
        try:
            item = work.read() if path else clip
            if not path or isinstance(item, Signal):
                item = as_signal(item, rate=rate)
            work.take(item)
            return Compared(work.compared(self.step), item.digest)
        except JackfieldError:
            raise
        except (Exception, SystemExit) as error:
            raise unexpected(error, f"{work.at} failed: ") from error

    def columns(self, a: Compared, others: Sequence[Compared]) -> dict[str, np.ndarray]:
        """(others,) columns of what is measured of `a` against each of the others, "distance" among them."""
        import numpy as np

        many = [a, *others]
        first, second = np.zeros(len(others), np.int64), np.arange(1, len(many))
        items, digests = [one.item for one in many], [one.digest for one in many]
        with blamed(f"step {self.step.label}", "could not compare"):
            found: dict[str, np.ndarray] = compare_once(self.step.component, items, digests, first, second)["columns"]
        return found

    def compare(self, a: Compared, b: Compared) -> Comparison:
        """All there is to say of one pair; equal samples are identical though they be silent."""
        with blamed(f"step {self.step.label}", "could not compare"):
            found: Comparison = self.step.component.compare(a.item, b.item)
        equal = a.digest == b.digest and getattr(self.step.component, "zero_self", True)
        return Comparison(0.0, relation="identical") if equal and found.distance != found.distance else found


def open_distance(run: str | os.PathLike[str] | Results, step: str) -> RunDistance:
    """A distance of a finished run, to compare new clips with the run's.

    run : folder of the run, or its results
    step : id of the distance

    Raises ConfigError where the folder holds no finished run, the step is no distance that prepared all clips, or the
    plugins are not those that the run was made with, whose sketches are others.
    """
    results = run if isinstance(run, Results) else open_results(run)
    work = _work(results.folder, registry())
    found = work.steps.get(step)
    if found is None or found.kind != "distance":
        distances = [s.id for s in work.steps.values() if s.kind == "distance"]
        raise ConfigError(f'{results.folder} has no distance "{step}"', f"distances: {', '.join(distances) or 'none'}")
    if len(found.inputs) == 2 and (results.kinds or {}).get(found.inputs[1]) == "Groups":
        evidence = f'it compares what "{found.inputs[1]}" names, and is prepared for those clips alone'
        raise ConfigError(f'the distance "{step}" of {results.folder} cannot be opened', evidence)
    return RunDistance(results, work, found)


def _work(folder: Path, here: Registry) -> Work:
    """The plan that a run was made by; ConfigError unless the same plugins are here."""
    try:
        plan = json.loads((folder / "results.json").read_text())["plan"]
        work = Work(folder, plan, here)
    except (OSError, ValueError, KeyError, TypeError) as error:
        evidence = f"its plan cannot be read: {type(error).__name__}: {error}"
        remedy = "start the run again: only what is missing is computed"
        raise ConfigError(f"{folder} does not say how it was made", evidence, remedy) from None
    there = {p.distribution: p.identity() for p in here.plugins if p.distribution in work.about["versions"]}
    for name, identity in work.about["versions"].items():
        if there.get(name) != identity:
            found = f"{there[name]} is installed" if name in there else "none is here"
            remedy = "start the run again with what is installed" if name in there else "install it, or --plugin FILE"
            raise ConfigError(f"{folder} was made by another {name}", f"by {identity}, {found}", remedy)
    return work

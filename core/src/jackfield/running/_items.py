"""Work items, as they run in a worker: JSON data in, JSON data out, arrays to the run folder."""

from __future__ import annotations

import warnings
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

from ..config import INPUTS
from ..data import Artifact, Comparison, Failure, Origin, Source
from ..data._pairs import NUMERIC
from ..errors import JackfieldError, OutputError, PluginError
from ..planning import blamed, unexpected
from ._pairs import tile_pairs
from ._shards import item_key, sketch_key
from ._work import Work, WorkStep, work


def run_item(item: dict[str, Any]) -> dict[str, Any]:
    """Carry out one work item; failures of a clip are part of the answer, failures of the run are raised."""
    began = perf_counter()
    answer = _clip(item) if item["kind"] == "clip" else _pairs(item)
    return answer | {"seconds": perf_counter() - began}


def _clip(item: dict[str, Any]) -> dict[str, Any]:
    plan = work(item["folder"], item["plan"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        clip = ClipWork(plan, Source(**item["source"]), item["stem"])
        try:
            answer = clip.make(item["store"], item["sketch"], item["outputs"])
        except (OutputError, PluginError):
            raise
        except (Exception, SystemExit) as error:
            answer = {"failure": asdict(_failure(clip, error))}
    notes = list(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, UserWarning)))
    return answer | {"warnings": notes}


def _failure(clip: ClipWork, error: BaseException) -> Failure:
    if isinstance(error, MemoryError):
        return Failure(clip.source.path, clip.at, "MemoryError", "not enough memory", str(error))
    known = error if isinstance(error, JackfieldError) else unexpected(error)
    return Failure(clip.source.path, clip.at, type(known).__name__, known.cause, known.evidence, known.remedy)


class ClipWork:
    """One clip on its way through the clip steps; every step is computed at most once."""

    def __init__(self, plan: Work, source: Source, stem: str) -> None:
        self.plan, self.source, self.stem = plan, source, stem
        self.at = "reader"
        self._made: dict[str, Any] = {}

    def make(self, store: list[str], sketch: list[str], outputs: list[str]) -> dict[str, Any]:
        signal = self.value(INPUTS)
        about = {"digest": signal.digest, "rate": getattr(signal, "rate", None)}
        about |= {"channels": getattr(signal, "channels", None), "n": getattr(signal, "n", None)}
        for name in store:
            key = item_key(self.plan.digest_of_step(name), signal.digest)
            if key not in self.plan.shards:
                self.plan.shards.save(key, nameless(self.value(name)))
        for name in sketch:
            step = self.plan.steps[name]
            key = sketch_key(step.item_digest, signal.digest)
            if key not in self.plan.shards:
                self.plan.shards.save(key, self.sketch(step))
        return {"about": about, "artifacts": {name: self.output(self.plan.steps[name]) for name in outputs}}

    def value(self, name: str) -> Any:
        """The clip as it leaves a step."""
        key = self.plan.digest_of_step(name)
        if key not in self._made:
            if name == INPUTS:
                self._made[key] = self.read()
            else:
                step = self.plan.steps[name]
                before = self.value(step.inputs[0])
                self.at = step.label
                self._made[key] = as_declared(step.label, step.gives, step.component(before), self.source.path)
        return self._made[key]

    def read(self) -> Any:
        self.at = "reader"
        reader = self.plan.reader(self.source.path)
        item = reader(self.source)
        if not hasattr(item, "digest"):
            raise PluginError(
                f"reader {type(reader).__name__} returned {type(item).__name__}", "expected Signal", "report it"
            )
        return item

    def take(self, item: Any) -> None:
        """Go on with this item in place of what a reader gives."""
        self._made[self.plan.digest_of_step(INPUTS)] = item

    def compared(self, step: WorkStep) -> Any:
        """What a distance compares."""
        return self.sketch(step) if hasattr(step.component, "sketch") else self.value(step.inputs[0])

    def sketch(self, step: WorkStep) -> dict[str, Any]:
        import numpy as np

        before = self.value(step.inputs[0])
        self.at = step.label
        arrays = {name: np.asarray(array) for name, array in step.component.sketch(before).items()}
        odd = [name for name, array in arrays.items() if array.dtype.kind not in "biufc"]
        if odd:
            raise PluginError(f"step {step.label} put something other than numbers into its sketch", ", ".join(odd))
        return arrays

    def output(self, step: WorkStep) -> dict[str, Any]:
        before = self.value(step.inputs[0])
        self.at = step.label
        to = self.plan.folder / step.id / self.stem
        to.parent.mkdir(parents=True, exist_ok=True)
        artifact = step.component(before, to)
        if not isinstance(artifact, Artifact):
            raise PluginError(f"step {step.label} returned {type(artifact).__name__}, declared Artifact")
        return asdict(artifact)


def as_declared(label: str, kinds: tuple[str, ...], value: Any, path: str) -> Any:
    """What a step made of a clip; PluginError where it is of none of the kinds that its annotations name."""
    if kinds and type(value).__name__ not in kinds:
        cause = f"step {label} returned {type(value).__name__}, declared {' or '.join(kinds)}"
        raise PluginError(cause, f"on {path}", "this is a bug in the plugin; please report it")
    return value


def nameless(value: Any) -> Any:
    """An item without the path it came from: clips with equal samples share one stored item."""
    return replace(value, source=Origin()) if getattr(value, "source", None) is not None else value


def _pairs(item: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    plan = work(item["folder"], item["plan"])
    step = plan.steps[item["step"]]
    if item["key"] in plan.shards:
        return {}
    items = [plan.shards.load(key) for key in item["items"]]
    i, j = np.array(item["pairs"], np.int64).T if "pairs" in item else tile_pairs(item["ranks"], item["split"])
    with blamed(f"step {step.label}", "could not compare"):
        result = compare_once(step.component, items, item["items"], i, j)
    plan.shards.save(item["key"], result)
    return {}


def compare_once(component: Any, items: list[Any], keys: list[str], i: Any, j: Any) -> dict[str, Any]:
    """`compare_pairs`, but for clips with equal samples, which have equal keys, not once more."""
    import numpy as np

    first = {key: k for k, key in reversed([*enumerate(keys)])}
    number = np.array([first[key] for key in keys])
    i, j = number[i], number[j]
    if len(first) == len(keys):
        return with_itself(component, compare_pairs(component, items, i, j), i == j)
    pairs, back = np.unique(i * len(keys) + j, return_inverse=True)
    found = compare_pairs(component, items, *np.divmod(pairs, len(keys)))
    columns = {name: column[back] for name, column in found["columns"].items()}
    once = {"columns": columns} | {
        name: tuple(found[name][k] for k in back) if found[name] else () for name in ("relations", "differs")
    }
    return with_itself(component, once, i == j)


def with_itself(component: Any, found: dict[str, Any], same: Any) -> dict[str, Any]:
    """What was found, with 0 where a sound and itself have no distance: equal samples are equal, silent or not.

    same : (pairs,) True where both are the same
    """
    import numpy as np

    columns, relations = found["columns"], found["relations"]
    undefined = same & np.isnan(columns["distance"])
    if not (undefined.any() and getattr(component, "zero_self", True)):
        return found
    return found | {
        "columns": columns | {"distance": np.where(undefined, np.float32(0), columns["distance"])},
        "relations": tuple("identical" if u else r for u, r in zip(undefined, relations, strict=True))
        if relations
        else (),
    }


def compare_pairs(component: Any, items: list[Any], i: Any, j: Any) -> dict[str, Any]:
    """Columns, relations and differing intervals for pairs of items, by the distance's vectorised way or one by one."""
    import numpy as np

    if hasattr(component, "pairs"):
        columns = {name: np.asarray(c) for name, c in component.pairs(items, i, j).items()}
        wrong = [name for name, c in columns.items() if c.shape != i.shape or c.dtype.kind not in "biuf"]
        if "distance" not in columns or wrong:
            raise PluginError(
                f"{type(component).__name__}.pairs must give one distance per pair", f"wrong: {wrong or 'no distance'}"
            )
        result = {"columns": columns, "relations": (), "differs": ()}
    else:
        found: list[Comparison] = [component.compare(items[p], items[q]) for p, q in zip(i, j, strict=True)]
        columns = {"distance": np.array([c.distance for c in found], np.float32)}
        for name in NUMERIC:
            values = [getattr(c, name) for c in found]
            if any(v is not None for v in values):
                columns[name] = np.array([np.nan if v is None else v for v in values], np.float64)
        relations, differs = tuple(c.relation for c in found), tuple(tuple(c.differs) for c in found)
        result = {"columns": columns, "relations": relations, "differs": differs}
    columns["distance"] = columns["distance"].astype(np.float32)
    if (columns["distance"] < 0).any():
        raise PluginError(f"{type(component).__name__} gave a negative distance", f"{columns['distance'].min()}")
    return result

"""Work items, as they run in a worker: JSON data in, JSON data out, arrays to the run folder."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from ..config import INPUTS
from ..data import Artifact, Comparison, Failure, Source
from ..data._pairs import NUMERIC
from ..errors import ComponentError, JackfieldError, OutputError, PluginError
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
        clip = _Clip(plan, Source(**item["source"]), item["stem"])
        try:
            answer = clip.make(item["store"], item["sketch"], item["outputs"])
        except (OutputError, PluginError):
            raise
        except (JackfieldError, MemoryError) as error:
            answer = {"failure": asdict(_failure(clip, error))}
        except Exception as error:
            wrapped = ComponentError(f"{type(error).__name__}: {error}", _place(error), "please report it")
            answer = {"failure": asdict(_failure(clip, wrapped))}
    notes = list(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, UserWarning)))
    return answer | {"warnings": notes}


def _failure(clip: _Clip, error: JackfieldError | MemoryError) -> Failure:
    if isinstance(error, MemoryError):
        return Failure(clip.source.path, clip.at, "MemoryError", "not enough memory", str(error))
    return Failure(clip.source.path, clip.at, type(error).__name__, error.cause, error.evidence, error.remedy)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


class _Clip:
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
                self.plan.shards.save(key, self.value(name))
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
                self._made[key] = self.checked(step, step.component(before))
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

    def checked(self, step: WorkStep, value: Any) -> Any:
        if step.result != "object" and type(value).__name__ != step.result:
            raise PluginError(
                f"step {step.label} returned {type(value).__name__}, declared {step.result}",
                f"on {self.source.path}",
                "this is a bug in the plugin; please report it",
            )
        return value

    def sketch(self, step: WorkStep) -> dict[str, Any]:
        import numpy as np

        before = self.value(step.inputs[0])
        self.at = step.label
        return {name: np.asarray(array) for name, array in step.component.sketch(before).items()}

    def output(self, step: WorkStep) -> dict[str, Any]:
        before = self.value(step.inputs[0])
        self.at = step.label
        to = self.plan.folder / step.id / self.stem
        to.parent.mkdir(parents=True, exist_ok=True)
        artifact = step.component(before, to)
        if not isinstance(artifact, Artifact):
            raise PluginError(f"step {step.label} returned {type(artifact).__name__}, declared Artifact")
        return asdict(artifact)


def tile_pairs(ranks: Sequence[int], split: int) -> list[tuple[int, int]]:
    """Pairs (a, b) of positions in `ranks`, a before b in rank.

    With `split` 0 all pairs of one block; otherwise pairs between the first `split` positions and the rest.
    """
    n = len(ranks)
    pairs = ((p, q) for p in range(split or n) for q in range(split or p + 1, n))
    return [(p, q) if ranks[p] < ranks[q] else (q, p) for p, q in pairs]


def _pairs(item: dict[str, Any]) -> dict[str, Any]:
    plan = work(item["folder"], item["plan"])
    step = plan.steps[item["step"]]
    if item["key"] in plan.shards:
        return {}
    items = [plan.shards.load(key) for key in item["items"]]
    pairs = [tuple(p) for p in item["pairs"]] if "pairs" in item else tile_pairs(item["ranks"], item["split"])
    try:
        result = compare_pairs(step.component, items, pairs)
    except JackfieldError as error:
        cause = f"step {step.label} could not compare: {error.cause}"
        raise type(error)(cause, error.evidence, error.remedy) from error
    except Exception as error:
        cause = f"step {step.label} could not compare: {type(error).__name__}: {error}"
        raise ComponentError(cause, _place(error), "please report it") from error
    plan.shards.save(item["key"], result)
    return {}


def compare_pairs(component: Any, items: list[Any], pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """Columns, relations and differing intervals for pairs of items, by the distance's vectorised way or one by one."""
    import numpy as np

    if hasattr(component, "pairs"):
        i = np.array([p for p, _ in pairs], np.int64)
        j = np.array([q for _, q in pairs], np.int64)
        columns = {name: np.asarray(c) for name, c in component.pairs(items, i, j).items()}
        wrong = [name for name, c in columns.items() if c.shape != (len(pairs),)]
        if "distance" not in columns or wrong:
            raise PluginError(
                f"{type(component).__name__}.pairs must give one distance per pair", f"wrong: {wrong or 'no distance'}"
            )
        columns["distance"] = columns["distance"].astype(np.float32)
        return {"columns": columns, "relations": (), "differs": ()}
    found: list[Comparison] = [component.compare(items[p], items[q]) for p, q in pairs]
    columns = {"distance": np.array([c.distance for c in found], np.float32)}
    for name in NUMERIC:
        values = [getattr(c, name) for c in found]
        if any(v is not None for v in values):
            columns[name] = np.array([np.nan if v is None else v for v in values], np.float64)
    return {
        "columns": columns,
        "relations": tuple(c.relation for c in found),
        "differs": tuple(tuple(c.differs) for c in found),
    }

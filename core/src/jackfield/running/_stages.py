"""The stages of a run: clips first, then every collection step in order, then the tables that every run has."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..components import to_config
from ..config import INPUTS
from ..data import Artifact, Clip, Groups, Results, write_file
from ..errors import ComponentError, JackfieldError, OutputError, PluginError
from ..planning import Step, digest_of
from ._results import Loader, describe_inputs
from ._run import FailureLimit, Run
from ._shards import item_key, sketch_key
from ._tables import write_tables

# Clips a side of a tile of pairs: 4096 pairs are long enough to be worth sending, short enough to share out.
TILE = 64
# Candidate pairs a work item: these are the slow, thorough comparisons.
CHUNK = 16


def go(run: Run) -> Results:
    """Everything, in order; tables are written even when the run stops at the failure limit."""
    plan = run.plan
    lazy = [s for s in plan.steps if s.kind == "distance" and len(s.inputs) == 2]
    eager = [s.id for s in plan.steps if s.kind == "distance" and s not in lazy and hasattr(s.component, "sketch")]
    outputs = [s.id for s in plan.clip_steps() if s.kind == "output"]
    stored = list(plan.stored())
    try:
        run.clips("reading", list(run.sources), stored, eager, outputs)
    except FailureLimit:
        write_tables(run.folder, [], list(run.failures.values()))
        raise
    loader = Loader(run.folder)
    for step in plan.steps:
        if step.level == "clip":
            if step.id in stored:
                keys = [item_key(step.digest, c.digest or "") for c in run.good()]
                loader.collection(step.id, tuple(c.id for c in run.good()), keys)
        elif step.kind == "distance":
            _distance(run, loader, step)
        elif step.kind == "clusterer":
            _cluster(run, loader, step)
    return _finish(run, loader)


def _item_keys(run: Run, step: Step, clips: list[Clip]) -> list[str]:
    """Where what a distance compares lies for each clip."""
    if hasattr(step.component, "sketch"):
        return [sketch_key(run.plan.item_digest(step), c.digest or "") for c in clips]
    source = step.inputs[0]
    digest = source if source == INPUTS else run.plan.step(source).digest
    return [item_key(digest, c.digest or "") for c in clips]


def _distance(run: Run, loader: Loader, step: Step) -> None:
    if len(step.inputs) == 1:
        clips = run.good()
        tiles, places = _tiles(run, step, clips)
        run.pairs(step, tiles)
        about = {name: getattr(step.component, name, default) for name, default in DECLARED.items()}
        loader.distances(step.id, tuple(c.id for c in clips), tiles, places, about)
    else:
        _candidates(run, loader, step)


DECLARED = {"symmetric": True, "zero_self": True, "triangle": False, "invariant": ()}


def _tiles(run: Run, step: Step, clips: list[Clip]) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Work items over fixed tiles of slots, and for each the positions of its clips in `clips`."""
    blocks: dict[int, list[int]] = {}
    for position in sorted(range(len(clips)), key=lambda k: run.slots[clips[k].path]):
        blocks.setdefault(run.slots[clips[position].path] // TILE, []).append(position)
    keys = _item_keys(run, step, clips)
    item_digest = run.plan.item_digest(step)
    numbers = sorted(blocks)
    tiles, places = [], []
    for a, first in enumerate(numbers):
        for second in numbers[a:]:
            split = 0 if first == second else len(blocks[first])
            members = blocks[first] + (blocks[second] if split else [])
            # Only the order of the clips matters, not how many others lie between them.
            order = {p: rank for rank, p in enumerate(sorted(members))}
            ranks, items = [order[p] for p in members], [keys[p] for p in members]
            key = digest_of("tile", item_digest, items, ranks, split)
            tiles.append({"key": key, "items": items, "ranks": ranks, "split": split})
            places.append(members)
    return tiles, places


def _candidates(run: Run, loader: Loader, step: Step) -> None:
    proposed = loader.load(step.inputs[1])
    if isinstance(proposed, Groups):
        first, second = proposed.candidates()
    else:
        first, second = proposed.i.tolist(), proposed.j.tolist()
    wanted = sorted({proposed.ids[k] for k in (*first, *second)})
    sketch = [step.id] if hasattr(step.component, "sketch") else []
    store = [] if sketch else [step.inputs[0]]
    run.clips(f"preparing ({step.id})", wanted, store, sketch, [])
    clips = run.good()
    position = {c.id: k for k, c in enumerate(clips)}
    keys = _item_keys(run, step, clips)
    ids = proposed.ids
    named = ((ids[a], ids[b]) for a, b in zip(first, second, strict=True))
    pairs = [(a, b) for a, b in named if a in position and b in position]
    chunks: list[dict[str, Any]] = []
    for start in range(0, len(pairs), CHUNK):
        here = pairs[start : start + CHUNK]
        members = sorted({name for pair in here for name in pair})
        place = {name: k for k, name in enumerate(members)}
        items = [keys[position[name]] for name in members]
        local = [[place[a], place[b]] for a, b in here]
        key = digest_of("chunk", run.plan.item_digest(step), items, local)
        chunks.append({"key": key, "items": items, "pairs": local})
    run.pairs(step, chunks)
    loader.neighbours(step.id, ids, pairs, [c["key"] for c in chunks])


def _cluster(run: Run, loader: Loader, step: Step) -> None:
    source = step.inputs[0]
    key = digest_of("groups", step.own, loader.key(source))

    def make() -> Any:
        try:
            value = step.component(loader.load(source))
        except JackfieldError as error:
            raise type(error)(f"step {step.label}: {error.cause}", error.evidence, error.remedy) from error
        except Exception as error:
            raise ComponentError(f"step {step.label} failed: {type(error).__name__}: {error}") from error
        if not isinstance(value, Groups):
            raise PluginError(f"step {step.label} returned {type(value).__name__}, declared Groups", remedy="report it")
        return value

    run.made(key, step, make)
    loader.single(step.id, key)


def _finish(run: Run, loader: Loader) -> Results:
    clips = run.good()
    write_tables(run.folder, clips, list(run.failures.values()))
    artifacts: dict[str, Artifact] = {}
    results = _results(run, loader, clips, artifacts)
    for step in run.plan.steps:
        if step.kind == "output" and step.level == "collection":
            artifacts[step.id] = _write(run, loader, step, results)
    note: dict[str, Any] = {"clips": [asdict(c) for c in clips], "failures": [asdict(f) for f in run.failures.values()]}
    note |= {"loader": loader.describe(), "artifacts": {k: asdict(v) for k, v in artifacts.items()}}
    note |= {"steps": {name: run.plan.step(name).use for name in loader.names()}}
    write_file(run.folder / "results.json", json.dumps(note).encode())
    _lock_file(run, clips)
    return _results(run, loader, clips, artifacts)


def _results(run: Run, loader: Loader, clips: list[Clip], artifacts: dict[str, Artifact]) -> Results:
    return Results(
        folder=run.folder,
        clips=tuple(clips),
        errors=tuple(run.failures.values()),
        steps={name: run.plan.step(name).use for name in loader.names()},
        load=loader.load,
        artifacts=artifacts,
        warnings={path: tuple(notes) for path, notes in run.warnings.items()},
        computed=run.computed,
    )


def _write(run: Run, loader: Loader, step: Step, results: Results) -> Artifact:
    names = [name for name in step.inputs if name in results.steps]
    key = digest_of("output", step.own, [loader.key(n) for n in names], describe_inputs(results))
    if (done := run.written(key)) is not None:
        return done
    run.progress(step.id, 0, 1)
    narrowed = results.narrowed(tuple(names))
    try:
        artifact = step.component(narrowed, run.folder)
    except OSError as error:
        raise OutputError(f"step {step.label} could not write", error.strerror or str(error)) from error
    except JackfieldError:
        raise
    except Exception as error:
        raise ComponentError(
            f"step {step.label} failed: {type(error).__name__}: {error}", remedy="report it"
        ) from error
    if not isinstance(artifact, Artifact):
        raise PluginError(
            f"step {step.label} returned {type(artifact).__name__}, declared Artifact", remedy="report it"
        )
    run.computed += 1
    run.progress(step.id, 1, 1)
    return run.write(key, step.id, artifact)


def _lock_file(run: Run, clips: list[Clip]) -> None:
    """Everything needed to say later what this run was: no times, so that equal runs leave equal files."""
    steps = [
        {
            "id": s.id,
            "use": s.use,
            "version": s.version,
            "with": to_config(s.component),
            "from": s.inputs,
            "auto": s.auto,
        }
        for s in run.plan.steps
    ]
    about = {
        "jackfield": __version__,
        "python": platform.python_version(),
        "config": run.plan.config.text,
        "config_path": Path(run.plan.config.path).name,
        "config_digest": run.plan.digest,
        "seed": run.plan.config.seed,
        "threads": 1,
        "plugins": run.plan.plugins,
        "steps": steps,
        "inputs": [asdict(c) for c in clips],
        "failed": sorted(run.failures),
    }
    text = json.dumps(about, indent=1, sort_keys=True)
    write_file(run.folder / "run.lock.json", text.encode())

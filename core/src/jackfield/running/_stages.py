"""The stages of a run: clips first, then every collection step in order, then the tables that every run has."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..components import to_config
from ..config import INPUTS
from ..data import Artifact, Candidates, Clip, Groups, Results, write_file
from ..errors import ComponentError, OutputError, PluginError
from ..planning import Plan, Step, blamed, digest_of
from ._candidates import compare_candidates, declared, proposer_of
from ._comparisons import item_keys
from ._results import Loader, Tiles, describe_inputs
from ._run import FailureLimit, Run, file_digest
from ._shards import item_key
from ._share import NOTE
from ._tables import write_tables

# Clips a side of a tile of pairs: 4096 pairs are long enough to be worth sending, short enough to share out.
TILE = 64
PerClip = tuple[list[str], list[str], list[str]]


def go(run: Run) -> Results:
    """Everything, in order; tables are written even when the run stops at the failure limit."""
    plan = run.plan
    forget(run.folder)
    read_clips(run, list(run.sources), work_per_clip(plan))
    stored = plan.stored()
    # From here on the clips are settled: one that fails in a later comparison stays in the collections it is in.
    clips = run.good()
    loader = Loader(run.folder)
    if INPUTS in stored:
        keep(run, loader, INPUTS, clips)
    for step in plan.steps:
        if step.level == "clip":
            if step.id in stored:
                keep(run, loader, step.id, clips)
        elif step.kind == "distance" and len(step.inputs) == 2:
            compare_candidates(run, loader, step)
        elif step.kind == "distance":
            _distance(run, loader, step, clips)
        elif step.kind == "proposer":
            _single(run, loader, step, Candidates)
        elif step.kind == "clusterer":
            _single(run, loader, step, Groups)
    return _finish(run, loader, clips)


def forget(folder: Path) -> None:
    """What is there describes the run before this one until this one is through."""
    for name in ("results.json", NOTE):
        (folder / name).unlink(missing_ok=True)


def work_per_clip(plan: Plan) -> PerClip:
    """What a run makes of every clip before it looks at pairs: items kept, sketches, and files of outputs."""
    eager = [s.id for s in [*all_pairs(plan), *proposed_pairs(plan)] if hasattr(s.component, "sketch")]
    return list(plan.stored()), eager, [s.id for s in plan.clip_steps() if s.kind == "output"]


def all_pairs(plan: Plan) -> list[Step]:
    """Distances that compare every pair, not only those that another step names."""
    return [s for s in plan.steps if s.kind == "distance" and len(s.inputs) == 1]


def proposed_pairs(plan: Plan) -> list[Step]:
    """Distances whose pairs a proposer names: it leaves hardly a clip out."""
    return [s for s in plan.steps if proposer_of(plan, s) is not None]


def read_clips(run: Run, paths: list[str], work: PerClip) -> None:
    """The stage in which clips are read; where too many fail, the tables say which."""
    try:
        run.clips("reading", paths, *work)
    except FailureLimit:
        here = set(paths)
        failures = [f for f in run.failures.values() if f.path in here]
        write_tables(run.folder, [c for c in run.good() if c.path in here], failures)
        raise


def keep(run: Run, loader: Loader, name: str, clips: list[Clip]) -> None:
    keys = [item_key(run.plan.digest_at(name), c.digest or "") for c in clips]
    loader.collection(name, tuple(c.id for c in clips), keys)


def _distance(run: Run, loader: Loader, step: Step, clips: list[Clip]) -> None:
    tiles = tiles_of(run, step, clips)
    run.pairs(step, tiles.items)
    about = {name: getattr(step.component, name, default) for name, default in DECLARED.items()}
    loader.distances(step.id, tuple(c.id for c in clips), tiles, about)


DECLARED = {"symmetric": True, "zero_self": True, "triangle": False, "invariant": ()}


def tiles_of(run: Run, step: Step, clips: list[Clip]) -> Tiles:
    """Fixed tiles of slots: a clip that comes or goes changes only the tiles that it is in."""
    by_slot: dict[int, list[int]] = {}
    for position in sorted(range(len(clips)), key=lambda k: run.slots[clips[k].path]):
        by_slot.setdefault(run.slots[clips[position].path] // TILE, []).append(position)
    blocks = [by_slot[number] for number in sorted(by_slot)]
    keys = item_keys(run, step, clips)
    item_digest = run.plan.item_digest(step)
    sides = [(a, b) for a in range(len(blocks)) for b in range(a, len(blocks))]
    items = []
    for a, b in sides:
        split = 0 if a == b else len(blocks[a])
        members = blocks[a] + (blocks[b] if split else [])
        # Only the order of the clips matters, not how many others lie between them.
        order = {p: rank for rank, p in enumerate(sorted(members))}
        ranks, here = [order[p] for p in members], [keys[p] for p in members]
        key = digest_of("tile", item_digest, here, ranks, split)
        items.append({"key": key, "items": here, "ranks": ranks, "split": split})
    return Tiles(blocks, sides, items)


def _single(run: Run, loader: Loader, step: Step, kind: type) -> None:
    """One result of one whole collection."""
    source = step.inputs[0]
    key = digest_of(kind.__name__.lower(), step.own, loader.key(source))

    def make() -> Any:
        with blamed(f"step {step.label}"):
            value = step.component(loader.load(source))
        return declared(step, value, kind)

    run.made(key, step, make)
    loader.single(step.id, key, kind.__name__)


def _finish(run: Run, loader: Loader, clips: list[Clip]) -> Results:
    write_tables(run.folder, clips, list(run.failures.values()))
    results = Results(
        folder=run.folder,
        clips=tuple(clips),
        errors=tuple(sorted(run.failures.values(), key=lambda f: f.path)),
        steps={name: run.plan.step(name).use for name in loader.names()},
        load=loader.load,
        kinds=loader.kinds(),
        artifacts={},
        warnings=run.warnings(clips),
    )
    outputs = [s for s in run.plan.steps if s.kind == "output" and s.level == "collection"]
    artifacts = {step.id: _write(run, loader, step, results) for step in outputs}
    results = replace(results, artifacts=artifacts, computed=run.computed)
    write_file(run.folder / "results.json", json.dumps(_note(results, loader) | {"plan": run.work}).encode())
    write_file(run.folder / "run.lock.json", json.dumps(_lock(run, results), indent=1, sort_keys=True).encode())
    return results


def _note(results: Results, loader: Loader) -> dict[str, Any]:
    """What `open_results` needs to give the same results later; `open_distance` needs the plan as well."""
    return {
        "clips": [asdict(c) for c in results.clips],
        "failures": [asdict(f) for f in results.errors],
        "warnings": results.warnings,
        "steps": results.steps,
        "artifacts": {name: asdict(a) for name, a in (results.artifacts or {}).items()},
        "loader": loader.recipes,
    }


def _write(run: Run, loader: Loader, step: Step, results: Results) -> Artifact:
    names = [name for name in step.inputs if name in results.steps]
    key = digest_of("output", step.own, [loader.key(n) for n in names], describe_inputs(results))
    if (done := run.written(key, step.id)) is not None:
        return done
    run.progress(step.id, 0, 1)
    try:
        with blamed(f"step {step.label}"):
            artifact = step.component(results.narrowed(tuple(names)), run.folder)
    except ComponentError as error:
        if isinstance(error.__cause__, OSError):
            raise OutputError(error.cause, error.evidence, "is the disk full, or the folder read-only?") from error
        raise
    if not isinstance(artifact, Artifact):
        raise PluginError(
            f"step {step.label} returned {type(artifact).__name__}, declared Artifact", remedy="report it"
        )
    run.computed += 1
    run.progress(step.id, 1, 1)
    return run.write(key, step.id, artifact)


def _lock(run: Run, results: Results) -> dict[str, Any]:
    """Everything needed to say later what this run was: no times, so that equal runs leave equal files."""
    steps = [
        {"id": s.id, "use": s.use, "version": s.version, "with": to_config(s.component)}
        | {"from": s.inputs, "auto": s.auto}
        for s in run.plan.steps
    ]
    reader = run.plan.reader
    return {
        "jackfield": __version__,
        "python": platform.python_version(),
        "base": os.getcwd(),
        "config": run.plan.config.text,
        "config_path": Path(run.plan.config.path).name,
        "config_digest": run.plan.digest,
        "overrides": run.plan.config.overrides,
        "seed": run.plan.config.seed,
        "threads": 1,
        "plugins": plugins_of(run, results.clips),
        "reader": {"use": reader.use, "with": to_config(reader.component)} if reader else None,
        "steps": steps,
        "inputs": [asdict(c) for c in results.clips],
        "failed": sorted(run.failures),
        "artifacts": {
            name: {p: file_digest(run.folder / p) for p in a.paths} for name, a in (results.artifacts or {}).items()
        },
    }


def plugins_of(run: Run, clips: Iterable[Clip]) -> dict[str, str]:
    """Identities of the plugins that a run works with, readers chosen by suffix included."""
    entries = [run.registry.reader_for(c.path) for c in clips] if run.plan.reader is None else []
    return run.plan.plugins | {e.plugin.distribution: e.plugin.identity() for e in entries}

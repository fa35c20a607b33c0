"""Runs: group, run, plan, features, init."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import RunConfig, load, parse
from ..data import Results, Source
from ..errors import ConfigError
from ..planning import Plan, build_plan, list_inputs
from ..registry import registry
from ..running import Forecast, Progress, execute, forecast
from ..running._run import silent

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

# Below this many bytes of input a second process costs more than it saves (it has to import NumPy first).
SERIAL_BYTES = 24 << 20


def _texts(paths: Paths) -> tuple[str, ...]:
    many = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return tuple(os.fspath(p) for p in many)


def _config(
    config: str | os.PathLike[str] | RunConfig,
    inputs: tuple[str, ...] | None,
    overrides: Sequence[str],
    seed: int | None,
) -> RunConfig:
    more = (*overrides, *([f"seed={seed}"] if seed is not None else []))
    if isinstance(config, RunConfig):
        return parse(config.text, config.path, overrides=more, inputs=inputs or config.inputs)
    return load(config, overrides=more, inputs=inputs)


def _prepare(config: RunConfig) -> tuple[Plan, tuple[Source, ...]]:
    plan = build_plan(config, registry())
    return plan, list_inputs(config.inputs, registry().suffixes())


def _executor(config: RunConfig, jobs: int | None, sources: tuple[Source, ...]) -> Any:
    if jobs is not None and jobs < 0:
        raise ConfigError("jobs must be 0 (all processors) or more", f"got {jobs}")
    if config.executor is not None and jobs is None:
        return registry().build(config.executor.use, config.executor.with_, ("executor",))
    small = sum(max(s.size or 0, 0) for s in sources) < SERIAL_BYTES
    if jobs == 1 or (jobs is None and small):
        return registry().build("serial", {}, ("executor",))
    return registry().build("processes", {"jobs": jobs or 0}, ("executor",))


def _folder(config: RunConfig, plan: Plan) -> Path:
    base = Path(config.inputs[0].split("*")[0].rstrip("/") or ".").resolve().name or "run"
    return Path("jackfield-runs") / f"{base}-{plan.digest[:8]}"


def run(
    config: str | os.PathLike[str] | RunConfig,
    *,
    inputs: Paths | None = None,
    output: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Carry out a run config; what its folder already holds is not computed again.

    config : path of a TOML file, or a RunConfig
    inputs : in place of the config's own
    output : run folder; left out, `jackfield-runs/<input>-<config digest>`
    jobs : 1 in this process, n worker processes, 0 one per processor; left out, by the size of the inputs
    seed : in place of the config's own
    overrides : `STEP.parameter=value` texts
    force : go on in a folder that holds another config's run
    progress : called with (stage, done, total)

    Raises ConfigError, PluginError, OutputError; a clip that fails is no error but an entry of `errors`.
    """
    config = _config(config, _texts(inputs) if inputs is not None else None, overrides, seed)
    plan, sources = _prepare(config)
    folder = Path(output) if output is not None else _folder(config, plan)
    executor = _executor(config, jobs, sources)
    return execute(plan, registry(), sources, folder, executor, force=force, progress=progress)


def group(paths: Paths, *, preset: str = "near-duplicates@1", **options: Any) -> Results:
    """Group clips that are almost the same: a run of a built-in preset, `near-duplicates@1` unless told otherwise.

    paths : folder, file, glob, or a list of them
    options : as for `run`

    `results.of(Groups)` is the grouping, `members(groups, results.of(Neighbours))` one row per clip with evidence.
    """
    return run(preset_config(preset, _texts(paths)), **options)


def preset_config(name: str, inputs: tuple[str, ...]) -> RunConfig:
    """A preset as a run config for these inputs."""
    return parse(registry().preset(name).toml, name, inputs=inputs)


def features(paths: Paths, use: str, *, with_: dict[str, Any] | None = None, **options: Any) -> Results:
    """Compute one feature (or any per-clip component) for every clip; `results[use]` is the Collection.

    paths : folder, file, glob, or a list of them
    use : name of the component; `with_` its parameters
    options : as for `run`
    """
    return run(feature_config(paths, use, with_ or {}), **options)


def feature_config(paths: Paths, use: str, with_: dict[str, Any]) -> RunConfig:
    """A run config of one per-clip step."""
    import tomli_w

    return parse(tomli_w.dumps({"step": [{"use": use, "with": with_}]}), "<features>", inputs=_texts(paths))


def plan(
    config: str | os.PathLike[str] | RunConfig,
    *,
    inputs: Paths | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    probe: bool = True,
) -> Forecast:
    """What a run would do, checked, with shapes, pairs, bytes, memory and time; nothing is written.

    probe : read a few clips and compare a few pairs to forecast the time; without it only names, kinds and counts
    """
    config = _config(config, _texts(inputs) if inputs is not None else None, overrides, seed)
    built, sources = _prepare(config)
    return forecast(built, registry(), sources, probe=probe)


def init(preset: str | None = None, *, inputs: str = "clips") -> str:
    """Text of a run config to start from: a commented template, or a preset with `inputs` put in front."""
    import json
    from importlib.resources import files

    line = f"inputs = [{json.dumps(inputs)}]\n\n"
    if preset is None:
        return (
            (files("jackfield") / "template.toml").read_text().replace('inputs = ["clips"]\n', line.rstrip("\n") + "\n")
        )
    return f"# {preset}\n{line}{registry().preset(preset).toml}"

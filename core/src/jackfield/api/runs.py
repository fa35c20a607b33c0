"""Runs: group, run, plan, features, init."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from ..components import gives
from ..config import RunConfig, StepConfig, load, override, parse
from ..data import Features, Results, Source
from ..errors import ConfigError, did_you_mean
from ..hookspecs import Descriptor
from ..planning import Plan, build_plan, digest_of, list_inputs, sized
from ..planning._inputs import literal
from ..registry import registry
from ..running import Forecast, Progress, Share, execute, forecast
from ..running._run import silent

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Variants = Literal["apart", "together"]

# Below this many bytes of input a second process costs more than it saves (it has to import NumPy first).
SERIAL_BYTES = 24 << 20


def texts(paths: Paths) -> tuple[str, ...]:
    """One path or many, as texts."""
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
        return override(config, more, inputs)
    return load(config, overrides=more, inputs=inputs)


def prepare(config: RunConfig) -> tuple[Plan, tuple[Source, ...], Any]:
    """Plan, inputs, and the executor that the config names, if any."""
    plan, executor = build_plan(config, registry()), _named_executor(config)
    reader = config.reader.use if config.reader else None
    sources = list_inputs(config.inputs, registry(), reader)
    return sized(plan, len(sources)), sources, executor


def _named_executor(config: RunConfig) -> Any:
    if config.executor is None:
        return None
    try:
        return registry().build(config.executor.use, config.executor.with_, ("executor",))
    except ConfigError as error:
        wrong = next((k for k in config.executor.with_ if f'"{k}"' in error.cause), None)
        raise config.error(("executor", "with", wrong) if wrong else ("executor", "use"), error) from None


def executor_for(named: Any, jobs: int | None, sources: tuple[Source, ...]) -> Any:
    """The executor that the config names, or one for this number of jobs, or for this much input."""
    if jobs is not None and (not isinstance(jobs, int) or jobs < 0):
        raise ConfigError("jobs must be 0 (all processors) or more", f"got {jobs!r}")
    if named is not None and jobs is None:
        return named
    small = sum(max(s.size or 0, 0) for s in sources) < SERIAL_BYTES
    if jobs == 1 or (jobs is None and small):
        return registry().build("serial", {}, ("executor",))
    return registry().build("processes", {"jobs": jobs or 0}, ("executor",))


def folder_for(config: RunConfig, plan: Plan, share: Share | None = None) -> Path:
    """Named after the first input; another for other inputs, even of that name, for another config, and per shard."""
    base = os.path.abspath(literal(config.inputs[0]).split("*")[0].rstrip("/") or ".")
    digest = digest_of([os.path.abspath(literal(p)) for p in config.inputs], plan.digest)
    shard = f"-{share.number}of{share.count}" if share else ""
    return Path("jackfield-runs") / f"{os.path.basename(base) or 'run'}-{digest[:8]}{shard}"


def run(
    config: str | os.PathLike[str] | RunConfig,
    *,
    inputs: Paths | None = None,
    output: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    shard: tuple[int, int] | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Carry out a run config; what its folder already holds is not computed again.

    config : path of a TOML file, or a RunConfig
    inputs : in place of the config's own
    output : run folder; left out, `jackfield-runs/<input>-<digest of inputs and config>`
    jobs : 1 in this process, n worker processes, 0 one per processor; left out, by the size of the inputs
    seed : in place of the config's own
    overrides : `STEP.parameter=value` texts
    shard : (i, n), to do only what falls to the i-th of n shards; `merge` puts their folders together
    force : go on in a folder that holds another config's run
    progress : called with (stage, done, total)

    Raises ConfigError, PluginError, OutputError; a clip that fails is no error but an entry of `errors`.
    """
    share = None if shard is None else Share.of(shard)
    config = _config(config, texts(inputs) if inputs is not None else None, overrides, seed)
    plan, sources, named = prepare(config)
    folder = Path(output) if output is not None else folder_for(config, plan, share)
    executor = executor_for(named, jobs, sources)
    return execute(plan, registry(), sources, folder, executor, share=share, force=force, progress=progress)


def group(
    paths: Paths,
    *,
    preset: str = "near-duplicates@1",
    variants: Variants | None = None,
    exact: bool = False,
    output: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    shard: tuple[int, int] | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Group clips that are almost the same: a run of a built-in preset, `near-duplicates@1` unless told otherwise.

    paths : folder, file, glob, or a list of them
    preset : name of the run config; the rest as for `run`
    variants : clips with a part added or missing: "apart", by themselves, or "together" with what they vary; None as
        the preset has it, which is apart
    exact : compare all pairs, however many clips there are

    `results.of(Groups)` is the grouping, `members(groups, results.evidence)` one row per clip with evidence. Raises
    ConfigError for other `variants`, and what `run` raises.
    """
    config = group_config(paths, preset, variants, exact, overrides)
    options: dict[str, Any] = {"shard": shard, "force": force, "progress": progress}
    return run(config, output=output, jobs=jobs, seed=seed, **options)


def group_config(
    paths: Paths, preset: str, variants: Variants | None, exact: bool, overrides: Sequence[str] = ()
) -> RunConfig:
    """A preset as a run config for these paths; what is asked for by name counts before `overrides`."""
    known = get_args(Variants)
    if variants is not None and variants not in known:
        remedy = did_you_mean(variants, known) if isinstance(variants, str) else ""
        raise ConfigError('variants must be "apart" or "together"', f"got {variants!r}", remedy)
    more = (*(["exact=true"] if exact else []), *([f"groups.variants={variants}"] if variants else []))
    return override(parse(registry().preset(preset).toml, preset, inputs=texts(paths)), (*overrides, *more))


def features(
    use: str,
    paths: Paths,
    *,
    with_: dict[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    shard: tuple[int, int] | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Compute one feature for every clip; `results[use]` is the Collection.

    use : name of a component that gives Features; `with_` its parameters
    paths : folder, file, glob, or a list of them; the rest as for `run`

    Raises ConfigError where the component gives something else, and what `run` raises.
    """
    options: dict[str, Any] = {"overrides": overrides, "shard": shard, "force": force, "progress": progress}
    return run(feature_config(use, paths, with_ or {}), output=output, jobs=jobs, seed=seed, **options)


def feature_config(use: str, paths: Paths, with_: dict[str, Any]) -> RunConfig:
    """A run config of one step that gives Features."""
    offer = registry().find(use).offer
    kinds = gives(offer.component) if isinstance(offer, Descriptor) and offer.kind != "executor" else ()
    if kinds != (Features,):
        given = " or ".join(getattr(k, "__name__", str(k)) for k in kinds)
        evidence = f"it is a {offer.kind}" + (f" that gives {given}" if given else "")
        raise ConfigError(f'"{use}" is no feature', evidence, "a run config takes any component")
    return RunConfig(texts(paths), (StepConfig(use, with_),), path="<features>")


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
    config = _config(config, texts(inputs) if inputs is not None else None, overrides, seed)
    built, sources, _ = prepare(config)
    return forecast(built, registry(), sources, probe=probe)


def init(preset: str | None = None, *, inputs: str = "clips") -> str:
    """Text of a run config to start from: a commented template, or a preset with `inputs` put in front."""
    import json
    from importlib.resources import files

    line = f"inputs = [{json.dumps(inputs, ensure_ascii=False)}]\n\n"
    if preset is None:
        return (
            (files("jackfield") / "template.toml").read_text().replace('inputs = ["clips"]\n', line.rstrip("\n") + "\n")
        )
    return f"# {preset}\n{line}{registry().preset(preset).toml}"

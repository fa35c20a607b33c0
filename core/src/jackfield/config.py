"""Run configs: TOML in, checked structure out, every error with its file and line."""

from __future__ import annotations

import glob
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ._toml_lines import line_of
from .errors import ConfigError, did_you_mean
from .params import Ref

INPUTS = "inputs"
TOP = ("inputs", "step", "reader", "executor", "seed", "exact", "failure_limit")
STEP = ("use", "with", "id", "from")


@dataclass(frozen=True)
class StepConfig:
    """One `[[step]]` as written: component, parameters, own id and where its input comes from."""

    use: str
    with_: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    from_: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunConfig:
    """A whole run as configured.

    inputs : paths, folders or globs; `parse` and `load` have taken them from the config file's folder
    reader : component that reads every input, or None to go by suffix
    executor : component that runs the work items, or None to choose by size
    seed : of everything random
    exact : compare all pairs, however many clips there are
    failure_limit : stop with exit code 4 after more failed clips than this; None = never
    path, text : where it was read from and what stood there, for messages with line numbers
    overrides : `key=value` texts that have been applied to what stood there
    """

    inputs: tuple[str, ...]
    steps: tuple[StepConfig, ...]
    reader: Ref | None = None
    executor: Ref | None = None
    seed: int = 0
    exact: bool = False
    failure_limit: int | None = None
    path: str = "<config>"
    text: str = ""
    overrides: tuple[str, ...] = ()

    def where(self, *keys: str | int) -> str:
        """`run.toml:7` for a key path, for the front of a message."""
        line = line_of(self.text, keys) if self.text else None
        return self.path if line is None else f"{self.path}:{line}"

    def error(self, keys: tuple[str | int, ...], error: ConfigError) -> ConfigError:
        """The same error with its place in front."""
        return type(error)(f"{self.where(*keys)}: {error.cause}", error.evidence, error.remedy)


def _one_of(known: tuple[str, ...], table: Mapping[str, Any], where: str) -> None:
    for name in table:
        if name not in known:
            raise ConfigError(f'unknown key "{name}" in {where}', remedy=did_you_mean(name, known))


def _typed(table: Mapping[str, Any], key: str, kinds: Any, default: Any, what: str) -> Any:
    value = table.get(key, default)
    if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is int)):
        raise ConfigError(f'"{key}" must be {what}', f"got {value!r}")
    return value


def _names(value: Any, key: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        raise ConfigError(f'"{key}" must be a text or a list of texts', f"got {value!r}")
    return tuple(values)


def _ref(table: Any, key: str) -> Ref | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ConfigError(f'"{key}" must be a table', f"got {table!r}", f"write {key} = {{ use = … }}")
    _one_of(("use", "with"), table, f"[{key}]")
    use = _typed(table, "use", str, None, "the name of a component")
    if not use:
        raise ConfigError(f"[{key}] needs use = …, the name of a component")
    return Ref(use, _typed(table, "with", dict, {}, "a table of parameters"))


def _step(table: Any) -> StepConfig:
    if not isinstance(table, dict):
        raise ConfigError("a step must be a table", f"got {table!r}")
    _one_of(STEP, table, "[[step]]")
    use = _typed(table, "use", str, None, "the name of a component")
    if not use:
        raise ConfigError("the step needs use = …, the name of a component")
    name = _typed(table, "id", str, "", "a text")
    if name == INPUTS or "/" in name or name.startswith("."):
        raise ConfigError(f'"{name}" cannot be the id of a step', remedy="choose another id")
    from_ = _names(table["from"], "from") if "from" in table else ()
    return StepConfig(use, _typed(table, "with", dict, {}, "a table of parameters"), name, from_)


def _located(path: str, text: str, keys: tuple[str | int, ...], build: Any, *args: Any) -> Any:
    try:
        return build(*args)
    except ConfigError as error:
        raise RunConfig((), (), path=path, text=text).error(keys, error) from None


def parse(
    text: str, path: str = "<config>", *, overrides: tuple[str, ...] = (), inputs: tuple[str, ...] | None = None
) -> RunConfig:
    """A RunConfig from TOML text.

    path : named in messages; relative inputs are taken from its folder
    overrides : `key=value` texts as `--set` takes them: a top-level key, or `STEP.parameter` with a step's id or use
    inputs : in place of the config's own (presets have none)
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line = place.partition("line ")[2].partition(",")[0]
        raise ConfigError(f"{path}{':' + line if line else ''}: not valid TOML", reason) from None
    return _with_inputs(_build(data, path, text, overrides), inputs)


def override(config: RunConfig, overrides: tuple[str, ...] = (), inputs: tuple[str, ...] | None = None) -> RunConfig:
    """The same config checked, with more overrides and other inputs; it may have been put together in Python.

    >>> config = RunConfig(("clips",), (StepConfig("mfcc", {"n_mfcc": 20}),))
    >>> override(config, ("mfcc.n_mfcc=13",)).steps[0].with_
    {'n_mfcc': 13}
    """
    changed = _build(_data_of(config), config.path, config.text, overrides)
    changed = replace(changed, overrides=(*config.overrides, *overrides))
    return _with_inputs(changed, inputs or changed.inputs or _names(_as_in_toml(config.inputs), "inputs"))


def _with_inputs(config: RunConfig, inputs: tuple[str, ...] | None) -> RunConfig:
    if not (inputs or config.inputs):
        raise ConfigError(f"{config.path}: the config has no inputs", remedy='add inputs = ["clips/**/*.wav"]')
    return replace(config, inputs=inputs or config.inputs)


def _data_of(config: RunConfig) -> dict[str, Any]:
    """As TOML would have it, without the inputs, which stand in no config file's folder any more."""
    steps = []
    for step in config.steps:
        from_ = {"from": _as_in_toml(step.from_)} if step.from_ else {}
        steps.append({"use": step.use, "with": step.with_, "id": step.id} | from_)
    data: dict[str, Any] = {"step": steps, "seed": config.seed, "exact": config.exact}
    for key, ref in (("reader", config.reader), ("executor", config.executor)):
        if ref is not None:
            data[key] = {"use": ref.use, "with": ref.with_}
    return data | ({} if config.failure_limit is None else {"failure_limit": config.failure_limit})


def _as_in_toml(names: Any) -> Any:
    return list(names) if isinstance(names, tuple) else names


def _build(data: dict[str, Any], path: str, text: str, overrides: tuple[str, ...]) -> RunConfig:
    settings = [_setting(override) for override in overrides]
    data = data | {name: value for scope, name, value in settings if not scope and name in TOP}
    _located(path, text, _first_unknown(data), _one_of, TOP, data, "the config")
    steps = []
    for k, table in enumerate(_located(path, text, ("step",), _tables, data)):
        keys: tuple[str | int, ...] = ("step", k, *_first_unknown(table, STEP), *_not_a_table(table))
        steps.append(_located(path, text, keys, _step, table))
    for scope, name, value in settings:
        if scope:
            k = _called(scope, steps, name)
            steps[k] = replace(steps[k], with_=steps[k].with_ | {name: value})
        elif name not in TOP:
            remedy = f"a parameter of a step is --set {steps[0].id or steps[0].use}.{name}=…"
            raise ConfigError(f'--set {name}: unknown key "{name}" in the config', f"known: {', '.join(TOP)}", remedy)
    own = _located(path, text, ("inputs",), _names, data["inputs"], "inputs") if "inputs" in data else ()
    # A folder may be called "takes [1]".
    base = Path(glob.escape(str(Path(path).parent))) if Path(path).is_file() else Path()
    return RunConfig(
        inputs=tuple(str(base / p) for p in own),
        steps=tuple(steps),
        reader=_located(path, text, ("reader",), _ref, data.get("reader"), "reader"),
        executor=_located(path, text, ("executor",), _ref, data.get("executor"), "executor"),
        seed=_located(path, text, ("seed",), _typed, data, "seed", int, 0, "an integer"),
        exact=_located(path, text, ("exact",), _typed, data, "exact", bool, False, "true or false"),
        failure_limit=_located(path, text, ("failure_limit",), _typed, data, "failure_limit", int, None, "an integer"),
        path=path,
        text=text,
        overrides=overrides,
    )


def _tables(data: dict[str, Any]) -> list[Any]:
    tables = data.get("step", [])
    if isinstance(tables, dict):
        raise ConfigError("[step] is one table, where a list of steps is wanted", remedy="write [[step]]")
    if not isinstance(tables, list) or not tables:
        raise ConfigError("the config has no [[step]]", remedy='add one, such as [[step]] / use = "stft"')
    return tables


def _first_unknown(table: Any, known: tuple[str, ...] = TOP) -> tuple[str, ...]:
    if not isinstance(table, dict):
        return ()
    return next(((name,) for name in table if name not in known), ())


def _not_a_table(step: Any) -> tuple[str, ...]:
    return ("with",) if isinstance(step, dict) and not isinstance(step.get("with", {}), dict) else ()


def _setting(override: str) -> tuple[str, str, Any]:
    """Step (or nothing), key and value of a `--set` text; what is no TOML value is a text."""
    key, sign, raw = override.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f'--set "{override}" is not key=value', remedy="write --set mfcc.n_mfcc=13")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()
    scope, _, name = key.strip().rpartition(".")
    return scope, name, value


def _called(scope: str, steps: list[StepConfig], name: str) -> int:
    found = [k for k, step in enumerate(steps) if scope in (step.id, step.use)]
    if len(found) != 1:
        which = "no step" if not found else "more than one step"
        known = [step.id or step.use for step in steps]
        raise ConfigError(f'--set {scope}.{name}: {which} is called "{scope}"', remedy=did_you_mean(scope, known))
    return found[0]


def load(
    path: str | os.PathLike[str], *, overrides: tuple[str, ...] = (), inputs: tuple[str, ...] | None = None
) -> RunConfig:
    """Read and parse a config file."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be read", getattr(error, "strerror", None) or str(error)) from None
    return parse(text, os.fspath(path), overrides=overrides, inputs=inputs)

"""The rules, and how a component is held against them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..api.streams import stream
from ..components import Component, describe, gives, parameters, takes, to_config
from ..data import Artifact, Comparison, Grid, Results, Signal
from ..data._storing import Packer
from ..errors import ConfigError, DataError, JackfieldError
from ..hookspecs import Descriptor
from ..registry import Entry, registry
from ._proposers import asked
from ._samples import Case, inputs
from ._streams import CUTS, cut, difference

HEAVY = ("numpy", "scipy", "sklearn", "librosa", "numba", "soundfile", "sounddevice", "matplotlib", "torch", "pandas",
         "hdbscan", "soxr", "msgspec", "rich", "jinja2", "PIL")  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """How one component stands to one rule: "passed", "failed", or "skipped" with the reason."""

    component: str
    rule: str
    state: str
    reason: str = ""


class NotConforming(AssertionError):
    """A component breaks a rule."""


class Skip(Exception):
    """A rule does not apply."""


class Subject:
    """A component under test, with the inputs it takes."""

    def __init__(self, entry: Entry, parameters: Mapping[str, Any], folder: Path, sample: Any = None) -> None:
        assert isinstance(entry.offer, Descriptor)
        self.entry, self.offer, self.cls = entry, entry.offer, entry.offer.component
        self.parameters, self.folder, self.sample = dict(parameters), folder, sample

    def build(self) -> Any:
        return self.cls(**self.parameters)

    def call(self, item: Any) -> Any:
        """What the component makes of one item; distances are asked about the item and itself."""
        component = self.build()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.offer.kind == "distance":
                return component(item, item)
            if self.offer.kind == "output":
                to = Path(tempfile.mkdtemp(dir=self.folder))
                written = component(item, to if isinstance(item, Results) else to / "clip")
                if not isinstance(written, Artifact):
                    return written
                # relative paths are relative to the run folder
                return replace(written, paths=tuple(str(to / p) for p in written.paths))
            return component(item)

    def accepted(self, case: Case = "ordinary") -> tuple[Any, Any]:
        """(input, result) for the first input of this case that is not refused."""
        refusal: JackfieldError | None = None
        for item in self.candidates(case):
            try:
                return item, self.call(item)
            except (DataError, ConfigError) as error:
                refusal = error
        if refusal is None:
            raise Skip(f"the kit has no {case} input for this component; give sample=")
        raise refusal

    def candidates(self, case: Case) -> Iterable[Any]:
        if self.offer.kind == "executor":
            raise Skip("an executor takes no data")
        if self.sample is not None and case == "ordinary":
            return [self.sample]
        return inputs(takes(self.cls), case, self.folder, getattr(self.offer, "suffixes", ()))


# -- the rules ---------------------------------------------------------------------------------------------------------


def parameters_described(s: Subject) -> None:
    """Every parameter has a Param with a description, the class a docstring, defaults pass their own checks."""
    if not (s.cls.__doc__ or "").strip() or (s.cls.__doc__ or "").startswith(f"{s.cls.__name__}("):
        raise NotConforming("the class has no docstring")
    for field in describe(s.cls):
        if field.param is None or not field.param.description.strip():
            raise NotConforming(f'parameter "{field.name}" has no description')
    s.build()


def toml_round_trip(s: Subject) -> None:
    """Parameters written as TOML and read back build an equal component with an equal hash."""
    import tomli_w

    component = s.build()
    again = s.cls(**tomllib.loads(tomli_w.dumps(to_config(component))))
    if again != component or hash(again) != hash(component):
        raise NotConforming(f"{component!r} came back as {again!r}")


def result_of_kind(s: Subject) -> None:
    """The result is of a kind that the annotation names."""
    if s.offer.kind == "executor":
        return _executor_runs(s)
    _, result = s.accepted()
    wanted = (Comparison,) if s.offer.kind == "distance" else gives(s.cls)
    if not isinstance(result, tuple(w for w in wanted if isinstance(w, type))):
        raise NotConforming(f"returned {type(result).__name__}, declared {' | '.join(w.__name__ for w in wanted)}")
    if isinstance(result, Comparison) and not (result.distance >= 0 or result.distance != result.distance):
        raise NotConforming(f"distance {result.distance} is negative")
    if isinstance(result, Artifact) and not result.paths:
        raise NotConforming("an output must name the files it wrote")


def _executor_runs(s: Subject) -> None:
    with s.build().start() as executor:
        if executor.submit(divmod, 7, 2).result(60) not in ((3, 1), [3, 1]):
            raise NotConforming("submit(divmod, 7, 2) did not give (3, 1)")


def input_unchanged(s: Subject) -> None:
    """The input is the same after the call, even where its arrays could be written to."""
    for item in s.candidates("ordinary"):
        before = fingerprint(item)
        with contextlib.suppress(DataError, ConfigError):
            s.call(item)
        if fingerprint(item) != before:
            raise NotConforming("the input was changed")


def deterministic(s: Subject) -> None:
    """The same input gives the same result, bit for bit, from a second instance too."""
    item, first = s.accepted()
    if fingerprint(s.call(item)) != fingerprint(first):
        raise NotConforming("two calls on the same input differ")


def mono_and_stereo(s: Subject) -> None:
    """One and two channels work; a component for one channel refuses two and names `mono`."""
    if s.offer.kind == "executor" or Signal not in takes(s.cls):
        raise Skip("takes no Signal")
    s.accepted("ordinary")
    stereo = next(iter(s.candidates("stereo")))
    if s.cls.channels == "any":  # type: ignore[attr-defined]
        s.call(stereo)
        return
    try:
        s.call(stereo)
    except DataError as error:
        if "mono" in str(error):
            return
        raise NotConforming(f'the refusal of two channels must name "mono": {error}') from None
    raise NotConforming("two channels were taken by a component for one")


def empty(s: Subject) -> None:
    """Nothing at all gives a result of the right kind or one clear error."""
    _small(s, "empty")


def one_sample(s: Subject) -> None:
    """One sample (row, item) gives a result of the right kind or one clear error."""
    _small(s, "one")


def _small(s: Subject, case: Case) -> None:
    tried = False
    for item in s.candidates(case):
        tried = True
        with contextlib.suppress(JackfieldError):
            result = s.call(item)
            wanted = (Comparison,) if s.offer.kind == "distance" else gives(s.cls)
            if not isinstance(result, tuple(w for w in wanted if isinstance(w, type))):
                raise NotConforming(f"returned {type(result).__name__} for {case} input")
    if not tried:
        raise Skip(f"the kit has no {case} input for this component")


def nan(s: Subject) -> None:
    """NaN in the input is refused, or can be seen in the result: never a clean number made of it."""
    tried = False
    for item in s.candidates("nan"):
        tried = True
        try:
            result = s.call(item)
        except JackfieldError:
            continue
        if s.offer.kind in ("clusterer", "output", "proposer", "reader") and not isinstance(result, Signal):
            continue  # labels and files have other ways to say "undefined"; that they come out at all is the point
        numbers = [result.distance] if isinstance(result, Comparison) else _floats(result)
        if not any(np.isnan(values).any() for values in numbers):
            raise NotConforming("NaN went in, clean numbers came out")
    if not tried:
        raise Skip("the kit has no NaN input for this component")


def light_import(s: Subject) -> None:
    """The plugin's shop window imports nothing heavy."""
    module = s.cls.__module__ if s.entry.plugin.name == "builtin" else s.cls.__module__.split(".")[0]
    heavy = _heavy_imports(module, sys.modules[module].__file__ or "")
    if heavy:
        raise NotConforming(f"importing the plugin imports {', '.join(heavy)}")


@cache
def _heavy_imports(module: str, file: str) -> tuple[str, ...]:
    load = f"import {module}"
    if module.startswith("jackfield_file_"):
        load = f"import runpy; runpy.run_path({str(Path(file).absolute())!r}, run_name={module!r})"
    code = f"import sys; {load}; print(*[n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise NotConforming(f"the plugin cannot be imported on its own: {done.stderr.strip().splitlines()[-1]}")
    return tuple(done.stdout.split())


def stream_equals_batch(s: Subject) -> None:
    """A component that has `stream` gives in parts, however the signal is cut, what it gives for the whole."""
    if not hasattr(s.cls, "stream"):
        raise Skip("it has no stream()")
    whole, wanted = s.accepted()
    cases = [(whole, wanted)]
    if s.cls.channels == "any" and s.sample is None:  # type: ignore[attr-defined]
        cases += [(item, s.call(item)) for item in s.candidates("stereo")]
    for signal, result in cases:
        if not isinstance(signal, Signal):
            raise NotConforming(f"only Signals come in blocks, this takes {type(signal).__name__}")
        for sizes in CUTS:
            try:
                parts = list(stream(s.build(), cut(signal, sizes)))
            except ConfigError as refusal:
                raise Skip(f"these parameters refuse to stream: {refusal}") from None
            if differs := difference(result, parts):
                raise NotConforming(f"in blocks of {[*sizes] or signal.n}, {signal.channels} channels: {differs}")


def asked_further(s: Subject) -> None:
    """A proposer told what was compared names pairs of the same items, the same ones every time."""
    if s.offer.kind != "proposer":
        raise Skip("it is no proposer")
    cases: tuple[Case, ...] = ("ordinary", "empty", "one", "nan")
    for item in (item for case in cases for item in s.candidates(case)):
        try:
            s.call(item)
        except (DataError, ConfigError):
            continue
        try:
            first, again = (asked(s.build(), item) for _ in range(2))
        except (AttributeError, TypeError, ValueError, JackfieldError) as fault:
            raise NotConforming(f"asked further: {fault}") from fault
        if fingerprint(tuple(first)) != fingerprint(tuple(again)):
            raise NotConforming("asked further twice, its answers differ")


RULES: dict[str, Callable[[Subject], None]] = {
    rule.__name__.replace("_", " "): rule
    for rule in (
        parameters_described,
        toml_round_trip,
        result_of_kind,
        input_unchanged,
        deterministic,
        mono_and_stereo,
        empty,
        one_sample,
        nan,
        light_import,
        stream_equals_batch,
        asked_further,
    )
}


def _floats(result: Any) -> list[np.ndarray]:
    packer = Packer()
    with contextlib.suppress(DataError):
        packer(result)
    return [a for a in packer.arrays if a.dtype.kind in "fc"]


def fingerprint(value: Any) -> Any:
    """Everything in a result that can differ, as bytes and text."""
    if isinstance(value, Results):
        return {name: fingerprint(value[name]) for name in value}
    if isinstance(value, Artifact):
        return sorted((Path(p).name, Path(p).read_bytes()) for p in value.paths)
    if not isinstance(value, Grid) and hasattr(value, "load"):
        return [fingerprint(item) for item in value]
    packer = Packer()
    return repr(packer(value)), [a.tobytes() for a in packer.arrays]


# -- running them ------------------------------------------------------------------------------------------------------


def check_component(
    component: str | Component,
    *,
    sample: Any = None,
    skip: Mapping[str, str] | None = None,
    raises: bool = True,
) -> tuple[Verdict, ...]:
    """Hold one component against all eleven rules.

    component : its name (`"stft"`, `"distribution:name"`), or an instance of a registered class, for its parameters
    sample : an ordinary input, where the kit cannot make one (a reader of an unusual format, a special Grid)
    skip : rule → reason; a rule without a reason is not skipped
    raises : raise NotConforming with every failed rule; otherwise only return the verdicts

    >>> [v.state for v in check_component("csv-table") if v.rule == "toml round trip"]
    ['passed']
    """
    entry, given = _find(component)
    skip = dict(skip or {})
    for rule, reason in skip.items():
        if rule not in RULES or not reason.strip():
            raise ValueError(f"cannot skip {rule!r}: {'no reason given' if rule in RULES else 'no such rule'}")
    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(entry, given, Path(folder), sample)
        for name, check in RULES.items():
            verdicts.append(_judge(entry.full_name, name, check, subject, skip.get(name)))
    failed = [v for v in verdicts if v.state == "failed"]
    if failed and raises:
        raise NotConforming("; ".join(f"{v.component}: {v.rule}: {v.reason}" for v in failed))
    return tuple(verdicts)


def _find(component: str | Component) -> tuple[Entry, dict[str, Any]]:
    if isinstance(component, str):
        entry = registry().find(component)
        return entry, dict(getattr(entry.offer.component, "example", {})) if isinstance(entry.offer, Descriptor) else {}
    for entry in registry().entries:
        if isinstance(entry.offer, Descriptor) and entry.offer.component is component.__class__:
            return entry, parameters(component)
    raise ConfigError(f"{type(component).__name__} is offered by no plugin", remedy="yield it from a hook")


def _judge(name: str, rule: str, check: Callable[[Subject], None], subject: Subject, skipped: str | None) -> Verdict:
    if skipped:
        return Verdict(name, rule, "skipped", skipped)
    try:
        check(subject)
    except Skip as reason:
        return Verdict(name, rule, "skipped", str(reason))
    except Exception as error:
        text = str(error) if isinstance(error, NotConforming) else f"{type(error).__name__}: {error}"
        return Verdict(name, rule, "failed", text)
    return Verdict(name, rule, "passed")


def check_plugins(names: Iterable[str] = ()) -> tuple[Verdict, ...]:
    """Verdicts for every component of every plugin, or for the components named."""
    wanted = list(names) or [e.full_name for e in registry().entries if isinstance(e.offer, Descriptor)]
    return tuple(v for name in wanted for v in check_component(name, raises=False))

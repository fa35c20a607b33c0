"""What a component is: a frozen dataclass whose fields are checked parameters and whose call is its work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache, wraps
from inspect import get_annotations
from os import PathLike
from types import MappingProxyType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from .data import FrameGrid, Signal
from .errors import ConfigError, DataError, PluginError, did_you_mean
from .params import Param, Ref

Sketch = Mapping[str, Any]


class Component:
    """Base of everything a plugin offers.

    Subclasses are `@dataclass(frozen=True, kw_only=True)`; every field is `Annotated[type, Param(description=…)]`.
    Values are checked on construction, alike in Python, TOML and on the command line; a wrong one is a ConfigError.

    example : parameters of a typical instance, where some have no default; used by documentation and conformance kit
    needs : of an output of Results, kinds of steps of which the run must have one, such as ("clusterer", "distance")
    channels : "any", or "one" for components that take one channel; a run then puts a visible `mono` before them
    """

    channels: ClassVar[Literal["any", "one"]] = "any"
    needs: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __new__(cls, *args: Any, **values: Any) -> Component:
        known = [*getattr(cls, "__dataclass_fields__", ())]
        for name in values:
            if name not in known:
                raise ConfigError(f'unknown parameter "{name}" of {cls.__name__}', remedy=did_you_mean(name, known))
        kind: Any = cls
        for field in describe(kind) if known else ():
            if field.name not in values and field.default is MISSING:
                meaning = field.param.description if field.param else ""
                raise ConfigError(f'{cls.__name__} needs parameter "{field.name}"', meaning)
        return super().__new__(cls)

    def __init_subclass__(cls) -> None:
        for work in ("sketch", "__call__"):
            if work in cls.__dict__:
                setattr(cls, work, _careful(cls.__dict__[work]))

    def __post_init__(self) -> None:
        for name, value in checked(type(self), parameters(self)).items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # Expensive helpers kept by cached_property stay behind: they are made anew where they are needed.
        return _rebuild, (type(self), parameters(self))

    # Distances get their call from compare; everything else defines its own.
    def __call__(self, *items: Any, **_: Any) -> Any:
        """The component's work. Distances that define none compare two items: `compare(sketch(a), sketch(b))`."""
        compare, sketch = getattr(self, "compare", None), getattr(self, "sketch", None)
        if compare is None:
            raise PluginError(f"{type(self).__name__} defines neither __call__ nor compare", remedy="report it")
        a, b = items
        return compare(sketch(a), sketch(b)) if sketch else compare(a, b)


def _rebuild(cls: type, values: dict[str, Any]) -> Any:
    return cls(**values)


def _careful(work: Any) -> Any:
    """Refuse what a component cannot take with words that help, before its own code meets it."""
    kinds: tuple[type, ...] = ()

    @wraps(work)
    def call(self: Any, item: Any, *rest: Any, **options: Any) -> Any:
        # read by the first call, since annotations may name what comes later in their module
        nonlocal kinds
        kinds = kinds or _classes(type(self), work)
        if not isinstance(item, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise DataError(f"{type(self).__name__} takes {wanted}", f"got {type(item).__name__}", _maker(item, kinds))
        if self.channels == "one" and isinstance(item, Signal) and item.channels != 1:
            raise DataError(
                f"{type(self).__name__} takes one channel",
                f"got {item.channels}",
                'mix with jackfield.get("mono") first',
            )
        return work(self, item, *rest, **options)

    return call


def _classes(cls: type, work: Any) -> tuple[type, ...]:
    """Classes of the items that `work` takes; object where its annotations name anything else, or are none."""
    try:
        kinds = tuple(_kinds(_hints(cls, work)[0]))
    except PluginError:
        return (object,)
    plain = all(isinstance(kind, type) and kind is not Any and not hasattr(kind, "_is_protocol") for kind in kinds)
    return kinds if plain and not any(get_args(kind) for kind in kinds) else (object,)


def _maker(item: Any, kinds: tuple[type, ...]) -> str:
    """What makes an item of one of `kinds` of what was given."""
    if isinstance(item, (str, PathLike)):
        return "use jackfield.read(path)"
    if type(item).__module__ != "numpy":
        return ""
    return "use jackfield.Signal(samples=…, rate=…)" if Signal in kinds else "use jackfield.Grid(values=…)"


def parameters(component: Any) -> dict[str, Any]:
    """Field name → value."""
    return {f.name: getattr(component, f.name) for f in fields(component)}


@dataclass(frozen=True)
class Field:
    """One parameter of a component class, as documentation sees it."""

    name: str
    type: Any
    param: Param | None
    default: Any = MISSING

    def describe(self) -> str:
        """One line: name, type, bounds, default, meaning."""
        parts = get_args(self.type) if _is_union(self.type) else (self.type,)
        kind = " | ".join(_type_text(part) for part in parts)
        signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
        bounds = [f"{signs[k]} {v:g}" for k, v in (self.param.bounds() if self.param else {}).items() if k in signs]
        unit = f" {self.param.unit}" if self.param and self.param.unit else ""
        shown = "" if self.default is MISSING else f" = {self.default!r}"
        text = f": {self.param.description}" if self.param else ""
        return f"{self.name} ({', '.join([kind + unit, *bounds])}){shown}{text}"


def _type_text(hint: Any) -> str:
    if hint is type(None):
        return "None"
    if get_origin(hint) is Literal:
        return " | ".join(repr(a) for a in get_args(hint))
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")


@cache
def _own_hints(cls: type) -> dict[str, Any]:
    """Annotations of one class without those of its bases, which many components share."""
    return get_annotations(cls, eval_str=True)


@cache
def describe(cls: type) -> tuple[Field, ...]:
    """The parameters of a component class, in order."""
    hints = {name: hint for base in reversed(cls.__mro__) for name, hint in _own_hints(base).items()}

    def one(field: Any) -> Field:
        hint, param = hints[field.name], None
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
            param = next((e for e in extras if isinstance(e, Param)), None)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        return Field(field.name, hint, param, default)

    return tuple(one(f) for f in fields(cls))


@cache
def struct(cls: type) -> Any:
    """The msgspec struct that checks a component's parameters and gives its JSON Schema."""
    import msgspec

    def entry(f: Field) -> tuple[Any, ...]:
        if f.param is None or not f.param.description.strip():
            raise PluginError(f'parameter "{f.name}" of {cls.__name__} has no description', remedy="give it a Param")
        bounds: dict[str, Any] = f.param.bounds()
        plain, *others = [a for a in get_args(f.type) if a is not type(None)] if _is_union(f.type) else [f.type]
        if plain is Ref:
            plain = _ref_struct()
        kind: Any = Annotated[plain, msgspec.Meta(**bounds)] if bounds else plain
        for other in others:
            kind = kind | other
        if _is_union(f.type) and type(None) in get_args(f.type):
            kind = kind | None
        described = Annotated[kind, msgspec.Meta(description=f.param.description)]
        return (f.name, described) if f.default is MISSING else (f.name, described, f.default)

    try:
        return msgspec.defstruct(
            cls.__name__, [entry(f) for f in describe(cls)], forbid_unknown_fields=True, kw_only=True
        )
    except (TypeError, ValueError) as error:
        raise PluginError(
            f"{cls.__module__}.{cls.__name__} has a parameter that cannot be described", str(error)
        ) from error


@dataclass(frozen=True)
class Spec:
    """What a plan knows of an item before it is made; a component's `predict(spec)` returns its result's.

    An output's returns None; it is there to raise where the item cannot be written.

    kind : "Signal", "Grid", "Features" …
    shape : of its array; rate : samples per second; frames : FrameGrid of the last axis (of the rows for Features)
    itemsize : bytes per value
    axes : names of a Grid's axes, where they are known
    """

    kind: str
    shape: tuple[int, ...]
    rate: float
    frames: FrameGrid | None = None
    itemsize: int = 4
    axes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of the array."""
        total = self.itemsize
        for size in self.shape:
            total *= size
        return total


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


@cache
def _ref_struct() -> Any:
    import msgspec

    return msgspec.defstruct(
        "Ref", [("use", str), ("with_", dict[str, Any], msgspec.field(default_factory=dict, name="with"))]
    )


def _plain(value: Any) -> Any:
    """NumPy scalars, paths, lists and nested components as what TOML could have said."""
    if isinstance(value, Ref):
        return {"use": value.use, "with": {k: _plain(v) for k, v in value.with_.items()}}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        return value.item()
    return value


def checked(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` converted and checked against the parameters of `cls`; ConfigError names the first wrong one."""
    import msgspec

    plain = {f.name: _plain(values.get(f.name, f.default)) for f in describe(cls)}
    for name, value in plain.items():
        if isinstance(value, float) and value != value:
            raise ConfigError(f'parameter "{name}" of {cls.__name__} is wrong', "not a number (NaN)")
    try:
        found = msgspec.convert(plain, struct(cls))
    except msgspec.ValidationError:
        _first_wrong(cls, plain, values)
    return {name: _frozen(getattr(found, name)) for name in plain}


def _first_wrong(cls: type, plain: Mapping[str, Any], values: Mapping[str, Any]) -> NoReturn:
    """Raise for the first parameter that does not fit, so that the message can say what it got and what it means."""
    import msgspec

    hints = {f.name: f.type for f in msgspec.structs.fields(struct(cls))}
    for field in describe(cls):
        try:
            msgspec.convert(plain[field.name], hints[field.name])
        except msgspec.ValidationError as error:
            raise _wrong(cls, field, values.get(field.name), str(error).split(" - at")[0].lower()) from None
    raise PluginError(f"the parameters of {cls.__name__} do not fit together", str(plain), "report it")


def _wrong(cls: type, field: Field, value: Any, reason: str) -> ConfigError:
    """What to say of a value that does not fit: what came, what was wanted, and what is likely meant."""
    choices = _choices(field.type)
    remedy = f"{field.name}: {field.param.description}" if field.param else ""
    if isinstance(value, str) and "array" in reason:
        remedy = f'write a list: ["{value}"]'
    elif choices and (isinstance(value, str) or "enum" in reason):
        unknown = next((v for v in value if v not in choices), "") if isinstance(value, (list, tuple)) else value
        close = did_you_mean(str(unknown), [str(c) for c in choices])
        reason, remedy = f"known: {', '.join(map(str, choices))}", close if close.startswith("did") else remedy
    return ConfigError(f'parameter "{field.name}" of {cls.__name__} is wrong', f"got {value!r}, {reason}", remedy)


def _choices(hint: Any) -> list[Any]:
    """The values that a type lists, however deep inside."""
    if get_origin(hint) is Literal:
        return [*get_args(hint)]
    return [choice for part in get_args(hint) for choice in _choices(part)]


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(v) for v in value)
    if isinstance(value, _ref_struct()):
        return Ref(value.use, value.with_)
    return value


def to_config(component: Any) -> dict[str, Any]:
    """Parameters as plain values that TOML and JSON can hold; None is left out."""
    return {k: _plain(v) for k, v in parameters(component).items() if v is not None}


def work_of(cls: type) -> Any:
    """The method whose annotations say what a component takes: sketch, compare or __call__."""
    for name in ("sketch", "compare"):
        if hasattr(cls, name):
            return getattr(cls, name)
    return cls.__call__


@cache
def takes(cls: type) -> tuple[Any, ...]:
    """Kinds a component accepts as its item, from the annotations of its work."""
    return tuple(_kinds(_hints(cls, work_of(cls))[0]))


@cache
def gives(cls: type) -> tuple[Any, ...]:
    """Kinds a component returns; for distances `Comparison`."""
    return tuple(_kinds(_hints(cls, getattr(cls, "compare", None) or cls.__call__)[1]))


def _hints(cls: type, method: Any) -> tuple[Any, Any]:
    if method is Component.__call__:
        raise PluginError(f"{cls.__name__} defines neither __call__ nor compare", remedy="report it")
    try:
        hints = get_type_hints(method)
    except Exception as error:
        raise PluginError(
            f"cannot read the annotations of {cls.__name__}", f"{type(error).__name__}: {error}"
        ) from error
    result = hints.pop("return", None)
    if not hints or result is None:
        remedy = f"write def {method.__name__}(self, signal: Signal) -> Features, with the kinds that it is for"
        raise PluginError(f"{cls.__name__}.{method.__name__} must annotate what it takes and gives", remedy=remedy)
    return next(iter(hints.values())), result


def _kinds(hint: Any) -> Iterator[Any]:
    if _is_union(hint):
        for part in get_args(hint):
            yield from _kinds(part)
    else:
        yield hint

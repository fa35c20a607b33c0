"""Arguments of functions, which no component checks, as what they have to be."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from jackfield import ConfigError

T = TypeVar("T")


def whole(name: str, value: Any, least: int | None = None) -> int:
    """`value` as an int; ConfigError where it is no whole number, or below `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ConfigError(f"{name} must be a whole number", f"got {value!r}") from None
    if least is not None and number < least:
        raise ConfigError(f"{name} must be at least {least}", f"got {number}")
    return number


def finite(name: str, value: Any) -> float:
    """`value` as a float; ConfigError where it is no finite number."""
    try:
        known = not isinstance(value, str) and math.isfinite(value)
    except TypeError:
        known = False
    if not known:
        raise ConfigError(f"{name} must be a finite number", f"got {value!r}")
    return float(value)


def each(check: Callable[[str, Any], T], name: str, values: Iterable[Any]) -> tuple[T, ...]:
    """All of `values`, checked; ConfigError for a single one."""
    if not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be a list", f"got {values!r}", f"write {name}=[{values!r}]")
    return tuple(check(name, value) for value in values)

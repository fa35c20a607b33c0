"""How a component describes its parameters, without importing anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Param:
    """Bounds, unit and meaning of one parameter, put in `Annotated[type, Param(...)]`.

    ge, gt, le, lt : bounds of a number; min_length, max_length : of a text or tuple
    unit : shown beside the value
    description : what it does; compulsory, since it is the parameter's only documentation
    """

    __slots__ = ("description", "ge", "gt", "le", "lt", "max_length", "min_length", "unit")

    def __init__(
        self,
        *,
        description: str,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        unit: str = "",
    ) -> None:
        self.description, self.unit = description, unit
        self.ge, self.gt, self.le, self.lt = ge, gt, le, lt
        self.min_length, self.max_length = min_length, max_length

    def bounds(self) -> dict[str, float]:
        """The constraints that are set, by name."""
        names = ("ge", "gt", "le", "lt", "min_length", "max_length")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self.bounds().items())
        return f"Param({inside + ', ' if inside else ''}description={self.description!r})"


@dataclass(frozen=True)
class Ref:
    """A component named inside another's parameters: `{use = "mfcc", with = {n_mfcc = 13}}` in TOML."""

    use: str
    with_: dict[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.use, repr(sorted(self.with_.items()))))

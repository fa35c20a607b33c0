"""Which axes are resized, from what length to what, and where the new elements lie on the old ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from jackfield import ConfigError, DataError, Grid, Signal

from . import NEEDS_AXES
from ._taps import FAMILY, taps

if TYPE_CHECKING:
    from . import Resize


LONGEST = 1 << 31  # elements of an axis


@dataclass(frozen=True)
class Change:
    """One axis, its length before and after, and the factor that the grid follows (None: m / n, as after any size)."""

    axis: int
    n: int
    m: int
    scale: float | None = None

    def taps(self, how: Resize, dtype: str) -> tuple[np.ndarray, np.ndarray]:
        """start (m,) and weights (m, taps), kept from one call to the next."""
        return taps(
            how.mode,
            self.n,
            self.m,
            align_corners=bool(how.align_corners),
            antialias=how.mode == "lanczos" or bool(how.antialias),
            scale=self.scale,
            dtype=dtype,
        )

    def step(self, how: Resize) -> Fraction:
        """Old elements from one new one to the next."""
        if how.align_corners:
            return Fraction(self.n - 1, self.m - 1) if self.m > 1 and self.n > 1 else Fraction(1)
        if self.scale:
            # the fraction that was meant by a factor such as 0.1
            meant = Fraction(self.scale).limit_denominator(1 << 20)
            return 1 / (meant if float(meant) == self.scale else Fraction(self.scale))
        return Fraction(self.n, self.m)

    def places(self, how: Resize, dtype: str) -> tuple[Fraction, Fraction] | np.ndarray:
        """Centre of new element 0 and step to the next, in old elements; every centre, where steps are uneven.

        `nearest` stands where the element stood that it took from values of this dtype, `area-torch` in the middle of
        its region.
        """
        step, family = self.step(how), FAMILY[how.mode]
        if family in ("nearest", "nearest-exact", "area-torch"):
            start, weights = self.taps(how, indexing(dtype))
            at = start + (weights * np.arange(weights.shape[1])).sum(axis=1)
            if family == "area-torch":
                at = np.round(2 * at) / 2
            even = self.m == 1 or bool((np.diff(at) == at[1] - at[0]).all())
            return (Fraction(at[0]), Fraction(at[1] - at[0]) if self.m > 1 else step) if even else at
        return (Fraction(0) if how.align_corners else (step - 1) / 2), step


@lru_cache(maxsize=256)
def changes(how: Resize, shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Change, ...]:
    """What becomes of `axes` of an array of this shape.

    Raises ConfigError where sizes and axes do not match or a mode is for another number of axes.
    """
    if 0 in shape:
        raise DataError("an empty array cannot be resized", f"shape {shape}")
    sizes = how.size if how.size is not None else how.scale
    if isinstance(sizes, tuple):
        counts = sizes
    else:
        counts = (sizes,) * (len(axes) if how.size is None else 1)
    if len(counts) != len(axes):
        evidence = f"{len(counts)} for axes {', '.join(map(str, axes))} of shape {shape}"
        remedy = "give one per axis, or name the axes that are to be resized"
        raise ConfigError(f"wrong number of {'sizes' if how.size is not None else 'scales'}", evidence, remedy)
    wanted = NEEDS_AXES.get(how.mode, len(axes))
    if wanted != len(axes):
        remedy = f'use mode "{FAMILY[how.mode]}", which takes any number'
        raise ConfigError(f'mode "{how.mode}" is for {wanted} axes', f"got {len(axes)}", remedy)
    return tuple(_change(how, axis, shape[axis], count) for axis, count in zip(axes, counts, strict=True))


def _change(how: Resize, axis: int, n: int, count: float) -> Change:
    m = math.floor(min(n * count, LONGEST)) if how.size is None else int(count)
    if m == 0:
        raise ConfigError("nothing would be left", f"{n} elements on axis {axis} times {count:g}", "raise scale")
    if m >= LONGEST:
        evidence = f"{m if how.size is not None else f'{n} · {count:g}'} elements on axis {axis}"
        raise DataError("the result does not fit into memory", evidence, "choose smaller sizes")
    return Change(axis, n, m, count if how.size is None and _follows(how, n, m) else None)


def _follows(how: Resize, n: int, m: int) -> bool:
    """Does the grid follow the factor? Not where torch only copies, which depends on the kernel."""
    family = FAMILY[how.mode]
    if family.startswith("area"):
        return False
    return m != n or family.startswith("nearest") or (family == "cubic" and not how.antialias)


def indexing(dtype: str) -> str:
    """In what precision torch finds the nearest element of values of this dtype."""
    return "float64" if dtype == "float64" else "float32"


def values_of(item: Signal | Grid | np.ndarray) -> np.ndarray:
    """The array of whatever can be resized."""
    return item.samples if isinstance(item, Signal) else item.values if isinstance(item, Grid) else item


def planned(item: Signal | Grid | np.ndarray, how: Resize) -> tuple[Change, ...]:
    """What becomes of the axes of a signal, a grid or an array; of a signal only time can change."""
    if isinstance(item, Signal):
        if how.axes is not None and numbered(how.axes, 2, ("channel", "time")) != (1,):
            raise ConfigError("of a signal only time can be resized", f"axes {how.axes}", "leave axes out")
        return changes(how, item.samples.shape, (1,))
    shape, names = values_of(item).shape, tuple(a.name for a in item.axes) if isinstance(item, Grid) else ()
    return changes(how, shape, numbered(how.axes, len(shape), names))


def numbered(axes: tuple[int | str, ...] | int | str | None, ndim: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Axes by number or name as numbers from 0; None: all but one called "channel"."""
    if axes is None:
        found = [axis for axis in range(ndim) if not names or names[axis] != "channel"]
        if not found:
            raise DataError("there is no axis to resize", f"axes: {', '.join(names) or 'none'}")
        return tuple(found)
    found = [_number(axis, ndim, names) for axis in (axes if isinstance(axes, tuple) else (axes,))]
    if len(set(found)) < len(found) or not found:
        raise ConfigError("every axis must be named once", f"got {axes}")
    return tuple(found)


def _number(axis: int | str, ndim: int, names: tuple[str, ...]) -> int:
    if isinstance(axis, str):
        if axis not in names:
            raise ConfigError(
                f'no axis is called "{axis}"', f"axes: {', '.join(n or 'unnamed' for n in names) or ndim}"
            )
        return names.index(axis)
    if not -ndim <= axis < ndim:
        raise ConfigError(f"there is no axis {axis}", f"{ndim} dimensions")
    return axis % ndim

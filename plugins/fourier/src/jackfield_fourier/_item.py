"""What the transforms take: Signals, and Grids along one of their axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jackfield import DataError, Grid, Origin, Signal

LARGEST = 1e150  # its square can still be added up


@dataclass(frozen=True)
class Lanes:
    """An array with one axis picked out: (lanes, n), and the way back."""

    original: np.ndarray
    axis: int
    rate: float
    source: Origin | None
    history: tuple[str, ...]

    @property
    def values(self) -> np.ndarray:
        """(lanes, n) in the precision to compute in."""
        return np.moveaxis(self.original, self.axis, -1).reshape(-1, self.n)

    @property
    def n(self) -> int:
        """Samples along the axis."""
        return int(self.original.shape[self.axis])

    @property
    def real(self) -> bool:
        """Whether the values are real."""
        return not np.iscomplexobj(self.original)

    @property
    def lanes(self) -> tuple[int, ...]:
        """Sizes of the other axes."""
        shape = self.original.shape
        return shape[: self.axis] + shape[self.axis + 1 :]

    def back(self, values: np.ndarray) -> np.ndarray:
        """(lanes, n) as an array shaped like the original, in its precision."""
        shaped = values.reshape(*self.lanes, self.n).astype(self.original.dtype, copy=False)
        return np.moveaxis(shaped, -1, self.axis)

    def about(self, note: str) -> dict[str, Any]:
        """Fields of a Decomposition that say where it comes from."""
        history = (*self.history, note)
        about = {"original": self.original, "axis": self.axis, "rate": self.rate}
        return about | {"source": self.source, "history": history}


def lanes_of(item: Signal | Grid, axis: int) -> Lanes:
    """One axis of an item; DataError for empty arrays, NaN, overflow, decibels, and axes that are not there."""
    values = item.samples if isinstance(item, Signal) else item.values
    if isinstance(item, Grid) and item.scale == "db":
        raise DataError("decibels do not add up", "the grid's scale is db", "decompose the power or the magnitude")
    if not -values.ndim <= axis < values.ndim:
        raise DataError(f"there is no axis {axis}", f"shape {values.shape}")
    if values.size == 0:
        raise DataError("nothing to decompose", f"shape {values.shape}")
    if values.dtype not in (np.float32, np.float64, np.complex64, np.complex128):
        values = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    # One product finds every NaN and infinity, and what would overflow; only then a closer look is taken.
    if not np.isfinite(np.vdot(values, values)):
        _check_finite(values)
    values.flags.writeable = False
    axis %= values.ndim
    return Lanes(values, axis, _rate(item, axis), item.source, item.history)


def _check_finite(values: np.ndarray) -> None:
    if wrong := int(values.size - np.isfinite(values).sum()):
        raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the input")
    peak, most = float(np.abs(values).max()), float(np.finfo(values.dtype).max)
    if peak > LARGEST or peak * values.size > most:
        raise DataError("samples are too large to be squared and added up", f"peak {peak:g}", "scale them down")


def _rate(item: Signal | Grid, axis: int) -> float:
    if isinstance(item, Signal):
        return item.rate
    step = item.axes[axis].step
    # 1 / (1 / 49) is not 49; fifteen digits are what a step of seconds can say.
    return float(f"{1 / step:.15g}") if step else 1.0

"""Resizing in plain NumPy: what the compiled code does, said slowly.

Every interpolation is a weighted sum of neighbours along each axis ("taps"): output j along an axis is
sum over k of weights[j, k] * x[start[j] + k]. An element of weight 0 is not read, so a NaN beside a region stays there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Taps = tuple[np.ndarray, np.ndarray]


def separable(x: np.ndarray, taps: Sequence[Taps | None]) -> np.ndarray:
    """`x` with every axis resized that has taps, the most shrinking first: it leaves least to do for the others."""
    axes = [axis for axis, tap in enumerate(taps) if tap is not None]
    for axis in sorted(axes, key=lambda axis: len(taps[axis][0]) / x.shape[axis]):  # type: ignore[index]
        start, weights = taps[axis]  # type: ignore[misc]
        x = along(x, axis, start, weights)
    return x


def along(x: np.ndarray, axis: int, start: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One axis resized; start (m,), weights (m, taps) in the dtype of x, start[j] + taps <= length of the axis."""
    m, width = weights.shape
    before, n, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    rows = x.reshape(int(np.prod(before)), n, int(np.prod(after)))
    if width == 1 and (weights == 1).all():
        out = rows.take(start, axis=1)
    else:
        # in double precision: a sum that grows and grows loses what is small beside it
        out = np.zeros((len(rows), m, rows.shape[2]))
        (_by_output if m <= width else _by_tap)(rows, start, weights.astype(out.dtype), out)
    return out.astype(x.dtype, copy=False).reshape(*before, m, *after)


def _by_tap(rows: np.ndarray, start: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    for k, weight in enumerate(weights.T):
        used = np.flatnonzero(weight)
        if used.size == weight.size:
            out += rows.take(start + k, axis=1) * weight[:, None]
        elif used.size:
            out[:, used] += rows.take(start[used] + k, axis=1) * weight[used, None]


def _by_output(rows: np.ndarray, start: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    for j, weight in enumerate(weights):
        used = np.flatnonzero(weight)
        out[:, j] = weight[used] @ rows[:, start[j] + used]

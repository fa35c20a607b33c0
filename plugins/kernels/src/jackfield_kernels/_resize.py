"""Resizing: arguments checked once, then the compiled code or its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from . import resize_twin
from ._level import choice, team
from .resize_twin import Taps

LONGEST = 1 << 31  # the compiled code counts elements of an axis in 32 bits


def separable(x: np.ndarray, taps: Sequence[Taps | None], *, threads: int = 1) -> np.ndarray:
    """`x` resized along every axis that has taps.

    x : any shape; values are mixed in its own precision, so float32 or float64 unless every weight is 1 of 1
    taps : per axis None, or (start, weights): output j is the sum over k of weights[j, k] * x[start[j] + k], with
        start (m,) int64, weights (m, taps) in the dtype of x, start[j] + taps <= length of the axis. An element of
        weight 0 is not read: a NaN there does not spread
    threads : upper limit; the result does not depend on it

    Returns a new array.

    Raises ValueError for taps that do not fit.

    >>> halves = np.arange(3) * 2, np.full((3, 2), 0.5)
    >>> separable(np.array([1.0, 3, 5, 7, 9, 11]), [halves]).tolist()
    [2.0, 6.0, 10.0]
    """
    threads = team(threads)
    _check(x, taps)
    if all(tap is None for tap in taps):
        return np.array(x, order="C")
    native = choice().native
    if not native or x.dtype not in (np.float32, np.float64) or max(x.shape, default=0) >= LONGEST:
        _check_reach(x, taps)
        return resize_twin.separable(x, taps)
    shape = tuple(n if tap is None else len(tap[0]) for n, tap in zip(x.shape, taps, strict=True))
    axes = _merged(x.shape, taps)
    out = np.ascontiguousarray(x)
    # from the front, until what is left fits (items, depth, height, width)
    while len(axes) > 4 or (len(axes) == 4 and axes[0][1] is not None):
        at = next(k for k, (_, tap) in enumerate(axes) if tap is not None)
        before, after = (int(np.prod([n for n, _ in part])) for part in (axes[:at], axes[at + 1 :]))
        out = _compiled(out, [(before, None), axes[at], (after, None)], threads)
        lengths = [n for n, _ in axes[:at]] + [len(axes[at][1][0])] + [n for n, _ in axes[at + 1 :]]
        axes = _merged(lengths, [None if k == at else tap for k, (_, tap) in enumerate(axes)])
    return _compiled(out, axes, threads).reshape(shape)


def _check(x: np.ndarray, taps: Sequence[Taps | None]) -> None:
    if len(taps) != x.ndim:
        raise ValueError(f"one entry of taps per axis, got {len(taps)} for {x.shape}")
    for start, weights in filter(None, taps):
        if start.dtype != np.int64 or weights.ndim != 2 or start.shape != weights.shape[:1] or not weights.size:
            raise ValueError(
                f"taps are start (m,) int64 and weights (m, taps), got {start.dtype} {start.shape} and {weights.shape}"
            )


def _check_reach(x: np.ndarray, taps: Sequence[Taps | None]) -> None:
    """The compiled code does so itself."""
    for n, tap in zip(x.shape, taps, strict=True):
        if tap is not None and (tap[0].min() < 0 or tap[0].max() + tap[1].shape[1] > n):
            first, last = tap[0].min(), tap[0].max() + tap[1].shape[1]
            raise ValueError(f"taps from {first} to {last} on an axis of {n}")


def _merged(shape: Sequence[int], taps: Sequence[Taps | None]) -> list[tuple[int, Taps | None]]:
    """Lengths and taps, axes without any joined with such neighbours."""
    out: list[tuple[int, Taps | None]] = []
    for n, tap in zip(shape, taps, strict=True):
        if tap is None and out and out[-1][1] is None:
            out[-1] = (out[-1][0] * n, None)
        else:
            out.append((n, tap))
    return out


def _compiled(x: np.ndarray, axes: list[tuple[int, Taps | None]], threads: int) -> np.ndarray:
    """Up to four axes, the first of four without taps."""
    items = axes[0][0] if len(axes) == 4 or (axes and axes[0][1] is None) else 1
    inner = axes[1:] if axes and axes[0][1] is None else axes
    inner = [(1, None)] * (3 - len(inner)) + inner
    filled = [_same(n, x.dtype) if tap is None else tap for n, tap in inner]
    parts = [part for start, weights in filled for part in (start, np.ascontiguousarray(weights, x.dtype))]
    out = np.empty((items, *(len(start) for start, _ in filled)), x.dtype)
    choice().native.separable(choice().number, x.reshape(items, *(n for n, _ in inner)), *parts, out, threads)
    return out


@lru_cache(maxsize=8)
def _same(n: int, dtype: np.dtype) -> Taps:
    return np.arange(n, dtype=np.int64), np.ones((n, 1), dtype)

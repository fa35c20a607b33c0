"""Euclidean distances: arguments checked once, then the compiled code or its NumPy twin."""

from __future__ import annotations

import numpy as np

from . import pairwise_twin
from ._level import choice, team


def euclidean(x: np.ndarray, i: np.ndarray, j: np.ndarray, *, squared: bool = False, threads: int = 1) -> np.ndarray:
    """Distances √Σ(x[i] − x[j])² of some pairs, by direct difference in float64.

    Equal items are at exactly 0, nearly equal ones as precise as any, and a pair's value depends neither on the other
    pairs nor on the order of the two. NaN where an item holds NaN.

    x : (items, values), computed in float64
    i, j : (pairs,) int64; pairs of one item with neighbouring others are quickest one after the other
    squared : without the root
    threads : upper limit; the result does not depend on it

    Returns (pairs,) float64. Raises ValueError for shapes and values that make no sense.

    >>> euclidean(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]), [0, 1], [1, 2]).tolist()
    [5.0, 0.0]
    """
    threads = team(threads)
    x, i, j = _items(x), np.ascontiguousarray(i, np.int64), np.ascontiguousarray(j, np.int64)
    if (
        i.shape != j.shape
        or i.ndim != 1
        or (i.size and not 0 <= min(i.min(), j.min()) <= max(i.max(), j.max()) < len(x))
    ):
        raise ValueError(f"i and j must be (pairs,) below {len(x)}, got {i.shape} and {j.shape}")
    native = choice().native
    if not native:
        return pairwise_twin.euclidean(x, i, j, squared)
    out = np.empty(i.size)
    native.euclidean(choice().number, x, i, j, squared, out, threads)
    return out


def euclidean_all(x: np.ndarray, *, squared: bool = False, threads: int = 1) -> np.ndarray:
    """Distances of all pairs, the values of `euclidean` rounded to float32.

    Returns (n (n − 1) / 2,) float32 in the order of scipy.spatial.distance.pdist: 200 MB for 10,000 items.

    Raises ValueError for shapes and values that make no sense.

    >>> euclidean_all(np.array([[0.0], [3.0], [7.0]])).tolist()
    [3.0, 7.0, 4.0]
    """
    x, threads = _items(x), team(threads)
    native = choice().native
    if not native:
        return pairwise_twin.euclidean_all(x, squared)
    out = np.empty(len(x) * (len(x) - 1) // 2, np.float32)
    native.euclidean_all(choice().number, x, squared, out, threads)
    return out


def _items(x: np.ndarray) -> np.ndarray:
    if np.ndim(x) != 2 or np.asarray(x).dtype.kind not in "fiu":
        raise ValueError(f"x must be (items, values) of real numbers, got {np.asarray(x).dtype} {np.shape(x)}")
    return np.ascontiguousarray(x, np.float64)

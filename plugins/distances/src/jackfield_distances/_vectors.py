"""Distances of equally long vectors, many pairs at a time, each by direct difference.

A matrix product would be faster for very many values, but is up to 60 times wrong for nearly equal items, and rounds a
pair differently in differently sized blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jackfield_kernels import euclidean
from numpy.typing import NDArray

from jackfield import DataError, Features

from ._items import check_columns

Floats = NDArray[np.float64]

FLAT = 1e-12  # of the largest value: what rounding leaves of equal values less their mean


def one(metric: str, a: Features, b: Features) -> float:
    """Distance of two items."""
    return float(many(metric, (a, b), np.array([0]), np.array([1]))[0])


def many(metric: str, items: Sequence[Features], i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """Distances of items[i] and items[j]."""
    wanted, places = np.unique(np.concatenate([i, j]), return_inverse=True)
    x = vectors_of(metric, [items[k] for k in wanted])
    i, j = places[: len(i)], places[len(i) :]
    if metric == "euclidean":
        return euclidean(x, i, j)
    return np.minimum(0.5 * euclidean(directions(x, centred=metric == "correlation"), i, j, squared=True), 2.0)


def directions(x: Floats, centred: bool) -> Floats:
    """Every vector, less its mean if wanted, brought to length 1; NaN where nothing is left of it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # by the largest value first, whose square might leave the range
        x = x / np.abs(x).max(axis=1, keepdims=True, initial=0.0)
        if centred:
            x = x - x.mean(axis=1, keepdims=True)
            x[np.abs(x).max(axis=1, initial=0.0) < FLAT] = np.nan
        return x / np.sqrt(np.square(x).sum(axis=1, keepdims=True))


def vectors_of(metric: str, items: Sequence[Features]) -> Floats:
    """(items, rows · columns) float64; DataError where they are not equally many."""
    check_columns(metric, items)
    rows = sorted({len(item.values) for item in items})
    if len(rows) > 1:
        evidence = f"{rows[0]} and {rows[-1]} rows"
        remedy = "pool the features to one row per clip, or use dtw, which takes any number"
        raise DataError(f"{metric} compares features with equally many rows", evidence, remedy)
    return np.stack([item.values.reshape(-1) for item in items]).astype(np.float64) if items else np.zeros((0, 0))

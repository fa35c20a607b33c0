"""Distances of equally long vectors, many pairs at a time, without matrix products.

A matrix product would be faster, but rounds a pair differently in differently sized blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from jackfield import DataError, Features

Floats = NDArray[np.float64]

VALUES_AT_ONCE = 1 << 20  # 8 MB per temporary array


def euclidean(a: Floats, b: Floats) -> Floats:
    """(pairs, values), (pairs, values) → (pairs,)."""
    return np.sqrt(np.square(a - b).sum(axis=1))


def cosine(a: Floats, b: Floats) -> Floats:
    """(pairs, values), (pairs, values) → (pairs,); NaN where a vector is zero."""
    level = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(1.0 - (a * b).sum(axis=1) / level, 0.0, 2.0)


METRICS: dict[str, Callable[[Floats, Floats], Floats]] = {"cosine": cosine, "euclidean": euclidean}


def one(metric: str, a: Features, b: Features) -> float:
    """Distance of two items."""
    return float(many(metric, (a, b), np.array([0]), np.array([1]))[0])


def many(metric: str, items: Sequence[Features], i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
    """Distances of items[i] and items[j]."""
    wanted = np.unique(np.concatenate([i, j]))
    vectors = vectors_of(metric, [items[k] for k in wanted])
    i, j = np.searchsorted(wanted, i), np.searchsorted(wanted, j)
    step = max(1, VALUES_AT_ONCE // max(1, vectors.shape[1]))
    parts = [METRICS[metric](vectors[i[k : k + step]], vectors[j[k : k + step]]) for k in range(0, len(i), step)]
    return np.concatenate(parts) if parts else np.zeros(0)


def vectors_of(metric: str, items: Sequence[Features]) -> Floats:
    """(items, rows · columns) float64; DataError where they are not equally many."""
    shapes = sorted({item.values.shape for item in items})
    columns = sorted({shape[1] for shape in shapes})
    if len(columns) > 1:
        evidence, remedy = f"{columns[0]} and {columns[-1]} columns", "compute them with the same step"
        raise DataError(f"{metric} compares features with the same columns", evidence, remedy)
    check_names(metric, items)
    if len(shapes) > 1:
        evidence = f"{shapes[0][0]} and {shapes[-1][0]} rows"
        remedy = "pool the features to one row per clip, or use dtw, which takes any number"
        raise DataError(f"{metric} compares features with equally many rows", evidence, remedy)
    return np.stack([item.values.reshape(-1) for item in items]).astype(np.float64) if items else np.zeros((0, 0))


def check_names(metric: str, items: Sequence[Features]) -> None:
    """DataError where a column is called one thing in one item and another in the next: it is not the same quantity."""
    for item in items:
        if item.names != items[0].names:
            mine, other = next(pair for pair in zip(items[0].names, item.names, strict=True) if pair[0] != pair[1])
            evidence, remedy = f"{mine} and {other}", "compute them with the same step"
            raise DataError(f"{metric} compares features with the same columns", evidence, remedy)

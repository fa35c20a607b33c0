"""Distances of items that are vectors: all of them, or those to the nearest neighbours where there are many."""

from __future__ import annotations

import numpy as np
from jackfield_kernels import euclidean, euclidean_all

from jackfield import Collection, DataError, Distances, Features, Neighbours

MOST_COMPARED = 8192  # items of which all pairs are compared: 134 MB of distances
NEAREST = 32


def distances_of(items: Collection[Features], smooth: int) -> Distances | Neighbours:
    """Euclidean distances by direct difference; DataError where the items are not one row of the same columns each.

    smooth : how many neighbours must be known at least
    """
    x = vectors_of(items)
    if len(x) <= MOST_COMPARED:
        return Distances(ids=items.ids, condensed=euclidean_all(x))
    return nearest(items.ids, x, max(NEAREST, 2 * smooth))


def vectors_of(items: Collection[Features]) -> np.ndarray:
    """(items, columns) float64."""
    rows, names = [], None
    for name, item in zip(items.ids, items, strict=True):
        names = item.names if names is None else names
        if len(item.values) != 1:
            remedy = "pool the features to one row per clip, or put a distance between, such as dtw"
            raise DataError("hdbscan groups features of one row per clip", f"{name} has {len(item.values)}", remedy)
        if item.names != names:
            remedy = "compute them with the same step"
            raise DataError("hdbscan groups features with the same columns", f"those of {name} differ", remedy)
        rows.append(item.values[0])
    return np.array(rows, np.float64).reshape(len(rows), len(names or ()))


def nearest(ids: tuple[str, ...], x: np.ndarray, count: int) -> Neighbours:
    """The pairs of each item with its `count` nearest among those that differ from it, and with one of its copies."""
    from sklearn.neighbors import NearestNeighbors

    good = np.flatnonzero(np.isfinite(x).all(axis=1))
    # sorted, so that ties among neighbours do not depend on the order of the items
    distinct, first, which = np.unique(x[good], axis=0, return_index=True, return_inverse=True)
    count = min(count, len(distinct) - 1)
    found = np.zeros((0, 0), np.int64)
    if count > 0:
        found = NearestNeighbors(n_neighbors=count).fit(distinct).kneighbors(return_distance=False)
    i, j = first[np.repeat(np.arange(len(found)), found.shape[1])], first[found.ravel()]
    copies = np.flatnonzero(first[which] != np.arange(good.size))
    i, j = good[np.r_[i, copies]], good[np.r_[j, first[which[copies]]]]
    pairs = np.unique(np.stack([np.minimum(i, j), np.maximum(i, j)], axis=1), axis=0)
    i, j = pairs.T.copy()
    return Neighbours(ids=ids, i=i, j=j, distance=euclidean(x, i, j).astype(np.float32))

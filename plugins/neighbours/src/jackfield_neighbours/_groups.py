"""Groups among very many vectors, without a matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackfield import DataError

from ._propose import pairs
from ._search import distances, distinct, nearest, wilson


@dataclass(frozen=True, eq=False)
class VectorGroups:
    """What `group_vectors` found.

    labels : (n,) int64 group of each row, from 0, the largest first; −1 = alone
    pairs : number of pairs of different rows within the threshold
    recall : share of a sample's nearest neighbours that the search found, and its 95 % interval by Wilson's formula
    sample : rows in that sample; the search was exact where they are all
    probes : lists of the index that were looked into per row, 0 = all rows
    """

    labels: np.ndarray
    pairs: int
    recall: float
    interval: tuple[float, float]
    sample: int
    probes: int


def group_vectors(x: np.ndarray, *, threshold: float, k: int = 8, recall: float = 0.99) -> VectorGroups:
    """Rows joined to groups by euclidean distances up to a threshold, directly or through others (single link).

    x : (n, dims) numbers; a row with NaN or infinity stays alone
    threshold : largest distance of two rows that are joined
    k : neighbours looked at per row; a row is joined through them to any number of others
    recall : least share of nearest neighbours to be found in a sample

    Time grows with n log n, memory with n: about 1 kB a row of 73 numbers. Distances are measured by direct difference.
    The partition does not depend on the order of the rows. Raises DataError where x is no table or threshold negative.

    >>> group_vectors(np.array([[0.0], [9.0], [0.3], [9.0], [0.6], [30.0]]), threshold=0.4).labels.tolist()
    [0, 1, 0, 1, 0, -1]
    """
    x = np.ascontiguousarray(x, np.float32)
    if x.ndim != 2 or not threshold >= 0:
        raise DataError(
            "group_vectors takes a table of numbers and a threshold of at least 0", f"{x.shape}, {threshold}"
        )
    numbers = np.flatnonzero(np.isfinite(x).all(axis=1))
    first, number = distinct(x[numbers] + np.float32(0)) if numbers.size else (np.zeros(0, np.int64),) * 2
    rows = x[numbers[first]]
    found = nearest(rows, k, recall)
    i, j = pairs(found.index)
    near = distances(rows, i, j) <= np.float32(threshold)
    labels = np.full(len(x), -1, np.int64)
    labels[numbers] = _components(len(rows), i[near], j[near])[number]
    interval = wilson(found.found, found.sample)
    share = found.found / found.sample if found.sample else 1.0
    return VectorGroups(_numbered(labels), int(near.sum()), share, interval, found.sample, found.probes)


def _components(n: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not n:
        return np.zeros(0, np.int64)
    graph = coo_array((np.ones(len(i), np.int8), (i, j)), shape=(n, n))
    labels: np.ndarray = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Labels by size, then by first row; −1 for whoever is alone."""
    found, first, label, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    keep = np.flatnonzero((found >= 0) & (counts > 1))
    number = np.full(found.size, -1, np.int64)
    number[keep[np.lexsort((first[keep], -counts[keep]))]] = np.arange(keep.size)
    return number[label.ravel()]

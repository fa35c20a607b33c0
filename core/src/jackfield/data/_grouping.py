"""From labels and distances to medoids, nearest items, margins and near misses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from ._pairs import Distances, Neighbours


def numbered(labels: np.ndarray) -> np.ndarray:
    """Labels 0, 1, … by size, then by first item; −1 for whoever is alone."""
    out = np.full(labels.size, -1, np.int64)
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    keep = (found >= 0) & (counts > 1)
    order = np.lexsort((first[keep], -counts[keep]))
    for number, label in enumerate(found[keep][order]):
        out[labels == label] = number
    return out


class _Rows:
    """Row access to both kinds of distances: +inf where unknown, undefined, or the item itself."""

    def __init__(self, distances: Distances | Neighbours) -> None:
        self.distances, self.n = distances, len(distances.ids)
        if isinstance(distances, Neighbours):
            ends = np.concatenate([distances.i, distances.j])
            self.order = np.argsort(ends, kind="stable")
            self.starts = np.searchsorted(ends[self.order], np.arange(self.n + 1))
            self.others = np.concatenate([distances.j, distances.i])[self.order]
            self.values = np.concatenate([distances.distance, distances.distance])[self.order]

    def __call__(self, k: int) -> np.ndarray:
        if isinstance(self.distances, Distances):
            row = self.distances.row(k).astype(np.float64)
        else:
            row = np.full(self.n, np.inf)
            inside = slice(self.starts[k], self.starts[k + 1])
            row[self.others[inside]] = self.values[inside]
        row[np.isnan(row)] = np.inf
        row[k] = np.inf
        return row


def _near_misses(distances: Distances | Neighbours, labels: np.ndarray, near: float) -> tuple[np.ndarray, ...]:
    if isinstance(distances, Neighbours):
        i, j, d = distances.i, distances.j, distances.distance
        close = d < near
        i, j, d = i[close], j[close], d[close]
    else:
        k = np.flatnonzero(distances.condensed < near)
        n, d = len(distances.ids), distances.condensed[k]
        # Row i of the condensed form starts at n·i − i(i+1)/2.
        starts = np.array([n * r - r * (r + 1) // 2 for r in range(n)], np.int64)
        i = np.searchsorted(starts, k, side="right") - 1
        j = k - starts[i] + i + 1
    apart = (labels[i] != labels[j]) | (labels[i] == -1)
    return i[apart].astype(np.int64), j[apart].astype(np.int64), d[apart].astype(np.float32)


def groups_from_labels(labels: Any, distances: Distances | Neighbours, near: float) -> dict[str, Any]:
    """The array fields of `Groups`."""
    labels = np.asarray(labels)
    n = len(distances.ids)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise DataError("labels must be one integer per item", f"{labels.dtype} {labels.shape} for {n} items")
    labels = numbered(labels)
    rows = _Rows(distances)
    medoid, nearest = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    distance, margin = np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)
    # Unknown pairs inside a group count as further than any known one, so that they never make a medoid.
    for group in range(int(labels.max(initial=-1)) + 1):
        inside = np.flatnonzero(labels == group)
        square = np.array([rows(int(k))[inside] for k in inside])
        known = square[np.isfinite(square)]
        far = 2 * float(known.max(initial=0.0)) + 1
        np.fill_diagonal(square, 0.0)
        square[~np.isfinite(square)] = far
        best = int(square.sum(axis=1).argmin())
        medoid[inside], distance[inside] = inside[best], square[:, best]
    for k in range(n):
        row = rows(k)
        same = labels == labels[k] if labels[k] >= 0 else np.ones(n, bool)
        inner, outer = np.where(same, row, np.inf), np.where(same, np.inf, row)
        if n > 1 and np.isfinite(inner.min()):
            nearest[k] = int(inner.argmin())
            if labels[k] < 0:
                distance[k] = inner.min()
            elif np.isfinite(outer.min()):
                margin[k] = outer.min() - inner.min()
    return {
        "ids": distances.ids,
        "labels": labels,
        "medoid": medoid,
        "nearest": nearest,
        "distance": distance,
        "margin": margin,
        "near": _near_misses(distances, labels, near),
    }

"""From labels and distances to medoids, nearest items, margins, near misses and the shape of groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError
from ._pairs import Distances, Neighbours

BLOCK_PAIRS = 1 << 20


def numbered(labels: np.ndarray) -> np.ndarray:
    """Labels 0, 1, … by size, then by first item; −1 for whoever is alone."""
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    keep = (found >= 0) & (counts > 1)
    order = np.lexsort((first[keep], -counts[keep]))
    number = np.full(found.size, -1, np.int64)
    number[np.flatnonzero(keep)[order]] = np.arange(order.size)
    return number[np.searchsorted(found, labels)]


def _places(n: int, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (i, j) that lie at these positions of the condensed form of n items."""
    starts = n * np.arange(n) - np.arange(n) * (np.arange(n) + 1) // 2
    i = np.searchsorted(starts, where, side="right") - 1
    return i, where - starts[i] + i + 1


def _near_misses(distances: Distances | Neighbours, labels: np.ndarray, near: float) -> tuple[np.ndarray, ...]:
    if isinstance(distances, Neighbours):
        i, j, d = distances.i, distances.j, distances.distance
        close = d < near
        i, j, d = i[close], j[close], d[close]
    else:
        k = np.flatnonzero(distances.condensed < near)
        (i, j), d = _places(len(distances.ids), k), distances.condensed[k]
    apart = (labels[i] != labels[j]) | (labels[i] == -1)
    return i[apart].astype(np.int64), j[apart].astype(np.int64), d[apart].astype(np.float32)


def groups_from_labels(
    labels: Any, distances: Distances | Neighbours, near: float, settings: dict[str, Any]
) -> dict[str, Any]:
    """The fields of `Groups`."""
    labels = np.asarray(labels)
    n = len(distances.ids)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise DataError("labels must be one integer per item", f"{labels.dtype} {labels.shape} for {n} items")
    labels = numbered(labels)
    facts = _sparse(labels, distances) if isinstance(distances, Neighbours) else _full(labels, distances)
    return {
        "ids": distances.ids,
        "labels": labels,
        **dict(zip(("medoid", "nearest", "distance", "margin"), facts, strict=True)),
        "near": _near_misses(distances, labels, near),
        "settings": settings | shape(labels, distances),
    }


def shape(labels: np.ndarray, distances: Distances | Neighbours) -> dict[str, Any]:
    """Per group: `diameter`, its largest defined distance, and `nearest_group`: (group, distance), or (−1, None).

    Of groups that are equally near, the first.
    """
    count = int(labels.max(initial=-1)) + 1
    diameter, gap, nearest = np.zeros(count, np.float32), np.full(count, np.inf, np.float32), np.full(count, count)
    for a, b, d in _between(labels, distances):
        same = a == b
        np.maximum.at(diameter, a[same], d[same])
        for group in (a, b):
            np.minimum.at(gap, group[~same], d[~same])
    for a, b, d in _between(labels, distances):
        for group, other in ((a, b), (b, a)):
            least = (group != other) & (d == gap[group])
            np.minimum.at(nearest, group[least], other[least])
    found = zip(nearest.tolist(), gap.tolist(), strict=True)
    return {
        "diameter": tuple(round(d, 6) for d in diameter.tolist()),
        "nearest_group": tuple((group, round(d, 6)) if group < count else (-1, None) for group, d in found),
    }


def _between(
    labels: np.ndarray, distances: Distances | Neighbours
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """All defined distances between members of groups, as (group, group, distance)."""
    for i, j, d in _blocks(distances) if labels.max(initial=-1) >= 0 else ():
        a, b = labels[i], labels[j]
        known = (a >= 0) & (b >= 0) & np.isfinite(d)
        yield a[known], b[known], d[known]


def _blocks(distances: Distances | Neighbours) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """All pairs as (i, j, distance), of a matrix some at a time: their places take four times what it does."""
    if isinstance(distances, Neighbours):
        yield distances.i, distances.j, distances.distance
        return
    for start in range(0, distances.condensed.size, BLOCK_PAIRS):
        d = distances.condensed[start : start + BLOCK_PAIRS]
        yield *_places(len(distances), np.arange(start, start + d.size)), d


Facts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _nothing(n: int) -> Facts:
    """Medoid, nearest, distance and margin of items of which nothing is known."""
    return np.full(n, -1, np.int64), np.full(n, -1, np.int64), *np.full((2, n), np.nan, np.float32)


def _best(square: np.ndarray) -> tuple[int, np.ndarray]:
    """Position of a group's medoid, and its column: NaN where +inf, which counts as further than any known pair."""
    np.fill_diagonal(square, 0.0)
    known = np.isfinite(square)
    far = 2 * float(square[known].max(initial=0.0)) + 1
    best = int(np.where(known, square, far).sum(axis=1).argmin())
    return best, np.where(known[:, best], square[:, best], np.nan)


def _full(labels: np.ndarray, distances: Distances) -> Facts:
    n = len(distances)
    medoid, nearest, distance, margin = _nothing(n)

    def known(k: int) -> np.ndarray:
        row = distances.row(k).astype(np.float64)
        row[np.isnan(row)] = np.inf
        row[k] = np.inf
        return row

    for group in range(int(labels.max(initial=-1)) + 1):
        inside = np.flatnonzero(labels == group)
        best, distance[inside] = _best(np.array([known(int(k))[inside] for k in inside]))
        medoid[inside] = inside[best]
    for k in range(n):
        row = known(k)
        same = labels == labels[k] if labels[k] >= 0 else np.ones(n, bool)
        inner, outer = np.where(same, row, np.inf), np.where(same, np.inf, row)
        if n > 1 and np.isfinite(inner.min()):
            nearest[k] = int(inner.argmin())
            if labels[k] < 0:
                distance[k] = inner.min()
            elif np.isfinite(outer.min()):
                margin[k] = outer.min() - inner.min()
    return medoid, nearest, distance, margin


def _sparse(labels: np.ndarray, pairs: Neighbours) -> Facts:
    """The same from a list of pairs, in time that grows with their number."""
    n = len(pairs.ids)
    medoid, nearest, distance, margin = _nothing(n)
    known = np.isfinite(pairs.distance)
    i, j, d = pairs.i[known], pairs.j[known], pairs.distance[known].astype(np.float64)
    # Every pair from both its ends, nearest first.
    here, there, d = np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([d, d])
    order = np.lexsort((there, d, here))
    here, there, d = here[order], there[order], d[order]
    inside = (labels[here] == labels[there]) | (labels[here] < 0)
    inner, outer = np.full((2, n), np.inf)
    for where, out in ((inside, inner), (~inside, outer)):
        items, first = np.unique(here[where], return_index=True)
        out[items] = d[where][first]
        if where is inside:
            nearest[items] = there[where][first]
    alone = np.isfinite(inner) & (labels < 0)
    both = np.isfinite(inner) & np.isfinite(outer) & (labels >= 0)
    distance[alone], margin[both] = inner[alone], outer[both] - inner[both]
    grouped = inside & (labels[here] >= 0)
    here, there, d = here[grouped], there[grouped], d[grouped]
    order = np.argsort(labels[here], kind="stable")
    here, there, d = here[order], there[order], d[order]
    count = int(labels.max(initial=-1)) + 1
    members = np.argsort(labels, kind="stable")[np.count_nonzero(labels < 0) :]
    edges = np.searchsorted(labels[here], np.arange(count + 1))
    ends = np.searchsorted(labels[members], np.arange(count + 1))
    for group in range(count):
        some, mine = slice(edges[group], edges[group + 1]), members[ends[group] : ends[group + 1]]
        square = np.full((mine.size, mine.size), np.inf)
        square[np.searchsorted(mine, here[some]), np.searchsorted(mine, there[some])] = d[some]
        best, distance[mine] = _best(square)
        medoid[mine] = mine[best]
    return medoid, nearest, distance, margin

"""Pairs of variants, apart or together, and the shape of groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from jackfield import Distances, Groups, Neighbours

from ._partition import chains, located, places, values

BLOCK_PAIRS = 1 << 20


def marked(distances: Distances | Neighbours) -> np.ndarray:
    """(pairs,) True where the distance says that two items are variants of each other."""
    column = (distances.columns or {}).get("variant")
    found = np.zeros(values(distances).size, bool) if column is None else column == 1
    if isinstance(distances, Neighbours):
        found = found | np.array([relation == "variant" for relation in distances.relations], bool)
    return found


def apart(distances: Distances | Neighbours, variant: np.ndarray, least: float) -> Distances | Neighbours:
    """The distances, those between variants at least `least`."""
    if not variant.any():
        return distances
    raised = np.where(variant, np.maximum(values(distances), np.float32(least)), values(distances))
    if isinstance(distances, Distances):
        return replace(distances, condensed=raised)
    return replace(distances, distance=raised)


def together(labels: np.ndarray, distances: Distances | Neighbours, variant: np.ndarray) -> np.ndarray:
    """The labels, with groups that a pair of variants connects made one."""
    i, j = located(distances, np.flatnonzero(variant))
    group = np.unique(labels, return_inverse=True)[1]
    return chains(int(group.max(initial=-1)) + 1, group[i], group[j])[group]


def shape(groups: Groups, distances: Distances | Neighbours) -> dict[str, Any]:
    """Per group: `diameter`, its largest defined distance, and `nearest_group`: (group, distance), or (−1, None)."""
    diameter = np.zeros(groups.count, np.float32)
    nearest, gap = np.full(groups.count, -1), np.full(groups.count, np.inf, np.float32)
    for i, j, d in blocks(distances):
        a, b = groups.labels[i], groups.labels[j]
        known = (a >= 0) & (b >= 0) & ~np.isnan(d)
        a, b, d = a[known], b[known], d[known]
        np.maximum.at(diameter, a[a == b], d[a == b])
        across = np.flatnonzero(a != b)
        here, there = np.concatenate([a[across], b[across]]), np.concatenate([b[across], a[across]])
        d = np.tile(d[across], 2)
        order = np.lexsort((np.tile(across, 2), d, here))
        first = order[np.unique(here[order], return_index=True)[1]]
        nearer = first[d[first] < gap[here[first]]]
        nearest[here[nearer]], gap[here[nearer]] = there[nearer], d[nearer]
    found = zip(nearest.tolist(), gap.tolist(), strict=True)
    return {
        "diameter": tuple(round(d, 6) for d in diameter.tolist()),
        "nearest_group": tuple((group, round(d, 6) if group >= 0 else None) for group, d in found),
    }


def blocks(distances: Distances | Neighbours) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """All pairs as (i, j, distance), of a matrix some at a time: their places take four times what it does."""
    if isinstance(distances, Neighbours):
        yield distances.i, distances.j, distances.distance
        return
    for start in range(0, distances.condensed.size, BLOCK_PAIRS):
        d = distances.condensed[start : start + BLOCK_PAIRS]
        yield *places(len(distances), np.arange(start, start + d.size)), d

"""Pairs of variants, apart or together, and the shape of groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from jackfield import Distances, Groups, Neighbours

from ._partition import chains


def marked(distances: Distances | Neighbours) -> np.ndarray:
    """(pairs,) True where the distance says that two items are variants of each other."""
    values = distances.condensed if isinstance(distances, Distances) else distances.distance
    column = (distances.columns or {}).get("variant")
    found = np.zeros(values.size, bool) if column is None else column == 1
    if isinstance(distances, Neighbours):
        found = found | np.array([relation == "variant" for relation in distances.relations], bool)
    return found


def apart(distances: Distances | Neighbours, least: float) -> Distances | Neighbours:
    """The distances, those between variants at least `least`."""
    far = marked(distances)
    if not far.any():
        return distances
    if isinstance(distances, Distances):
        raised = np.where(far, np.maximum(distances.condensed, np.float32(least)), distances.condensed)
        return replace(distances, condensed=raised)
    return replace(
        distances, distance=np.where(far, np.maximum(distances.distance, np.float32(least)), distances.distance)
    )


def together(labels: np.ndarray, distances: Distances | Neighbours) -> np.ndarray:
    """The labels, with groups that a pair of variants connects made one."""
    near = marked(distances)
    if isinstance(distances, Neighbours):
        i, j = distances.i[near], distances.j[near]
    else:
        i, j = (side[near] for side in np.triu_indices(len(distances), 1))
    group = np.unique(labels, return_inverse=True)[1]
    return chains(int(group.max(initial=-1)) + 1, group[i], group[j])[group]


def shape(groups: Groups, distances: Distances | Neighbours) -> dict[str, Any]:
    """Per group: `diameter`, its largest defined distance, and `nearest_group`: (group, distance), or (−1, None)."""
    diameter = [0.0] * groups.count
    nearest: list[tuple[int, float | None]] = [(-1, None)] * groups.count
    if isinstance(distances, Neighbours):
        i, j, d = distances.i, distances.j, distances.distance
    else:
        i, j = np.triu_indices(len(distances), 1)
        d = distances.condensed
    a, b = groups.labels[i], groups.labels[j]
    for k in range(groups.count):
        inside, across = (a == k) & (b == k), (a == k) != (b == k)
        diameter[k] = round(float(np.nanmax(d[inside], initial=0.0)), 6)
        across &= (a >= 0) & (b >= 0) & ~np.isnan(d)
        if across.any():
            where = np.flatnonzero(across)[d[across].argmin()]
            nearest[k] = int(b[where] if a[where] == k else a[where]), round(float(d[where]), 6)
    return {"diameter": tuple(diameter), "nearest_group": tuple(nearest)}

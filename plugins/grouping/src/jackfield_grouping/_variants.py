"""Pairs of variants, apart or together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jackfield import Distances, Neighbours

from ._partition import chains, located, values

TINY = np.finfo(np.float32).tiny  # the distance of clips of which one has a sound more, if it is heard as none


def marked(distances: Distances | Neighbours) -> np.ndarray:
    """(pairs,) True where the distance says that two items are variants of each other."""
    column = (distances.columns or {}).get("variant")
    found = np.zeros(values(distances).size, bool) if column is None else column == 1
    if isinstance(distances, Neighbours):
        found = found | np.array([relation == "variant" for relation in distances.relations], bool)
    return found


def longer(distances: Distances | Neighbours, threshold: float) -> np.ndarray:
    """(pairs,) True where one clip of a near pair is the other with a sound more: added or cut off, both belong."""
    part = np.abs((distances.columns or {}).get("part", np.zeros(values(distances).size))) == 1
    near: np.ndarray = values(distances) <= np.float32(threshold)
    return near & part


def apart(distances: Distances | Neighbours, variant: np.ndarray, least: float) -> Distances | Neighbours:
    """The distances, those between variants at least `least`, and only those of copies 0."""
    more = np.abs((distances.columns or {}).get("part", np.zeros(variant.size))) == 1
    if not (variant | more).any():
        return distances
    raised = np.maximum(values(distances), np.where(variant, least, more * TINY).astype(np.float32))
    if isinstance(distances, Distances):
        return replace(distances, condensed=raised)
    return replace(distances, distance=raised)


def together(labels: np.ndarray, distances: Distances | Neighbours, variant: np.ndarray) -> np.ndarray:
    """The labels, with groups that a pair of variants connects made one."""
    i, j = located(distances, np.flatnonzero(variant))
    group = np.unique(labels, return_inverse=True)[1]
    return chains(int(group.max(initial=-1)) + 1, group[i], group[j])[group]

"""A collection's distances as bytes, in an order worth looking at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from jackfield import Neighbours

from ._findings import UNRELATED, Findings, Pairs
from ._order import linkage_order

Order = Literal["linkage", "groups", "inputs"]
UNDEFINED = 255  # code of pairs without a distance
STEPS = 254  # codes 0…254 are distances from 0 to `top`

# Near is dark: what belongs together stands out from the paper.
ANCHORS = ("#14213d", "#1d4e89", "#2a8c9b", "#7cc6a4", "#d5e8cf", "#fbfaf2")


@dataclass(frozen=True)
class Matrix:
    """What a heat map shows.

    ids : the clips, in the order of rows and columns; the first `max_clips` by group if there are more
    codes : (n, n) uint8, distance / top · 254, rounded; 255 = undefined
    top : distance of code 254
    runs : (start, stop, group) of neighbouring clips of one group
    total : how many clips there are
    """

    ids: tuple[str, ...]
    codes: np.ndarray
    top: float
    runs: tuple[tuple[int, int, int], ...]
    total: int

    @classmethod
    def of(cls, found: Findings, order: Order, max_clips: int) -> Matrix:
        """The distances of `found` in this order."""
        distances = found.distances
        assert distances is not None
        where = {item: k for k, item in enumerate(distances.ids)}
        by_group = sorted((i for i in found.order() if i in where), key=lambda i: _alone(found, i))
        ids = by_group[:max_clips]
        if order == "inputs":
            ids.sort(key=where.__getitem__)
        square = square_of(distances, np.array([where[i] for i in ids], np.int64))
        labels = np.array([found.members[i].group if i in found.members else -1 for i in ids], np.int64)
        if order == "linkage":
            leaves = linkage_order(square, labels)
            ids, square, labels = [ids[k] for k in leaves], square[np.ix_(leaves, leaves)], labels[leaves]
        top = ceiling(float(square.max(initial=0.0, where=np.isfinite(square))))
        with np.errstate(invalid="ignore"):
            scaled = np.rint(np.minimum(square, top) * (STEPS / top))
        codes = np.where(np.isnan(square), UNDEFINED, scaled).astype(np.uint8)
        return cls(tuple(ids), codes, top, runs(labels), len(by_group))


def _alone(found: Findings, item: str) -> int:
    """0 for members of groups, 1 for near misses, 2 for whoever has nothing to do with the rest."""
    member = found.members.get(item)
    return 0 if member is None or member.group >= 0 else 1 + (member.relation in UNRELATED)


def square_of(distances: Pairs, take: np.ndarray) -> np.ndarray:
    """(m, m) float32 distances of the items `take`, NaN where undefined or never compared, 0 on the diagonal."""
    if not isinstance(distances, Neighbours):
        return np.array([distances.row(k)[take] for k in take.tolist()], np.float32).reshape(take.size, take.size)
    place = np.full(len(distances.ids), -1)
    place[take] = np.arange(take.size)
    i, j = place[distances.i], place[distances.j]
    both = (i >= 0) & (j >= 0)
    square = np.full((take.size, take.size), np.nan, np.float32)
    square[i[both], j[both]] = square[j[both], i[both]] = distances.distance[both]
    np.fill_diagonal(square, 0.0)
    return square


def ceiling(value: float) -> float:
    """The end of a scale that holds `value`: 1, 2 or 5 times a power of ten.

    >>> ceiling(0.94), ceiling(143), ceiling(0.0), ceiling(0.004)
    (1.0, 200.0, 1.0, 0.005)
    """
    if not 0 < value < math.inf:
        return 1.0
    power = math.floor(math.log10(value))
    steps = (float(f"{m}e{power}") for m in (1, 2, 5, 10))
    return next((step for step in steps if step >= value), value)


def runs(labels: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    """(start, stop, group) of equal neighbours.

    >>> runs(np.array([0, 0, -1, 1, 1]))
    ((0, 2, 0), (3, 5, 1))
    """
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), labels.size]
    found = ((a, b, int(labels[a])) for a, b in pairwise(edges) if b > a)
    return tuple(run for run in found if run[2] >= 0)


def colours() -> np.ndarray:
    """(255, 3) uint8 colours of codes 0…254."""
    rgb = np.array([[int(a[k : k + 2], 16) for k in (1, 3, 5)] for a in ANCHORS], float)
    at = np.linspace(0, len(ANCHORS) - 1, STEPS + 1)
    return np.stack([np.interp(at, np.arange(len(ANCHORS)), rgb[:, c]) for c in range(3)], axis=1).round().astype("u1")

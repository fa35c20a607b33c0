"""Labels by HDBSCAN, from distances or from a graph of neighbours, and an explanation where it finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jackfield import Distances, Neighbours

from ._trees import (
    Graph,
    Tree,
    merged_square,
    order_of_graph,
    order_of_square,
    same_sets,
    tree_of_graph,
    tree_of_square,
)

# of 1; settling ties moves distances by n · 2⁻⁵² of their size
LEAST_PERSISTENCE = 1e-9


@dataclass(frozen=True)
class Wanted:
    """The parameters, as `Hdbscan` documents them."""

    min_cluster_size: int
    min_samples: int
    method: str
    epsilon: float
    single: bool


def density_labels(distances: Distances | Neighbours, wanted: Wanted) -> tuple[np.ndarray, list[str]]:
    """(n,) int64 labels, −1 for items in no group, and what a reader must know to judge them.

    Copies (at distance 0) go in as one item, so that they cannot come apart, and weigh no more than one.
    """
    n = len(distances.ids)
    notes: list[str] = []
    if isinstance(distances, Neighbours):
        sets, labels, inside = _of_graph(n, distances, wanted, notes)
    else:
        sets, labels, inside = _of_square(distances, wanted, notes)
    copies = np.bincount(sets, minlength=labels.size) > 1
    if n and (labels < 0).all():
        alone = "all alone but copies" if copies.any() else "all alone"
        notes.append(f"{alone}: {_why_alone(inside, wanted)}")
    if copies.any():
        notes.append(
            f"{int(copies[sets].sum())} items are copies (distance 0) of {int(copies.sum())} and count as such"
        )
    # copies that are in no group are one
    own = copies & (labels < 0)
    labels[own] = labels.max(initial=-1) + 1 + np.arange(own.sum())
    out: np.ndarray = labels[sets]
    return out, notes


Found = tuple[np.ndarray, np.ndarray, int]


def _of_square(distances: Distances, wanted: Wanted, notes: list[str]) -> Found:
    """Set of each item, label of each set, and how many sets can be compared."""
    square = distances.square()
    square[np.isnan(square)] = np.inf
    np.fill_diagonal(square, np.inf)
    sets = same_sets(len(square), *np.nonzero(square == 0)) if len(square) else np.zeros(0, np.int64)
    labels = np.full(sets.max(initial=-1) + 1, -1, np.int64)
    if not labels.size:
        return sets, labels, 0
    square = merged_square(square, sets)
    np.fill_diagonal(square, np.inf)
    # Items without one defined distance would be equally far from everything, and so a group of their own.
    inside = np.flatnonzero(np.isfinite(square).any(axis=1))
    _note_undefined(notes, labels.size, inside.size)
    if inside.size >= max(2, wanted.min_cluster_size):
        square = square[np.ix_(inside, inside)]
        order = order_of_square(square)
        square = square[np.ix_(order, order)]
        far = _far(square, notes)
        labels[inside[order]] = tree_labels(tree_of_square(square, wanted.min_samples, far), wanted)
    return sets, labels, inside.size


def _of_graph(n: int, pairs: Neighbours, wanted: Wanted, notes: list[str]) -> Found:
    known = np.isfinite(pairs.distance)
    if not known.all():
        notes.append(f"{int((~known).sum())} of {known.size} pairs are undefined and count as not compared")
    i, j, distance = pairs.i[known], pairs.j[known], pairs.distance[known].astype(np.float64)
    sets = same_sets(n, i[distance == 0], j[distance == 0]) if n else np.zeros(0, np.int64)
    labels = np.full(sets.max(initial=-1) + 1, -1, np.int64)
    graph = Graph.of(labels.size, sets[i], sets[j], distance)
    inside = np.flatnonzero(np.diff(graph.starts))
    _note_undefined(notes, labels.size, inside.size)
    if inside.size >= max(2, wanted.min_cluster_size):
        place = np.zeros(labels.size, np.int64)
        place[inside] = np.arange(inside.size)
        graph = graph.renamed(place, inside.size)
        order = order_of_graph(graph)
        place[order] = np.arange(order.size)
        far = 2 * float(graph.distance.max())
        tree = tree_of_graph(graph.renamed(place[: order.size], order.size), wanted.min_samples, far)
        if tree.parts > 1:
            notes.append(f"the neighbours are in {tree.parts} parts that no pair connects; they count as far apart")
        labels[inside[order]] = tree_labels(tree, wanted)
    return sets, labels, inside.size


def tree_labels(tree: Tree, wanted: Wanted) -> np.ndarray:
    """(n,) labels of the groups that HDBSCAN finds in a spanning tree.

    The tree goes to the library as a sparse graph, in which an item's nearest neighbour (min_samples=1) is never
    further than any edge, so that it takes the edges as they are.
    """
    from hdbscan import HDBSCAN
    from scipy.sparse import csr_matrix

    ends = np.r_[tree.i, tree.j], np.r_[tree.j, tree.i]
    model = HDBSCAN(
        metric="precomputed",
        min_cluster_size=wanted.min_cluster_size,
        min_samples=1,
        cluster_selection_method=wanted.method,
        cluster_selection_epsilon=wanted.epsilon,
        allow_single_cluster=wanted.single,
        core_dist_n_jobs=1,
    )
    graph: Any = csr_matrix((np.r_[tree.reach, tree.reach], ends), (tree.n, tree.n))
    labels: np.ndarray = model.fit(graph).labels_.astype(np.int64)
    # groups that fall apart at the very distance at which they form are what settling ties leaves, not groups
    fleeting = np.r_[model.cluster_persistence_ < LEAST_PERSISTENCE, False]
    return np.where(fleeting[labels], -1, labels)


def _note_undefined(notes: list[str], n: int, inside: int) -> None:
    if n > 1 and inside < n:
        notes.append(f"{n - inside} of {n} items have no defined distance to any other and stay alone")


def _far(square: np.ndarray, notes: list[str]) -> float:
    """Twice the largest distance, where undefined ones are put; says so if there are any."""
    defined = np.isfinite(square)
    far = 2 * float(square[defined].max())
    pairs = len(square) * (len(square) - 1) // 2
    gaps = pairs - int(defined.sum()) // 2
    if gaps:
        notes.append(f"{gaps} of {pairs} pairs are undefined and count as far (distance {far:.4g})")
    return far


def _why_alone(n: int, wanted: Wanted) -> str:
    """Why every item came out alone, and what to change."""
    size = wanted.min_cluster_size
    if n < max(2, size):
        remedy = "; lower min_cluster_size" if 2 <= n < size else ""
        return f"a group takes {size} items, {n} can be compared{remedy}"
    if wanted.single:
        return "no items are denser than their surroundings; use the clusterer threshold"
    if n < 2 * size:
        cause = (
            f"HDBSCAN finds groups by splitting the collection into two parts of at least {size}; {n} items cannot be"
            " split so"
        )
        return f"{cause}; set allow_single_cluster=true, or use the clusterer threshold"
    cause = (
        f"no split of the {n} items into parts of at least {size} stood out, with distances smoothed over"
        f" {wanted.min_samples} neighbours"
    )
    remedy = "set min_samples=1, or allow_single_cluster=true, or use the clusterer threshold"
    return f"{cause}; {remedy}"

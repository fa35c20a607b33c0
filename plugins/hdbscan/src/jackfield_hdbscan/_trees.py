"""Spanning trees of mutual reachability, from all distances or from a graph of some.

The mutual reachability of two items is the largest of their distance and their two core distances; an item's core
distance is that to its `smooth`-th nearest neighbour. The tree that spans it is all that HDBSCAN looks at.

An item reaches all within its core distance equally, so that ties are the rule, and a tree that settles them as they
come depends on the order of the items. Here the nearer pair goes first: items go with whom they are nearest to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Tree:
    """n − 1 edges that connect n items, by growing reach; parts: how many pieces `far` holds together."""

    n: int
    i: np.ndarray
    j: np.ndarray
    reach: np.ndarray
    parts: int


def spanned(n: int, edges: tuple[np.ndarray, ...], far: float) -> Tree:
    """The tree of the (i, j, reach, distance) of a forest: its parts joined at `far`, the largest first.

    A part too small for a group is so the first to fall off again, instead of falling to one that it has nothing to do
    with.
    """
    i, j, reach, distance = edges
    part = same_sets(n, i, j)
    head, size = np.unique(part, return_index=True, return_counts=True)[1:]
    head = head[np.lexsort((head, -size))]
    order = np.lexsort((distance, reach))
    i, j = np.r_[i[order], np.full(head.size - 1, head[0])], np.r_[j[order], head[1:]]
    growing = np.r_[reach[order], np.full(head.size - 1, far)].astype(np.float64)
    # strictly, by the least step there is: the library sorts by reach alone
    for k in range(1, growing.size):
        if growing[k] <= growing[k - 1]:
            growing[k] = math.nextafter(growing[k - 1], math.inf)
    return Tree(n, i, j, growing, head.size)


def same_sets(n: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(n,) number of the set that each item is in, where pairs (i, j) are in one set."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(i.size, np.int8), (i, j)), (n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


# -- all pairs ---------------------------------------------------------------------------------------------------------


def merged_square(square: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Distances between sets: the least of their members'."""
    order = np.argsort(sets, kind="stable")
    starts = np.searchsorted(sets[order], np.arange(sets.max() + 1))
    if starts.size == sets.size:
        return square
    rows = np.minimum.reduceat(square[order], starts, axis=0)
    return np.minimum.reduceat(rows[:, order], starts, axis=1)


def order_of_square(square: np.ndarray) -> np.ndarray:
    """Items in an order that follows from the distances alone, wherever the distances tell them apart."""
    keys = np.zeros(len(square), np.uint64)
    for _ in range(2):
        rows = (square[k : k + ROWS_AT_ONCE] for k in range(0, len(square), ROWS_AT_ONCE))
        keys = np.concatenate([mixed(bits(part) + keys).sum(axis=1, dtype=np.uint64) for part in rows])
    return np.argsort(keys, kind="stable")


def tree_of_square(square: np.ndarray, smooth: int, far: float) -> Tree:
    """Prim's algorithm, n steps of n; (n, n) distances, infinite where undefined and on the diagonal."""
    n = len(square)
    at = min(smooth, n - 1) - 1
    rows = (square[k : k + ROWS_AT_ONCE] for k in range(0, n, ROWS_AT_ONCE))
    core = np.concatenate([np.partition(part, at, axis=1)[:, at] for part in rows])
    core[np.isinf(core)] = far
    # of each item's best edge to those inside
    reach, distance = np.full((2, n), np.inf, square.dtype)
    parent, outside = np.zeros(n, np.int64), np.ones(n, bool)
    last, joined = 0, []
    for _ in range(n - 1):
        outside[last] = False
        reach[last] = np.inf
        row = np.maximum(np.maximum(square[last], core[last]), core)
        better = outside & ((row < reach) | ((row == reach) & (square[last] < distance)))
        reach[better], distance[better], parent[better] = row[better], square[last][better], last
        least = np.flatnonzero(outside & (reach == reach[outside].min()))
        last = int(least[distance[least].argmin()])
        if np.isfinite(reach[last]):
            joined.append((parent[last], last, reach[last], distance[last]))
    i, j, best, near = np.array(joined, np.float64).reshape(-1, 4).T
    return spanned(n, (i.astype(np.int64), j.astype(np.int64), best, near), far)


# -- some pairs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Graph:
    """Each pair from both sides, ordered by (i, distance); starts: where the pairs of each item begin."""

    n: int
    i: np.ndarray
    j: np.ndarray
    distance: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, n: int, i: np.ndarray, j: np.ndarray, distance: np.ndarray) -> Graph:
        """From pairs in any order; of several for two items the least counts, and none of an item with itself."""
        low, high = np.minimum(i, j), np.maximum(i, j)
        order = np.lexsort((distance, high, low))
        low, high, distance = low[order], high[order], distance[order]
        first = np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)][: low.size] & (low != high)
        low, high, distance = low[first], high[first], distance[first]
        a, b, d = np.r_[low, high], np.r_[high, low], np.r_[distance, distance]
        order = np.lexsort((b, d, a))
        return cls(n, a[order], b[order], d[order], np.searchsorted(a[order], np.arange(n + 1)))

    def renamed(self, names: np.ndarray, n: int) -> Graph:
        """With item k called names[k]."""
        return Graph.of(n, names[self.i], names[self.j], self.distance)


def order_of_graph(graph: Graph) -> np.ndarray:
    """As `order_of_square`; every item has a neighbour."""
    keys = np.zeros(graph.n, np.uint64)
    for _ in range(2):
        keys = np.add.reduceat(mixed(bits(graph.distance.astype(np.float32)) + keys[graph.j]), graph.starts[:-1])
    return np.argsort(keys, kind="stable")


def tree_of_graph(graph: Graph, smooth: int, far: float) -> Tree:
    """The same from a graph; `far` is what counts for pairs that are not in it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    smooth = min(smooth, graph.n - 1)
    known = np.diff(graph.starts) >= smooth
    core = np.full(graph.n, far)
    core[known] = graph.distance[graph.starts[:-1][known] + smooth - 1]
    once = graph.i < graph.j
    i, j, distance = graph.i[once], graph.j[once], graph.distance[once]
    reach = np.maximum(np.maximum(core[i], core[j]), distance)
    order = np.lexsort((j, i, distance, reach))
    # SciPy settles ties as it likes: there are none among places in the order
    places = csr_array((np.arange(1.0, order.size + 1), (i[order], j[order])), (graph.n, graph.n))
    kept = order[minimum_spanning_tree(places).data.astype(np.int64) - 1]
    return spanned(graph.n, (i[kept], j[kept], reach[kept], distance[kept]), far)


def bits(values: np.ndarray) -> np.ndarray:
    """float32 as numbers that differ where it does."""
    return values.view(np.uint32).astype(np.uint64)


def mixed(x: np.ndarray) -> np.ndarray:
    """SplitMix64: sums of what it gives tell sets of numbers apart, in whatever order they are added."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))

"""The tree in which items join, and groups cut from it."""

from __future__ import annotations

import numpy as np

from jackfield import Distances, Neighbours

# Up to here plain NumPy is faster than importing SciPy, which takes a second.
SMALL = 64


def merges(distances: Distances | Neighbours, link: str) -> np.ndarray:
    """Joins in order of distance, as scipy.cluster.hierarchy.linkage gives them: (n − 1, 4), or (0, 4).

    Rows are (cluster, cluster, distance, size); cluster n + k is the one that row k made. Groups with
    an undefined pair between them join at infinity.
    """
    if isinstance(distances, Neighbours):
        return _sparse_merges(distances)
    n = len(distances)
    if n < 2:
        return np.zeros((0, 4))
    condensed, largest = defined(distances.condensed, n)
    if n <= SMALL:
        tree = _small_merges(condensed, n, link)
    else:
        from scipy.cluster.hierarchy import linkage

        tree = linkage(condensed, link)
    tree[tree[:, 2] > largest, 2] = np.inf
    return tree


def defined(condensed: np.ndarray, n: int) -> tuple[np.ndarray, float]:
    """Float64 distances, undefined ones so far that no mean over pairs comes near; and the largest defined one."""
    values = condensed.astype(np.float64)
    undefined = ~np.isfinite(values)
    largest = float(values[~undefined].max(initial=0.0))
    values[undefined] = (largest + 1.0) * n * n
    return values, largest


def _small_merges(condensed: np.ndarray, n: int, link: str) -> np.ndarray:
    """Lance–Williams on the square matrix, O(n³) for n ≤ 64."""
    square = np.full((n, n), np.inf)
    upper = np.triu_indices(n, 1)
    square[upper] = condensed
    square.T[upper] = condensed
    names, sizes, tree = np.arange(n), np.ones(n), np.zeros((n - 1, 4))
    for k in range(n - 1):
        a, b = sorted(divmod(int(square.argmin()), n))
        low, high = sorted((names[a], names[b]))
        tree[k] = low, high, square[a, b], sizes[a] + sizes[b]
        if link == "average":
            joined = (sizes[a] * square[a] + sizes[b] * square[b]) / (sizes[a] + sizes[b])
        else:
            joined = (np.minimum if link == "single" else np.maximum)(square[a], square[b])
        square[a], square[:, a] = joined, joined
        square[b], square[:, b], square[a, a] = np.inf, np.inf, np.inf
        names[a], sizes[a] = n + k, sizes[a] + sizes[b]
    return tree


def _sparse_merges(neighbours: Neighbours) -> np.ndarray:
    """Single link over the pairs that were compared: the edges of a minimum spanning forest, in order."""
    from scipy.cluster.hierarchy import DisjointSet
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    n = len(neighbours.ids)
    defined = np.isfinite(neighbours.distance)
    # A stored 0 would mean "no edge" to SciPy; the least positive number is the same to every threshold.
    weight = np.maximum(neighbours.distance[defined].astype(np.float64), np.finfo(float).tiny)
    graph = coo_array((weight, (neighbours.i[defined], neighbours.j[defined])), shape=(n, n)).tocsr()
    forest = minimum_spanning_tree(graph).tocoo()
    sets, name = DisjointSet(range(n)), {k: k for k in range(n)}
    rows = []
    for k in np.argsort(forest.data, kind="stable"):
        a, b = sets[int(forest.row[k])], sets[int(forest.col[k])]
        low, high = sorted((name[a], name[b]))
        sets.merge(a, b)
        name[sets[a]] = n + len(rows)
        rows.append((low, high, forest.data[k], sets.subset_size(a)))
    return np.array(rows, np.float64).reshape(-1, 4)


def stable(tree: np.ndarray, threshold: float) -> tuple[float, float | None]:
    """Thresholds between which nothing joins or parts: the highest join below, and the next above, None without.

    >>> stable(np.array([[0, 1, 0.1, 2], [2, 3, 0.4, 3]]), 0.21)
    (0.1, 0.4)
    """
    heights = tree[np.isfinite(tree[:, 2]), 2]
    below, above = heights[heights <= np.float32(threshold)], heights[heights > np.float32(threshold)]
    return float(below.max(initial=0.0)), float(above.min()) if above.size else None


def suggestion(tree: np.ndarray) -> float | None:
    """The middle of the gap that best parts the distances at which groups join into near and far.

    Copies join early, strangers late. The variance between the two sides (Otsu, "A threshold selection method from
    gray-level histograms", 1979) says which gaps do: the widest alone is mostly one among the farthest strangers. Of
    those with at least 0.9 of the greatest variance the widest is taken, between whose ends the groups stay the same.
    None with fewer than two different distances.
    """
    heights = np.sort(tree[np.isfinite(tree[:, 2]), 2])
    if heights.size < 2 or heights[0] == heights[-1]:
        return None
    below = np.arange(1, heights.size)
    above = heights.size - below
    sums = np.cumsum(heights)
    difference = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
    variance = below * above * difference**2
    best = int(np.where(variance >= 0.9 * variance.max(), np.diff(heights), -1.0).argmax())
    return float(heights[best] + heights[best + 1]) / 2

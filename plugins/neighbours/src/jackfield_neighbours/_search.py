"""Nearest rows by euclidean distance: one against all, or by an inverted file that looks only where it is near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Up to so many rows a search of all is as fast as an index.
EXACT_ROWS = 4096
BLOCK_VALUES = 1 << 23
# Of an inverted file: rows per region and per list, lists looked into at first and at most; of the graph that finds
# lists: links, and nodes looked at for each when it is built, and for each row. A poor graph misses more than lists not
# looked into do.
REGION_ROWS, LIST_ROWS, PROBES, MOST_PROBES, LINKS, BUILD, LOOK = 8192, 64, 16, 512, 32, 200, 12
SAMPLE, BATCH = 500, 65536


@dataclass(frozen=True)
class Found:
    """Neighbours of every row.

    index : (rows, k) of the nearest others, nearest first, −1 where there are fewer
    found : of `sample` rows, how many have their nearest one in first place; probes : lists looked into, 0 = all rows
    """

    index: np.ndarray
    found: int
    sample: int
    probes: int


def mixed(x: np.ndarray) -> np.ndarray:
    """(rows,) uint64 that are equal for equal rows and look random otherwise: an order that no input order changes."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 1 << 63, (2, x.shape[1]), np.uint64) | np.uint64(1)
    total = np.zeros(len(x), np.uint64)
    for column in range(x.shape[1]):
        mixed_in = (bits[:, column] + factors[0, column]) * factors[1, column]
        total += mixed_in ^ (mixed_in >> np.uint64(32))
        total *= np.uint64(0x9E3779B97F4A7C15)
    return total ^ (total >> np.uint64(29))


def distinct(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First positions of the different rows, in an order that does not depend on the rows' own, and each row's number.

    >>> first, number = distinct(np.array([[1, 2], [3, 4], [1, 2]], np.float32))
    >>> sorted(first.tolist()), bool(number[0] == number[2])
    ([0, 1], True)
    """
    _, first, number = np.unique(mixed(x), return_index=True, return_inverse=True)
    twins = np.flatnonzero(first[number] != np.arange(len(x)))
    blocks = (twins[k : k + BATCH] for k in range(0, len(twins), BATCH))
    if not all(np.array_equal(x[block], x[first[number[block]]]) for block in blocks):
        _, first, number = np.unique(x, axis=0, return_index=True, return_inverse=True)
    return first, number.ravel()


def distances(x: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(pairs,) float32 by direct difference: the form |a|² + |b|² − 2ab is wrong for what is nearly equal."""
    out = np.empty(len(i), np.float32)
    step = max(1, BLOCK_VALUES // x.shape[1])
    for start in range(0, len(i), step):
        some = slice(start, start + step)
        out[some] = np.sqrt(np.square(x[i[some]] - x[j[some]]).sum(axis=1))
    return out


def exact(x: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """(rows, k) nearest others of some rows, nearest first, ties by position; by looking at all."""
    import faiss

    # Candidates by |a|² + |b|² − 2ab, a few more than asked for, then in order by direct difference.
    wide = min(k + 9, len(x))
    near = np.sort(faiss.knn(x[rows], x, wide)[1], axis=1)
    d = distances(x, np.repeat(rows, wide), near.ravel()).reshape(near.shape)
    d[near == rows[:, None]] = np.inf
    return np.take_along_axis(near, np.argsort(d, axis=1, kind="stable")[:, :k], axis=1)


class Index:
    """An inverted file whose lists are around rows picked at random, found by a graph: near to n log n in all.

    Rows must be in random order; here they are in the order of their lists, and lists that are near follow each other,
    so that what one row is compared with is in the cache when the next one's turn comes. All rows of a list may look
    into the lists nearest to its centre: to find those for each row takes longer than to look into them, and is needed
    only where rows form no clouds. The graph is built by one thread, everything else is row by row: the same for any
    number of processors.
    """

    def __init__(self, x: np.ndarray) -> None:
        import faiss

        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        regions: Any = faiss.IndexFlatL2(x.shape[1])
        regions.add(x[::REGION_ROWS])
        region = regions.search(x, 1)[1].ravel()
        centres = x[::LIST_ROWS]
        self.lists = len(centres)
        self.graph: Any = faiss.IndexHNSWFlat(x.shape[1], LINKS)
        self.graph.hnsw.efConstruction = BUILD
        self.graph.add(centres)
        by_region = np.argsort(region[::LIST_ROWS], kind="stable").astype(np.int64)
        self.graph.permute_entries(by_region)
        self.centres = centres[by_region]
        faiss.omp_set_num_threads(threads)
        self.graph.hnsw.efSearch = LOOK
        order = np.argsort(region, kind="stable")
        at = np.concatenate([self.graph.search(x[o], 1)[1].ravel() for o in np.array_split(order, len(x) // BATCH + 1)])
        in_lists = np.argsort(at, kind="stable")
        self.order = order[in_lists]
        self.x = x[self.order]
        self.file: Any = faiss.IndexIVFFlat(self.graph, x.shape[1], self.lists)
        self.file.is_trained = True
        self.list_of = np.ascontiguousarray(at[in_lists], np.int64)
        self.file.add_core(len(x), faiss.swig_ptr(self.x), None, faiss.swig_ptr(self.list_of))

    def search(self, k: int, probes: int, by_row: bool, places: np.ndarray | None = None) -> np.ndarray:
        """(rows, k) places of the nearest others found in so many lists; −1 where fewer were.

        by_row : in the lists nearest to the row, not to its list's centre
        places : of the rows to search for, all if None; a place is where the file has a row: x[order[p]] is at place p
        """
        self.file.nprobe = probes = min(probes, self.lists)
        self.graph.hnsw.efSearch = 2 * probes
        near_lists = None if by_row else self.graph.search(self.centres, probes)[1]
        places = np.arange(len(self.x)) if places is None else places
        out = np.empty((len(places), k), np.int64)
        for start in range(0, len(places), BATCH):
            here = places[start : start + BATCH]
            if near_lists is None:
                _, near = self.file.search(self.x[here], k + 1)
            else:
                lists = near_lists[self.list_of[here]]
                _, near = self.file.search_preassigned(self.x[here], k + 1, lists, np.zeros(lists.shape, np.float32))
            # Itself goes to the end, wherever it was found, and is cut off.
            last = np.argsort(near == here[:, None], axis=1, kind="stable")[:, :k]
            out[start : start + BATCH] = np.take_along_axis(near, last, axis=1)
        return out


def nearest(x: np.ndarray, k: int, recall: float) -> Found:
    """Neighbours of every row of x, (rows, dims) float32, all different and in random order.

    recall : least share of a sample's nearest neighbours to be found; more lists are looked into until it is
    """
    n = len(x)
    k = min(k, n - 1)
    if n < 2:
        return Found(np.full((n, 0), -1, np.int64), n, n, 0)
    if n <= EXACT_ROWS:
        return Found(exact(x, np.arange(n), k), n, n, 0)
    index, probes, by_row = Index(x), PROBES, False
    # Places are by lists: evenly spread ones are a fair sample.
    sample = np.arange(SAMPLE) * n // SAMPLE
    best = distances(index.x, sample, exact(index.x, sample, 1)[:, 0])
    while True:
        first = index.search(1, probes, by_row, sample)[:, 0]
        # Another row at the same distance is as good.
        hit = (first >= 0) & (distances(index.x, sample, first) <= best)
        if hit.mean() >= recall or (by_row and probes >= min(MOST_PROBES, index.lists)):
            break
        probes, by_row = probes * 2 if by_row else probes, True
    near = index.search(k, probes, by_row)
    found = np.empty_like(near)
    found[index.order] = np.where(near < 0, -1, index.order[near])
    return Found(found, int(hit.sum()), SAMPLE, probes)


def wilson(hits: float, count: int) -> tuple[float, float]:
    """95 % interval of a share, or of a mean of shares, by Wilson's formula.

    >>> [round(v, 4) for v in wilson(495, 500)]
    [0.9768, 0.9957]
    """
    if not count:
        return 0.0, 1.0
    z = 1.959964
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / count + spread / (4 * count)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)

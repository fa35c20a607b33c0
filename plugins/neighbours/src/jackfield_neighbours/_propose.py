"""Candidate pairs of a collection of vectors, and those that follow from what was compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from jackfield import Candidates, Collection, DataError, Features, Neighbours

from ._search import Found, distinct, nearest, wilson


def stacked(items: Collection[Features]) -> np.ndarray:
    """(n, dims) float32, one row per item."""
    rows: list[np.ndarray] = []
    for name, item in zip(items.ids, items, strict=True):
        if item.values.shape[0] != 1 or (rows and item.values.shape[1] != rows[0].size):
            wanted = f"1 × {rows[0].size}" if rows else "one row"
            got = " × ".join(map(str, item.values.shape))
            raise DataError("every clip must have one row of equal length", f"{name}: {got}, not {wanted}", "pool it")
        rows.append(item.values[0].astype(np.float32))
    return np.array(rows, np.float32).reshape(len(rows), rows[0].size if rows else 0) + np.float32(0)  # −0 is 0


def candidates(items: Collection[Features], k: int, recall: float) -> Candidates:
    """Pairs of every item with its k nearest, and of items with equal vectors."""
    x = stacked(items)
    numbers = np.flatnonzero(np.isfinite(x).all(axis=1))
    first, number = distinct(x[numbers]) if numbers.size else (np.zeros(0, np.int64),) * 2
    found = nearest(x[numbers[first]], k, recall)
    i, j = pairs(found.index)
    twins = np.flatnonzero(first[number] != np.arange(numbers.size)) if numbers.size else first
    i = np.concatenate([first[i], twins])
    j = np.concatenate([first[j], first[number[twins]]])
    pair = np.sort(np.stack([numbers[i], numbers[j]]), axis=0)
    i, j = together(*np.divmod(np.unique(pair[0] * len(x) + pair[1]), max(len(x), 1)), len(x))
    return Candidates(ids=items.ids, i=i, j=j, settings=_settings(len(x), i.size, len(x) - numbers.size, k, found))


def pairs(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs (i, j), i < j, each once, of a table of neighbours.

    >>> [a.tolist() for a in pairs(np.array([[1], [0], [1], [-1]]))]
    [[0, 1], [1, 2]]
    """
    n = len(index)
    i, j = np.repeat(np.arange(n), index.shape[1]), index.ravel()
    i, j = i[j >= 0], j[j >= 0]
    # Sorted, not np.unique, whose table of what it saw outgrows the cache: ten times as fast for a million rows.
    pair = np.sort(np.minimum(i, j) * n + np.maximum(i, j))
    i, j = np.divmod(pair[np.diff(pair, prepend=-1) > 0], max(n, 1))
    return i, j


def together(i: np.ndarray, j: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same pairs in an order in which pairs of one clip, and of clips near it, are close to each other.

    Work items are cut from the list as it comes, and read each clip once: a third less than in the order of the clips.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    if not i.size:
        return i, j
    graph = coo_array((np.ones(i.size, np.int8), (i, j)), shape=(n, n)).tocsr()
    rank = np.empty(n, np.int64)
    rank[reverse_cuthill_mckee((graph + graph.T).tocsr(), symmetric_mode=True)] = np.arange(n)
    order = np.lexsort((np.maximum(rank[i], rank[j]), np.minimum(rank[i], rank[j])))
    return i[order], j[order]


def _settings(n: int, count: int, without: int, k: int, found: Found) -> dict[str, Any]:
    low, high = wilson(found.found, found.sample)
    share = found.found / found.sample if found.sample else 1.0
    sampled = f"rank-1 recall of that search {share:.3f} ({low:.3f}–{high:.3f}) on {found.sample} clips"
    notes = [
        f"{count:,} of {n * (n - 1) // 2:,} pairs proposed, each clip's {k} nearest by vector"
        f" ({sampled if found.probes else 'exact search'}); near pairs of which the vectors are far are missed:"
        " --exact compares all"
    ]
    if without:
        notes.append(f"{without} of {n} clips have no numbers to be found by (silent?) and are compared with none")
    return {
        "proposer": "neighbours",
        "k": k,
        "probes": found.probes,
        "recall": share,
        "recall_low": low,
        "recall_high": high,
        "sample": found.sample,
        "notes": tuple(notes),
    }


def within(compared: Neighbours, close: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of items that distances up to `close` join, directly or through others, of up to `most` together.

    Of more, items that were compared with an equal one alone are not counted, and stay as they are.

    >>> known = Neighbours(ids=("a", "b", "c"), i=np.array([0, 1]), j=np.array([1, 2]), distance=np.float32([0.1, 0.1]))
    >>> [a.tolist() for a in within(known, 0.2, 10)]
    [[0, 0, 1], [1, 2, 2]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(compared.ids)
    edge = compared.distance <= np.float32(close)
    graph = coo_array((np.ones(int(edge.sum()), np.int8), (compared.i[edge], compared.j[edge])), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    order, sizes = np.argsort(labels, kind="stable"), np.bincount(labels)
    parts = np.split(order, np.cumsum(sizes)[:-1])
    degree = np.bincount(np.concatenate([compared.i, compared.j]), minlength=n)
    copies = np.zeros(n, bool)
    copies[compared.j[(compared.distance == 0) & (degree[compared.j] == 1)]] = True
    parts = [part if part.size <= most else part[~copies[part]] for part in parts]
    found = [part[np.stack(np.triu_indices(part.size, 1))] for part in parts if 2 <= part.size <= most]
    i, j = np.concatenate(found, axis=1) if found else np.zeros((2, 0), np.int64)
    return i, j

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


def different(items: Collection[Features]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different rows that are numbers, in random order; each item's row, −1 for none; an item of each row."""
    x = stacked(items)
    numbers = np.flatnonzero(np.isfinite(x).all(axis=1))
    first, number = distinct(x[numbers]) if numbers.size else (np.zeros(0, np.int64),) * 2
    row = np.full(len(x), -1, np.int64)
    row[numbers] = number
    return x[numbers[first]], row, numbers[first]


def candidates(items: Collection[Features], k: int, recall: float) -> Candidates:
    """Pairs of every item with its k nearest, and of items with equal vectors."""
    x, row, first = different(items)
    n = row.size
    found = nearest(x, k, recall)
    i, j = pairs(found.index)
    twins = np.flatnonzero(row >= 0)
    twins = twins[first[row[twins]] != twins]
    pair = np.sort([np.concatenate([first[i], twins]), np.concatenate([first[j], first[row[twins]]])], axis=0)
    i, j = together(*np.divmod(np.unique(pair[0] * n + pair[1]), max(n, 1)), n)
    settings = _settings(n, i.size, int((row < 0).sum()), k, found)
    return Candidates(ids=items.ids, i=i, j=j, settings=settings | {"notes": notes(settings)})


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


def _settings(n: int, count: int, silent: int, k: int, found: Found) -> dict[str, Any]:
    low, high = wilson(found.found, found.sample)
    return {
        "proposer": "neighbours",
        "items": n,
        "pairs": count,
        "silent": silent,
        "k": k,
        "probes": found.probes,
        "recall": found.found / found.sample if found.sample else 1.0,
        "recall_low": low,
        "recall_high": high,
        "sample": found.sample,
        "by": {},
    }


def notes(settings: dict[str, Any]) -> tuple[str, ...]:
    """What is printed of a search, and of what a sample says of it by each distance."""
    n, without = settings["items"], settings["silent"]
    sampled = f"rank-1 recall of that search {_share(settings, 'recall')} on {settings['sample']} clips"
    said = [
        f"{settings['pairs']:,} of {n * (n - 1) // 2:,} pairs proposed, each clip's {settings['k']} nearest by vector"
        f" ({sampled if settings['probes'] else 'exact search'}); near pairs of which the vectors are far are missed:"
        " --exact compares all"
    ]
    if without:
        said.append(f"{without} of {n} clips have no numbers to be found by (silent?); only equal ones are together")
    return (*said, *(_judged(name, figures, settings["k"]) for name, figures in settings["by"].items()))


def _judged(name: str, figures: dict[str, Any], k: int) -> str:
    near, clips, close = figures["near"], figures["clips"], figures["close"]
    if not near:
        return f"recall by {name} unknown: none of {clips} clips, compared with all others, is within {close:g} of one"
    said = (
        f"recall by {name} {_share(figures, 'recall')}, rank-1 {_share(figures, 'rank1')}: of {clips} clips compared"
        f" with all others, {near} are within {close:g} of one"
    )
    if k > figures["k"]:
        said += f"; it was {figures['before']:.3f} with k = {figures['k']}, now k = {k}"
    if figures["recall"] < figures["target"]:
        said += f"; below {figures['target']:g}, which no search for up to {figures['most']} neighbours betters"
    return said


def _share(figures: dict[str, Any], name: str) -> str:
    return f"{figures[name]:.3f} ({figures[f'{name}_low']:.3f}–{figures[f'{name}_high']:.3f})"


def hanging(compared: Neighbours, close: float) -> np.ndarray:
    """(items,) number of the part that each item is in, parts being joined by distances up to `close`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(compared.ids)
    edge = compared.distance <= np.float32(close)
    graph = coo_array((np.ones(int(edge.sum()), np.int8), (compared.i[edge], compared.j[edge])), shape=(n, n))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def within(compared: Neighbours, close: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of items that distances up to `close` join, directly or through others, of up to `most` together.

    Of more, items that were compared with an equal one alone are not counted, and stay as they are; of those that are
    more all the same, the close pairs.

    >>> known = Neighbours(ids=("a", "b", "c"), i=np.array([0, 1]), j=np.array([1, 2]), distance=np.float32([0.1, 0.1]))
    >>> [a.tolist() for a in within(known, 0.2, 10)]
    [[0, 0, 1], [1, 2, 2]]
    """
    n = len(compared.ids)
    labels = hanging(compared, close)
    parts = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1])
    degree = np.bincount(np.concatenate([compared.i, compared.j]), minlength=n)
    copies = np.zeros(n, bool)
    copies[compared.j[(compared.distance == 0) & (degree[compared.j] == 1)]] = True
    parts = [part if part.size <= most else part[~copies[part]] for part in parts]
    large = np.array([part.size > most for part in parts], bool)
    known = (compared.distance <= np.float32(close)) & large[labels[compared.i]]
    found = [part[np.stack(np.triu_indices(part.size, 1))] for part in parts if 2 <= part.size <= most]
    i, j = np.concatenate([np.stack([compared.i[known], compared.j[known]]), *found], axis=1)
    return i, j

"""Groups up to a threshold, whatever the order of the items.

Only items that single link would chain together can be one group under any link, so each such chain is grouped on its
own. Items at distance 0 count once, and of groups that are equally near the outlying ones join first, all at once, or
not at all where that leads too far: neither the order of the inputs nor how often one is there changes the partition.
"""

from __future__ import annotations

import numpy as np

from jackfield import Distances, Neighbours

# Distances are rounded to 2^-30 of the largest: sums of them are then exact, and ties are ties in whatever order.
BITS = 30
NAMED = 3  # clips or pairs, in a note
MOST = 1024  # items of a chain that are compared by more than single link; the matrix is square


def chains(n: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(n,) the least item that each is connected with through pairs (i, j).

    >>> chains(5, np.array([3, 1]), np.array([4, 3])).tolist()
    [0, 1, 2, 1, 1]
    """
    least = np.arange(n)
    while True:
        lower = least.copy()
        np.minimum.at(lower, least[i], least[j])
        np.minimum.at(lower, least[j], least[i])
        lower = lower[lower]
        if (lower == least).all():
            return least
        least = lower


def values(distances: Distances | Neighbours) -> np.ndarray:
    """(pairs,) float32 distances."""
    return distances.condensed if isinstance(distances, Distances) else distances.distance


def located(distances: Distances | Neighbours, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items (i, j) of the pairs at these positions."""
    if isinstance(distances, Neighbours):
        return distances.i[where], distances.j[where]
    return places(len(distances), where)


def places(n: int, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (i, j) that lie at these positions of the condensed form of n items.

    >>> [a.tolist() for a in places(4, np.array([0, 2, 3, 5]))]
    [[0, 0, 1, 2], [1, 3, 2, 3]]
    """
    starts = n * np.arange(n) - np.arange(n) * (np.arange(n) + 1) // 2
    i = np.searchsorted(starts[:-1], where, side="right") - 1
    return i, where - starts[i] + i + 1


class Squares:
    """Square matrices of some of the items: distances in float64, NaN undefined, −1 never compared."""

    def __init__(self, distances: Distances | Neighbours, chain: np.ndarray) -> None:
        self.distances = distances
        if isinstance(distances, Neighbours):
            inside = chain[distances.i] == chain[distances.j]
            self.pairs = [x[inside] for x in (distances.i, distances.j, distances.distance)]
            self.order = np.argsort(chain[self.pairs[0]], kind="stable")
            self.chain = chain[self.pairs[0]][self.order]

    def __call__(self, items: np.ndarray) -> np.ndarray:
        if isinstance(self.distances, Distances):
            return np.array([self.distances.row(int(k))[items] for k in items], np.float64)
        out = np.full((items.size, items.size), -1.0)
        np.fill_diagonal(out, 0.0)
        first, stop = np.searchsorted(self.chain, [items[0], items[0] + 1])
        i, j, d = (x[self.order[first:stop]] for x in self.pairs)
        p, q = np.searchsorted(items, i), np.searchsorted(items, j)
        out[p, q] = out[q, p] = d
        return out


def united(square: np.ndarray, threshold: float) -> np.ndarray:
    """(k,) labels, equal for items that are one: at distance 0 of each other, directly or through others.

    They count once, as far from the rest as the furthest of them, so that what parts one parts all. Those of which a
    pair is undefined or beyond the threshold contradict each other, and are left to the link.
    """
    zero = np.unique(chains(len(square), *np.nonzero(square == 0)), return_inverse=True)[1]
    agree = pooled(square, zero, "complete").diagonal() <= np.float32(threshold)
    return np.unique(np.where(agree[zero], zero, len(square) + np.arange(zero.size)), return_inverse=True)[1]


def split(square: np.ndarray, threshold: float, link: str) -> np.ndarray:
    """(k,) labels of k items by "average" or "complete" link; pairs never compared do not count, undefined never join.

    Source: Lance and Williams (1967), with sums in place of means and ties joined at once.
    """
    _, back = np.unique(square, axis=0, return_inverse=True)
    first = np.unique(back, return_index=True)[1]
    one = united(square[np.ix_(first, first)], threshold)
    back, square = one[back.ravel()], pooled(square[np.ix_(first, first)], one, "complete")
    np.fill_diagonal(square, 0.0)
    step = 2.0 ** (np.frexp(max(np.nanmax(square), threshold, 1e-30))[1] - BITS)
    compared = (square >= 0).astype(np.float64)
    total = np.where(np.isnan(square), np.inf, np.rint(np.maximum(square, 0.0) / step))
    compared[np.isnan(square)] = 1.0
    limit = np.rint(float(np.float32(threshold)) / step)
    member = np.arange(len(square))
    while len(total) > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            height = np.where(compared > 0, total / compared if link == "average" else total, np.inf)
        np.fill_diagonal(height, np.inf)
        least = height.min()
        if not least <= limit:
            break
        tied = height == least
        outlying = np.where(np.isfinite(total), total, 0.0).sum(axis=1)
        apart = np.where(tied, outlying[:, None] + outlying, -1.0)
        i, j = np.nonzero(apart == apart.max())
        joined = np.unique(chains(len(height), i, j), return_inverse=True)[1]
        far = [leads_too_far(total, compared, parts, limit, link) for parts in members(joined)]
        if any(far):
            blocked = np.array(far)[joined[i]]
            total[i[blocked], j[blocked]] = np.inf
            continue
        member = joined[member]
        total, compared = pooled(total, joined, link), pooled(compared, joined, "average")
    return member[back]


def members(labels: np.ndarray) -> list[np.ndarray]:
    """Items of each label in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def leads_too_far(total: np.ndarray, compared: np.ndarray, parts: np.ndarray, limit: float, link: str) -> bool:
    """Whether three or more groups, each tied with the next, are further apart as a whole than the threshold."""
    if parts.size < 3:
        return False
    upper = np.triu_indices(parts.size, 1)
    distance, pairs = (x[np.ix_(parts, parts)][upper] for x in (total, compared))
    return bool(distance.max() > limit if link == "complete" else distance.sum() > limit * pairs.sum())


def pooled(square: np.ndarray, joined: np.ndarray, link: str) -> np.ndarray:
    """Rows and columns that are joined, added up; under complete link the largest of them."""
    order = np.argsort(joined, kind="stable")
    starts = np.searchsorted(joined[order], np.arange(joined.max() + 1))
    add = np.add if link == "average" else np.maximum
    rows = add.reduceat(square[np.ix_(order, order)], starts, axis=0)
    out: np.ndarray = add.reduceat(rows, starts, axis=1)
    return out


def hung_on(pairs: Neighbours) -> tuple[np.ndarray, np.ndarray]:
    """Items of which nothing is known but that they equal another, and that other: (copies, originals).

    Of many equal clips a search names one, with which the others are compared alone.
    """
    degree = np.bincount(np.concatenate([pairs.i, pairs.j]), minlength=len(pairs.ids))
    equal = (pairs.distance == 0) & (degree[pairs.j] == 1)
    return pairs.j[equal], pairs.i[equal]


def attached(
    pairs: Neighbours, threshold: float, link: str, copies: np.ndarray, originals: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """The partition of all items but the copies, which join their originals: they count once, and cost nothing."""
    keep = np.ones(len(pairs.ids), bool)
    keep[copies] = False
    some = np.flatnonzero(keep[pairs.i] & keep[pairs.j])
    place = np.cumsum(keep) - 1
    ids = tuple(name for name, kept in zip(pairs.ids, keep, strict=True) if kept)
    rest = Neighbours(ids=ids, i=place[pairs.i[some]], j=place[pairs.j[some]], distance=pairs.distance[some])
    found, notes = partition(rest, threshold, link)
    labels = np.empty(len(pairs.ids), np.int64)
    labels[keep] = found
    labels[copies] = labels[originals]
    return labels, notes


def torn(distances: Distances | Neighbours, near: np.ndarray, labels: np.ndarray, chain: np.ndarray) -> list[str]:
    """Of each chain that was split the nearest pair that came apart, as text; `near` are positions of pairs."""
    i, j = located(distances, near)
    apart = np.flatnonzero(labels[i] != labels[j])
    d = values(distances)[near[apart]]
    apart, d = (x[np.argsort(d, kind="stable")] for x in (apart, d))
    first = np.sort(np.unique(chain[i[apart]], return_index=True)[1])
    ids, pairs = distances.ids, zip(i[apart[first]].tolist(), j[apart[first]].tolist(), d[first].tolist(), strict=True)
    return [f"{ids[a]} and {ids[b]} ({distance:.3f})" for a, b, distance in pairs]


def partition(distances: Distances | Neighbours, threshold: float, link: str) -> tuple[np.ndarray, list[str]]:
    """(n,) labels, and what there is to say of chains."""
    n = len(distances.ids)
    near = np.flatnonzero(values(distances) <= np.float32(threshold))
    chain = chains(n, *located(distances, near))
    if link == "single":
        return chain, []
    if isinstance(distances, Neighbours) and (found := hung_on(distances))[0].size:
        return attached(distances, threshold, link, *found)
    squares, labels, long = Squares(distances, chain), chain.copy(), 0
    for items in members(chain):
        if 2 < items.size <= MOST:
            found = split(squares(items), threshold, link)
            labels[items] = items[np.unique(found, return_index=True)[1]][found]
        long += items.size > MOST
    notes = []
    if cut := torn(distances, near, labels, chain):
        some = ", ".join(cut[:NAMED]) + f", …; pairs.csv has all pairs up to {threshold:.4g}" * (len(cut) > NAMED)
        notes.append(f"{len(cut)} chain{'s' * (len(cut) > 1)} of near pairs split by {link} link: {some}")
    if long:
        notes.append(f"{long} chain{'s' * (long > 1)} of more than {MOST} items grouped by single link")
    return labels, notes

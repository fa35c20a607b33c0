"""A sound that one clip has and the other has not: cut off from the one, or added to the other?

Two clips cannot tell. Where there are more of the same material, whichever extent most of them have is the original's:
a longer one had something added, and is a variant; a shorter one was trimmed.
"""

from __future__ import annotations

import numpy as np

from jackfield import Distances, Neighbours

from ._partition import MOST, NAMED, Squares, chains, hung_on, located, members, values


def added(distances: Distances | Neighbours, threshold: float, variant: np.ndarray) -> np.ndarray:
    """(pairs,) True where the longer clip of a near pair has a sound more than most clips of the same material.

    variant : (pairs,) True for pairs that are apart in any case

    The distance says by a column `part` which pairs have such a sound: 1 where the second clip has it, -1 where the
    first has. Clips joined by other near pairs have the same extent. Equal clips count once, and of two extents with as
    many clips the longer is the original's.
    """
    out = np.zeros(variant.size, bool)
    column = (distances.columns or {}).get("part")
    if column is None:
        return out
    near = np.flatnonzero((values(distances) <= np.float32(threshold)) & ~variant)
    unclear = np.abs(column[near]) == 1
    if not unclear.any():
        return out
    i, j = located(distances, near)
    if isinstance(distances, Neighbours):  # equal clips that are compared with nobody else do not count
        kept = ~np.isin(j, hung_on(distances)[0])
        near, unclear, i, j = near[kept], unclear[kept], i[kept], j[kept]
    extent, chain = chains(len(distances.ids), i[~unclear], j[~unclear]), chains(len(distances.ids), i, j)
    near, i, j = near[unclear], i[unclear], j[unclear]
    short, long = np.where(column[near] == 1, (i, j), (j, i))
    clips = np.bincount(extent, counted(distances, chain, np.unique(chain[i])))
    for pairs in members(np.unique(chain[i], return_inverse=True)[1]):
        extents = np.unique(extent[np.concatenate([short[pairs], long[pairs]])])
        first, second = (np.searchsorted(extents, extent[x[pairs]]) for x in (short, long))
        whole = trimmed(first, second, clips[extents])
        out[near[pairs]] = whole[first] != whole[second]
    return out


def notes(distances: Distances | Neighbours, more: np.ndarray) -> list[str]:
    """What there is to say of the clips that have a sound more, by the pairs that `added` found."""
    where = np.flatnonzero(more)
    if not where.size:
        return []
    i, j = located(distances, where)
    longer = np.unique(np.where((distances.columns or {})["part"][where] == 1, j, i))
    names = ", ".join(distances.ids[k] for k in longer[:NAMED]) + ", …" * (longer.size > NAMED)
    return [f"variants by a sound at an end that most clips of the same material lack: {names}"]


def counted(distances: Distances | Neighbours, chain: np.ndarray, some: np.ndarray) -> np.ndarray:
    """(n,) 1 for an item of the chains `some`, 0 for every further one that equals it."""
    counts, squares = np.ones(chain.size), Squares(distances, chain)
    for items in members(np.where(np.isin(chain, some), chain, -1)):
        if chain[items[0]] in some and items.size <= MOST:
            first = np.unique(squares(items), axis=0, return_index=True)[1]
            counts[np.delete(items, first)] = 0
    return counts


def trimmed(short: np.ndarray, long: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(extents,) labels, equal for extents that are one: the shorter joins the longer where that has as many clips.

    The largest first, and what is equally large at once, so that no order of the clips changes anything.

    >>> trimmed(np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([1.0, 3.0, 1.0])).tolist()  # 0 in 1, both in 2
    [0, 0, 2]
    """
    label = every = np.arange(size.size)
    while True:
        total = np.bincount(label, size, minlength=size.size)
        part, whole = label[short], label[long]
        joins = (part != whole) & (total[whole] >= total[part])
        if not joins.any():
            return label
        rank = np.lexsort((total[part], total[whole], joins))
        same = (total[part] == total[part[rank[-1]]]) & (total[whole] == total[whole[rank[-1]]])
        tied = joins & same
        label = chains(size.size, np.append(every, part[tied]), np.append(label, whole[tied]))

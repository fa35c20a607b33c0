"""How many near pairs are found, judged by a sample of clips compared with all others, and what is done about it."""

from __future__ import annotations

from math import fsum
from typing import Any

import numpy as np

from jackfield import Candidates, Collection, Features, Neighbours

from ._propose import candidates, different, hanging, notes
from ._search import distances, mixed, wilson

# Neighbours looked for at most, times those asked for.
HARDER = 4


def chosen(x: np.ndarray, sample: int) -> np.ndarray:
    """Positions of the rows that are compared with all, by their numbers: what is added takes the place of few."""
    return np.argsort(mixed(x), kind="stable")[:sample]


def audit(items: Collection[Features], sample: int) -> Candidates:
    """Every pair of which one is of the sample; other clip by other clip, so that work items read each of them once."""
    x, _, first = different(items)
    some = chosen(x, sample)
    a, b = np.repeat(np.arange(len(x)), some.size), np.tile(some, len(x))
    keep = (a != b) & ~(np.isin(a, some) & (a > b))
    i, j = np.sort(np.stack([first[a[keep]], first[b[keep]]]), axis=0)
    return Candidates(ids=items.ids, i=i, j=j)


def harder(
    items: Collection[Features], proposed: Candidates, compared: Neighbours, audited: Neighbours,
    *, k: int, recall: float, close: float, sample: int,
) -> Candidates:  # fmt: skip
    """What was proposed, and what the sample says of it; where that is too little, by more neighbours if they help."""
    x, _, first = different(items)
    some = first[chosen(x, sample)]
    ends, others, distance = _near(audited, some, close)
    group = hanging(compared, close)
    found = group[ends] == group[others]
    figures = _figures(ends, distance, found) | {"clips": some.size, "pairs": len(audited), "close": close}
    settings = dict(proposed.settings or {})
    # What it was before this very sample made the search go further.
    earlier = settings["by"].get(compared.name, {"k": settings["k"], "before": figures["recall"]})
    figures |= {"target": recall, "k": earlier["k"], "before": earlier["before"], "most": HARDER * k}
    settings["by"] = settings["by"] | {compared.name: figures}
    if figures["recall"] < recall:
        row = np.zeros(len(items.ids), np.int64)
        row[first] = np.arange(first.size)
        wider = _wider(settings["k"], HARDER * k, _ranks(x, row[ends[~found]], row[others[~found]]))
        if wider > settings["k"]:
            proposed = candidates(items, wider, recall)
            settings = dict(proposed.settings or {}) | {"by": settings["by"]}
    return Candidates(ids=items.ids, i=proposed.i, j=proposed.j, settings=settings | {"notes": notes(settings)})


def _near(audited: Neighbours, some: np.ndarray, close: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A clip of the sample, another that is near, and their distance; a pair within the sample counts for both."""
    near = audited.distance <= np.float32(close)
    i, j, distance = audited.i[near], audited.j[near], audited.distance[near]
    ends, others, both = np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([distance, distance])
    sampled = np.isin(ends, some)
    return ends[sampled], others[sampled], both[sampled]


def _figures(ends: np.ndarray, distance: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Recall, rank-1 recall and their intervals.

    A clip counts once, with the share of its near ones that was found: its pairs are found or missed together, clips
    are drawn one by one. Such a mean varies no more than a share of clips does, for which the interval is made.
    """
    clips, number = np.unique(ends, return_inverse=True)
    least = np.full(clips.size, np.inf)
    np.minimum.at(least, number, distance)
    nearest = np.zeros(clips.size, bool)
    nearest[number[found & (distance <= least[number])]] = True
    shares = np.bincount(number, found, clips.size) / np.bincount(number, minlength=clips.size)
    figures: dict[str, Any] = {"near": clips.size}
    for name, hits in (("recall", fsum(shares)), ("rank1", int(nearest.sum()))):  # fsum: the same in any order
        low, high = wilson(hits, clips.size)
        figures |= {name: hits / clips.size if clips.size else 1.0, f"{name}_low": low, f"{name}_high": high}
    return figures


def _ranks(x: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Neighbours to be looked for until one of the rows i and j is found from the other."""
    least = np.full(i.size, len(x))
    everything = np.arange(len(x))
    for here, there in ((i, j), (j, i)):
        for row in np.unique(here):
            pairs = np.flatnonzero(here == row)
            all_of_it = np.sort(distances(x, np.full(len(x), row), everything))
            # The row itself stands before every other.
            rank = np.searchsorted(all_of_it, distances(x, here[pairs], there[pairs]))
            least[pairs] = np.minimum(least[pairs], rank)
    return least


def _wider(k: int, most: int, ranks: np.ndarray) -> int:
    """Neighbours to look for next: doubled until a missed pair is among them; as before where that is beyond `most`."""
    within = ranks[(ranks > k) & (ranks <= most)]
    if not within.size:
        return k
    while k < within.min():
        k *= 2
    return min(k, most)

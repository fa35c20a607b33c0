"""Which pairs a tile holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def tile_pairs(ranks: Sequence[int], split: int) -> tuple[Any, Any]:
    """Pairs (i, j) of positions in `ranks`, i before j in rank, as two int64 arrays.

    With `split` 0 all pairs of one block; otherwise pairs between the first `split` positions and the rest.

    >>> i, j = tile_pairs([5, 2, 9], split=0)
    >>> i.tolist(), j.tolist()
    ([1, 0, 1], [0, 2, 2])
    """
    import numpy as np

    n = len(ranks)
    if split:
        p, q = (side.ravel() for side in np.meshgrid(np.arange(split), np.arange(split, n), indexing="ij"))
    else:
        p, q = np.triu_indices(n, 1)
    rank = np.asarray(ranks)
    turned = rank[p] > rank[q]
    return np.where(turned, q, p).astype(np.int64), np.where(turned, p, q).astype(np.int64)

"""Dynamic time warping of features; the work is that of `jackfield_kernels.dtw`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jackfield_kernels import dtw
from numpy.typing import NDArray

from jackfield import DataError, Features

from ._items import check_columns

MOST_ROWS = (1 << 23) - 1


def one(a: Features, b: Features, band: float | None) -> float:
    """Distance of two items."""
    return float(many((a, b), np.array([0]), np.array([1]), band)[0])


def many(
    items: Sequence[Features], i: NDArray[np.int64], j: NDArray[np.int64], band: float | None
) -> NDArray[np.float64]:
    """Costs of the cheapest paths between items[i] and items[j] divided by their lengths, see `Dtw`."""
    wanted, places = np.unique(np.concatenate([i, j]), return_inverse=True)
    used = [items[k] for k in wanted]
    i, j = places[: len(i)], places[len(i) :]
    check_columns("dtw", used)
    longest = max((len(item.values) for item in used), default=0)
    if longest > MOST_ROWS:
        remedy = "use a larger hop, pool the features, or cut the clips"
        raise DataError("the clips are too long to warp", f"{longest} rows, at most {MOST_ROWS}", remedy)
    single = np.array([item.values.dtype == np.float32 for item in used])
    out = np.empty(len(i))
    # by pair, not by call: a pair must not depend on the others
    both = single[i] & single[j]
    for pairs, dtype in ((both, np.float32), (~both, np.float64)):
        if pairs.any():
            cost, cells = dtw(sequences(used, single, dtype), i[pairs], j[pairs], band=band)
            out[pairs] = cost / np.maximum(cells, 1)
    return out


def sequences(items: Sequence[Features], single: NDArray[np.bool_], dtype: type) -> list[NDArray[np.floating]]:
    """Values in one precision; those that no pair of this precision needs are left out."""
    none = np.zeros((0, items[0].values.shape[1]), dtype)
    return [
        none if dtype == np.float32 and not s else item.values.astype(dtype)
        for item, s in zip(items, single, strict=True)
    ]

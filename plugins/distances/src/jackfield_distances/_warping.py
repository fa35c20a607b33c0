"""Dynamic time warping, one anti-diagonal at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jackfield import DataError, Features

from ._vectors import check_names

Floats = NDArray[np.float64]

VALUES_AT_ONCE = 1 << 20  # 8 MB per temporary array
MOST_CELLS = 1 << 26  # of the cost matrix: 512 MB


def dtw(a: Features, b: Features, band: float | None) -> float:
    """Cost of the cheapest path divided by its length, see `Dtw`."""
    if a.values.shape[1] != b.values.shape[1]:
        evidence = f"{a.values.shape[1]} and {b.values.shape[1]} columns"
        raise DataError("dtw compares features with the same columns", evidence, "compute them with the same step")
    check_names("dtw", (a, b))
    if not len(a.values) or not len(b.values):
        return float("nan")
    n, m = len(a.values), len(b.values)
    if n * m > MOST_CELLS:
        size = f"{n} × {m} rows take {n * m * 8 / 2**30:.1f} GB, at most {MOST_CELLS * 8 / 2**30:.1f} GB"
        raise DataError("the clips are too long to warp", size, "use a larger hop, pool the features, or cut the clips")
    costs = row_distances(a.values.astype(np.float64), b.values.astype(np.float64))
    cost, length = cheapest(costs if costs.shape[0] <= costs.shape[1] else costs.T, band)
    return cost / length


def row_distances(a: Floats, b: Floats) -> Floats:
    """(n, dims), (m, dims) → (n, m) euclidean distances, each a sum of its own: equal rows are at exactly 0."""
    step = max(1, VALUES_AT_ONCE // max(1, b.size))
    out = np.empty((len(a), len(b)))
    for k in range(0, len(a), step):
        out[k : k + step] = np.sqrt(np.square(a[k : k + step, None] - b).sum(axis=2))
    return out


def cheapest(costs: Floats, band: float | None = None) -> tuple[float, int]:
    """Cost and number of cells of the cheapest path through (n, m) `costs`, n ≤ m, from corner to corner.

    The cells of one anti-diagonal depend on the two before it alone, so that each is computed in one go. With `band`,
    cells further than band · m columns from the line between the corners are closed.

    >>> cheapest(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]]))
    (1.0, 3)
    """
    n, m = costs.shape
    flat = np.ascontiguousarray(within_band(costs, band) if band else costs).ravel()
    # entry i + 1 belongs to row i of an anti-diagonal; entry 0 lies outside, but for the corner before the first cell
    earlier, before = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
    earlier_cells, before_cells = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    earlier[0] = 0.0
    for d in range(n + m - 1):
        first, last = max(0, d - m + 1), min(n - 1, d)
        here, above = slice(first + 1, last + 2), slice(first, last + 1)
        steps = (
            (earlier[above], earlier_cells[above]),
            (before[above], before_cells[above]),
            (before[here], before_cells[here]),
        )
        best = np.minimum(np.minimum(steps[0][0], steps[1][0]), steps[2][0])
        fewest = np.full(last - first + 1, n + m, np.int64)
        for cost, cells in steps:
            np.minimum(fewest, cells, out=fewest, where=cost == best)
        begin = d + first * (m - 1)
        earlier, before = before, np.full(n + 1, np.inf)
        earlier_cells, before_cells = before_cells, np.zeros(n + 1, np.int64)
        before[here] = best + flat[begin : begin + (last - first) * (m - 1) + 1 : max(1, m - 1)]
        before_cells[here] = fewest + 1
    return float(before[n]), int(before_cells[n])


def within_band(costs: Floats, band: float) -> Floats:
    """`costs`, infinite outside the Sakoe–Chiba band; the band is at least so wide that a path remains."""
    n, m = costs.shape
    slope = (m - 1) / max(1, n - 1)
    radius = max(band * m, (slope + 1) / 2)
    out, columns = np.array(costs, order="C"), np.arange(m)
    for row in range(n if n > 1 else 0):  # row by row, to make no further array of this size
        out[row, np.abs(columns - slope * row) > radius] = np.inf
    return out

"""Dynamic time warping in plain NumPy: what the compiled code does, said slowly."""

from __future__ import annotations

import numpy as np

VALUES_AT_ONCE = 1 << 20


def dtw(a: np.ndarray, b: np.ndarray, band: float | None) -> tuple[float, int]:
    """Cost of the cheapest path from the first rows to the last, and the fewest pairs of rows on such a path.

    The cells of an anti-diagonal depend on the two before it alone, so that each is computed in one go. Entry i + 1 of
    a diagonal belongs to row i of the shorter sequence; entry 0 lies outside, but for the corner before the first cell.
    """
    a, b = (a, b) if len(a) <= len(b) else (b, a)
    n, m = len(a), len(b)
    limits = rows_open(n, m, band)
    earlier, before = np.full(n + 1, np.inf, a.dtype), np.full(n + 1, np.inf, a.dtype)
    earlier_cells, before_cells = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    earlier[0] = 0.0
    for d, (low, high) in enumerate(limits.tolist()):
        here, above = slice(low + 1, high + 2), slice(low, high + 1)
        steps = (
            (earlier[above], earlier_cells[above]),
            (before[above], before_cells[above]),
            (before[here], before_cells[here]),
        )
        best = np.minimum(np.minimum(steps[0][0], steps[1][0]), steps[2][0])
        fewest = np.full(high - low + 1, n + m, np.int64)
        for cost, cells in steps:
            np.minimum(fewest, cells, out=fewest, where=cost == best)
        earlier, before = before, np.full(n + 1, np.inf, a.dtype)
        earlier_cells, before_cells = before_cells, np.zeros(n + 1, np.int64)
        before[here] = best + row_distances(a[low : high + 1], b[d - high : d - low + 1][::-1])
        before_cells[here] = fewest + 1
    return float(before[n]), int(before_cells[n])


def row_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(rows, columns), (rows, columns) → (rows,), some rows at a time: wide ones would fill the memory."""
    step = max(1, VALUES_AT_ONCE // max(1, a.shape[1]))
    parts = [np.square(a[k : k + step] - b[k : k + step]).sum(axis=1) for k in range(0, len(a), step)]
    return np.sqrt(np.concatenate(parts))


def rows_open(n: int, m: int, band: float | None) -> np.ndarray:
    """(n + m − 1, 2) first and last row of each anti-diagonal through n × m cells, n ≤ m.

    With `band`, those within band · m columns of the line between the corners, and always so many that a path remains.
    """
    d = np.arange(n + m - 1)
    low, high = np.maximum(0, d - m + 1), np.minimum(n - 1, d)
    if band is not None and n > 1:
        slope = (m - 1) / (n - 1)
        radius = max(band * m, (slope + 1) / 2)
        low = np.maximum(low, np.ceil((d - radius) / (1 + slope) - 1e-9).astype(np.int64))
        high = np.minimum(high, np.floor((d + radius) / (1 + slope) + 1e-9).astype(np.int64))
    return np.stack([low, high], axis=1)

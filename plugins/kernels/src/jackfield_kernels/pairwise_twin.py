"""Euclidean distances in plain NumPy: what the compiled code does, said slowly.

Always by direct difference: |a|² + |b|² − 2ab is up to 60 times wrong for nearly equal items in float32.
"""

from __future__ import annotations

import numpy as np

VALUES_AT_ONCE = 1 << 20  # 8 MB per temporary array


def euclidean(x: np.ndarray, i: np.ndarray, j: np.ndarray, squared: bool) -> np.ndarray:
    """(items, values) float64 → (pairs,)."""
    out = np.empty(i.size)
    step = max(1, VALUES_AT_ONCE // max(1, x.shape[1]))
    for k in range(0, i.size, step):
        out[k : k + step] = np.square(x[i[k : k + step]] - x[j[k : k + step]]).sum(axis=1)
    return out if squared else np.sqrt(out)


def euclidean_all(x: np.ndarray, squared: bool) -> np.ndarray:
    """(items, values) float64 → condensed float32, row by row."""
    out, begin = np.empty(len(x) * (len(x) - 1) // 2, np.float32), 0
    for k in range(len(x) - 1):
        later = np.arange(k + 1, len(x))
        out[begin : begin + later.size] = euclidean(x, np.full(later.size, k), later, squared)
        begin += later.size
    return out

"""Which clips stand beside which, so that what is alike makes blocks."""

from __future__ import annotations

import numpy as np

# From here on scipy's linkage gains more than its import costs.
SCIPY_FROM = 64


def linkage_order(square: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Leaves of the average-linkage tree; groups stay together.

    square : (n, n) distances, NaN = undefined, which counts as far
    labels : (n,) group of each, −1 = alone

    >>> square = np.abs(np.subtract.outer([0.0, 5.0, 0.1, 5.3, 9.0], [0.0, 5.0, 0.1, 5.3, 9.0]))
    >>> linkage_order(square, np.full(5, -1)).tolist()
    [0, 2, 4, 1, 3]
    """
    if len(square) < 3:
        return np.arange(len(square))
    known = square[np.isfinite(square)]
    top = max(float(known.max(initial=0.0)), 1e-30)
    d = np.where(np.isfinite(square), square, top).astype(np.float64) / top
    # Any distance inside a group counts as less than any across, so a group is joined whole before it joins others.
    together = (labels[:, None] == labels) & (labels >= 0)
    d = np.where(together, d / 2, d + 1)
    return _leaves_by_scipy(d) if len(d) >= SCIPY_FROM else _leaves(d)


def _leaves(d: np.ndarray) -> np.ndarray:
    """The twin of `_leaves_by_scipy`: join the two nearest clusters until one is left, the older one first."""
    n = len(d)
    d = d.copy()
    np.fill_diagonal(d, np.inf)
    made, members = list(range(n)), [[k] for k in range(n)]
    for step in range(n - 1):
        i, j = sorted(divmod(int(d.argmin()), n), key=lambda k: made[k])
        mean = (len(members[i]) * d[i] + len(members[j]) * d[j]) / (len(members[i]) + len(members[j]))
        d[i], d[:, i] = mean, mean
        d[i, i] = np.inf
        d[j], d[:, j] = np.inf, np.inf
        members[i], made[i] = members[i] + members[j], n + step
    return np.array(members[i])


def _leaves_by_scipy(d: np.ndarray) -> np.ndarray:
    from scipy.cluster.hierarchy import leaves_list, linkage

    upper = np.triu_indices(len(d), 1)
    return np.asarray(leaves_list(linkage(d[upper], "average")))

"""Dynamic time warping: arguments checked once, then the compiled code or its NumPy twin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import dtw_twin
from ._level import choice, team

LONGEST = 1 << 24  # rows of both sequences together: float32 counts no further
LARGEST = 1e15  # squares of larger float32 values come near the end of their range


def dtw(
    sequences: Sequence[np.ndarray], i: np.ndarray, j: np.ndarray, *, band: float | None = None, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Cheapest warping paths between sequences[i] and sequences[j].

    A path leads from the first pair of rows to the last by steps of one row in either sequence or both; its cost is the
    sum of the Euclidean distances of the rows that it pairs.

    sequences : (rows, columns) arrays, float32 or float64 but all the same, columns all the same
    i, j : (pairs,) int64
    band : None, or how far a path may stray from the line between the corners, as share of the longer sequence
    threads : upper limit; the result does not depend on it

    Returns cost (pairs,) float64, computed in the precision of the sequences, and cells (pairs,) int64, the pairs of
    rows on the path: the fewest where several paths cost the same. A pair's values do not depend on the other pairs.
    Cost is NaN and cells is 0 where a sequence has no rows, or holds NaN or infinity.

    Time grows with the product of the lengths (times the band), memory with their sum.

    Raises TypeError for other dtypes, ValueError for shapes and values that make no sense.

    >>> cost, cells = dtw([np.array([[0.0], [1], [2]]), np.array([[0.0], [1], [1], [1], [3]])], [0], [1])
    >>> cost.tolist(), cells.tolist()
    ([1.0], [5])
    """
    sequences = [np.asarray(s) for s in sequences]
    i, j = np.ascontiguousarray(i, np.int64), np.ascontiguousarray(j, np.int64)
    threads = team(threads)
    _check(sequences, i, j, band)
    cost, cells = np.full(i.size, np.nan), np.zeros(i.size, np.int64)
    peak = np.array([np.abs(s).max(initial=0.0) if len(s) else np.nan for s in sequences])
    usable = np.isfinite(peak)
    able = usable[i] & usable[j]
    wide = able & (np.maximum(peak[i], peak[j]) > LARGEST)
    for pairs, dtype in ((able & ~wide, None), (wide, np.float64)):
        if pairs.any():
            cost[pairs], cells[pairs] = _finite(sequences, i[pairs], j[pairs], band or 0.0, threads, dtype)
    return cost, cells


def _finite(
    sequences: list[np.ndarray], i: np.ndarray, j: np.ndarray, band: float, threads: int, dtype: type | None
) -> tuple[np.ndarray, np.ndarray]:
    used, places = np.unique(np.concatenate([i, j]), return_inverse=True)
    p, q = places[: i.size], places[i.size :]
    here = [np.asarray(sequences[k], dtype) for k in used]
    native = choice().native
    if not native:
        found = [dtw_twin.dtw(here[a], here[b], band or None) for a, b in zip(p, q, strict=True)]
        return np.array([c for c, _ in found]), np.array([n for _, n in found])
    values, lengths = np.concatenate(here), np.array([len(s) for s in here], np.int64)
    cost, cells = np.empty(i.size, values.dtype), np.empty(i.size, values.dtype)
    native.dtw(choice().number, values, lengths, p.astype(np.int64), q.astype(np.int64), band, cost, cells, threads)
    return cost.astype(np.float64), cells.astype(np.int64)


def _check(sequences: list[np.ndarray], i: np.ndarray, j: np.ndarray, band: float | None) -> None:
    kinds = {s.dtype for s in sequences}
    if len(kinds) > 1 or kinds - {np.dtype("f4"), np.dtype("f8")}:
        raise TypeError(f"sequences must be all float32 or all float64, got {', '.join(sorted(map(str, kinds)))}")
    if any(s.ndim != 2 for s in sequences) or len({s.shape[1] for s in sequences}) > 1:
        raise ValueError(
            f"sequences must be (rows, columns), columns all the same; got {sorted({s.shape for s in sequences})}"
        )
    if (
        i.shape != j.shape
        or i.ndim != 1
        or (i.size and not 0 <= min(i.min(), j.min()) <= max(i.max(), j.max()) < len(sequences))
    ):
        raise ValueError(f"i and j must be (pairs,) below {len(sequences)}, got {i.shape} and {j.shape}")
    if band is not None and not 0 < band <= 1:
        raise ValueError(f"band must be above 0 and at most 1, got {band}")
    if i.size and 2 * max(len(s) for s in sequences) >= LONGEST:
        raise ValueError(f"sequences of {LONGEST // 2} rows and more cannot be warped")

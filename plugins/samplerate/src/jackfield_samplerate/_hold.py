"""Zero-order hold by whole repeats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from jackfield import Signal

from ._convert import fitting


def hold(signal: Signal, rate: float) -> Signal:
    """Every sample repeated, see `Hold`."""
    if rate == signal.rate:
        return signal
    times = repeats(signal.n, Fraction(rate) / Fraction(signal.rate), fitting(signal, rate))
    counts = (f"{samples} samples {often} times" for often, samples in zip(*_counted(times), strict=True))
    note = f"hold {signal.rate:g} to {rate:g} Hz, {', '.join(counts)}"
    start = round(signal.start * Fraction(rate) / Fraction(signal.rate))
    return signal.replace(samples=np.repeat(signal.samples, times, axis=1), rate=rate, start=start, note=note)


def repeats(n: int, ratio: Fraction, total: int) -> np.ndarray:
    """How often each of n samples is repeated so that they fill `total` places, each within half a place of its own.

    >>> repeats(5, Fraction(12, 5), 12).tolist()
    [2, 3, 2, 3, 2]
    """
    up, down = ratio.numerator, ratio.denominator
    # round(k · ratio), halves down, in whole numbers: Python's, since rates may have long fractions
    bounds = [-((down - 2 * k * up) // (2 * down)) for k in range(n)]
    return np.diff(np.array([*bounds, total]))


def _counted(times: np.ndarray) -> tuple[list[int], list[int]]:
    often, samples = np.unique(times, return_counts=True)
    return often.tolist(), samples.tolist()

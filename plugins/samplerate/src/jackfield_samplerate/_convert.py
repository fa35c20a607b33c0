"""Conversion by soxr, to an exact length."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import soxr

from jackfield import DataError, Signal

MOST_SAMPLES = 1 << 30  # of all channels: 4 GiB of float32


def length(n: int, before: float, after: float) -> int:
    """round(n · after / before), computed exactly, halves to even.

    >>> length(199_488, 44_100, 48_000), length(5, 8000, 4000), length(7, 8000, 4000)
    (217130, 2, 4)
    """
    return round(n * Fraction(after) / Fraction(before))


def convert(signal: Signal, rate: float, quality: str) -> Signal:
    """The signal at another rate, see `SampleRate`."""
    if rate == signal.rate:
        return signal
    wrong = signal.samples.size - int(np.isfinite(signal.samples).sum())
    if wrong:
        raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")
    count = length(signal.n, signal.rate, rate)
    change = f"{signal.n} samples from {signal.rate:g} to {rate:g} Hz give {count}"
    if count == 0:
        raise DataError("the clip is too short for the new rate", change, "choose a higher rate")
    if count * signal.channels > MOST_SAMPLES:
        raise DataError("the clip is too long for the new rate", f"{change} in {signal.channels} channels", "cut it")
    # soxr rounds the length its own way; what follows the end is silence in either case
    more = math.ceil(2 * signal.rate / rate)
    padded = np.pad(signal.samples.T, ((0, more), (0, 0)))
    converted = soxr.resample(padded, signal.rate, rate, quality=quality)[:count].T
    start = length(signal.start, signal.rate, rate)
    note = f"rate {signal.rate:g} to {rate:g} Hz, soxr {quality}"
    return signal.replace(samples=np.ascontiguousarray(converted), rate=rate, start=start, note=note)

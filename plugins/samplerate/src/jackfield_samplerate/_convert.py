"""Conversion by soxr, to an exact length."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import soxr

from jackfield import DataError, Signal

# at this ratio soxr's QQ takes half a GB; from 2**15 on it, from 2**19 on the others, may never return
MOST_RATIO = 1 << 14
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
    check_ratio(signal.rate, rate)
    check_finite(signal.samples)
    count = fitting(signal, rate)
    padded = np.pad(signal.samples.T, ((0, silence(signal.rate, rate)), (0, 0)))
    converted = soxr.resample(padded, signal.rate, rate, quality=quality)[:count].T
    check_held(converted)
    start = length(signal.start, signal.rate, rate)
    note = f"rate {signal.rate:g} to {rate:g} Hz, soxr {quality}"
    return signal.replace(samples=np.ascontiguousarray(converted), rate=rate, start=start, note=note)


def fitting(signal: Signal, rate: float) -> int:
    """Samples at the new rate; DataError for none, and for more than memory can be asked for."""
    count = length(signal.n, signal.rate, rate)
    change = f"{signal.n} samples from {signal.rate:g} to {rate:g} Hz"
    if count == 0:
        raise DataError("the clip is too short for the new rate", change, "choose a higher rate")
    if count * signal.channels > MOST_SAMPLES:
        evidence = f"{change} in {signal.channels} channels are more than {MOST_SAMPLES:,}"
        raise DataError("the clip is too long for the new rate", evidence, "cut it")
    return count


def check_ratio(before: float, after: float) -> None:
    """Raise DataError for rates that lie further apart than soxr can bridge."""
    if not 1 / MOST_RATIO <= after / before <= MOST_RATIO:
        evidence = f"from {before:g} to {after:g} Hz, more than {MOST_RATIO} to 1"
        remedy = "check the rate of the input: a table without one counts as 1 Hz"
        raise DataError("the rates are too far apart to convert", evidence, remedy)


def check_finite(samples: np.ndarray) -> None:
    """Raise DataError for NaN and infinities, which would spread over the filter's length."""
    wrong = samples.size - int(np.isfinite(samples).sum())
    if wrong:
        raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")


def check_held(converted: np.ndarray) -> None:
    """Raise DataError where numbers became too large for soxr, most of whose sums are in float32."""
    lost = converted.size - int(np.isfinite(converted).sum())
    if lost:
        raise DataError("samples are too large to be converted", f"{lost} new samples overflow", "scale the clip down")


def silence(before: float, after: float) -> int:
    """Zeros to put after the end: soxr rounds lengths its own way, and what follows is silence in either case."""
    return math.ceil(2 * before / after)

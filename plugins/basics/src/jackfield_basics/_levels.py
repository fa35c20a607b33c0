"""Numbers behind mono, trim and gain."""

from __future__ import annotations

import math
import sys
import warnings
from typing import Literal

import numpy as np

from jackfield import DataError, Signal

ANTIPHASE_DB = 20.0


def mono(signal: Signal) -> Signal:
    """Mean of the channels, see `Mono`."""
    if signal.channels == 1:
        return signal
    mixed = signal.samples.mean(axis=0, keepdims=True, dtype=np.float64).astype(signal.samples.dtype)
    note = f"mono: mean of {signal.channels} channels"
    peak = float(np.abs(signal.samples).max(initial=0.0))
    if not 0 < peak < math.inf:
        return signal.replace(samples=mixed, note=note)
    before, after = _rms(signal.samples, peak) ** 2, _rms(mixed, peak) ** 2
    if after * 10 ** (ANTIPHASE_DB / 10) < before:
        lost = f"{10 * math.log10(before / after):.0f} dB" if after else "everything"
        note += f", which cancel (energy lost: {lost})"
        warnings.warn(
            f"mixing {signal.channels} channels to mono lost {lost}: they cancel; reverse one, or take one",
            UserWarning,
            stacklevel=3,
        )
    return signal.replace(samples=mixed, note=note)


def trim(signal: Signal, threshold: float, padding: float) -> Signal:
    """Without silence at both ends, see `Trim`."""
    finite(signal)
    magnitude = np.abs(signal.samples).max(axis=0)
    loud = np.flatnonzero(magnitude > magnitude.max(initial=0.0) * 10 ** (threshold / 20))
    if not loud.size:
        return signal.replace(note="trim: silent throughout, left as it is")
    room = round(padding * signal.rate)
    first, stop = max(0, int(loud[0]) - room), min(signal.n, int(loud[-1]) + 1 + room)
    note = f"trim {threshold:g} dB: {first} samples before, {signal.n - stop} after"
    return signal.replace(samples=signal.samples[:, first:stop], start=signal.start + first, note=note)


def gain(signal: Signal, db: float, to: Literal["input", "peak", "rms"]) -> Signal:
    """Scaled by one factor, see `Gain`."""
    finite(signal)
    peak = float(np.abs(signal.samples).max(initial=0.0))
    change = db
    if to != "input":
        level = peak if to == "peak" or not peak else peak * _rms(signal.samples, peak)
        if level == 0:
            return signal.replace(note=f"gain to {db:g} dBFS {to}: silent, left as it is")
        change = db - 20 * math.log10(level)
    factor = 10 ** (change / 20) if change < 20 * sys.float_info.max_10_exp else math.inf
    if peak * factor > float(np.finfo(signal.samples.dtype).max):
        raise DataError("the gain overflows", f"peak {peak:g}, gain {change:g} dB, {signal.samples.dtype}", "lower it")
    note = f"gain {change:+.2f} dB" + ("" if to == "input" else f" to {db:g} dBFS {to}")
    if peak * factor > 1:
        note += f", peak {20 * math.log10(peak * factor):+.2f} dBFS"
    louder = signal.samples.astype(np.float64) * factor  # what makes the least float32 audible is no float32
    return signal.replace(samples=louder.astype(signal.samples.dtype), note=note)


def _rms(samples: np.ndarray, peak: float) -> float:
    """Root mean square relative to `peak`, which keeps the squares of the least and the largest numbers in range."""
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64) / peak))))


def finite(signal: Signal) -> None:
    """Refuse NaN and infinite samples, which have no level."""
    wrong = signal.samples.size - int(np.isfinite(signal.samples).sum())
    if wrong:
        raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")

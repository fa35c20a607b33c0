"""Window functions as sums of cosines, and what their values are scaled by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66 (1978)
COSINES = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08), "rect": (1.0,)}
POVEY = 0.85  # Kaldi's window is a symmetric Hann window to this power


@lru_cache(maxsize=16)
def window(name: str, length: int, periodic: bool, n_fft: int, lead: int | None = None) -> np.ndarray:
    """(n_fft,) float64 window of `length` samples after `lead` zeros; None puts it in the middle of n_fft.

    periodic : one period of the cosines has `length` samples, as spectral analysis wants; otherwise `length` − 1, which
        makes the window symmetric, as filter design wants
    """
    period = max(length if periodic else length - 1, 1)
    phase = 2 * np.pi * np.arange(length) / period
    terms = COSINES["hann" if name == "povey" else name]
    shape = sum((-1) ** k * a * np.cos(k * phase) for k, a in enumerate(terms))
    left = (n_fft - length) // 2 if lead is None else lead
    out = np.pad(np.ones(1) if length == 1 else shape, (left, n_fft - length - left))
    if name == "povey":
        out = np.maximum(out, 0) ** POVEY
    out.flags.writeable = False
    return out


@lru_cache(maxsize=16)
def scaled(
    name: str, length: int, periodic: bool, n_fft: int, lead: int, scaling: str, rate: float, onesided: bool
) -> tuple[np.ndarray, float]:
    """What to multiply the frames by, and how much more of it bins with a twin among the negative frequencies get.

    scaling : of `Stft`; or "sum", over the window's sum as in scipy.signal.stft, or "int16", Kaldi's unit
    """
    shape = window(name, length, periodic, n_fft, lead)
    total, energy = float(shape.sum()), float(np.square(shape).sum())
    factor, twins = {
        "none": (1.0, 1.0),
        "int16": (32_768.0, 1.0),
        "sum": (1 / total, 1.0),
        "amplitude": (1 / total, 2.0),
        "psd": (1 / (rate * energy) ** 0.5, 2**0.5),
    }.get(scaling, (1 / total, 2**0.5))
    twins = twins if onesided else 1.0
    out = shape * (factor * twins)
    out.flags.writeable = False
    return out, twins

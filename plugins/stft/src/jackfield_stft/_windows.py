"""Window functions as sums of cosines."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66 (1978)
COSINES = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08), "rect": (1.0,)}


@lru_cache(maxsize=16)
def window(name: str, length: int, periodic: bool, n_fft: int) -> np.ndarray:
    """(n_fft,) float64 window of `length` samples in the middle of n_fft, as torch and librosa place it.

    periodic : one period of the cosines has `length` samples, as spectral analysis wants; otherwise `length` − 1, which
        makes the window symmetric, as filter design wants
    """
    period = max(length if periodic else length - 1, 1)
    phase = 2 * np.pi * np.arange(length) / period
    shape = sum((-1) ** k * a * np.cos(k * phase) for k, a in enumerate(COSINES[name]))
    left = (n_fft - length) // 2
    out = np.pad(np.ones(1) if length == 1 else shape, (left, n_fft - length - left))
    out.flags.writeable = False
    return out

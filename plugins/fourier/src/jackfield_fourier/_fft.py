"""One-dimensional Fourier transforms along the last axis, by the library that is faster for the size."""

from __future__ import annotations

from types import ModuleType

import numpy as np

SCIPY_FROM = 1 << 19  # values; importing scipy.fft costs 0.7 s, which shorter transforms would not win back


def _library(size: int) -> ModuleType:
    if size < SCIPY_FROM:
        return np.fft
    import scipy.fft

    return scipy.fft


def forward(x: np.ndarray) -> np.ndarray:
    """One-sided spectrum of real x, full spectrum of complex x; unscaled."""
    library = _library(x.size)
    spectrum: np.ndarray = library.fft(x) if np.iscomplexobj(x) else library.rfft(x)
    return spectrum


def backward(spectrum: np.ndarray, n: int, real: bool) -> np.ndarray:
    """The inverse of `forward` for n samples."""
    library = _library(spectrum.size)
    x: np.ndarray = library.irfft(spectrum, n) if real else library.ifft(spectrum, n)
    return x

"""Lists of frequency, amplitude and phase to samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from jackfield import ConfigError

from ._rotation import turns, waves


def synthesize(frequency: Any, amplitude: Any, phase: Any, n: int, rate: float, dtype: str) -> np.ndarray:
    """See `jackfield_fourier.synthesize`."""
    hertz = np.asarray(frequency, np.float64).ravel()
    size, angle = (_one_each(value, hertz.size, name) for value, name in ((amplitude, "amplitude"), (phase, "phase")))
    if dtype not in ("float32", "float64"):
        raise ConfigError("dtype must be float32 or float64", f"got {dtype}")
    if n < 0 or not (np.isfinite(rate) and rate > 0):
        raise ConfigError("n must be 0 or more, and rate above 0", f"n {n}, rate {rate:g}")
    if not (np.isfinite(hertz).all() and np.isfinite(size).all() and np.isfinite(angle).all()):
        raise ConfigError("frequencies, amplitudes and phases must be finite numbers")
    if hertz.size and (highest := float(np.abs(hertz).max())) > rate / 2:
        heard = abs(highest - rate * round(highest / rate))
        evidence = f"{highest:g} Hz at rate {rate:g} would sound as {heard:g} Hz"
        raise ConfigError("frequencies must not exceed half the rate", evidence, "raise the rate")
    return waves((size * np.exp(1j * angle))[None], turns(hertz / rate), n, np.dtype(dtype))[0]


def _one_each(value: Any, count: int, name: str) -> np.ndarray:
    values = np.asarray(value, np.float64).ravel()
    if values.size not in (1, count):
        raise ConfigError(f"there must be one {name} per frequency", f"{values.size} for {count}")
    return np.broadcast_to(values, count)

"""Lists of frequency, amplitude and phase to samples."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from jackfield import ConfigError, DataError

from ._rotation import turns, waves


def synthesize(frequency: Any, amplitude: Any, phase: Any, n: int, rate: float, dtype: str) -> np.ndarray:
    """See `jackfield_fourier.synthesize`."""
    hertz = _numbers(frequency, "frequency")
    size, angle = (_one_each(value, hertz.size, name) for value, name in ((amplitude, "amplitude"), (phase, "phase")))
    if dtype not in ("float32", "float64"):
        raise ConfigError("dtype must be float32 or float64", f"got {dtype}")
    if not isinstance(n, Integral) or n < 0:
        raise ConfigError("n must be a whole number, 0 or more", f"got {n!r}")
    if not isinstance(rate, Real) or not 0 < rate < np.inf:
        raise ConfigError("rate must be a number above 0", f"got {rate!r}")
    if not (np.isfinite(hertz).all() and np.isfinite(size).all() and np.isfinite(angle).all()):
        raise ConfigError("frequencies, amplitudes and phases must be finite numbers")
    if hertz.size and (highest := float(np.abs(hertz).max())) > rate / 2:
        heard = abs(highest - rate * round(highest / rate))
        evidence = f"{highest:g} Hz at rate {rate:g} would sound as {heard:g} Hz"
        raise ConfigError("frequencies must not exceed half the rate", evidence, "raise the rate")
    try:
        return waves((size * np.exp(1j * angle))[None], turns(hertz / rate), int(n), np.dtype(dtype))[0]
    except MemoryError as error:
        raise DataError("the samples do not fit into memory", f"n {n:,}: {error}", "make them in pieces") from None


def _numbers(value: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(value, np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} must be real numbers", str(error)) from None


def _one_each(value: Any, count: int, name: str) -> np.ndarray:
    values = _numbers(value, name)
    if values.size not in (1, count):
        raise ConfigError(f"there must be one {name} per frequency", f"{values.size} for {count}")
    return np.broadcast_to(values, count)

"""Published noise-shaping curves, as the error feedback of past samples: noise leaves by 1 − Σ taps[j] z^−(j+1)."""

from __future__ import annotations

import numpy as np

from jackfield import DataError

TAPS = {
    # (1 − 1/z)²: noise grows by 12 dB an octave; any rate
    "second-order": (2.0, -1.0),
    # Lipshitz, Vanderkooy, Wannamaker, JAES 39 (1991), 5 taps
    "lipshitz-5": (2.033, -2.165, 1.959, -1.590, 0.6149),
    # Wannamaker, JAES 40 (1992), F-weighted, 9 taps
    "wannamaker-9": (2.412, -3.370, 3.937, -4.174, 3.353, -2.205, 1.281, -0.569, 0.0847),
}
# the ear's threshold, which the long curves follow, lies at frequencies, not at shares of the rate
DESIGNED_HZ = (44_000.0, 48_100.0)


def taps(name: str, rate: float) -> np.ndarray:
    """Feedback of the last samples' errors, newest first; DataError where the curve does not fit the rate."""
    low, high = DESIGNED_HZ
    if name != "second-order" and not low <= rate <= high:
        evidence = f"made for 44.1 and 48 kHz, the rate is {rate:g} Hz"
        raise DataError(f'the noise-shaping curve "{name}" does not fit', evidence, 'use "second-order" or "tpdf"')
    return np.array(TAPS[name])

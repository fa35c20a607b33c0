"""Further lags at which two clips agree nearly as well as at the best one: a loop repeats itself."""

from __future__ import annotations

import numpy as np

from ._recording import Recording
from ._waveform import MARGIN, correlate

NEARLY = 0.9  # of the best lag's correlation
APART_S = 0.02  # least time between two lags: within it, a sound resembles itself
MOST = 5


def other_lags(a: Recording, b: Recording, best_s: float, min_overlap: float) -> tuple[tuple[float, float], ...]:
    """(lag in seconds, correlation over its overlap in 0…1) of up to five lags, the best and, of equals, nearest first.

    best_s : the lag found, positive where the material starts later in `a`, as the others are

    Named are maxima of the normalised cross-correlation with the same polarity, at least 0.9 of the best lag's, 20 ms
    from it and from each other.
    """
    rate = min(a.rate, b.rate)
    curve = correlate(a.at(rate), b.at(rate), min_overlap)
    last = len(curve.squared) - 1
    best = min(max(round(best_s * rate) - curve.first, 0), last)
    around = slice(max(0, best - 1), best + 2)
    polarity = np.sign(curve.products[MARGIN + best])
    padded = np.pad(curve.squared, 1)
    peaks = (curve.squared >= padded[:-2]) & (curve.squared >= padded[2:])
    likely = peaks & (curve.squared >= NEARLY**2 * curve.squared[around].max())
    near = np.flatnonzero(likely & (polarity * curve.products[MARGIN:-MARGIN] > 0))
    near = near[np.lexsort((np.abs(near - best), -np.sqrt(curve.squared[near]).round(2)))]
    near = near[np.abs(near - best) >= APART_S * rate]
    kept: list[int] = []
    while near.size and len(kept) < MOST:
        kept.append(int(near[0]))
        near = near[np.abs(near - near[0]) >= APART_S * rate]
    elements = np.array(kept, np.int64)
    lags, heights = curve.refined(elements)
    scores = np.abs(curve.correlations(elements, heights))
    return tuple((float(lag / rate), float(score)) for lag, score in zip(lags, scores, strict=True))

"""Cosine transform, deltas, pooling and coverage on plain arrays."""

from __future__ import annotations

from functools import lru_cache
from math import factorial
from typing import Any

import numpy as np

from jackfield import FrameGrid

from ._presets import enough


@lru_cache(maxsize=16)
def cosines(n_mfcc: int, n_mels: int, lifter: int, first: int = 1) -> np.ndarray:
    """(n_mfcc, n_mels) float64: the first rows of the orthonormal DCT-II, times the lifter's weights.

    lifter : L > 0 multiplies coefficient k by 1 + L/2 · sin(π (k + first) / L); librosa begins with 1, Kaldi with 0
    """
    k = np.arange(n_mfcc)[:, None]
    rows = np.sqrt(2 / n_mels) * np.cos(np.pi * k * (2 * np.arange(n_mels) + 1) / (2 * n_mels))
    rows[0] /= np.sqrt(2)
    if lifter:
        rows *= 1 + lifter / 2 * np.sin(np.pi * (k + first) / lifter)
    rows.flags.writeable = False
    return rows


def delta(values: np.ndarray, width: int, order: int) -> np.ndarray:
    """(count, dims) derivative of each column, from a polynomial of degree `order` fitted to `width` frames around.

    Savitzky and Golay, Analytical Chemistry 36 (1964), as `librosa.feature.delta`: the first and last width // 2 frames
    take the polynomial of the first and last `width` frames, whose derivative of that order is a constant.

    Raises DataError for fewer than `width` frames.
    """
    count, half = len(values), width // 2
    enough(count, width)
    fit = np.linalg.pinv(np.vander(np.arange(-half, half + 1), order + 1, increasing=True))
    weights = factorial(order) * fit[order]
    out = np.empty(values.shape, values.dtype)
    inside = out[half : count - half]
    inside[:] = sum(w * values[k : k + len(inside)].astype(np.float64) for k, w in enumerate(weights))
    out[:half], out[count - half :] = out[half], out[count - half - 1]
    return out


STATISTICS: dict[str, Any] = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max, "median": np.median}


def pooled(values: np.ndarray, statistics: tuple[str, ...]) -> np.ndarray:
    """(1, dims · len(statistics)) of (count, dims): each statistic over the frames, one after the other."""
    values64 = values.astype(np.float64)
    parts = [
        STATISTICS[name](values64, axis=0) if name in STATISTICS else np.percentile(values64, int(name[1:]), axis=0)
        for name in statistics
    ]
    return np.concatenate(parts)[None].astype(values.dtype)


def coverage(frames: FrameGrid) -> np.ndarray:
    """(count,) share of each frame that is signal, not padding: `FrameGrid.coverage` for all frames at once."""
    inside = frames.inside()
    out = np.ones(frames.count)
    for k in (*range(inside.start), *range(inside.stop, frames.count)):
        out[k] = frames.coverage(k)
    out.flags.writeable = False
    return out

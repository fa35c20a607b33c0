"""Cosine transform, liftering, pooling and coverage on plain arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jackfield import FrameGrid


@lru_cache(maxsize=16)
def cosines(n_mfcc: int, n_mels: int, lifter: int) -> np.ndarray:
    """(n_mfcc, n_mels) float64: the first rows of the orthonormal DCT-II, times the lifter's weights.

    lifter : L > 0 multiplies coefficient k by 1 + L/2 · sin(π (k + 1) / L), as librosa and HTK do but for HTK's index
    """
    k = np.arange(n_mfcc)[:, None]
    rows = np.sqrt(2 / n_mels) * np.cos(np.pi * k * (2 * np.arange(n_mels) + 1) / (2 * n_mels))
    rows[0] /= np.sqrt(2)
    if lifter:
        rows *= 1 + lifter / 2 * np.sin(np.pi * (k + 1) / lifter)
    rows.flags.writeable = False
    return rows


def cepstrum(levels: np.ndarray, n_mfcc: int, lifter: int) -> np.ndarray:
    """(count, n_mfcc) of (n_mels, count) levels in dB, in their dtype; summed in float64."""
    rows = cosines(n_mfcc, len(levels), lifter)
    return (levels.T.astype(np.float64) @ rows.T).astype(levels.dtype)


STATISTICS = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max, "median": np.median}


def pooled(values: np.ndarray, statistics: tuple[str, ...]) -> np.ndarray:
    """(1, dims · len(statistics)) of (count, dims): each statistic over the frames, one after the other."""
    parts = [STATISTICS[name](values.astype(np.float64), axis=0) for name in statistics]
    return np.concatenate(parts)[None].astype(values.dtype)


def coverage(frames: FrameGrid) -> np.ndarray:
    """(count,) share of each frame that is signal, not padding: `FrameGrid.coverage` for all frames at once."""
    start = frames.span(0)[0] + frames.hop * np.arange(frames.count)
    inside = np.minimum(start + frames.window, frames.n_samples) - np.maximum(start, 0)
    return np.maximum(inside, 0) / frames.window

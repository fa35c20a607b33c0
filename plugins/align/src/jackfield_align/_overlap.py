"""Overlap of two patterns laid over each other: where they agree best, and what only one of them has there.

Two patterns, cut 30 dB under their peaks, are shifted until the sum of their minima is largest; 1 − minima / maxima is
then the share of sound that only one of them has. One extra hit in a long clip hardly moves that share, so the worst
fifth of a second counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

DEPTH = 100  # steps, 30 dB: what lies deeper under the peak is not compared
CLOSE = 0.5  # clips whose common part differs by more are not looked at any closer
CANDIDATES = 4  # peaks of the correlation tried as lags
LOCAL_FRAMES, LOCAL_WEIGHT = 20, 0.5  # a fifth of a second, and what counts of it
KEPT_SPECTRUM = 2048  # longer spectra are computed anew for every pair

Sketch = Mapping[str, Any]


def smoothed(levels: np.ndarray) -> np.ndarray:
    """Levels averaged over three frames: half a frame of shift must not look like another onset."""
    out = 0.5 * levels
    out[:, 1:] += 0.25 * levels[:, :-1]
    out[:, :-1] += 0.25 * levels[:, 1:]
    return out


class Clip:
    """A sketch made ready for comparison in the bands from `first` to `stop`.

    levels : two of uint8 (bands, frames), steps over 75 dB under the peak, the whole file: frames counted from its
        first sample, and from its last
    values : float32 (bands, frames), steps over 30 dB under the peak, smoothed, silence cut off but for one frame
    """

    def __init__(self, sketch: Sketch, first: int, stop: int) -> None:
        self.levels = sketch["pattern"][first:stop], sketch["from_end"][first:stop]
        levels = self.floats()
        self.seconds = float(sketch["seconds"])
        values = smoothed(np.maximum(levels - (levels.max() - DEPTH), 0.0))
        heard = np.flatnonzero(values.any(axis=0))
        self.silent = not levels.any()
        begin, end = (heard[0], heard[-1] + 1) if not self.silent else (0, 1)
        self.start = int(begin) - 1
        self.values = np.pad(values[:, begin:end], ((0, 0), (1, 1)))
        self.frames = self.values.shape[1]
        self.sound = np.concatenate([[0.0], np.cumsum(self.values.sum(axis=0), dtype=np.float64)])
        self.total = float(self.sound[-1])
        self.spectra: dict[int, np.ndarray] = {}

    def floats(self, end: bool = False) -> np.ndarray:
        """Levels as float32, made anew: a long clip's are too large to keep beside the values."""
        return self.levels[end].astype(np.float32)

    def after(self, other: Clip) -> bool:
        """Whether this clip comes second: an order that does not depend on which is named first."""
        if self.seconds != other.seconds:
            return self.seconds > other.seconds
        return self.bytes > other.bytes

    @property
    def bytes(self) -> tuple[bytes, ...]:
        """What tells the clip from any other."""
        return tuple(levels.tobytes() for levels in self.levels)

    @cached_property
    def nbytes(self) -> int:
        """Bytes held, without spectra, which are short."""
        return sum(array.nbytes for array in (*self.levels, self.values, self.sound))

    @cached_property
    def peaks(self) -> tuple[np.ndarray, np.ndarray]:
        """Loudest level up to each frame, and, frames counted from the end, from each on."""
        loudest, backwards = self.levels[0].max(axis=0), self.levels[1].max(axis=0)[::-1]
        return np.maximum.accumulate(loudest), np.maximum.accumulate(backwards)[::-1]

    def peak(self, frame: int, end: bool) -> float:
        """Loudest level up to a frame, or, frames counted from the end, from it on."""
        return float(self.peaks[end][frame])

    def spectrum(self, size: int) -> np.ndarray:
        """(bands, size // 2 + 1) Fourier transform along time."""
        if size > KEPT_SPECTRUM:
            return np.fft.rfft(self.values, size, axis=1)
        if size not in self.spectra:
            self.spectra[size] = np.fft.rfft(self.values, size, axis=1)
        return self.spectra[size]

    def inside(self, start: int, stop: int) -> float:
        """Sum of the sound in some frames."""
        return float(self.sound[stop] - self.sound[start])


def common(a: Clip, b: Clip, lag: int) -> tuple[int, int]:
    """Frames of a, from and to, that have a frame of b beside them: a[t] beside b[t + lag]."""
    return max(0, -lag), min(a.frames, b.frames - lag)


def minima(a: Clip, b: Clip, lag: int) -> float:
    """Sound that both have."""
    start, stop = common(a, b, lag)
    return float(np.minimum(a.values[:, start:stop], b.values[:, start + lag : stop + lag]).sum())


def climb(score: Callable[[int], float], lag: int) -> tuple[int, float]:
    """Lag of the nearest maximum of a score, and the fraction of a frame that a parabola adds to it."""
    while max(score(lag - 1), score(lag + 1)) > score(lag):
        lag += 1 if score(lag + 1) >= score(lag - 1) else -1
    left, mid, right = score(lag - 1), score(lag), score(lag + 1)
    bend = left - 2 * mid + right
    return lag, 0.5 * (left - right) / bend if bend else 0.0


def best_lag(a: Clip, b: Clip, near: int | None = None) -> tuple[int, float, float]:
    """Lag in frames with the largest sum of minima, the fraction a parabola adds to it, and that sum.

    near : about that lag, if known; else the correlation, by FFT at all lags at once, names the candidates
    """
    aligned = b.frames - a.frames
    lags = likely_lags(a, b) if near is None else [min(max(near, 1 - a.frames), b.frames - 1)]
    scores: dict[int, float] = {}

    def score(lag: int) -> float:
        if lag not in scores:
            scores[lag] = minima(a, b, lag) if -a.frames < lag < b.frames else 0.0
        return scores[lag]

    best = max(lags, key=lambda lag: (score(lag), -min(abs(lag), abs(aligned - lag)), -abs(lag), lag))
    best, fraction = climb(score, best)
    return best, fraction, score(best)


def likely_lags(a: Clip, b: Clip) -> list[int]:
    """Lags in frames with the largest correlations.

    A loop repeats itself: lags at which the clips begin or end together are tried too, and win a tie.
    """
    size = 1 << (a.frames + b.frames - 2).bit_length()
    product = (a.spectrum(size).conj() * b.spectrum(size)).sum(axis=0)
    around = np.fft.irfft(product, size)
    c = np.concatenate([[-1.0], around[size - a.frames + 1 :], around[: b.frames], [-1.0]])
    peaks = np.flatnonzero((c[1:-1] >= c[:-2]) & (c[1:-1] > c[2:])) + 1
    if peaks.size > CANDIDATES:
        starts = (max(lag + a.frames - 2, 1) for lag in (0, b.frames - a.frames))
        ends = [lo + int(c[lo : lo + 5].argmax()) for lo in starts]
        peaks = np.append(peaks[np.argpartition(c[peaks], -CANDIDATES)[-CANDIDATES:]], ends)
    lags: list[int] = (peaks - a.frames).tolist()
    return lags


def moved(values: np.ndarray, fraction: float) -> np.ndarray:
    """A pattern read `fraction` of a frame later (earlier if negative); its outermost frames are silent."""
    out = (1 - abs(fraction)) * values
    if fraction > 0:
        out[:, :-1] += fraction * values[:, 1:]
    else:
        out[:, 1:] -= fraction * values[:, :-1]
    return out


def laid(a: Clip, b: Clip, lag: int, fraction: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Both patterns over all frames of either, on one clock, and the frame of clip a that frame 0 is.

    Each is moved by half the fraction, so that both are blurred alike.
    """
    first, last = min(0, -lag), max(a.frames, b.frames - lag)
    both = np.zeros((2, a.values.shape[0], last - first), np.float32)
    both[0, :, -first : a.frames - first] = moved(a.values, -fraction / 2)
    both[1, :, -lag - first : b.frames - lag - first] = moved(b.values, fraction / 2)
    return both[0], both[1], first


def counted(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per frame, the sound of either pattern and the sound that only one has."""
    return np.maximum(a, b).sum(axis=0), np.abs(a - b).sum(axis=0)


def windowed(values: np.ndarray) -> np.ndarray:
    """Sums over every fifth of a second, the first and last reaching over the ends."""
    return np.convolve(values, np.ones(LOCAL_FRAMES))


def shares(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Share of the sound that only one pattern has, and the distance: that, or the weighted worst fifth of a second.

    A fifth with less sound than usual is judged as if it had as much.
    """
    either, only = counted(a, b)
    total = float(either.sum())
    if total == 0.0:
        return 1.0, 1.0
    worst = float((windowed(only) / np.maximum(windowed(either), LOCAL_FRAMES * total / either.size)).max())
    share = float(only.sum()) / total
    return share, max(share, LOCAL_WEIGHT * worst)

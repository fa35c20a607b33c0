"""Time-aligned overlap of log-mel patterns: a phase-blind distance cheap enough for every pair.

A pattern is a clip's mel spectrum in decibels, cut 30 dB under its peak and scaled to 0…1. Two patterns are shifted until the
sum of their minima is largest; 1 − minima / maxima is then the share of sound that only one of them has. One extra hit in a
long clip hardly moves that share, so the worst quarter of a second counts as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

HOP_S = 0.010
WINDOW_S = 0.032
BANDS = 16
LOW_HZ, HIGH_HZ = 60.0, 3600.0  # the top fits into 8 kHz telephone clips
FLOOR_DB = 30.0
STEPS = 250  # levels are stored as bytes, 0.12 dB apart; sums of them are exact in any order
LOCAL_FRAMES = 25  # a quarter of a second
LOCAL_WEIGHT = 0.6
CANDIDATES = 4
EDGE_FRAMES = 5
THROUGH = 0.4  # a sound this strong, against the loudest frame, on both sides of a clip's end was cut there
SHARED = 0.5  # least share of each clip's sound inside both, if the rest is to be forgiven
CACHE_FRAMES = 4096  # spectra of longer pairs are not kept

Sketch = Mapping[str, np.ndarray]


def mel(hz: np.ndarray | float) -> np.ndarray:
    """Hz → mel, O'Shaughnessy's formula."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


@lru_cache(maxsize=32)
def filters(rate: float, n_fft: int) -> np.ndarray:
    """(bands, n_fft // 2 + 1) triangles of the bands that lie below half the rate."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)
    edges = edges[edges <= mel(rate / 2)]
    bins = mel(np.arange(n_fft // 2 + 1) * rate / n_fft)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid))).astype(np.float32)


def mel_power(samples: np.ndarray, rate: float) -> np.ndarray:
    """(bands, frames) mel power, channels summed; frame k is centred on k · 10 ms whatever the rate."""
    window = max(4, round(WINDOW_S * rate))
    n_fft = 1 << (window - 1).bit_length()
    taper = (np.sin(np.pi * np.arange(window) / window) ** 2).astype(np.float32)
    bank = filters(float(rate), n_fft).T
    starts = np.round(np.arange(int(samples.shape[1] / (HOP_S * rate)) + 1) * (HOP_S * rate)).astype(int)
    padded = np.pad(samples, ((0, 0), (window // 2, window)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)
    out = np.empty((bank.shape[1], starts.size), np.float32)
    for first in range(0, starts.size, 256):
        spectrum = np.fft.rfft(frames[:, starts[first : first + 256]] * taper, n_fft, axis=-1)
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float32)
        out[:, first : first + 256] = (power @ bank).T
    return out


def sketch(samples: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Pattern of a clip: uint8 (bands, frames) of 0…250 for 0…30 dB above the floor; all 0 for silence."""
    samples = samples - samples.mean(axis=1, keepdims=True) if samples.size else np.zeros((1, 1))
    peak = np.abs(samples).max()
    if peak <= 1e-9:
        return {"pattern": np.zeros((BANDS, 1), np.uint8)}
    power = mel_power((samples / peak).astype(np.float32), rate)
    level = 1.0 + 10.0 * np.log10(np.maximum(power / power.max(), 1e-9)) / FLOOR_DB
    level = np.pad(np.maximum(level, 0.0), ((0, 0), (1, 1)))
    level = 0.25 * level[:, :-2] + 0.5 * level[:, 1:-1] + 0.25 * level[:, 2:]
    return {"pattern": np.rint(STEPS * level).astype(np.uint8)}


class _Clip:
    """A sketch made ready for comparison."""

    def __init__(self, sketch: Sketch) -> None:
        stored = sketch["pattern"]
        self.values = stored.astype(np.float32)
        self.frames = stored.shape[1]
        self.key = (self.frames, stored.tobytes())
        self.sums = self.values.sum(axis=0)
        self.sound = np.concatenate([[0.0], np.cumsum(self.sums, dtype=np.float64)])
        self.total = float(self.sound[-1])
        self.loudest = float(self.sums.max())
        self.spectra: dict[int, np.ndarray] = {}

    def spectrum(self, size: int) -> np.ndarray:
        found = self.spectra.get(size)
        if found is None:
            found = np.fft.rfft(self.values, size, axis=1)
            if size <= CACHE_FRAMES:
                self.spectra[size] = found
        return found

    def inside(self, start: int, stop: int) -> float:
        return float(self.sound[max(0, min(stop, self.frames))] - self.sound[max(0, min(start, self.frames))])

    def strength(self, start: int, stop: int) -> float:
        """Mean sound of some frames against the loudest frame."""
        return self.inside(start, stop) / ((stop - start) * self.loudest)


def _minima(a: _Clip, b: _Clip, lag: int) -> np.ndarray:
    start, stop = max(0, -lag), min(a.frames, b.frames - lag)
    return np.minimum(a.values[:, start:stop], b.values[:, start + lag : stop + lag])


def best_lag(a: _Clip, b: _Clip) -> tuple[int, float]:
    """Lag in frames (a[t] beside b[t + lag]) with the largest sum of minima, and the fraction a parabola adds.

    Correlation, whose value is near that of the minima, names the candidates.
    """
    n = a.frames + b.frames - 1
    size = 1 << max(n - 1, 1).bit_length()
    product = (a.spectrum(size).conj() * b.spectrum(size)).sum(axis=0)
    c = np.fft.irfft(product, size)
    c = np.concatenate([[-1.0], c[size - a.frames + 1 :], c[: b.frames], [-1.0]])
    peaks = np.flatnonzero((c[1:-1] >= c[:-2]) & (c[1:-1] > c[2:])) + 1
    if peaks.size > CANDIDATES:
        peaks = peaks[np.argpartition(c[peaks], -CANDIDATES)[-CANDIDATES:]]
    scores: dict[int, float] = {}

    def score(lag: int) -> float:
        if lag not in scores:
            scores[lag] = float(_minima(a, b, lag).sum()) if -a.frames < lag < b.frames else 0.0
        return scores[lag]

    best = max((int(p) - a.frames for p in peaks), key=lambda lag: (score(lag), -abs(lag), lag))
    while max(score(best - 1), score(best + 1)) > score(best):
        best += 1 if score(best + 1) >= score(best - 1) else -1
    left, mid, right = score(best - 1), score(best), score(best + 1)
    bend = left - 2 * mid + right
    return best, 0.5 * (left - right) / bend if bend else 0.0


def _ends(a: _Clip, b: _Clip, lag: int) -> tuple[bool, bool]:
    """Whether the sound before, and that after, the frames of both was cut from one of the clips rather than never there.

    Sound that runs through the end of the shorter clip was cut; sound that sets in after it is something else.
    """
    start, stop = max(0, -lag), min(a.frames, b.frames - lag)
    if a.inside(start, stop) < SHARED * a.total or b.inside(start + lag, stop + lag) < SHARED * b.total:
        return False, False

    def through(short: _Clip, long: _Clip, first: int, sign: int) -> bool:
        """`first`: the frame of `long` beside the outermost of `short`; `sign`: which way is out."""
        edge = 0 if sign < 0 else short.frames - 1
        near = sorted((edge - sign, edge - sign * (1 + EDGE_FRAMES)))
        beyond = sorted((first + sign, first + sign * (1 + EDGE_FRAMES)))
        kept, lost = (
            short.strength(near[0] + (sign > 0), near[1] + (sign > 0)),
            long.strength(beyond[0] + (sign < 0), beyond[1] + (sign < 0)),
        )
        return min(kept, lost) >= THROUGH

    head = through(b, a, -lag, -1) if lag < 0 else through(a, b, lag, -1)
    tail = through(b, a, b.frames - 1 - lag, 1) if a.frames > b.frames - lag else through(a, b, a.frames - 1 + lag, 1)
    return head, tail


def differing(a: _Clip, b: _Clip, lag: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Per frame of both clips together: sound only one has, sound either has; and the frame of a that comes first."""
    first = min(0, -lag)
    either = np.zeros(max(a.frames, b.frames - lag) - first)
    either[-first : a.frames - first] += a.sums
    either[-lag - first : b.frames - lag - first] += b.sums
    start = max(0, -lag) - first
    both = _minima(a, b, lag).sum(axis=0)
    either[start : start + both.size] -= both
    only = either.copy()
    only[start : start + both.size] -= both
    return only, either, first


def windowed(values: np.ndarray, width: int) -> np.ndarray:
    """Sums over `width` frames, the window reaching over both ends."""
    total = np.concatenate([np.zeros(width), np.cumsum(values), np.full(width - 1, values.sum())])
    return total[width:] - total[:-width]


def _distance(a: _Clip, b: _Clip) -> tuple[float, float, float, float]:
    """Distance, similarity, offset in seconds (positive where the material starts later in a), overlap in time."""
    if a.total == 0 or b.total == 0:
        return (np.nan,) * 4
    if a.key > b.key:
        distance, similarity, offset, overlap = _distance(b, a)
        return distance, similarity, -offset, overlap
    lag, fraction = best_lag(a, b)
    start, stop = max(0, -lag), min(a.frames, b.frames - lag)
    only, either, first = differing(a, b, lag)
    head, tail = _ends(a, b, lag)
    inner = slice(start - first + 2 if head else 0, stop - first - 2 if tail else either.size)
    only, either = only[inner], either[inner]
    distance = only.sum() / either.sum()
    if distance < LOCAL_WEIGHT:
        usual = LOCAL_FRAMES * either.sum() / np.count_nonzero(either)
        worst = (windowed(only, LOCAL_FRAMES) / np.maximum(windowed(either, LOCAL_FRAMES), usual)).max()
        distance = max(distance, LOCAL_WEIGHT * worst)
    overlap = (stop - start) / min(a.frames, b.frames)
    return float(distance), float(1 - distance), -(lag + fraction) * HOP_S, overlap


def pairs(sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Columns distance, similarity, offset_s and overlap of the pairs (i, j); NaN where a clip is silent."""
    clips = {k: _Clip(sketches[k]) for k in {*map(int, i), *map(int, j)}}
    rows = np.array([_distance(clips[int(p)], clips[int(q)]) for p, q in zip(i, j, strict=True)]).reshape(-1, 4)
    names = ("distance", "similarity", "offset_s", "overlap")
    return {name: rows[:, k].astype(np.float32) for k, name in enumerate(names)}

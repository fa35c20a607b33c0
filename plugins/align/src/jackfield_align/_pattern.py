"""Time-aligned overlap of log-mel patterns: a phase-blind distance cheap enough for every pair.

A pattern is a clip's mel spectrum in decibels, cut 30 dB under its peak and scaled to 0…1. Two patterns are shifted
until the sum of their minima is largest; 1 − minima / maxima is then the share of sound that only one of them has.
One extra hit in a long clip hardly moves that share, so the worst fifth of a second counts as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

HOP_S = 0.010
WINDOW_S = 0.032
BANDS = 14
LOW_HZ, HIGH_HZ = 60.0, 3600.0  # the top fits into 8 kHz telephone clips
FLOOR_DB = 30.0
STEPS = 250  # levels are stored as bytes, 0.12 dB apart: their sums are exact in any order
SILENT = 1e-9  # largest sample of a clip that counts as silence
CANDIDATES = 4  # peaks of the correlation tried as lags
CLOSE = 0.5  # pairs whose common part differs by more are not looked at any closer
LOCAL_FRAMES, LOCAL_WEIGHT = 20, 0.5  # a fifth of a second, and what counts of it
KEPT_SPECTRUM = 2048  # longer spectra are computed anew for every pair

# When sound that reaches over the end of the other clip is forgiven, because a cut explains it
INSIDE, SPAN = 0.9, 0.45  # shares of the shorter clip's sound, and of the longer clip's time, that both must have
EDGE, BLUR, MARGIN = 4, 2, 4  # frames looked at on either side; frames at the end too blurred to look at, to count
QUIET = 0.03  # share of the loudest frame under which there is a pause
THROUGH, ONSET = 0.1, 0.25  # least sound on both sides, and largest rise across, as shares of the loudest frame
LEVEL_STEPS = 100.0  # largest shift in level, 12 dB, where a cut took the loudest part

VARIANT = 0.35  # largest share of sound that only one has for the rest to be the same piece

Sketch = Mapping[str, Any]


def mel(hz: np.ndarray | float) -> np.ndarray:
    """Hz → mel, O'Shaughnessy's formula."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


@lru_cache(maxsize=32)
def filters(rate: float, n_fft: int) -> np.ndarray:
    """(bands, n_fft // 2 + 1) triangles of the bands that lie below half the rate; 14 from 7200 Hz on."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)
    edges = edges[edges <= mel(rate / 2) + 1e-9]
    bins = mel(np.arange(n_fft // 2 + 1) * rate / n_fft)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bank: np.ndarray = np.maximum(0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    return bank.astype(np.float32)


def mel_power(samples: np.ndarray, rate: float) -> np.ndarray:
    """(bands, frames) mel power, summed over channels; frame k is centred on k · 10 ms whatever the rate."""
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
    """Pattern of a clip.

    samples : (channels, n) finite floats; the power of channels is summed, so that no polarity cancels
    rate : Hz, 400 at least; below 7200 Hz the pattern has fewer bands

    Returns
    pattern : uint8 (bands, frames), 0…250 for −30…0 dB under the peak, one frame per 10 ms; all 0 for silence
    open : bool (2,), whether sound begins, and ends, as after a cut

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[None]
    >>> sketch(tone, 8000)["pattern"].shape
    (14, 101)
    """
    samples = samples - samples.mean(axis=1, keepdims=True) if samples.size else np.zeros((1, 1))
    peak = np.abs(samples).max()
    power = mel_power((samples / max(peak, SILENT)).astype(np.float32), rate)
    if peak <= SILENT or power.max() == 0:
        return {"pattern": np.zeros(power.shape, np.uint8), "open": np.zeros(2, bool)}
    level = 1.0 + 10.0 * np.log10(np.maximum(power / power.max(), 1e-9)) / FLOOR_DB
    level = np.pad(np.maximum(level, 0.0), ((0, 0), (1, 1)))
    # Smoothed over three frames: half a frame of shift must not look like another onset.
    level = 0.25 * level[:, :-2] + 0.5 * level[:, 1:-1] + 0.25 * level[:, 2:]
    pattern = np.rint(STEPS * level).astype(np.uint8)
    return {"pattern": pattern, "open": open_ends(power, pattern)}


def open_ends(power: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """(2,) bool: whether nothing, or silence 70 dB down, comes within 25 ms before the first sound and after the last.

    A sound that was recorded to its end fades; only a cut drops that fast.
    """
    heard = np.flatnonzero(pattern.any(axis=0))
    level = power.sum(axis=0)
    hush = np.pad(level <= 1e-7 * level.max(), 3, constant_values=True)
    return np.array([hush[heard[0] + 1], hush[heard[-1] + 5]])


class Clip:
    """A sketch made ready for comparison: silence cut off at both ends but for one frame."""

    def __init__(self, sketch: Sketch, bands: int) -> None:
        pattern = sketch["pattern"][:bands]
        self.open = sketch["open"].tolist()
        heard = np.flatnonzero(pattern.any(axis=0))
        self.silent = not heard.size
        first, stop = (heard[0], heard[-1] + 1) if heard.size else (0, 1)
        self.start = int(first) - 1
        self.silence = int(first), pattern.shape[1] - int(stop)
        pattern = np.pad(pattern[:, first:stop], ((0, 0), (1, 1)))
        self.values = pattern.astype(np.float32)
        self.frames = pattern.shape[1]
        self.key = (self.frames, pattern.tobytes(), self.open)
        self.sound = np.concatenate([[0.0], np.cumsum(self.values.sum(axis=0), dtype=np.float64)])
        self.total = float(self.sound[-1])
        self.spectra: dict[int, np.ndarray] = {}

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


def best_lag(a: Clip, b: Clip) -> tuple[int, float, float]:
    """Lag in frames with the largest sum of minima, the fraction a parabola adds to it, and that sum.

    The correlation, by FFT at all lags at once, names the candidates.
    """
    size = 1 << (a.frames + b.frames - 2).bit_length()
    product = (a.spectrum(size).conj() * b.spectrum(size)).sum(axis=0)
    around = np.fft.irfft(product, size)
    c = np.concatenate([[-1.0], around[size - a.frames + 1 :], around[: b.frames], [-1.0]])
    peaks = np.flatnonzero((c[1:-1] >= c[:-2]) & (c[1:-1] > c[2:])) + 1
    lags = peaks - a.frames
    aligned = b.frames - a.frames
    if peaks.size > CANDIDATES:
        # A loop repeats itself: lags at which the clips begin or end together are tried too, and win a tie.
        ends = [lo + int(c[lo : lo + 5].argmax()) for lo in (max(lag + a.frames - 2, 1) for lag in (0, aligned))]
        lags = np.append(peaks[np.argpartition(c[peaks], -CANDIDATES)[-CANDIDATES:]], ends) - a.frames
    scores: dict[int, float] = {}

    def score(lag: int) -> float:
        if lag not in scores:
            scores[lag] = minima(a, b, lag) if -a.frames < lag < b.frames else 0.0
        return scores[lag]

    best = max(lags.tolist(), key=lambda lag: (score(lag), -min(abs(lag), abs(aligned - lag)), -abs(lag), lag))
    while max(score(best - 1), score(best + 1)) > score(best):
        best += 1 if score(best + 1) >= score(best - 1) else -1
    left, mid, right = score(best - 1), score(best), score(best + 1)
    bend = left - 2 * mid + right
    return best, 0.5 * (left - right) / bend if bend else 0.0, mid


def moved(values: np.ndarray, fraction: float) -> np.ndarray:
    """A pattern read `fraction` of a frame later (earlier if negative); its outermost frames are silent."""
    out = (1 - abs(fraction)) * values
    if fraction > 0:
        out[:, :-1] += fraction * values[:, 1:]
    else:
        out[:, 1:] -= fraction * values[:, :-1]
    return out


class Laid(NamedTuple):
    """Two clips on one clock: patterns over all frames of either, and the frames that both have."""

    a: np.ndarray
    b: np.ndarray
    start: int
    stop: int
    first: int  # frame of clip a that frame 0 is
    head_open: bool  # whether the clip that starts later starts as after a cut
    tail_open: bool  # whether the clip that ends earlier ends so
    head_silence: int  # frames before the first sound of the clip that starts later
    tail_silence: int  # frames after the last sound of the clip that ends earlier


def laid(a: Clip, b: Clip, lag: int, fraction: float) -> Laid:
    """Both clips on a's clock, each moved by half the fraction, so that both are blurred alike."""
    first, last = min(0, -lag), max(a.frames, b.frames - lag)
    both = np.zeros((2, a.values.shape[0], last - first), np.float32)
    both[0, :, -first : a.frames - first] = moved(a.values, -fraction / 2)
    both[1, :, -lag - first : b.frames - lag - first] = moved(b.values, fraction / 2)
    start, stop = common(a, b, lag)
    later, earlier = (b if lag < 0 else a), (b if a.frames > b.frames - lag else a)
    ends = later.open[0], earlier.open[1], later.silence[0], earlier.silence[1]
    return Laid(both[0], both[1], start - first, stop - first, first, *ends)


def level_difference(pair: Laid) -> float:
    """Median difference in level, a over b in steps, where both have sound: a cut may have taken the loudest part."""
    a, b = pair.a[:, pair.start : pair.stop], pair.b[:, pair.start : pair.stop]
    both = np.minimum(a, b) > 0
    difference = float(np.median((a - b)[both])) if both.any() else 0.0
    return difference if abs(difference) <= LEVEL_STEPS else 0.0


def cut(pair: Laid) -> tuple[bool, bool]:
    """Whether a cut explains what only one clip has before, and after, the frames that both have.

    A cut goes through sound: there is some on both sides, and none sets in there. Or it falls into a pause of a piece
    that goes on. One sound that starts after a clip has died away is something else.
    """
    a, b = pair.a.sum(axis=0), pair.b.sum(axis=0)
    spans = [int(np.ptp(np.flatnonzero(x))) + 1 for x in (a, b)]
    shorter = (a, b)[int(spans[1] < spans[0])]
    if shorter[pair.start : pair.stop].sum() < INSIDE * shorter.sum() or pair.stop - pair.start < SPAN * max(spans):
        return False, False
    a, b = a / a.max(), b / b.max()
    outside, inside = np.maximum(a, b), np.minimum(a, b)

    def through(before: np.ndarray, after: np.ndarray) -> bool:
        old, new = before[-EDGE:].sum() / EDGE, after[:EDGE].sum() / EDGE
        return bool(min(old, new) >= THROUGH and new - old <= ONSET)

    before, both, after = outside[: pair.start], inside[pair.start : pair.stop], outside[pair.stop :]
    head = pair.head_open and through(before, both[BLUR:])
    tail = pair.tail_open and through(both[:-BLUR], after)
    head = head or in_pause(both[::-1], before[::-1], pair.head_silence)
    return head, tail or in_pause(both, after, pair.tail_silence)


def in_pause(inside: np.ndarray, outside: np.ndarray, silence: int) -> bool:
    """Whether a clip of several sounds was cut between two of them: what follows comes after a pause like the others.

    inside, outside : sound up to where the clip ends, and what the other clip has from there on; silence : frames that
    the clip's file goes on for after its last sound. One more sound alone is never taken for the rest of a piece.
    """
    heard, beyond = np.flatnonzero(inside > QUIET), outside > QUIET
    begins = np.flatnonzero(np.diff(beyond, prepend=False) & beyond)
    if heard.size < 2 or begins.size < 2 or begins[0] < silence - 1 - BLUR:
        return False
    return bool(inside.size - heard[-1] + begins[0] <= np.diff(heard).max() + BLUR)


def windowed(values: np.ndarray) -> np.ndarray:
    """Sums over every fifth of a second, the first and last reaching over the ends."""
    return np.convolve(values, np.ones(LOCAL_FRAMES))


def counted(pair: Laid) -> tuple[np.ndarray, np.ndarray, float]:
    """Per frame, the sound of either clip and the sound that only one has; and the usual sound of a frame.

    Frames that a cut explains are 0 in both.
    """
    head, tail = cut(pair)
    a, b = pair.a, pair.b
    if head or tail:
        difference = level_difference(pair)
        a, b = np.maximum(a - max(difference, 0.0), 0.0), np.maximum(b + min(difference, 0.0), 0.0)
    either, only = np.maximum(a, b).sum(axis=0), np.abs(a - b).sum(axis=0)
    first, last = pair.start + MARGIN if head else 0, pair.stop - MARGIN if tail else either.size
    for left_out in (slice(first), slice(last, None)):
        either[left_out] = only[left_out] = 0.0
    return either, only, float(either.sum() / max(last - first, 1))


def shares(pair: Laid) -> tuple[float, float]:
    """Share of the sound that only one clip has: of all, and of the worst fifth of a second.

    A fifth with less sound than usual is judged as if it had as much.
    """
    either, only, usual = counted(pair)
    if usual == 0.0:
        return 1.0, 1.0
    worst = (windowed(only) / np.maximum(windowed(either), LOCAL_FRAMES * usual)).max()
    return float(only.sum() / either.sum()), float(worst)


class Found(NamedTuple):
    """What a pair of patterns shows; all NaN where a clip is silent."""

    distance: float
    share: float  # of the sound, that only one clip has
    offset_s: float
    overlap: float


def match(a: Clip, b: Clip) -> Found:
    """Compare two clips that have the same bands."""
    if a.silent or b.silent:
        return Found(*[float("nan")] * 4)
    if a.key > b.key:  # always the same way round, so that the distance is symmetric to the last bit
        found = match(b, a)
        return found._replace(offset_s=0.0 - found.offset_s)
    lag, fraction, both = best_lag(a, b)
    start, stop = common(a, b, lag)
    share = 1.0 - both / (a.total + b.total - both)
    distance = share
    if both > (1.0 - CLOSE) * (a.inside(start, stop) + b.inside(start + lag, stop + lag) - both):
        share, worst = shares(laid(a, b, lag, fraction))
        distance = max(share, LOCAL_WEIGHT * worst)
    offset = (a.start - b.start - lag - fraction) * HOP_S
    return Found(distance, share, offset, (stop - start) / min(a.frames, b.frames))


def pairs(sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Columns distance, similarity, offset_s and overlap, float32, of the pairs (i, j); NaN where a clip is silent."""
    clips: dict[tuple[int, int], Clip] = {}

    def clip(k: int, bands: int) -> Clip:
        if (k, bands) not in clips:
            clips[k, bands] = Clip(sketches[k], bands)
        return clips[k, bands]

    rows = np.empty((len(i), 4), np.float32)
    for row, (p, q) in enumerate(zip(map(int, i), map(int, j), strict=True)):
        bands = min(sketches[p]["pattern"].shape[0], sketches[q]["pattern"].shape[0])
        rows[row] = match(clip(p, bands), clip(q, bands))
    return {
        "distance": rows[:, 0].copy(),
        "similarity": 1.0 - rows[:, 0],
        "offset_s": rows[:, 2].copy(),
        "overlap": rows[:, 3].copy(),
    }


def intervals(marked: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True as (start, stop); runs 50 ms apart are one, those under 30 ms are none."""
    frames = np.flatnonzero(marked)
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 5) + 1) if frames.size else []
    return [(int(run[0]), int(run[-1]) + 1) for run in runs if run[-1] - run[0] >= 2]


def differences(a: Sketch, b: Sketch, offset_s: float) -> tuple[tuple[float, float], ...]:
    """Intervals in seconds on a's clock, to ±30 ms, in which one clip has sound that the other has not.

    offset_s : as from `pairs`. Sound that only b has may lie before 0 or after a's end; what a cut explains is not
    listed.
    """
    first, second = ready(a, b)
    if first.silent or second.silent:
        return ()
    frames = -offset_s / HOP_S + first.start - second.start
    lag = round(frames)
    pair = laid(first, second, lag, frames - lag)
    either, only, usual = counted(pair)
    runs = intervals(only > 0.4 * np.maximum(either, max(usual, 1.0)))
    clock = pair.first + first.start - 0.5
    return tuple((round((clock + p) * HOP_S, 3), round((clock + q) * HOP_S, 3)) for p, q in runs)


def ready(a: Sketch, b: Sketch) -> tuple[Clip, Clip]:
    """Two clips with the bands that both have."""
    bands = min(a["pattern"].shape[0], b["pattern"].shape[0])
    return Clip(a, bands), Clip(b, bands)


def compare(a: Sketch, b: Sketch, same: float) -> dict[str, Any]:
    """Fields of a `Comparison`: "same" up to distance `same`, "variant" where most of the sound agrees all the same."""
    found = match(*ready(a, b))
    if np.isnan(found.distance):
        return {"distance": found.distance}
    alike = found.share <= VARIANT
    relation = "same" if found.distance <= same else "variant" if alike else "different"
    return {
        "distance": found.distance,
        "similarity": 1.0 - found.distance,
        "offset_s": found.offset_s,
        "overlap": found.overlap,
        "differs": differences(a, b, found.offset_s) if relation == "variant" else (),
        "relation": relation,
    }

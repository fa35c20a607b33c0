"""Where one clip lies inside another, by normalised cross-correlation of their waveforms."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._pattern import scaled

Samples = NDArray[np.float32]

ANTIPHASE_LOSS = 100.0  # 20 dB: a mono mix that loses more than this cancels
KEPT_ENERGY = 0.4  # halving the rate may cost 60 % of the energy: a band of 10 kHz aligns as well as one of 20
LOWEST_HALVED_RATE = 30_000.0  # Hz; below this the rate is left alone: half of 44.1 kHz would not hold hi-hats
MOST_SAMPLES = 1 << 22  # per sketch, 16 MB: longer clips are compared at a lower rate
QUIETEST_SHARE = 1e-4  # −40 dB: below that share of a clip's energy, rounding of the FFT would count
MARGIN = 33  # samples on either side that interpolation takes; so many lags beyond those considered
NEAR = 2  # samples by which a lag may be off that is known by the sound below 20 kHz in frames
STEPS_PER_SAMPLE = 16
HALFWAY = (0.6174, -0.1592, 0.0526, -0.0106)  # sinc(m + 1/2) · cos²(π/2 · (m + 1/2) / 4.5)
KEPT_SPECTRUM = 1 << 18  # longer spectra are computed anew for every pair
CANDIDATES = 32
WHOLE_SAMPLE = 0.02  # samples; edits happen on whole samples, and noise moves the lag by as much
TIE, END_TIE = 1e-4, 1e-5  # share of the best score that another period, or the clips' common start or end, may lack


class Peak(NamedTuple):
    """The best lag: `a[n] ≈ b[n − lag]`, lag in samples (fractional), correlation in [−1, 1]."""

    lag: float
    correlation: float


def sketch(samples: NDArray[np.floating], rate: float, most: int = MOST_SAMPLES) -> dict[str, NDArray[np.generic]]:
    """What a comparison needs of a clip of (channels, n) samples: mono float32 samples without DC, and their rate.

    The rate is halved while at least 30 kHz and two fifths of the energy remain, and, whatever remains, until there
    are at most `most` samples. `above` is the amplitude share that was left out, 2^`exponent` what the samples of a
    clip that exceeds ±1 were divided by.
    """
    import soxr

    samples, exponent = scaled(samples)
    kept = mono(np.asarray(samples, np.float32))
    kept_rate, share = float(rate), 1.0
    if len(kept):
        kept = kept - np.float32(kept.mean(dtype=np.float64))
    whole = energy(kept) / rate
    while kept_rate / 2 >= LOWEST_HALVED_RATE or len(kept) > most:
        half = np.asarray(soxr.resample(kept, 2, 1), np.float32)
        half_share = energy(half) / (kept_rate / 2) / whole if whole else 1.0
        if half_share < KEPT_ENERGY and len(kept) <= most:
            break
        kept, kept_rate, share = half, kept_rate / 2, half_share
    return {
        "samples": np.ascontiguousarray(kept),
        "rate": np.array(kept_rate),
        "source_rate": np.array(float(rate)),
        "length": np.array(samples.shape[1]),
        "exponent": np.array(exponent),
        "above": np.array(np.sqrt(max(0.0, 1.0 - share))),
    }


def mono(samples: Samples) -> Samples:
    """Mean of the channels (channels, n) → (n,); the loudest channel where the mean cancels by more than 20 dB."""
    if len(samples) == 1:
        return samples[0]
    mix = samples.mean(axis=0)
    energies = [energy(channel) for channel in samples]
    if energy(mix) * ANTIPHASE_LOSS < np.mean(energies):
        return samples[int(np.argmax(energies))]
    return mix


def energy(x: Samples) -> float:
    """Sum of squares in float64."""
    return float(np.sum(np.square(x), dtype=np.float64))


def spectrum(x: Samples, n: int) -> NDArray[np.complex64]:
    """One-sided spectrum of `x` padded to `n`, divided by `n`.

    NumPy computes a float32 transform in double precision unless its scale factor is a float32 as well, which it is
    under `norm="forward"`: three times as fast.
    """
    return np.fft.rfft(x, n, norm="forward")


class Wave:
    """A clip's samples at one rate, and what every comparison needs of them, made once."""

    def __init__(self, samples: Samples) -> None:
        self.samples, self.energy = samples, energy(samples)
        self.spectra: dict[int, NDArray[np.complex64]] = {}

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """(n + 1,) energy before each sample."""
        return np.concatenate([[0.0], np.cumsum(np.square(self.samples), dtype=np.float64)])

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.samples.nbytes + sum(s.nbytes for s in self.spectra.values()) + 8 * len(self.samples)

    def spectrum(self, n: int) -> NDArray[np.complex64]:
        """Spectrum of the samples padded to `n`, kept unless it is a long one."""
        if n > KEPT_SPECTRUM:
            return spectrum(self.samples, n)
        if n not in self.spectra:
            self.spectra[n] = spectrum(self.samples, n)
        return self.spectra[n]

    def window_energies(self, length: int, first: int, count: int) -> Samples:
        """Energy in the windows [first + k, first + k + length), k < count, as a share of the whole; first ≤ 0."""
        sums = np.zeros(count + length)
        stop = len(self) - first
        sums[-first : stop + 1] = self.sums
        sums[stop + 1 :] = self.sums[-1]
        shares = np.empty(count, np.float32)
        return np.divide(sums[length:] - sums[:-length], self.sums[-1], out=shares, casting="same_kind")


def shared_length(n: int) -> int:
    """The smallest 2^k or 3·2^k ≥ n: lengths so few that a clip's spectra serve several pairs."""
    power = 1 << max(2, (n - 1).bit_length())
    return power // 4 * 3 if power // 4 * 3 >= n else power


class Curve(NamedTuple):
    """How well two clips agree at every lag considered, each judged by the energy that both have in *its* overlap.

    Element k stands for lag `first` + k. `products` are the cross-correlation, with a margin of further lags at either
    end, `level` the shares of both clips' energies in the overlap, multiplied, `squared` the squared correlation: 0
    where neither clip has enough of its energy in the overlap, for two tails always resemble each other.
    """

    first: int
    products: Samples
    level: Samples
    held: NDArray[np.bool_]
    squared: Samples

    def refined(self, near: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lags of the extrema around some elements, to a fraction of a sample, and the heights there."""
        fractions, heights = refine(self.products[near[:, None] + np.arange(2 * MARGIN + 1)])
        return self.first + near + fractions, heights

    def correlations(self, near: NDArray[np.int64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at some elements as correlations in [−1, 1]."""
        return np.clip(heights / np.sqrt(self.level[near]), -1, 1)


def correlate(a: Wave, b: Wave, min_overlap: float) -> Curve:
    """Agreement at every lag with an overlap of at least `min_overlap` of the shorter clip, by one inverse FFT."""
    shorter = min(len(a), len(b))
    least = max(1, round(min_overlap * shorter))
    first, count = least - len(b), len(a) + len(b) - 2 * least + 1
    n = shared_length(len(a) + len(b) - least + 2 * MARGIN)
    products = a.spectrum(n) * b.spectrum(n).conj()
    products *= np.float32(n**2 / np.sqrt(a.energy * b.energy))
    around = np.fft.irfft(products, n)
    whole = np.concatenate([around[first - MARGIN :], around[: first + count + MARGIN]])  # negative lags stand last
    energy_a = a.window_energies(len(b), first, count)
    energy_b = b.window_energies(len(a), first + len(b) - len(a), count)[::-1]
    held = np.maximum(energy_a, energy_b) >= min_overlap
    level = np.maximum(energy_a, QUIETEST_SHARE) * np.maximum(energy_b, QUIETEST_SHARE)
    squared = np.minimum(np.square(envelope(whole, halfway(whole))[MARGIN:-MARGIN]) * held / level, 1)
    return Curve(first, whole, level, held, squared)


def find_peak(a: Wave, b: Wave, min_overlap: float, end: float, unit: float) -> Peak:
    """Lag at which the clips agree best.

    Of equally good lags, see `preferred`; at lag `end` the clips end together, and `unit` is a sample of the files.
    """
    curve = correlate(a, b, min_overlap)
    # × √(shared energy): otherwise a loop with one extra hit is best matched by leaving that hit out
    near = candidates(curve.squared * np.sqrt(curve.level))
    lags, heights = curve.refined(near)
    count, first = len(curve.level), curve.first
    ends = np.array([0, *([int(end)] if end == int(end) and first <= end < first + count else [])]) - first
    ends = ends[curve.held[ends]]
    heights = np.concatenate([heights, curve.products[MARGIN + ends]])
    lags = np.concatenate([lags, first + ends])
    near = np.concatenate([near, ends])
    correlations = curve.correlations(near, heights)
    score = np.square(correlations) * np.sqrt(curve.level[near])
    tied = score >= (1 - np.where(np.arange(len(near)) < len(near) - len(ends), TIE, END_TIE)) * score.max()
    best = preferred(lags, correlations, np.flatnonzero(tied), end, unit)
    return Peak(float(lags[best]), float(correlations[best]))


def peak_near(a: Samples, b: Samples, lag: int) -> float:
    """Lag of the largest product of two clips within two samples of another lag, to a fraction of a sample."""
    most = MARGIN + NEAR
    start, stop = max(0, lag), min(len(a), len(b) + lag)
    if stop <= start:
        return float(lag)
    around = np.pad(b, most)[start - lag : stop - lag + 2 * most]
    products = np.correlate(around, a[start:stop], "valid")[::-1]
    largest = MARGIN + int(np.abs(products[MARGIN:-MARGIN]).argmax())
    fraction, _ = refine(products[None, largest - MARGIN : largest + MARGIN + 1])
    return lag - most + largest + float(fraction[0])


def preferred(
    lags: NDArray[np.float64], correlations: NDArray[np.float64], tied: NDArray[np.intp], end: float, unit: float
) -> int:
    """Which of equally good lags: a periodic sound repeats itself, but clips are cut on samples, mostly at one end."""

    def merit(k: int) -> tuple[bool, bool, float, float, float]:
        lag, correlation = float(lags[k]), float(correlations[k])
        off_start, off_end = (round(abs(lag - edge) / unit, 2) for edge in (0, end))
        off_sample = abs(lag / unit - round(lag / unit))
        return correlation > 0, off_sample < WHOLE_SAMPLE, -min(off_start, off_end), -off_start, abs(correlation)

    return max(map(int, tied), key=merit)


def halfway(whole: Samples) -> Samples:
    """Values half a sample after each, by windowed sinc over eight samples: near enough to name candidates."""
    out = np.zeros_like(whole)
    taps, n = len(HALFWAY), len(whole)
    for m, weight in enumerate(HALFWAY):
        before, after = whole[taps - 1 - m : n - taps - m], whole[taps + m : n - taps + m + 1]
        out[taps - 1 : n - taps] += np.float32(weight) * (before + after)
    return out


def envelope(whole: Samples, halves: Samples) -> Samples:
    """Largest magnitude at each lag and half a sample before (but for the first) and after it.

    A wide-band peak half-way between two samples can vanish in both, and a side lobe would be taken for it.
    """
    largest = np.abs(whole)
    beside = np.abs(halves)
    np.maximum(largest, beside, out=largest)
    np.maximum(largest[1:], beside[:-1], out=largest[1:])
    return largest


def candidates(score: Samples) -> NDArray[np.int64]:
    """Up to 32 local maxima that may hold the true peak, best first."""
    likely = np.flatnonzero(score >= 0.5 * score.max())
    padded = np.concatenate([[-1.0], score, [-1.0]])
    local = likely[(score[likely] >= padded[likely]) & (score[likely] >= padded[likely + 2])]
    return local[np.argsort(-score[local], kind="stable")[:CANDIDATES]]


def windowed_sinc(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of a sample that lies so many samples away."""
    return np.sinc(distance) * np.cos(np.pi / 2 * np.clip(distance / (MARGIN + 1), -1, 1)) ** 2


@lru_cache(maxsize=1)
def interpolation() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions from −1 to 1 in steps of 1/16 sample, and the weights that give the value there."""
    grid = np.arange(-STEPS_PER_SAMPLE, STEPS_PER_SAMPLE + 1) / STEPS_PER_SAMPLE
    return grid, windowed_sinc(grid - np.arange(-MARGIN, MARGIN + 1)[:, None])


def refine(windows: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions relative to the middle and heights of the extrema: windowed sinc, then a parabola.

    A parabola through the samples themselves is off by up to 0.1 sample for wide-band material.
    """
    grid, weights = interpolation()
    fine = np.einsum("ij,jk->ik", windows, weights, dtype=np.float64)
    top = np.clip(np.argmax(np.abs(fine), axis=1), 1, len(grid) - 2)
    rows = np.arange(len(fine))
    below, peak, above = (fine[rows, top + k] for k in (-1, 0, 1))
    curvature = below - 2 * peak + above
    step = np.divide(below - above, 2 * curvature, out=np.zeros_like(peak), where=curvature != 0)
    step = np.clip(step, -1, 1)
    return grid[top] + step / STEPS_PER_SAMPLE, peak - 0.25 * (below - above) * step


def shifted(x: Samples, lag: float, start: int, stop: int) -> Samples:
    """`x` delayed by `lag` samples, at positions `start` to `stop`.

    By a fraction of a sample the residual is below −70 dB for sound up to 0.9 of the band.
    """
    whole = int(np.floor(lag))
    first, last = start - whole, stop - whole
    if lag == whole:
        return x[first:last]
    weights = windowed_sinc(np.arange(-MARGIN, MARGIN + 1) - (lag - whole)).astype(np.float32)
    around = np.pad(x, MARGIN)[first : last + 2 * MARGIN]
    return np.convolve(around, weights, "valid")

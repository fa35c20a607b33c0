"""Where two aligned clips differ: residual energy that stands out from what noise and codecs leave."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOP_SECONDS = 0.01
BANDS = 8
USED = 0.85  # of the band up to half the rate: resamplers' and codecs' filters end there, 3.4 kHz in telephony
PHASE_HZ = 8000.0  # above, a hit that a loop has one sample later would be another sound
STANDS_OUT = 4.0  # times the residual that is typical of the band (6 dB)
LOCAL_SHARE = 0.03  # of the signal's energy in the same frame (−15 dB)
LOUDEST_SHARE = 0.006  # of the loudest frame's energy (−22 dB): differences in near-silence are not heard
CODED_LOUDEST, CODED_BRIEF = 0.5, 20.0  # times what a codec leaves everywhere: it loses soft consonants, smears onsets
LEAST_FRAMES, BRIEF_FRAMES = 2, 5
# The same for what lasts 0.1 s, in bands in which only one clip sounds: a codec's errors have the sound's own spectrum.
SOFT_SHARE, SOFT_LOUDEST_SHARE, SOFT_FRAMES = 0.003, 0.001, 10
EDGE_FRAMES, CUT_FRAMES = (
    2,
    4,
)  # clips are faded, and codecs put silence at a cut: no difference so near the overlap's edges
GAP_SECONDS = 0.05


class Fit(NamedTuple):
    """How one clip is told from another, once aligned.

    gain, inverse : least-squares factors from b to a and from a to b, over the frames that agree
    agreement : their normalised correlation without lag, −1…1
    similarity : the same over all frames
    agreeing : share of the frames' energy in a and b that lies in frames that agree
    white : how much the residual is like steady white noise, 0…1: 0.9 after quantisation, below 0.5 for other sounds
    intervals : differing stretches, in samples from the start of the overlap
    """

    gain: float
    inverse: float
    agreement: float
    similarity: float
    agreeing: float
    white: float
    intervals: tuple[tuple[int, int], ...]


def fit(a: NDArray[np.float32], b: NDArray[np.float32], rate: float, turned: bool = False) -> Fit:
    """Compare two clips of equal length that are aligned already.

    turned : whether a filter may have turned phases, each frequency's by one angle, which is then turned back

    Per frame (20 ms, half overlapping) and band (8, logarithmic) the residual after one common gain is held against the
    band's usual residual: the median ratio to the signal (codecs) and the median level (noise). Only what exceeds both
    fourfold counts, so a noisy or coded copy does not differ, however large its residual; an extra hit does.
    """
    hop = max(4, 1 << round(np.log2(HOP_SECONDS * rate)))
    window = 4 * hop if turned else 2 * hop  # a steep filter rings
    power_a, power_b, product = band_powers(a, b, window, hop, turned)
    edges = band_edges(window)
    differs = differing(power_a, power_b, product, int((edges[:-1] * rate / window < PHASE_HZ).sum()))
    agrees = ~differs
    sum_a, sum_b, sum_ab = (float(p[agrees].sum()) for p in (power_a, power_b, product))
    level = float(np.sqrt(power_a.sum() * power_b.sum()))
    gain = sum_ab / sum_b if sum_b else 0.0
    residual = np.maximum(power_a + gain**2 * power_b - 2 * gain * product, 0.0)
    return Fit(
        gain=gain,
        inverse=sum_ab / sum_a if sum_a else 0.0,
        agreement=sum_ab / np.sqrt(sum_a * sum_b) if sum_a and sum_b else 0.0,
        similarity=float(np.clip(product.sum() / level, -1, 1)) if level else 0.0,
        agreeing=float(np.sqrt(sum_a * sum_b)) / level if level else 0.0,
        white=whiteness(residual, np.diff(edges)),
        intervals=merge([(i * hop, min((j - 1) * hop, len(a))) for i, j in runs(differs)], round(GAP_SECONDS * rate)),
    )


def band_edges(window: int) -> NDArray[np.int64]:
    """First bins of the logarithmic bands, and of what is left out above them."""
    return np.unique(np.geomspace(1, max(2, round(USED * window / 2)), BANDS + 1).round().astype(int))


def whiteness(residual: Floats, bins: NDArray[np.int64]) -> float:
    """How much (frames, bands) of power, in bands of so many bins, are like steady white noise, which gives 1.

    Geometric over arithmetic mean of the power per bin, times the median over the mean frame.

    >>> whiteness(np.ones((5, 2)), np.array([1, 1])), round(whiteness(np.array([[1.0, 0.01]]), np.array([1, 1])), 2)
    (1.0, 0.2)
    """
    frames, powers = residual.sum(axis=1), residual.sum(axis=0)
    mean = float(powers.sum()) / int(bins.sum())
    if mean <= 0:
        return 0.0
    flat = np.exp((bins / bins.sum() * np.log(np.maximum(powers / bins / mean, 1e-12))).sum())
    return float(flat * min(1.0, np.median(frames) / frames.mean()))


def band_powers(
    a: NDArray[np.float32], b: NDArray[np.float32], window: int, hop: int, turned: bool
) -> tuple[Floats, Floats, Floats]:
    """|A|², |B|² and Re(A·B*) summed over logarithmic bands, each (frames, bands); frame k is centred on k·hop."""
    edges = band_edges(window)
    spectrum_a, spectrum_b = stft(a, window, hop), stft(b, window, hop)
    if turned:
        spectrum_b *= equaliser(spectrum_a, spectrum_b)

    def bands(x: NDArray[np.complex64], y: NDArray[np.complex64]) -> Floats:
        products = x.view(np.float32) * y.view(np.float32)
        return np.add.reduceat(products, 2 * edges, axis=1)[:, :-1].astype(np.float64)

    return bands(spectrum_a, spectrum_a), bands(spectrum_b, spectrum_b), bands(spectrum_a, spectrum_b)


def stft(x: NDArray[np.float32], window: int, hop: int) -> NDArray[np.complex64]:
    """(frames, window // 2 + 1) spectra; frame k is centred on k·hop."""
    shape = np.hanning(window + 2)[1:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (window // 2, window)), window)[::hop]
    # norm="forward" keeps NumPy in single precision, see `spectrum`
    return np.fft.rfft(frames * shape, axis=-1, norm="forward")


def equaliser(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """(bins,) factors that bring phases and levels of b to those of a, but for the polarity and gain of all."""

    def smooth(x: NDArray[Any]) -> NDArray[Any]:
        x = np.pad(x.sum(axis=0), 1)
        return 2 * x[1:-1] + x[:-2] + x[2:]

    power_a, power_b = (smooth(np.square(x.real) + np.square(x.imag)) for x in (a, b))
    cross = smooth(a * b.conj())
    sign = np.float32(-1 if cross.real.sum() < 0 else 1)
    tiny = np.float32(1e-30)
    level = np.sqrt(power_a * power_b.sum() / (power_b * power_a.sum() + tiny))
    return sign * np.clip(level, 0.25, 4.0) * cross / (np.abs(cross) + tiny)


def differing(power_a: Floats, power_b: Floats, product: Floats, low: int) -> NDArray[np.bool_]:
    """(frames,) True where the residual stands out; in all but the `low` lowest bands, where the power differs."""
    tiny = 1e-12 * max(power_a.sum(), power_b.sum()) + 1e-300
    frame_a, frame_b = power_a.sum(axis=1), power_b.sum(axis=1)
    # the median over frames, since least squares would follow the extra hit
    gain = weighted_median(product.sum(axis=1) / (frame_b + tiny), np.sqrt(frame_a * frame_b) + tiny)
    scaled = gain**2 * power_b
    residual = np.maximum(power_a + scaled - 2 * gain * product, 0.0)
    residual[:, low:] = np.abs(power_a - scaled)[:, low:]
    local = np.maximum(power_a, scaled) + tiny
    usual = np.minimum(weighted_median(residual / local, np.minimum(power_a, scaled) + tiny), 1.0)
    bands = np.maximum(residual - STANDS_OUT * (usual * local + np.median(residual, axis=0)), 0.0)
    excess, level = bands.sum(axis=1), local.sum(axis=1)
    coded = float(weighted_median(residual.sum(axis=1) / level, level))
    loudest = max(LOUDEST_SHARE, CODED_LOUDEST * coded) * level.max()
    loud = lasting((excess > LOCAL_SHARE * level) & (excess > loudest), LEAST_FRAMES)
    for first, last in runs(loud):
        if last - first < BRIEF_FRAMES and excess[first:last].sum() < CODED_BRIEF * coded * level[first:last].sum():
            loud[first:last] = False
    excess = np.where(local > STANDS_OUT * np.minimum(power_a, scaled), bands, 0.0).sum(axis=1)
    soft = (excess > SOFT_SHARE * level) & (excess > SOFT_LOUDEST_SHARE * level.max())
    found = loud | lasting(soft, SOFT_FRAMES)
    for first, last in runs(found):
        if last <= EDGE_FRAMES or first >= len(found) - EDGE_FRAMES - 1:
            found[first:last] = False
    return found


def lasting(found: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Without runs of fewer than `least` frames."""
    for first, last in runs(found):
        if last - first < least:
            found[first:last] = False
    return found


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Lower weighted median along axis 0."""
    order = np.argsort(values, axis=0)
    heap = np.cumsum(np.take_along_axis(weights, order, 0), axis=0)
    middle = (heap >= heap[-1:] / 2).argmax(axis=0)
    return np.take_along_axis(np.take_along_axis(values, order, 0), middle[None], 0)[0]


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges in which `flags` is True.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(i), int(j)) for i, j in zip(edges[::2], edges[1::2], strict=True)]


def merge(intervals: list[tuple[int, int]], gap: int) -> tuple[tuple[int, int], ...]:
    """Join intervals that are at most `gap` apart.

    >>> merge([(0, 5), (7, 9), (20, 30)], gap=3)
    ((0, 9), (20, 30))
    """
    joined: list[tuple[int, int]] = []
    for first, last in intervals:
        if joined and first - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return tuple(joined)

"""The band that two clips have in common: a filter takes away low or high sound, and changes the rest by one gain.

Without its bass drum a loop has little low sound either. But what a filter leaves there is what was there, softer: in
each narrow band the waveforms are coherent. An instrument that is missing took its own sound along, and what is left is
that of the others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._residual import stft, weighted_median
from ._waveform import Samples, shared_length, spectrum

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex64]
Band = tuple[float, float]

THIRDS = 50.0 * 2.0 ** (np.arange(28) / 3)  # Hz, edges of third octaves
ATTENUATED = 6.0  # dB by which a band that only one clip has is softer there
WHOLE = (float(THIRDS[0]), float("inf"))  # all that is heard
LEAST_THIRDS = 7  # any two clips are parallel over 4 thirds of an octave, 7 % over so many
LEAST_CORE = 20.0  # dB by which the middle of a band may be softer than all of it
FLOOR = -60.0  # dB of the clip: softer bands hold nothing
WINDOW_S = 0.12  # resolves 17 Hz, and is longer than a steep filter rings
NEAR_S = 0.02  # how far off the lag of clips in all their bands may be in one of them
STEPS = 4  # lags tried per period of the highest sound
UPRIGHT = 0.8  # what of a reversed polarity's correlation an upright one must have: filters turn phases, few turn clips
COHERENT = 0.6  # share of what is left in a band that must be the other clip's; of another instrument's, 0…0.5
STEADY = 0.4  # median over mean power of noise, 0.7 in theory; of hits 0.1
FLAT = 4.0  # times the median power over frequency that noise may have; a tone has more
OWN = 0.1  # share of what is left that the softer clip may have above twice what the fuller has
EMPTY = 1e-6  # of the energy in the common band, −60 dB
UNHEARD = 1e-5  # the same, of what a side may hold to be left out of account, −50 dB
LOUDER = 1.5  # times the power that the fuller clip must have in the median frame too
SOUNDING = 1e-4  # of the loudest frame, −40 dB
TOP = 0.45  # of the rate: filters of resamplers end there


def profile(samples: Samples, rate: float) -> Floats:
    """(thirds,) energy in third octaves, dB of the whole clip's."""
    n = shared_length(max(len(samples), round(rate)))
    power = np.square(np.abs(spectrum(samples, n)), dtype=np.float64)
    edges = np.round(THIRDS[TOP * rate >= THIRDS] * n / rate).astype(int)
    if len(edges) < 2:
        return np.empty(0)
    return 10 * np.log10(np.add.reduceat(power, edges)[:-1] / max(power.sum(), 1e-300) + 1e-12)


def parallel(a: Floats, b: Floats, least: int) -> tuple[int, int] | None:
    """First band, and the one after the last, of the longest stretch over which two profiles in dB are parallel.

    None where that is shorter than `least`, or where it is all that either clip has above the floor, or where not one
    clip is the softer throughout beside it.
    """
    n = min(len(a), len(b))
    if n < least:
        return None
    difference = a[:n] - b[:n]
    heard_a, heard_b = a[:n] > FLOOR, b[:n] > FLOOR
    both = np.append(np.where(heard_a & heard_b, difference, np.nan), np.full(n, np.nan))
    stretches = both[np.arange(n - least + 1)[:, None] + np.arange(n)]  # of every beginning
    spread = np.maximum.accumulate(stretches, axis=1) - np.minimum.accumulate(stretches, axis=1)
    counts = (spread <= ATTENUATED).sum(axis=1)  # NaN is not, nor is anything behind it
    first = int(counts.argmax())
    last = first + int(counts[first])
    heard = np.flatnonzero(heard_a | heard_b)
    sides = heard[heard < first], heard[heard >= last]
    if last - first < least or not any(side.size for side in sides):
        return None
    softer = np.sign(difference - difference[first:last].mean())
    return (first, last) if all(abs(softer[side].sum()) == side.size for side in sides) else None


def maybe_parallel(profiles: Floats, i: NDArray[np.int64], j: NDArray[np.int64], least: int) -> NDArray[np.bool_]:
    """Whether pairs of profiles (clips, bands), NaN where there is no band, are parallel over so many, but not all."""
    found = np.empty(len(i), bool)
    for first in range(0, len(i), 4096):
        some = slice(first, first + 4096)
        difference = profiles[i[some]] - profiles[j[some]]
        spans = np.lib.stride_tricks.sliding_window_view(difference, least, axis=1)
        over_all = np.fmax.reduce(difference, axis=1) - np.fmin.reduce(difference, axis=1) <= ATTENUATED
        found[some] = (spans.max(axis=2) - spans.min(axis=2) <= ATTENUATED).any(axis=1) & ~over_all
    return found


def common_band(a: Floats, b: Floats) -> Band | None:
    """Band in Hz that two clips of these profiles have in common; None if they are not of different bandwidth."""
    found = parallel(a, b, LEAST_THIRDS)
    if found is None:
        return None
    whole = (0, min(len(a), len(b)))
    low, high = (0.0 if found[0] == whole[0] else THIRDS[found[0]]), THIRDS[found[1]]
    return float(low), (float(high) if found[1] < whole[1] else float("inf"))


def core(band: Band, a: Floats, b: Floats) -> Band:
    """The middle of a band, two octaves from where it was cut if that leaves sound: filters hardly turn phases there.

    a, b : profiles of the clips
    """
    thirds = THIRDS[: min(len(a), len(b))]
    for factor in (4.0, 2.0):
        low, high = factor * band[0], band[1] / factor
        inside = (thirds >= 0.99 * low) & (thirds < 0.99 * high)
        whole = (thirds >= 0.99 * band[0]) & (thirds < 0.99 * band[1])
        if inside.sum() >= 3 and all(loudness(p, inside) > loudness(p, whole) - LEAST_CORE for p in (a, b)):
            return low, high
    return band


def loudness(profile: Floats, bands: NDArray[np.bool_]) -> float:
    """Energy in some bands, in dB."""
    return float(10 * np.log10((10 ** (profile[: len(bands)][bands] / 10)).sum()))


def band_pass(samples: Samples, rate: float, band: Band) -> Samples:
    """The samples with nothing outside a band, its edges a sixth of an octave wide."""
    n = shared_length(len(samples))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(n, 1 / rate), 1e-3))
    pass_low = np.clip(6 * (octaves - np.log2(max(band[0], 1e-3))), 0, 1) if band[0] else 1.0
    pass_high = np.clip(6 * (np.log2(band[1]) - octaves), 0, 1)
    shape = (pass_low * pass_high).astype(np.float32)
    return np.fft.irfft(spectrum(samples, n) * (n * shape), n)[: len(samples)].copy()


class Agreement(NamedTuple):
    """How two clips agree best in a band: the offset in seconds, positive where the first is late, the product there,
    as it is and as a correlation, and the level of the first over the second."""

    offset_s: float
    product: float
    correlation: float
    gain_db: float


def spectra(x: Samples, y: Samples, rate: float) -> tuple[Spectra, Spectra, Floats]:
    """(frames, bins) of both clips, and the bins' frequencies in Hz."""
    n = 1 << round(np.log2(WINDOW_S * rate))
    return stft(x, n, n // 2), stft(y, n, n // 2), np.arange(n // 2 + 1) * rate / n


def agreement(x: Samples, y: Samples, rate: float, band: Band, upright: float = 1.0) -> Agreement:
    """How two clips that lie nearly over each other agree in a band, at an offset of 20 ms at most.

    upright : share of the largest product that one of positive polarity must have to be taken instead
    """
    a, b, hertz = spectra(x, y, rate)
    bins = np.flatnonzero((hertz >= band[0]) & (hertz < min(band[1], TOP * rate)))
    power_a, power_b = (np.square(np.abs(s[:, bins]), dtype=np.float64).sum(axis=1) for s in (a, b))
    level = float(np.sqrt(power_a.sum() * power_b.sum()))
    if not level:
        return Agreement(0.0, 0.0, 0.0, 0.0)
    each = a[:, bins] * b[:, bins].conj()
    cross = each.sum(axis=0)
    lag, product = largest(cross, bins, 2 * (len(hertz) - 1), round(NEAR_S * rate), upright)
    in_phase = (each * np.exp(-1j * np.angle(cross))).real.sum(axis=1)
    # the median over frames, since least squares would follow a hit that only one clip has
    gain = float(weighted_median(in_phase / np.maximum(power_b, 1e-30), np.sqrt(power_a * power_b)))
    return Agreement(lag / rate, product, product / level, 20 * float(np.log10(max(gain, 1e-15))))


def largest(cross: Spectra, bins: NDArray[np.intp], n: int, most: int, upright: float) -> tuple[float, float]:
    """Lag of the largest product up to `most` samples away, and that product: the cross-spectrum turned by each lag.

    The lags of whole clips would take an inverse transform for every band. These are turned in two steps.
    """
    step = max(1, int(n / (STEPS * bins[-1])))
    width = int(np.sqrt(2 * most / step)) + 1
    lags = step * (np.arange(width**2) - width**2 // 2)
    turns = np.exp(2j * np.pi / n * np.arange(n)).astype(np.complex64)
    coarse, fine = (turns[np.outer(some, bins) % n] for some in (lags[::width], step * np.arange(width)))
    products = (coarse @ (fine * cross).T).real.astype(np.float64).ravel()
    best = 1 + int(np.maximum(products[1:-1], -upright * products[1:-1]).argmax())
    below, peak, above = products[best - 1 : best + 2].tolist()
    bend = below - 2 * peak + above
    aside = 0.5 * (below - above) / bend if bend else 0.0
    return float(lags[best] + step * aside), peak - 0.25 * (below - above) * aside


def filtered(x: Samples, y: Samples, rate: float, band: Band) -> bool:
    """Whether outside a band one clip has what the other has, filtered, or nothing.

    x, y : laid over each other
    """
    a, b, hertz = spectra(x, y, rate)
    power_a, power_b = (np.square(np.abs(s), dtype=np.float64) for s in (a, b))
    product = np.square(np.abs((a * b.conj()).sum(axis=0)), dtype=np.float64)
    coherence = product / np.maximum(power_a.sum(axis=0) * power_b.sum(axis=0), 1e-300)
    inside = (hertz >= band[0]) & (hertz < band[1])
    power_b *= power_a[:, inside].sum() / max(power_b[:, inside].sum(), 1e-300)
    level = power_a[:, inside].sum(axis=1)
    sounding = level > SOUNDING * level.max()
    for side in ((hertz >= THIRDS[0]) & (hertz < band[0]), (hertz >= band[1]) & (hertz < TOP * rate)):
        left, full = sorted((power_a[:, side], power_b[:, side]), key=np.sum)
        if full.sum() <= UNHEARD * level.sum():
            continue
        usual, usual_left = (float(np.median(power[sounding].sum(axis=1))) for power in (full, left))
        if usual < max(LOUDER * usual_left, EMPTY * level.mean()):
            return False  # only now and then: a sound was added there
        mean = left.mean(axis=0)
        noise = (np.median(left, axis=0) > STEADY * mean) & (mean < FLAT * np.median(mean))
        foreign = float(((1 - np.maximum(coherence[side], noise)) * left.sum(axis=0)).sum())
        louder = np.maximum(left.sum(axis=0) - 2 * full.sum(axis=0), 0.0)[~noise].sum()
        if louder > max(OWN * left.sum(), EMPTY * level.sum()):
            return False  # a filter takes away: the softer clip has a tone of its own
        if foreign > max((1 - COHERENT) * left.sum(), EMPTY * level.sum()):
            return False
    return True

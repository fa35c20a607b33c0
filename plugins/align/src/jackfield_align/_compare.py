"""Waveforms compared: lag, gain, polarity, overlap, and where the clips differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jackfield import Comparison

from ._residual import Fit, fit
from ._waveform import WHOLE_SAMPLE, Samples, Wave, energy, find_peak, shifted

SILENT_RMS = 1e-7  # −140 dBFS
LEAST_SAMPLES = 64  # fewer agree somewhere by chance
CODEC_DELAY, DELAY_LEVEL = 0.03, 1e-3  # seconds of silence that a codec may put at a cut, and its share of the peak
DOUBLING_DB = 20 * float(np.log10(2))
SAME_AGREEMENT = 0.95  # residual below −10 dB where the clips agree
NOISY_SIMILARITY, WHITE = 0.8, 0.6  # or below −4 dB if it is steady noise, as no codec, take or other sound leaves
DIFFERENT_SIMILARITY = 0.3  # unrelated clips: median 0.12, 90 % below 0.29
EXTRA_ENERGY = 0.1  # outside the overlap: more than that is material, not a trimmed tail
IDENTICAL_RESIDUAL = 1e-6  # −60 dB


class Recording:
    """The waveform of a sketch made ready for comparison, at every rate asked for."""

    def __init__(self, sketch: Mapping[str, Any]) -> None:
        self.samples: Samples = sketch["samples"]
        self.rate, self.source_rate = float(sketch["rate"]), float(sketch["source_rate"])
        self.length, self.exponent = int(sketch["length"]), int(sketch["exponent"])
        self.above = float(sketch["above"])
        self.waves: dict[float, Wave] = {}

    def at(self, rate: float) -> Wave:
        """The samples, resampled to `rate` where they have another."""
        if rate not in self.waves:
            self.waves[rate] = Wave(self.samples if rate == self.rate else resampled(self.samples, self.rate, rate))
        return self.waves[rate]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(wave.nbytes for wave in self.waves.values())

    def after(self, other: Recording) -> bool:
        """Whether this clip is the one that is shifted, whichever is named first."""
        mine, its = ((x.source_rate, x.rate, len(x.samples)) for x in (self, other))
        if mine != its:
            return mine > its
        unequal = np.flatnonzero(self.samples != other.samples)[:1]
        return bool((self.samples[unequal] > other.samples[unequal]).any())


def compare(a: Recording, b: Recording, min_overlap: float) -> Comparison:
    """Compare two waveforms, see `Align`; the relation is None where they do not tell."""
    swap = a.after(b)  # always the same way round, so that the distance is symmetric to the last bit
    first, second = (b, a) if swap else (a, b)
    rate = min(a.rate, b.rate)
    wave_x, wave_y = first.at(rate), second.at(rate)
    if silent(wave_x) or silent(wave_y):
        return Comparison(float("nan"))
    x, y = wave_x.samples, wave_y.samples
    same_rate = a.source_rate == b.source_rate
    per_sample = first.source_rate / rate
    end = float(len(x) - len(y))
    if same_rate:
        end = float(first.length - second.length) / per_sample
    lag = find_peak(wave_x, wave_y, min_overlap, end, 1 / per_sample).lag
    if same_rate and abs(lag * per_sample - round(lag * per_sample)) < WHOLE_SAMPLE:
        lag = round(lag * per_sample) / per_sample
    start, stop = max(0, int(np.ceil(lag))), min(len(x), int(np.floor(len(y) + lag)))
    begin, finish = start, stop
    if abs(lag) >= 1:
        start += delay_at(y if lag > 0 else x, rate)
    if abs(after := len(y) + lag - len(x)) >= 1:
        stop -= delay_at((x if after > 0 else y)[::-1], rate)
    if stop - start < 3:  # what is left of two without their mean always agrees
        return Comparison(float("nan"))
    inside_x, inside_y = centred(x[start:stop]), centred(shifted(y, lag, start, stop))
    extra = max(outside(x, begin, finish), outside(y, begin - lag, finish - lag))
    exact = same_rate and abs(a.above - b.above) < 1e-3
    exact = exact and extra < IDENTICAL_RESIDUAL and residual(inside_x, inside_y) < IDENTICAL_RESIDUAL
    if stop - start < LEAST_SAMPLES and not (exact and lag == 0 and len(x) == len(y)):
        return Comparison(float("nan"))
    similarity = normalised(inside_x, inside_y)
    found = fit(inside_x, inside_y, rate)
    clock = start - lag if swap else start
    gain = found.inverse if swap else found.gain
    offset = (0.0 - lag if swap else lag) / rate
    return Comparison(
        1.0 - abs(similarity),
        similarity=abs(similarity),
        offset_samples=whole(offset * a.source_rate),
        offset_s=offset,
        gain_db=20 * float(np.log10(max(abs(gain), 1e-15))) + DOUBLING_DB * (a.exponent - b.exponent),
        polarity=-1 if similarity < 0 else 1,
        overlap=min(1.0, (finish - begin) / min(len(x), len(y))),
        differs=tuple(((clock + i) / rate, (clock + j) / rate) for i, j in found.intervals) if aligned(found) else (),
        relation=relation(similarity, found, extra, exact),
    )


def delay_at(x: Samples, rate: float) -> int:
    """Silent samples that a clip begins with, as many as a codec may have put there."""
    head = x[: round(CODEC_DELAY * rate)]
    away = np.abs(head - head[:1])  # from zero, but for the mean that was taken off
    return int((np.append(away, np.inf) > DELAY_LEVEL * np.abs(x).max()).argmax())


def whole(offset: float) -> float:
    """Without the rounding error of a division by the rate."""
    return float(round(offset)) if abs(offset - round(offset)) < 1e-6 else offset


def aligned(found: Fit) -> bool:
    """Whether the clips are the same where nothing stands out, and that is at least half of them."""
    return abs(found.agreement) >= SAME_AGREEMENT and found.agreeing >= 0.5


def relation(similarity: float, found: Fit, extra: float, exact: bool) -> str | None:
    """Identical, same, variant, different, or None where the waveform cannot tell."""
    if aligned(found):
        if found.intervals or extra > EXTRA_ENERGY:
            return "variant"
        return "identical" if exact else "same"
    if abs(similarity) >= NOISY_SIMILARITY and found.white >= WHITE and extra <= EXTRA_ENERGY:
        return "same"
    return "different" if abs(similarity) < DIFFERENT_SIMILARITY else None


def resampled(samples: Samples, rate: float, to: float) -> Samples:
    import soxr

    return np.asarray(soxr.resample(samples, rate, to), np.float32)


def silent(wave: Wave) -> bool:
    return wave.energy <= SILENT_RMS**2 * max(1, len(wave))


def centred(x: Samples) -> Samples:
    """Without the mean that a clip's DC leaves in a part of it."""
    return x - np.float32(x.mean(dtype=np.float64))


def normalised(a: Samples, b: Samples) -> float:
    """Σab / √(Σa² Σb²), exactly 1 for equal clips."""
    product = float(np.sum(a * b, dtype=np.float64))
    level = float(np.sqrt(energy(a) * energy(b)))
    return float(np.clip(product / level, -1.0, 1.0)) if level else 0.0


def outside(x: Samples, start: float, stop: float) -> float:
    """Share of a clip's energy before `start` and from `stop` on, without DC."""
    ends = x[: max(0, int(start))], x[max(0, int(np.ceil(stop))) :]
    return sum(energy(centred(end)) for end in ends if len(end)) / energy(x)


def residual(a: Samples, b: NDArray[np.float32]) -> float:
    """Energy of a − gain·b, as a share of a's."""
    gain = np.float32(np.sum(a * b, dtype=np.float64) / max(energy(b), 1e-300))
    return energy(a - gain * b) / max(energy(a), 1e-300)

"""Waveforms compared: lag, gain, polarity, overlap, and where the clips differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jackfield import Comparison

from ._calibration import by_waveform
from ._laid import Laid, lay, sounds_beyond
from ._waveform import WHOLE_SAMPLE, Samples, Wave, find_peak

SILENT_RMS = 1e-7  # −140 dBFS
KEPT_BYTES = 72 << 20
DOUBLING_DB = 20 * float(np.log10(2))


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


class Prepared:
    """Recordings of the sketches compared last, up to 72 MB: what is made of a clip is made once for all its pairs."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[Mapping[str, Any], Recording]] = {}

    def __call__(self, sketch: Mapping[str, Any]) -> Recording:
        known, recording = self.kept.pop(id(sketch), (None, None))
        if known is not sketch or recording is None:
            recording = Recording(sketch)
        self.kept[id(sketch)] = sketch, recording  # the last one now
        while len(self.kept) > 2 and sum(r.nbytes for _, r in self.kept.values()) > KEPT_BYTES:
            del self.kept[next(iter(self.kept))]
        return recording


def compare(a: Recording, b: Recording, min_overlap: float, beyond: bool = False) -> Comparison:
    """Compare two waveforms, see `Align`; the relation is None where they do not tell.

    beyond : list also what lies outside the overlap
    """
    swap = a.after(b)  # always the same way round, so that the distance is symmetric to the last bit
    first, second = (b, a) if swap else (a, b)
    rate = min(a.rate, b.rate)
    x, y = first.at(rate), second.at(rate)
    laid = None if silent(x) or silent(y) else best(first, second, rate, min_overlap)
    if laid is None:
        return Comparison(float("nan"))
    clock = laid.lag if swap else 0.0
    intervals: list[tuple[float, float]] = []
    if laid.aligned:
        intervals = [(laid.start + i, laid.start + j) for i, j in laid.fit.intervals]
    if beyond and laid.longer:
        intervals = sorted(intervals + sounds_beyond(x.samples, y.samples, laid.lag, rate))
    gain = laid.fit.inverse if swap else laid.fit.gain
    offset = (0.0 - laid.lag if swap else laid.lag) / rate
    distance = 1.0 - abs(laid.similarity)
    return Comparison(
        distance,
        similarity=by_waveform(laid.relation, distance),
        offset_samples=whole(offset * a.source_rate),
        offset_s=offset,
        gain_db=20 * float(np.log10(max(abs(gain), 1e-15))) + DOUBLING_DB * (a.exponent - b.exponent),
        polarity=-1 if laid.similarity < 0 else 1,
        overlap=laid.overlap,
        differs=tuple(((i - clock) / rate, (j - clock) / rate) for i, j in intervals),
        relation=laid.relation,
    )


def best(first: Recording, second: Recording, rate: float, min_overlap: float) -> Laid | None:
    """The clips at the lag at which they agree best."""
    x, y = first.at(rate), second.at(rate)
    same_rate = first.source_rate == second.source_rate
    per_sample = first.source_rate / rate
    end = float(len(x) - len(y))
    if same_rate:
        end = float(first.length - second.length) / per_sample
    lag = find_peak(x, y, min_overlap, end, 1 / per_sample).lag
    if same_rate and abs(lag * per_sample - round(lag * per_sample)) < WHOLE_SAMPLE:
        lag = round(lag * per_sample) / per_sample
    exact = same_rate and abs(first.above - second.above) < 1e-3
    found = lay(x.samples, y.samples, lag, rate, exact)
    if found is None or found.relation in ("identical", "same"):
        return found
    # What fades is like itself at other lags too, and louder there; a hum at every period. A sound that is played twice
    # fits at both; laid so that the clips begin together, the second is the one added.
    together = lay(x.samples, y.samples, 0.0, rate, exact)
    if together is not None and together.aligned:
        return together if found.longer or not together.fit.intervals else found
    ending = lay(x.samples, y.samples, end, rate, exact) if same_rate else None
    if ending is not None and ending.aligned and not ending.fit.intervals:
        return ending
    return found


def whole(offset: float) -> float:
    """Without the rounding error of a division by the rate."""
    return float(round(offset)) if abs(offset - round(offset)) < 1e-6 else offset


def resampled(samples: Samples, rate: float, to: float) -> Samples:
    import soxr

    return np.asarray(soxr.resample(samples, rate, to), np.float32)


def silent(wave: Wave) -> bool:
    return wave.energy <= SILENT_RMS**2 * max(1, len(wave))

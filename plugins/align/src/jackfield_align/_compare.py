"""Waveforms compared: lag, gain, polarity, overlap, and where the clips differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from jackfield import Comparison

from ._band import Band, Floats, band_pass, common_band, core, filtered, profile
from ._calibration import by_waveform
from ._laid import Laid, lay, sounds_beyond
from ._waveform import WHOLE_SAMPLE, Samples, Wave, find_peak

SILENT_RMS = 1e-7  # −140 dBFS
DOUBLING_DB = 20 * float(np.log10(2))


class Recording:
    """The waveform of a sketch made ready for comparison, at every rate and in every band asked for."""

    def __init__(self, sketch: Mapping[str, Any], band: Band | None = None) -> None:
        self.sketch, self.band = sketch, band
        self.samples: Samples = sketch["samples"]
        self.rate, self.source_rate = float(sketch["rate"]), float(sketch["source_rate"])
        self.length, self.exponent = int(sketch["length"]), int(sketch["exponent"])
        self.above = float(sketch["above"])
        self.waves: dict[float, Wave] = {}
        self.parts: dict[Band, Recording] = {}

    def at(self, rate: float) -> Wave:
        """The samples, resampled to `rate` where they have another."""
        if rate not in self.waves:
            self.waves[rate] = Wave(self.samples if rate == self.rate else resampled(self.samples, self.rate, rate))
        return self.waves[rate]

    @cached_property
    def profile(self) -> Floats:
        """Energy in third octaves, see `profile`."""
        return profile(self.samples, self.rate)

    def within(self, band: Band) -> Recording:
        """The recording with nothing outside a band in Hz."""
        if band not in self.parts:
            samples = band_pass(self.samples, self.rate, band)
            self.parts[band] = Recording({**self.sketch, "samples": samples}, band)
        return self.parts[band]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        waves = sum(wave.nbytes for wave in self.waves.values())
        return waves + sum(part.samples.nbytes + part.nbytes for part in self.parts.values())

    def after(self, other: Recording) -> bool:
        """Whether this clip is the one that is shifted, whichever is named first."""
        mine, its = ((x.source_rate, x.rate, len(x.samples)) for x in (self, other))
        if mine != its:
            return mine > its
        unequal = np.flatnonzero(self.samples != other.samples)[:1]
        return bool((self.samples[unequal] > other.samples[unequal]).any())


Inside = tuple[Comparison, Recording, Recording]  # a comparison, and the recordings it is of


def compare_common(a: Recording, b: Recording, min_overlap: float, beyond: bool = False) -> Inside:
    """Compare two waveforms, where a filter took part of one away in the band that both have."""
    found = compare(a, b, min_overlap, beyond)
    alike = found.relation in ("identical", "same") or found.distance != found.distance
    return (None if alike else compare_inside(a, b, min_overlap, beyond)) or (found, a, b)


def compare_inside(a: Recording, b: Recording, min_overlap: float, beyond: bool = False) -> Inside | None:
    """Compare two waveforms in the band that both have; None unless they are the same or variants there, by a filter.

    Lag, polarity and gain are those of the middle of that band.
    """
    band = common_band(a.profile, b.profile)
    if band is None:
        return None
    middle = core(band, a.profile, b.profile)
    centre = compare(a.within(middle), b.within(middle), min_overlap)
    if centre.offset_s is None or centre.relation == "different":
        return None
    inside = compare(a.within(band), b.within(band), min_overlap, beyond, at=centre.offset_s)
    x, y = over_each_other(a, b, centre.offset_s)
    rate = min(a.rate, b.rate)
    if inside.relation not in ("same", "variant") or not filtered(*((y, x) if a.after(b) else (x, y)), rate, band):
        return None
    level = compare(a.within(middle), b.within(middle), min_overlap, at=centre.offset_s)
    return replace(inside, gain_db=level.gain_db, polarity=centre.polarity), a.within(band), b.within(band)


def over_each_other(a: Recording, b: Recording, offset_s: float) -> tuple[Samples, Samples]:
    """What two clips have beside each other, at the lower of their rates, to a sample."""
    rate = min(a.rate, b.rate)
    x, y, lag = a.at(rate).samples, b.at(rate).samples, round(offset_s * rate)
    x, y = x[max(0, lag) :], y[max(0, -lag) :]
    both = min(len(x), len(y))
    return x[:both], y[:both]


def compare(
    a: Recording, b: Recording, min_overlap: float, beyond: bool = False, at: float | None = None
) -> Comparison:
    """Compare two waveforms, see `Align`; the relation is None where they do not tell.

    beyond : list also what lies outside the overlap
    at : the offset in seconds, if known; a filter may have turned phases then, and the clips are not identical
    """
    swap = a.after(b)  # always the same way round, so that the distance is symmetric to the last bit
    first, second = (b, a) if swap else (a, b)
    rate = min(a.rate, b.rate)
    x, y = first.at(rate), second.at(rate)
    if silent(x) or silent(y):
        laid = None
    elif at is None:
        laid = best(first, second, rate, min_overlap)
    else:
        laid = lay(x.samples, y.samples, (0.0 - at if swap else at) * rate, rate, exact=False, turned=True)
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

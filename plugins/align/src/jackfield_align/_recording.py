"""Clips made ready for comparison by their waveforms."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ._band import Band, Floats, band_pass, profile
from ._pattern import sketch as pattern
from ._waveform import Samples, Wave

SILENT_RMS = 1e-7  # −140 dBFS


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

    @cached_property
    def pattern(self) -> Mapping[str, Any]:
        """The sketch of its pattern."""
        return pattern(self.samples[None].astype(np.float64), self.rate)

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

    @property
    def seconds(self) -> float:
        """Duration of the file."""
        return self.length / self.source_rate

    def after(self, other: Recording) -> bool:
        """Whether this clip is the one that is shifted, whichever is named first."""
        mine, its = ((x.source_rate, x.rate, len(x.samples)) for x in (self, other))
        if mine != its:
            return mine > its
        if not len(self.samples):
            return False
        unequal = (self.samples != other.samples).argmax()  # the first; 0 if there is none
        return bool(self.samples[unequal] > other.samples[unequal])


def in_order(a: Recording, b: Recording) -> tuple[Recording, Recording]:
    """The one that is not shifted first: compared always the same way round, two clips agree to the last bit."""
    return (b, a) if a.after(b) else (a, b)


def over_each_other(a: Recording, b: Recording, offset_s: float, more_s: float = 0.0) -> tuple[Samples, Samples]:
    """What two clips have beside each other, at the lower of their rates, to a sample.

    more_s : seconds before and after it that come along, silence where a clip has none
    """
    rate = min(a.rate, b.rate)
    x, y = (np.pad(clip.at(rate).samples, round(more_s * rate)) for clip in (a, b))
    lag = round(offset_s * rate)
    x, y = x[max(0, lag) :], y[max(0, -lag) :]
    both = min(len(x), len(y))
    return x[:both], y[:both]


def silent(a: Recording, b: Recording) -> bool:
    """Whether one of two clips is, at the lower of their rates."""
    waves = (clip.at(min(a.rate, b.rate)) for clip in (a, b))
    return any(wave.energy <= SILENT_RMS**2 * max(1, len(wave)) for wave in waves)


def resampled(samples: Samples, rate: float, to: float) -> Samples:
    import soxr

    return np.asarray(soxr.resample(samples, rate, to), np.float32)

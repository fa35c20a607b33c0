"""Conversion of a signal that comes in blocks."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
import soxr

from jackfield import ConfigError, DataError, Signal

from ._convert import check_finite, check_held, check_ratio, length, silence

if TYPE_CHECKING:
    from . import SampleRate

MOST_CHANNELS = 64  # a short block of more would read as samples first


class RateStream:
    """What `SampleRate.stream` gives. Memory holds what soxr looks ahead, whatever the signal's length."""

    def __init__(self, component: SampleRate, rate: float, channels: int) -> None:
        if not (isinstance(rate, Real) and 0 < rate < np.inf):
            raise ConfigError("a stream's rate must be a finite number above 0", f"got {rate!r}", "give it in Hz")
        if not (isinstance(channels, Integral) and 1 <= channels <= MOST_CHANNELS):
            remedy = "convert a clip of more as a whole"
            raise ConfigError(f"a stream has 1 to {MOST_CHANNELS} channels", f"got {channels!r}", remedy)
        check_ratio(rate, component.rate)
        self._component, self._rate, self._channels = component, float(rate), int(channels)
        self._first: Signal | None = None
        self._soxr: soxr.ResampleStream | None = None
        self._taken = 0
        self._given = 0
        self._finished = False

    def push(self, block: Signal) -> Signal | None:
        """Take the next samples; what is ready by then, or None."""
        self._check(block)
        check_finite(block.samples)
        if self._first is None:
            self._first = block
            if self._rate != self._component.rate:
                self._soxr = self._start(block)
        self._taken += block.n
        return self._give(block.samples)

    def finish(self) -> Signal | None:
        """The rest, or None; DataError where the whole signal is too short for one sample at the new rate."""
        if self._finished:
            raise DataError("the stream is finished", remedy="start another with stream()")
        self._finished = True
        count = length(self._taken, self._rate, self._component.rate)
        if self._first is None or count == 0:
            change = f"{self._taken} samples from {self._rate:g} to {self._component.rate:g} Hz"
            raise DataError("the clip is too short for the new rate", change, "choose a higher rate")
        if self._soxr is None:
            return None
        zeros = np.zeros((self._channels, silence(self._rate, self._component.rate)), self._first.samples.dtype)
        return self._give(zeros, count)

    def _start(self, block: Signal) -> soxr.ResampleStream:
        quality, dtype = self._component.quality, block.samples.dtype.name
        return soxr.ResampleStream(self._rate, self._component.rate, self._channels, dtype, quality)

    def _check(self, block: Signal) -> None:
        if self._finished:
            raise DataError("the stream is finished", remedy="start another with stream()")
        if not isinstance(block, Signal) or (block.rate, block.channels) != (self._rate, self._channels):
            got = f"{block.rate:g} Hz × {block.channels}" if isinstance(block, Signal) else type(block).__name__
            evidence = f"{got}, not {self._rate:g} Hz × {self._channels}"
            raise DataError("a block differs from the stream", evidence, "start a stream per recording")
        if self._first is not None and block.samples.dtype != self._first.samples.dtype:
            evidence = f"{block.samples.dtype}, not {self._first.samples.dtype}"
            raise DataError("a block differs from the stream", evidence)

    def _give(self, samples: np.ndarray, total: int | None = None) -> Signal | None:
        """What soxr makes of the next samples; the last time, `total` says where the whole ends."""
        first, rate = self._first, self._component.rate
        assert first is not None
        if self._soxr is not None:
            block = np.ascontiguousarray(samples.T)
            samples = self._soxr.resample_chunk(block, last=total is not None).T
            samples = samples if total is None else samples[:, : total - self._given]
            check_held(samples)
        if samples.shape[1] == 0:
            return None
        start = length(first.start, self._rate, rate) + self._given
        self._given += samples.shape[1]
        note = (f"rate {self._rate:g} to {rate:g} Hz, soxr {self._component.quality}",) if self._soxr else ()
        history = (*first.history, *note)
        return replace(first, samples=np.ascontiguousarray(samples), rate=rate, start=start, history=history)

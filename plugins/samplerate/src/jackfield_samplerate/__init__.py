"""Sample-rate conversion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from jackfield import Component, ConfigError, Param, Resampler, Signal, Spec, hookimpl

__all__ = ["SampleRate"]


@dataclass(frozen=True, kw_only=True)
class SampleRate(Component):
    """Band-limited conversion to another sample rate, by soxr, linear phase: nothing is delayed.

    (channels, n) samples at rate r become (channels, round(n · rate / r)), same dtype, each channel on its own; halves
    round to even. Sample k of the result is at k / rate seconds, so `start` becomes round(start · rate / r). A signal
    that has the rate already is returned as it is. Peaks may exceed those of the input, as the wave between its samples
    does.

    quality : how much of the band is kept, and how far what lies above the new Nyquist frequency is suppressed: "VHQ"
        as for 28-bit samples, "HQ" (default) for 20-bit, which 16-bit and 24-bit recordings cannot tell from it, "MQ"
        and "LQ" for 16-bit with a narrower band, "QQ" cubic interpolation without a filter: it aliases.

    Raises DataError if a sample is NaN or infinite, or nothing would be left.

    Source: the SoX Resampler library, https://sourceforge.net/projects/soxr/.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 100 * np.arange(4410) / 44_100), rate=44_100)
    >>> same = SampleRate(rate=16_000)(tone)
    >>> same.samples.shape, same.rate
    ((1, 1600), 16000.0)
    >>> bool(abs(same.samples[0, 840] - np.sin(2 * np.pi * 100 * 840 / 16_000)) < 1e-4)
    True
    """

    rate: Annotated[float, Param(gt=0, unit="Hz", description="samples per second to convert to")]
    quality: Annotated[
        Literal["QQ", "LQ", "MQ", "HQ", "VHQ"], Param(description="from quick to very high; soxr's recipes")
    ] = "HQ"

    example = {"rate": 16_000.0}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rate == float("inf"):
            raise ConfigError("the rate must be finite", f"got {self.rate}", "give it in Hz")

    def __call__(self, signal: Signal) -> Signal:
        """Convert every channel."""
        from ._convert import convert

        return convert(signal, self.rate, self.quality)

    def predict(self, spec: Spec) -> Spec:
        """round(n · rate / r) samples at the new rate."""
        from dataclasses import replace

        from ._convert import length

        return replace(spec, shape=(*spec.shape[:-1], length(spec.shape[-1], spec.rate, self.rate)), rate=self.rate)


@hookimpl
def jackfield_resamplers() -> Iterator[Resampler]:
    """Resamplers of this plugin."""
    yield Resampler("samplerate", SampleRate)

"""Sample-rate conversion, band-limited or by holding samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield import Component, ConfigError, DataError, Param, Resampler, Signal, Spec, hookimpl

if TYPE_CHECKING:
    from ._stream import RateStream

__all__ = ["Hold", "SampleRate"]


@dataclass(frozen=True, kw_only=True)
class SampleRate(Component):
    """Band-limited conversion to another sample rate, by soxr, linear phase: nothing is delayed.

    (channels, n) samples at rate r become (channels, round(n · rate / r)), same dtype, each channel on its own; halves
    round to even. Sample k of the result is at k / rate seconds, so `start` becomes round(start · rate / r). A signal
    that has the rate already is returned as it is. Peaks may exceed those of the input, as the wave between its samples
    does.

    quality : how much of the band is kept, and how far what lies above the new Nyquist frequency is suppressed: "VHQ"
        as for 28-bit samples, "HQ" (default) for 20-bit, which 16-bit and 24-bit recordings cannot tell from it, "MQ"
        and "LQ" for 16-bit with a narrower band, "QQ" cubic interpolation without a filter: it aliases, and at a lower
        rate moves an impulse by up to half a new sample or misses it, where the others place it to a hundredth.

    Raises DataError if a sample is NaN, infinite, or so large that sums overflow (1e38), if nothing would be left, and
    for rates more than 16384 to 1 apart.

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
        Literal["QQ", "LQ", "MQ", "HQ", "VHQ"],
        Param(description="soxr's recipes: from quick, which aliases and moves impulses, to very high"),
    ] = "HQ"

    example = {"rate": 16_000.0}

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_finite(self.rate)

    def __call__(self, signal: Signal) -> Signal:
        """Convert every channel."""
        from ._convert import convert

        return convert(signal, self.rate, self.quality)

    def stream(self, rate: float, channels: int) -> RateStream:
        """Conversion of a signal at `rate` that comes in blocks: `push(block)` each, then `finish()`, give Signals.

        Put together they are, bit for bit, what a call makes of the whole. `push` gives None where nothing is ready:
        soxr looks ahead, at HQ by some 10 ms at 44.1 kHz.

        >>> import numpy as np
        >>> from jackfield import Signal
        >>> x = Signal(samples=np.random.default_rng(0).standard_normal(4410), rate=44_100)
        >>> stream = SampleRate(rate=16_000).stream(rate=44_100, channels=1)
        >>> blocks = [stream.push(Signal(samples=x.samples[:, k : k + 441], rate=44_100)) for k in range(0, 4410, 441)]
        >>> parts = [part.samples for part in [*blocks, stream.finish()] if part]
        >>> bool((np.concatenate(parts, axis=1) == SampleRate(rate=16_000)(x).samples).all())
        True
        """
        from ._stream import RateStream

        return RateStream(self, rate, channels)

    def predict(self, spec: Spec) -> Spec:
        """round(n · rate / r) samples at the new rate."""
        from ._convert import check_ratio

        check_ratio(spec.rate, self.rate)
        return _predict(spec, self.rate)


@dataclass(frozen=True, kw_only=True)
class Hold(Component):
    """Zero-order hold to a higher rate: every sample is repeated, none is mixed, as a converter without a filter does.

    (channels, n) samples at rate r become (channels, round(n · rate / r)), same dtype; only values of the input occur.
    Where rate / r is a whole number, every sample is repeated so often. Elsewhere the remainder is spread evenly:
    sample k begins at round(k · rate / r), halves down, so that none starts more than half a new sample off, and the
    history says how many samples are repeated how often. The steps are images of the spectrum around multiples of r;
    where they are not wanted, there is `samplerate`.

    Raises DataError where the rate is lower than the signal's: samples would be dropped.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> held = Hold(rate=5)(Signal(samples=np.array([1.0, 2, 3, 4]), rate=2))
    >>> held.samples.astype(int).tolist(), held.history
    ([[1, 1, 2, 2, 2, 3, 3, 4, 4, 4]], ('hold 2 to 5 Hz, 2 samples 2 times, 2 samples 3 times',))
    """

    rate: Annotated[float, Param(gt=0, unit="Hz", description="samples per second to hold at")]

    example = {"rate": 20_000.0}

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_finite(self.rate)

    def __call__(self, signal: Signal) -> Signal:
        """Repeat every sample."""
        from ._hold import hold

        if self.rate < signal.rate:
            evidence = f"from {signal.rate:g} to {self.rate:g} Hz"
            raise DataError("hold cannot lower a rate: samples would be dropped", evidence, "use samplerate")
        return hold(signal, self.rate)

    def predict(self, spec: Spec) -> Spec:
        """round(n · rate / r) samples at the new rate."""
        return _predict(spec, self.rate)


def _check_finite(rate: float) -> None:
    if rate == float("inf"):
        raise ConfigError("the rate must be finite", f"got {rate}", "give it in Hz")


def _predict(spec: Spec, rate: float) -> Spec:
    from dataclasses import replace

    from ._convert import length

    return replace(spec, shape=(*spec.shape[:-1], length(spec.shape[-1], spec.rate, rate)), rate=rate)


@hookimpl
def jackfield_resamplers() -> Iterator[Resampler]:
    """Resamplers of this plugin."""
    yield Resampler("samplerate", SampleRate)
    yield Resampler("hold", Hold)

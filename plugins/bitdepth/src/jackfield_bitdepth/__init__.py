"""Samples as integer codes: how they are rounded, what is added before, what is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield import Codes, Component, Param, Signal, Spec, Transform, hookimpl

if TYPE_CHECKING:
    from ._quantize import QuantizeStream

__all__ = ["Quantize"]

Dither = Literal["auto", "none", "rpdf", "tpdf", "tpdf-highpass", "second-order", "lipshitz-5", "wannamaker-9"]


@dataclass(frozen=True, kw_only=True)
class Quantize(Component):
    """Integer codes of `bits` bits: x · 2^(bits − 1), plus dither, rounded half to even.

    Takes (channels, n) samples with full scale ±1, gives Codes of the smallest integer type that holds them. Signed
    codes reach from −2^(bits − 1) to 2^(bits − 1) − 1; unsigned ones have 2^(bits − 1) added, so that 8 bits give 0 for
    −1.0, 128 for silence and 255 for +1.0.

    Rounding alone makes an error that follows the signal: a quiet sine comes out as a buzz, or not at all. Triangular
    dither (tpdf) of ±1 LSB makes the error's mean and power independent of the signal, at the price of a steady noise
    of 1/2 LSB RMS in place of 0.29. "auto" uses it where the width shrinks, and none where every sample already is a
    code. The named curves move that noise out of the ear's most sensitive band by feeding errors back; "lipshitz-5"
    and "wannamaker-9" were computed for rates of 44.1 and 48 kHz, "second-order" fits every rate.

    Samples beyond ±1 cannot be coded. By default they are an error, since distortion is what people who convert to
    8 bits wonder about afterwards; `clips="clip"` limits them, "normalise" first divides by the peak. Codes that only
    dither, or +1.0 itself, would take out of the range are kept in it and counted apart ("saturated").

    `statistics` of the result: peak_dbfs, dc_before_lsb, dc_after_lsb, error_mean_lsb and error_rms_lsb (code minus
    x · 2^(bits − 1), clips left out), noise_floor_dbfs (that RMS against full scale 1.0), saturated, gain_db.

    Raises DataError for samples beyond ±1 (how many, the first 20 positions), for NaN, and for the two curves at other
    rates. Sources: Lipshitz, Wannamaker and Vanderkooy, "Quantization and Dither", JAES 40 (1992); of the curves
    Lipshitz, Vanderkooy and Wannamaker, "Minimally Audible Noise Shaping", JAES 39 (1991), and Wannamaker,
    "Psychoacoustically Optimal Noise Shaping", JAES 40 (1992).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> ends = Signal(samples=np.array([-1.0, 0.0, 1.0]), rate=8000)
    >>> Quantize(bits=8, signed=False)(ends).values.tolist()
    [[0, 128, 255]]
    >>> quiet = Signal(samples=0.4 / 128 * np.sin(np.arange(8000) / 5), rate=8000)
    >>> Quantize(bits=8, dither="none")(quiet).values.any(), Quantize(bits=8)(quiet).values.any()
    (np.False_, np.True_)
    """

    bits: Annotated[int, Param(ge=2, le=32, unit="bits", description="width of a code")] = 16
    signed: Annotated[bool, Param(description="codes around 0; false adds 2^(bits − 1), as 8-bit WAV wants")] = True
    dither: Annotated[Dither, Param(description="what is added before rounding; auto: tpdf if the width shrinks")] = (
        "auto"
    )
    clips: Annotated[Literal["clip", "error", "normalise"], Param(description="what to do with samples beyond ±1")] = (
        "error"
    )
    seed: Annotated[int, Param(ge=0, description="of the dither: the same seed gives the same codes")] = 0

    def __call__(self, signal: Signal) -> Codes:
        """Round every channel."""
        from ._quantize import quantize

        return quantize(signal, self)

    def stream(self, rate: float, channels: int) -> QuantizeStream:
        """Codes block by block, the same as those of the whole.

        With dither "auto" nothing comes out before some sample needs dither, or the end. "normalise" has to know the
        peak first: ConfigError.
        """
        from ._quantize import QuantizeStream

        return QuantizeStream(self, rate, channels)

    def predict(self, spec: Spec) -> Spec:
        """A code per sample, in 1, 2 or 4 bytes."""
        return replace(spec, kind="Codes", itemsize=1 if self.bits <= 8 else 2 if self.bits <= 16 else 4)


@hookimpl
def jackfield_transforms() -> Iterator[Transform]:
    """The one way from samples to codes."""
    yield Transform("quantize", Quantize)

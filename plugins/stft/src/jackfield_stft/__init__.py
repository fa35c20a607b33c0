"""Short-time Fourier transform, its inverse, mel bands and decibels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield import Axis, Component, ConfigError, DataError, Grid, Param, Spec, Transform, hookimpl

from ._framing import Framing, Piece, framing
from ._istft import Istft
from ._stft import Stft

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Db", "Framing", "Istft", "Mel", "Piece", "Stft", "framing"]


@dataclass(frozen=True, kw_only=True)
class Mel(Component):
    """Mel bands of a magnitude or power spectrogram.

    Takes a Grid (…, frequency, frame), gives (…, mel, frame) in the same dtype; the mel axis carries the bands' centres
    in Hz. Bands are triangles, evenly spaced in mel and straight in Hz, as in `librosa.filters.mel`. The default of 128
    bands fits n_fft 2048 at 22 to 96 kHz.

    Raises DataError for other scales, for f_max above half the rate, and for bands so narrow that no bin lies in them:
    those would always be 0.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> noise = Signal(samples=np.random.default_rng(0).standard_normal(22_050), rate=22_050)
    >>> grid = Mel(n_mels=40)(Stft(power=2)(noise))
    >>> grid.values.shape, [round(hz) for hz in grid.axes[1].coordinates[[0, 20, 39]]]
    ((1, 40, 44), [81, 2067, 10140])
    """

    n_mels: Annotated[int, Param(ge=1, description="number of bands")] = 128
    f_min: Annotated[float, Param(ge=0, unit="Hz", description="lower edge of the first band")] = 0.0
    f_max: Annotated[
        float | None, Param(gt=0, unit="Hz", description="upper edge of the last band; None: half the rate")
    ] = None
    norm: Annotated[
        Literal["none", "slaney"], Param(description="slaney: every band has area 1; none: every band peaks at 1")
    ] = "slaney"
    scale: Annotated[
        Literal["htk", "slaney"], Param(description="mel formula: slaney is linear up to 1 kHz, htk logarithmic")
    ] = "slaney"
    slopes: Annotated[
        Literal["hz", "mel"], Param(description="triangles are straight in Hz (librosa) or in mel (Kaldi, TensorFlow)")
    ] = "hz"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ConfigError("f_max must be above f_min", f"f_min {self.f_min:g}, f_max {self.f_max:g} Hz")

    def __call__(self, grid: Grid) -> Grid:
        """Sum bins into bands."""
        from ._scales import mel

        at = grid.axis("frequency")
        if grid.scale not in ("magnitude", "power") or at != grid.values.ndim - 2 or not grid.axes[at].step:
            evidence = f"got {grid.scale}, axes {', '.join(a.name or 'unnamed' for a in grid.axes)}"
            raise DataError("mel takes a magnitude or power spectrogram", evidence, "use stft with power=2")
        bins, bin_hz = grid.values.shape[at], grid.axes[at].step or 0.0
        nyquist = grid.frames.rate / 2 if grid.frames else (bins - 1) * bin_hz
        weights, centres = self.weights(bins, bin_hz, nyquist)
        axes = (*grid.axes[:at], Axis("mel", "Hz", coordinates=centres), *grid.axes[at + 1 :])
        return grid.replace(values=mel(grid.values, weights), axes=axes, note=f"mel {self.n_mels} {self.scale}")

    def weights(self, bins: int, bin_hz: float, nyquist: float) -> tuple[np.ndarray, np.ndarray]:
        """(n_mels, bins) float64 weights of bins `bin_hz` apart, and the (n_mels,) centres of the bands in Hz.

        Raises DataError as the transform does.
        """
        from ._scales import mel_bank

        f_max = self.f_max or nyquist
        if f_max > nyquist or self.f_min >= f_max:
            evidence = f"f_min {self.f_min:g}, f_max {f_max:g}, half the rate {nyquist:g} Hz"
            raise DataError("mel bands must lie between 0 and half the rate", evidence, "lower f_max or f_min")
        return mel_bank(bins, bin_hz, self.n_mels, self.f_min, f_max, self.norm, self.scale, self.slopes)

    def predict(self, spec: Spec) -> Spec:
        """Bands in place of bins."""
        axes = tuple("mel" if axis == "frequency" else axis for axis in spec.axes)
        return replace(spec, shape=(*spec.shape[:-2], self.n_mels, spec.shape[-1]), axes=axes)


@dataclass(frozen=True, kw_only=True)
class Db(Component):
    """Magnitude or power in decibels.

    Takes a magnitude Grid (20 log10) or a power Grid (10 log10), gives the same shape with scale "db". Values under
    `floor` are raised to it; the default is librosa's 1e-10 of power. `top_db` would tie every frame to the loudest one
    of its clip (a loud event elsewhere moved an identical frame's MFCC by 236), so it is off unless asked for.

    Raises DataError for complex and other grids.

    >>> import numpy as np
    >>> from jackfield import Grid
    >>> Db()(Grid(values=np.array([1.0, 0.5, 0.0]), scale="magnitude")).values.round(2).tolist()
    [0.0, -6.02, -100.0]
    """

    reference: Annotated[float, Param(gt=0, description="value that reads 0 dB, in the grid's own scale")] = 1.0
    floor: Annotated[float, Param(unit="dB", description="lowest level, relative to the reference")] = -100.0
    top_db: Annotated[
        float | None,
        Param(gt=0, unit="dB", description="also raise to so much under the loudest level; None: do not"),
    ] = None

    def __call__(self, grid: Grid) -> Grid:
        """Take the logarithm of every value."""
        from ._scales import decibels

        factor = {"magnitude": 20.0, "power": 10.0}.get(grid.scale)
        if factor is None:
            raise DataError("decibels need magnitude or power", f"got {grid.scale}", "use stft with power=2")
        values = decibels(grid.values, factor, self.reference, self.floor, self.top_db)
        return grid.replace(values=values, scale="db", reference=self.reference, note=self._note())

    def _note(self) -> str:
        top = "" if self.top_db is None else f" and {self.top_db:g} dB under the maximum"
        return f"db re {self.reference:g}, floor {self.floor:g} dB{top}"

    def predict(self, spec: Spec) -> Spec:
        """The same shape."""
        return spec


@hookimpl
def jackfield_transforms() -> Iterator[Transform]:
    """Forward, back, bands, decibels."""
    yield Transform("stft", Stft)
    yield Transform("istft", Istft)
    yield Transform("mel", Mel)
    yield Transform("db", Db)

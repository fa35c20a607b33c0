"""Short-time Fourier transform, its inverse, mel bands and decibels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from jackfield import Axis, Component, ConfigError, DataError, FrameGrid, Grid, Param, Signal, Spec, Transform, hookimpl

__all__ = ["Db", "Istft", "Mel", "Stft"]

Window = Literal["blackman", "hamming", "hann", "rect"]
POWERS: dict[int | None, Literal["complex", "magnitude", "power"]] = {None: "complex", 1: "magnitude", 2: "power"}


@dataclass(frozen=True, kw_only=True)
class Stft(Component):
    """One-sided short-time Fourier transform.

    Takes (channels, n) samples, gives a Grid (channel, frequency, frame) of 1 + n_fft // 2 frequencies: complex, or
    magnitude or power where `power` says so, unscaled. float32 gives complex64 or float32, float64 complex128 or
    float64. Frame k is centred on sample k · hop and has n_fft // 2 samples of padding before the first sample; without
    `center` frame 0 starts on it and the last frame ends inside. Numbers equal `torch.stft` and, with pad_mode
    "constant", `librosa.stft`.

    Raises DataError where the signal is too short for one frame or for reflecting.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.cos(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> grid = Stft(n_fft=256, hop=64, power=1)(tone)
    >>> grid.values.shape, grid.axes[1].at(int(grid.values[0, :, 60].argmax()))
    ((1, 129, 126), 1000.0)
    """

    n_fft: Annotated[int, Param(ge=2, unit="samples", description="length of the Fourier transform")] = 2048
    hop: Annotated[int, Param(ge=1, unit="samples", description="step between frames")] = 512
    win_length: Annotated[
        int | None, Param(ge=1, unit="samples", description="length of the window, in the middle of n_fft; None: n_fft")
    ] = None
    window: Annotated[Window, Param(description="shape of the window")] = "hann"
    periodic: Annotated[bool, Param(description="window for spectral analysis; false makes it symmetric")] = True
    center: Annotated[bool, Param(description="centre frame k on sample k · hop, padding both ends")] = True
    pad_mode: Annotated[
        Literal["constant", "edge", "reflect"], Param(description="what a centred transform finds beyond the ends")
    ] = "reflect"
    power: Annotated[Literal[1, 2] | None, Param(description="1: magnitude, 2: power, None: complex values")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.win_length is not None and self.win_length > self.n_fft:
            evidence = f"win_length {self.win_length}, n_fft {self.n_fft}"
            raise ConfigError("the window must fit into n_fft", evidence, "raise n_fft")

    def __call__(self, signal: Signal) -> Grid:
        """Transform every channel."""
        from ._transform import stft
        from ._windows import window

        frames = self._frames(signal.n, signal.rate)
        shape = window(self.window, frames.window, self.periodic, self.n_fft)
        values = stft(signal.samples, shape, self.hop, self.center, self.pad_mode, self.power)
        note = f"stft {self.n_fft}/{self.hop} {_shape(self)} {frames.window}"
        axes = (
            Axis("channel"),
            Axis("frequency", "Hz", 0.0, signal.rate / self.n_fft),
            Axis("frame", "s", frames.time(0), self.hop / signal.rate),
        )
        return Grid(
            values=values,
            axes=axes,
            frames=frames,
            scale=POWERS[self.power],
            source=signal.source,
            history=(*signal.history, note + (f" from {signal.start}" if signal.start else "")),
        )

    def _frames(self, n: int, rate: float) -> FrameGrid:
        return FrameGrid.of(n, n_fft=self.n_fft, hop=self.hop, window=self.win_length, center=self.center, rate=rate)

    def predict(self, spec: Spec) -> Spec:
        """Frames and size of the grid; DataError where the clip is too short."""
        from ._transform import check_length

        check_length(spec.shape[-1], self.n_fft, self.center, self.pad_mode)
        frames = self._frames(spec.shape[-1], spec.rate)
        shape = (spec.shape[0], 1 + self.n_fft // 2, frames.count)
        return Spec("Grid", shape, spec.rate, frames, spec.itemsize * (2 if self.power is None else 1))


def _shape(component: Stft | Istft) -> str:
    return component.window if component.periodic else f"{component.window}-symmetric"


@dataclass(frozen=True, kw_only=True)
class Istft(Component):
    """Signal whose short-time Fourier transform is nearest to the given one (least squares).

    Takes the complex Grid of `stft`; n_fft, hop, window length, centring and the signal's length come from its axes and
    FrameGrid, the window's shape must be the one that was used. `istft(stft(x))` is x to 1e-12 in float64, and has its
    `start`, which `stft` leaves in the history; a grid without that history starts at 0.

    Raises DataError for grids that are not complex or were made with another window, and where windows leave samples
    uncovered (NOLA), as a Hann window without centring does with sample 0.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> x = Signal(samples=np.random.default_rng(0).standard_normal((2, 1000)), rate=8000)
    >>> bool(np.abs(Istft()(Stft(n_fft=256, hop=64)(x)).samples - x.samples).max() < 1e-12)
    True
    """

    window: Annotated[Window, Param(description="shape of the window that the forward transform used")] = "hann"
    periodic: Annotated[bool, Param(description="as in the forward transform")] = True

    def __call__(self, grid: Grid) -> Signal:
        """Transform every channel back."""
        from ._transform import istft
        from ._windows import window

        frames, frequency = grid.frames, grid.axis("frequency")
        if grid.scale != "complex" or frames is None or grid.values.ndim != 3:
            evidence = f"got {grid.scale}, {grid.values.ndim} axes, {'no ' if frames is None else ''}frames"
            raise DataError("only a complex spectrogram can be transformed back", evidence, "use stft with power=None")
        n_fft = round(frames.rate / (grid.axes[frequency].step or frames.rate))
        if grid.values.shape[frequency] != 1 + n_fft // 2:
            evidence = f"{grid.values.shape[frequency]} frequencies for n_fft {n_fft}"
            raise DataError("the spectrogram does not hold all frequencies", evidence)
        note = next((note.split() for note in reversed(grid.history) if note.startswith("stft ")), [])
        used = note[2] if len(note) > 2 else _shape(self)
        if used != _shape(self):
            evidence = f"stft used {used}, istft would use {_shape(self)}"
            raise DataError("the spectrogram was made with another window", evidence, "give istft the window of stft")
        shape = window(self.window, frames.window, self.periodic, n_fft)
        first = frames.span(0)[0] - (n_fft - frames.window) // 2
        samples = istft(grid.values, shape, frames.hop, first, frames.n_samples)
        start = int(note[-1]) if note[-2:-1] == ["from"] else 0
        history = (*grid.history, f"istft {_shape(self)}")
        return Signal(samples=samples, rate=frames.rate, start=start, source=grid.source, history=history)

    def predict(self, spec: Spec) -> Spec:
        """A signal as long as the one that was transformed."""
        n = spec.frames.n_samples if spec.frames else 0
        return Spec("Signal", (spec.shape[0], n), spec.rate, itemsize=spec.itemsize // 2)


@dataclass(frozen=True, kw_only=True)
class Mel(Component):
    """Mel bands of a magnitude or power spectrogram.

    Takes a Grid (…, frequency, frame), gives (…, mel, frame) in the same dtype; the mel axis carries the bands' centres
    in Hz. Bands are triangles, evenly spaced in mel and linear in Hz, as in `librosa.filters.mel`. The default of 128
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
        Literal["slaney"] | None, Param(description="slaney: every band has area 1; None: every band peaks at 1")
    ] = "slaney"
    scale: Annotated[
        Literal["htk", "slaney"], Param(description="mel formula: slaney is linear up to 1 kHz, htk logarithmic")
    ] = "slaney"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ConfigError("f_max must be above f_min", f"f_min {self.f_min:g}, f_max {self.f_max:g} Hz")

    def __call__(self, grid: Grid) -> Grid:
        """Sum bins into bands."""
        from ._scales import mel, mel_bank

        at = grid.axis("frequency")
        if grid.scale not in ("magnitude", "power") or at != grid.values.ndim - 2 or not grid.axes[at].step:
            evidence = f"got {grid.scale}, axes {', '.join(a.name or 'unnamed' for a in grid.axes)}"
            raise DataError("mel takes a magnitude or power spectrogram", evidence, "use stft with power=2")
        bins, bin_hz = grid.values.shape[at], grid.axes[at].step or 0.0
        nyquist = grid.frames.rate / 2 if grid.frames else (bins - 1) * bin_hz
        f_max = self.f_max or nyquist
        if f_max > nyquist or self.f_min >= f_max:
            evidence = f"f_min {self.f_min:g}, f_max {f_max:g}, half the rate {nyquist:g} Hz"
            raise DataError("mel bands must lie between 0 and half the rate", evidence, "lower f_max or f_min")
        weights, centres = mel_bank(bins, bin_hz, self.n_mels, self.f_min, f_max, self.norm, self.scale)
        axes = (*grid.axes[:at], Axis("mel", "Hz", coordinates=centres), *grid.axes[at + 1 :])
        return grid.replace(values=mel(grid.values, weights), axes=axes, note=f"mel {self.n_mels} {self.scale}")

    def predict(self, spec: Spec) -> Spec:
        """Bands in place of bins."""
        return replace(spec, shape=(*spec.shape[:-2], self.n_mels, spec.shape[-1]))


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
        float | None, Param(gt=0, unit="dB", description="also raise to so much under the grid's maximum; None: do not")
    ] = None

    def __call__(self, grid: Grid) -> Grid:
        """Take the logarithm of every value."""
        from ._scales import decibels

        factor = {"magnitude": 20.0, "power": 10.0}.get(grid.scale)
        if factor is None:
            raise DataError("decibels need magnitude or power", f"got {grid.scale}", "use stft with power=2")
        values = decibels(grid.values, factor, self.reference, self.floor, self.top_db)
        return grid.replace(values=values, scale="db", reference=self.reference, note=f"db re {self.reference:g}")

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

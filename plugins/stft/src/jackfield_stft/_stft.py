"""The forward transform as a component."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from jackfield import Axis, Component, ConfigError, FrameGrid, Grid, Param, Signal, Spec

from ._checks import whole
from ._framing import Framing, Piece, convention, framing, settle

if TYPE_CHECKING:
    import numpy as np

    from ._stream import StftStream

Window = Literal["blackman", "hamming", "hann", "povey", "rect"]
Compat = Literal["kaldi", "librosa", "scipy", "scipy-legacy", "tensorflow", "torchaudio"]
Described = tuple[FrameGrid, tuple[Axis, ...]]
POWERS: dict[int | None, Literal["complex", "magnitude", "power"]] = {None: "complex", 1: "magnitude", 2: "power"}


@dataclass(frozen=True, kw_only=True)
class Stft(Component):
    """Short-time Fourier transform.

    Takes (channels, n) samples, gives a Grid (channel, frequency, frame) of 1 + n_fft // 2 frequencies: complex, or
    magnitude or power where `power` says so. float32 gives complex64 or float32, float64 complex128 or float64. Frame k
    is centred on sample k · hop and has n_fft // 2 samples of padding before the first sample; without `center` frame 0
    starts on it and the last frame ends inside. The grid's `frames` says which samples a frame is made of, and
    `frames.padded()` which frames see padding. n_fft may be any length; 2^a · 3^b · 5^c is quickest.

    `scaling` says what a value is; by default it is the plain sum. A sine of amplitude A on a bin reads, as a
    magnitude, A under "amplitude" and A / √2 under "rms"; as power, A² / 2 under "power". "psd" is power per Hz
    (magnitude: its root): its sum times rate / n_fft is the mean power of the windowed frame. They count a frequency
    and its negative twin together, unless both are there (`onesided` false).

    `compat` gives another tool's frames and values, by its own default where None is given here: window position,
    padding, last frames, phase ("scipy" counts it from a frame's middle), scale ("scipy-legacy" divides by the window's
    sum). "kaldi" takes samples as 16-bit integers, removes each frame's mean and pre-emphasises it by 0.97, without
    dither; its spectrum is the one Kaldi's log is taken of. `center=True` there is snip_edges=false, `tail="every"`
    under "tensorflow" pad_end=True.

    Raises ConfigError where a parameter contradicts `compat` or the window is zero everywhere, DataError where the
    signal is too short for one frame, for reflecting, or for `compat`. Sources: Allen and Rabiner, Proc. IEEE 65
    (1977); for scaling, Heinzel, Rüdiger and Schilling, "Spectrum and spectral density estimation by the DFT" (2002).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=0.5 * np.cos(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> grid = Stft(n_fft=256, hop=64, power=1, scaling="amplitude")(tone)
    >>> grid.values.shape, grid.axes[1].at(32), float(grid.values[0, 32, 60].round(6))
    ((1, 129, 126), 1000.0, 0.5)
    >>> Stft(n_fft=256, hop=64, compat="scipy")(tone).values.shape
    (1, 129, 128)
    """

    n_fft: Annotated[int, Param(ge=2, unit="samples", description="length of the Fourier transform")] = 2048
    hop: Annotated[int, Param(ge=1, le=2**40, unit="samples", description="step between frames")] = 512
    win_length: Annotated[
        int | None, Param(ge=1, unit="samples", description="length of the window, in the middle of n_fft; None: n_fft")
    ] = None
    window: Annotated[Window | None, Param(description="shape of the window; None: hann (povey in Kaldi)")] = None
    periodic: Annotated[
        bool | None,
        Param(description="window for spectral analysis; false: symmetric; None: true, false in Kaldi"),
    ] = None
    center: Annotated[
        bool | None, Param(description="centre frame k on sample k · hop, padding both ends; None: true, or as compat")
    ] = None
    pad_mode: Annotated[
        Literal["constant", "edge", "reflect", "symmetric"] | None,
        Param(description="what frames find beyond the ends; None: reflect, or as compat"),
    ] = None
    tail: Annotated[
        Literal["drop", "every", "pad"] | None,
        Param(
            description="samples after the last whole frame: drop them, pad them to one more, or keep every frame that "
            "begins before the end; None: drop, or as compat"
        ),
    ] = None
    onesided: Annotated[bool, Param(description="leave out the negative frequencies, which mirror the others")] = True
    power: Annotated[Literal[1, 2] | None, Param(description="1: magnitude, 2: power, None: complex values")] = None
    scaling: Annotated[
        Literal["amplitude", "none", "power", "psd", "rms"],
        Param(description="what a value is: none, or the sine's amplitude or rms, power, or power per Hz"),
    ] = "none"
    valid_only: Annotated[bool, Param(description="drop the frames that see padding")] = False
    compat: Annotated[Compat | None, Param(description="tool whose frames and values to give; None: our own")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        rules = convention(self.compat)
        for name, choices in (("window", rules.windows), ("periodic", rules.periodic)):
            if choices:
                settle(self.compat, name, getattr(self, name), choices)
        if self.compat and self.scaling != "none":
            evidence = f'scaling "{self.scaling}", compat "{self.compat}"'
            raise ConfigError("scaling contradicts compat", evidence, "leave scaling or compat out")
        if self.scaling == "power" and self.power != 2:
            given = "complex values" if self.power is None else "the magnitude"
            raise ConfigError('scaling "power" is of power spectra', f"power gives {given}", "set power=2")
        if self.compat == "scipy-legacy" and self.tail != "drop" and self.hop > (self.win_length or self.n_fft):
            # it then pads less than to the next frame
            evidence, remedy = f"hop {self.hop}, window {self.win_length or self.n_fft}", "lower hop or set tail='drop'"
            raise ConfigError("scipy.signal.stft's padding is not followed to hops above the window", evidence, remedy)
        length, (name, periodic) = self.framing(0).window, self.shape
        if length == 2 and not periodic and name in ("blackman", "hann", "povey"):
            evidence = f"symmetric {name} of 2 samples"
            raise ConfigError("the window is zero everywhere", evidence, "use a longer win_length")

    def framing(self, n: int) -> Framing:
        """Where the frames of a signal of `n` samples lie; ConfigError where parameters contradict each other."""
        frames = framing(
            n,
            n_fft=self.n_fft,
            hop=self.hop,
            win_length=self.win_length,
            window=self.shape[0],
            center=self.center,
            pad_mode=self.pad_mode,
            tail=self.tail,
            compat=self.compat,
        )
        return frames.only_valid() if self.valid_only else frames

    @cached_property
    def shape(self) -> tuple[str, bool]:
        """Name of the window, and whether it is periodic."""
        rules = convention(self.compat)
        name = self.window or (rules.windows or ("hann",))[0]
        periodic = rules.periodic[0] if self.periodic is None else self.periodic
        # tf.signal's raised cosines of odd length are symmetric whatever `periodic` says (window_ops.py)
        odd = self.compat == "tensorflow" and name in ("hann", "hamming") and (self.win_length or self.n_fft) % 2
        return name, periodic and not odd

    def taper(self, rate: float) -> tuple[np.ndarray, float]:
        """(n_fft,) float64 factors of a frame's samples, and how much more of it bins with a negative twin get."""
        from ._windows import scaled

        frames, (name, periodic) = self._none, self.shape
        unit = {"kaldi": "int16", "scipy-legacy": "sum"}.get(self.compat or "", self.scaling)
        return scaled(name, frames.window, periodic, self.n_fft, frames.lead, unit, rate, self.onesided)

    @cached_property
    def _none(self) -> Framing:
        return self.framing(0)

    @property
    def turn(self) -> int:
        """Sample of a frame that is time 0 for its phase."""
        return self._none.window // 2 if self.compat == "scipy" else 0

    def pieces(self, samples: np.ndarray, frames: Framing) -> Iterator[Piece]:
        """The frames as pieces for `jackfield_kernels`, with `taper` as the window: one, but for Kaldi's many."""
        from ._cut import pieces

        return pieces(samples, frames, self.compat == "kaldi")

    def __call__(self, signal: Signal, *, threads: int = 1, out: Any = None) -> Grid:
        """Transform every channel.

        threads : upper limit; the values do not depend on it
        out : array of the result's shape and dtype to write into; the grid shows it
        """
        frames, described = self._layout(signal.n, signal.rate)
        return self._filled(signal, described, signal.samples, frames, whole("threads", threads, 1), out)

    @cached_property
    def _layout(self) -> Callable[[int, float], tuple[Framing, Described]]:
        """What clips of one length and rate share: for short ones it takes as long as the transform."""

        @lru_cache(maxsize=64)
        def layout(n: int, rate: float) -> tuple[Framing, Described]:
            frames = self.framing(n)
            frames.check()
            return frames, self._described(frames, rate)

        return layout

    def _described(self, frames: Framing, rate: float) -> Described:
        grid = frames.grid(rate)
        frequency = Axis("frequency", "Hz", 0.0, rate / self.n_fft)
        return grid, (Axis("channel"), frequency, Axis("frame", "s", grid.time(0), self.hop / rate))

    def _grid(self, signal: Signal, frames: Framing, samples: np.ndarray, cut: Framing) -> Grid:
        """Frames of `samples` where `cut` says, which lie in the whole signal where `frames` says."""
        return self._filled(signal, self._described(frames, signal.rate), samples, cut, 1, None)

    def _filled(
        self, signal: Signal, described: Described, samples: np.ndarray, cut: Framing, threads: int, out: Any
    ) -> Grid:
        from ._transform import transform

        window, twins = self.taper(signal.rate)
        options: dict[str, Any] = {"power": self.power, "onesided": self.onesided, "kaldi": self.compat == "kaldi"}
        options |= {"twins": twins, "turn": self.turn, "threads": threads, "out": out}
        values = transform(samples, cut, window, **options).view()
        values.flags.writeable = False
        history = (*signal.history, self._note + (f" from {signal.start}" if signal.start else ""))
        (grid, axes), scale, source = described, POWERS[self.power], signal.source
        return Grid(values=values, axes=axes, frames=grid, scale=scale, source=source, history=history)

    @cached_property
    def _note(self) -> str:
        """What the inverse has to know."""
        frames, (name, periodic) = self._none, self.shape
        words = ["stft", f"{self.n_fft}/{self.hop}", name + ("" if periodic else "-symmetric"), str(frames.window)]
        words += [f"pad={frames.pad}"]
        words += [f"{k}={v}" for k in ("scaling", "compat") if (v := getattr(self, k)) not in (None, "none")]
        return " ".join(words)

    def stream(self, rate: float, channels: int = 1) -> StftStream:
        """The same for a signal that comes in blocks: `push(block)` and `finish()` give the frames that are complete.

        Along the frames their grids are what one call for the whole signal gives.
        """
        from ._stream import StftStream

        return StftStream(self, rate, channels)

    def predict(self, spec: Spec) -> Spec:
        """Frames and size of the grid; DataError where the clip is too short."""
        frames = self.framing(spec.shape[-1])
        frames.check()
        bins = 1 + self.n_fft // 2 if self.onesided else self.n_fft
        itemsize = spec.itemsize * (2 if self.power is None else 1)
        shape, axes = (spec.shape[0], bins, frames.count), ("channel", "frequency", "frame")
        return Spec("Grid", shape, spec.rate, frames.grid(spec.rate), itemsize, axes)

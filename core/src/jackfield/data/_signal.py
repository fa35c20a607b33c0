"""Where sound comes from, and sound itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ._arrays import Record, array_digest, frozen

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Source:
    """Where an input comes from: a path, what the file system says of it, and the segment wanted.

    path : file, as the user wrote it
    size, mtime_ns : of the file when it was listed, or None
    start, stop : segment in samples at the file's own rate; stop None is the end
    """

    path: str
    size: int | None = None
    mtime_ns: int | None = None
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True)
class Origin:
    """What a signal was decoded from: path, digest of the decoded samples, subtype (such as PCM_16), decoder."""

    path: str | None = None
    digest: str | None = None
    subtype: str | None = None
    decoder: str | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Signal(Record):
    """Samples in time, channels first.

    samples : (channels, n) float32 or float64, nominally in [−1, 1]; (n,) is taken as one channel
    rate : samples per second, above 0
    start : position of sample 0 in the recording it was cut from, in samples
    source : where it was decoded from
    history : conversions since then, oldest first

    >>> import numpy as np
    >>> s = Signal(samples=np.zeros(441, np.float32), rate=44_100)
    >>> s.channels, s.n, s.seconds
    (1, 441, 0.01)
    """

    samples: np.ndarray
    rate: float
    start: int = 0
    source: Origin | None = None
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        import math

        samples = frozen(self.samples, ("float32", "float64"), what="Signal.samples")
        if samples.ndim == 1:
            samples = samples[None, :]
        if samples.ndim != 2 or samples.shape[0] < 1:
            raise DataError("Signal.samples must be (channels, n)", f"got shape {samples.shape}")
        if samples.shape[0] > 64 and samples.shape[1] <= 64:
            raise DataError(
                "Signal.samples must be channels first",
                f"shape {samples.shape} reads as {samples.shape[0]} channels",
                "transpose it",
            )
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise DataError("Signal.rate must be a finite number above 0", f"got {self.rate!r}")
        self._set(samples=samples, rate=float(self.rate), start=int(self.start), history=tuple(self.history))

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def n(self) -> int:
        """Number of samples per channel."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.n / self.rate

    @cached_property
    def digest(self) -> str:
        """Identity of the sound: hash of rate, shape, dtype and every sample."""
        return array_digest(self.samples, self.rate)

    def replace(self, *, note: str, **changes: Any) -> Signal:
        """A new signal with some fields changed and `note` added to its history."""
        return replace(self, history=(*self.history, note), **changes)

    def plot(self) -> Figure:
        """The waveform, one panel per channel, as a matplotlib Figure (needs matplotlib).

        Seconds stand below and samples above, counted from the signal's first sample. Where there are more samples than
        pixels, a column reaches from the smallest to the largest of its samples, so that no click gets lost.

        `figure.savefig("picture.png")` writes it. Raises DataError for a signal without samples or with more than 16
        channels, and PluginError without matplotlib.

        >>> import numpy as np
        >>> figure = Signal(samples=np.zeros((2, 8000)), rate=8000).plot()
        >>> [panel.get_ylabel() for panel in figure.axes]
        ['channel 0', 'channel 1']
        """
        from ._plotting import plot_signal

        return plot_signal(self)

    def summary(self) -> dict[str, str]:
        facts = {
            "channels": str(self.channels),
            "samples": str(self.n),
            "rate": f"{self.rate:g} Hz",
            "seconds": f"{self.seconds:.6g}",
            "dtype": str(self.samples.dtype),
        }
        if self.source and self.source.path:
            facts["source"] = f"{self.source.path} {self.source.subtype or ''}".strip()
        if self.history:
            facts["history"] = " → ".join(self.history)
        return facts


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Codes(Record):
    """Integer sample codes and how they came about.

    values : (channels, n) integers
    rate : samples per second
    bits : width of a code, 2…32
    signed : False for unsigned codes, whose silence is 2**(bits − 1)
    dither, seed : what was added before rounding
    clipped : number of samples beyond the range; `clip_positions` their first indices
    statistics : error figures by name, in LSB or dBFS as named
    """

    values: np.ndarray
    rate: float
    bits: int
    signed: bool = True
    dither: str = "none"
    seed: int | None = None
    clipped: int = 0
    clip_positions: tuple[int, ...] = ()
    statistics: dict[str, float] | None = None
    source: Origin | None = None
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = frozen(self.values, what="Codes.values", ndim=2)
        if values.dtype.kind not in "iu":
            raise DataError("Codes.values must be integers", f"got {values.dtype}")
        if not 2 <= self.bits <= 32:
            raise DataError("Codes.bits must be 2 to 32", f"got {self.bits}")
        low = -(1 << (self.bits - 1)) if self.signed else 0
        if values.size and (int(values.min()) < low or int(values.max()) > low + (1 << self.bits) - 1):
            raise DataError(
                f"Codes.values do not fit {self.bits} bits", f"range {values.min()}…{values.max()}, lowest code {low}"
            )
        self._set(values=values)

    def summary(self) -> dict[str, str]:
        kind = "signed" if self.signed else "unsigned"
        return {
            "codes": f"{self.values.shape[0]} × {self.values.shape[1]}",
            "width": f"{self.bits} bit {kind}",
            "rate": f"{self.rate:g} Hz",
            "dither": self.dither,
            "clipped": str(self.clipped),
        }

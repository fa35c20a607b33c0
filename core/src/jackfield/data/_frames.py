"""Which samples a frame is made of, exactly."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DataError
from ._arrays import Record


@dataclass(frozen=True, repr=False)
class FrameGrid(Record):
    """Frames on the sample axis: `count` windows of `window` samples, `hop` apart.

    All positions are integers in samples of the signal the frames were cut from; samples below 0 or from `n_samples`
    on are padding. `first_center` is the centre of frame 0, where a window of even length is centred on the sample
    right of its middle, as the FFT's phase origin is.

    count : number of frames, ≥ 0
    hop : samples between frames, ≥ 1
    window : samples a frame covers, ≥ 1
    first_center : sample on which frame 0 is centred
    n_samples : length of the signal
    rate : samples per second

    >>> grid = FrameGrid.of(199_488, n_fft=512, hop=32, rate=24_576)
    >>> grid.count, grid.center(1), grid.span(0), list(grid.frames_at(0))[-1]
    (6235, 32, (-256, 256), 8)
    """

    count: int
    hop: int
    window: int
    first_center: int
    n_samples: int
    rate: float

    def __post_init__(self) -> None:
        for name, low in (("count", 0), ("hop", 1), ("window", 1), ("n_samples", 0)):
            if getattr(self, name) < low:
                raise DataError(f"FrameGrid.{name} must be at least {low}", f"got {getattr(self, name)}")
        if not self.rate > 0:
            raise DataError("FrameGrid.rate must be above 0", f"got {self.rate}")

    @classmethod
    def of(
        cls, n_samples: int, *, n_fft: int, hop: int, window: int | None = None, center: bool = True, rate: float
    ) -> FrameGrid:
        """The grid of a short-time transform of `n_samples` samples.

        Centred transforms pad n_fft // 2 samples on both sides; a window shorter than n_fft sits in the middle of it
        (torch, librosa). The count depends on n_fft, never on the window.
        """
        window = n_fft if window is None else window
        if not 1 <= window <= n_fft:
            raise DataError("the window must be between 1 and n_fft samples", f"window {window}, n_fft {n_fft}")
        pad = n_fft // 2 if center else 0
        room = n_samples + 2 * pad - n_fft
        start = -pad + (n_fft - window) // 2
        count = 1 + room // hop if room >= 0 and n_samples > 0 else 0
        return cls(count, hop, window, start + window // 2, n_samples, rate)

    def center(self, k: int) -> int:
        """Sample on which frame k is centred."""
        return self.first_center + k * self.hop

    def span(self, k: int) -> tuple[int, int]:
        """First sample of frame k and the first after it; may reach over the signal's edges."""
        start = self.center(k) - self.window // 2
        return start, start + self.window

    def coverage(self, k: int) -> float:
        """Share of frame k that is signal, not padding, in [0, 1]."""
        start, stop = self.span(k)
        return max(0, min(stop, self.n_samples) - max(start, 0)) / self.window

    def frames_at(self, sample: int) -> range:
        """The frames whose span holds `sample`; empty where none does."""
        first = self.span(0)[0]
        low = -((first + self.window - 1 - sample) // self.hop)
        high = (sample - first) // self.hop
        return range(max(low, 0), max(min(high + 1, self.count), max(low, 0)))

    def time(self, k: int) -> float:
        """Centre of frame k in seconds."""
        return self.center(k) / self.rate

    def padded(self) -> range | tuple[int, ...]:
        """Indices of the frames that see padding."""
        return tuple(k for k in range(self.count) if self.coverage(k) < 1)

    def summary(self) -> dict[str, str]:
        first, last = self.span(0), self.span(max(self.count - 1, 0))
        return {
            "frames": str(self.count),
            "hop": f"{self.hop} samples",
            "window": f"{self.window} samples",
            "frame 0": f"[{first[0]}, {first[1]}) around sample {self.first_center}",
            "last frame": f"[{last[0]}, {last[1]}) of {self.n_samples}",
            "rate": f"{self.rate:g} Hz",
        }

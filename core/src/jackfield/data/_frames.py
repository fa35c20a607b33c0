"""Which samples a frame is made of, exactly."""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ..errors import DataError
from ._arrays import Record


@dataclass(frozen=True, repr=False)
class FrameGrid(Record):
    """Frames on the sample axis: `count` windows of `window` samples, `hop` apart.

    All positions are integers in samples of the signal the frames were cut from; samples below 0 or from `n_samples`
    on are padding. `first_center` is the centre of frame 0, where a window of even length is centred on the sample
    right of its middle, as the FFT's phase origin is.

    A grid that was resized may have frames a fraction of samples apart, a `Fraction`: frame k is then centred on the
    sample nearest to first_center + k · hop.

    count : number of frames, ≥ 0
    hop : samples between frames, ≥ 1
    window : samples a frame covers, ≥ 1
    first_center : sample on which frame 0 is centred; a Fraction where that is the nearest one
    n_samples : length of the signal
    rate : samples per second
    needs : shortest signal that has a frame 0, by the rule the frames were cut by; then count is
        1 + (n_samples − needs) // hop, which is how every tool counts (0 for centred frames of even length, n_fft for
        uncentred ones). None where the rule is not known: `solve` takes it from there.
    shortest : shortest signal that has a frame, where that is less than `needs` because padding fills its only frame up
    end : first sample after the last frame, where that is shorter than the others because it was merged of fewer

    >>> grid = FrameGrid.of(199_488, n_fft=512, hop=32, rate=24_576)
    >>> grid.count, grid.center(1), grid.span(0), list(grid.frames_at(0))[-1]
    (6235, 32, (-256, 256), 8)
    >>> print(grid.explain("reflect"))
    6235 = 1 + 199488 // 32, reflect pad 256 + 256, frame k is centred at 32 k and covers [32 k − 256, 32 k + 256), \
frames 0–7 and 6227–6234 see padding
    >>> print(grid.solve(6241))
    6241 needs 199,680…199,711 samples (8.125 s) or pad 96…111: your buffer has 192 samples fewer
    """

    count: int
    hop: int | Fraction
    window: int
    first_center: int | Fraction
    n_samples: int
    rate: float
    # says how the count came about, not which samples a frame is made of
    needs: int | None = field(default=None, compare=False)
    shortest: int | None = field(default=None, compare=False)
    end: int | None = None

    def __post_init__(self) -> None:
        for name, low in (("count", 0), ("hop", 1), ("window", 1), ("n_samples", 0)):
            if getattr(self, name) < low:
                raise DataError(f"FrameGrid.{name} must be at least {low}", f"got {getattr(self, name)}")
        for name in ("count", "hop", "window", "first_center", "n_samples"):
            value = getattr(self, name)
            if not isinstance(value, int):
                fits = name in ("hop", "first_center") and isinstance(value, Fraction) and value.denominator > 1
                self._set(**{name: value if fits else _whole(name, value)})
        if self.needs is not None and isinstance(self.hop, Fraction):
            raise DataError("FrameGrid.needs goes with whole hops", f"got hop {self.hop}")
        if not 0 < self.rate < math.inf:
            raise DataError("FrameGrid.rate must be a finite number above 0", f"got {self.rate}")

    @classmethod
    def of(
        cls, n_samples: int, *, n_fft: int, hop: int, window: int | None = None, center: bool = True, rate: float
    ) -> FrameGrid:
        """The grid of a short-time transform of `n_samples` samples.

        Centred transforms pad n_fft // 2 samples on both sides; a window shorter than n_fft sits in the middle of it
        (torch, librosa). The count depends on n_fft, never on the window.
        """
        window = n_fft if window is None else window
        if hop < 1:
            raise DataError("FrameGrid.hop must be at least 1", f"got {hop}")
        if not 1 <= window <= n_fft:
            raise DataError("the window must be between 1 and n_fft samples", f"window {window}, n_fft {n_fft}")
        pad = n_fft // 2 if center else 0
        needs = n_fft - 2 * pad
        start = -pad + (n_fft - window) // 2
        count = 1 + (n_samples - needs) // hop if n_samples >= max(needs, 1) else 0
        return cls(count, hop, window, start + window // 2, n_samples, rate, needs)

    def center(self, k: int) -> int:
        """Sample on which frame k is centred."""
        if isinstance(self.hop, int) and isinstance(self.first_center, int):
            return self.first_center + k * self.hop
        parts = 2 * math.lcm(self.hop.denominator, self.first_center.denominator)
        # rounded in whole numbers, half up: so that a shift of all frames moves them alike
        return (int(parts * self.first_center) + k * int(parts * self.hop) + parts // 2) // parts

    def span(self, k: int) -> tuple[int, int]:
        """First sample of frame k and the first after it; may reach over the signal's edges."""
        start = self.center(k) - self.window // 2
        stop = start + self.window
        return start, stop if self.end is None else min(stop, self.end)

    def coverage(self, k: int) -> float:
        """Share of frame k that is signal, not padding, in [0, 1]."""
        start, stop = self.span(k)
        return max(0, min(stop, self.n_samples) - max(start, 0)) / (stop - start)

    def frames_at(self, sample: int) -> range:
        """The frames whose span holds `sample`; empty where none does."""
        if self.end is not None and sample >= self.end:
            return range(0)
        first = bisect_right(range(self.count), sample - self.window, key=self._start)
        return range(first, max(first, bisect_right(range(self.count), sample, key=self._start)))

    def _start(self, k: int) -> int:
        return self.span(k)[0]

    def time(self, k: int) -> float:
        """Centre of frame k in seconds."""
        return float(self.first_center + k * self.hop) / self.rate

    def inside(self) -> range:
        """The frames that hold samples of the signal alone."""
        start = bisect_left(range(self.count), 0, key=self._start)
        stop = bisect_right(range(self.count), self.n_samples - self.window, key=self._start)
        if self.end is not None and self.end <= self.n_samples:
            stop = self.count
        return range(start, max(start, stop)) if start < self.count else range(0)

    def padded(self) -> tuple[int, ...]:
        """Indices of the frames that see padding."""
        inside = self.inside()
        return (*range(inside.start), *range(inside.stop, self.count))

    def merged(self, step: int) -> FrameGrid:
        """The grid after every `step` frames became one, which covers all their samples; DataError below 1.

        The last may be made of fewer, and is then shorter than the others.
        """
        if step < 1:
            raise DataError("frames are merged by steps of at least 1", f"got {step}")
        window, hop = self.window + math.ceil((step - 1) * self.hop), step * self.hop
        center = self.first_center - self.window // 2 + window // 2
        merged = FrameGrid(-(-self.count // step), hop, window, center, self.n_samples, self.rate)
        end = self.span(self.count - 1)[1]
        return replace(merged, end=end) if merged.count and end < merged.span(merged.count - 1)[1] else merged

    def explain(self, pad_mode: str = "", noun: str = "frame") -> FrameFacts:
        """How the count follows from the length, where frames lie, and which see padding (filled by `pad_mode`)."""
        return FrameFacts(self, pad_mode, noun)

    def solve(self, observed: int) -> FrameSolution:
        """What would give `observed` frames: the lengths that do, and the extra padding of both ends that does.

        Raises DataError for a count that is no whole number above 0, and where the grid does not say which signals have
        a frame (`needs`), as one that was resized.
        """
        observed = _whole("observed", observed)
        if observed < 1:
            raise DataError("a spectrogram has at least one frame", f"got {observed}")
        if self.needs is None:
            raise DataError("this grid does not say how its count follows from the length", str(self), "give it needs")
        return FrameSolution(self, observed)

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


@dataclass(frozen=True, repr=False)
class FrameFacts(Record):
    """A FrameGrid in words; `str()` is one line."""

    grid: FrameGrid
    pad_mode: str = ""
    noun: str = "frame"

    @property
    def formula(self) -> str:
        """The count, as it follows from the number of samples."""
        grid, needs = self.grid, self.grid.needs
        if needs is None or not grid.count:
            return f"{grid.count} {self.noun}{'' if grid.count == 1 else 's'} of {grid.n_samples} samples"
        room = f"({grid.n_samples} {'−' if needs > 0 else '+'} {abs(needs)})" if needs else f"{grid.n_samples}"
        room = f"max{room[:-1]}, 0)" if grid.n_samples < needs else room
        return f"{grid.count} = 1 + {room} // {grid.hop}"

    @property
    def padding(self) -> tuple[int, int]:
        """Samples before the signal that frames see, and samples after it."""
        if not self.grid.count:
            return 0, 0
        first, last = self.grid.span(0)[0], self.grid.span(self.grid.count - 1)[1]
        return max(0, -first), max(0, last - self.grid.n_samples)

    @property
    def padded(self) -> tuple[range, range]:
        """Frames that see padding, at the start and at the end; no frame is in both."""
        inside = self.grid.inside()
        return range(inside.start), range(inside.stop, self.grid.count)

    def summary(self) -> dict[str, str]:
        return {"frames": str(self)}

    def __str__(self) -> str:
        grid, (before, after) = self.grid, self.padding
        first, last = grid.span(0)
        if isinstance(grid.hop, int) and isinstance(grid.first_center, int):
            where = f"{self.noun} k is centred at {_line(grid.hop, grid.first_center)}"
            where += f" and covers [{_line(grid.hop, first)}, {_line(grid.hop, last)})"
        else:
            where = f"{self.noun} k covers {grid.window} samples around the one nearest to "
            where += _line(round(float(grid.hop), 3), round(float(grid.first_center), 3))
        pad = f"{self.pad_mode} pad {before} + {after}".strip() if before or after else "no padding"
        return f"{self.formula}, {pad}, {where}, {self._touched()}"

    def _touched(self) -> str:
        runs = [_run(frames) for frames in self.padded if frames]
        if not runs:
            return f"no {self.noun} sees padding"
        many = sum(map(len, self.padded)) > 1
        return f"{self.noun}{'s' if many else ''} {' and '.join(runs)} see{'' if many else 's'} padding"


@dataclass(frozen=True, repr=False)
class FrameSolution(Record):
    """What would give `observed` frames where `grid` has another number (or the same); `str()` is one line."""

    grid: FrameGrid
    observed: int

    @property
    def samples(self) -> range:
        """Lengths in samples that give `observed` frames by the grid's rule; empty if none does."""
        hop = int(self.grid.hop)
        low = high = (self.grid.needs or 0) + (self.observed - 1) * hop
        if self.observed == 1 and self.grid.shortest is not None:
            low = self.grid.shortest
        return range(max(low, 1), max(high + hop, 1))

    @property
    def pad(self) -> range:
        """Padding of either end, on top of the grid's own, with which the present length gives `observed` frames."""
        low, high = self.samples.start - self.grid.n_samples, self.samples.stop - 1 - self.grid.n_samples
        return range(-(-low // 2), high // 2 + 1) if self.missing > 0 else range(0)

    @property
    def missing(self) -> int:
        """Samples that the signal is short of (above 0) or has too many (below 0); 0 if the count fits, or none can."""
        n = self.grid.n_samples
        if not self.samples or n in self.samples:
            return 0
        return self.samples.start - n if n < self.samples.start else self.samples.stop - 1 - n

    def summary(self) -> dict[str, str]:
        return {"observed": str(self)}

    def __str__(self) -> str:
        if not self.samples:
            least = 1 + (1 - (self.grid.needs or 0)) // self.grid.hop
            return f"no length gives {self.observed}: one sample already has {least}"
        low, high = self.samples.start, self.samples.stop - 1
        lengths = f"{low:,}…{high:,}" if high > low else f"{low:,}"
        needed = f"{self.observed} needs {lengths} samples ({low / self.grid.rate:.6g} s)"
        if not self.missing:
            return f"{needed}: your buffer has {self.grid.n_samples:,}, which fits"
        count, verdict = abs(self.missing), "fewer" if self.missing > 0 else "too many"
        pad = f" or pad {_run(self.pad, '…')}" if self.pad else ""
        return f"{needed}{pad}: your buffer has {count:,} sample{'' if count == 1 else 's'} {verdict}"


def _whole(name: str, value: Any) -> int:
    try:
        if isinstance(value, Fraction) and value.denominator == 1:
            return int(value)
        return operator.index(value)
    except TypeError:
        raise DataError(f"{name} must be a whole number", f"got {value!r}") from None


def _line(hop: float, offset: float) -> str:
    """`offset` + k hops.

    >>> _line(32, -256), _line(1, 0)
    ('32 k − 256', 'k')
    """
    slope = "k" if hop == 1 else f"{hop} k"
    return slope if not offset else f"{slope} {'−' if offset < 0 else '+'} {abs(offset)}"


def _run(numbers: range, to: str = "–") -> str:
    return f"{numbers[0]}{to}{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"

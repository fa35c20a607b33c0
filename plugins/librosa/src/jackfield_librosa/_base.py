"""What librosa's features have in common: rows on a frame grid, how far a row reaches, pooling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from jackfield import Component, DataError, Features, FrameGrid, Param, Signal, Spec

Statistic = Literal["max", "mean", "median", "min", "p5", "p10", "p25", "p75", "p90", "p95", "std"]


@dataclass(frozen=True, kw_only=True)
class Rows(Component):
    """A row per frame, frame k centred on sample k · hop.

    column, unit : name and unit of the only column; features with more columns define `columns`
    wide : librosa computes in float64 whatever the signal's dtype
    """

    hop: Annotated[int, Param(ge=1, unit="samples", description="step between frames; librosa's default")] = 512
    pool: Annotated[
        tuple[Statistic, ...] | None,
        Param(
            min_length=1,
            description="statistics over frames, giving one row per clip (p5: 5th percentile); None: a row per frame",
        ),
    ] = None

    channels = "one"
    column, unit, wide = "", "", False

    def __call__(self, signal: Signal) -> Features:
        """Rows of one channel, computed by librosa."""
        from ._rows import features

        return features(self, signal, self.frames(signal.n, signal.rate))

    def prepare(self) -> None:
        """Import librosa, so that a missing one shows before the first clip."""
        from . import _rows  # noqa: F401

    def predict(self, spec: Spec) -> Spec:
        """A row per frame, or one row of pooled columns; DataError where the clip is refused."""
        frames = self.frames(spec.shape[-1], spec.rate)
        rows, statistics = (1, len(self.pool)) if self.pool else (frames.count, 1)
        return replace(
            spec,
            kind="Features",
            shape=(rows, statistics * len(self.columns())),
            frames=None if self.pool else frames,
            itemsize=8 if self.wide else spec.itemsize,
        )

    def columns(self) -> tuple[str, ...]:
        """What each column is."""
        return (self.column,)

    def length(self) -> int:
        """Samples of one frame; 0 for features that are not cut into frames of one length."""
        return 0

    def reach(self, rate: float) -> tuple[int, int]:
        """How many samples before its centre, and from its centre on, a row is made of."""
        return self.length() // 2, self.length() - self.length() // 2

    def count(self, n: int, rate: float) -> int:
        """Rows of n samples: librosa pads length // 2 samples on both sides."""
        return 1 + (n - self.length() % 2) // self.hop

    def least(self, rate: float) -> int:
        """Fewest samples that make a row; DataError where parameters do not fit the rate."""
        return 2

    def frames(self, n: int, rate: float) -> FrameGrid:
        """Where the rows of n samples lie; DataError where there are none.

        A span is as long before its centre as after it; where a row reaches further to one side, it holds both.
        """
        least = self.least(rate)
        if n < least:
            evidence = f"{n} samples, {type(self).__name__} takes at least {least}"
            raise DataError("the clip is too short", evidence, "leave it out, or lower hop and frame length")
        before, after = self.reach(rate)
        return FrameGrid(self.count(n, rate), self.hop, max(2 * before, 2 * after - 1), 0, n, rate)

    def blank(self) -> int:
        """Rows at the start that are made of nothing."""
        return 0


@dataclass(frozen=True, kw_only=True)
class Spectrum(Rows):
    """Rows made of short-time spectra: periodic Hann windows, zeros beyond the clip's ends."""

    n_fft: Annotated[int, Param(ge=2, unit="samples", description="length of a frame; librosa's default")] = 2048

    def length(self) -> int:
        return self.n_fft


@dataclass(frozen=True, kw_only=True)
class Samples(Rows):
    """Rows made of the samples of a frame, without a window."""

    frame_length: Annotated[int, Param(ge=2, unit="samples", description="length of a frame; librosa's default")] = 2048

    def length(self) -> int:
        return self.frame_length


@dataclass(frozen=True, kw_only=True)
class Onsets(Spectrum):
    """Rows made of the rise of mel levels from one frame to a later one.

    librosa gives the rise to the row at whose centre the later frame ends, not begins: a row lies where the onset does.
    """

    n_mels: Annotated[int, Param(ge=1, description="number of mel bands; librosa's default")] = 128
    lag: Annotated[int, Param(ge=1, unit="frames", description="how far back the rise is measured")] = 1
    max_size: Annotated[
        int,
        Param(
            ge=1,
            unit="bands",
            description="the rise is over the loudest of so many neighbouring bands, against vibrato; 1: over its own",
        ),
    ] = 1
    top_db: Annotated[
        float,
        Param(
            gt=0,
            unit="dB",
            description="levels are raised to so much under the clip's loudest, librosa's 80; inf: they are not",
        ),
    ] = 80.0

    def delay(self) -> int:
        """Frames between the later frame of a rise and its row."""
        return self.n_fft // (2 * self.hop)

    def first(self) -> int:
        """The first row with a rise; librosa sets those before it to 0."""
        return self.lag + self.delay()

    def reach(self, rate: float) -> tuple[int, int]:
        before, after = super().reach(rate)
        return before + self.first() * self.hop, after - self.delay() * self.hop

    def least(self, rate: float) -> int:
        return max(2, self.first() * self.hop + self.length() % 2)

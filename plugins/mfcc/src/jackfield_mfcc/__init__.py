"""Mel-frequency cepstral coefficients and log-mel bands, per frame or pooled over frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield_stft import Db, Mel, Stft

from jackfield import Component, ConfigError, Feature, Features, Grid, Param, Signal, Spec, hookimpl

if TYPE_CHECKING:
    import numpy as np

__all__ = ["LogMel", "Mfcc"]

Statistic = Literal["max", "mean", "median", "min", "std"]


@dataclass(frozen=True, kw_only=True)
class _Bands(Component):
    """What both features have in common: mel bands in dB, frames centred and padded with zeros as in librosa."""

    n_fft: Annotated[int, Param(ge=2, unit="samples", description="length of a frame")] = 2048
    hop: Annotated[int, Param(ge=1, unit="samples", description="step between frames")] = 512
    n_mels: Annotated[int, Param(ge=1, description="number of mel bands")] = 128
    f_min: Annotated[float, Param(ge=0, unit="Hz", description="lower edge of the first band")] = 0.0
    f_max: Annotated[
        float | None, Param(gt=0, unit="Hz", description="upper edge of the last band; None: half the rate")
    ] = None
    scale: Annotated[
        Literal["htk", "slaney"], Param(description="mel formula: slaney is linear up to 1 kHz, htk logarithmic")
    ] = "slaney"
    norm: Annotated[
        Literal["slaney"] | None, Param(description="slaney: every band has area 1; None: every band peaks at 1")
    ] = "slaney"
    top_db: Annotated[
        float | None,
        Param(gt=0, unit="dB", description="raise levels to so much under the clip's loudest; None: do not"),
    ] = None
    pool: Annotated[
        tuple[Statistic, ...] | None,
        Param(min_length=1, description="statistics over the frames, giving one row per clip; None: a row per frame"),
    ] = None

    channels = "one"

    @cached_property
    def _chain(self) -> tuple[Stft, Mel, Db]:
        bands = Mel(n_mels=self.n_mels, f_min=self.f_min, f_max=self.f_max, norm=self.norm, scale=self.scale)
        return Stft(n_fft=self.n_fft, hop=self.hop, pad_mode="constant", power=2), bands, Db(top_db=self.top_db)

    def _levels(self, signal: Signal) -> Grid:
        stft, mel, db = self._chain
        return db(mel(stft(signal)))

    def _features(self, grid: Grid, values: np.ndarray, stem: str, unit: str) -> Features:
        from ._cepstrum import coverage, pooled

        assert grid.frames is not None
        names, frames, covered = tuple(f"{stem}{k}" for k in range(values.shape[1])), grid.frames, coverage(grid.frames)
        if self.pool:
            values, covered = pooled(values, self.pool), covered.mean(keepdims=True)
            names = tuple(f"{name}_{statistic}" for statistic in self.pool for name in names)
        return Features(
            values=values,
            names=names,
            units=(unit,) * len(names),
            frames=None if self.pool else frames,
            coverage=covered,
            source=grid.source,
            history=grid.history,
        )

    def _width(self) -> int:
        return self.n_mels

    def predict(self, spec: Spec) -> Spec:
        """A row per frame, or one row of pooled columns."""
        frames = self._chain[0].predict(spec).frames
        rows = frames.count if frames and not self.pool else 1
        columns = self._width() * len(self.pool or ("each frame",))
        return replace(spec, kind="Features", shape=(rows, columns), frames=None if self.pool else frames)


@dataclass(frozen=True, kw_only=True)
class Mfcc(_Bands):
    """Mel-frequency cepstral coefficients: the cosine transform of mel bands in dB.

    Takes one channel, gives one row per frame with columns mfcc0, mfcc1, … (librosa's `mfcc`, transposed), or with
    `pool` one row per clip with columns mfcc0_mean, …. Frames are centred, with zeros beyond the ends; `coverage` says
    which rows hold padding. Statistics run over frames only: an average over coefficients, which a widely copied
    recipe takes, keeps nothing of the spectrum's shape.

    The numbers are librosa's but for `top_db`: it is off, since levels tied to the clip's loudest moment change
    identical frames when something loud is added elsewhere. `top_db=80` gives librosa's default.

    Raises ConfigError where n_mfcc exceeds n_mels; DataError where a mel band holds no frequency bin, and for an empty
    clip. Source: Davis and Mermelstein, IEEE Trans. ASSP 28 (1980); the orthonormal DCT-II as in librosa.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> clip = Signal(samples=np.random.default_rng(0).standard_normal(22_050), rate=22_050)
    >>> features = Mfcc(n_mfcc=13)(clip)
    >>> features.values.shape, features.names[:2], features.coverage[:3].round(2).tolist()
    ((44, 13), ('mfcc0', 'mfcc1'), [0.5, 0.75, 1.0])
    >>> Mfcc(n_mfcc=13, pool=("mean", "std"))(clip).values.shape
    (1, 26)
    """

    n_mfcc: Annotated[int, Param(ge=1, description="number of coefficients, the first being the level")] = 20
    lifter: Annotated[int, Param(ge=0, description="raises the higher coefficients (22 in HTK); 0: leaves them")] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_mfcc > self.n_mels:
            evidence = f"n_mfcc {self.n_mfcc}, n_mels {self.n_mels}"
            raise ConfigError("there are no more coefficients than mel bands", evidence, "raise n_mels")

    def _width(self) -> int:
        return self.n_mfcc

    def __call__(self, signal: Signal) -> Features:
        """Coefficients of one channel."""
        from ._cepstrum import cepstrum

        grid = self._levels(signal)
        return self._features(grid, cepstrum(grid.values[0], self.n_mfcc, self.lifter), "mfcc", "dB")


@dataclass(frozen=True, kw_only=True)
class LogMel(_Bands):
    """Levels of mel bands in dB.

    Takes one channel, gives one row per frame with columns mel0, mel1, …, or with `pool` one row per clip. Levels are
    10 log10 of the band's power, at least −100 dB; frames and `top_db` are as in `mfcc`.

    Raises DataError where a mel band holds no frequency bin, and for an empty clip.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000), rate=16_000)
    >>> features = LogMel(n_mels=40)(tone)
    >>> features.values.shape, int(features.values[10].argmax()), features.units[0]
    ((32, 40), 13, 'dB')
    """

    def __call__(self, signal: Signal) -> Features:
        """Levels of one channel."""
        grid = self._levels(signal)
        return self._features(grid, grid.values[0].T, "mel", "dB")


@hookimpl
def jackfield_features() -> Iterator[Feature]:
    """Cepstra and the bands they are made of."""
    yield Feature("mfcc", Mfcc)
    yield Feature("log-mel", LogMel)

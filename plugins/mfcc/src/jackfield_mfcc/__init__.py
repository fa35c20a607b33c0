"""Mel-frequency cepstral coefficients and log-mel bands, per frame or pooled over frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from jackfield_stft import Mel, Stft

from jackfield import Component, ConfigError, Feature, Features, Param, Signal, Spec, hookimpl

from ._presets import PRESETS, enough, lengths

if TYPE_CHECKING:
    import numpy as np

    from ._bands import Plan

__all__ = ["LogMel", "Mfcc"]

Statistic = Literal["max", "mean", "median", "min", "p10", "p25", "p5", "p75", "p90", "p95", "std"]


@dataclass(frozen=True, kw_only=True)
class _Bands(Component):
    """What both features have in common. Parameters that are not given become the preset's on construction."""

    preset: Annotated[
        Literal["htk", "kaldi", "librosa"], Param(description="tool whose values to give where no others are given")
    ] = "librosa"
    n_fft: Annotated[
        int | None,
        Param(ge=2, unit="samples", description="length of the transform; None: 2048 (Kaldi: enough)"),
    ] = None
    hop: Annotated[
        int | None, Param(ge=1, unit="samples", description="step between frames; None: 512 (Kaldi: 10 ms)")
    ] = None
    win_length: Annotated[
        int | None, Param(ge=1, unit="samples", description="length of the window; None: n_fft (Kaldi: 25 ms)")
    ] = None
    n_mels: Annotated[int | None, Param(ge=1, description="number of mel bands; None: 128 (Kaldi: 23)")] = None
    f_min: Annotated[
        float | None, Param(ge=0, unit="Hz", description="lower edge of the first band; None: 0 (Kaldi: 20)")
    ] = None
    f_max: Annotated[
        float | None, Param(gt=0, unit="Hz", description="upper edge of the last band; None: half the rate")
    ] = None
    scale: Annotated[
        Literal["htk", "slaney"] | None,
        Param(description="mel formula: slaney is linear up to 1 kHz, htk logarithmic; None: the preset's"),
    ] = None
    norm: Annotated[
        Literal["none", "preset", "slaney"],
        Param(description="slaney: every band has area 1; none: every band peaks at 1; preset: the preset's"),
    ] = "preset"
    top_db: Annotated[
        float | None,
        Param(gt=0, unit="dB", description="raise levels to so much under the clip's loudest; None: do not"),
    ] = None
    deltas: Annotated[
        Literal[0, 1, 2], Param(description="also give the first, or first and second, derivative over frames")
    ] = 0
    delta_width: Annotated[int, Param(ge=3, unit="frames", description="odd number of frames a derivative sees")] = 9
    pool: Annotated[
        tuple[Statistic, ...] | None,
        Param(min_length=1, description="statistics over the frames, giving one row per clip; None: a row per frame"),
    ] = None

    channels = "one"
    stem: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        preset = PRESETS[self.preset]
        for name in self.__dataclass_fields__:
            if getattr(self, name) in (None, "preset") and hasattr(preset, name):
                object.__setattr__(self, name, getattr(preset, name))
        if self.delta_width % 2 == 0:
            raise ConfigError("delta_width must be odd", f"got {self.delta_width}", f"use {self.delta_width + 1}")
        if self.top_db is not None and preset.unit != "dB":
            evidence = f"top_db {self.top_db:g}, levels in {preset.unit}"
            raise ConfigError(f'top_db contradicts preset "{self.preset}"', evidence, "leave top_db out")
        if self.n_fft and (self.win_length or 0) > self.n_fft:
            evidence = f"win_length {self.win_length}, n_fft {self.n_fft}"
            raise ConfigError("the window must fit into n_fft", evidence, "raise n_fft")
        if self.pool and len(set(self.pool)) < len(self.pool):
            raise ConfigError("pool names a statistic twice", ", ".join(self.pool), "name each once")

    def _stft(self, rate: float) -> Stft:
        n_fft, hop, window = lengths(self.preset, rate, self.n_fft, self.hop, self.win_length)
        return Stft(n_fft=n_fft, hop=hop, win_length=window, power=2, compat=PRESETS[self.preset].compat)

    def _plan(self, rate: float, dtype: str) -> Plan:
        if (rate, dtype) not in self._plans:
            from ._bands import Plan

            preset = PRESETS[self.preset]
            shape: dict[str, Any] = {"n_mels": self.n_mels, "norm": self.norm, "scale": self.scale}
            mel = Mel(**shape, f_min=self.f_min or 0.0, f_max=self.f_max, slopes=preset.slopes)
            plan = Plan.of(self._stft(rate), mel, preset, rate, self._dct(), self.top_db, dtype)
            self._plans[rate, dtype] = plan
        return self._plans[rate, dtype]

    @cached_property
    def _plans(self) -> dict[tuple[float, str], Plan]:
        return {}

    def _dct(self) -> np.ndarray | None:
        return None

    def _width(self) -> int:
        return self.n_mels or 0

    def __call__(self, signal: Signal, *, threads: int = 1) -> Features:
        """Rows of one channel. threads : upper limit; the values do not depend on it."""
        if not isinstance(threads, Integral) or threads < 1:
            raise ConfigError("threads must be a whole number from 1", f"got {threads!r}")
        plan = self._plan(signal.rate, signal.samples.dtype.str)
        cut, frames, covered = plan.layout(signal.n)
        values = plan.rows(signal.samples, cut, threads)
        if self.deltas:
            import numpy as np

            from ._cepstrum import delta

            orders = range(1, self.deltas + 1)
            values = np.concatenate([values, *(delta(values, self.delta_width, k) for k in orders)], axis=1)
        if self.pool:
            from ._cepstrum import pooled

            values, covered = pooled(values, self.pool), covered.mean(keepdims=True)
        stft = plan.stft
        note = f"{self.stem} {self.preset} {stft.n_fft}/{stft.hop}, {self.n_mels} {self.scale} mel bands"
        return Features(
            values=values,
            names=self._names,
            units=self._units,
            frames=None if self.pool else frames,
            coverage=covered,
            source=signal.source,
            history=(*signal.history, note),
        )

    @cached_property
    def _names(self) -> tuple[str, ...]:
        endings = ("", "_delta", "_delta2")[: 1 + self.deltas]
        names = tuple(f"{self.stem}{k}{ending}" for ending in endings for k in range(self._width()))
        return tuple(f"{name}_{statistic}" for statistic in self.pool for name in names) if self.pool else names

    @cached_property
    def _units(self) -> tuple[str, ...]:
        return (PRESETS[self.preset].unit,) * len(self._names)

    def predict(self, spec: Spec) -> Spec:
        """A row per frame, or one row of pooled columns; DataError where the clip is too short."""
        frames = self._stft(spec.rate).predict(spec).frames
        if frames and self.deltas:
            enough(frames.count, self.delta_width)
        rows = frames.count if frames and not self.pool else 1
        return replace(spec, kind="Features", shape=(rows, len(self._names)), frames=None if self.pool else frames)


@dataclass(frozen=True, kw_only=True)
class Mfcc(_Bands):
    """Mel-frequency cepstral coefficients: the cosine transform of mel bands' levels.

    Takes one channel, gives one row per frame with columns mfcc0, mfcc1, … (librosa's `mfcc`, transposed), then their
    derivatives mfcc0_delta … mfcc0_delta2 … if `deltas` says so; or with `pool` one row per clip with columns
    mfcc0_mean, …. `coverage` says how much of a row is signal, the rest being padding. Statistics run over frames only:
    an average over coefficients, which a widely copied recipe takes, keeps nothing of the spectrum's shape.

    Presets, each with its tool's numbers: "librosa" (0.10 and later, zeros beyond the ends), but for `top_db`: it is
    off, since levels tied to the clip's loudest moment change identical frames when something loud is added elsewhere,
    and `top_db=80` gives librosa's default; "htk", the same with HTK's mel formula and triangles that peak at 1;
    "kaldi", compute-mfcc-feats without dither: samples as 16-bit integers, 25 ms every 10 ms inside the clip, means
    removed, pre-emphasis 0.97, natural logarithms, mfcc0 the log energy of the frame. Deltas are librosa's in all.

    The spectrogram is never stored: memory is that of the result. Raises ConfigError where n_mfcc exceeds n_mels or
    parameters contradict the preset; DataError where a mel band holds no frequency bin, for a clip of no frame, and
    for fewer frames than `delta_width`. Source: Davis and Mermelstein, IEEE Trans. ASSP 28 (1980).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> clip = Signal(samples=np.random.default_rng(0).standard_normal(22_050), rate=22_050)
    >>> features = Mfcc(n_mfcc=13)(clip)
    >>> features.values.shape, features.names[:2], features.coverage[:3].round(2).tolist()
    ((44, 13), ('mfcc0', 'mfcc1'), [0.5, 0.75, 1.0])
    >>> Mfcc(n_mfcc=13, deltas=1, pool=("mean", "p90"))(clip).values.shape
    (1, 52)
    >>> Mfcc(preset="kaldi")(clip).values.shape
    (98, 13)
    """

    n_mfcc: Annotated[
        int | None, Param(ge=1, description="number of coefficients, the first being the level; None: 20 (Kaldi: 13)")
    ] = None
    lifter: Annotated[
        int | None, Param(ge=0, description="raises the higher coefficients; 0: leaves them; None: 0 (Kaldi: 22)")
    ] = None

    stem = "mfcc"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._width() > (self.n_mels or 0):
            evidence = f"n_mfcc {self.n_mfcc}, n_mels {self.n_mels}"
            raise ConfigError("there are no more coefficients than mel bands", evidence, "raise n_mels")

    def _width(self) -> int:
        return self.n_mfcc or 0

    def _dct(self) -> np.ndarray:
        from ._cepstrum import cosines

        return cosines(self._width(), self.n_mels or 0, self.lifter or 0, first=int(self.preset != "kaldi"))


@dataclass(frozen=True, kw_only=True)
class LogMel(_Bands):
    """Levels of mel bands.

    Takes one channel, gives one row per frame with columns mel0, mel1, …, or with `pool` one row per clip. Levels are
    10 log10 of the band's power, at least −100 dB; under the preset "kaldi" natural logarithms, which are its "fbank"
    features. Frames, presets, deltas and `top_db` are as in `mfcc`.

    Raises DataError where a mel band holds no frequency bin, and for a clip of no frame.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000), rate=16_000)
    >>> features = LogMel(n_mels=40)(tone)
    >>> features.values.shape, int(features.values[10].argmax()), features.units[0]
    ((32, 40), 13, 'dB')
    """

    stem = "mel"


@hookimpl
def jackfield_features() -> Iterator[Feature]:
    """Cepstra and the bands they are made of."""
    yield Feature("mfcc", Mfcc)
    yield Feature("log-mel", LogMel)

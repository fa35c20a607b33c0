"""librosa's chroma, spectral, rhythm and constant-Q features.

All take one channel of two samples or more and give a row per frame, or with `pool` one row of statistics over the
frames; never over columns. Row k is centred on sample k · hop, beyond the clip's ends there are zeros, and `coverage`
says how much of a row is signal, so clips shorter than a frame have rows too. Numbers, dtype and defaults are those of
librosa 0.11. All raise DataError for shorter clips and for NaN and infinite samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from jackfield import DataError, Feature, Param, hookimpl

from ._base import Onsets, Rows, Samples, Spectrum
from ._constant_q import C1, Filters, Pitches

__all__ = [
    "Chroma",
    "Cqt",
    "OnsetStrength",
    "Rms",
    "SpectralBandwidth",
    "SpectralCentroid",
    "SpectralContrast",
    "SpectralFlatness",
    "SpectralRolloff",
    "Tempogram",
    "Tonnetz",
    "ZeroCrossings",
]

Norm = Literal["euclidean", "max", "none", "sum"]
PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True, kw_only=True)
class SpectralCentroid(Spectrum):
    """Centre of gravity of the magnitude spectrum, in Hz: how bright a sound is. Silence has 0.

    Source: Klapuri and Davy, Signal Processing Methods for Music Transcription, chapter 5 (2007).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> features = SpectralCentroid()(tone)
    >>> features.values.shape, features.names, features.units, round(float(features.values[8, 0]))
    ((16, 1), ('centroid',), ('Hz',), 1000)
    """

    column, unit, wide = "centroid", "Hz", True


@dataclass(frozen=True, kw_only=True)
class SpectralBandwidth(Spectrum):
    """Spread of the magnitude spectrum around its centroid, in Hz. Silence has 0.

    Source: Klapuri and Davy, as for the centroid.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> noise = Signal(samples=np.random.default_rng(0).standard_normal(8000), rate=8000)
    >>> int(SpectralBandwidth(pool=("median",))(noise).values[0, 0] / 100)
    11
    """

    p: Annotated[float, Param(gt=0, le=10, description="power of the deviations; 2, librosa's: standard deviation")] = (
        2.0
    )

    column, unit, wide = "bandwidth", "Hz", True


@dataclass(frozen=True, kw_only=True)
class SpectralContrast(Spectrum):
    """Peaks over valleys of the spectrum, in dB, in octave bands: tones stand out, noise does not.

    Columns are named after the lower edges: from 0 Hz to f_min, then octaves, the last up to half the rate. Levels are
    librosa's: raised to 80 dB under the clip's loudest, so that something loud elsewhere can change a quiet frame;
    with `linear` they are not.

    Raises DataError where the last band begins above half the rate, and where n_fft is so short that bins are further
    apart than f_min. Source: Jiang et al., "Music type classification by spectral contrast feature" (2002).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> features = SpectralContrast(n_bands=3)(tone)
    >>> features.names
    ('contrast_0Hz', 'contrast_200Hz', 'contrast_400Hz', 'contrast_800Hz')
    >>> int(features.values[8].argmax())
    3
    """

    f_min: Annotated[float, Param(gt=0, unit="Hz", description="lower edge of the first octave; librosa's")] = 200.0
    n_bands: Annotated[int, Param(ge=1, description="octaves; librosa's 6 want a rate above 12.8 kHz")] = 6
    quantile: Annotated[
        float, Param(gt=0, lt=1, description="share of a band's bins that make its peak, and its valley; librosa's")
    ] = 0.02
    linear: Annotated[bool, Param(description="difference of magnitudes in place of levels")] = False

    example = {"n_bands": 4}
    wide = True

    @property
    def unit(self) -> str:  # type: ignore[override]
        """dB, or none."""
        return "" if self.linear else "dB"

    def edges(self) -> tuple[float, ...]:
        """Lower edges of the bands in Hz."""
        return (0.0, *(self.f_min * 2**k for k in range(self.n_bands)))

    def columns(self) -> tuple[str, ...]:
        return tuple(f"contrast_{edge:g}Hz" for edge in self.edges())

    def least(self, rate: float) -> int:
        spacing, last = rate / self.n_fft, self.edges()[-1]
        if last >= rate / 2 or last > self.n_fft // 2 * spacing:
            evidence = f"it begins at {last:g} Hz, half the rate is {rate / 2:g} Hz"
            raise DataError("the last band lies above half the rate", evidence, "lower n_bands or f_min")
        if spacing > self.f_min:
            evidence = f"bins are {spacing:.4g} Hz apart, f_min is {self.f_min:g} Hz"
            raise DataError("the first band holds no frequency bin", evidence, "raise n_fft or f_min")
        return super().least(rate)


@dataclass(frozen=True, kw_only=True)
class SpectralRolloff(Spectrum):
    """Frequency in Hz under which lies `share` of the magnitude spectrum's sum. Silence has 0.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> noise = Signal(samples=np.random.default_rng(0).standard_normal(8000), rate=8000)
    >>> int(SpectralRolloff(share=0.5, pool=("median",))(noise).values[0, 0] / 100)
    20
    """

    share: Annotated[float, Param(gt=0, lt=1, description="part of the sum; librosa's roll_percent")] = 0.85

    column, unit, wide = "rolloff", "Hz", True


@dataclass(frozen=True, kw_only=True)
class SpectralFlatness(Spectrum):
    """Geometric over arithmetic mean of the spectrum, in (0, 1]: small for tones, near 1 for noise. Silence has 1.

    Source: Dubnov, "Generalization of spectral flatness measure for non-Gaussian linear processes" (2004).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> SpectralFlatness()(tone).values[8] < 0.001
    array([ True])
    """

    power: Annotated[float, Param(gt=0, le=10, description="of the magnitudes; 2, librosa's: power spectrum")] = 2.0
    floor: Annotated[
        float, Param(gt=0, description="smaller values are raised to it, against log 0; librosa's amin")
    ] = 1e-10

    column = "flatness"


@dataclass(frozen=True, kw_only=True)
class ZeroCrossings(Samples):
    """Share of a frame's samples at which the sign changes, in [0, 1).

    Beyond its ends the clip is continued with its first and last sample, which makes no crossing, so rows there
    (see `coverage`) read low. librosa does not count a change from the sample before the frame.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=np.sin(2 * np.pi * 1000 * (np.arange(8000) + 0.5) / 8000), rate=8000)
    >>> features = ZeroCrossings()(tone)
    >>> features.values[[0, 8], 0].round(3).tolist(), features.coverage[[0, 8]].tolist()
    ([0.125, 0.25], [0.5, 1.0])
    """

    threshold: Annotated[float, Param(ge=0, description="samples so small count as 0; librosa's")] = 1e-10

    column, wide = "zero_crossings", True


@dataclass(frozen=True, kw_only=True)
class Rms(Samples):
    """Root mean square of a frame, in units of the samples (full scale is 1). Zeros beyond the ends count.

    librosa's own default is float32 for every input; here float64 samples give float64.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> tone = Signal(samples=0.5 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), rate=8000)
    >>> Rms()(tone).values[[0, 8], 0].round(4).tolist()
    [0.25, 0.3536]
    """

    column = "rms"


@dataclass(frozen=True, kw_only=True)
class OnsetStrength(Onsets):
    """Mean rise of mel levels, in dB, from one frame to a later one: peaks where notes and hits begin.

    Row k lies at sample k · hop, where librosa says the onset is, but is made of what came before: of the samples
    from k · hop − (lag + delay) · hop − n_fft/2 to k · hop − delay · hop + n_fft/2, where delay = n_fft // (2 · hop).
    The span holds these and as many on the other side; `coverage` counts these only. The first lag + delay rows have
    no earlier frame: librosa sets them to 0, their coverage is 0.

    Raises DataError for clips so short that no other rows are left, and for mel bands without a frequency bin. Source:
    Böck and Widmer, "Maximum filter vibrato suppression for onset detection" (2013).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> hit = Signal(samples=np.where(np.arange(8000) < 4000, 0.001, 1) * np.cos(np.arange(8000)), rate=8000)
    >>> features = OnsetStrength(hop=256)(hit)
    >>> features.frames.center(int(features.values.argmax())), features.coverage[:7].round(2).tolist()
    (4352, [0.0, 0.0, 0.0, 0.0, 0.0, 0.56, 0.67])
    """

    column, unit = "onset", "dB"

    def blank(self) -> int:
        return self.first()


@dataclass(frozen=True, kw_only=True)
class Tempogram(Onsets):
    """Autocorrelation of the onset strength around each frame, for lags of 0 … win_length − 1 frames.

    A peak in column lag_k is a pulse every k · hop / rate seconds, 60 · rate / (k · hop) beats per minute. Row k sees
    onset strengths k − win_length // 2 … of which each is made as `onset-strength` says; the span holds all of it.

    Raises DataError as `onset-strength` does. Source: Grosche, Müller and Kurth, "Cyclic tempogram" (2010).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> clicks = np.random.default_rng(0).normal(0, 0.001, 32_000)
    >>> clicks[::4096] = 1
    >>> features = Tempogram(win_length=48, pool=("mean",))(Signal(samples=clicks, rate=8000))
    >>> features.values.shape, features.names[4 + int(features.values[0, 4:].argmax())]
    ((1, 48), 'lag_8_mean')
    """

    win_length: Annotated[
        int, Param(ge=1, unit="frames", description="onset strengths compared; librosa's 384 are 9 s at 22,050 Hz")
    ] = 384
    norm: Annotated[Norm, Param(description="what of each row is made 1; librosa's is the largest value")] = "max"

    wide = True

    def columns(self) -> tuple[str, ...]:
        return tuple(f"lag_{k}" for k in range(self.win_length))

    def reach(self, rate: float) -> tuple[int, int]:
        before, after = super().reach(rate)
        half = self.win_length // 2
        return before + half * self.hop, after + (self.win_length - 1 - half) * self.hop


@dataclass(frozen=True, kw_only=True)
class Chroma(Pitches):
    """Energy of the pitch classes C to B, octaves added up.

    `transform="stft"` reads power spectra; "cqt" magnitudes of a constant-Q transform (see `cqt` for what its span
    means), better with low notes and slower. Columns are chroma_C … chroma_B, or chroma_0 … for other numbers of
    classes, from C up.

    The tuning is estimated from the whole clip, as in librosa; give it, 0 for A4 = 440 Hz, where a frame's values must
    not depend on the rest of the clip.

    Raises ConfigError for parameters of the other transform; DataError where the highest pitch exceeds half the rate.
    Source: Ellis, "Chroma feature analysis and synthesis" (2007).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> a = Signal(samples=np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), rate=8000)
    >>> features = Chroma(tuning=0)(a)
    >>> features.values.shape, features.names[int(features.values[8].argmax())]
    ((16, 12), 'chroma_A')
    """

    n_chroma: Annotated[int, Param(ge=1, description="pitch classes of an octave; semitones")] = 12
    norm: Annotated[Norm, Param(description="what of each row is made 1; librosa's is the largest value")] = "max"

    def classes(self) -> int:
        return self.n_chroma

    def columns(self) -> tuple[str, ...]:
        names = PITCHES if self.n_chroma == 12 else range(self.n_chroma)
        return tuple(f"chroma_{name}" for name in names)


@dataclass(frozen=True, kw_only=True)
class Tonnetz(Pitches):
    """Pitch classes as points on three circles, of fifths, minor and major thirds: related chords lie near each other.

    Made of `chroma`, from the constant-Q transform as in librosa, or with `transform="stft"`. Two columns for each
    circle: fifth_x, fifth_y, minor_x, minor_y in [−1, 1], major_x, major_y in [−0.5, 0.5].

    Raises what `chroma` raises. Source: Harte, Sandler and Gasser, "Detecting harmonic change in musical audio" (2006).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> a = Signal(samples=np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), rate=8000)
    >>> features = Tonnetz(transform="stft", tuning=0)(a)
    >>> features.values.shape, features.names[:2]
    ((16, 6), ('fifth_x', 'fifth_y'))
    """

    transform: Annotated[Literal["cqt", "stft"], Param(description="what pitches are read from; librosa's: cqt")] = (
        "cqt"
    )

    example = {"n_octaves": 6}
    wide = True

    def columns(self) -> tuple[str, ...]:
        return tuple(f"{circle}_{axis}" for circle in ("fifth", "minor", "major") for axis in "xy")


@dataclass(frozen=True, kw_only=True)
class Cqt(Rows):
    """Magnitudes of a constant-Q transform: filters at even steps of pitch, each as long as its pitch demands.

    Columns are named after the filters' centres, tuning included: cqt_32.7032Hz, …. Filters are centred on k · hop, and
    the lower the longer: Q · rate / frequency samples, Q = 17 for 12 bins per octave. The span is the longest one's,
    11,686 samples for C1 at 22,050 Hz, and `coverage` counts those: in short clips the lower columns see mostly
    padding. librosa leaves out the filters' smallest parts and decimates for the low ones, so a trace of what lies
    just outside the span comes in, and centres are true to half a step of the decimated clip: 32 samples at C1.

    librosa decimates clips first where the filters leave room, and rounds lengths up: there may be one row more than
    1 + n // hop, centred beyond the last sample.

    Raises DataError where the highest filter exceeds half the rate. Source: Schörkhuber and Klapuri, "Constant-Q
    transform toolbox for music processing" (2010).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> a = Signal(samples=np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), rate=8000)
    >>> features = Cqt(n_bins=60)(a)
    >>> features.values.shape, features.names[int(features.values[8].argmax())]
    ((16, 60), 'cqt_440Hz')
    """

    f_min: Annotated[float, Param(ge=1, unit="Hz", description="centre of the lowest filter; librosa's is C1")] = C1
    n_bins: Annotated[int, Param(ge=1, description="filters; librosa's 84 are seven octaves of semitones")] = 84
    bins_per_octave: Annotated[int, Param(ge=1, description="filters for an octave; librosa's are semitones")] = 12
    filter_scale: Annotated[
        float, Param(gt=0, description="length of the filters; less is sharper in time, blurred in pitch")
    ] = 1.0
    tuning: Annotated[float, Param(ge=-0.5, lt=0.5, unit="bins", description="moves all filters; librosa's 0")] = 0.0

    example = {"n_bins": 72}

    def filters(self) -> Filters:
        tuned = self.f_min * 2 ** (self.tuning / self.bins_per_octave)
        return Filters(tuned, self.n_bins, self.bins_per_octave, self.filter_scale)

    def columns(self) -> tuple[str, ...]:
        filters = self.filters()
        return tuple(f"cqt_{filters.frequency(k):.6g}Hz" for k in range(self.n_bins))

    def reach(self, rate: float) -> tuple[int, int]:
        return (self.filters().half(rate),) * 2

    def count(self, n: int, rate: float) -> int:
        return self.filters().count(n, rate, self.hop)

    def least(self, rate: float) -> int:
        return self.filters().least(rate, self.hop, "lower n_bins or f_min")


@hookimpl
def jackfield_features() -> Iterator[Feature]:
    """One for each of librosa's features."""
    yield Feature("chroma", Chroma)
    yield Feature("cqt", Cqt)
    yield Feature("onset-strength", OnsetStrength)
    yield Feature("rms", Rms)
    yield Feature("spectral-bandwidth", SpectralBandwidth)
    yield Feature("spectral-centroid", SpectralCentroid)
    yield Feature("spectral-contrast", SpectralContrast)
    yield Feature("spectral-flatness", SpectralFlatness)
    yield Feature("spectral-rolloff", SpectralRolloff)
    yield Feature("tempogram", Tempogram)
    yield Feature("tonnetz", Tonnetz)
    yield Feature("zero-crossings", ZeroCrossings)

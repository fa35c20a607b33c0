"""librosa's constant-Q filters, as far as they decide which rows there are, and what reads pitches from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import Annotated, Literal

from jackfield import ConfigError, DataError, Param

from ._base import Spectrum

HANN_BANDWIDTH = 1.50018310546875  # equivalent noise bandwidth in bins, librosa.filters.window_bandwidth("hann")
C1 = 32.70319566257483  # Hz


@dataclass(frozen=True)
class Filters:
    """librosa's constant-Q filters, as far as they decide which rows there are.

    f_min : Hz, of the lowest, tuning included
    """

    f_min: float
    n_bins: int
    bins_per_octave: int
    scale: float = 1.0

    def q(self) -> float:
        """Centre over bandwidth."""
        step = 4 ** (1 / self.bins_per_octave)
        return self.scale * (step + 1) / (step - 1)

    def half(self, rate: float) -> int:
        """Half the samples of the longest filter, the lowest one."""
        return ceil(self.q() * rate / self.f_min / 2)

    def frequency(self, k: int) -> float:
        """Centre of filter k in Hz."""
        return float(self.f_min * 2 ** (k / self.bins_per_octave))

    def top(self) -> float:
        """Where the highest filter ends, in Hz."""
        return self.frequency(self.n_bins - 1) * (1 + HANN_BANDWIDTH / 2 / self.q())

    def factor(self, rate: float, hop: int) -> int:
        """By how much librosa decimates the clip before it begins."""
        octaves = ceil(self.n_bins / self.bins_per_octave)
        spare = ceil(log2(rate / 2 / self.top())) - 2
        twos = (hop & -hop).bit_length() - 1
        return int(2 ** max(0, min(spare, twos - octaves + 1)))

    def count(self, n: int, rate: float, hop: int) -> int:
        """Rows of n samples; the decimated clip, its length rounded up, may have one more than the clip."""
        factor = self.factor(rate, hop)
        return 1 + -(-n // factor) // (hop // factor)

    def least(self, rate: float, hop: int, remedy: str) -> int:
        """Fewest samples; DataError where the highest filter does not fit under half the rate."""
        if self.top() > rate / 2:
            evidence = (
                f"{self.n_bins} filters from {self.f_min:g} Hz end at {self.top():.0f}, half the rate is {rate / 2:g}"
            )
            raise DataError("the highest filter exceeds half the rate", evidence, remedy)
        return max(2, self.factor(rate, hop))


@dataclass(frozen=True, kw_only=True)
class Pitches(Spectrum):
    """What chroma and tonnetz have in common: energy by pitch class, from either transform."""

    transform: Annotated[Literal["cqt", "stft"], Param(description="what pitches are read from")] = "stft"
    tuning: Annotated[
        float | None,
        Param(ge=-0.5, lt=0.5, unit="bins", description="of the clip against A4 = 440 Hz; None, librosa's: estimated"),
    ] = None
    f_min: Annotated[float, Param(ge=1, unit="Hz", description="lowest pitch of the cqt; librosa's is C1")] = C1
    n_octaves: Annotated[int, Param(ge=1, description="octaves of the cqt; librosa's, C1 to B7")] = 7
    bins_per_octave: Annotated[int, Param(ge=1, description="of the cqt; librosa's, three for a semitone")] = 36

    def __post_init__(self) -> None:
        super().__post_init__()
        cqt = ("f_min", "n_octaves", "bins_per_octave")
        unused, other = (cqt, "cqt") if self.transform == "stft" else (("n_fft",), "stft")
        for name in unused:
            default = type(self).__dataclass_fields__[name].default
            if getattr(self, name) != default:
                evidence = f'{name} {getattr(self, name)} with transform "{self.transform}"'
                remedy = f'leave it out, or set transform="{other}"'
                raise ConfigError(f"{name} belongs to the other transform", evidence, remedy)
        if self.transform == "cqt" and self.bins_per_octave % self.classes():
            evidence = f"bins_per_octave {self.bins_per_octave}, pitch classes {self.classes()}"
            raise ConfigError("bins do not divide evenly among pitch classes", evidence, "take a multiple")

    def classes(self) -> int:
        """Pitch classes of an octave."""
        return 12

    def filters(self) -> Filters:
        """Those of the cqt, for an estimated tuning as if it came out as 0."""
        tuned = self.f_min * 2 ** ((self.tuning or 0) / self.bins_per_octave)
        return Filters(tuned, self.n_octaves * self.bins_per_octave, self.bins_per_octave)

    def reach(self, rate: float) -> tuple[int, int]:
        return super().reach(rate) if self.transform == "stft" else (self.filters().half(rate),) * 2

    def count(self, n: int, rate: float) -> int:
        return super().count(n, rate) if self.transform == "stft" else self.filters().count(n, rate, self.hop)

    def least(self, rate: float) -> int:
        if self.transform == "stft":
            return super().least(rate)
        return self.filters().least(rate, self.hop, 'lower n_octaves or f_min, or set transform="stft"')

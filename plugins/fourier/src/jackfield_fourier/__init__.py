"""Signals as sums of sinusoids or bands whose sum is the signal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from jackfield import Component, ConfigError, DataError, Decomposition, Grid, Param, Signal, Spec, Transform, hookimpl

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Bands", "Dft", "Esprit", "Peaks", "synthesize"]

STORED = 1 << 30  # bytes of components that a decomposition holds at once
Axis = Annotated[int, Param(description="axis to decompose along; the last is time in signals")]


@dataclass(frozen=True, kw_only=True)
class Dft(Component):
    """Every bin of the discrete Fourier transform as a sinusoid; their sum is the signal.

    n real samples give 1 + n // 2 components: a constant, cosines at multiples of rate / n, and for even n the one that
    alternates. Complex samples give n rotating components. With `top` or `energy` the strongest are kept and all others
    are the residual, so that the sum stays exact: to 1e-13 of the largest value in float64 for n up to 65,536.

    A result of a run is stored with its components, so give `top` or `energy` there: all components of a minute at
    48 kHz would fill 33 TB.

    Raises DataError for empty input, NaN and infinity.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> n = np.arange(8)
    >>> x = 3 + 2 * np.cos(2 * np.pi * n / 8 + 0.7) + 1.5 * np.cos(np.pi * n)
    >>> whole = Dft()(Signal(samples=x, rate=8.0))
    >>> whole.table["frequency"].tolist(), whole.table["amplitude"][:, 0].round(12).tolist()
    ([0.0, 1.0, 2.0, 3.0, 4.0], [3.0, 2.0, 0.0, 0.0, 1.5])
    >>> float(whole.table["phase"][1, 0].round(12)), whole.proof.relative < 1e-13
    (0.7, True)
    """

    axis: Axis = -1
    top: Annotated[int | None, Param(ge=1, description="keep so many, strongest first; None: all")] = None
    energy: Annotated[float | None, Param(gt=0, le=1, description="keep what holds this share; None: all")] = None

    exact = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top is not None and self.energy is not None:
            raise ConfigError("give top or energy, not both", f"top {self.top}, energy {self.energy:g}")

    def __call__(self, item: Signal | Grid) -> Decomposition:
        """Transform every lane."""
        from ._dft import dft
        from ._item import lanes_of

        whole = dft(lanes_of(item, self.axis))
        if self.top is None and self.energy is None:
            return whole
        return whole.components(top=self.top, energy=self.energy)

    def predict(self, spec: Spec) -> Spec:
        """Components and input; DataError where that is more than a run can store."""
        count = self.top or 1 + spec.shape[self.axis] // 2
        found = Spec("Decomposition", (count + 1, *spec.shape), spec.rate, None, spec.itemsize)
        if self.top is None and self.energy is None and found.bytes > STORED:
            evidence = f"{count:,} components, {found.bytes / 1e9:.3g} GB"
            raise DataError("all components of this clip are too much to store", evidence, "give top or energy")
        return found


@dataclass(frozen=True, kw_only=True)
class Bands(Component):
    """The signal cut into bands of frequency; no bin belongs to two, so their sum is the signal.

    A band holds the bins with low ≤ frequency < high, the one that ends at half the rate that too; its edges are those
    of a brick wall, so sharp sounds ring in it. What lies outside all edges is the residual. Rows of the table give the
    mean frequency, the amplitude of a sinusoid of the same power, and no phase (NaN).

    Raises ConfigError for edges that do not rise, DataError as `dft`.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> t = np.arange(800) / 800
    >>> x = np.cos(2 * np.pi * 50 * t) + 0.5 * np.cos(2 * np.pi * 300 * t)
    >>> low, high = Bands(edges=(0.0, 100.0, 400.0))(Signal(samples=x, rate=800.0))
    >>> float(np.abs(low).max().round(9)), float(np.abs(high).max().round(9))
    (1.0, 0.5)
    """

    axis: Axis = -1
    edges: Annotated[
        tuple[float, ...] | None,
        Param(min_length=2, unit="Hz", description="where bands meet, rising; None: octaves below half the rate"),
    ] = None
    octaves: Annotated[int, Param(ge=1, le=64, description="how many, where no edges are given")] = 8

    exact = True

    def __post_init__(self) -> None:
        super().__post_init__()
        edges = self.edges or ()
        if any(not 0 <= low < high for low, high in pairwise(edges)):
            raise ConfigError("edges must rise from 0 or more", f"got {', '.join(f'{edge:g}' for edge in edges)}")

    def __call__(self, item: Signal | Grid) -> Decomposition:
        """Cut every lane."""
        from ._dft import bands, octaves
        from ._item import lanes_of

        lanes = lanes_of(item, self.axis)
        return bands(lanes, self.edges or octaves(lanes.rate, self.octaves))

    def predict(self, spec: Spec) -> Spec:
        """Bands, input and residual."""
        count = len(self.edges) - 1 if self.edges else self.octaves
        return Spec("Decomposition", (count + 2, *spec.shape), spec.rate, None, spec.itemsize)


@dataclass(frozen=True, kw_only=True)
class Peaks(Component):
    """The strongest tones, also between bins, one after the other; what they leave is the residual.

    The highest peak under a Hann window is interpolated, all tones found so far are fitted together, and the next peak
    is looked for in what is left. A lone tone's frequency comes out to 1e-6 bin; two tones must be 2 bins apart, or
    `esprit` is the method. All lanes share the frequencies, each has its own amplitudes and phases.

    Raises DataError as `dft`.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> x = np.cos(2 * np.pi * 10.5 * np.arange(256) / 256 + 0.7)
    >>> found = Peaks()(Signal(samples=x, rate=256.0))
    >>> [float(found.table[name].squeeze().round(6)) for name in ("frequency", "amplitude", "phase")]
    [10.5, 1.0, 0.7]
    """

    axis: Axis = -1
    count: Annotated[int, Param(ge=1, le=64, description="most tones to look for; time grows with its cube")] = 8

    exact = False

    def __call__(self, item: Signal | Grid) -> Decomposition:
        """Find tones common to all lanes."""
        from ._item import lanes_of
        from ._tones import peaks

        return peaks(lanes_of(item, self.axis), self.count)

    def predict(self, spec: Spec) -> Spec:
        """Tones, input and residual."""
        return Spec("Decomposition", (self.count + 2, *spec.shape), spec.rate, None, spec.itemsize)


@dataclass(frozen=True, kw_only=True)
class Esprit(Component):
    """Tones closer together than a bin, by ESPRIT; what they leave is the residual.

    Two tones 0.3 bin apart are told apart at 40 dB signal-to-noise ratio. Signals longer than 1024 samples are looked
    at in stretches of 512, which separates tones 1 / 512 of the rate apart, and the result is then fitted to the whole.
    Tones do not decay. All lanes share the frequencies, each has its own amplitudes and phases.

    Raises DataError as `dft`. Sources: Roy and Kailath 1989; order by minimum description length, Rissanen 1978.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> n = np.arange(256)
    >>> x = np.cos(2 * np.pi * 20.1 * n / 256) + np.cos(2 * np.pi * 20.4 * n / 256 + 1)
    >>> x += 0.007 * np.random.default_rng(0).standard_normal(256)
    >>> Esprit()(Signal(samples=x, rate=256.0)).table["frequency"].round(1).tolist()
    [20.1, 20.4]
    """

    axis: Axis = -1
    order: Annotated[
        int | None, Param(ge=1, le=64, description="number of tones; None: by minimum description length")
    ] = None
    max_order: Annotated[int, Param(ge=1, le=64, description="most tones tried where no order is given")] = 16

    exact = False

    def __call__(self, item: Signal | Grid) -> Decomposition:
        """Find tones common to all lanes."""
        from ._esprit import esprit
        from ._item import lanes_of

        return esprit(lanes_of(item, self.axis), self.order, self.max_order)

    def predict(self, spec: Spec) -> Spec:
        """Tones, input and residual, at most."""
        count = (self.order or self.max_order) + 2
        return Spec("Decomposition", (count, *spec.shape), spec.rate, None, spec.itemsize)


def synthesize(
    frequency: Sequence[float] | np.ndarray,
    amplitude: Sequence[float] | np.ndarray | float = 1.0,
    phase: Sequence[float] | np.ndarray | float = 0.0,
    n: int = 0,
    rate: float = 1.0,
    *,
    dtype: str = "float64",
) -> np.ndarray:
    """n samples of Σ amplitude · cos(2π · frequency · t / rate + phase), some hundred times faster than with `np.cos`.

    frequency : Hz by `rate`, −rate / 2 to rate / 2; amplitude and phase (radians at sample 0) one each, or one for all
    dtype : "float64" (error 1e-14 of the amplitudes over 10^7 samples) or "float32" (3e-7, half the memory)

    Raises ConfigError for lists of different lengths, numbers that are not finite, and frequencies above half the rate,
    which would sound as others; DataError where the samples do not fit into memory.

    >>> synthesize([1.0, 2.0], [1.0, 0.5], [0.0, 0.0], n=4, rate=4.0).round(12).tolist()
    [1.5, -0.5, -0.5, -0.5]
    """
    from ._synthesis import synthesize as work

    return work(frequency, amplitude, phase, n, rate, dtype)


@hookimpl
def jackfield_transforms() -> Iterator[Transform]:
    yield Transform("bands", Bands)
    yield Transform("dft", Dft)
    yield Transform("esprit", Esprit)
    yield Transform("peaks", Peaks)

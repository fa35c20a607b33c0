"""Distances between features: euclidean, cosine, correlation, dynamic time warping, and a weighted sum of such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from jackfield import Comparison, Component, ConfigError, Distance, Features, Param, Ref, Signal, Sketch, hookimpl

if TYPE_CHECKING:
    import numpy as np

    from ._aspects import Aspect

__all__ = ["Composite", "Correlation", "Cosine", "Dtw", "Euclidean"]

# defaults of `Composite`; of more than 40 bands, the lowest would hold no bin at high rates
CEPSTRA = Ref("mfcc", {"n_mels": 40, "pool": ["mean", "std"]})
CHROMA, LEVEL = Ref("chroma"), Ref("rms")
BY_DIRECTION, BY_WARPING = Ref("cosine"), Ref("dtw", {"band": 0.1})


@dataclass(frozen=True, kw_only=True)
class Euclidean(Component):
    """Euclidean distance of all values: √Σ(a − b)², from 0, in the unit of the features.

    Takes pooled features (one row) or sequences of equally many rows, compared row by row: fitting for clips that are
    cut alike. Columns are not scaled; scale them first if their units differ. NaN where a value is NaN. Computed in
    float64 as a sum of squared differences, so that equal items are at exactly 0, nearly equal ones as precise as any,
    and a pair's value does not depend on the other pairs.

    Raises DataError where rows or columns differ in number, or columns in name.

    >>> import numpy as np
    >>> from jackfield import Features
    >>> a, b = (Features(values=np.array([v], np.float32), names=("x", "y")) for v in ([0, 0], [3, 4]))
    >>> Euclidean()(a, b).distance
    5.0
    """

    symmetric = True
    zero_self = True
    triangle = True
    invariant = ()

    def compare(self, a: Features, b: Features) -> Comparison:
        """Distance of two items."""
        from ._vectors import one

        return Comparison(one("euclidean", a, b))

    def pairs(self, sketches: Sequence[Features], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Distances of the pairs (i, j), the same to the bit as one at a time."""
        from ._vectors import many

        return {"distance": many("euclidean", sketches, i, j)}


@dataclass(frozen=True, kw_only=True)
class Cosine(Component):
    """Cosine distance of all values: 1 − Σab / √(Σa² Σb²), 0…2.

    0 for the same direction, 1 at right angles, 2 for opposite ones; the lengths do not matter. Takes pooled features
    (one row) or sequences of equally many rows, which are joined to one vector. NaN where an item is all zeros or holds
    a NaN. Usual for embeddings. Computed in float64 as half the squared difference of the vectors brought to length 1,
    which equals the above and keeps its precision for nearly equal items; equal ones are at exactly 0, and a pair's
    value does not depend on the other pairs.

    Raises DataError where rows or columns differ in number, or columns in name.

    >>> import numpy as np
    >>> from jackfield import Features
    >>> a, b = (Features(values=np.array([v], np.float32), names=("x", "y")) for v in ([2, 0], [0, 5]))
    >>> Cosine()(a, b).distance, Cosine()(a, a).distance
    (1.0, 0.0)
    """

    symmetric = True
    zero_self = True
    triangle = False
    invariant = ()

    def compare(self, a: Features, b: Features) -> Comparison:
        """Distance of two items."""
        from ._vectors import one

        return Comparison(one("cosine", a, b))

    def pairs(self, sketches: Sequence[Features], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Distances of the pairs (i, j), the same to the bit as one at a time."""
        from ._vectors import many

        return {"distance": many("cosine", sketches, i, j)}


@dataclass(frozen=True, kw_only=True)
class Correlation(Component):
    """Correlation distance of all values: 1 − Pearson's r, 0…2.

    The cosine distance of the vectors less their own mean: neither a factor nor an offset common to all values matters.
    Fitting for curves in decibels, where a gain is an offset. Takes pooled features (one row) or sequences of equally
    many rows, which are joined to one vector. NaN where all values of an item are the same, or one is NaN. Computed as
    `Cosine` is.

    Raises DataError where rows or columns differ in number, or columns in name.

    >>> import numpy as np
    >>> from jackfield import Features
    >>> a, b = (Features(values=np.array([v], np.float32), names=("x", "y", "z")) for v in ([0, 1, 2], [9, 7, 5]))
    >>> round(Correlation()(a, b).distance, 12), Correlation()(a, a).distance
    (2.0, 0.0)
    """

    symmetric = True
    zero_self = True
    triangle = False
    invariant = ()

    def compare(self, a: Features, b: Features) -> Comparison:
        """Distance of two items."""
        from ._vectors import one

        return Comparison(one("correlation", a, b))

    def pairs(self, sketches: Sequence[Features], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Distances of the pairs (i, j), the same to the bit as one at a time."""
        from ._vectors import many

        return {"distance": many("correlation", sketches, i, j)}


@dataclass(frozen=True, kw_only=True)
class Dtw(Component):
    """Dynamic time warping: mean distance of the rows along the cheapest path, from 0.

    **Warping hides insertions.** It forgives differences of tempo, and with them *when* things happen: a clip with one
    extra hit is no further than a shifted copy, and no lag comes out. Near-duplicates want `pattern` or `align`.

    Takes sequences of any number of rows. A path leads from the first pair of rows to the last by steps of one row in
    either sequence or both; its cost is the sum of the euclidean distances of the rows it pairs, each counted once, and
    equals that of `librosa.sequence.dtw`. The distance is that cost divided by the number of pairs on the path (the
    shortest path, where several cost the same), so that long clips compare with short ones. NaN where a value is NaN or
    an item has no rows.

    Computed in the precision of the features. Time grows with the product of the lengths, and with `band` in
    proportion; memory with their sum. For 20 columns of float32: 20 µs for 100 × 100 rows, 5 ms for 2000 × 2000;
    without jackfield-kernels-native 5 ms and 0.4 s.

    Raises DataError where columns differ in number or name, or a clip has 2²³ rows or more.

    Sources: H. Sakoe, S. Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE Trans.
    ASSP 26 (1978).

    >>> import numpy as np
    >>> from jackfield import Features
    >>> a, b = (Features(values=np.array([v], np.float32).T, names=("x",)) for v in ([0, 1, 2], [0, 1, 1, 1, 3]))
    >>> Dtw()(a, b).distance
    0.2
    """

    band: Annotated[
        float | None,
        Param(gt=0, le=1, description="how far the path may stray from the diagonal, as share of the longer sequence"),
    ] = None

    symmetric = True
    zero_self = True
    triangle = False
    invariant = ()
    caution = (
        "warping hides insertions: a clip with one hit more is as near as a shifted copy;"
        " near-duplicates want the distance pattern or align"
    )

    def compare(self, a: Features, b: Features) -> Comparison:
        """Distance of two sequences."""
        from ._warping import one

        return Comparison(one(a, b, self.band))

    def pairs(self, sketches: Sequence[Features], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Distances of the pairs (i, j), the same to the bit as one at a time."""
        from ._warping import many

        return {"distance": many(sketches, i, j, self.band)}


@dataclass(frozen=True, kw_only=True)
class Composite(Component):
    """Weighted mean of three distances: of timbre, pitch and envelope, each reported beside it.

    Each aspect is a feature, the distance that compares it, and a weight: Σ weight · distance / Σ weight. The parts
    come in their own units and are not scaled: the weights do that. The columns `timbre`, `pitch` and `envelope` of the
    results hold each part's distance, so that a look at their size tells which weights balance them, and why two clips
    are near. A weight of 0 leaves an aspect out: it is neither computed nor reported. NaN where a part is.

    Takes the clip itself and computes the features, each once per clip. The defaults need jackfield-mfcc (cosine
    distance, 0…2, of the mean and standard deviation of the cepstra) and jackfield-librosa (chroma, and the root mean
    square, which knows the gain; both warped by a tenth at most: `dtw` hides insertions).

    Raises ConfigError where an aspect is no feature, its distance does not compare features, or all weights are 0; the
    errors of the parts otherwise.

    >>> import numpy as np
    >>> from jackfield import Ref, Signal
    >>> tone, low = (Signal(samples=np.sin(2 * np.pi * f * np.arange(8000) / 8000), rate=8000) for f in (440, 110))
    >>> timbre = Composite(timbre=Ref("log-mel", {"n_mels": 20, "pool": ["mean"]}), pitch_weight=0, envelope_weight=0)
    >>> timbre(tone, tone).distance, timbre(tone, low).distance > 0.01
    (0.0, True)
    """

    timbre: Annotated[Ref, Param(description="feature that tells the sound's colour")] = CEPSTRA
    timbre_by: Annotated[Ref, Param(description="distance of that feature")] = BY_DIRECTION
    timbre_weight: Annotated[float, Param(ge=0, description="weight of timbre; 0 leaves it out")] = 1.0
    pitch: Annotated[Ref, Param(description="feature that tells the notes")] = CHROMA
    pitch_by: Annotated[Ref, Param(description="distance of that feature")] = BY_WARPING
    pitch_weight: Annotated[float, Param(ge=0, description="weight of pitch; 0 leaves it out")] = 1.0
    envelope: Annotated[Ref, Param(description="feature that tells the level over time")] = LEVEL
    envelope_by: Annotated[Ref, Param(description="distance of that feature")] = BY_WARPING
    envelope_weight: Annotated[float, Param(ge=0, description="weight of the envelope; 0 leaves it out")] = 1.0

    channels = "one"
    symmetric = True
    zero_self = True
    triangle = False
    invariant = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.timbre_weight + self.pitch_weight + self.envelope_weight:
            raise ConfigError("composite needs an aspect", "all weights are 0", "give one a weight")

    @cached_property
    def aspects(self) -> tuple[Aspect, ...]:
        """Those that have a weight."""
        from ._aspects import aspect

        names = [name for name in ("timbre", "pitch", "envelope") if getattr(self, f"{name}_weight")]
        return tuple(
            aspect(name, getattr(self, name), getattr(self, f"{name}_by"), getattr(self, f"{name}_weight"))
            for name in names
        )

    def prepare(self) -> None:
        """Build the parts and let them look for their libraries."""
        for part in self.aspects:
            part.prepare()

    def sketch(self, signal: Signal) -> Sketch:
        """The features of every aspect, or what its distance makes of them."""
        return {name: array for part in self.aspects for name, array in part.sketch(signal).items()}

    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        """Distance of two clips."""
        from ._aspects import many, pair

        return Comparison(float(many(self.aspects, (a, b), *pair())["distance"][0]))

    def pairs(self, sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Distances of the pairs (i, j), and a column for every aspect."""
        from ._aspects import many

        return many(self.aspects, sketches, i, j)


@hookimpl
def jackfield_distances() -> Iterator[Distance]:
    """Distances of this plugin."""
    yield Distance("euclidean", Euclidean)
    yield Distance("cosine", Cosine)
    yield Distance("correlation", Correlation)
    yield Distance("dtw", Dtw)
    yield Distance("composite", Composite)

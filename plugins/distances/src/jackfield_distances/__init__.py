"""Distances between features: euclidean, cosine, and dynamic time warping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from jackfield import Comparison, Component, Distance, Features, Param, hookimpl

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Cosine", "Dtw", "Euclidean"]


@dataclass(frozen=True, kw_only=True)
class Euclidean(Component):
    """Euclidean distance of all values: √Σ(a − b)², from 0, in the unit of the features.

    Takes pooled features (one row) or sequences of equally many rows, compared row by row: fitting for clips that are
    cut alike. Columns are not scaled; scale them first if their units differ. NaN where a value is NaN. Computed in
    float64 as a sum of squared differences, so that equal items are at exactly 0 and a pair's value does not depend on
    the other pairs.

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
    a NaN. Usual for embeddings. Computed in float64 as single sums: equal items are at exactly 0, and a pair's value
    does not depend on the other pairs.

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
class Dtw(Component):
    """Dynamic time warping: mean distance of the rows along the cheapest path, from 0.

    Takes sequences of any number of rows. A path leads from the first pair of rows to the last by steps of one row in
    either sequence or both; its cost is the sum of the euclidean distances of the rows it pairs, each counted once, and
    equals that of `librosa.sequence.dtw`. The distance is that cost divided by the number of pairs on the path (the
    shortest path, where several cost the same), so that long clips compare with short ones. NaN where a value is NaN or
    an item has no rows. Time and memory grow with the product of the lengths, with `band` as without: for 20 columns,
    30 ms for 400 × 400 rows, 0.4 s and 32 MB for 2000 × 2000.

    Warping forgives differences of tempo. It also warps away *when* things happen: a clip with one extra hit is no
    further than a shifted copy. Near-duplicates want `pattern` or `align`.

    Raises DataError where the columns differ in number or name, or the rows make more than 2²⁶ pairs (512 MB).

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

    def compare(self, a: Features, b: Features) -> Comparison:
        """Distance of two sequences."""
        from ._warping import dtw

        return Comparison(dtw(a, b, self.band))


@hookimpl
def jackfield_distances() -> Iterator[Distance]:
    """Distances of this plugin."""
    yield Distance("euclidean", Euclidean)
    yield Distance("cosine", Cosine)
    yield Distance("dtw", Dtw)

"""What two clips have to do with each other, and all pairs of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ._arrays import Record, frozen

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, repr=False)
class Comparison(Record):
    """One pair, clip a against clip b. What a distance cannot say stays None.

    distance : ≥ 0, NaN where undefined (two silences)
    similarity : in [0, 1]; of `align` and `pattern` the probability that the clips are the same sound, 0.5 and more for
        what they relate as "identical" or "same"
    offset_samples : at a's own rate, positive where the material starts later in a: a[n] ≈ gain · b[n − offset]
    offset_s : the same in seconds
    gain_db : level of a over b
    polarity : 1 or −1
    overlap : share of the shorter clip's time that both clips have
    differs : intervals (start, stop) in seconds on a's clock in which the two differ
    relation : "identical", "same", "variant" or "different"
    """

    distance: float
    similarity: float | None = None
    offset_samples: float | None = None
    offset_s: float | None = None
    gain_db: float | None = None
    polarity: int | None = None
    overlap: float | None = None
    differs: tuple[tuple[float, float], ...] = ()
    relation: str | None = None

    def summary(self) -> dict[str, str]:
        facts = {"distance": f"{self.distance:.4g}"}
        for name in ("relation", "similarity", "offset_samples", "offset_s", "gain_db", "polarity", "overlap"):
            value = getattr(self, name)
            if value is not None:
                facts[name] = f"{value:.6g}" if isinstance(value, float) else str(value)
        if self.differs:
            facts["differs"] = ", ".join(f"{a:.2f}–{b:.2f} s" for a, b in self.differs)
        return facts


# Columns of `Neighbours` and `Distances` carry these fields of a Comparison; text and intervals need other arrays.
NUMERIC = ("similarity", "offset_samples", "offset_s", "gain_db", "polarity", "overlap")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Distances(Record):
    """All pairs of n items, condensed as in scipy.spatial.distance.pdist.

    ids : item names in order
    condensed : (n (n − 1) / 2,) float32, NaN where undefined
    columns : further evidence per pair, same length
    symmetric, zero_self, triangle, invariant : what the distance declares of itself
    """

    ids: tuple[str, ...]
    condensed: np.ndarray
    columns: dict[str, np.ndarray] | None = None
    symmetric: bool = True
    zero_self: bool = True
    triangle: bool = False
    invariant: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        condensed = frozen(self.condensed, ("float32",), ndim=1, what="Distances.condensed")
        n = len(self.ids)
        if condensed.size != n * (n - 1) // 2:
            raise DataError(f"Distances of {n} items need {n * (n - 1) // 2} values", f"got {condensed.size}")
        if condensed.size and condensed[condensed < 0].size:
            raise DataError("distances must not be negative", f"lowest {condensed[condensed < 0].min()}")
        columns = {name: frozen(c, ndim=1, what=name) for name, c in (self.columns or {}).items()}
        for name, column in columns.items():
            if column.size != condensed.size:
                raise DataError(f'column "{name}" must have one value per pair', f"{column.size} of {condensed.size}")
        self._set(ids=tuple(self.ids), condensed=condensed, columns=columns, invariant=tuple(self.invariant))

    def __len__(self) -> int:
        return len(self.ids)

    def index(self, i: int, j: int) -> int:
        """Position of pair (i, j), i ≠ j, in `condensed`."""
        i, j = min(i, j), max(i, j)
        return len(self.ids) * i - i * (i + 1) // 2 + j - i - 1

    def pair(self, i: int, j: int) -> float:
        """Distance between items i and j; 0 for i = j."""
        return 0.0 if i == j else float(self.condensed[self.index(i, j)])

    def row(self, i: int) -> np.ndarray:
        """(n,) distances from item i, 0 at i itself, without the square matrix."""
        import numpy as np

        n = len(self.ids)
        out = np.zeros(n, np.float32)
        before = np.arange(i)
        out[:i] = self.condensed[n * before - before * (before + 1) // 2 + i - before - 1]
        if i + 1 < n:
            first = self.index(i, i + 1)
            out[i + 1 :] = self.condensed[first : first + n - i - 1]
        return out

    def square(self) -> np.ndarray:
        """(n, n) float32 matrix with a zero diagonal; 4 n² bytes."""
        import numpy as np

        n = len(self.ids)
        out = np.zeros((n, n), np.float32)
        for i in range(n - 1):  # no list of all pairs' places, which would be four times the matrix
            first = self.index(i, i + 1)
            out[i, i + 1 :] = out[i + 1 :, i] = self.condensed[first : first + n - i - 1]
        return out

    def summary(self) -> dict[str, str]:
        import numpy as np

        known = self.condensed[~np.isnan(self.condensed)]
        facts = {"items": str(len(self.ids)), "pairs": str(self.condensed.size)}
        if known.size:
            facts["range"] = f"{known.min():.3g}…{known.max():.3g}"
        if known.size < self.condensed.size:
            facts["undefined"] = str(self.condensed.size - known.size)
        return facts


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Candidates(Record):
    """Pairs worth comparing, found by something cheaper than comparing them.

    ids : all items in order
    i, j : (m,) int64 indices, i < j, no pair twice; work is cut from them in this order, so that those that have an
        item in common are best close to each other
    settings : how they were found, and how many may be missing; `settings["notes"]` are printed
    """

    ids: tuple[str, ...]
    i: np.ndarray
    j: np.ndarray
    settings: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        i = frozen(self.i, ("int64",), ndim=1, what="Candidates.i")
        j = frozen(self.j, ("int64",), ndim=1, what="Candidates.j")
        if i.size != j.size:
            raise DataError("Candidates need one i and j per pair", f"{i.size}, {j.size}")
        if i.size and (i.min() < 0 or j.max() >= len(self.ids) or (i >= j).any()):
            raise DataError("Candidates must be pairs i < j of the items", f"{len(self.ids)} items")
        self._set(ids=tuple(self.ids), i=i, j=j, settings=dict(self.settings or {}))

    def __len__(self) -> int:
        return int(self.i.size)

    def summary(self) -> dict[str, str]:
        return {"items": str(len(self.ids)), "pairs": str(len(self))}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Neighbours(Record):
    """The pairs that were compared, and only those.

    ids : all items in order
    i, j : (m,) int64 indices; pair k compared ids[i[k]] as a with ids[j[k]] as b
    distance : (m,) float32, NaN where undefined
    columns : numeric evidence per pair
    relations, differs : per pair, as in Comparison
    """

    ids: tuple[str, ...]
    i: np.ndarray
    j: np.ndarray
    distance: np.ndarray
    columns: dict[str, np.ndarray] | None = None
    relations: tuple[str | None, ...] = ()
    differs: tuple[tuple[tuple[float, float], ...], ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        i = frozen(self.i, ("int64",), ndim=1, what="Neighbours.i")
        j = frozen(self.j, ("int64",), ndim=1, what="Neighbours.j")
        distance = frozen(self.distance, ("float32",), ndim=1, what="Neighbours.distance")
        if not i.size == j.size == distance.size:
            raise DataError("Neighbours need one i, j and distance per pair", f"{i.size}, {j.size}, {distance.size}")
        if i.size and (min(i.min(), j.min()) < 0 or max(i.max(), j.max()) >= len(self.ids) or (i == j).any()):
            raise DataError("Neighbours must be pairs of two different items", f"{len(self.ids)} items")
        columns = {name: frozen(c, ndim=1, what=name) for name, c in (self.columns or {}).items()}
        for name, column in columns.items():
            if column.size != i.size:
                raise DataError(f'column "{name}" must have one value per pair', f"{column.size} of {i.size}")
        relations = tuple(self.relations) or (None,) * i.size
        differs = tuple(tuple((float(a), float(b)) for a, b in d) for d in self.differs) or ((),) * i.size
        self._set(i=i, j=j, distance=distance, columns=columns, relations=relations, differs=differs)

    def __len__(self) -> int:
        return int(self.i.size)

    def comparison(self, k: int) -> Comparison:
        """Pair k as a Comparison."""
        import math

        values: dict[str, float] = {}
        for name, column in (self.columns or {}).items():
            value = float(column[k])
            if name in NUMERIC and not math.isnan(value):
                values[name] = value
        polarity = values.pop("polarity", None)
        return Comparison(
            float(self.distance[k]),
            differs=self.differs[k],
            relation=self.relations[k],
            polarity=None if polarity is None else int(polarity),
            **values,
        )

    def lookup(self) -> dict[tuple[int, int], Comparison]:
        """(i, j) → Comparison for every pair."""
        return {(int(a), int(b)): self.comparison(k) for k, (a, b) in enumerate(zip(self.i, self.j, strict=True))}

    def summary(self) -> dict[str, str]:
        return {"items": str(len(self.ids)), "pairs": str(len(self))}

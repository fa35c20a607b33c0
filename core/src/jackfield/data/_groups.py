"""Which items belong together, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ._arrays import Record, frozen
from ._pairs import Distances, Neighbours

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Groups(Record):
    """A grouping with its reasons.

    ids : items in order
    labels : (n,) group number from 0, −1 = alone
    medoid : (n,) index of the group's medoid, −1 = alone
    nearest : (n,) index of the nearest other item, within the group for members; −1 where there is none
    distance : (n,) float32 to the medoid; for an item alone, to its nearest
    margin : (n,) float32 how much further the nearest item outside is than the nearest one inside
    near : (i, j, distance) arrays of near misses: pairs not grouped though close
    settings : threshold, link, suggestions, notes: what a reader needs to judge the grouping
    """

    ids: tuple[str, ...]
    labels: np.ndarray
    medoid: np.ndarray
    nearest: np.ndarray
    distance: np.ndarray
    margin: np.ndarray
    near: tuple[np.ndarray, np.ndarray, np.ndarray]
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        n = len(self.ids)
        arrays = {name: frozen(getattr(self, name), ("int64",), 1, name) for name in ("labels", "medoid", "nearest")}
        arrays |= {name: frozen(getattr(self, name), ("float32",), 1, name) for name in ("distance", "margin")}
        for name, array in arrays.items():
            if array.size != n:
                raise DataError(f"Groups.{name} must have one value per item", f"{array.size} of {n}")
        i, j, distance = self.near
        near = (frozen(i, ("int64",), 1), frozen(j, ("int64",), 1), frozen(distance, ("float32",), 1))
        self._set(ids=tuple(self.ids), near=near, **arrays)

    @classmethod
    def from_labels(
        cls,
        labels: Any,
        distances: Distances | Neighbours,
        *,
        near: float = 0.0,
        settings: dict[str, Any] | None = None,
    ) -> Groups:
        """Groups from any clusterer's labels: numbered by size, with medoids, nearest items, margins, near misses.

        labels : (n,) integers; negative, or the only one of its label, is alone
        near : pairs of different groups closer than this are near misses
        settings : kept as they are; with them go, by group, its `diameter`, which is the largest distance within, and
            its `nearest_group` with the distance to that, (−1, None) where no other was compared

        Group 0 is the largest; equal sizes go by their first item. The medoid has the least mean distance to the
        others of its group, ties to the earliest; NaN counts as far.
        """
        from ._grouping import groups_from_labels

        return cls(**groups_from_labels(labels, distances, near, settings or {}))

    @property
    def count(self) -> int:
        """Number of groups of two and more."""
        return int(self.labels.max()) + 1 if self.labels.size else 0

    def members(self, group: int) -> list[int]:
        """Items of a group, the medoid first, then by distance, unknown ones last."""
        inside = [int(k) for k in (self.labels == group).nonzero()[0]]
        known = self.distance == self.distance
        return sorted(inside, key=lambda k: (k != self.medoid[k], not known[k], known[k] and self.distance[k], k))

    def shape(self, group: int) -> tuple[float | None, int, float | None]:
        """A group's diameter, the nearest other group, −1 = none, and the distance to that; None where unknown."""
        if "diameter" not in self.settings:
            return None, -1, None
        return self.settings["diameter"][group], *self.settings["nearest_group"][group]

    def candidates(self) -> tuple[list[int], list[int]]:
        """Pairs worth explaining, (a, b): every member with its medoid, every near miss with the medoid it missed."""
        pairs = [(k, int(m)) for k, m in enumerate(self.medoid) if m not in (-1, k)]
        best: dict[int, tuple[float, int]] = {}
        for i, j, d in zip(*(array.tolist() for array in self.near), strict=True):
            for a, b in ((i, j), (j, i)):
                target = int(self.medoid[b]) if self.labels[b] >= 0 else b
                # Of two groups that nearly met, the later one's medoid is explained against the earlier one's.
                if self.labels[a] == -1 or (
                    self.medoid[a] == a and self.labels[b] >= 0 and self.labels[b] < self.labels[a]
                ):
                    best[a] = min(best.get(a, (d, target)), (d, target))
        pairs += [(a, target) for a, (_, target) in sorted(best.items())]
        return [a for a, _ in pairs], [b for _, b in pairs]

    def summary(self) -> dict[str, str]:
        alone = int((self.labels == -1).sum())
        facts = {"items": str(len(self.ids)), "groups": str(self.count), "alone": str(alone)}
        return facts | {k: str(v) for k, v in self.settings.items() if isinstance(v, (int, float, str))}

"""Groups of any density, without a threshold: HDBSCAN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from jackfield import Clusterer, Component, Distances, Groups, Param, hookimpl

__all__ = ["Hdbscan"]


@dataclass(frozen=True, kw_only=True)
class Hdbscan(Component):
    """Groups where items lie denser than around them; the rest stays alone.

    Takes Distances between n items, gives Groups. There is no threshold: groups may differ in how close their members
    are. That needs a collection in which dense and sparse can be told apart; for few items, and for near-duplicates,
    whose threshold is known, the clusterer `threshold` is the better choice. Where every item comes out alone,
    `settings["notes"]` says why and what to change: four clips, for instance, are all alone for min_cluster_size 2
    unless min_samples is 1 or allow_single_cluster is set.

    Undefined distances (NaN) count as twice the largest defined one, and items with no defined distance at all stay
    alone; the notes say how many. Memory is some 20 n² bytes: 10,000 items take about 2 GB.

    Source: Campello, Moulavi and Sander, "Density-based clustering based on hierarchical density estimates" (2013);
    McInnes, Healy and Astels, hdbscan, JOSS 2 (2017).

    >>> import numpy as np
    >>> from jackfield import Distances
    >>> pairs = np.array([0.1, 0.9, 0.9, 0.9, 0.9, 0.1], np.float32)
    >>> four = Distances(ids=("a", "b", "c", "d"), condensed=pairs)
    >>> groups = Hdbscan()(four)
    >>> groups.labels.tolist(), groups.settings["notes"][0].split("; ")[1]
    ([-1, -1, -1, -1], 'set min_samples=1, or allow_single_cluster=true, or use the clusterer threshold')
    >>> Hdbscan(min_samples=1)(four).labels.tolist()
    [0, 0, 1, 1]
    """

    min_cluster_size: Annotated[int, Param(ge=2, description="fewest items that make a group")] = 2
    min_samples: Annotated[
        int | None,
        Param(
            ge=1, description="neighbours over which density is smoothed, more leave more alone; None: min_cluster_size"
        ),
    ] = None
    allow_single_cluster: Annotated[bool, Param(description="let all items together be a group")] = False

    def __call__(self, distances: Distances) -> Groups:
        """Group the items."""
        from ._density import density_labels

        labels, notes = density_labels(
            distances.square(), self.min_cluster_size, self.min_samples, self.allow_single_cluster
        )
        settings = {
            "clusterer": "hdbscan",
            "min_cluster_size": self.min_cluster_size,
            "min_samples": self.min_samples or self.min_cluster_size,
            "allow_single_cluster": self.allow_single_cluster,
            "notes": tuple(notes),
        }
        return Groups.from_labels(labels, distances, settings=settings)

    def prepare(self) -> None:
        """Import the library, so that a missing one shows before the first clip."""
        import hdbscan  # noqa: F401


@hookimpl
def jackfield_clusterers() -> Iterator[Clusterer]:
    """The one clusterer."""
    yield Clusterer("hdbscan", Hdbscan)

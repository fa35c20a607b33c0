"""Groups of any density, without a threshold: HDBSCAN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from jackfield import Clusterer, Collection, Component, Distances, Features, Groups, Neighbours, Param, hookimpl

__all__ = ["Hdbscan"]


@dataclass(frozen=True, kw_only=True)
class Hdbscan(Component):
    """Groups where items lie denser than around them; the rest stays alone.

    There is no threshold: groups may differ in how close their members are. That needs a collection in which dense and
    sparse can be told apart; for few items, and for near-duplicates, whose threshold is known, the clusterer
    `threshold` is the better choice. Where every item comes out alone, `settings["notes"]` says why and what to change:
    four clips, for instance, are all alone for min_cluster_size 2 unless min_samples is 1 or allow_single_cluster is
    set.

    Takes one of three, gives Groups:

    - Distances of all pairs. Memory is some 20 n² bytes: 10,000 items take about 2 GB.
    - Neighbours: the pairs that were compared, of collections too large for all. Every connected part is spanned by
      itself; parts, and pairs that were not compared, are far from each other. Each item should be compared with at
      least `min_samples` others. With all pairs in it the groups are those of Distances.
    - Features of one row per clip, compared by euclidean distance: all pairs up to 8192 clips, beyond that each clip
      with its 32 nearest (or twice min_samples). For another distance put one between.

    Copies (at distance 0) are always together, and weigh no more than one item: making copies changes no other group.
    Renaming and reordering items changes nothing: where an item reaches several equally, which is the rule with
    min_samples above 1, it goes with whom it is nearest to; only where no distance at all tells two items apart can
    the order decide. Groups that fall apart at the very distance at which they form are none: with min_samples as large
    as a group, its members reach strangers as easily as each other.

    Undefined distances (NaN) count as twice the largest defined one, and items with no defined distance at all stay
    alone; the notes say how many.

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
    cluster_selection_method: Annotated[
        Literal["eom", "leaf"],
        Param(description="eom: the groups that last longest over densities, of any size; leaf: the finest ones"),
    ] = "eom"
    epsilon: Annotated[
        float, Param(ge=0, description="groups closer than this distance are not split further; 0: no limit")
    ] = 0.0
    allow_single_cluster: Annotated[bool, Param(description="let all items together be a group")] = False

    def __call__(self, distances: Distances | Neighbours | Collection[Features]) -> Groups:
        """Group the items; DataError for features of several rows, or of unlike columns."""
        from ._density import Wanted, density_labels

        smooth = self.min_samples or self.min_cluster_size
        if not isinstance(distances, (Distances, Neighbours)):
            from ._vectors import distances_of

            distances = distances_of(distances, smooth)
        wanted = Wanted(
            self.min_cluster_size, smooth, self.cluster_selection_method, self.epsilon, self.allow_single_cluster
        )
        labels, notes = density_labels(distances, wanted)
        settings = {
            "clusterer": "hdbscan",
            "min_cluster_size": self.min_cluster_size,
            "min_samples": smooth,
            "cluster_selection_method": self.cluster_selection_method,
            "epsilon": self.epsilon,
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

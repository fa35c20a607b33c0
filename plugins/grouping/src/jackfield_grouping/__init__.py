"""Groups by distance: a threshold graph, agglomerative clustering, and the near-duplicates preset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from jackfield import Clusterer, Component, ConfigError, Distances, Groups, Neighbours, Param, Preset, hookimpl

__all__ = ["Agglomerative", "Threshold"]

Link = Literal["single", "complete", "average"]


@dataclass(frozen=True, kw_only=True)
class Threshold(Component):
    """Items closer than a threshold belong together.

    With `link="single"` a chain of close items is one group; with "complete" every pair of a group is within the
    threshold; with "average" groups join while their mean distance is, which neither chains nor splits a group for one
    noisy pair, and is therefore the default. Undefined distances (NaN) never join. Neither the order of the items nor
    exact duplicates change the groups: items at distance 0 of each other are one, as far from the rest as the furthest
    of them, and what is equally near joins at once. A chain of more than 1024 items is grouped by single link.

    The default threshold, 0.21, is that of the distance `pattern`. Every grouping also reports the threshold suggested
    by the gap between near and far among the distances at which groups join (`settings["suggested_threshold"]`, None
    where there are fewer than two such distances); `suggest=True` uses it. Among strangers alone it means nothing.

    Clips that share their material but for something added, missing or moved, variants, are pairs that the distance
    marks as such (a column `variant`, or the relation of a `Comparison`). `variants="apart"` takes them for no nearer
    than `near`; "together" then joins the groups that a pair of variants connects, and has a distance that can look for
    variants further out (a method `giving`) do so. Where the distance marks a pair of
    which one clip has a sound more at an end (a column `part`, 1 where it is the second, -1 the first), the two do not
    tell whether it was added to the one or cut off the other; the rest does: if more clips are without it than with it,
    those with it are variants, otherwise those without were trimmed; together, either belongs to them.

    Takes Distances, or Neighbours, of which pairs that were not compared do not count; gives Groups, whose near misses
    are the pairs closer than `near`. `settings` says more: chains that were split (`notes`), and `stable_between` which
    thresholds the groups stay the same.

    Source: Lance and Williams, "A general theory of classificatory sorting strategies" (1967).

    >>> import numpy as np
    >>> from jackfield import Distances
    >>> pairs = np.array([0.1, 0.5, 0.9, 0.5, 0.9, 0.8], np.float32)
    >>> groups = Threshold()(Distances(ids=("a", "b", "variant", "other"), condensed=pairs))
    >>> groups.labels.tolist(), round(groups.settings["suggested_threshold"], 2)
    ([0, 0, -1, -1], 0.3)
    """

    threshold: Annotated[float, Param(ge=0, description="largest distance within a group")] = 0.21
    link: Annotated[Link, Param(description="which distance between two groups counts")] = "average"
    near: Annotated[float, Param(ge=0, description="pairs closer than this are reported as near misses")] = 0.6
    suggest: Annotated[bool, Param(description="use the suggested threshold in place of the given one")] = False
    variants: Annotated[Literal["apart", "together"], Param(description="where variants of a clip belong")] = "apart"

    @property
    def wants(self) -> tuple[str, ...]:
        """Columns that a distance should give if it can, though it takes longer."""
        return ("variant",) if self.variants == "together" else ()

    def __call__(self, distances: Distances | Neighbours) -> Groups:
        """Group the items."""
        from ._disputed import added, notes
        from ._linkage import merges, stable, suggestion
        from ._partition import partition
        from ._variants import apart, longer, marked, together

        variant = marked(distances)
        more = added(distances, self.threshold, variant)
        given, distances = distances, apart(distances, variant | more, self.near)
        tree = merges(distances, self.link)
        suggested = suggestion(tree)
        threshold = suggested if self.suggest and suggested is not None else self.threshold
        labels, split = partition(distances, threshold, self.link)
        if self.variants == "together":
            labels = together(labels, given, variant | longer(given, threshold))
        settings = {
            "clusterer": "threshold",
            "threshold": threshold,
            "link": self.link,
            "near": self.near,
            "variants": self.variants,
            "suggested_threshold": suggested,
            "stable_between": stable(tree, threshold),
            "notes": (*_notes(given, self.suggest, suggested), *split, *notes(given, more)),
        }
        return Groups.from_labels(labels, given, near=self.near, settings=settings)


@dataclass(frozen=True, kw_only=True)
class Agglomerative(Component):
    """Agglomerative clustering by scikit-learn, to a number of groups or to a distance.

    Use it where the number of groups is known; for near-duplicates `threshold` says more and starts faster. Undefined
    distances (NaN) count as further than any other: they stay apart at any threshold, and join only where fewer groups
    are asked for than can be made without them.

    >>> import numpy as np
    >>> from jackfield import Distances
    >>> pairs = np.array([0.1, 0.9, 0.9, 0.9, 0.9, 0.1], np.float32)
    >>> Agglomerative(n_groups=2)(Distances(ids=("a", "b", "c", "d"), condensed=pairs)).labels.tolist()
    [0, 0, 1, 1]
    """

    n_groups: Annotated[int | None, Param(ge=1, description="number of groups; None: cut at `threshold`")] = None
    threshold: Annotated[float, Param(ge=0, description="groups this far apart stay apart; without n_groups")] = 0.21
    link: Annotated[Link, Param(description="which distance between two groups counts")] = "average"
    near: Annotated[float, Param(ge=0, description="pairs closer than this are reported as near misses")] = 0.6

    def __call__(self, distances: Distances) -> Groups:
        """Group the items; ConfigError if there are fewer items than groups."""
        from ._agglomerative import labels

        if self.n_groups is not None and self.n_groups > len(distances):
            raise ConfigError(f"cannot make {self.n_groups} groups", f"of {len(distances)} items", "lower n_groups")
        settings = {
            "clusterer": "agglomerative",
            "n_groups": self.n_groups,
            "threshold": self.threshold if self.n_groups is None else None,
            "link": self.link,
            "near": self.near,
            "notes": _notes(distances, forced=self.n_groups is not None),
        }
        found = labels(distances, self.n_groups, self.threshold, self.link)
        return Groups.from_labels(found, distances, near=self.near, settings=settings)

    def prepare(self) -> None:
        """Import the library, so that a missing one shows before the first clip."""
        import sklearn.cluster  # noqa: F401


def _notes(
    distances: Distances | Neighbours, suggest: bool = False, suggested: float | None = None, forced: bool = False
) -> tuple[str, ...]:
    values = distances.condensed if isinstance(distances, Distances) else distances.distance
    undefined = int((values != values).sum())
    notes = []
    if undefined:
        fate = "count as furthest; forced together where fewer groups are asked for" if forced else "never join"
        notes.append(f"{undefined} of {values.size} pairs are undefined (silent clips?) and {fate}")
    if suggest and suggested is None:
        notes.append("too few distances to suggest a threshold from; the given one is used")
    return tuple(notes)


@hookimpl
def jackfield_clusterers() -> Iterator[Clusterer]:
    yield Clusterer("threshold", Threshold)
    yield Clusterer("agglomerative", Agglomerative)


@hookimpl
def jackfield_presets() -> Iterator[Preset]:
    yield Preset("near-duplicates@1", Path(__file__).with_name("near-duplicates@1.toml").read_text(encoding="utf-8"))

"""New clips held against the medoids of a finished run's groups, and against its clips alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from jackfield import Compared, ConfigError, Groups, JackfieldError, Results, RunDistance, Signal, open_distance

from .verbs import Assigned

# What is compared of so many clips of the run is held at once: tens of thousands may be alone, at up to 2 MB each.
BLOCK = 256


@dataclass(frozen=True)
class Found:
    """(heads,) what was found of a new clip: distances, NaN where undefined, which are variants, and who has more."""

    distance: np.ndarray
    variant: np.ndarray
    part: np.ndarray


@dataclass(frozen=True)
class Heads:
    """What new clips are held against: positions of clips that stand for all others."""

    groups: Groups
    distance: RunDistance
    at: tuple[int, ...]

    @classmethod
    def of(cls, results: Results) -> Heads:
        """Of a run: medoids, clips alone, and, of groups with variants, those beyond the threshold of their medoid.

        ConfigError where a distance up to which a clip belongs to a group is not known.
        """
        groups, step = grouping(results)
        far = np.zeros(len(groups.ids), bool)
        if _mixed(groups):
            far = ~(np.asarray(groups.distance) <= groups.settings["threshold"])
        at = tuple(k for k in range(len(groups.ids)) if groups.medoid[k] in (-1, k) or far[k])
        return cls(groups, open_distance(results, step), at)

    def assigned(self, clips: Sequence[Any], rate: float | None) -> list[Assigned]:
        """Where these clips belong; all of them are held at once, and the run's are read once for them."""
        names = [clip.history[-1] if isinstance(clip, Signal) and clip.history else str(clip) for clip in clips]
        new = [self._new(clip, rate) for clip in clips]
        found = self._found(new)
        return [self._one(*one) for one in zip(names, new, found, strict=True)]

    def _new(self, clip: Any, rate: float | None) -> Compared | JackfieldError:
        try:
            return self.distance.new(clip, rate)
        except JackfieldError as error:
            return error

    def _found(self, new: list[Compared | JackfieldError]) -> list[Found]:
        """What is found of every clip; in place of a clip that cannot be compared, the reason."""
        table = np.full((3, len(new), len(self.at)), np.nan, np.float32)
        for start in range(0, len(self.at), BLOCK):
            some = [self.distance.known(k) for k in self.at[start : start + BLOCK]]
            for k, one in enumerate(new):
                if isinstance(one, JackfieldError):
                    continue
                try:
                    columns = self.distance.columns(one, some)
                except JackfieldError as error:
                    new[k] = error
                    continue
                for row, name in enumerate(("distance", "variant", "part")):
                    table[row, k, start : start + BLOCK] = columns.get(name, 0)
        return [Found(table[0, k], table[1, k] == 1, table[2, k]) for k in range(len(new))]

    def _one(self, name: str, new: Compared | JackfieldError, found: Found) -> Assigned:
        if isinstance(new, JackfieldError):
            return Assigned(name, -1, None, None, None, None, new)
        order = np.argsort(found.distance, kind="stable")  # NaN last
        order = order[~np.isnan(found.distance[order])]
        if not order.size:
            return Assigned(name, -1, None, None, None, None)
        best = self._nearest(found, order)
        nearest = found.distance[best]
        further = [d for d in found.distance[order[order != best]] if d >= nearest]
        group, comparison = self._judged(new, found, best)
        return Assigned(
            clip=name,
            group=group,
            nearest=self.groups.ids[self.at[best]],
            distance=float(nearest),
            margin=float(further[0] - nearest) if further else None,
            comparison=comparison,
        )

    def _inside(self, distance: np.floating) -> bool:
        return bool(distance <= np.float32(self.groups.settings["threshold"]))

    def _nearest(self, found: Found, order: np.ndarray) -> int:
        """The head that decides: the nearest, or the nearest in a group of which a clip far from all is a variant."""
        best = int(order[0])
        if not _mixed(self.groups) or self._inside(found.distance[best]) or found.variant[best]:
            return best
        kin = (int(k) for k in order[1:] if found.variant[k] and self.groups.labels[self.at[k]] >= 0)
        return next(kin, best)

    def _judged(self, new: Compared, found: Found, best: int) -> tuple[int, Any]:
        """The group, −1 for none, and the comparison with a head; a variant belongs where variants do."""
        k, inside = self.at[best], self._inside(found.distance[best])
        group, comparison = int(self.groups.labels[k]), self.distance.compare(new, self.distance.known(k))
        # A sound more was added to the new clip, as a group has two clips or more without.
        if found.variant[best] or (inside and group >= 0 and found.part[best] == -1):
            comparison = replace(comparison, relation="variant")
        if comparison.relation == "variant":
            inside = _mixed(self.groups) and (inside or bool(found.variant[best]))
        return group if inside else -1, comparison


def _mixed(groups: Groups) -> bool:
    """Whether variants are with what they vary."""
    return groups.settings.get("variants") == "together"


def grouping(results: Results) -> tuple[Groups, str]:
    """The groups of a run, and the id of the distance that they are made from; ConfigError where that does not do."""
    folder, kinds = results.folder, results.kinds or {}
    step = next((name for name in results.steps if kinds.get(name) == Groups.__name__), None)
    if step is None:
        raise _refused(folder, "it has no groups", "give one made by jackfield group, or a config with a clusterer")
    groups: Groups = results[step]
    limit = groups.settings.get("threshold")
    if not isinstance(limit, (int, float)):
        evidence = f'its groups are by {results.steps[step]} ("{step}"), which knows no largest distance in a group'
        remedy = "group by the clusterer threshold; or start the run again with these clips among its inputs"
        raise _refused(folder, evidence, remedy)
    source = _sources(folder)[step][0]
    if kinds.get(source) not in ("Distances", "Neighbours"):
        evidence = f'its groups are made from {kinds.get(source, "something else")} ("{source}"), not from a distance'
        raise _refused(folder, evidence, "start the run again with these clips among its inputs")
    return groups, source


def _sources(folder: Path) -> dict[str, list[str]]:
    """What each step of the run takes."""
    try:
        lock = json.loads((folder / "run.lock.json").read_text(encoding="utf-8"))
        return {step["id"]: step["from"] for step in lock["steps"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        evidence = f"run.lock.json cannot be read: {type(error).__name__}: {error}"
        raise _refused(folder, evidence, "start the run again: only what is missing is computed") from None


def _refused(folder: Path, evidence: str, remedy: str) -> ConfigError:
    return ConfigError(f"{folder} cannot take new clips", evidence, remedy)

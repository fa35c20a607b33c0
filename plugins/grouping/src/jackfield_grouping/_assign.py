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
class Heads:
    """What new clips are held against: positions of the medoids and of the clips alone."""

    groups: Groups
    distance: RunDistance
    at: tuple[int, ...]

    @classmethod
    def of(cls, results: Results) -> Heads:
        """Of a run; ConfigError where a distance up to which a clip belongs to a group is not known."""
        groups, step = grouping(results)
        at = tuple(k for k in range(len(groups.ids)) if groups.medoid[k] in (-1, k))
        return cls(groups, open_distance(results, step), at)

    def assigned(self, clips: Sequence[Any], rate: float | None) -> list[Assigned]:
        """Where these clips belong; all of them are held at once, and the run's are read once for them."""
        names = [clip.history[-1] if isinstance(clip, Signal) and clip.history else str(clip) for clip in clips]
        new = [self._new(clip, rate) for clip in clips]
        distances = self._distances(new)
        return [self._one(*one) for one in zip(names, new, distances, strict=True)]

    def _new(self, clip: Any, rate: float | None) -> Compared | JackfieldError:
        try:
            return self.distance.new(clip, rate)
        except JackfieldError as error:
            return error

    def _distances(self, new: list[Compared | JackfieldError]) -> np.ndarray:
        """(new, heads) float32, NaN where undefined; in place of a clip that cannot be compared, the reason."""
        out = np.full((len(new), len(self.at)), np.nan, np.float32)
        for start in range(0, len(self.at), BLOCK):
            some = [self.distance.known(k) for k in self.at[start : start + BLOCK]]
            for k, one in enumerate(new):
                if isinstance(one, JackfieldError):
                    continue
                try:
                    out[k, start : start + BLOCK] = self.distance.columns(one, some)["distance"]
                except JackfieldError as error:
                    new[k] = error
        return out

    def _one(self, name: str, new: Compared | JackfieldError, distances: np.ndarray) -> Assigned:
        if isinstance(new, JackfieldError):
            return Assigned(name, -1, None, None, None, None, new)
        order = np.argsort(distances, kind="stable")  # NaN last
        if not order.size or np.isnan(distances[order[0]]):
            return Assigned(name, -1, None, None, None, None)
        nearest, best = distances[order[0]], self.at[order[0]]
        further = distances[order[1:2]]
        group, comparison = self._judged(new, best, bool(nearest <= np.float32(self.groups.settings["threshold"])))
        return Assigned(
            clip=name,
            group=group,
            nearest=self.groups.ids[best],
            distance=float(nearest),
            margin=float(further[0] - nearest) if np.isfinite(further).any() else None,
            comparison=comparison,
        )

    def _judged(self, new: Compared, best: int, inside: bool) -> tuple[int, Any]:
        """The group, −1 for none, and the comparison with the nearest; a variant belongs where variants do."""
        group, old = int(self.groups.labels[best]), self.distance.known(best)
        comparison = self.distance.compare(new, old)
        if inside and group >= 0 and self._has_more(new, old):
            comparison = replace(comparison, relation="variant")
        if comparison.relation == "variant":
            inside = self.groups.settings.get("variants") == "together"
        return group if inside else -1, comparison

    def _has_more(self, new: Compared, old: Compared) -> bool:
        """Whether the new clip is the old one with a sound more: added, as a group has two clips or more without."""
        part = self.distance.columns(new, [old]).get("part")
        return part is not None and bool(part[0] == -1)


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

"""What a run found, gathered for everything that writes about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jackfield import Clip, Comparison, ConfigError, Distances, Groups, Member, Neighbours, Results, measured, members

Pairs = Distances | Neighbours

# What clips alone that nothing is near have to do with others.
UNRELATED = (None, "different")


@dataclass(frozen=True)
class Findings:
    """The parts of `Results` that outputs write about; None where the run has no such step.

    distances : what the grouping went by: all pairs, or the pairs that were compared
    evidence : the comparisons made because of the grouping
    """

    results: Results
    groups: Groups | None
    distances: Pairs | None
    evidence: Neighbours | None

    @classmethod
    def of(cls, results: Results) -> Findings:
        """Comparisons made after the grouping are its evidence; those before it, what it went by."""
        values = [results[step] for step in results]
        at = next((k for k, v in enumerate(values) if isinstance(v, Groups)), len(values))
        before = [v for v in values[:at] if isinstance(v, Neighbours)]
        after = [v for v in values[at:] if isinstance(v, Neighbours)]
        known = [v for v in values if isinstance(v, Distances)] + before + after
        return cls(
            results=results,
            groups=values[at] if at < len(values) else None,
            distances=known[0] if known else None,
            evidence=(after + before)[0] if after or before else None,
        )

    def need(self, output: str, **parts: object) -> None:
        """ConfigError that says what is missing if the run has none of the parts: `need("csv", clusterer=groups)`."""
        if all(part is None for part in parts.values()):
            kinds = " or ".join(f"a {kind}" for kind in parts)
            steps = ", ".join(self.results) or "none"
            raise ConfigError(f'output "{output}" needs {kinds} among the steps it reads', f"steps: {steps}")

    @cached_property
    def clips(self) -> dict[str, Clip]:
        """Clips that went through, by id."""
        return {clip.id: clip for clip in self.results.clips}

    @cached_property
    def members(self) -> dict[str, Member]:
        """One Member per grouped item, by id, in the order of the grouping."""
        return {} if self.groups is None else {m.id: m for m in members(self.groups, self.evidence)}

    def path(self, item: str) -> str:
        """Path of an item as the run was given it."""
        return self.clips[item].path if item in self.clips else item

    @property
    def ids(self) -> tuple[str, ...]:
        """Every item there is something to say about."""
        if self.groups is not None:
            return self.groups.ids
        return self.distances.ids if self.distances is not None else tuple(self.clips)

    def order(self) -> list[str]:
        """Items by group, the medoid first, then by distance; items alone last, in the order of the inputs."""
        if self.groups is None:
            return list(self.ids)
        inside = [self.ids[k] for number in range(self.groups.count) for k in self.groups.members(number)]
        return inside + [item for item, m in self.members.items() if m.group == -1]

    @cached_property
    def comparisons(self) -> dict[tuple[str, str], Comparison]:
        """The evidence by the ids of a and b, as they were compared, without what could not be measured."""
        if self.evidence is None:
            return {}
        ids = self.evidence.ids
        known = {(ids[a], ids[b]): measured(found) for (a, b), found in self.evidence.lookup().items()}
        return {pair: found for pair, found in known.items() if found is not None}

    def relation(self, a: str, b: str) -> str | None:
        """What a has to do with b: what the evidence says, if anything.

        The grouping is by what is heard, so that a clip and its medoid, and members that were compared, are at least
        "same", even if nothing is left of the waveform.
        """
        found, one, other = self.comparisons.get((a, b)), self.members.get(a), self.members.get(b)
        said = found.relation if found else None
        together = one is not None and other is not None and one.group == other.group >= 0
        alike = together and one is not None and (found is not None or one.medoid in (a, b))
        return "same" if alike and said in (None, "different") else said

    @cached_property
    def relates(self) -> bool:
        """Whether the evidence is of a kind that tells relations."""
        return self.evidence is not None and any(self.evidence.relations)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {item: k for k, item in enumerate(self.distances.ids)} if self.distances is not None else {}

    def distance(self, a: str, b: str) -> float | None:
        """What the grouping went by for one pair, else what the evidence says; None where it is not known."""
        i, j = self._positions.get(a), self._positions.get(b)
        if isinstance(self.distances, Distances) and i is not None and j is not None:
            value = self.distances.pair(i, j)
        else:
            found = self.comparisons.get((a, b)) or self.comparisons.get((b, a))
            value = found.distance if found else float("nan")
        return value if value == value else None

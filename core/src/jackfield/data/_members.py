"""A grouping, one row per item, with the evidence of the comparisons made for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ._groups import Groups
from ._pairs import Comparison, Neighbours


@dataclass(frozen=True)
class Member:
    """What a grouping says of one item.

    group : number, −1 = alone
    medoid : id of the group's medoid; None for an item alone
    distance : to the medoid; for an item alone, to its nearest
    relation : "medoid", "identical", "same" or "variant" in a group; alone, what the
        evidence says of the near miss, "different" where it says nothing; None where the distance
        is undefined, as that of silence is
    other : id of the item that `relation` and `evidence` are about; None where there is none
    other_group : group of `other`, −1 = alone too
    evidence : the comparison of this item with `other`, if one was made
    margin : how much further the nearest item outside the group is than the nearest inside; None where there is none
    """

    id: str
    group: int
    medoid: str | None
    distance: float | None
    relation: str | None
    other: str | None
    other_group: int
    evidence: Comparison | None
    margin: float | None


def members(groups: Groups, evidence: Neighbours | None = None) -> tuple[Member, ...]:
    """One Member per item, in the order of the grouping.

    groups : the grouping
    evidence : comparisons of `groups.candidates()`, as a distance with `from = [items, groups]` makes them
    """
    known = evidence.lookup() if evidence is not None else {}
    where = {item: k for k, item in enumerate(evidence.ids)} if evidence is not None else {}
    targets = dict(zip(*groups.candidates(), strict=True))

    def comparison(a: int, b: int) -> Comparison | None:
        pair = where.get(groups.ids[a]), where.get(groups.ids[b])
        return measured(known.get(pair))  # type: ignore[arg-type]

    def one(k: int) -> Member:
        group, medoid = int(groups.labels[k]), int(groups.medoid[k])
        distance, margin = _number(groups.distance[k]), _number(groups.margin[k])
        other = medoid if group >= 0 else targets.get(k, int(groups.nearest[k]))
        found = comparison(k, other) if other not in (-1, k) else None
        if medoid == k:
            return Member(groups.ids[k], group, groups.ids[k], 0.0, "medoid", None, -1, None, margin)
        relation = found.relation if found else None
        if group >= 0 and relation in (None, "different"):
            # The grouping is by what is heard: a codec may leave nothing of the waveform, and members are the same.
            relation = "same"
        elif relation is None and (_number(found.distance) if found else distance) is not None:
            relation = "different"
        return Member(
            id=groups.ids[k],
            group=group,
            medoid=groups.ids[medoid] if group >= 0 else None,
            distance=distance,
            relation=relation,
            other=groups.ids[other] if other >= 0 else None,
            other_group=int(groups.labels[other]) if other >= 0 else -1,
            evidence=found,
            margin=margin,
        )

    return tuple(one(k) for k in range(len(groups.ids)))


def measured(found: Comparison | None) -> Comparison | None:
    """A comparison without what it could not measure.

    Clips whose waveforms have nothing in common have no offset either; where the waveforms cannot tell, as after some
    codecs, the lag still holds, but level and polarity do not.
    """
    if found is None or found.relation == "different":
        return None if found is None else Comparison(found.distance, relation="different")
    return replace(found, gain_db=None, polarity=None) if found.relation is None else found


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return number if number == number else None

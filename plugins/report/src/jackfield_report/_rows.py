"""Rows of the report's tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from jackfield import Comparison, printable

from ._findings import UNRELATED, Findings
from ._words import extent, gain, inside, offset

WIDTH = 180  # units of a timeline


@dataclass(frozen=True)
class Row:
    """One clip, and what it has to do with another.

    anchor : id of the row, None where the clip has its row elsewhere
    note : what else there is to say of the relation
    bars : (x, width, class) of the timeline: the other clip, this one, what differs
    shift : seconds by which this clip's material starts later than the other's
    """

    item: str
    name: str
    href: str
    anchor: str | None
    relation: str
    distance: float | None
    note: str = ""
    other: str | None = None
    other_name: str = ""
    other_group: int = -1
    offset: str = ""
    samples: float | None = None
    gain: str = ""
    inverted: bool = False
    shift: float = 0.0
    differs: tuple[tuple[float, float], ...] = ()
    bars: tuple[tuple[float, float, str], ...] = ()

    @property
    def folder(self) -> str:
        """The part of the name before the file's own."""
        return self.name[: len(self.name) - len(self.base)]

    @property
    def base(self) -> str:
        """The file's own name."""
        return self.name.rpartition("/")[2]


def href(path: str, folder: Path) -> str:
    """A link from a page in `folder` to a file, byte for byte; relative where that is possible.

    >>> href("/music/javascript:1 #1.wav", Path("/music/run"))
    '../javascript%3A1%20%231.wav'
    """
    whole = os.path.abspath(path)
    try:
        relative = os.path.relpath(whole, folder.absolute())
    except ValueError:  # another drive
        return Path(whole).as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")))


class Rows:
    """Rows by section; a clip has one row with an anchor."""

    def __init__(self, found: Findings, folder: Path) -> None:
        self.found = found
        ids = list(dict.fromkeys((*found.ids, *found.clips)))
        paths = [found.path(item) for item in ids]
        self.names = dict(zip(ids, (printable(name) for name in inside(paths)), strict=True))
        self.hrefs = {item: href(path, folder) for item, path in zip(ids, paths, strict=True)}
        self.anchors = {item: f"c{k}" for k, item in enumerate(ids)}

    def groups(self) -> list[tuple[int, str, list[Row]]]:
        """(number, how it lies, rows) of each group, the medoid first."""
        groups = self.found.groups
        if groups is None:
            return []
        members = self.found.members
        return [
            (
                g,
                extent(*groups.shape(g)),
                [self.row(groups.ids[k], members[groups.ids[k]].evidence) for k in groups.members(g)],
            )
            for g in range(groups.count)
        ]

    def near(self) -> list[Row]:
        """Clips alone that have to do with something, then medoids that nearly were of another's group."""
        found = self.found
        alone = [m for m in found.members.values() if m.group < 0]
        rows = [self.row(m.id, m.evidence) for m in alone if m.relation not in UNRELATED]
        if (groups := found.groups) is None:
            return rows
        for a, b in zip(*groups.candidates(), strict=True):
            if groups.labels[a] >= 0 and groups.labels[a] != groups.labels[b]:
                rows.append(self.between(groups.ids[a], groups.ids[b]))
        return [row for row in rows if row.relation != "different"]

    def alone(self) -> list[Row]:
        """Clips with nothing near; every clip where nothing was grouped."""
        if self.found.groups is None:
            return [self.row(item, None) for item in self.found.ids]
        alone = [m for m in self.found.members.values() if m.group < 0]
        return [self.row(m.id, None) for m in alone if m.relation in UNRELATED]

    def between(self, a: str, b: str) -> Row:
        """Two medoids that are near each other."""
        e = self.found.comparisons.get((a, b))
        distance = self.found.distance(a, b)
        return self.make(a, None, self.found.relation(a, b) or "near", distance, b, e)

    def row(self, item: str, evidence: Comparison | None) -> Row:
        """The row of a clip's own."""
        m = self.found.members.get(item)
        if m is None:
            return self.make(item, self.anchors[item], "", None, None, None)
        distance = None if m.relation == "medoid" else m.distance
        row = self.make(item, self.anchors[item], m.relation or "", distance, m.other, evidence)
        differ = evidence is not None and evidence.relation in (None, "different") and self.found.relates
        return replace(row, note="heard alike, waveforms differ") if m.group >= 0 and differ else row

    def make(
        self,
        item: str,
        anchor: str | None,
        relation: str,
        distance: float | None,
        other: str | None,
        e: Comparison | None,
    ) -> Row:
        """A row from its parts."""
        e = e or Comparison(float("nan"))
        return Row(
            item=item,
            name=self.names[item],
            href=self.hrefs[item],
            anchor=anchor,
            relation=relation,
            distance=distance,
            other=self.anchors[other] if other else None,
            other_name=self.names[other] if other else "",
            other_group=self.found.members[other].group if other in self.found.members else -1,
            offset=offset(e.offset_s),
            samples=e.offset_samples,
            gain=gain(e.gain_db),
            inverted=e.polarity == -1,
            shift=e.offset_s or 0.0,
            differs=e.differs,
            bars=timeline(self._seconds(item), self._seconds(other), e),
        )

    def _seconds(self, item: str | None) -> float:
        clip = self.found.clips.get(item or "")
        return (clip.seconds if clip else None) or 0.0


def timeline(own: float, other: float, e: Comparison) -> tuple[tuple[float, float, str], ...]:
    """Bars on a common clock: where the other clip lies, where this one, and where they differ.

    >>> timeline(2.0, 2.0, Comparison(0.1, offset_s=0.5, differs=((1.0, 1.5),)))
    ((36.0, 144.0, 'other'), (0.0, 144.0, 'own'), (72.0, 36.0, 'differs'))
    """
    if e.offset_s is None or not own or not other:
        return ()
    start, stop = min(0.0, e.offset_s), max(own, e.offset_s + other)
    unit = WIDTH / (stop - start)
    bars = [(e.offset_s, other, "other"), (0.0, own, "own"), *((a, b - a, "differs") for a, b in e.differs)]
    return tuple((round((at - start) * unit, 1), round(max(length * unit, 1.5), 1), kind) for at, length, kind in bars)

"""Audacity label tracks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jackfield import Member, OutputError, file_stems, printable, write_file

from ._findings import Findings
from ._words import describe

Label = tuple[float, float, str]


def write_tracks(found: Findings, folder: Path) -> tuple[str, ...]:
    """One file per clip that has labels; paths relative to `folder`."""
    tracks = {item: sorted(labels(found, member)) for item, member in found.members.items()}
    paths = [found.path(item) for item in tracks]
    names = map(file_stems(paths).__getitem__, paths)
    written = []
    for name, track in zip(names, tracks.values(), strict=True):
        if track:
            written.append(f"labels/{name}.txt")
            write_file(folder / written[-1], b"".join(map(line, track)))
    _remove_others(folder, set(written))
    return tuple(written)


def labels(found: Findings, member: Member) -> Iterator[Label]:
    """What there is to mark in one clip, on its own clock."""
    evidence = member.evidence
    other = os.path.basename(found.path(member.other)) if member.other else ""
    if member.medoid is not None:
        assert found.groups is not None
        start, stop = 0.0, _seconds(found, member.id)
        if member.medoid == member.id:
            count = int((found.groups.labels == member.group).sum())
            text = f"group {member.group}: medoid of {count} clips"
        else:
            text = f"group {member.group}: {describe(member.relation, evidence)}, against {other}"
            shift = evidence.offset_s if evidence and evidence.offset_s else 0.0
            start, stop = max(start, shift), min(stop, shift + _seconds(found, member.medoid))
        yield start, max(start, stop), text
    for start, stop in evidence.differs if evidence else ():
        yield start, stop, f"differs from {other}"


def line(label: Label) -> bytes:
    """One line of a label track.

    >>> line((1.37, 1.55, "differs from kick.wav"))
    b'1.370000\\t1.550000\\tdiffers from kick.wav\\n'
    """
    start, stop, text = label
    return f"{start:.6f}\t{stop:.6f}\t{printable(text)}\n".encode()


def _seconds(found: Findings, item: str) -> float:
    clip = found.clips.get(item)
    return (clip.seconds if clip else None) or 0.0


def _remove_others(folder: Path, kept: set[str]) -> None:
    """A track left over from an earlier run would tell what is no longer so."""
    for path in sorted(folder.glob("labels/**/*.txt")):
        if path.relative_to(folder).as_posix() not in kept:
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(f"could not remove the old {path}", error.strerror or str(error)) from error

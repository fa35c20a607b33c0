"""Runs and plans as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from ..api.exporting import lines, rows
from ..data import Candidates, Failure, Groups, Member, Results, members, printable
from ..running import Forecast, ShardNote, own_note
from .options import print_json, say


def finish(results: Results, as_json: bool, quiet: bool) -> int:
    """Print what came out; returns the exit code."""
    groups = results.of(Groups)
    found = members(groups, results.evidence) if groups is not None else ()
    if as_json:
        print_json(_data(results, groups, found))
    elif groups is not None:
        _print_groups(groups, found, quiet)
    return _closing(results, quiet)


def _closing(results: Results, quiet: bool) -> int:
    candidates = results.of(Candidates)
    for note in (candidates.settings or {}).get("notes", ()) if candidates is not None else ():
        say(f"note: {note}", quiet)
    _print_warnings(results.warnings or {}, quiet)
    _print_failures(results.errors, quiet)
    _print_places(results, quiet)
    return results.exit_code


# More clips than this with one and the same fault or warning are counted, not listed; errors.csv lists all faults.
ALIKE = 3


def _print_failures(failures: tuple[Failure, ...], quiet: bool) -> None:
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in failures:
        # Readers begin with the path themselves.
        cause = failure.cause.replace(failure.path, "").lstrip(": ")
        alike.setdefault((cause, failure.evidence, failure.remedy), []).append(failure)
    for (cause, evidence, remedy), same in alike.items():
        more = f"{': ' + evidence if evidence else ''}{'; ' + remedy if remedy else ''}"
        for failure in same[: ALIKE if len(same) > ALIKE else None]:
            say(f"failed: {failure.path}: {cause}{more}", quiet)
        if len(same) > ALIKE:
            say(f"failed: {counted(len(same) - ALIKE, 'clip')} more in the same way", quiet)


def _print_warnings(warnings: Mapping[str, tuple[str, ...]], quiet: bool) -> None:
    """One line per clip, unless many clips have the same to say."""
    clips: dict[str, list[str]] = {}
    for path, notes in warnings.items():
        for note in notes:
            clips.setdefault(note, []).append(path)
    for note, paths in clips.items():
        shown = paths[:ALIKE]
        for path in shown:
            say(f"warning: {path}: {note}", quiet)
        if more := len(paths) - len(shown):
            say(f"warning: {counted(more, 'clip')} more in the same way", quiet)


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "clip"), counted(2, "clip")
    ('1 clip', '2 clips')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def finish_features(results: Results, as_json: bool, quiet: bool) -> int:
    """Print the rows of the last step's Features; returns the exit code."""
    items = results[[*results][-1]]
    if as_json:
        print_json(list(rows(items)))
    else:
        for line in lines(items):
            click.echo(line, nl=False)
    return _closing(results, quiet)


def _data(results: Results, groups: Groups | None, rows: tuple[Member, ...]) -> dict[str, Any]:
    artifacts = [p for a in (results.artifacts or {}).values() for p in a.paths]
    data: dict[str, Any] = {
        "folder": str(results.folder),
        "clips": len(results.clips),
        "computed": results.computed,
        "artifacts": artifacts,
        "errors": [asdict(f) for f in results.errors],
    }
    if groups is not None:
        data |= {"settings": groups.settings, "members": [asdict(m) for m in rows]}
    return data


# What clips alone that nothing is near have to do with others.
UNRELATED = (None, "different")


def _print_groups(groups: Groups, rows: tuple[Member, ...], quiet: bool) -> None:
    def line(text: str) -> None:
        click.echo(printable(text))

    by_id = {m.id: m for m in rows}
    for number in range(groups.count):
        inside = [by_id[groups.ids[k]] for k in groups.members(number)]
        line(f"group {number}: {counted(len(inside), 'clip')}, medoid {inside[0].id}{extent(*groups.shape(number))}")
        for m in inside[1:]:
            line(f"  {m.id}  {describe(m)}")
    near = [m for m in rows if m.group == -1 and m.relation not in UNRELATED]
    alone = [m for m in rows if m.group == -1 and m.relation in UNRELATED]
    if near:
        line(f"near misses: {counted(len(near), 'clip')}")
    for m in near:
        line(f"  {m.id}  {describe(m, groups.settings.get('threshold') or 0.0)}")
    if alone:
        line(f"alone: {counted(len(alone), 'clip')}")
    for m in alone:
        line(f"  {m.id}")
    if text := thresholds(groups.settings):
        say(text, quiet)
    for note in groups.settings.get("notes", ()):
        say(f"note: {note}", quiet)


def thresholds(settings: Mapping[str, Any]) -> str:
    """The threshold, and which others would do, as far as a clusterer says so; nothing where it does not.

    >>> thresholds({"threshold": 0.21, "suggested_threshold": 0.2343, "stable_between": (0.1912, 0.2539)})
    'threshold 0.21; the gap between near and far suggests 0.234; the same groups from 0.191 to 0.254'
    >>> thresholds({"threshold": 0.21, "suggested_threshold": None, "stable_between": [0.0, None]})
    'threshold 0.21; the same groups at any'
    """
    suggested, (low, high) = settings.get("suggested_threshold"), settings.get("stable_between") or (None, None)
    if settings.get("threshold") is None or (suggested is None and low is None):
        return ""
    parts = [f"threshold {settings['threshold']:.3g}"]
    if suggested is not None:
        parts.append(f"the gap between near and far suggests {suggested:.3g}")
    if low is not None and high is not None:
        parts.append(f"the same groups from {low:.3g} to {high:.3g}")
    elif low is not None:
        parts.append(f"the same groups from {low:.3g} on" if low else "the same groups at any")
    return "; ".join(parts)


def extent(diameter: float | None, nearest: int, distance: float | None) -> str:
    """How large a group is and how far from the next, as far as that is known.

    >>> extent(0.12, 3, 0.35), extent(0.12, -1, None), extent(None, -1, None)
    (', diameter 0.120, 0.350 from group 3', ', diameter 0.120', '')
    """
    known = "" if diameter is None else f", diameter {diameter:.3f}"
    return known if distance is None else f"{known}, {distance:.3f} from group {nearest}"


def describe(m: Member, threshold: float = 0.0) -> str:
    """One member's evidence: relation, distance, offset, gain, what differs; of a near miss, why it is none."""
    parts = [m.relation or ""]
    if m.group == -1 and m.other:
        word = {"variant": "variant of", "identical": "identical to"}.get(m.relation or "", f"{m.relation} as")
        parts = [f"{word} {m.other}" + (f" (group {m.other_group})" if m.other_group >= 0 else "")]
        if m.relation in ("identical", "same"):
            inside = m.distance is not None and m.distance <= threshold
            parts.append("though apart from its group" if inside else "though beyond the threshold")
    if m.distance is not None:
        parts.append(f"distance {m.distance:.3f}")
    e = m.evidence
    if e is not None and e.offset_samples is not None and e.offset_s is not None:
        parts.append(f"offset {signed(e.offset_samples)} samples ({signed(1000 * e.offset_s)} ms)")
    if e is not None and e.gain_db is not None:
        parts.append(f"gain {signed(e.gain_db)} dB")
    if e is not None and e.polarity == -1:
        parts.append("polarity inverted")
    if e is not None and e.differs:
        parts.append("differs " + ", ".join(f"{a:.2f}–{b:.2f} s" for a, b in e.differs))
    return ", ".join(parts)


def signed(value: float) -> str:
    """One decimal and a sign; nothing is "-0.0".

    >>> signed(-0.01), signed(2.25)
    ('+0.0', '+2.2')
    """
    return f"{round(value, 1) + 0.0:+.1f}"


def _print_places(results: Results, quiet: bool) -> None:
    note = own_note(results.folder)
    if note is not None:
        say(_shard(note), quiet)
    read, work = counted(len(results.clips), "clip"), counted(results.computed, "work item")
    say(f"{read} read, {len(results.errors)} failed, {work} computed", quiet)
    if results.errors:
        say(f"errors: {results.folder / 'errors.csv'}", quiet)
    for artifact in (results.artifacts or {}).values():
        if artifact.media_type == "text/html":
            say(f"report: {results.folder / artifact.paths[0]}", quiet)
    say(f"run folder: {results.folder}", quiet)


def _shard(note: ShardNote) -> str:
    """What a shard did, and why it compared nothing."""
    text = f"shard {note.shard[0]}/{note.shard[1]}: {note.clips} of {counted(note.total, 'clip')}"
    names = ", ".join(note.pairs)
    if names and note.missing:
        return (
            f"{text}; no pairs compared ({names}): {counted(note.missing, 'clip')} of other shards not in this folder"
        )
    return f"{text}; its share of the pairs is compared ({names})" if names else text


def forecast_data(f: Forecast) -> dict[str, Any]:
    """A forecast as JSON data."""
    shapes = {p.step: (p.spec.shape if p.spec else None) for p in f.predictions}
    return {
        "clips": f.clips,
        "bytes_in": f.bytes_in,
        "steps": [
            {"id": s.id, "use": s.use, "kind": s.kind, "from": s.inputs, "gives": s.result.__name__, "auto": s.auto}
            for s in f.plan.steps
        ],
        "warnings": {s.id: s.caution for s in f.plan.steps if s.caution},
        "shapes": shapes,
        "frames": {p.step: p.spec.frames.count for p in f.predictions if p.spec and p.spec.frames},
        "pairs": f.pairs,
        "bytes_out": f.bytes_out,
        "ram": f.ram,
        "seconds": f.seconds,
        "faults": [text for text in (*(p.fault for p in f.predictions), f.fault) if text],
    }


def print_forecast(f: Forecast) -> None:
    """A plan as people read it."""
    click.echo(f"{f.clips} clips, {size(f.bytes_in)}")
    specs = {p.step: p for p in f.predictions}
    for step in f.plan.steps:
        mark = " (put in: the next step takes one channel)" if step.auto else ""
        shape = ""
        if step.id in specs:
            p = specs[step.id]
            frames = f", {p.spec.frames.count} frames" if p.spec and p.spec.frames else ""
            unknown = "" if step.kind == "output" else ", shape unknown"
            shape = f", shape {p.spec.shape}{frames} for the first clip probed" if p.spec else unknown
            shape += f", would fail: {p.fault}" if p.fault else ""
        pairs = f", {f.pairs[step.id]:,} pairs" if step.id in f.pairs else ""
        sources = " + ".join(step.inputs) or "nothing"
        click.echo(f"  {step.id}: {step.kind} {step.use}, {sources} → {step.result.__name__}{pairs}{shape}{mark}")
        if step.caution:
            click.echo(f"    warning: {step.caution}")
    if f.seconds is not None and f.ram is not None and f.bytes_out is not None:
        click.echo(
            f"about {f.seconds:.1f} s on one process, {size(f.ram)} of memory, {size(f.bytes_out)} in the run folder"
        )
        click.echo(f"(forecast from {f.probed} clips)")
    else:
        why = "every clip probed failed" if f.fault else "no clip was probed"
        click.echo(f"time, memory and size: unknown ({why})")
        if f.fault:
            click.echo(f"  {f.fault}")


def size(count: int) -> str:
    """Bytes for people.

    >>> size(3 << 20)
    '3.0 MiB'
    """
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.1f} {units[0]}" if units[0] != "B" else f"{count} B"

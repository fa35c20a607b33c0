"""`jackfield assign RUN CLIP…`, and the function of the same name."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from jackfield import (
    Comparison,
    ConfigError,
    Groups,
    JackfieldError,
    Signal,
    as_signal,
    get,
    open_results,
    output_options,
    plugin_options,
    print_json,
    printable,
    say,
)


@dataclass(frozen=True)
class Assigned:
    """Where a new clip belongs among existing groups.

    group : number of the group, −1: none
    nearest : path of the nearest medoid or clip alone; None where every comparison is undefined
    distance : to it
    margin : how much further the next one is, None if there is none
    comparison : with the nearest
    error : why the clip cannot be compared at all, as a broken file
    """

    clip: str
    group: int
    nearest: str | None
    distance: float | None
    margin: float | None
    comparison: Comparison | None
    error: JackfieldError | None = None


def assign(run: str | os.PathLike[str], clips: Sequence[Any], *, rate: float | None = None) -> tuple[Assigned, ...]:
    """The groups of a finished run that new clips belong to; the run is not changed, and nothing of it computed again.

    run : folder of a run
    clips : paths, Signals, or arrays at `rate`

    Each is compared, by the run's own distance, with the medoids of the groups and with the clips alone, and belongs to
    the group of the nearest if that is within the run's threshold, and no variant where the run keeps those apart. A
    clip that is near one alone gets no group: run again with both, which computes only what is new. A clip that cannot
    be used says why in `error`, and the others go on.

    Raises ConfigError where the folder holds no run, or one whose groups are not made from a distance of Signals.
    """
    folder = Path(run)
    results = open_results(folder)
    lock = json.loads((folder / "run.lock.json").read_text(encoding="utf-8"))
    groups, distance = results.of(Groups), _distance(folder, lock)
    heads = [k for k in range(len(groups.ids)) if groups.medoid[k] in (-1, k)]
    sketch = getattr(distance, "sketch", None)
    known = [sketch(as_signal(Path(lock["base"]) / groups.ids[k])) for k in heads]

    def one(clip: Any) -> Assigned:
        name = clip.history[-1] if isinstance(clip, Signal) and clip.history else str(clip)
        try:
            new = sketch(as_signal(clip, rate=rate))
        except JackfieldError as error:
            return Assigned(name, -1, None, None, None, None, error)
        return _assigned(name, new, distance, groups, heads, known)

    return tuple(one(clip) for clip in clips)


def _distance(folder: Path, lock: dict[str, Any]) -> Any:
    steps = {step["id"]: step for step in lock["steps"]}
    for step in steps.values():
        source = steps.get(step["from"][0]) if step["from"] else None
        if source is not None and step["use"].endswith(":threshold"):
            found = get(source["use"], **source["with"])
            if source["from"] == ["inputs"] and hasattr(found, "sketch"):
                return found
    raise ConfigError(
        f"{folder} cannot take new clips", "it has no threshold on a distance of the clips themselves", "run it again"
    )


def _assigned(name: str, new: Any, distance: Any, groups: Groups, heads: list[int], known: list[Any]) -> Assigned:
    found = [distance.compare(new, old) for old in known]
    order = sorted((c.distance, k) for k, c in enumerate(found) if c.distance == c.distance)
    if not order:
        return Assigned(name, -1, None, None, None, None)
    nearest, best = order[0]
    group, comparison = int(groups.labels[heads[best]]), found[best]
    inside = nearest <= groups.settings["threshold"]
    if inside and group >= 0 and _has_more(distance, new, known[best]):
        comparison = replace(comparison, relation="variant")
    if comparison.relation == "variant":
        inside = groups.settings.get("variants") == "together"
    return Assigned(
        clip=name,
        group=group if inside else -1,
        nearest=groups.ids[heads[best]],
        distance=nearest,
        margin=order[1][0] - nearest if len(order) > 1 else None,
        comparison=comparison,
    )


def _has_more(distance: Any, new: Any, old: Any) -> bool:
    """Whether the new clip is the old one with a sound more: added, since a group has two clips or more without."""
    import numpy as np

    if not hasattr(distance, "pairs"):
        return False
    columns = distance.pairs([new, old], np.array([0]), np.array([1]))
    return bool("part" in columns and columns["part"][0] == -1)


@click.command("assign")
@click.argument("run", type=click.Path())
@click.argument("clips", nargs=-1, required=True, type=click.Path())
@output_options
@plugin_options
def command(run: str, clips: tuple[str, ...], as_json: bool, quiet: bool, **_: Any) -> int:
    """Say which groups of a finished RUN new CLIPS belong to, by comparing them with its medoids alone.

    A clip that cannot be used fails by itself; the exit code is then 5.
    """
    found = assign(run, clips)
    code = 5 if any(one.error for one in found) else 0
    if as_json:
        print_json([asdict(one) for one in found])
        return code
    for one in found:
        if one.error is not None:
            say(f"failed: {one.error}", quiet)
            continue
        if one.comparison is None or one.distance is None:
            click.echo(printable(f"{one.clip}: no group; nothing to compare (silence?)"))
            continue
        where = f"group {one.group}" if one.group >= 0 else "no group"
        against = f"{one.comparison.relation} against {one.nearest}, distance {one.distance:.3f}"
        click.echo(printable(f"{one.clip}: {where}; {against}"))
        if one.comparison.differs:
            click.echo(f"  differs: {one.comparison.summary()['differs']}")
    return code

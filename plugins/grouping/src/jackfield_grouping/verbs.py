"""`jackfield assign RUN CLIP…`, and the function of the same name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click

from jackfield import (
    Comparison,
    JackfieldError,
    open_results,
    output_options,
    plugin_options,
    print_json,
    printable,
    say,
)

# New clips that are held at once; for every batch what is compared of the run's clips is read once.
BATCH = 64


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

    Each is compared, by the run's own steps and distance, with the medoids of the groups and with the clips alone, and
    belongs to the group of the nearest if that is within the run's threshold, and no variant where the run keeps those
    apart. If the run brings them together, the variants in a group are compared too, and a clip that is nowhere within
    the threshold belongs to the group of the nearest that it is a variant of. What is compared of the run's clips is in
    its folder: the clips themselves may be gone. A clip that is near one alone gets no group: run again with both,
    which computes only what is new. A clip that cannot be used says why in `error`, and the others go on.

    The distance may be of Signals or of features, and compare all pairs or those that a proposer named. Raises
    ConfigError where the folder holds no run, where its groups have no threshold (`hdbscan`, or a number of groups), or
    where it was made by other versions of plugins.
    """
    from ._assign import Heads

    heads = Heads.of(open_results(run))
    return tuple(one for k in range(0, len(clips), BATCH) for one in heads.assigned(clips[k : k + BATCH], rate))


@click.command("assign")
@click.argument("run", type=click.Path())
@click.argument("clips", nargs=-1, required=True, type=click.Path())
@output_options
@plugin_options
def command(run: str, clips: tuple[str, ...], as_json: bool, quiet: bool, **_: Any) -> int:
    """Say which groups of a finished RUN new CLIPS belong to, by comparing them with its medoids, and with clips alone.

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
        relation = f"{one.comparison.relation} against" if one.comparison.relation else "nearest is"
        click.echo(printable(f"{one.clip}: {where}; {relation} {one.nearest}, distance {one.distance:.3f}"))
        if one.comparison.differs:
            click.echo(f"  differs: {one.comparison.summary()['differs']}")
    return code

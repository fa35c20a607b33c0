"""`jackfield merge`."""

from __future__ import annotations

from typing import Any

import click

from ..api.merging import left_out, merge
from .options import Bar, output_options, plugin_options, say, shard_option


@click.command("merge")
@click.argument("folders", nargs=-1, type=click.Path(), metavar="FOLDER...")
@click.option("-o", "--output", type=click.Path(), metavar="RUN", help="Run folder; default jackfield-runs/…")
@click.option("--inputs", multiple=True, type=click.Path(), metavar="PATH", help="Where the clips lie now.")
@click.option("-j", "--jobs", type=int, help="Worker processes; 0 = all processors, 1 = none beside this one.")
@shard_option
@click.option("--force", is_flag=True, help="Go on in a folder of another config.")
@output_options
@plugin_options
def command(
    folders: tuple[str, ...], inputs: tuple[str, ...], as_json: bool, quiet: bool, verbose: int, **o: Any
) -> int:
    """Put the FOLDERs of runs made with --shard together and finish: compute what is missing, write all tables.

    With --shard i/n as well, every machine unites all shards and compares its share of the pairs; another merge of
    those folders then finishes.
    """
    from ._printing import finish

    if absent := left_out(folders):
        say(f"not among these: {', '.join(absent)}; what is missing is computed here", quiet)
    with Bar(quiet) as bar:
        results = merge(folders, inputs=inputs or None, progress=bar, **o)
    return finish(results, as_json, quiet)


__all__ = ["command", "merge"]

"""`jackfield group`."""

from __future__ import annotations

from typing import Any

import click

from ..api.runs import Variants, group
from .options import EXACT, Bar, names, output_options, plugin_options, run_options


@click.command("group")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--preset",
    default="near-duplicates@1",
    show_default=True,
    help="Run config to use.",
    shell_complete=names("preset"),
)
@click.option(
    "--variants",
    type=click.Choice(["apart", "together"]),
    help="Clips with a part added or missing: by themselves (default), or with what they vary.",
)
@click.option("--exact", is_flag=True, help=EXACT)
@run_options
@output_options
@plugin_options
def command(
    paths: tuple[str, ...],
    preset: str,
    variants: Variants | None,
    exact: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
    **o: Any,
) -> int:
    """Group clips that are almost the same, though shifted, louder, noisier or coded.

    PATHS are folders, files or globs; a folder is searched for sound, and only if it holds none for tables and arrays.
    Prints each group with its medoid and, per member, how it relates to it; the run folder gets groups.csv, pairs.csv,
    labels, a heat map and a report. The same command again computes only what is missing.
    """
    if dry_run:
        from ..api.runs import group_config
        from .plan import show

        config = group_config(paths, preset, variants, exact, o["overrides"])
        return show(config, (), o["seed"], as_json)
    from ._printing import finish

    with Bar(quiet) as bar:
        results = group(list(paths), preset=preset, variants=variants, exact=exact, progress=bar, **o)
    return finish(results, as_json, quiet)


__all__ = ["command", "group"]

"""`jackfield export`."""

from __future__ import annotations

from typing import Any

import click

from ..api.exporting import export
from .options import output_options, plugin_options, print_json, say


@click.command("export")
@click.argument("run", type=click.Path())
@click.option("--to", required=True, type=click.Path(), metavar="FILE", help="File to write: .csv, .json or .npz.")
@click.option("--step", metavar="ID", help="Step whose result to write; can be left out where there is one.")
@click.option("--force", is_flag=True, help="Overwrite.")
@output_options
@plugin_options
def command(run: str, to: str, step: str | None, force: bool, as_json: bool, quiet: bool, **_: Any) -> int:
    """Write the result of one step of the finished run in folder RUN: features, pairs or groups."""
    path = export(run, to, step=step, force=force)
    if as_json:
        print_json({"path": str(path)})
    else:
        say(f"written: {path}", quiet)
    return 0


__all__ = ["command", "export"]

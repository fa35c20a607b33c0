"""`jackfield report`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..api.reporting import report
from .options import names, output_options, parameter, plugin_options, print_json


@click.command("report")
@click.argument("run", type=click.Path())
@click.option("--use", default="report", show_default=True, help="Output to write.", shell_complete=names("output"))
@click.option("--with", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter of the output.")
@click.option("--force", is_flag=True, help="Overwrite changed files; go on without clips that are gone.")
@output_options
@plugin_options
def command(run: str, use: str, parameters: tuple[str, ...], force: bool, as_json: bool, **_: Any) -> int:
    """Write the report of the finished run in folder RUN anew, or with --use another of its outputs.

    Prints the files that were written. Nothing is computed but what the output itself draws.
    """
    given = dict(parameter(text) for text in parameters)
    artifact = report(run, use=use, with_=given, force=force)
    paths = [str(Path(run, path)) for path in artifact.paths]
    if as_json:
        print_json({"use": use, "paths": paths, "media_type": artifact.media_type})
    else:
        for path in paths:
            click.echo(path)
    return 0


__all__ = ["command", "report"]

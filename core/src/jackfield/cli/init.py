"""`jackfield init`."""

from __future__ import annotations

import click

from ..api.runs import init
from ..errors import ConfigError
from .options import plugin_options


@click.command("init")
@click.option("--preset", metavar="NAME", help="Print this preset instead of the commented template.")
@click.option("--inputs", default="clips", show_default=True, help="Folder, file or glob to put in.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write a file instead of printing.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@plugin_options
def command(preset: str | None, inputs: str, output: str | None, force: bool) -> int:
    """Print a run config to start from."""
    text = init(preset, inputs=inputs)
    if output is None:
        click.echo(text, nl=False)
        return 0
    from pathlib import Path

    if Path(output).exists() and not force:
        raise ConfigError(f"{output} exists", remedy="--force overwrites it")
    Path(output).write_text(text, encoding="utf-8")
    return 0


__all__ = ["command", "init"]

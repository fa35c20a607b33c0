"""`jackfield verify`."""

from __future__ import annotations

from typing import Any

import click

from ..api.lock import verify
from .options import output_options, plugin_options, print_json, say


@click.command("verify")
@click.argument("lock", type=click.Path())
@output_options
@plugin_options
def command(lock: str, as_json: bool, quiet: bool, **_: Any) -> int:
    """Check whether inputs, plugins and results are still those of a run (LOCK: run.lock.json or its folder).

    Exit code 0 where nothing has changed, 5 where something has.
    """
    lines = verify(lock)
    if as_json:
        print_json(list(lines))
    else:
        for line in lines:
            click.echo(line)
    say("nothing has changed" if not lines else f"differences: {len(lines)}", quiet)
    return 5 if lines else 0


__all__ = ["command", "verify"]

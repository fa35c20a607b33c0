"""`jackfield run`."""

from __future__ import annotations

from typing import Any

import click

from ..api.runs import run
from .options import Bar, exact_option, output_options, plugin_options, run_options


@click.command("run")
@click.argument("config", type=click.Path())
@exact_option
@run_options
@output_options
@plugin_options
def command(config: str, dry_run: bool, as_json: bool, quiet: bool, verbose: int, **o: Any) -> int:
    """Carry out the run config CONFIG (a TOML file; `jackfield init` prints one to start from)."""
    if dry_run:
        from .plan import show

        return show(config, o["overrides"], o["seed"], as_json)
    from ._printing import finish

    with Bar(quiet) as bar:
        results = run(config, progress=bar, **o)
    return finish(results, as_json, quiet)


__all__ = ["command", "run"]

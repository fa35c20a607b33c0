"""`jackfield inspect`."""

from __future__ import annotations

from typing import Any

import click

from ..api.files import inspect
from .options import output_options, plugin_options, print_json, say


@click.command("inspect")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@output_options
@plugin_options
def command(paths: tuple[str, ...], as_json: bool, quiet: bool, **_: Any) -> int:
    """Show what the header and the samples of files say."""
    found = inspect(list(paths))
    if as_json:
        print_json([{"path": i.path, **i.facts, "error": str(i.error) if i.error else None} for i in found])
    else:
        for item in found:
            click.echo(item.path)
            for name, value in item.facts.items():
                for text in value if isinstance(value, tuple) else (value,):
                    click.echo(f"  {name}: {text}")
    for item in found:
        if item.error is not None:
            say(f"failed: {item.error}", quiet)
    return 5 if any(i.error for i in found) else 0


__all__ = ["command", "inspect"]

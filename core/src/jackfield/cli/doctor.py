"""`jackfield doctor`."""

from __future__ import annotations

from typing import Any

import click

from ..api.installed import doctor
from .options import output_options, plugin_options, print_json


@click.command("doctor")
@output_options
@plugin_options
def command(as_json: bool, **_: Any) -> int:
    """Show versions, plugins and their faults; exit 3 if a plugin, or a library they share, is faulty."""
    facts = doctor()
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            if isinstance(value, dict):
                click.echo(f"{name}:")
                for key, entry in value.items():
                    click.echo(f"  {key}: {'; '.join(entry) if isinstance(entry, list) else entry}")
            else:
                click.echo(f"{name}: {value}")
    faulty = any(isinstance(v, list) for v in facts["plugins"].values())
    return 3 if faulty or any(name.endswith(" fault") for name in facts.get("shared", ())) else 0


__all__ = ["command", "doctor"]

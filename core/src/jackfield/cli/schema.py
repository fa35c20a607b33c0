"""`jackfield schema`."""

from __future__ import annotations

import click

from ..api.installed import schema
from .options import plugin_options, print_json


@click.command("schema")
@plugin_options
def command() -> int:
    """Print the JSON Schema of run configs, with the parameters of every installed component."""
    print_json(schema())
    return 0


__all__ = ["command", "schema"]

"""`jackfield schema`."""

from __future__ import annotations

from typing import Any

import click

from ..api.installed import schema
from .options import output_options, plugin_options, print_json


@click.command("schema")
@output_options
@plugin_options
def command(**_: Any) -> int:
    """Print the JSON Schema of run configs, with the parameters of every installed component; always JSON."""
    print_json(schema())
    return 0


__all__ = ["command", "schema"]

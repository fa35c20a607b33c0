"""`jackfield explain TOPIC`: topics come from plugins, each with a function `jackfield.explain_<topic>`."""

from __future__ import annotations

import click

from . import Topics


@click.command("explain", cls=Topics)
def command() -> None:
    """Explain numbers that are often wondered about."""

"""`jackfield align A B`, and the function of the same name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from jackfield import Comparison, as_signal, get, output_options, plugin_options, print_json


def align(a: Any, b: Any, *, rate: float | None = None, min_overlap: float = 0.5) -> Comparison:
    """How clip `a` relates to clip `b`: lag, gain, polarity, and where the two differ.

    a, b : Signals, paths, or arrays of shape (n,) or (channels, n) at `rate`; more channels are mixed
    min_overlap : least overlap, as share of the shorter clip

    Raises DataError for clips that cannot be read or hold NaN.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 8000)
    >>> align(np.roll(noise, 5)[5:], noise[:-5], rate=8000).relation
    'identical'
    """
    found: Comparison = get("align", min_overlap=min_overlap)(as_signal(a, rate=rate), as_signal(b, rate=rate))
    return found


@click.command("align")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--min-overlap", type=float, default=0.5, show_default=True, help="Share of the shorter clip.")
@output_options
@plugin_options
def command(a: str, b: str, min_overlap: float, as_json: bool, **_: Any) -> int:
    """Compare clip A with clip B: offset, gain, polarity, and where they differ.

    B is the reference: a positive offset means that A's material starts later, a positive gain that A is louder, and
    what differs is given on A's clock.
    """
    waveform = align(a, b, min_overlap=min_overlap)
    heard = get("pattern")(as_signal(a), as_signal(b))
    if as_json:
        print_json({"align": asdict(waveform), "pattern": asdict(heard)})
        return 0
    click.echo(f"{a} against {b}")
    for name, text in waveform.summary().items():
        click.echo(f"  {name}: {text}")
    if waveform.relation is None:
        click.echo("  relation: undefined (silence, or too little in common)")
    click.echo(f"  pattern distance: {heard.distance:.3f}")
    return 0

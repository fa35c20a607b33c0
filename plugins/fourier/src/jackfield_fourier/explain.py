"""`jackfield explain decompose`, and the function `jackfield.explain_decompose`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from jackfield import ConfigError, output_options, plugin_options, print_json

if TYPE_CHECKING:
    from ._leakage import Leakage


def explain_decompose(x: Any, *, axis: int | None = None, rate: float | None = None) -> Leakage:
    """Leakage report: how many bins hold 99 % of the energy, and whether the strongest tone falls between two.

    x, axis, rate : as for `jackfield.decompose`

    >>> import numpy as np
    >>> tone = np.cos(2 * np.pi * 10.5 * np.arange(256) / 256)
    >>> explain_decompose(tone).sentences[0]
    'a tone of 10.5 cycles falls between bins: 38 bins hold 99 %; try peaks or esprit'
    """
    from ._item import lanes_of
    from ._leakage import leakage
    from .verbs import item_of

    item, axis = item_of(x, axis, rate)
    return leakage(lanes_of(item, axis))


@click.command("decompose")
@click.argument("clip", required=False, type=click.Path())
@click.option("--cycles", type=float, help="Instead of a clip: a tone of so many periods in all samples.")
@click.option("--samples", type=int, default=256, show_default=True, help="Length of that tone.")
@output_options
@plugin_options
def command(clip: str | None, cycles: float | None, samples: int, as_json: bool, **_: Any) -> int:
    """Say how the energy of CLIP, or of a tone, lies on Fourier bins: what leaks, and what to do."""
    if (clip is None) == (cycles is None):
        raise ConfigError("give a clip or --cycles", "got both" if clip else "got neither")
    found = explain_decompose(clip) if clip else explain_decompose(_tone(cycles or 0.0, samples), rate=float(samples))
    if as_json:
        print_json(asdict(found))
        return 0
    for sentence in found.sentences:
        click.echo(sentence)
    click.echo(f"{found.n} samples, a bin every {found.spacing:.6g} Hz; strongest tone {found.tone:.6g} Hz, "
               f"{found.cycles:.6g} cycles, {found.tone_share:.1%} of the energy")  # fmt: skip
    return 0


def _tone(cycles: float, samples: int) -> Any:
    import numpy as np

    from . import synthesize

    if not 1 <= samples <= 10_000_000:
        raise ConfigError("--samples must be 1 to 10,000,000", f"got {samples}")
    return synthesize(np.array([cycles]), n=samples, rate=float(samples))

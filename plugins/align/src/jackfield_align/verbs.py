"""`jackfield align A B`, and the function of the same name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import click

from jackfield import Comparison, Signal, as_signal, get, output_options, plugin_options, print_json

WHERE = {"a": "sounds in a", "b": "sounds in b", "both": "sounds otherwise"}


@dataclass(frozen=True, repr=False)
class Alignment(Comparison):
    """A comparison of one pair that also says in which band it was made, which clip has what differs, and at which
    further lags a loop fits.

    differs_in_b : the intervals of `differs` on b's clock
    sounds_in : per interval, "a" or "b" where only that clip sounds, 3 dB or more above the other, else "both"
    other_lags : (seconds, correlation over its overlap) of up to five lags that agree at least 0.9 times as well as
        `offset_s`, 20 ms apart, best first; positive where the material starts later in a
    band_hz : from and to, where a filter took from one clip what lies outside; None for all that the rates hold
    """

    differs_in_b: tuple[tuple[float, float], ...] = ()
    sounds_in: tuple[str, ...] = ()
    other_lags: tuple[tuple[float, float], ...] = ()
    band_hz: tuple[float, float] | None = None

    def summary(self) -> dict[str, str]:
        facts = super().summary()
        if self.differs_in_b:
            marked = zip(self.differs, self.differs_in_b, self.sounds_in, strict=True)
            places = (f"{i:.2f}–{j:.2f} s, in b {k:.2f}–{m:.2f} s, {WHERE[side]}" for (i, j), (k, m), side in marked)
            facts["differs"] = "; ".join(places)
        if self.other_lags:
            facts["other lags"] = ", ".join(f"{lag:+.3f} s ({score:.2f})" for lag, score in self.other_lags)
        if self.band_hz:
            low, high = self.band_hz
            facts["compared"] = f"from {low:.0f} to {high:.0f} Hz: one clip has been filtered, and lacks the rest"
        return facts


def align(a: Any, b: Any, *, rate: float | None = None, min_overlap: float = 0.5) -> Alignment:
    """How clip `a` relates to clip `b`: lag, gain, polarity, where the two differ and which sounds there, other lags.

    a, b : Signals, paths, or arrays of shape (n,) or (channels, n) at `rate`; more channels are mixed
    min_overlap : least overlap, as share of the shorter clip

    Raises DataError for clips that cannot be read or hold NaN.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 8000)
    >>> align(np.roll(noise, 5)[5:], noise[:-5], rate=8000).relation
    'identical'
    >>> loop = np.tile(noise[:2000], 4)
    >>> [round(lag, 3) for lag, correlation in align(loop, loop, rate=8000).other_lags]
    [-0.25, 0.25, -0.5, 0.5]
    """
    aligner = get("align", min_overlap=min_overlap)
    first, second = (aligner.sketch(as_signal(clip, rate=rate)) for clip in (a, b))
    found, *clips = aligner._compare(first, second)
    facts: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(Comparison)}
    offset = found.offset_s
    if offset is not None and found.relation in ("identical", "same", "variant"):
        from ._repeats import other_lags
        from ._sides import sides

        if (band := clips[0].band) is not None:
            facts["band_hz"] = band[0], min(band[1], *(clip.rate / 2 for clip in clips))
        facts["other_lags"] = other_lags(*clips, offset, min_overlap)
        facts["differs_in_b"] = tuple((start - offset, stop - offset) for start, stop in found.differs)
        facts["sounds_in"] = tuple(sides(*clips, offset, found.gain_db, found.differs))
    return Alignment(**facts)


@click.command("align")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--min-overlap", type=float, default=0.5, show_default=True, help="Share of the shorter clip.")
@output_options
@plugin_options
def command(a: str, b: str, min_overlap: float, as_json: bool, **_: Any) -> int:
    """Compare clip A with clip B: offset, other offsets of loops, gain, polarity, and where they differ.

    B is the reference: a positive offset means that A's material starts later, a positive gain that A is louder. What
    differs is given on both clocks, with the clip that sounds there.
    """
    waveform = align(a, b, min_overlap=min_overlap)
    heard = by_pattern(as_signal(a), as_signal(b))
    if as_json:
        print_json({"align": asdict(waveform), "pattern": heard and asdict(heard)})
        return 0
    click.echo(f"{a} against {b}")
    for name, text in waveform.summary().items():
        click.echo(f"  {name}: {text}")
    if waveform.relation is None:
        click.echo("  relation: undefined (silence, or too little in common)")
    click.echo("  pattern: needs 1400 Hz" if heard is None else f"  pattern distance: {heard.distance:.3f}")
    return 0


def by_pattern(a: Signal, b: Signal) -> Comparison | None:
    """What patterns say; None where a rate is too low for them."""
    from ._pattern import LEAST_RATE

    if min(a.rate, b.rate) < LEAST_RATE:
        return None
    found: Comparison = get("pattern")(a, b)
    return found

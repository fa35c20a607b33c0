"""`jackfield explain quantize`, and the function `jackfield.explain_quantize`: why a conversion sounds as it does."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

import click

from jackfield import Signal, as_signal, inspect, output_options, plugin_options, print_json, print_table

DITHERS = ("none", "rpdf", "tpdf", "tpdf-highpass", "second-order")


@dataclass(frozen=True)
class Way:
    """One way to get from samples to codes, and what its error is like.

    error_mean_lsb, error_rms_lsb : of code − x · 2^(bits − 1); noise_floor_dbfs : that RMS against full scale
    distortion_dbfs : the part of the error that repeats with the signal: the worst line that its spectrum has above its
        median, less what noise of the same power would show
    """

    name: str
    error_mean_lsb: float
    error_rms_lsb: float
    noise_floor_dbfs: float
    distortion_dbfs: float


@dataclass(frozen=True)
class Explanation:
    """What becomes of a sound at a width, way by way, and in words."""

    bits: int
    peak_dbfs: float
    rms_lsb: float
    clipped: int
    ways: tuple[Way, ...]
    sentences: tuple[str, ...]


def explain_quantize(source: Any = None, *, bits: int = 8, rate: float | None = None) -> Explanation:
    """Why a conversion to few bits sounds distorted: clips, a wrong width, floored codes, or no dither.

    source : path, Signal, or array with its rate; left out, a sine of 997 Hz at −40 dBFS
    bits : width of the codes, 2…24

    Raises DataError and ConfigError as reading and `quantize` do.

    >>> found = explain_quantize(bits=8)
    >>> [way.name for way in found.ways], round(found.ways[0].error_mean_lsb, 1)
    (['floor', 'none', 'rpdf', 'tpdf', 'tpdf-highpass', 'second-order'], -0.5)
    """
    from ._explain import explained

    signal = _example() if source is None else as_signal(source, rate=rate)
    found = explained(signal, bits, DITHERS)
    if isinstance(source, (str, os.PathLike)):
        doubts = inspect(source)[0].facts.get("doubts", ())
        return replace(found, sentences=(*doubts, *found.sentences))
    return found


def _example() -> Signal:
    import numpy as np

    return Signal(samples=0.01 * np.sin(2 * np.pi * 997 * np.arange(96_000) / 48_000), rate=48_000)


@click.command("quantize")
@click.argument("clip", required=False, type=click.Path())
@click.option("--bits", type=int, default=8, show_default=True, help="Width of the codes.")
@output_options
@plugin_options
def command(clip: str | None, bits: int, as_json: bool, **_: Any) -> int:
    """Say what becomes of CLIP (or of a quiet sine) at a width: errors of every dither, clips, and what to do."""
    found = explain_quantize(clip, bits=bits)
    if as_json:
        print_json(asdict(found))
        return 0
    click.echo(f"{clip or 'a sine of 997 Hz at −40 dBFS'} at {bits} bits: peak {found.peak_dbfs:.1f} dBFS, "
               f"RMS {found.rms_lsb:.2f} LSB, {found.clipped} samples beyond full scale")  # fmt: skip
    rows = [(w.name, f"{w.error_mean_lsb:+.3f}", f"{w.error_rms_lsb:.3f}", f"{w.noise_floor_dbfs:.1f}",
             f"{w.distortion_dbfs:.1f}") for w in found.ways]  # fmt: skip
    print_table(("dither", "mean LSB", "RMS LSB", "noise dBFS", "worst line dBFS"), tuple(rows))
    for sentence in found.sentences:
        click.echo(sentence)
    return 0

"""`jackfield convert IN OUT`, and the function of the same name."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from jackfield import (
    Codes,
    ConfigError,
    OutputError,
    Signal,
    as_signal,
    get,
    output_options,
    plugin_options,
    print_json,
    write_as,
)

CONTAINERS = {
    ".wav": "wav",
    ".wave": "wav",
    ".rf64": "rf64",
    ".aif": "aiff",
    ".aiff": "aiff",
    ".flac": "flac",
    ".ogg": "ogg",
    ".oga": "ogg",
}
AS_IS = {"dither": "auto", "clips": "error", "seed": 0}
WIDTHS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class Conversion:
    """What was written and how.

    bits : width of the codes, None where the file holds floats or is lossy
    signed : whether the container's codes are; dither, seed : what was added before rounding
    clipped : samples beyond ±1, with their first positions; statistics : as in `Codes`
    digest : SHA-256 of the file, which was read back and compared
    """

    path: str
    digest: str
    rate: float
    channels: int
    frames: int
    bits: int | None = None
    signed: bool | None = None
    dither: str = "none"
    seed: int | None = None
    clipped: int = 0
    clip_positions: tuple[int, ...] = ()
    statistics: dict[str, float] | None = None


def convert(
    source: Any, to: str | os.PathLike[str], *, bits: int | None = None, dither: str = "auto", clips: str = "error",
    seed: int = 0, force: bool = False,
) -> Conversion:  # fmt: skip
    """Write a sound as a file of another width or kind; the suffix of `to` says which kind.

    source : path, or a Signal
    bits : width of the codes, 2…32; left out, the source's own, and floats where it has none
    dither, clips, seed : as in `quantize`; only where codes are made
    force : write over an existing file

    Raises ConfigError for a suffix that is not known, for a file that exists, and for a dither where the file holds
    floats; DataError and OutputError as
    `quantize` and `wav` do. Nothing is left behind where that happens.

    >>> import numpy as np, tempfile
    >>> tone = Signal(samples=0.5 * np.sin(np.arange(8000) / 5), rate=8000)
    >>> done = convert(tone, tempfile.mkdtemp() + "/tone.wav", bits=8)
    >>> done.bits, done.signed, done.dither, done.clipped, round(done.statistics["error_rms_lsb"], 2)
    (8, False, 'tpdf', 0, 0.5)
    """
    target = Path(to)
    container = CONTAINERS.get(target.suffix.lower())
    if container is None:
        known = ", ".join(sorted(CONTAINERS))
        raise ConfigError(f"{target}: the suffix names no kind of file", f"known: {known}", "name it out.wav")
    if os.path.lexists(target) and not target.is_file():
        raise OutputError(f"{target} is no regular file", remedy="choose another name")
    if target.exists() and not force:
        raise ConfigError(f"{target} exists", remedy="choose another name, or --force to write over it")
    signal = as_signal(source)
    item = _item(signal, container, bits, {"dither": dither, "clips": clips, "seed": seed})
    write_as(target, lambda stem: get("wav", container=container)(item, stem))
    about = {
        "path": str(target),
        "digest": _digest(target),
        "rate": signal.rate,
        "channels": signal.channels,
        "frames": signal.n,
    }
    if not isinstance(item, Codes):
        return Conversion(**about)
    signed = container == "aiff" or container == "flac" or item.bits > 8
    kept = ("bits", "dither", "seed", "clipped", "clip_positions", "statistics")
    return Conversion(**about, signed=signed, **{name: getattr(item, name) for name in kept})


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _item(signal: Signal, container: str, bits: int | None, rounding: dict[str, Any]) -> Signal | Codes:
    """What goes into the file: codes of the width asked for or of the source's own, samples otherwise."""
    if container == "ogg":
        if bits is not None:
            raise ConfigError("Ogg Vorbis has no width", f"{bits} bits asked for", "leave --bits out, or write .flac")
    elif bits is None:
        bits = WIDTHS.get((signal.source and signal.source.subtype) or "", 24 if container == "flac" else None)
    if bits is not None:
        return get("quantize", bits=bits, **rounding)(signal)
    if meant := [f"{name}={value}" for name, value in rounding.items() if value != AS_IS[name]]:
        remedy = "leave it out" if container == "ogg" else "give the width, such as --bits 16"
        raise ConfigError("nothing is rounded here: the file holds the samples as they are", ", ".join(meant), remedy)
    return signal


@click.command("convert")
@click.argument("source", type=click.Path())
@click.argument("to", type=click.Path())
@click.option("--bits", type=int, help="Width of the codes, 2 to 32; default the source's own.")
@click.option("--dither", default="auto", show_default=True, help="auto, none, rpdf, tpdf, … as of quantize.")
@click.option("--clips", default="error", show_default=True, help="Samples beyond full scale: error, clip, normalise.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dither.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@output_options
@plugin_options
def command(
    source: str, to: str, bits: int | None, dither: str, clips: str, seed: int, force: bool, as_json: bool, quiet: bool,
    **_: Any,
) -> int:  # fmt: skip
    """Write the sound SOURCE as TO, of another width or kind: .wav .aiff .flac .ogg .rf64."""
    done = convert(source, to, bits=bits, dither=dither, clips=clips, seed=seed, force=force)
    if as_json:
        print_json(asdict(done))
    elif not quiet:
        for line in _lines(done):
            click.echo(line)
    return 0


def _lines(done: Conversion) -> list[str]:
    about = f"{done.path}: {done.frames} frames, {done.channels} channels, {done.rate:g} Hz"
    if done.bits is None or done.statistics is None:
        return [about]
    kind = "signed" if done.signed else "unsigned, silence is 128"
    noise = "no dither" if done.dither == "none" else f"dither {done.dither}, seed {done.seed}"
    s = done.statistics
    lines = [about, f"  {done.bits} bits {kind}, {noise}, read back and equal"]
    lines += [
        f"  peak {s['peak_dbfs']:.2f} dBFS; DC {s['dc_before_lsb']:+.3f} LSB before, {s['dc_after_lsb']:+.3f} after"
    ]
    error = f"  error {s['error_rms_lsb']:.3f} LSB RMS, {s['noise_floor_dbfs']:.1f} dBFS"
    lines += [error if s["error_rms_lsb"] else "  every sample was a code already: nothing is lost"]
    if s["gain_db"]:
        lines += [f"  made quieter by {-s['gain_db']:.2f} dB, so that nothing clips"]
    if done.clipped:
        where = ", ".join(map(str, done.clip_positions))
        lines += [f"  {done.clipped} samples clipped, at {where}{', …' if done.clipped > 20 else ''}"]
    if s["saturated"]:
        lines += [f"  {s['saturated']:.0f} codes at full scale kept in range"]
    return lines

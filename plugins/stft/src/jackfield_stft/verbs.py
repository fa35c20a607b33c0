"""`jackfield spectrogram`, and the function of the same name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

import click

from jackfield import (
    ConfigError,
    Grid,
    PluginError,
    as_signal,
    output_options,
    plugin_options,
    print_json,
    say,
    write_file,
)

from ._framing import PAD_MODES
from ._stft import Compat, Stft, Window


def spectrogram(
    item: Any,
    *,
    rate: float | None = None,
    output: str | os.PathLike[str] | None = None,
    force: bool = False,
    spacing: str = "linear",
    db: bool = True,
    span_db: float = 80.0,
    columns: int | None = 1200,
    **settings: Any,
) -> Grid:
    """The power spectrogram of a clip, as large as a picture needs it, and the picture.

    item : a Signal, a path, or an array of shape (n,) or (channels, n) at `rate`
    output : picture to write (.png, .svg or .pdf); an existing file is kept unless `force`
    spacing : of frequencies in the picture: "linear", "log" or "mel"
    db, span_db : decibels re 1, and how many of them under the loudest are told apart
    columns : at most so many; more frames are merged, each column showing the largest value of its frames. None keeps
        every frame, as `stft` does. The default is about the picture's width in pixels.
    settings : parameters of `stft`, such as n_fft and hop

    Returns the Grid that is drawn, whose `frames` say which samples a column covers; `.plot()` draws it again. Raises
    ConfigError for a file that exists or of another kind, DataError for clips that cannot be read or are too short,
    PluginError without matplotlib.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 100_000)
    >>> grid = spectrogram(noise, rate=8000, n_fft=512, hop=32)
    >>> grid.values.shape, grid.frames.hop, grid.frames.span(0)
    ((1, 257, 1042), 96, (-256, 320))
    """
    from ._picture import at_most, drawn

    component = Stft(**{"power": 2} | settings)
    suffix = _checked(output, force) if output is not None else ""
    grid = at_most(component, as_signal(item, rate=rate), columns)
    if output is not None:
        write_file(Path(output), drawn(grid, suffix, spacing, db, span_db))
    return grid


def _checked(output: str | os.PathLike[str], force: bool) -> str:
    """The picture's suffix; what would keep it from being written is said before anything is computed."""
    from importlib.util import find_spec

    from ._picture import SUFFIXES

    path = Path(output)
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"pictures are {', '.join(SUFFIXES)}", f"{path} ends in {path.suffix or 'nothing'}")
    if path.exists() and not force:
        raise ConfigError(f"{path} exists", remedy="--force (force=True) overwrites it")
    if find_spec("matplotlib") is None:
        raise PluginError("pictures need matplotlib", "it is not installed", "pip install 'jackfield-stft[plots]'")
    return path.suffix.lower()


@click.command("spectrogram")
@click.argument("clip", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False), help="Picture: .png, .svg or .pdf.")
@click.option("--n-fft", type=int, default=2048, show_default=True, help="Length of the Fourier transform.")
@click.option("--hop", type=int, default=512, show_default=True, help="Samples between frames.")
@click.option("--win-length", type=int, help="Length of the window; default n_fft.")
@click.option("--window", type=click.Choice(get_args(Window)), help="Shape of the window.")
@click.option("--center/--no-center", default=None, help="Frame k on sample k · hop, or beginning there.")
@click.option("--pad-mode", type=click.Choice(PAD_MODES), help="What is found beyond the ends.")
@click.option("--compat", type=click.Choice(get_args(Compat)), help="Frames and values as this tool has them.")
@click.option("--scale", "spacing", type=click.Choice(["linear", "log", "mel"]), default="linear", show_default=True)
@click.option("--db/--no-db", default=True, show_default=True, help="Decibels, or power as it is.")
@click.option("--span", "span_db", type=float, default=80.0, show_default=True, help="Decibels under the loudest.")
@click.option("--force", is_flag=True, help="Overwrite the picture.")
@output_options
@plugin_options
def command(clip: str, output: str, as_json: bool, quiet: bool, verbose: int, **options: Any) -> int:
    """Draw the spectrogram of CLIP.

    Seconds below and samples above are those of frame centres; frames that see padding are hatched; channels are rows.
    """
    grid = spectrogram(clip, output=output, **options)
    frames = grid.frames
    assert frames is not None
    if as_json:
        facts = {"columns": frames.count, "hop": frames.hop, "window": frames.window, "rate": frames.rate}
        print_json({"clip": clip, "picture": output, "shape": grid.values.shape, **facts, "history": grid.history})
    else:
        size = " × ".join(map(str, grid.values.shape))
        merged = f", {grid.history[-1]} frames" if grid.history[-1].startswith("peaks of ") else ""
        pad = next(word[4:] for word in " ".join(grid.history).split() if word.startswith("pad="))
        facts = frames.explain(pad, "column" if merged else "frame")
        say(f"{output}: {size} (channel, frequency, column{merged}); {facts}", quiet)
    return 0

"""A spectrogram that is small enough to be looked at."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np

from jackfield import Axis, Grid, Signal

from ._checks import whole
from ._stft import Stft

SUFFIXES = (".pdf", ".png", ".svg")
BLOCK = 1 << 22  # values transformed at a time: 16 MiB of float32


def at_most(component: Stft, signal: Signal, columns: int | None) -> Grid:
    """The spectrogram, or where it has more frames than `columns` the largest values of as many frames as it takes.

    Frames are transformed a block at a time, so that memory holds what is kept, not what it was taken from.
    """
    frames = component.framing(signal.n)
    frames.check()
    if columns is None or frames.count <= whole("columns", columns, 1):
        return component(signal)
    step = -(-frames.count // columns)
    bins = 1 + component.n_fft // 2
    length = step * max(1, BLOCK // (signal.channels * bins * step))
    kept = []
    for first in range(0, frames.count, length):
        count = min(length, frames.count - first)
        part = replace(frames, first=frames.first + first * frames.hop, count=count)
        kept.append(component._grid(signal, part, signal.samples, part).peaks(step))
    grid = frames.grid(signal.rate)
    axis = Axis("frame", "s", grid.time(0), grid.hop / signal.rate).merged(grid.count, step)
    return replace(
        kept[0],
        values=np.concatenate([part.values for part in kept], axis=-1),
        axes=(*kept[0].axes[:-1], axis),
        frames=grid.merged(step),
    )


def drawn(grid: Grid, suffix: str, spacing: str, db: bool, span_db: float) -> bytes:
    """The picture as a file of this kind."""
    figure = grid.plot(spacing=spacing, db=db, span_db=span_db)  # type: ignore[arg-type]
    file = io.BytesIO()
    figure.savefig(file, format=suffix.removeprefix("."))
    return file.getvalue()

"""Scores of a clip as a picture."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np

from jackfield import Features, PluginError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(scores: Features, count: int) -> Figure:
    """Classes downwards, time to the right; a row reaches from halfway to the one before to halfway to the next."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PluginError("pictures need matplotlib", str(error), "pip install 'jackfield-yamnet[plots]'") from None
    frames = scores.frames
    assert frames is not None
    best = np.argsort(-scores.values.max(axis=0), kind="stable")[:count]
    picture = Figure(figsize=(10, 1.2 + 0.3 * len(best)), layout="constrained")
    axes = picture.subplots()
    edges = [frames.time(0) + (k - 0.5) * frames.hop / frames.rate for k in range(frames.count + 1)]
    edges[0], edges[-1] = 0.0, max(frames.n_samples / frames.rate, edges[-2])
    rows = np.arange(len(best) + 1) - 0.5
    mesh = axes.pcolormesh(edges, rows, scores.values[:, best].T, vmin=0, vmax=1, cmap="magma", rasterized=True)
    axes.set_yticks(range(len(best)), [scores.names[k] for k in best])
    axes.invert_yaxis()
    axes.set_xlabel("time (s)")
    if scores.source and scores.source.path:
        axes.set_title(os.path.basename(scores.source.path), parse_math=False)
    picture.colorbar(mesh, label="score")
    return picture


def png(picture: Figure) -> bytes:
    """The picture as a PNG file."""
    file = io.BytesIO()
    picture.savefig(file, format="png")
    return file.getvalue()

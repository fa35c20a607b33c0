"""A signal as pieces that the number loops take: whole for most conventions, frame by frame for Kaldi's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._framing import Framing, Piece

BLOCK = 1 << 18  # samples of frames laid out at a time: about what a core's cache holds
EMPHASIS = 0.97  # Kaldi's default


def pieces(samples: np.ndarray, frames: Framing, kaldi: bool) -> Iterator[Piece]:
    """All frames of (channels, n) samples."""
    if not kaldi:
        yield Piece(slice(0, frames.count), samples, frames.first, frames.hop, frames.pad)
        return
    step = max(1, BLOCK // (frames.n_fft * len(samples)))
    for first in range(0, frames.count, step):
        yield _conditioned(samples, frames, slice(first, min(first + step, frames.count)))


def _conditioned(samples: np.ndarray, frames: Framing, part: slice) -> Piece:
    """Frames less their mean and pre-emphasised, end to end (Kaldi's feature-window.cc, ProcessWindow).

    In float64: pre-emphasis takes the low bands 30 dB down, where a float32 transform's errors are 30 times the share.
    """
    count, win = part.stop - part.start, frames.window
    index = frames.first + frames.hop * np.arange(part.start, part.stop)[:, None] + np.arange(win)
    period = 2 * frames.n
    index %= period
    cut = samples[:, np.minimum(index, period - 1 - index)].astype(np.float64)
    cut -= cut.mean(axis=-1, keepdims=True)
    energy = np.square(cut).sum(axis=-1)
    out = np.zeros((len(samples), count, frames.n_fft))
    out[..., 1:win] = cut[..., 1:] - EMPHASIS * cut[..., :-1]
    out[..., 0] = (1 - EMPHASIS) * cut[..., 0]
    return Piece(part, out.reshape(len(samples), -1), 0, frames.n_fft, "constant", energy)

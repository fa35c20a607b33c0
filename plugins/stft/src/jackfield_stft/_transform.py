"""The short-time Fourier transform of arrays, from frames that are known."""

from __future__ import annotations

import numpy as np
from jackfield_kernels import empty
from jackfield_kernels import stft as kernel

from jackfield import ConfigError

from ._cut import pieces
from ._framing import Framing


def transform(
    samples: np.ndarray,
    frames: Framing,
    window: np.ndarray,
    *,
    twins: float = 1.0,
    turn: int = 0,
    power: int | None = None,
    onesided: bool = True,
    kaldi: bool = False,
    threads: int = 1,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Spectra of every frame.

    samples : (channels, n) float32 or float64
    window : (n_fft,) with every factor that the values are to have
    twins : divides bins that have no twin among the negative frequencies
    turn : sample of a frame that counts as time 0 for the phase
    power : None for complex values, 1 for magnitude, 2 for power
    out : array of the result's shape and dtype, or None for a new one

    Returns (channels, 1 + n_fft // 2 or n_fft, count), which without `out` is a view whose frames are contiguous.
    """
    n_fft, half, direct = frames.n_fft, frames.n_fft // 2 + 1, onesided and not kaldi
    dtype = np.result_type(samples, np.complex64) if power is None else samples.dtype
    shape = (len(samples), half if onesided else n_fft, frames.count)
    if out is None:
        out = empty((shape[0], shape[2], shape[1]), dtype).swapaxes(1, 2)
    elif not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        got = f"{out.shape} {out.dtype}" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise ConfigError("out does not fit the result", f"{got}, wanted a writeable {shape} {np.dtype(dtype)}")
    for piece in pieces(samples, frames, kaldi):
        target = out[:, :half, piece.part]
        options = {"start": piece.start, "count": piece.count, "pad": piece.pad, "power": power, "threads": threads}
        if direct:
            kernel(piece.x, window, piece.hop, **options, out=target)
        else:
            target[:] = kernel(piece.x, window, piece.hop, **options)
        _finish(target, n_fft, twins if power != 2 else twins**2, turn if power is None else 0)
    if not onesided:
        np.conj(out[:, (n_fft - 1) // 2 : 0 : -1], out=out[:, half:])
    return out


def _finish(values: np.ndarray, n_fft: int, twins: float, turn: int) -> None:
    if twins != 1:
        for k in lonely(n_fft):
            values[:, k] /= twins
    if turn:
        values *= phase(n_fft, turn).astype(values.dtype)[:, None]


def lonely(n_fft: int) -> tuple[int, ...]:
    """Bins without a twin: 0 Hz, and half the rate where n_fft is even."""
    return (0,) if n_fft % 2 else (0, n_fft // 2)


def phase(n_fft: int, turn: int) -> np.ndarray:
    """(1 + n_fft // 2,) factors that move time 0 of a frame from its first sample to sample `turn`."""
    # reduced first: e^{jx} of large x is inexact
    return np.exp(2j * np.pi / n_fft * (np.arange(n_fft // 2 + 1) * turn % n_fft))

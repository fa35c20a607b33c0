"""Back from frames to samples, on plain arrays."""

from __future__ import annotations

import numpy as np
from jackfield_kernels import stft as kernel

from jackfield import DataError

from ._framing import Framing
from ._transform import lonely, phase

BLOCK = 1 << 18  # samples of frames made at a time: about what a core's cache holds


def istft(
    spectrum: np.ndarray, frames: Framing, window: np.ndarray, *, twins: float = 1.0, turn: int = 0
) -> np.ndarray:
    """The n samples whose transform is nearest to `spectrum` in the least-squares sense.

    Overlap-add of the windowed inverse frames over the sum of the squared windows: Griffin and Lim, "Signal estimation
    from modified short-time Fourier transform", IEEE Trans. ASSP 32 (1984).

    spectrum : (channels, 1 + n_fft // 2, count) complex
    window, twins, turn : as in `transform`

    Raises DataError where windows leave a sample uncovered (the NOLA condition).
    """
    real, n_fft, hop, count = spectrum.real.dtype, frames.n_fft, frames.hop, frames.count
    factors = bin_factors(n_fft, twins, turn).astype(spectrum.dtype)
    rows = max(count - 1 + -(-n_fft // hop), -(-(frames.n - frames.first) // hop))
    total, weight = np.zeros((len(spectrum), rows, hop), real), np.zeros((1, rows, hop))
    step = max(1, BLOCK // (n_fft * len(spectrum)))
    for first in range(0, count, step):
        part = spectrum[:, :, first : first + step].swapaxes(1, 2) * factors
        pieces = np.fft.irfft(part, n=n_fft).astype(real, copy=False) * window.astype(real)
        _overlap_add(total[:, first:], pieces)
        _overlap_add(weight[:, first:], np.broadcast_to(window**2, (1, *pieces.shape[1:])))
    inside = slice(max(0, -frames.first), frames.n - frames.first)
    if frames.first > 0:  # frames that saw padding were dropped
        total, weight = (np.pad(a.reshape(len(a), -1), ((0, 0), (frames.first, 0))) for a in (total, weight))
        inside = slice(0, frames.n)
    weight = weight.reshape(-1)[inside]
    _check_covered(weight)
    return total.reshape(len(total), -1)[:, inside] / weight.astype(real)


def bin_factors(n_fft: int, twins: float, turn: int) -> np.ndarray:
    """(1 + n_fft // 2,) what to multiply spectra by, to have the plain transform of the scaled window again."""
    factors = np.conj(phase(n_fft, turn))
    factors[list(lonely(n_fft))] *= twins
    return factors


def inconsistency(
    samples: np.ndarray, spectrum: np.ndarray, frames: Framing, window: np.ndarray, *, twins: float, turn: int
) -> float:
    """Distance between `spectrum` and the transform of `samples`, over the length of `spectrum`; 0 where both are 0.

    What no signal has as its transform: 1e-16 for a transform as it was, of the order of 1 for one that was edited.
    """
    factors = bin_factors(frames.n_fft, twins, turn)[:, None]
    distance = length = 0.0
    step = max(1, BLOCK // (frames.n_fft * len(samples)))
    for first in range(0, frames.count, step):
        wanted = spectrum[:, :, first : first + step] * factors
        start = frames.first + first * frames.hop
        got = kernel(samples, window, frames.hop, start=start, count=wanted.shape[-1], pad=frames.pad)
        distance += float(np.square(np.abs(got - wanted)).sum())
        length += float(np.square(np.abs(wanted)).sum())
    return float(np.sqrt(distance / length)) if length else 0.0


def _overlap_add(out: np.ndarray, frames: np.ndarray) -> None:
    """Add (channels, count, n_fft) frames to (channels, rows, hop), each `hop` after the last.

    Frames are cut into pieces of one hop: piece r of all frames adds up in one slice, so the loop runs n_fft / hop
    times, not once per frame.
    """
    _, count, n_fft = frames.shape
    hop = out.shape[2]
    for r in range(-(-n_fft // hop)):
        piece = frames[:, :, r * hop : (r + 1) * hop]
        out[:, r : r + count, : piece.shape[2]] += piece


def _check_covered(weight: np.ndarray) -> None:
    bare = np.flatnonzero(weight <= 1e-10 * weight.max(initial=0.0))
    if bare.size:
        evidence = f"{bare.size} of {weight.size} samples, from {bare[0]} to {bare[-1]}"
        remedy = "transform with center=True, a smaller hop or another window"
        raise DataError("the windows leave samples uncovered", evidence, remedy)

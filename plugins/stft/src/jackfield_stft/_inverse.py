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
    # a signal that begins after sample 0 has lost the frames that saw padding
    late = max(0, frames.first)
    rows = max(count - 1 + -(-n_fft // hop), -(-(frames.n - frames.first) // hop))
    total = np.zeros((len(spectrum), rows, hop), real)
    step = max(1, BLOCK // (n_fft * len(spectrum)))
    for first in range(0, count, step):
        part = spectrum[:, :, first : first + step].swapaxes(1, 2) * factors
        pieces = np.fft.irfft(part, n=n_fft).astype(real, copy=False) * window.astype(real)
        _overlap_add(total[:, first:], pieces)
    bare = _normalize(total, window, count)
    inside = slice(max(0, -frames.first), frames.n - frames.first)
    _check_covered(np.pad(bare.reshape(-1)[inside], (late, 0), constant_values=True))
    out = total.reshape(len(total), -1)[:, inside]
    out.flags.writeable = False
    return out


def _normalize(total: np.ndarray, window: np.ndarray, count: int) -> np.ndarray:
    """Divide (channels, rows, hop) by the sum of `count` squared windows; returns where that is 0, (rows, hop).

    All rows that n_fft / hop frames reach have the same sum, so that no array of sums as long as the signal is needed.
    """
    _, rows, hop = total.shape
    parts = -(-len(window) // hop)
    squares = np.pad(np.square(window), (0, parts * hop - len(window))).reshape(parts, hop)
    bare = np.empty((rows, hop), bool)
    least = 1e-10 * squares.sum(axis=0).max()
    whole = slice(min(parts - 1, rows), max(min(parts - 1, rows), min(count, rows)))
    for row in (*range(whole.start), whole, *range(whole.stop, rows)):
        sums = squares if row is whole else squares[max(0, row - count + 1) : row + 1]
        weight = sums.sum(axis=0)
        bare[row] = weight <= least
        total[:, row] /= np.where(weight <= least, 1, weight).astype(total.dtype)
    return bare


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


def _check_covered(bare: np.ndarray) -> None:
    if bare.any():
        where = np.flatnonzero(bare)
        evidence = f"{where.size} of {bare.size} samples, from {where[0]} to {where[-1]}"
        remedy = "keep the frames that see padding (center=True, no valid_only), or use a smaller hop or another window"
        raise DataError("the windows leave samples uncovered", evidence, remedy)

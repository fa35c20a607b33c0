"""The short-time Fourier transform and its inverse on plain arrays."""

from __future__ import annotations

import numpy as np

from jackfield import DataError

BLOCK = 1 << 18  # values of windowed frames made at a time: about what a core's cache holds


def stft(
    samples: np.ndarray, window: np.ndarray, hop: int, center: bool, pad_mode: str, power: int | None
) -> np.ndarray:
    """Frames of `samples`, times `window`, transformed.

    samples : (channels, n) float32 or float64
    window : (n_fft,) zero where a shorter window does not reach
    pad_mode : np.pad's, for the n_fft // 2 samples on either side of a centred transform
    power : None for complex values, 1 for magnitude, 2 for power

    Returns (channels, 1 + n_fft // 2, count), a view whose frames are contiguous.
    """
    n_fft = len(window)
    check_length(samples.shape[1], n_fft, center, pad_mode)
    if center:
        samples = np.pad(samples, ((0, 0), (n_fft // 2, n_fft // 2)), mode=pad_mode)  # type: ignore[call-overload]
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft, axis=-1)[:, ::hop]
    channels, count, _ = frames.shape
    window = window.astype(samples.dtype)
    dtype = np.result_type(samples, np.complex64) if power is None else samples.dtype
    out = np.empty((channels, count, 1 + n_fft // 2), dtype)
    step = max(1, BLOCK // n_fft)
    for channel in range(channels):
        for first in range(0, count, step):
            part = slice(first, first + step)
            spectrum = np.fft.rfft(frames[channel, part] * window)
            out[channel, part] = spectrum if power is None else _magnitude(spectrum, power)
    out.flags.writeable = False
    return out.swapaxes(1, 2)


def _magnitude(spectrum: np.ndarray, power: int) -> np.ndarray:
    return np.abs(spectrum) if power == 1 else spectrum.real**2 + spectrum.imag**2


def check_length(n: int, n_fft: int, center: bool, pad_mode: str) -> None:
    """Raise DataError where n samples make no frame, or are too few to reflect n_fft // 2 of them."""
    pad = n_fft // 2 if center else 0
    if pad and pad_mode == "reflect" and n <= pad:
        evidence = f"{n} samples; n_fft {n_fft} reflects {pad}, which takes at least {pad + 1}"
        raise DataError("signal is too short to reflect", evidence, "use pad_mode='constant' or a smaller n_fft")
    if not n or n + 2 * pad < n_fft:
        remedy = "use center=True with pad_mode='constant', or a smaller n_fft"
        raise DataError("signal is shorter than one frame", f"{n} samples, n_fft {n_fft}", remedy)


def istft(spectrum: np.ndarray, window: np.ndarray, hop: int, start: int, n: int) -> np.ndarray:
    """The n samples whose transform is nearest to `spectrum` in the least-squares sense.

    Overlap-add of the windowed inverse frames over the sum of the squared windows: Griffin and Lim, "Signal estimation
    from modified short-time Fourier transform", IEEE Trans. ASSP 32 (1984).

    spectrum : (channels, 1 + n_fft // 2, count) complex
    start : sample on which frame 0 begins, negative where it begins in padding

    Raises DataError where windows leave a sample uncovered (the NOLA condition).
    """
    n_fft = len(window)
    real = spectrum.real.dtype
    frames = np.fft.irfft(spectrum.swapaxes(1, 2), n=n_fft).astype(real, copy=False) * window.astype(real)
    inside = slice(-start, n - start)
    weight = _overlap_add(np.broadcast_to(window**2, frames.shape[1:])[None], hop, n - start)[0, inside]
    _check_covered(weight)
    return _overlap_add(frames, hop, n - start)[:, inside] / weight.astype(real)


def _overlap_add(frames: np.ndarray, hop: int, length: int) -> np.ndarray:
    """(channels, ≥ length) sum of (channels, count, n_fft) frames, each `hop` after the last.

    Frames are cut into pieces of one hop: piece r of all frames adds up in one slice, so the loop runs n_fft / hop
    times, not once per frame.
    """
    channels, count, n_fft = frames.shape
    pieces = -(-n_fft // hop)
    rows = max(count + pieces, -(-length // hop))
    out = np.zeros((channels, rows, hop), frames.dtype)
    for r in range(pieces):
        piece = frames[:, :, r * hop : (r + 1) * hop]
        out[:, r : r + count, : piece.shape[2]] += piece
    return out.reshape(channels, rows * hop)


def _check_covered(weight: np.ndarray) -> None:
    bare = np.flatnonzero(weight <= 1e-10 * weight.max(initial=0.0))
    if bare.size:
        evidence = f"{bare.size} of {weight.size} samples, from {bare[0]} to {bare[-1]}"
        remedy = "transform with center=True, a smaller hop or another window"
        raise DataError("the windows leave samples uncovered", evidence, remedy)

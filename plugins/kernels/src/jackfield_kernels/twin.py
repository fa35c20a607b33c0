"""The number loops in NumPy: what they mean, what the compiled code is tested against, and the fallback.

Arguments are already checked (see `_calls`); x and out are (channels, ...), of one floating type.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 1 << 18  # values of windowed frames made at a time: about what a core's cache holds


def stft(x: np.ndarray, window: np.ndarray, hop: int, start: int, pad: str, power: int | None, out: np.ndarray) -> None:
    """Write the transform of (channels, n) into (channels, n_fft // 2 + 1, count)."""
    for channel, result in zip(x, out, strict=True):
        for part, spectrum in spectra(channel, window, hop, start, result.shape[-1], pad, power):
            result[:, part] = spectrum.T


def mel_bands(
    x: np.ndarray,
    window: np.ndarray,
    hop: int,
    weights: np.ndarray,
    start: int,
    pad: str,
    power: int,
    log: str | None,
    floor: float,
    offset: float,
    top_db: float | None,
    dct: np.ndarray | None,
    out: np.ndarray,
) -> None:
    """Write the bands of (channels, n) into (channels, count, bands or coefs)."""
    for channel, result in zip(x, out, strict=True):
        count = len(result)
        bands = result if dct is None else np.empty((count, len(weights)), x.dtype)
        for part, spectrum in spectra(channel, window, hop, start, count, pad, power):
            bands[part] = logarithm(spectrum @ weights.T, power, log, floor, offset)
        if top_db is not None:
            # the loudest finite level: one broken frame must not lift all others to its own
            loudest = np.max(bands, initial=-np.inf, where=np.isfinite(bands))
            np.maximum(bands, loudest - top_db, out=bands)
        if dct is not None:
            np.matmul(bands, dct.T, out=result)


def spectra(
    x: np.ndarray, window: np.ndarray, hop: int, start: int, count: int, pad: str, power: int | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of frames and their (frames, n_fft // 2 + 1) spectra, so that memory does not grow with the signal."""
    step = max(1, BLOCK // max(len(window), hop))
    for first in range(0, count, step):
        last = min(first + step, count)
        windowed = frames(x, len(window), hop, start + first * hop, last - first, pad) * window
        spectrum = np.fft.rfft(windowed)
        yield slice(first, last), spectrum if power is None else magnitude(spectrum, power)


def frames(x: np.ndarray, n_fft: int, hop: int, start: int, count: int, pad: str) -> np.ndarray:
    """(count, n_fft) of (n,): row k is x[start + k * hop :][:n_fft]; a view unless padding is in reach."""
    stop = start + (count - 1) * hop + n_fft
    inside = start >= 0 and stop <= len(x)
    part = x[start:stop] if inside else padded(x, np.arange(start, stop), pad)
    return np.lib.stride_tricks.sliding_window_view(part, n_fft)[::hop]


def padded(x: np.ndarray, index: np.ndarray, pad: str) -> np.ndarray:
    """x[index] of (n,), with the values that `numpy.pad` would put before 0 and from n on."""
    n = len(x)
    if pad == "constant":
        out = np.zeros(len(index), x.dtype)
        inside = (index >= 0) & (index < n)
        out[inside] = x[index[inside]]
        return out
    if pad == "edge":
        return x[np.clip(index, 0, n - 1)]
    # forth and back for ever: the turning points once ("reflect") or twice ("symmetric")
    period, turn = (max(2 * n - 2, 1), 2 * n - 2) if pad == "reflect" else (2 * n, 2 * n - 1)
    index = index % period
    return x[np.minimum(index, turn - index)]


def magnitude(spectrum: np.ndarray, power: int) -> np.ndarray:
    """|spectrum| to the power 1 or 2."""
    if power == 1:
        return np.abs(spectrum)
    squares = np.square(spectrum.real)
    squares += np.square(spectrum.imag)
    return squares


def logarithm(bands: np.ndarray, power: int, log: str | None, floor: float, offset: float) -> np.ndarray:
    """The bands themselves (None), in dB over 1 ("db"), or natural logarithms ("ln"), from `floor` up."""
    if log is None:
        return bands
    bands = np.maximum(bands, floor)
    if log == "ln":
        return np.log(bands + offset)
    return (20 // power) * np.log10(bands)

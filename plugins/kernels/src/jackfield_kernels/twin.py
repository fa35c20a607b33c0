"""The number loops in NumPy: what they mean, what the compiled code is tested against, and the fallback.

Arguments are already checked (see `_calls`); x and out are (channels, ...), of one floating type.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 1 << 16  # values of windowed frames made at a time: what a core's cache holds beside their spectra
LARGE = 11  # primes up to it have a pass of their own in NumPy's transform


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
    weights = weights.astype(np.float64, copy=False)  # as the spectra are
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
            # in float64: the roundings of a float32 sum of 128 bands would be the largest error of all
            for first in range(0, count, BLOCK):
                part = slice(first, first + BLOCK)
                result[part] = bands[part].astype(np.float64) @ dct.T


def spectra(
    x: np.ndarray, window: np.ndarray, hop: int, start: int, count: int, pad: str, power: int | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of frames and their (frames, n_fft // 2 + 1) spectra, which are good until the next block is asked for.

    They are in float64 where float32 would err by more than 3e-7 of the largest value: a power doubles relative errors,
    and lengths with large prime factors take several transforms.
    """
    n_fft = len(window)
    # norm="forward" divides by n_fft: with the default norm NumPy would cast float32 to and fro
    window = window * n_fft
    step = min(count, max(1, BLOCK // max(n_fft, hop)))
    dtype = np.float64 if power or largest_prime(n_fft) > LARGE else x.dtype
    # kept from block to block: memory fresh from the system costs as much as the transform
    windowed = np.empty((step, n_fft), dtype)
    spectrum = np.empty((step, n_fft // 2 + 1), np.result_type(dtype, np.complex64))
    for first in range(0, count, step or 1):
        size = min(step, count - first)
        np.multiply(frames(x, n_fft, hop, start + first * hop, size, pad), window, out=windowed[:size])
        block = np.fft.rfft(windowed[:size], norm="forward", out=spectrum[:size])
        yield slice(first, first + size), block if power is None else magnitude(block, power)


def largest_prime(n: int) -> int:
    """The largest prime factor, 1 for 1."""
    factor = 2
    while factor * factor <= n:
        if n % factor:
            factor += 1
        else:
            n //= factor
    return n


def frames(x: np.ndarray, n_fft: int, hop: int, start: int, count: int, pad: str) -> np.ndarray:
    """(count, n_fft) of (n,): row k is x[start + k * hop :][:n_fft]; a view unless padding is in reach."""
    stop = start + (count - 1) * hop + n_fft
    part = x[start:stop] if start >= 0 and stop <= len(x) else padded(x, start, stop, pad)
    return np.lib.stride_tricks.sliding_window_view(part, n_fft)[::hop]


def padded(x: np.ndarray, start: int, stop: int, pad: str) -> np.ndarray:
    """x[start:stop] of (n,), with the values that `numpy.pad` would put before 0 and from n on."""
    n = len(x)
    left, right = min(max(start, 0), stop), max(min(stop, n), start)
    inside = x[left:right]
    before, after = outside(x, np.arange(start, left), pad), outside(x, np.arange(max(right, left), stop), pad)
    return np.concatenate([before, inside, after])


def outside(x: np.ndarray, index: np.ndarray, pad: str) -> np.ndarray:
    """Values of the padding at these indices below 0 or from n on."""
    n = len(x)
    if pad == "constant":
        return np.zeros(len(index), x.dtype)
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

"""Rounding to codes: arguments checked once, then the compiled code or its NumPy twin."""

from __future__ import annotations

from typing import Literal

import numpy as np

from . import quantize_twin as twin
from ._level import choice, team

Dither = Literal["none", "rpdf", "tpdf", "tpdf-highpass"]
DITHERS = ("none", "rpdf", "tpdf", "tpdf-highpass")
CODES = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32}


def quantize(
    x: np.ndarray,
    out: np.ndarray,
    *,
    bits: int,
    dither: Dither = "none",
    seed: int = 0,
    start: int = 0,
    threads: int = 1,
) -> int:
    """Round x · 2^(bits − 1) + dither, halves to even, into `out`; returns how many codes had to be kept in range.

    x : (channels, n) float32 or float64, full scale ±1, finite
    out : (channels, n) int8, int16, int32 for signed codes; uint8, uint16, uint32 for codes with 2^(bits − 1) as zero
    bits : 2 up to the width of `out`
    dither : "none"; "rpdf", uniform in ±1/2 code; "tpdf", triangular in ±1; "tpdf-highpass", the same with less of it
        at low frequencies
    seed : of the dither; every channel has its own
    start : index of the first sample: a signal's blocks give the codes of the whole
    threads : upper limit; the result does not depend on it

    Raises TypeError for other dtypes, ValueError for shapes and values that make no sense.

    >>> codes = np.empty((1, 4), np.uint8)
    >>> quantize(np.array([[-1.0, 0.0, 0.3, 1.0]]), codes, bits=8), codes.tolist()
    (1, [[0, 128, 166, 255]])
    """
    _check(x, out, bits)
    if dither not in DITHERS:
        raise ValueError(f"dither must be one of {', '.join(DITHERS)}, got {dither!r}")
    if start < 0 or seed < 0:
        raise ValueError(f"start and seed must be 0 or more, got {start} and {seed}")
    threads = team(threads)
    native = choice().native
    # the compiled code computes in float32 and counts samples in 32 bits
    if native and out.itemsize <= 2 and x.dtype == np.float32 and start + x.shape[1] < 1 << 32:
        keys = [int(twin.channel_key(seed, channel, 0)) for channel in range(len(x))]
        made = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
        samples = np.ascontiguousarray(x)
        kept = native.quantize(choice().number, samples, made, bits, dither, keys, start, threads)
        if made is not out:
            out[:] = made
        return int(kept)
    return twin.quantize(x, out, bits=bits, dither=dither, seed=seed, start=start)


def shape(
    x: np.ndarray, out: np.ndarray, *, bits: int, taps: np.ndarray, errors: np.ndarray, seed: int = 0, start: int = 0
) -> int:
    """Round with triangular dither and feed the error of past samples back: noise leaves by 1 − Σ taps[j] z^−(j+1).

    x, out, bits, seed, start : as in `quantize`
    taps : (m,) float64; errors : (channels, m) float64, last error first; 0 at the beginning, updated in place

    Returns how many codes had to be kept in range. Every level gives the same codes.

    Raises TypeError and ValueError as `quantize`.
    """
    _check(x, out, bits)
    if taps.ndim != 1 or errors.shape != (len(x), taps.size) or taps.dtype != float or errors.dtype != float:
        raise ValueError(f"taps must be (m,) and errors (channels, m) float64, got {taps.shape} and {errors.shape}")
    native = choice().native
    if not native:
        return twin.shape(x, out, bits=bits, taps=taps, errors=errors, seed=seed, start=start)
    zero = 1 << (bits - 1) if out.dtype.kind == "u" else 0
    kept, codes = 0, np.empty(x.shape[1], np.int64)
    for channel, row in enumerate(x):
        samples, noise = row.astype(np.float64), twin.noise("tpdf", seed, channel, start, row.size)
        past = np.ascontiguousarray(errors[channel])
        kept += native.shape(samples, noise, np.ascontiguousarray(taps), past, codes, bits)
        errors[channel] = past
        out[channel] = codes + zero
    return kept


def _check(x: np.ndarray, out: np.ndarray, bits: int) -> None:
    if x.dtype not in (np.float32, np.float64) or out.dtype.name not in CODES:
        raise TypeError(f"x must be float32 or float64 and out integers, got {x.dtype} and {out.dtype}")
    if x.ndim != 2 or x.shape != out.shape:
        raise ValueError(f"x and out must be (channels, n), got {x.shape} and {out.shape}")
    if not 2 <= bits <= CODES[out.dtype.name]:
        raise ValueError(f"bits must be 2 to {CODES[out.dtype.name]} for {out.dtype}, got {bits}")

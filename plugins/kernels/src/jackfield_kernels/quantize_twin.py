"""Samples to integer codes with dither: the specification of `quantize`, in NumPy.

Dither comes from a hash of the sample's index, not from a generator with a state: any block of any channel can be
computed by itself, in any order and on any number of threads, and gives the same codes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# finaliser of MurmurHash3 (Appleby, public domain), after a step by the golden ratio
GOLDEN, MIX_1, MIX_2 = (np.uint32(c) for c in (0x9E3779B9, 0x85EBCA6B, 0xC2B2AE35))
BLOCK = 1 << 16


def mixed(index: np.ndarray, key: np.uint32) -> np.ndarray:
    """32 random bits for every uint32 index."""
    h = index * GOLDEN + key
    h ^= h >> np.uint32(16)
    h *= MIX_1
    h ^= h >> np.uint32(13)
    h *= MIX_2
    h ^= h >> np.uint32(16)
    return h


def channel_key(seed: int, channel: int, high: int) -> np.uint32:
    """Key of one channel's dither; `high`: the sample index without its lower 32 bits."""
    key = np.uint32(seed & 0xFFFFFFFF)
    for part in (seed >> 32 & 0xFFFFFFFF, channel, high):
        key = mixed(np.array([part], np.uint32), key)[0]
    return key


def noise(kind: str, seed: int, channel: int, start: int, n: int) -> np.ndarray:
    """(n,) float64 dither in LSB for samples start … start + n − 1, multiples of 2⁻¹⁷.

    none : 0
    rpdf : uniform in ±1/2
    tpdf : triangular in ±1, the difference of two uniform values
    tpdf-highpass : triangular in ±1, the difference of this sample's uniform value and the last one's
    """
    if kind == "none":
        return np.zeros(n)
    out = np.empty(n)
    for a in range(0, n, BLOCK):
        index = np.arange(start + a - 1, start + min(a + BLOCK, n), dtype=np.int64)
        low, high = _uniforms(index, seed, channel)
        if kind == "rpdf":
            part = low[1:] - 0.5 + 2.0**-17
        elif kind == "tpdf":
            part = low[1:] - high[1:]
        else:
            part = low[1:] - low[:-1]
        out[a : a + BLOCK] = part
    return out


def _uniforms(index: np.ndarray, seed: int, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform values in [0, 1) for every index, in steps of 2⁻¹⁶."""
    bits = np.empty(index.size, np.uint32)
    # the value before sample 0 is of the first key too
    upper = np.maximum(index >> 32, 0)
    for high in np.unique(upper).tolist():
        here = upper == high
        bits[here] = mixed(index[here].astype(np.uint32), channel_key(seed, channel, high))
    return (bits & np.uint32(0xFFFF)) * 2.0**-16, (bits >> np.uint32(16)) * 2.0**-16


def working_type(x: np.ndarray, bits: int) -> Any:
    """float32 holds 16-bit codes with dither exactly enough; everything else is computed in float64."""
    return np.float32 if x.dtype == np.float32 and bits <= 16 else np.float64


def quantize(x: np.ndarray, out: np.ndarray, *, bits: int, dither: str, seed: int, start: int) -> int:
    """Round x · 2^(bits − 1) + dither, halves to even, into `out`; returns how many codes had to be kept in range."""
    real = working_type(x, bits)
    half = 1 << (bits - 1)
    zero = half if out.dtype.kind == "u" else 0
    kept = 0
    for channel, (row, codes) in enumerate(zip(x, out, strict=True)):
        for a in range(0, row.size, BLOCK):
            part = row[a : a + BLOCK].astype(real) * real(half)
            part += noise(dither, seed, channel, start + a, part.size).astype(real)
            rounded = np.rint(part)
            inside = np.clip(rounded, -half, half - 1)
            kept += int(np.count_nonzero(rounded != inside))
            codes[a : a + BLOCK] = (inside.astype(np.int64) + zero).astype(out.dtype)
    return kept


def shape(
    x: np.ndarray, out: np.ndarray, *, bits: int, taps: np.ndarray, errors: np.ndarray, seed: int, start: int
) -> int:
    """Round with triangular dither and feed the errors of past samples back; `errors` is updated in place."""
    half = 1 << (bits - 1)
    zero = half if out.dtype.kind == "u" else 0
    kept = 0
    for channel, row in enumerate(x):
        past, added = errors[channel].tolist(), noise("tpdf", seed, channel, start, row.size).tolist()
        weights, codes = taps.tolist(), []
        for value, d in zip((row.astype(np.float64) * half).tolist(), added, strict=True):
            for weight, error in zip(weights, past, strict=True):
                value -= weight * error
            rounded = float(round(value + d))
            # of the code before it is kept in range: the loop must not wind up while the signal is too loud
            past = [rounded - value, *past][: len(weights)]
            inside = min(max(rounded, -half), half - 1)
            kept += rounded != inside
            codes.append(int(inside) + zero)
        errors[channel] = past
        out[channel] = codes
    return kept

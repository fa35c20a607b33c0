"""Sinusoids by rotation: per block of samples an exact phase, times one block of turns shared by all blocks.

cos(2π(f(s + j) + φ)) = Re(e^{2πi(fs + φ)} · e^{2πifj}): with the anchors s as rows and j as columns every block of
every sinusoid is one matrix product, and only the anchors and one block need a cosine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BLOCK = 256  # samples: anchors and turns stay in the cache while the product is written
TOGETHER = 64  # sinusoids per product; the anchors of so many take half as many bytes as the result

Turns = Callable[[np.ndarray], np.ndarray]


def turns(frequency: np.ndarray) -> Turns:
    """Function of integer samples t (below 2**26) → f·t modulo 1, (frequencies, t), exact to the last bits.

    f·t itself would lose as many digits as t has; the upper half of f times t is exact, so its whole turns fall off
    without a trace.
    """
    upper = np.round(frequency * 2.0**27) / 2.0**27
    lower = frequency - upper

    def fractions(t: np.ndarray) -> np.ndarray:
        return np.remainder(np.multiply.outer(upper, t), 1.0) + np.multiply.outer(lower, t)

    return fractions


def bin_turns(bins: np.ndarray, n: int) -> Turns:
    """The same for k / n: whole turns are taken off in integers."""
    return lambda t: np.multiply.outer(bins.astype(np.int64), t) % n / n


def waves(amplitudes: np.ndarray, phases: Turns, n: int, dtype: np.dtype) -> np.ndarray:
    """Sums of sinusoids: Re Σ_k amplitudes[l, k] · e^{2πi·phases(t)[k]} for every lane l; (lanes, n).

    amplitudes : (lanes, k) complex
    dtype : of the result; complex keeps the imaginary part
    """
    lanes, count = amplitudes.shape
    if not (n and count):
        return np.zeros((lanes, n), dtype)
    starts, steps = np.arange(0, n, BLOCK), np.arange(min(BLOCK, n))
    anchors = np.exp(2j * np.pi * phases(starts))
    block = np.exp(2j * np.pi * phases(steps))
    out = np.empty((lanes * starts.size, steps.size), dtype)
    for first in range(0, count, TOGETHER):
        some = slice(first, first + TOGETHER)
        left = np.moveaxis(amplitudes[:, some, None] * anchors[some], 1, -1).reshape(out.shape[0], -1)
        right = block[some]
        if out.dtype.kind == "f":
            left, right = np.concatenate([left.real, -left.imag], 1), np.concatenate([right.real, right.imag])
        left, right = left.astype(dtype, copy=False), right.astype(dtype, copy=False)
        if first:
            out += left @ right
        else:
            np.matmul(left, right, out=out)
    return out.reshape(lanes, -1)[:, :n]

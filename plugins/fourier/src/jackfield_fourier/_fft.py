"""One-dimensional Fourier transforms along the last axis, unscaled forward, 1/n backward."""

from __future__ import annotations

import numpy as np

LONG = 1 << 19  # samples per lane; importing scipy.fft costs 0.7 s, which shorter transforms would not win back


def forward(x: np.ndarray) -> np.ndarray:
    """One-sided spectrum of real x, full spectrum of complex x."""
    if x.shape[-1] < LONG:
        return np.fft.fft(x) if np.iscomplexobj(x) else np.fft.rfft(x)
    import scipy.fft

    split = 0 if np.iscomplexobj(x) else _split(x.shape[-1])
    if split:
        return _long_forward(x, split)
    spectrum: np.ndarray = scipy.fft.fft(x) if np.iscomplexobj(x) else scipy.fft.rfft(x)
    return spectrum


def backward(spectrum: np.ndarray, n: int, real: bool) -> np.ndarray:
    """The inverse of `forward` for n samples."""
    if n < LONG:
        return np.fft.irfft(spectrum, n) if real else np.fft.ifft(spectrum, n)
    import scipy.fft

    split = _split(n) if real else 0
    if split:
        return _long_backward(spectrum, n, split)
    x: np.ndarray = scipy.fft.irfft(spectrum, n) if real else scipy.fft.ifft(spectrum, n)
    return x


# A long transform as two sets of short ones, which stay in the cache and go several at a time through the processor's
# vectors (D. H. Bailey, "FFTs in external or hierarchical memory", 1990). With n = a·b, j = b·j1 + j2, k = k1 + a·k2:
# X[k] = Σ_j2 e^{−2πi j2 k2 / b} · e^{−2πi j2 k1 / n} · Σ_j1 e^{−2πi j1 k1 / a} x[j]
# For real x the rows k1 and a − k1 are mirror images, so a // 2 + 1 of them are enough.


def _split(n: int) -> int:
    """The even divisor b of n nearest to its square root; 0 if no two factors are of at least 64."""
    root = round(n**0.5)
    near = (b for d in range(root) for b in (root + d, root - d) if b > 0 and n % b == 0 and b % 2 == 0)
    b = next(near, 0)
    return b if b >= 64 and n // b >= 64 else 0


def _twist(a: int, b: int, dtype: np.dtype, sign: int) -> np.ndarray:
    """e^{sign·2πi·j2·k1 / n} for k1 up to a // 2 and all j2, from two small tables per row."""
    step = next(d for d in range(round(b**0.5), 0, -1) if b % d == 0)
    turn = sign * 2j * np.pi / (a * b) * np.arange(a // 2 + 1)[:, None]
    coarse, fine = np.exp(turn * np.arange(0, b, step)), np.exp(turn * np.arange(step))
    return (coarse[:, :, None].astype(dtype) * fine[:, None, :].astype(dtype)).reshape(-1, b)


def _long_forward(x: np.ndarray, b: int) -> np.ndarray:
    from scipy.fft import fft, rfft

    n = x.shape[-1]
    a, half = n // b, n // b // 2 + 1
    rows = rfft(x.reshape(*x.shape[:-1], a, b), axis=-2)
    rows *= _twist(a, b, rows.dtype, -1)
    rows = fft(rows, axis=-1, overwrite_x=True)
    out = np.empty((*x.shape[:-1], n // 2 + 1), rows.dtype)
    bins = out[..., :-1].reshape(*x.shape[:-1], b // 2, a)
    bins[..., :half] = np.swapaxes(rows[..., : b // 2], -1, -2)
    mirror = rows[..., a - half : 0 : -1, : b // 2 - 1 : -1]
    np.conjugate(np.swapaxes(mirror, -1, -2), out=bins[..., half:])
    out[..., -1] = rows[..., 0, b // 2]
    return out


def _long_backward(spectrum: np.ndarray, n: int, b: int) -> np.ndarray:
    from scipy.fft import ifft, irfft

    lanes = spectrum.shape[:-1]
    a, half = n // b, n // b // 2 + 1
    rows = np.empty((*lanes, half, b), spectrum.dtype)
    lower = spectrum[..., :-1].reshape(*lanes, b // 2, a)[..., :half]
    upper = spectrum[..., 1:].reshape(*lanes, b // 2, a)[..., ::-1, ::-1][..., :half]
    rows[..., : b // 2] = np.swapaxes(lower, -1, -2)
    np.conjugate(np.swapaxes(upper, -1, -2), out=rows[..., b // 2 :])
    rows = ifft(rows, axis=-1, overwrite_x=True)
    rows *= _twist(a, b, rows.dtype, 1)
    x: np.ndarray = irfft(rows, a, axis=-2, overwrite_x=True)
    return x.reshape(*lanes, n)

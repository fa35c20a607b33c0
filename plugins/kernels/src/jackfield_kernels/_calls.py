"""What plugins call: arguments checked once, then the compiled code or its NumPy twin."""

from __future__ import annotations

import math
from numbers import Integral
from operator import index
from types import ModuleType
from typing import Literal

import numpy as np

from . import twin
from ._level import choice, team
from ._memory import empty

Pad = Literal["constant", "edge", "reflect", "symmetric"]
PADS = ("constant", "edge", "reflect", "symmetric")
COMPLEX = {np.dtype("f4"): np.dtype("c8"), np.dtype("f8"): np.dtype("c16")}
REACH = 2**60  # samples: frames further away cannot be counted in 64 bits
AT_ONCE = 1024  # frames that are made apart where memory has another order than theirs
NORMAL = 1.2e-38  # the compiled logarithm takes no smaller float32


def stft(
    x: np.ndarray,
    window: np.ndarray,
    hop: int,
    *,
    start: int = 0,
    count: int,
    pad: Pad = "constant",
    power: Literal[1, 2] | None = None,
    threads: int = 1,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """One-sided short-time Fourier transform of frames at exactly the samples that are asked for.

    Frame k is x[start + k * hop : start + k * hop + n_fft] times the window.

    x : (..., n) float32 or float64
    window : (n_fft,) real, already scaled, and padded to n_fft; the length need not be a power of two
    hop : samples from one frame to the next, 1 or more
    start : sample on which frame 0 begins; -(n_fft // 2) centres frame k on sample k * hop
    count : number of frames; any, since samples outside [0, n) follow `pad`
    pad : "constant" (zeros), "reflect" (the edge not repeated), "edge", "symmetric" (the edge repeated), as numpy.pad
    power : None for complex values, 1 for magnitude, 2 for power
    threads : upper limit; the result does not depend on it
    out : array of the result's shape and dtype to write into; each frame's values side by side cost no copy

    Returns (..., n_fft // 2 + 1, count) in the precision of x; without `out` a transposed view of frame-major memory,
    which is the quickest to write.

    Raises TypeError for another dtype, ValueError for shapes and values that make no sense.

    >>> tone = np.cos(2 * np.pi * 8 / 64 * np.arange(640)).astype("f4")
    >>> power = stft(tone, np.ones(64), 64, count=10, power=2)
    >>> power.shape, int(power[:, 3].argmax()), float(power[8, 3].round(2))
    ((33, 10), 8, 1024.0)
    """
    x, threads = _signal(x), team(threads)
    window = _window(window, x, hop, start, count, pad)
    if power is not None and not _is_power(power):
        raise ValueError(f"power must be None, 1 or 2, got {power!r}")
    dtype = COMPLEX[x.dtype] if power is None else x.dtype
    shape = (*x.shape[:-1], len(window) // 2 + 1, count)
    if out is None:
        out = empty((*shape[:-2], count, shape[-2]), dtype).swapaxes(-1, -2)
        rows = _rows(out, 2)
    else:
        _check_out(out, shape, dtype)
        rows = _out_rows(out)
    if not out.size:
        return out
    if native := _native(x, window):
        x = _dense(_rows(x, 1))
        frames = rows.swapaxes(1, 2)
        step = count if _is_dense(frames) else AT_ONCE
        for first in range(0, count, step):
            part = frames[:, first : first + step]
            made = part if step == count else np.empty(part.shape, dtype)
            memory = made if power else made.view(np.float32)
            begin = start + first * hop
            native.stft(choice().number, x, window, hop, begin, part.shape[1], pad, power or 0, memory, threads)
            if made is not part:
                part[:] = made
    else:
        twin.stft(_rows(x, 1), window, hop, start, pad, power, rows)
    return out


def mel_bands(
    x: np.ndarray,
    window: np.ndarray,
    hop: int,
    weights: np.ndarray,
    *,
    start: int = 0,
    count: int,
    pad: Pad = "constant",
    power: Literal[1, 2] = 2,
    log: Literal["db", "ln"] | None = None,
    floor: float = 1e-10,
    offset: float = 0.0,
    top_db: float | None = None,
    dct: np.ndarray | None = None,
    threads: int = 1,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Weighted sums of each frame's spectrum, then logarithm and cosine transform, without keeping the spectrogram.

    x, window, hop, start, count, pad, threads : as in `stft`
    weights : (bands, n_fft // 2 + 1), such as triangles on the mel scale
    power : 2 sums the power spectrum, 1 the magnitudes
    log : None: the sums; "db": 10 log10 of them (20 for power 1); "ln": the natural logarithm
    floor : sums below it count as it, before the logarithm; the default is librosa's
    offset : added to the sums before "ln"
    top_db : raise levels to so many dB under the loudest finite one of their own clip (with "db" only)
    dct : (coefs, bands) matrix applied to each frame's levels; None: the levels
    out : (..., count, bands or coefs) array to write into; C order costs no copy

    Returns (..., count, bands or coefs) in the precision of x: a row per frame.

    Raises TypeError for another dtype, ValueError for shapes and values that make no sense.

    >>> tone = np.cos(2 * np.pi * 8 / 64 * np.arange(640)).astype("f4")
    >>> halves = np.repeat(np.eye(2), [16, 17], axis=1)
    >>> mel_bands(tone, np.ones(64), 64, halves, count=10, log="db", floor=1.0)[3].round(1).astype(int).tolist()
    [30, 0]
    """
    x, threads = _signal(x), team(threads)
    window = _window(window, x, hop, start, count, pad)
    weights = _matrix(weights, "weights", len(window) // 2 + 1, x.dtype)
    dct = None if dct is None else _matrix(dct, "dct", len(weights), np.dtype(float))
    if not _is_power(power) or log not in (None, "db", "ln"):
        raise ValueError(f"power must be 1 or 2 and log None, 'db' or 'ln', got {power!r} and {log!r}")
    if log == "db" and not floor > 0:
        raise ValueError(f"floor must be above 0 with log='db', got {floor}")
    if log == "ln" and not floor + offset > 0:
        raise ValueError(f"floor + offset must be above 0 with log='ln', got {floor} + {offset}")
    if top_db is not None and (log != "db" or not top_db >= 0):
        raise ValueError(f"top_db takes log='db' and a value of 0 or more, got {top_db} and log={log!r}")
    shape = (*x.shape[:-1], count, len(weights if dct is None else dct))
    if out is None:
        out = np.empty(shape, x.dtype)
    else:
        _check_out(out, shape, x.dtype)
    rows = _out_rows(out)
    if not out.size:
        return out
    least = np.inf if log is None else floor + (offset if log == "ln" else 0.0)
    if least >= NORMAL and (native := _native(x, window)):
        x = _dense(_rows(x, 1))
        made = rows if _is_dense(rows) else np.empty(rows.shape, x.dtype)
        settings = (start, count, pad, power, log or "", floor, offset, top_db, dct, made, threads)
        native.mel_bands(choice().number, x, window, hop, weights, *settings)
        if made is not rows:
            rows[:] = made
    else:
        twin.mel_bands(_rows(x, 1), window, hop, weights, start, pad, power, log, floor, offset, top_db, dct, rows)
    return out


def _signal(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x)
    if x.dtype not in COMPLEX:
        raise TypeError(f"x must be float32 or float64, got {x.dtype}")
    if not x.ndim:
        raise ValueError("x must be (..., n), got a single number")
    return x


def _is_power(power: object) -> bool:
    return isinstance(power, Integral) and power in (1, 2)


def _window(window: np.ndarray, x: np.ndarray, hop: int, start: int, count: int, pad: str) -> np.ndarray:
    """The window in the precision of x, once everything about the frames is known to make sense."""
    if np.iscomplexobj(window):
        raise TypeError(f"window must be real, got {np.asarray(window).dtype}")
    window = np.asarray(window, x.dtype)
    if window.ndim != 1 or not len(window):
        raise ValueError(f"window must be (n_fft,), got shape {window.shape}")
    for name, value, least in (("hop", hop, 1), ("count", count, 0)):
        if index(value) < least:
            raise ValueError(f"{name} must be {least} or more, got {value}")
    if abs(index(start)) + (count + 1) * hop > REACH:
        raise ValueError(f"frames reach beyond 64-bit positions: start {start}, hop {hop}, count {count}")
    if pad not in PADS:
        raise ValueError(f"pad must be one of {', '.join(PADS)}, got {pad!r}")
    if count and not x.shape[-1] and pad != "constant":
        raise ValueError(f"no samples to pad from with pad={pad!r}; only 'constant' needs none")
    return window


def _matrix(matrix: np.ndarray, name: str, columns: int, dtype: np.dtype) -> np.ndarray:
    if np.ndim(matrix) != 2 or np.shape(matrix)[1] != columns:
        raise ValueError(f"{name} must be (rows, {columns}), got shape {np.shape(matrix)}")
    return np.ascontiguousarray(matrix, dtype)


def _check_out(out: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> None:
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out must be {shape} {dtype}, got {out.shape} {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")


def _native(x: np.ndarray, window: np.ndarray) -> ModuleType | None:
    """The compiled module if it can do this: float32, and a frame that it has a fast transform for."""
    native = choice().native
    return native if native and x.dtype == np.float32 and native.has_plan(len(window)) else None


def _is_dense(array: np.ndarray) -> bool:
    return array.strides[-1] == array.itemsize or array.shape[-1] < 2


def _dense(array: np.ndarray) -> np.ndarray:
    return array if _is_dense(array) else np.ascontiguousarray(array)


def _rows(array: np.ndarray, keep: int) -> np.ndarray:
    """Leading axes as one, the last `keep` as they are."""
    if array.ndim == keep + 1:
        return array
    lead = array.shape[: array.ndim - keep]
    return array.reshape(math.prod(lead), *array.shape[len(lead) :])


def _out_rows(out: np.ndarray) -> np.ndarray:
    """Leading axes as one, as a view, since `out` is written through it."""
    rows = _rows(out, 2)
    if out.size and not np.may_share_memory(rows, out):
        raise ValueError(f"the leading axes of out must follow each other in memory, got strides {out.strides}")
    return rows

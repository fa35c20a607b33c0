"""Resizing of plain arrays of every dtype, with weights and without."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from jackfield_kernels import separable

from jackfield import ConfigError, DataError

from ._axes import Change, changes, indexing, numbered
from ._taps import whole

if TYPE_CHECKING:
    from . import Resize

EXACT = 1 << 53  # integers up to here are exact in float64
LONGEST = 1 << 31  # elements of an axis
MOST_BYTES = 1 << 40


def array_of(x: Any) -> np.ndarray:
    """What is like an array; DataError for what is not."""
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise DataError("resize takes an array", str(error)) from None


def resize_array(x: np.ndarray, how: Resize, weights: Any = None, threads: int = 1) -> np.ndarray:
    """An array, resized; all axes unless `how` names some."""
    if x.ndim == 0:
        raise DataError("a single value has no axis to resize", f"got {type(x.item()).__name__}", "give an array")
    return resize_axes(x, how, changes(how, x.shape, numbered(how.axes, x.ndim)), weights, threads)


def resize_axes(
    x: np.ndarray, how: Resize, along: tuple[Change, ...], weights: Any = None, threads: int = 1
) -> np.ndarray:
    """An array, resized along the axes that are given.

    weights : shape that broadcasts to x's, finite and 0 or more; a new value is sum(w · x) / sum(w) of its neighbours

    Raises DataError for values that cannot be averaged, and for results beyond memory.
    """
    _check_wishes(how, weights, threads)
    work = _working_dtype(x, how.mode)
    _check_room(x, along)
    try:
        return _resized(x, how, along, work, weights, threads)
    except MemoryError as error:
        raise DataError("the result does not fit into memory", str(error), "resize fewer axes at a time") from None


def _resized(
    x: np.ndarray, how: Resize, along: tuple[Change, ...], work: str | None, weights: Any, threads: int
) -> np.ndarray:
    taps = _taps(x.ndim, how, along, indexing(x.dtype.name) if work is None else work)
    if work is None:
        return separable(x, taps, threads=threads)
    values = np.ascontiguousarray(x, work)
    if weights is None and not (how.skip_nan and np.isnan(values).any()):
        if x.dtype.kind in "iu" and how.mode.startswith("area"):
            return _as(x.dtype, _exact_means(values, how, along, threads))
        return _as(x.dtype, separable(values, taps, threads=threads))
    share = _weights(weights, values, how)
    total = separable(share, taps, threads=threads)
    with np.errstate(invalid="ignore"):
        sums = separable(np.where(share > 0, values * share, 0), taps, threads=threads)
    if x.dtype.kind in "iu" and not (total > 0).all():
        raise DataError(
            "integers cannot say that nothing was averaged", f"{int((total <= 0).sum())} regions of weight 0"
        )
    with np.errstate(invalid="ignore"):
        return _as(x.dtype, np.where(total > 0, sums / total, np.nan))


def _taps(ndim: int, how: Resize, along: tuple[Change, ...], dtype: str) -> list[Any]:
    taps: list[Any] = [None] * ndim
    for change in along:
        taps[change.axis] = change.taps(how, dtype)
    return taps


def _exact_means(values: np.ndarray, how: Resize, along: tuple[Change, ...], threads: int) -> np.ndarray:
    """Sums of whole numbers, divided once: halves come out as halves, and are rounded as such."""
    taps: list[Any] = [None] * values.ndim
    sizes = np.ones((1,) * values.ndim)
    for change in along:
        taps[change.axis], size = whole(how.mode, change.n, change.m)
        sizes = sizes * np.expand_dims(size, tuple(k for k in range(values.ndim) if k != change.axis))
    return separable(values, taps, threads=threads) / sizes


def _check_wishes(how: Resize, weights: Any, threads: int) -> None:
    from . import AVERAGING

    if weights is not None and how.mode not in AVERAGING:
        raise ConfigError("weights are for means", f'mode "{how.mode}"', f"use one of {', '.join(AVERAGING)}")
    if not isinstance(threads, Integral) or threads < 1:
        raise ConfigError("threads must be a whole number from 1", f"got {threads!r}")


def _check_room(x: np.ndarray, along: tuple[Change, ...]) -> None:
    size = x.size
    for change in along:
        size = size // change.n * change.m
    if max((change.m for change in along), default=0) >= LONGEST or size * x.dtype.itemsize >= MOST_BYTES:
        shape = {change.axis: change.m for change in along}
        lengths = " × ".join(str(shape.get(axis, n)) for axis, n in enumerate(x.shape))
        evidence = f"{lengths} of {x.dtype.itemsize} bytes"
        raise DataError("the result does not fit into memory", evidence, "choose smaller sizes")


def _working_dtype(x: np.ndarray, mode: str) -> str | None:
    """In what values are mixed; None where nothing is."""
    kind = x.dtype.kind
    if x.size == 0:
        raise DataError("an empty array cannot be resized", f"shape {x.shape}")
    if kind == "c":
        evidence = f"dtype {x.dtype}: values of opposite phase would cancel"
        raise DataError("complex values cannot be resized", evidence, "resize magnitude or power")
    if kind not in "biuf" or x.dtype.itemsize > 8:
        raise DataError("resize takes numbers of up to 64 bits", f"dtype {x.dtype}")
    if mode.startswith("nearest"):
        return None
    if kind == "b":
        raise DataError("bool has no mean", f'mode "{mode}"', "use nearest, or x.astype(float)")
    if kind in "iu" and x.dtype.itemsize == 8 and (int(x.max()) > EXACT or int(x.min()) < -EXACT):
        evidence = f"range {x.min()}…{x.max()}, 2**53 = {EXACT}"
        raise DataError("integers beyond 2**53 would be rounded before they are averaged", evidence)
    return "float32" if kind == "f" and x.dtype.itemsize <= 4 else "float64"


def _weights(weights: Any, values: np.ndarray, how: Resize) -> np.ndarray:
    """(shape of values) weights, 0 where a value is NaN and is to be skipped."""
    given = np.asarray(1.0 if weights is None else weights)
    if given.dtype.kind not in "biuf":
        raise DataError("weights must be real numbers", f"dtype {given.dtype}")
    try:
        share = np.array(np.broadcast_to(given, values.shape), values.dtype)
    except ValueError:
        raise DataError("weights must fit the values", f"{given.shape}, values {values.shape}") from None
    if not (np.isfinite(share) & (share >= 0)).all():
        raise DataError("weights must be finite and 0 or more", f"range {share.min()}…{share.max()}")
    if how.skip_nan:
        share[np.isnan(values)] = 0
    return share


def _as(dtype: np.dtype, values: np.ndarray) -> np.ndarray:
    """Back in the dtype of the input; integers rounded half to even and held to their range."""
    if dtype.kind not in "iu":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    # float64 has no 2**63 - 1: the next lower one stays inside
    high = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max
    return np.clip(np.rint(values), limits.min, high).astype(dtype)

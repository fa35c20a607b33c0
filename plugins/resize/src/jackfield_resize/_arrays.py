"""Resizing of plain arrays of every dtype, with weights and without."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from jackfield_kernels import separable

from jackfield import ConfigError, DataError

from ._axes import Change, indexing, planned
from ._taps import whole

if TYPE_CHECKING:
    from . import Resize

P, R = ParamSpec("P"), TypeVar("R")
EXACT = 1 << 53  # integers up to here are exact in float64
HALF = 26  # bits; two halves of such an integer
MOST_BYTES = 1 << 40


def array_of(x: Any, wanted: str = "resize takes an array") -> np.ndarray:
    """What is like an array; DataError for what is not, and for masks, which would be lost."""
    try:
        array = np.asarray(x)
    except (TypeError, ValueError) as error:
        raise DataError(wanted, str(error)) from None
    if array.dtype == object and array.ndim == 0:
        raise DataError(wanted, f"got {type(x).__name__}")
    if np.ma.is_masked(x):
        evidence = f"{np.ma.count_masked(x)} of {array.size} values are masked"
        raise DataError("a mask would be lost", evidence, "give weights that are 0 there")
    return array


def within_memory(function: Callable[P, R]) -> Callable[P, R]:
    """What the machine has no memory for is the data's fault."""

    @wraps(function)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except MemoryError as error:
            raise DataError("the result does not fit into memory", str(error), "resize fewer axes at a time") from None

    return tried


@within_memory
def resize_array(x: np.ndarray, how: Resize, weights: Any = None, threads: int = 1) -> np.ndarray:
    """An array, resized; all axes unless `how` names some."""
    if x.ndim == 0:
        raise DataError("a single value has no axis to resize", f"got {type(x.item()).__name__}", "give an array")
    return resize_axes(x, how, planned(x, how), weights, threads)


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
    if work is None:
        return separable(x, _taps(x.ndim, how, along, indexing(x.dtype.name)), threads=threads)
    if weights is not None:
        return _weighted(x, how, along, _shares(weights, x.shape), threads)
    values = np.ascontiguousarray(x, work)
    if how.skip_nan and np.isnan(values).any():
        return _weighted(values, how, along, np.ones((), work), threads).astype(x.dtype, copy=False)
    if x.dtype.kind in "iu" and how.mode.startswith("area"):
        return _whole_means(x, how, along, threads)
    return _as(x.dtype, separable(values, _taps(x.ndim, how, along, work), threads=threads))


def _weighted(x: np.ndarray, how: Resize, along: tuple[Change, ...], weights: np.ndarray, threads: int) -> np.ndarray:
    """Means with weights, in the precision of these; NaN that is to be skipped has none."""
    values = np.ascontiguousarray(x, weights.dtype)
    share = np.array(np.broadcast_to(weights, x.shape))
    if how.skip_nan:
        share[np.isnan(values)] = 0
    if x.dtype.kind in "iu" and how.mode.startswith("area"):
        taps, _ = _whole_taps(x.ndim, how, along)
    else:
        taps = _taps(x.ndim, how, along, weights.dtype.name)
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


def _whole_taps(ndim: int, how: Resize, along: tuple[Change, ...]) -> tuple[list[Any], np.ndarray]:
    """Taps in whole numbers, and what to divide their sums by."""
    taps: list[Any] = [None] * ndim
    sizes = np.ones((1,) * ndim)
    for change in along:
        taps[change.axis], size = whole(how.mode, change.n, change.m)
        sizes = sizes * np.expand_dims(size, tuple(k for k in range(ndim) if k != change.axis))
    return taps, sizes


def _whole_means(x: np.ndarray, how: Resize, along: tuple[Change, ...], threads: int) -> np.ndarray:
    """Sums of whole numbers, divided once: halves come out as halves, and are rounded as such."""
    taps, sizes = _whole_taps(x.ndim, how, along)
    largest = max(int(x.max()), -int(x.min()))
    if largest * sizes.max() <= EXACT or sizes.max() > 1 << HALF:
        return _as(x.dtype, separable(x.astype(np.float64), taps, threads=threads) / sizes)
    # sums of either half are exact; what the upper one leaves over goes to the lower
    halves = (part.astype(np.float64) for part in (x >> HALF, x & ((1 << HALF) - 1)))
    upper, lower = (separable(part, taps, threads=threads).astype(np.int64) for part in halves)
    size = sizes.astype(np.int64)
    high, over = np.divmod(upper, size)
    low, over = np.divmod((over << HALF) + lower, size)
    mean = (high << HALF) + low
    up = (2 * over > size) | ((2 * over == size) & (mean % 2 == 1))
    return (mean + up).astype(x.dtype)


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
    if size * x.dtype.itemsize >= MOST_BYTES:
        shape = {change.axis: change.m for change in along}
        lengths = " × ".join(str(shape.get(axis, n)) for axis, n in enumerate(x.shape))
        evidence = f"{lengths} of {x.dtype.itemsize} bytes"
        raise DataError("the result does not fit into memory", evidence, "choose smaller sizes")


def _working_dtype(x: np.ndarray, mode: str) -> str | None:
    """In what values are mixed; None where nothing is."""
    kind = x.dtype.kind
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


def _shares(weights: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Weights in float64, by a power of two so that the largest is about 1: neither sums nor products overflow."""
    given = array_of(weights, "weights must be an array")
    if given.dtype.kind not in "biuf":
        raise DataError("weights must be real numbers", f"dtype {given.dtype}")
    try:
        np.broadcast_to(given, shape)
    except ValueError:
        raise DataError("weights must fit the values", f"{given.shape}, values {shape}") from None
    share = given.astype(np.float64)
    if not (np.isfinite(share) & (share >= 0)).all():
        raise DataError("weights must be finite and 0 or more", f"range {share.min()}…{share.max()}")
    return np.ldexp(share, -np.frexp(share.max())[1])


def _as(dtype: np.dtype, values: np.ndarray) -> np.ndarray:
    """Back in the dtype of the input; integers rounded half to even and held to their range."""
    if dtype.kind not in "iu":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    # float64 has no 2**63 - 1: the next lower one stays inside
    high = np.nextafter(float(limits.max), 0) if dtype.itemsize == 8 else limits.max
    return np.clip(np.rint(values), limits.min, high).astype(dtype)

"""Signals and grids on another grid: what becomes of rates, axes and frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from jackfield_kernels import separable

from jackfield import Axis, ConfigError, DataError, FrameGrid, Grid, Signal, Spec

from ._arrays import resize_axes, within_memory
from ._axes import Change, changes, indexing, numbered, planned
from ._taps import regions

if TYPE_CHECKING:
    from . import Resize


@within_memory
def resize_signal(signal: Signal, how: Resize, weights: Any = None, threads: int = 1) -> Signal:
    """Along time; the rate follows, and the history says where the new samples lie."""
    (change,) = planned(signal, how)
    samples = resize_axes(signal.samples, how, (change,), weights, threads)
    first, step = _even(change, how, signal.samples.dtype.name)
    note = f"{_name(how)} {change.n} to {change.m} samples, sample k at {_line(first, step)}"
    start = round(signal.start / step)
    return signal.replace(samples=samples, rate=signal.rate / float(step), start=start, note=note)


def _even(change: Change, how: Resize, dtype: str) -> tuple[Fraction, Fraction]:
    """Place of new element 0 and step; what is unevenly spaced lies within an element of it."""
    places = change.places(how, dtype)
    if isinstance(places, tuple):
        return places
    step = change.step(how)
    return (Fraction(0) if how.mode == "nearest" else (step - 1) / 2), step


def _line(first: Fraction, step: Fraction) -> str:
    return f"{float(step):.6g} k" + (f" {'+' if first > 0 else '-'} {abs(float(first)):.6g}" if first else "")


def _name(how: Resize) -> str:
    options = [word for word, on in (("align_corners", how.align_corners), ("antialias", how.antialias)) if on]
    return " ".join(["resize", how.mode, *options])


@within_memory
def resize_grid(grid: Grid, how: Resize, weights: Any = None, threads: int = 1) -> Grid:
    """Along the axes named, or along all but "channel"; see `Resize`."""
    values, along = grid.values, planned(grid, how)
    power = grid.scale == "db" and how.decibels == "power" and not how.mode.startswith("nearest")
    if power:
        resized = _decibels(values, how, along, weights, threads)
    else:
        resized = resize_axes(values, how, along, weights, threads)
    axes, frames = list(grid.axes), grid.frames
    for change in along:
        axes[change.axis] = _axis(grid.axes[change.axis], change, how, values.dtype.name)
        if change.axis == values.ndim - 1 and frames is not None:
            frames = _frames(frames, change, how, values.dtype.name)
    sizes = " × ".join(f"{c.n} to {c.m}" for c in along)
    note = f"{_name(how)} {sizes}" + (" as power" if power else "")
    if grid.frames is not None and frames is None:
        note += f", frames of {grid.frames.rate:g} Hz unevenly spaced or closer than samples"
    return grid.replace(values=resized, axes=tuple(axes), frames=frames, note=note)


def resized_spec(spec: Spec, how: Resize) -> Spec:
    """What will become of a signal, or of a grid whose axes are known by name."""
    dtype = "float64" if spec.itemsize == 8 else "float32"
    if spec.kind == "Signal":
        (change,) = changes(how, spec.shape, (len(spec.shape) - 1,))
        return replace(spec, shape=(*spec.shape[:-1], change.m), rate=spec.rate / float(_even(change, how, dtype)[1]))
    shape, frames = list(spec.shape), spec.frames
    for change in changes(how, spec.shape, numbered(how.axes, len(spec.shape), spec.axes)):
        shape[change.axis] = change.m
        if change.axis == len(shape) - 1 and frames is not None:
            frames = _frames(frames, change, how, dtype)
    return replace(spec, shape=tuple(shape), frames=frames)


def _decibels(values: np.ndarray, how: Resize, along: tuple[Change, ...], weights: Any, threads: int) -> np.ndarray:
    """The level of the mean power, in the dtype of the levels."""
    if how.mode in ("cubic", "bicubic", "lanczos"):
        remedy = 'use area or linear, or decibels="values"'
        raise ConfigError("power can come out below 0, which has no level", f'mode "{how.mode}" overshoots', remedy)
    if values.dtype.kind not in "iuf":
        raise DataError("levels must be numbers", f"dtype {values.dtype}")
    real = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    # relative to the loudest, so that no level is too high or too low for a power
    levels = values.astype(np.float64)
    top = np.max(levels, initial=-np.inf, where=np.isfinite(levels))
    top = top if np.isfinite(top) else np.float64(0)
    power = resize_axes(10 ** ((levels - top) / 10), how, along, weights, threads)
    with np.errstate(divide="ignore"):
        return (10 * np.log10(power) + top).astype(real)


def _axis(axis: Axis, change: Change, how: Resize, dtype: str) -> Axis:
    """The same axis at the new places; coordinates of its own become those of the new elements' centres of mass."""
    if axis.coordinates is not None:
        start, weights = change.taps(how, indexing(dtype) if how.mode.startswith("nearest") else "float64")
        taps = start, weights.astype(float)
        return replace(axis, coordinates=separable(axis.coordinates.astype(float), [taps]))
    if axis.step is None:
        return axis
    places, step = change.places(how, dtype), axis.step
    if isinstance(places, tuple):
        first, stride = (float(place) for place in places)
        return replace(axis, start=axis.start + first * step, step=stride * step)
    return replace(axis, coordinates=axis.start + places * step)


def _frames(frames: FrameGrid, change: Change, how: Resize, dtype: str) -> FrameGrid | None:
    """Frames that hold every sample that the new columns are made of; None where they are uneven, or too close."""
    places = change.places(how, dtype)
    if not isinstance(places, tuple):
        return None
    first, step = places
    hop, center, odd = frames.hop * step, frames.first_center + frames.hop * first, frames.window % 2
    if hop < 1:
        return None
    if hop.denominator == 1 and center.denominator == 2:
        # half a sample off: a window of the other parity has its middle there
        center, odd = center + Fraction(1 if odd else -1, 2), 1 - odd
    grid = FrameGrid(change.m, hop, 1, center, frames.n_samples, frames.rate)
    start, stop = regions(*change.taps(how, indexing(dtype)))
    # of all frames at once
    centers, (begin, _), (_, end) = grid.center(np.arange(change.m)), frames.span(start), frames.span(stop - 1)
    half = int(np.maximum(centers - begin, end - odd - centers).max())
    return replace(grid, window=2 * half + odd)

"""Whether the parts that a stream gives are what one call gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import Axis, Codes, Features, FrameGrid, Grid, Signal

# One block, blocks that fit nothing, single samples at first, and blocks of no samples in between.
CUTS: tuple[tuple[int, ...], ...] = ((), (1000, 257, 64), (1, 1, 2, 0, 701), (0, 333))


def cut(signal: Signal, sizes: tuple[int, ...]) -> Iterator[Signal]:
    """The signal in blocks of these sizes, over and over; without sizes, in one."""
    first, turn = 0, 0
    while first < signal.n:
        size = sizes[turn % len(sizes)] if sizes else signal.n
        yield replace(signal, samples=signal.samples[:, first : first + size], start=signal.start + first)
        first, turn = first + size, turn + 1


def difference(whole: Any, parts: list[Any]) -> str:
    """In which respect the parts put together are not the whole; an empty text where they are."""
    if not parts:
        return "the stream gave nothing" if array_of(whole).size else ""
    if odd := {type(p).__name__ for p in parts} - {type(whole).__name__}:
        return f"a part is {', '.join(odd)}, the whole {type(whole).__name__}"
    axis = 0 if isinstance(whole, Features) else -1
    arrays = [array_of(p) for p in parts]
    if len({a.shape[:axis] + a.shape[axis:][1:] for a in arrays}) > 1:
        return f"parts do not fit together: shapes {', '.join(str(a.shape) for a in arrays)}"
    joined, values = np.concatenate(arrays, axis=axis), array_of(whole)
    if joined.shape != values.shape or joined.dtype != values.dtype:
        return f"{joined.dtype} {joined.shape} from the parts, {values.dtype} {values.shape} from the whole"
    if not np.array_equal(joined, values, equal_nan=values.dtype.kind in "fc"):
        unequal = np.argwhere(~((joined == values) | ((joined != joined) & (values != values))))
        return f"{len(unequal)} of {values.size} values differ, first at {tuple(unequal[0].tolist())}"
    return _places(whole, parts)


def array_of(item: Any) -> np.ndarray:
    """The values of a Signal, Grid, Features or Codes."""
    array: np.ndarray = item.samples if isinstance(item, Signal) else item.values
    return array


def _places(whole: Any, parts: list[Any]) -> str:
    """The same of what stands beside the values: names, units, and where in time each part lies."""
    done = 0
    for part in parts:
        for name, said, wanted in _said(part, whole, done):
            if said != wanted:
                return f"{name} of the part from {done} on is {said}, not {wanted}"
        done += array_of(part).shape[0 if isinstance(whole, Features) else -1]
    return ""


def _said(part: Any, whole: Any, done: int) -> Iterator[tuple[str, Any, Any]]:
    same = {
        Signal: ("rate",),
        Grid: ("scale", "reference"),
        Features: ("names", "units"),
        Codes: ("rate", "bits", "signed"),
    }
    for name in same[type(whole)]:
        yield name, getattr(part, name), getattr(whole, name)
    if isinstance(whole, Signal):
        yield "start", part.start, whole.start + done
    if isinstance(whole, Grid):
        yield "axes", [_axis(a) for a in part.axes[:-1]], [_axis(a) for a in whole.axes[:-1]]
        if whole.axes[-1].coordinates is None:
            last = _axis(replace(whole.axes[-1], start=whole.axes[-1].at(done)))
            yield "last axis", _axis(part.axes[-1]), last
    if isinstance(whole, (Grid, Features)):
        yield "frames", _frames(part.frames, 0), _frames(whole.frames, done)


def _axis(axis: Axis) -> tuple[Any, ...]:
    at = axis.coordinates.tolist() if axis.coordinates is not None else (round(axis.start, 9), axis.step)
    return axis.name, axis.unit, at


def _frames(frames: FrameGrid | None, first: int) -> tuple[Any, ...] | None:
    """Where frames lie; how many there will be, and how long the signal is, only the end of a stream knows."""
    return None if frames is None else (frames.hop, frames.window, frames.center(first), frames.rate)

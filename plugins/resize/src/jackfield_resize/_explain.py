"""How one axis is resized: regions, weights, what becomes of the mean, and what other libraries answer."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from jackfield import ConfigError, DataError

from . import Resize
from ._arrays import array_of
from ._axes import Change
from ._peers import AREA, matrix
from ._taps import FAMILY, regions

MOST = 1000  # a longer table explains nothing


@dataclass(frozen=True)
class ResizeFacts:
    """One axis of n elements resized to m, on example values.

    values : (n,) example; result : (m,) of it
    regions : half-open range of old elements behind each new one
    weights : of each region's elements; each region's add up to 1
    shares : (n,) sum of an old element's weights; m / n for all where the mean stays
    drift : mean of the result minus mean of the values
    places : (m,) where the middle of each new element lies, in old elements
    answers : library → (m,) result of its area averaging; empty for other modes, in which torch's is the result
    note : what else is to be known
    """

    n: int
    m: int
    mode: str
    values: tuple[float, ...]
    result: tuple[float, ...]
    regions: tuple[tuple[int, int], ...]
    weights: tuple[tuple[float, ...], ...]
    shares: tuple[float, ...]
    drift: float
    places: tuple[float, ...]
    answers: dict[str, tuple[float, ...]]
    note: str


def explain(n: int, m: int, how: Resize, values: tuple[float, ...] | None) -> ResizeFacts:
    """See `explaining.explain_resize`."""
    if not all(isinstance(k, Integral) and not isinstance(k, bool) and 1 <= k <= MOST for k in (n, m)):
        raise ConfigError(f"explain takes lengths from 1 to {MOST}", f"got {n} and {m}")
    given = 1.0 + np.arange(n) ** 2 if values is None else array_of(values)
    if given.dtype.kind not in "iuf":
        raise DataError("the example must be numbers", f"got {values!r}")
    given = given.astype(float)
    if given.shape != (n,) or not np.isfinite(given).all():
        raise DataError("the example must be n finite numbers", f"{given.size} numbers, n {n}")
    change = Change(0, n, m)
    taps = change.taps(how, "float64")
    whole, (first, stop) = matrix(*taps, n), regions(*taps)
    result, area = whole @ given, FAMILY[how.mode].startswith("area")
    return ResizeFacts(
        n=n,
        m=m,
        mode=how.mode,
        values=_floats(given),
        result=_floats(result),
        regions=tuple(zip(first.tolist(), stop.tolist(), strict=True)),
        weights=tuple(_floats(row[a:b]) for row, a, b in zip(whole, first, stop, strict=True)),
        shares=_floats(whole.sum(axis=0)),
        drift=float(result.mean() - given.mean()),
        places=_floats(_places(change, how)),
        answers={name: _floats(weights(n, m) @ given) for name, weights in AREA.items()} if area else {},
        note=_note(n, m, how.mode, whole),
    )


def _places(change: Change, how: Resize) -> np.ndarray:
    places = change.places(how, "float64")
    if isinstance(places, tuple):
        return float(places[0]) + float(places[1]) * np.arange(change.m)
    return places


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(values.tolist())


def _note(n: int, m: int, mode: str, whole: np.ndarray) -> str:
    family = FAMILY[mode]
    if family.startswith("area") and m > n:
        if (np.count_nonzero(whole, axis=1) == 1).all():
            blurs = "every value repeats"
        elif family == "area-torch":
            blurs = "regions overlap, so that some values are means of two neighbours"
        else:
            blurs = "regions are smaller than an element, so that values repeat, mixed where a region crosses a border"
        return f"enlarging by area makes steps: {blurs}; use linear or cubic to get values in between"
    uneven = np.ptp(whole.sum(axis=0)) > 1e-9
    if family == "area-torch" and uneven:
        twice = int((np.count_nonzero(whole, axis=0) > 1).sum())
        return f"{n} / {m} is no integer: {twice} elements lie in two regions, so the mean moves; area-exact keeps it"
    if family.startswith("area"):
        return "every element counts the same, so the mean stays"
    if family.startswith("nearest") and m < n:
        return (
            f"{int((whole.sum(axis=0) == 0).sum())} of {n} elements are dropped: what is between is aliased; use area"
        )
    if m < n and (whole.sum(axis=0) == 0).any():
        return "some elements are not looked at: use antialias, or area, when shrinking"
    return "elements count differently, so the mean may move" if uneven else "every element counts the same"

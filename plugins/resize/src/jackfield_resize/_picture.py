"""Before and after, with brackets around the regions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jackfield import Grid, Signal

from ._axes import Change, planned, values_of
from ._explain import MOST
from ._taps import regions as element_regions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from . import Resize
    from ._explain import ResizeFacts

Item = Signal | Grid | np.ndarray
SUFFIXES = (".png", ".svg", ".pdf")
BRACKETS = 40  # more could not be told apart
BRACKET = "#c0504d"
LARGEST = 1e300
SIDE = 2000  # of a picture's pixels; larger images are drawn from every k-th


def regions(facts: ResizeFacts) -> Figure:
    """Example values as bars, a bracket per region, the result and, of area, the other libraries' answers."""
    figure = _figure(2)
    above, below = figure.subplots(2, sharex=True)
    places = np.array(facts.places)
    above.bar(np.arange(facts.n), facts.values, width=1, color="#b8c9d9", edgecolor="white")
    above.set_title(f"{facts.n} to {facts.m} by {facts.mode}, drift of the mean {facts.drift:+.3g}", fontsize=10)
    above.set_ylabel("before")
    _brackets(above, facts.regions)
    below.plot(places, facts.result, ".-", drawstyle="steps-mid", color="#1f4e79", label=facts.mode)
    for marker, (name, answer) in zip("osx+", facts.answers.items(), strict=False):
        below.plot(places, answer, marker, fillstyle="none", label=name)
    below.set_ylabel("after")
    below.set_xlabel("old element")
    below.legend(fontsize=8, ncols=3)
    return figure


def _brackets(axes: Any, bounds: Sequence[tuple[int, int]], rows: bool = False) -> None:
    """Under the elements, or to the left of rows, in two lines, since neighbours may overlap."""
    for j, (start, stop) in enumerate(bounds):
        depth = -0.06 - 0.07 * (j % 2)
        line = [start - 0.4, start - 0.4, stop - 0.6, stop - 0.6], [depth + 0.04, depth, depth, depth + 0.04]
        transform = axes.get_yaxis_transform() if rows else axes.get_xaxis_transform()
        axes.plot(*(line[::-1] if rows else line), color=BRACKET, lw=1.2, transform=transform, clip_on=False)
    if bounds:
        axes.tick_params(axis="y" if rows else "x", pad=38 if rows else 30, labelbottom=True)


def before_after(before: Item, after: Item, how: Resize) -> Figure:
    """Arrays of one axis as lines, of more as images of their last two axes (the first of everything else)."""
    arrays = [values_of(item) for item in (before, after)]
    dims = arrays[0].ndim
    figure = _figure(1 if dims > 1 else 2)
    panels = figure.subplots(*((1, 2) if dims > 1 else (2, 1)))
    if dims == 1:
        for axes, values, name in zip(panels, arrays, ("before", "after"), strict=True):
            axes.plot(_drawable(values), lw=1, drawstyle="steps-mid")
            axes.set_ylabel(name)
    else:
        images = [_image(values) for values in arrays]
        finite = images[0][np.isfinite(images[0])]
        low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
        for axes, image, values, name in zip(panels, images, arrays, ("before", "after"), strict=True):
            shown = axes.imshow(image, aspect="auto", origin="lower", vmin=low, vmax=high, interpolation="nearest",
                                extent=(-0.5, values.shape[-1] - 0.5, -0.5, values.shape[-2] - 0.5))  # fmt: skip
            axes.set_title(f"{name}: {' × '.join(map(str, values.shape))}", fontsize=10)
        figure.colorbar(shown)
    for change in planned(before, how):
        if change.axis >= dims - 2:
            _brackets(panels[0], _bounds(change, how), rows=change.axis < dims - 1)
    return figure


def _image(values: np.ndarray) -> np.ndarray:
    """(rows, columns) floats, thinned out to what a picture can show."""
    image = values[(0,) * (values.ndim - 2)]
    steps = (-(-size // SIDE) for size in image.shape)
    return _drawable(image[tuple(slice(None, None, step) for step in steps)])


def _drawable(values: np.ndarray) -> np.ndarray:
    """Floats whose differences are floats, and gaps for what is none."""
    floats = np.clip(values.astype(float), -LARGEST, LARGEST)
    return np.where(np.isfinite(values), floats, np.nan)


def _bounds(change: Change, how: Resize) -> list[tuple[int, int]]:
    """Regions of an axis, where they can be told apart."""
    if change.n == change.m or change.m > BRACKETS or change.n > MOST:
        return []
    first, stop = element_regions(*change.taps(how, "float64"))
    return list(zip(first.tolist(), stop.tolist(), strict=True))


def _figure(rows: int) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(9, 2.6 * rows + 1), layout="constrained")


def rendered(figure: Figure, path: str) -> bytes:
    """A picture file, by the suffix of its name."""
    # Figure.savefig takes the Agg canvas by itself; pyplot and its global state stay out
    content, suffix = io.BytesIO(), Path(path).suffix.lower()
    # the same bytes every time
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
    figure.savefig(content, format=suffix[1:], dpi=120, metadata=undated)
    return content.getvalue()

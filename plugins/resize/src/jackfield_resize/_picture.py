"""Before and after, with brackets around the regions."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jackfield import DataError, write_file

from ._explain import MOST

if TYPE_CHECKING:
    from ._explain import ResizeFacts

SUFFIXES = (".png", ".svg", ".pdf")
BRACKETS = 40  # more could not be told apart
SIDE = 2000  # of a picture's pixels; larger images are drawn from every k-th


def regions(facts: ResizeFacts, path: Path) -> None:
    """Example values as bars, a bracket per region, the result and the other libraries' answers."""
    figure = _figure(2)
    above, below = figure.subplots(2, sharex=True)
    places = (np.arange(facts.m) + 0.5) * facts.n / facts.m - 0.5
    above.bar(np.arange(facts.n), facts.values, width=1, color="#b8c9d9", edgecolor="white")
    above.set_title(f"{facts.n} to {facts.m} by {facts.mode}, drift of the mean {facts.drift:+.3g}", fontsize=10)
    above.set_ylabel("before")
    _brackets(above, facts.regions)
    below.step(*_steps(places, facts.result, facts.n / facts.m), color="#1f4e79", label=facts.mode)
    for marker, (name, answer) in zip("osx+", facts.answers.items(), strict=True):
        below.plot(places, answer, marker, fillstyle="none", label=name)
    below.set_ylabel("after")
    below.set_xlabel("old element")
    below.legend(fontsize=8, ncols=3)
    _save(figure, path)


def _steps(places: np.ndarray, values: Any, width: float) -> tuple[np.ndarray, np.ndarray]:
    edges = np.append(places - width / 2, places[-1] + width / 2)
    return edges, np.append(values[0], values)


def _brackets(axes: Any, bounds: Any) -> None:
    """Under the bars, in two rows, since neighbours may overlap."""
    if len(bounds) > BRACKETS:
        return
    for j, (start, stop) in enumerate(bounds):
        y = -0.06 - 0.07 * (j % 2)
        line = [start - 0.4, start - 0.4, stop - 0.6, stop - 0.6], [y + 0.04, y, y, y + 0.04]
        axes.plot(*line, color="#c0504d", lw=1.2, transform=axes.get_xaxis_transform(), clip_on=False)
    axes.tick_params(axis="x", pad=22, labelbottom=True)


def before_after(before: np.ndarray, after: np.ndarray, mode: str, path: Path) -> None:
    """Arrays of one axis as lines, of more as images of their last two axes (the first of everything else)."""
    if before.ndim == 0:
        raise DataError("a single number has no picture")
    figure = _figure(1 if before.ndim > 1 else 2)
    if before.ndim == 1:
        panels = figure.subplots(2)
        for axes, values, name in zip(panels, (before, after), ("before", "after"), strict=True):
            axes.plot(values, lw=1, drawstyle="steps-mid")
            axes.set_ylabel(name)
        _regions_of(panels[0], before.size, after.size, mode)
    else:
        images = [_image(values) for values in (before, after)]
        low, high = np.nanmin(images[0]), np.nanmax(images[0])
        for axes, image, values, name in zip(
            figure.subplots(1, 2), images, (before, after), ("before", "after"), strict=True
        ):
            shown = axes.imshow(image, aspect="auto", origin="lower", vmin=low, vmax=high, interpolation="nearest",
                                extent=(-0.5, values.shape[-1] - 0.5, -0.5, values.shape[-2] - 0.5))  # fmt: skip
            axes.set_title(f"{name}: {' × '.join(map(str, values.shape))}", fontsize=10)
            if name == "before":
                _regions_of(axes, before.shape[-1], after.shape[-1], mode)
        figure.colorbar(shown)
    _save(figure, path)


def _image(values: np.ndarray) -> np.ndarray:
    """(rows, columns) floats, thinned out to what a picture can show."""
    image = values[(0,) * (values.ndim - 2)]
    steps = (-(-size // SIDE) for size in image.shape)
    return image[tuple(slice(None, None, step) for step in steps)].astype(float)


def _regions_of(axes: Any, n: int, m: int, mode: str) -> None:
    """Brackets of a whole axis, where they can be told apart."""
    from ._taps import FAMILY, taps

    if n == m or not (m <= BRACKETS and n <= MOST):
        return
    start, weights = taps(mode, n, m, antialias=FAMILY[mode] == "lanczos")
    used = weights != 0
    stop = start + weights.shape[1] - used[:, ::-1].argmax(axis=1)
    _brackets(axes, list(zip((start + used.argmax(axis=1)).tolist(), stop.tolist(), strict=True)))


def _figure(rows: int) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(9, 2.6 * rows + 1), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    # Figure.savefig takes the Agg canvas by itself; pyplot and its global state stay out
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower(), dpi=120, metadata=_undated(path))
    write_file(path, content.getvalue())


def _undated(path: Path) -> dict[str, None]:
    """The same bytes every time."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower(), {})

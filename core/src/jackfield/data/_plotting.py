"""Pictures of grids and signals. What stands on the axes comes from the object itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import ConfigError, DataError, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ._frames import FrameGrid
    from ._grid import Axis, Grid
    from ._signal import Origin, Signal

Spacing = Literal["linear", "log", "mel"]

COLUMNS, ROWS, PANELS = 1200, 480, 16  # cells drawn per panel, about one per pixel; panels on one picture
INCHES = (12.0, 3.6)  # of one panel


def plot(grid: Grid, spacing: Spacing, db: bool, span_db: float) -> Figure:
    """The picture that `Grid.plot` describes."""
    import numpy as np

    if spacing not in SPACINGS:
        raise ConfigError(f"spacing is one of {', '.join(SPACINGS)}", f"got {spacing!r}")
    if not 0 < span_db < np.inf:
        raise ConfigError("span_db must be a finite number above 0", f"got {span_db:g}")
    figure_type = _figure_type()
    panels, names = _panels(grid)
    small = grid.peaks(-(-panels.shape[-1] // COLUMNS)) if panels.shape[-1] > COLUMNS else grid
    vertical, horizontal = grid.axes[-2], small.axes[-1]
    levels, label = _levels(small, db)
    y, rows = _rows(vertical, panels.shape[-2], spacing)
    x = edges(horizontal.values(small.values.shape[-1]), horizontal.step)
    drawn = [np.maximum.reduceat(level, rows, axis=0) for level in levels.reshape(-1, *levels.shape[-2:])]
    low, high = _range(drawn, span_db if label.startswith("dB") else None)

    figure = figure_type(figsize=(INCHES[0], 0.9 + INCHES[1] * len(names)), layout="constrained")
    every = figure.subplots(len(names), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, name, level in zip(every, names, drawn, strict=True):
        # digital silence is -inf dB: as dark as it gets, while NaN leaves the grey behind it bare
        ax.set_facecolor("0.6")
        mesh = ax.pcolormesh(x, y, np.maximum(level, low), vmin=low, vmax=high, cmap="magma", rasterized=True)
        ax.set_ylabel(name + _label(vertical))
        _space(ax, spacing)
        ax.set_ylim(y[0], y[-1])
        if small.frames is None and not vertical.unit and spacing == "linear":
            ax.invert_yaxis()  # rows of an image count downwards
        if small.frames is not None:
            _hatch(ax, small.frames, x)
    every[-1].set_xlabel("frame centre (s)" if small.frames is not None else _label(horizontal))
    if small.frames is not None:
        _second_axis(every[0], small.frames.rate, "frame centre (samples)")
    figure.colorbar(mesh, ax=list(every), label=label, extend="min" if label.startswith("dB") else "neither")
    _title(figure, grid.source)
    return figure


def plot_signal(signal: Signal) -> Figure:
    """The picture that `Signal.plot` describes."""
    import numpy as np

    figure_type = _figure_type()
    samples = signal.samples
    if not signal.n or signal.channels > PANELS:
        wanted = f"a picture shows 1 to {PANELS} channels with samples"
        raise DataError(wanted, f"got {signal.channels} × {signal.n}", "choose some of them")
    finite = samples[np.isfinite(samples)]
    peak = float(np.abs(finite).max(initial=0.0)) or 1.0

    height = 0.9 + INCHES[1] / 2 * signal.channels
    figure = figure_type(figsize=(INCHES[0], height), layout="constrained")
    every = figure.subplots(signal.channels, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    step = -(-signal.n // COLUMNS)
    first = np.arange(0, signal.n, step)
    for k, (ax, channel) in enumerate(zip(every, samples, strict=True)):
        if step == 1:
            ax.plot(first / signal.rate, channel, marker="." if signal.n < COLUMNS / 10 else "", lw=0.8)
        else:
            # NaN is left out of the extremes, so that it hides its neighbours in one column at most
            low, high = (np.append(found := f.reduceat(channel, first), found[-1]) for f in (np.fmin, np.fmax))
            ax.fill_between(np.append(first, signal.n) / signal.rate, low, high, step="post", lw=0.8, ec="C0")
        ax.set_ylabel(f"channel {k}" if signal.channels > 1 else "amplitude")
        ax.set_ylim(-1.05 * peak, 1.05 * peak)
    every[0].set_xlim(-0.5 / signal.rate, (signal.n - 0.5) / signal.rate)
    every[-1].set_xlabel("time (s)")
    _second_axis(every[0], signal.rate, "time (samples)")
    _title(figure, signal.source)
    return figure


def _title(figure: Figure, source: Origin | None) -> None:
    if source and source.path:
        # a path need be neither text in any encoding nor free of TeX's signs
        figure.suptitle(source.path.encode("utf-8", "backslashreplace").decode(), parse_math=False)


def _figure_type() -> type[Figure]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PluginError("pictures need matplotlib", str(error), "pip install matplotlib") from error
    return Figure


def _panels(grid: Grid) -> tuple[np.ndarray, list[str]]:
    """The values as (panel, row, column), and what each panel is called."""
    values = grid.values
    if values.ndim < 2 or 0 in values.shape:
        raise DataError("a picture needs two axes and values on them", f"got shape {values.shape}")
    panels = values.reshape(-1, *values.shape[-2:])
    if len(panels) > PANELS:
        raise DataError(f"a picture shows at most {PANELS} panels", f"shape {values.shape}", "choose some of them")
    name = grid.axes[0].name if values.ndim == 3 else "panel"
    return panels, [f"{name} {k}\n".lstrip() for k in range(len(panels))] if len(panels) > 1 else [""]


def _levels(grid: Grid, db: bool) -> tuple[np.ndarray, str]:
    """Values as they are coloured, and what the colour bar says of them."""
    import numpy as np

    values = np.abs(grid.values) if grid.scale == "complex" else grid.values
    factor = {"complex": 20.0, "magnitude": 20.0, "power": 10.0}.get(grid.scale)
    reference = f"dB re {grid.reference:g}"
    if factor is None or not db:
        scale = "magnitude" if grid.scale == "complex" else grid.scale
        return values, {"db": reference, "linear": ""}.get(scale, scale)
    with np.errstate(divide="ignore"):
        return factor * np.log10(values / grid.reference), reference


def _range(drawn: list[np.ndarray], span_db: float | None) -> tuple[float, float]:
    """Lowest and highest coloured value; -inf and NaN are left out."""
    import numpy as np

    finite = [level[np.isfinite(level)] for level in drawn]
    high = max((float(f.max()) for f in finite if f.size), default=0.0)
    low = min((float(f.min()) for f in finite if f.size), default=0.0) if span_db is None else high - span_db
    return low, high if high > low else low + 1.0


def _rows(axis: Axis, count: int, spacing: Spacing) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the rows that are drawn, and the first row of the grid in each; rows closer than a pixel are merged.

    A merged row shows the largest of its values, as merged frames do, so that no line gets lost.
    """
    import numpy as np

    if spacing != "linear" and axis.unit != "Hz":
        what = axis.name or "unnamed"
        raise DataError(f"only frequencies can be spaced as {spacing}", f'axis "{what}" is in "{axis.unit}"')
    y = edges(axis.values(count), axis.step)
    if axis.unit == "Hz":
        y[0] = max(y[0], 0.0)
    first = int(np.searchsorted(y, 0.0, "right")) if spacing == "log" else 0
    if first >= count:
        raise DataError("no frequency above 0 Hz can be drawn on a logarithmic axis", f"{count} rows")
    place = SPACINGS[spacing][0](y[first:])
    pixel = np.floor(ROWS * (place[:-1] - place[0]) / (place[-1] - place[0]))
    rows = first + np.flatnonzero(np.diff(pixel, prepend=-1.0))
    return np.append(y[rows], y[-1]), rows


def edges(centres: np.ndarray, step: float | None = None) -> np.ndarray:
    """(n + 1,) edges of the cells around n coordinates: half-way between neighbours; a single cell is `step` wide.

    >>> import numpy as np
    >>> edges(np.array([0.0, 1.0, 3.0])).tolist()
    [-0.5, 0.5, 2.0, 4.0]
    """
    import numpy as np

    if centres.size == 1:
        width = step or 1.0
        return np.array([centres[0] - width / 2, centres[0] + width / 2])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _mel(hz: Any) -> Any:
    import numpy as np

    return 2595 * np.log10(1 + np.maximum(hz, 0) / 700)  # O'Shaughnessy, Speech Communication (1987)


def _hz(mel: Any) -> Any:
    return 700 * (10 ** (mel / 2595) - 1)


def _log(hz: Any) -> Any:
    import numpy as np

    return np.log(hz)


SPACINGS: dict[str, tuple[Callable[..., Any], ...]] = {"linear": (lambda y: y,), "log": (_log,), "mel": (_mel, _hz)}


def _space(ax: Axes, spacing: Spacing) -> None:
    if spacing == "mel":
        ax.set_yscale("function", functions=SPACINGS["mel"])
        ax.set_yticks([100, 300, 1000, 3000, 10_000, 30_000])
    else:
        ax.set_yscale(spacing)
    if spacing == "log":
        from matplotlib.ticker import LogLocator, ScalarFormatter

        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(ScalarFormatter())


def _hatch(ax: Axes, frames: FrameGrid, x: np.ndarray) -> None:
    """Mark the columns of frames that see padding."""
    inside = frames.inside()
    for first, last in ((0, inside.start), (inside.stop, frames.count)):
        if last > first:
            # darkened, so that white lines show on any colour
            ax.axvspan(x[first], x[last], fc=(0, 0, 0, 0.3), ec=(1, 1, 1, 0.8), hatch="////", lw=0)


def _second_axis(ax: Axes, rate: float, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    def samples(seconds: Any) -> Any:
        return seconds * rate

    def seconds(samples: Any) -> Any:
        return samples / rate

    second = ax.secondary_xaxis("top", functions=(samples, seconds))
    second.set_xlabel(label)
    # a sample's number is exact: not "2" with "1e6" at the axis' end
    second.xaxis.set_major_formatter(lambda x, _: f"{x:,.12g}".replace("-", "−"))
    second.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 2.5, 5, 10], integer=True))


def _label(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name

"""Values on named axes, and rows of features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DataError
from ._arrays import Record, array_digest, frozen
from ._frames import FrameGrid
from ._signal import Origin

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

Scale = Literal["linear", "complex", "magnitude", "power", "db"]


@dataclass(frozen=True, eq=False, repr=False)
class Axis(Record):
    """One axis of a Grid: evenly spaced (`start`, `step`) or with `coordinates`; name and unit may be empty.

    >>> Axis("frequency", "Hz", 0.0, 48.0).at(3)
    144.0
    """

    name: str = ""
    unit: str = ""
    start: float = 0.0
    step: float | None = 1.0
    coordinates: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.coordinates is not None:
            coordinates = frozen(self.coordinates, ("float64", "float32"), ndim=1, what="Axis.coordinates")
            self._set(coordinates=coordinates, step=None)

    def at(self, index: int) -> float:
        """Coordinate of one index."""
        if self.coordinates is not None:
            return float(self.coordinates[index])
        return self.start + index * (self.step or 0.0)

    def values(self, count: int) -> np.ndarray:
        """Coordinates of the first `count` indices."""
        import numpy as np

        if self.coordinates is not None:
            return self.coordinates[:count]
        return self.start + np.arange(count) * (self.step or 0.0)

    def merged(self, count: int, step: int) -> Axis:
        """The axis after every `step` of its `count` values became one, which stands at their middle."""
        import numpy as np

        if self.coordinates is None:
            return replace(self, start=self.at(0) + (step - 1) / 2 * (self.step or 0.0), step=step * (self.step or 0.0))
        first = np.arange(0, count, step)
        sums = np.add.reduceat(self.coordinates, first) if count else self.coordinates
        return replace(self, coordinates=sums / np.minimum(step, count - first))

    def summary(self) -> dict[str, str]:
        return {"name": self.name or "unnamed", "unit": self.unit}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Grid(Record):
    """Values on any number of axes: a spectrogram (channel, frequency, frame), an image, a plain array.

    values : array, time last where there is time; may be a transposed view
    axes : one Axis per dimension; left out, they are unnamed
    frames : FrameGrid of the last axis, if that is frames
    scale : what a value is; "db" is relative to `reference`
    reference : the value that reads 0 dB
    """

    values: np.ndarray
    axes: tuple[Axis, ...] = ()
    frames: FrameGrid | None = None
    scale: Scale = "linear"
    reference: float = 1.0
    source: Origin | None = None
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = frozen(self.values, what="Grid.values")
        axes = tuple(self.axes) or tuple(Axis() for _ in range(values.ndim))
        if len(axes) != values.ndim:
            raise DataError("Grid.axes must name every axis", f"{len(axes)} axes for shape {values.shape}")
        for axis, size in zip(axes, values.shape, strict=True):
            if axis.coordinates is not None and axis.coordinates.size != size:
                raise DataError(f'axis "{axis.name}" has {axis.coordinates.size} coordinates', f"for size {size}")
        if self.frames is not None and (values.ndim == 0 or values.shape[-1] != self.frames.count):
            raise DataError("Grid.frames must describe the last axis", f"{self.frames.count} frames, {values.shape}")
        if (self.scale == "complex") != (values.dtype.kind == "c"):
            raise DataError(f'Grid.scale "{self.scale}" does not fit', f"dtype {values.dtype}")
        self._set(values=values, axes=axes, history=tuple(self.history))

    @cached_property
    def digest(self) -> str:
        """Identity of the grid: hash of every value, of scale and reference, and of what the axes say."""
        axes = [
            (a.name, a.unit, a.start, a.step, a.values(n).tobytes())
            for a, n in zip(self.axes, self.values.shape, strict=True)
        ]
        return array_digest(self.values, self.scale, self.reference, self.frames, axes)

    def replace(self, *, note: str, **changes: Any) -> Grid:
        """A new grid with some fields changed and `note` added to its history."""
        return replace(self, history=(*self.history, note), **changes)

    def axis(self, name: str) -> int:
        """Position of the axis called `name`; DataError if there is none."""
        for position, axis in enumerate(self.axes):
            if axis.name == name:
                return position
        known = ", ".join(a.name or "unnamed" for a in self.axes)
        raise DataError(f'no axis is called "{name}"', f"axes: {known}")

    @property
    def touches_padding(self) -> np.ndarray:
        """(frames,) bool: which frames are partly made of samples that the signal does not have.

        Raises DataError for a grid without frames.
        """
        import numpy as np

        inside = self._framed().inside()
        touches = np.ones(self.values.shape[-1], bool)
        touches[inside.start : inside.stop] = False
        return touches

    def valid_only(self) -> Grid:
        """The frames that are made of the signal alone; DataError for a grid without frames."""
        frames = self._framed()
        inside = frames.inside()
        # the shortest signal whose first kept frame both exists and sees no padding
        known = bool(inside) and frames.needs is not None
        needs = (
            max((frames.needs or 0) + int(inside.start * frames.hop), frames.span(inside.start)[1]) if known else None
        )
        axis = self.axes[-1]
        if axis.coordinates is not None:
            cut = replace(axis, coordinates=axis.coordinates[inside.start : inside.stop])
        else:
            cut = replace(axis, start=axis.at(inside.start))
        return self.replace(
            values=self.values[..., inside.start : inside.stop],
            axes=(*self.axes[:-1], cut),
            frames=replace(
                frames,
                count=len(inside),
                first_center=frames.first_center + inside.start * frames.hop,
                needs=needs,
                shortest=None,
                end=frames.end if inside.stop == frames.count else None,
            ),
            note=f"frames {inside.start} to {inside.stop - 1}" if inside else "no frames",
        )

    def _framed(self) -> FrameGrid:
        if self.frames is None:
            raise DataError("this grid has no frames", f"axes: {', '.join(a.name or 'unnamed' for a in self.axes)}")
        return self.frames

    def peaks(self, step: int) -> Grid:
        """The largest of every `step` values along the last axis: what a picture of a long clip needs.

        Frames are merged as well: a new frame covers all samples of the old ones. The last may hold fewer. Complex
        values become magnitudes.
        """
        import numpy as np

        if step < 1:
            raise DataError("peaks need a step of at least 1", f"got {step}")
        count = -(-self.values.shape[-1] // step)
        read = np.abs if self.scale == "complex" else np.asarray
        # some columns at a time: the magnitudes of all would double the memory
        blocks = [slice(k * step, (k + 64) * step) for k in range(0, count, 64)]
        parts = (read(self.values[..., b]) for b in blocks)
        merged = [np.maximum.reduceat(p, np.arange(0, p.shape[-1], step), axis=-1) for p in parts if p.size]
        values = np.concatenate(merged, axis=-1) if merged else read(self.values)
        return self.replace(
            values=values,
            axes=(*self.axes[:-1], self.axes[-1].merged(self.values.shape[-1], step)),
            frames=self.frames and self.frames.merged(step),
            scale="magnitude" if self.scale == "complex" else self.scale,
            note=f"peaks of {step}",
        )

    def plot(
        self, *, spacing: Literal["linear", "log", "mel"] = "linear", db: bool = True, span_db: float = 80.0
    ) -> Figure:
        """A picture of the last two axes, one panel per channel, as a matplotlib Figure (needs matplotlib).

        Everything on its axes comes from the grid: frame centres in seconds below and in samples above, the other axis
        in its unit, the colour bar with its reference. Frames that see padding are hatched. Where there are more
        columns or rows than pixels, the largest value of each is shown.

        spacing : of the vertical axis, if that is in Hz; "mel" is 2595 log10(1 + f / 700)
        db : draw complex values, magnitude and power in decibels
        span_db : decibels under the loudest value that are told apart; 80 is about what the eye can

        `figure.savefig("picture.png")` writes it. Raises DataError for fewer than two axes or more than 16 panels,
        ConfigError for another spacing, and PluginError without matplotlib.
        """
        from ._plotting import plot

        return plot(self, spacing, db, span_db)

    def to_xarray(self) -> Any:
        """The same as an xarray.DataArray (needs xarray): axes are dimensions with coordinates, which know their unit.

        Unnamed axes are called axis0, axis1, …; `attrs` say the scale, and for decibels what 0 dB is.
        """
        import xarray  # type: ignore[import-not-found, unused-ignore]

        dims = [a.name or f"axis{i}" for i, a in enumerate(self.axes)]
        coords = {
            dim: (dim, axis.values(size), {"units": axis.unit} if axis.unit else {})
            for dim, axis, size in zip(dims, self.axes, self.values.shape, strict=True)
        }
        attrs = {"scale": self.scale} | ({"reference": self.reference} if self.scale == "db" else {})
        return xarray.DataArray(self.values, dims=dims, coords=coords, attrs=attrs)

    def summary(self) -> dict[str, str]:
        names = " × ".join(
            f"{a.name or 'axis'} {s}{' ' + a.unit if a.unit else ''}"
            for a, s in zip(self.axes, self.values.shape, strict=True)
        )
        return {"axes": names, "scale": self.scale, "dtype": str(self.values.dtype)}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Features(Record):
    """One row of numbers per frame (or one row for the whole clip).

    values : (rows, dims) float32 or float64
    names : what each column is, no two alike; units : in what unit
    frames : FrameGrid of the rows, None for a pooled row
    coverage : (rows,) share of real samples behind each row, in [0, 1]
    """

    values: np.ndarray
    names: tuple[str, ...]
    units: tuple[str, ...] | None = None
    frames: FrameGrid | None = None
    coverage: np.ndarray | None = None
    source: Origin | None = None
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = frozen(self.values, ("float32", "float64"), ndim=2, what="Features.values")
        names = tuple(self.names)
        if len(names) != values.shape[1]:
            raise DataError("Features.names must name every column", f"{len(names)} names, {values.shape[1]} columns")
        if len(set(names)) < len(names):
            twice = next(name for k, name in enumerate(names) if name in names[:k])
            raise DataError("Features.names must differ", f'"{twice}" is there twice')
        if self.units is not None and len(self.units) != len(names):
            raise DataError("Features.units must be one per column", f"{len(self.units)} units, {len(names)} columns")
        if self.frames is not None and self.frames.count != values.shape[0]:
            raise DataError("Features.frames must describe the rows", f"{self.frames.count}, {values.shape[0]} rows")
        coverage = self.coverage
        if coverage is not None:
            coverage = frozen(coverage, ("float32", "float64"), ndim=1, what="Features.coverage")
            if coverage.size != values.shape[0]:
                raise DataError("Features.coverage must be one per row", f"{coverage.size} of {values.shape[0]}")
        self._set(values=values, names=names, coverage=coverage, history=tuple(self.history))

    def to_pandas(self) -> Any:
        """The same as a pandas.DataFrame (needs pandas): a row per frame, indexed by its time in seconds.

        `attrs["units"]` says the unit of each column, where they are known.
        """
        import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

        times = None if self.frames is None else [self.frames.time(k) for k in range(self.frames.count)]
        index = None if times is None else pandas.Index(times, dtype="float64", name="seconds")
        table = pandas.DataFrame(self.values, columns=list(self.names), index=index)
        if self.units is not None:
            table.attrs["units"] = dict(zip(self.names, self.units, strict=True))
        return table

    def summary(self) -> dict[str, str]:
        shown = ", ".join(self.names[:4]) + (", …" if len(self.names) > 4 else "")
        return {"rows": str(self.values.shape[0]), "columns": f"{self.values.shape[1]} ({shown})"}

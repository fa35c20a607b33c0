"""Resizing of arrays, grids and signals: area averaging and every other interpolation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield import Component, ConfigError, Grid, Param, Resampler, Signal, Spec, hookimpl

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Resize", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"]

Mode = Literal[
    "area",
    "area-exact",
    "area-torch",
    "nearest",
    "nearest-exact",
    "linear",
    "bilinear",
    "trilinear",
    "cubic",
    "bicubic",
    "lanczos",
]
NEEDS_AXES = {"bilinear": 2, "bicubic": 2, "trilinear": 3}
ALIGNABLE = ("linear", "bilinear", "trilinear", "cubic", "bicubic")
SMOOTHABLE = ("bilinear", "bicubic", "lanczos")
AVERAGING = ("area", "area-exact", "area-torch", "linear", "bilinear", "trilinear")


@dataclass(frozen=True, kw_only=True)
class Resize(Component):
    """The same values on another grid, to a size or by a factor, along any axes.

    mode : what a new value is made of. `area` (default, = `area-exact`) is the mean over the part of the old grid that
        it covers, elements at the border counting by the share inside, so the mean of the whole stays (OpenCV's
        INTER_AREA and TensorFlow's "area"); `area-torch` the plain mean over the region rounded outwards to whole
        elements, which is torch's "area" and adaptive average pooling, and moves the mean unless the sizes divide;
        `nearest` and `nearest-exact` one element, half an element apart; `linear` any number of axes, of which
        `bilinear` takes two and `trilinear` three; `cubic`, `bicubic` and `lanczos` sharper, with overshoot.
    scale : the new length is floor(length · scale), and the grid follows the factor; but as in torch, linear and
        antialiased modes copy an axis whose length stays.
    align_corners : first and last elements keep their places, instead of the outer edges. For linear and cubic modes.
    antialias : widen the kernel when shrinking, as Pillow does; for `bilinear`, `bicubic` and `lanczos`, which is
        always so.

    Of a Signal the time axis is resized and `rate` follows; no filter is applied, for which there is `samplerate`. Of a
    Grid every axis is, unless it is called "channel" or `axes` says otherwise; axes and frames follow, which may then
    be fractions of samples apart. Where new frames are not evenly spaced, or closer than samples, `frames` is None and
    the axis carries the centres of mass. Grids in decibels are averaged as power. float16 is computed in float32,
    integers in float64, then rounded half to even and held to their range.

    Raises ConfigError for sizes, axes and options that do not fit, DataError for empty, complex and non-numeric values,
    for bool unless `nearest`, and for integers beyond 2**53.

    Numbers equal torch.nn.functional.interpolate 2.13 to 2e-6 in float32, 1e-12 in float64, in every mode that it has,
    but for images antialiased to a single column, where torch repeats the first row, and `nearest` of two axes to at
    most 128 rows and columns together, for which torch has other code that rounds and copies in its own way.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> Resize(size=3)(Signal(samples=np.array([1.0, 2, 5, 10, 17]), rate=10)).samples.round(2).tolist()
    [[1.4, 5.4, 14.2]]
    """

    size: Annotated[tuple[int, ...] | int | None, Param(description="new length of every axis that is resized")] = None
    scale: Annotated[
        tuple[float, ...] | float | None, Param(description="factor of every axis, or one for all; in place of size")
    ] = None
    mode: Annotated[Mode, Param(description="what a new value is made of")] = "area"
    axes: Annotated[
        tuple[int | str, ...] | int | str | None, Param(description="numbers or names of the axes; None: all")
    ] = None
    align_corners: Annotated[bool | None, Param(description="keep the outermost elements in place; None: no")] = None
    antialias: Annotated[bool | None, Param(description="widen the kernel when shrinking; None: for lanczos only")] = (
        None
    )
    skip_nan: Annotated[bool, Param(description="average what is there, instead of letting NaN spread")] = False
    decibels: Annotated[
        Literal["power", "values"], Param(description="a grid in dB: average power, or the dB values as they are")
    ] = "power"

    example = {"scale": 0.5}

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.size is None) == (self.scale is None):
            raise ConfigError("resize takes either size or scale", f"got size={self.size}, scale={self.scale}")
        for name, value in (("size", self.size), ("scale", self.scale)):
            parts = value if isinstance(value, tuple) else () if value is None else (value,)
            if value == () or any(not 0 < part < float("inf") for part in parts):
                raise ConfigError(f"every {name} must be above 0 and finite", f"got {value}")
        if self.align_corners is not None and self.mode not in ALIGNABLE + ("lanczos",) * (not self.align_corners):
            raise ConfigError(f'align_corners has no meaning for mode "{self.mode}"', remedy="leave it out")
        if self.antialias and self.mode not in SMOOTHABLE:
            evidence, remedy = f'got "{self.mode}"', f"use one of {', '.join(SMOOTHABLE)}, or area"
            raise ConfigError("antialias is for two-axis kernels", evidence, remedy)
        if self.mode == "lanczos" and self.antialias is False:
            raise ConfigError('mode "lanczos" is always antialiased', "got antialias=False", "leave it out")
        if self.skip_nan and self.mode not in AVERAGING:
            raise ConfigError("skip_nan is for means", f'mode "{self.mode}"', f"use one of {', '.join(AVERAGING)}")

    def __call__(self, item: Signal | Grid) -> Signal | Grid:
        """The item on its new grid."""
        from ._grids import resize_grid, resize_signal

        return resize_signal(item, self) if isinstance(item, Signal) else resize_grid(item, self)

    def predict(self, spec: Spec) -> Spec | None:
        """The new shape, and a signal's rate; of a grid, where the names of its axes are known."""
        from ._grids import resized_spec

        return resized_spec(spec, self) if spec.kind == "Signal" or (spec.kind == "Grid" and spec.axes) else None


def adaptive_avg_pool1d(x: np.ndarray, output_size: int | tuple[int | None, ...] | None) -> np.ndarray:
    """Means over `output_size` regions of the last axis, as torch.nn.functional.adaptive_avg_pool1d.

    x : at least one axis; output_size : an int, or a tuple of one; None keeps the length

    >>> import numpy as np
    >>> adaptive_avg_pool1d(np.array([1.0, 2, 5, 10, 17]), 3).round(2).tolist()
    [1.5, 5.67, 13.5]
    """
    return _pool(x, output_size, 1)


def adaptive_avg_pool2d(x: np.ndarray, output_size: int | tuple[int | None, ...] | None) -> np.ndarray:
    """Means over regions of the last two axes, as torch.nn.functional.adaptive_avg_pool2d.

    output_size : an int for both, or a tuple of two; None keeps a length

    >>> import numpy as np
    >>> adaptive_avg_pool2d(np.arange(16.0).reshape(4, 4), (2, None)).tolist()
    [[2.0, 3.0, 4.0, 5.0], [10.0, 11.0, 12.0, 13.0]]
    """
    return _pool(x, output_size, 2)


def adaptive_avg_pool3d(x: np.ndarray, output_size: int | tuple[int | None, ...] | None) -> np.ndarray:
    """Means over regions of the last three axes, as torch.nn.functional.adaptive_avg_pool3d.

    output_size : an int for all, or a tuple of three; None keeps a length

    >>> import numpy as np
    >>> adaptive_avg_pool3d(np.arange(8.0).reshape(2, 2, 2), 1).tolist()
    [[[3.5]]]
    """
    return _pool(x, output_size, 3)


def _pool(x: np.ndarray, output_size: int | tuple[int | None, ...] | None, dims: int) -> np.ndarray:
    from ._arrays import array_of, resize_array

    x = array_of(x)
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if x.ndim < dims or len(wanted) != dims:
        evidence = f"shape {x.shape}, output_size {output_size}"
        raise ConfigError(f"adaptive_avg_pool{dims}d needs {dims} sizes and as many axes", evidence)
    size = tuple(n if m is None else m for n, m in zip(x.shape[-dims:], wanted, strict=True))
    return resize_array(x, Resize(size=size, mode="area-torch", axes=tuple(range(-dims, 0))))


@hookimpl
def jackfield_resamplers() -> Iterator[Resampler]:
    """Resamplers of this plugin."""
    yield Resampler("resize", Resize)

"""`jackfield resize IN OUT`, and the function of the same name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from jackfield import ConfigError, Grid, Signal, output_options, plugin_options, print_json, say, write_file

from . import Mode, Resize

if TYPE_CHECKING:
    import numpy as np


def resize(
    x: Any,
    size: int | tuple[int, ...] | None = None,
    *,
    scale: float | tuple[float, ...] | None = None,
    mode: Mode = "area",
    axes: int | str | tuple[int | str, ...] | None = None,
    align_corners: bool | None = None,
    antialias: bool | None = None,
    weights: np.ndarray | None = None,
    skip_nan: bool = False,
    decibels: str = "power",
    threads: int = 1,
) -> Any:
    """An array, Grid or Signal on another grid; what the modes and options mean, `jackfield_resize.Resize` says.

    x : array of any shape and any dtype of numbers up to 64 bits, or a Grid, or a Signal (resized in time)
    size, scale : one number per axis; a single size is for a single axis, a single scale for all
    axes : numbers or, of a Grid, names; None: all axes (of a Grid all but "channel")
    weights : array that broadcasts to x's shape, for weighted means; finite and 0 or more
    skip_nan : mean of what is not NaN; NaN where nothing is left
    threads : upper limit for the compiled code; the result does not depend on it

    Returns a new array of the same dtype, or a new Grid or Signal with its axes, frames or rate.

    >>> import numpy as np
    >>> resize(np.array([1.0, 2, 5, 10, 17]), 3, mode="area-torch").round(2).tolist()
    [1.5, 5.67, 13.5]
    >>> resize(np.zeros((3, 1080, 1920), "f4"), scale=0.25, axes=(-2, -1)).shape
    (3, 270, 480)
    """
    options = {
        "size": _hashable(size),
        "scale": _hashable(scale),
        "mode": _hashable(mode),
        "axes": _hashable(axes),
        "align_corners": align_corners,
        "antialias": antialias,
        "skip_nan": skip_nan,
        "decibels": _hashable(decibels),
    }
    try:
        how = _how(tuple(map(_kinds, (options["size"], options["scale"], options["axes"]))), **options)
    except TypeError:  # not hashable: a component says what is wrong with it
        how = Resize(**options)
    from ._arrays import array_of, resize_array
    from ._grids import resize_grid, resize_signal

    if isinstance(x, Signal):
        return resize_signal(x, how, weights, threads)
    if isinstance(x, Grid):
        return resize_grid(x, how, weights, threads)
    return resize_array(array_of(x), how, weights, threads)


@lru_cache(maxsize=256, typed=True)
def _how(kinds: Any, **options: Any) -> Resize:
    """Checking parameters takes longer than resizing a small array.

    kinds : types inside tuples, since equal ones need not be equally right: (2, 3) == (2.0, 3.0)
    """
    return Resize(**options)


def _kinds(value: Any) -> Any:
    return tuple(map(type, value)) if isinstance(value, tuple) else None


def _hashable(value: Any) -> Any:
    """Sequences and arrays as tuples, all the way down."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


@click.command("resize")
@click.argument("source", type=click.Path(), metavar="IN")
@click.argument("target", type=click.Path(), metavar="OUT")
@click.option("--size", metavar="N,N,…", help="New lengths, one per axis.")
@click.option("--scale", metavar="X,X,…", help="Factors, one per axis or one for all.")
@click.option("--mode", default="area", show_default=True, help=", ".join(get_args(Mode)))
@click.option("--axes", metavar="A,A,…", help="Axes by number or name; default: all.")
@click.option("--align-corners/--no-align-corners", default=None, help="Keep the outermost elements in place.")
@click.option("--antialias/--no-antialias", default=None, help="Widen the kernel when shrinking.")
@click.option("--skip-nan", is_flag=True, help="Average what is not NaN.")
@click.option("--picture", type=click.Path(), metavar="FILE", help="Also draw before and after (.png, .svg, .pdf).")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@output_options
@plugin_options
def command(
    source: str,
    target: str,
    size: str | None,
    scale: str | None,
    axes: str | None,
    picture: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> int:
    """Resize the array, table or recording IN and write it to OUT, which ends in .npy or .csv.

    IN may be an .npy array of any dimension, a .csv table of numbers, or any file that an installed reader takes.
    """
    from . import _files
    from ._axes import values_of

    _files.check_target(target, (".npy", ".csv"), force)
    if picture:
        from ._picture import SUFFIXES

        _files.check_target(picture, SUFFIXES, force)
    item = _files.load(source)
    how = {"size": _numbers(size, "--size", int), "scale": _numbers(scale, "--scale", float), "axes": _axes(axes)}
    result = resize(item, **how, **options)
    before, after = values_of(item), values_of(result)
    # a table of sound has a row per sample, as the reader of tables takes it
    rows = isinstance(result, Signal) and Path(target).suffix.lower() == ".csv"
    written = {target: _files.encoded(target, after.T if rows else after)}
    if picture:
        from ._picture import before_after, rendered

        written[picture] = rendered(before_after(item, result, Resize(**how, **options)), picture)
    for path, content in written.items():
        write_file(Path(path), content)
    if as_json:
        print_json(
            {"source": source, "target": target, "before": before.shape, "after": after.shape, "picture": picture}
        )
    else:
        say(f"{source} {_shape(before)} to {target} {_shape(after)}", quiet)
    return 0


def _shape(array: np.ndarray) -> str:
    return " × ".join(map(str, array.shape))


def _numbers(text: str | None, option: str, kind: type) -> Any:
    """ "331,517" as (331, 517), "0.5" as 0.5."""
    if text is None:
        return None
    try:
        parts = tuple(kind(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"{option} takes numbers with commas between them", f"got {text!r}") from None
    return parts[0] if len(parts) == 1 else parts


def _axes(text: str | None) -> Any:
    if text is None:
        return None
    return tuple(map(_axis, text.split(",")))


def _axis(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text

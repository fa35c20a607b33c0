"""`jackfield decompose CLIP`, and the function of the same name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from numbers import Integral, Real
from pathlib import Path
from typing import Any, get_type_hints

import click

from jackfield import (
    ConfigError,
    DataError,
    Decomposition,
    Grid,
    Signal,
    as_signal,
    get,
    output_options,
    plugin_options,
    print_json,
    print_table,
    say,
)

TOP = 10
PROVED = 2_000_000_000  # values of all components; more would keep the user waiting for over ten seconds


def decompose(
    x: Any, *, axis: int | None = None, rate: float | None = None, method: str = "dft", **parameters: Any
) -> Decomposition:
    """A signal as a sum of components shaped like it; lazy: a component is made when asked for.

    x : array of any shape, real or complex; Signal, Grid or path
    axis : to decompose along; compulsory for arrays of two and more axes, the last (time) for Signals
    rate : samples per second, for arrays; left out, frequencies are in cycles per sample
    method : "dft" (every bin; exact), "bands" (exact), "peaks" (tones between bins), "esprit" (tones closer than a
        bin), or the name of any other transform that gives a Decomposition
    parameters : of that method

    `table` has frequency, amplitude, phase and energy, `component(k)` the arrays, `components(top=10)`,
    `components(energy=0.99)` and `components(bands=[…])` a choice with all else as the residual, `proof` what they add
    up to.

    Raises DataError for input that cannot be decomposed, ConfigError for wrong parameters.

    >>> import numpy as np
    >>> n = np.arange(100)
    >>> whole = decompose(3 + 2 * np.cos(2 * np.pi * 5 * n / 100 + 0.7), rate=100)
    >>> best = whole.components(top=2)
    >>> [best.table[name].round(6).tolist() for name in ("frequency", "amplitude", "phase")]
    [[0.0, 5.0], [3.0, 2.0], [0.0, 0.7]]
    """
    item, axis = item_of(x, axis, rate)
    last = (item.samples if isinstance(item, Signal) else item.values).ndim - 1
    component = get(method, **({} if axis in (-1, last) else {"axis": axis}), **parameters)
    gives = get_type_hints(type(component).__call__).get("return")
    if gives is not Decomposition:
        evidence = f"it gives {getattr(gives, '__name__', gives)}"
        raise ConfigError(f'"{method}" does not decompose', evidence, "use dft, bands, peaks or esprit")
    whole: Decomposition = component(item)
    return whole


def item_of(x: Any, axis: int | None, rate: float | None) -> tuple[Signal | Grid, int]:
    """What the transforms take, and the axis; an array of several axes must say which."""
    import numpy as np

    from jackfield import Axis

    if axis is not None and not isinstance(axis, Integral):
        raise ConfigError("axis must be a whole number", f"got {axis!r}")
    if isinstance(x, (Signal, Grid, str, os.PathLike)):
        if rate is not None:
            raise ConfigError("the rate of a signal is its own", f"got rate={rate:g}", "leave rate out")
        item = x if isinstance(x, (Signal, Grid)) else as_signal(x)
        shape = item.values.shape if isinstance(item, Grid) else (item.n,)
    else:
        if rate is not None and not (isinstance(rate, Real) and 0 < rate < float("inf")):
            raise ConfigError("rate must be a number above 0", f"got {rate!r}")
        try:
            values = np.asarray(x)
        except ValueError as error:
            raise DataError("only an array can be decomposed", str(error)) from None
        if values.dtype.kind not in "iubfc":
            raise DataError("only numbers can be decomposed", f"dtype {values.dtype}")
        values = values.astype(np.float64) if values.dtype.kind in "iub" else values
        where = axis if axis is not None and -values.ndim <= axis < values.ndim else -1
        axes = [Axis() for _ in values.shape]
        if axes:
            axes[where] = Axis("time", "s" if rate else "", 0.0, 1 / (rate or 1.0))
        item = Grid(values=values, axes=tuple(axes), scale="complex" if values.dtype.kind == "c" else "linear")
        shape = values.shape
    if axis is None and len(shape) > 1:
        readings = (_reading(shape, k) for k in range(len(shape)))
        raise DataError(
            f"a {len(shape)}-D signal needs axis=", " ".join(readings), "choose the axis along which samples follow"
        )
    if not shape:
        raise DataError("a single number cannot be decomposed")
    return item, -1 if axis is None else axis


def _reading(shape: tuple[int, ...], axis: int) -> str:
    others = " × ".join(str(size) for k, size in enumerate(shape) if k != axis)
    return f"axis {axis} = {shape[axis]} samples × {others} channels?"


@click.command("decompose")
@click.argument("clip", type=click.Path())
@click.option("--method", default="dft", show_default=True, help="dft, bands, peaks, esprit, or any other offered.")
@click.option("--top", type=int, help=f"Keep so many, strongest first; {TOP} if dft is told nothing else.")
@click.option("--energy", type=float, help="Keep what holds this share of the energy, such as 0.99.")
@click.option("--bands", metavar="HZ,HZ,…", help="Add up what lies between neighbouring frequencies.")
@click.option("--with", "with_", multiple=True, metavar="KEY=VALUE", help="Parameter of the method (repeatable).")
@click.option("-o", "--output", type=click.Path(), metavar="FOLDER", help="Write table, sounds and pictures there.")
@click.option("--force", is_flag=True, help="Replace what an earlier call wrote there.")
@output_options
@plugin_options
def command(
    clip: str,
    method: str,
    top: int | None,
    energy: float | None,
    bands: str | None,
    with_: tuple[str, ...],
    output: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **_: Any,
) -> int:
    """Take CLIP apart into components that add up to it.

    With -o: table.csv, one WAV per component and one of the residual (64-bit floats, their sum is the clip), a picture
    of the components with their cumulative sum, and the error over the number of components.
    """
    import numpy as np

    signal = as_signal(clip)
    if signal.samples.dtype != np.float64:
        signal = signal.replace(samples=signal.samples.astype(np.float64), note="float64")
    whole = decompose(signal, method=method, **dict(_parameter(text) for text in with_))
    if top is energy is bands is None and method == "dft" and len(whole) > TOP:
        top = TOP
    chosen = top is not None or energy is not None or bands is not None
    some = whole.components(top=top, energy=energy, bands=_pairs(bands)) if chosen else whole
    paths: list[Path] = []
    if output is not None:
        from ._folder import write_folder

        paths = write_folder(some, whole, Path(output), force)
    if as_json:
        facts = {"clip": clip, "method": method, "components": list(numbered(some)), "proof": _proof(some)}
        print_json(facts | {"files": [str(path) for path in paths]})
        return 0
    _print(some)
    if proof := _proof(some):
        say(f"their sum differs from the clip by {proof['relative']:.1e} of its peak", quiet)
    else:
        say(f"{len(some)} components are too many to add up one by one", quiet)
    if paths:
        say(f"{len(paths)} files in {output}", quiet)
    return 0


def _proof(some: Decomposition) -> dict[str, float] | None:
    from dataclasses import asdict

    return asdict(some.proof) if len(some) * some.original.size <= PROVED else None


def numbered(some: Decomposition) -> Iterator[dict[str, Any]]:
    """Rows of the table as people and files count: components and channels from 1."""
    for row in some.rows():
        yield {"component": row.pop("component") + 1, "channel": row.pop("lane") + 1, **row}


def _print(some: Decomposition) -> None:
    several = some.shape[0] > 1
    rows = [
        (
            str(row["component"]),
            *([str(row["channel"])] if several else []),
            *("–" if row[name] != row[name] else f"{row[name]:.6g}" for name in ("frequency", "amplitude", "phase")),
            f"{row['share']:.2%}",
        )
        for row in numbered(some)
    ]
    print_table(("component", *(["channel"] if several else []), "Hz", "amplitude", "phase", "energy"), rows)
    if some.residual is not None:
        left = float((some.residual**2).sum()) / (float((some.original**2).sum()) or 1.0)
        click.echo(f"residual: {left:.2%} of the energy")


def _parameter(text: str) -> tuple[str, Any]:
    import tomllib

    key, sign, value = text.partition("=")
    if not sign:
        raise ConfigError("--with takes KEY=VALUE", f"got {text!r}", "such as --with count=12")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value


def _pairs(text: str | None) -> list[tuple[float, float]] | None:
    from itertools import pairwise

    if text is None:
        return None
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError("--bands takes frequencies in Hz", f"got {text!r}", "such as --bands 0,200,2000") from None
    if len(edges) < 2:
        raise ConfigError("--bands needs two frequencies or more", f"got {text!r}", "such as --bands 0,200,2000")
    return list(pairwise(edges))

"""Looking at files: read, inspect."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..data import Grid, Signal
from ..errors import ComponentError, DataError, JackfieldError
from ..planning import list_inputs
from ..planning._inputs import source_of
from ..registry import registry


def read(path: str | os.PathLike[str], *, start: int = 0, stop: int | None = None, reader: str | None = None) -> Any:
    """Read a file with the reader that takes its suffix (or the one named): a Signal, or a Grid.

    start, stop : segment in samples at the file's own rate
    """
    from dataclasses import replace

    source = replace(source_of(os.fspath(path)), start=start, stop=stop)
    name = reader or registry().reader_for(source.path).full_name
    item: Signal | Grid = registry().build(name, {}, ("reader",))(source)
    return item


def as_signal(item: Any, *, rate: float | None = None) -> Signal:
    """A Signal from a Signal, a path, or an array of shape (n,) or (channels, n) with its `rate`.

    Integer arrays are refused: whether 1 means full scale or one step is the caller's to say. Nothing is resampled:
    DataError where a path or a Signal has another rate than the one given.

    >>> import numpy as np
    >>> as_signal(np.zeros(8000, np.float32), rate=8000).seconds
    1.0
    """
    what = type(item).__name__
    if isinstance(item, (str, os.PathLike)):
        what, item = os.fspath(item), read(item)
        if not isinstance(item, Signal):
            raise DataError(f"{what} is no sound", f"its reader gives {type(item).__name__}")
    if isinstance(item, Signal):
        if rate is not None and rate != item.rate:
            remedy = "leave rate= out, or convert with the resampler samplerate"
            raise DataError(f"{what} has another rate than the one given", f"{item.rate:g} Hz, not {rate:g}", remedy)
        return item
    if rate is None:
        raise DataError("an array needs its rate", f"got {what}", "give rate= in samples per second")
    return Signal(samples=item, rate=rate)


@dataclass(frozen=True)
class Inspection:
    """What is known of one file: facts from its header and its samples, or why it cannot be read."""

    path: str
    facts: dict[str, Any]
    error: JackfieldError | None = None


def inspect(paths: Any) -> tuple[Inspection, ...]:
    """Header facts and levels of files: what the header says, what the samples say, and whether they agree."""
    many = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    sources = list_inputs(tuple(os.fspath(p) for p in many), registry())
    return tuple(_one(s.path) for s in sources)


def _one(path: str) -> Inspection:
    facts: dict[str, Any] = {}
    try:
        source = source_of(path)
        reader = registry().build(registry().reader_for(path).full_name, {}, ("reader",))
        if hasattr(reader, "probe"):
            facts |= dict(reader.probe(source))
        facts |= _samples(reader(source))
        # what a reader that looks closer has against a file that it can read
        if found := tuple(reader.doubts(source)) if hasattr(reader, "doubts") else ():
            facts["doubts"] = found
        return Inspection(path, facts)
    except JackfieldError as error:
        return Inspection(path, facts, error)
    except (Exception, SystemExit) as error:
        cause = f"reading {path} failed: {type(error).__name__}: {error}"
        return Inspection(path, facts, ComponentError(cause, remedy="report it to the reader's author"))


def _samples(item: Any) -> dict[str, Any]:
    if not isinstance(item, Signal):
        return dict(item.summary())
    about = {"rate": item.rate, "channels": item.channels, "frames": item.n, "seconds": item.seconds}
    return about | _levels(item) | {"digest": item.digest}


def _levels(signal: Signal) -> dict[str, Any]:
    import numpy as np

    def db(value: float) -> float:
        return round(20 * float(np.log10(value)), 2) if value > 0 else float("-inf")

    samples = signal.samples.astype(np.float64)
    at_full_scale = np.abs(samples) >= 1.0
    return {
        "peak_dbfs": db(float(np.abs(samples).max())),
        "rms_dbfs": db(float(np.sqrt(np.mean(samples**2)))),
        "dc": round(float(samples.mean()), 8),
        "at_full_scale": int(at_full_scale.sum()),
    }

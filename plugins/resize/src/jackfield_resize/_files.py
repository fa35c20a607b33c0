"""Arrays from files and to files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from jackfield import ConfigError, DataError, OutputError, read


def check_target(path: str, suffixes: tuple[str, ...], force: bool) -> None:
    """Refuse what could not be written, before anything is computed."""
    if Path(path).suffix.lower() not in suffixes:
        raise ConfigError(f"{path} has no suffix that can be written", f"known: {', '.join(suffixes)}")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise OutputError(f"{path} is no regular file", remedy="choose another name")
    if os.path.exists(path) and not force:
        raise ConfigError(f"{path} exists", remedy="choose another name, or --force to write over it")


def load(path: str) -> Any:
    """An array of any dimension from .npy, (rows, columns) from .csv, else what the file's reader gives."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".npy", ".csv"):
        return read(path)
    if not os.path.isfile(path):
        raise DataError(f"{path} cannot be read", "not a regular file" if os.path.exists(path) else "no such file")
    try:
        return np.load(path, allow_pickle=False) if suffix == ".npy" else _table(path)
    except MemoryError as error:
        raise DataError(f"{path} does not fit into memory", str(error)) from None
    except (OSError, ValueError, EOFError) as error:
        kind = "an .npy array" if suffix == ".npy" else "a table of numbers"
        raise DataError(f"{path} is not {kind}", str(error).splitlines()[0]) from None


def _table(path: str) -> np.ndarray:
    """Rows of numbers with commas or semicolons between them, never both, a single column as (rows,).

    A first row that is no number is a header.
    """
    with open(path, encoding="utf-8-sig") as file:
        lines = [line for line in file if line.strip()]
    try:
        [float(cell) for cell in lines[0].replace(";", ",").split(",")] if lines else None
    except ValueError:
        del lines[0]
    if not lines:
        raise ValueError("no rows of numbers")
    text = "".join(lines)
    if ";" in text and "," in text:
        raise ValueError("commas and semicolons between digits: write decimals with a point")
    lines = text.replace(";", ",").splitlines()
    table = np.loadtxt(lines, delimiter=",", ndmin=2)
    return table[:, 0] if table.shape[1] == 1 else table


def encoded(path: str, values: np.ndarray) -> bytes:
    """As .npy, or as .csv (one axis: a column) with as many digits as bring the same numbers back."""
    file = io.BytesIO()
    if path.lower().endswith(".npy"):
        np.save(file, np.ascontiguousarray(values))
    else:
        if values.ndim not in (1, 2):
            raise DataError("a table has one axis or two", f"shape {values.shape}", "write .npy")
        digits = {4: "%.9g", 2: "%.5g"}.get(values.dtype.itemsize, "%.17g") if values.dtype.kind == "f" else "%d"
        np.savetxt(file, values, fmt=digits, delimiter=",")
    return file.getvalue()

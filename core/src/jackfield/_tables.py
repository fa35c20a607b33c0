"""Signals from tables and arrays."""

from __future__ import annotations

import os
import stat

import numpy as np

from .data import Origin, Signal, Source
from .errors import DataError


def regular_file(path: str) -> os.stat_result:
    """Stat of a regular, non-empty, readable file; DataError for anything else (a FIFO would hang for ever)."""
    try:
        info = os.stat(path)
    except FileNotFoundError:
        cause = "a dangling link" if os.path.islink(path) else "no such file"
        raise DataError(f"{path} cannot be read", cause) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read", error.strerror or str(error)) from None
    if not stat.S_ISREG(info.st_mode):
        kind = "a directory" if stat.S_ISDIR(info.st_mode) else "not a regular file"
        raise DataError(f"{path} cannot be read", kind)
    if info.st_size == 0:
        raise DataError(f"{path} cannot be read", "the file is empty")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} cannot be read", "permission denied")
    return info


def _signal(values: np.ndarray, source: Source, rate: float, subtype: str) -> Signal:
    values = values[:, source.start : source.stop]
    if values.size == 0:
        raise DataError(f"{source.path} holds no samples")
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{source.path} holds {int(wrong.sum())} values that are not finite",
            f"first: channel {row}, sample {column}",
        )
    origin = Origin(path=source.path, subtype=subtype, decoder="jackfield")
    return Signal(samples=values, rate=rate, start=source.start, source=origin)


def read_csv(source: Source, rate: float) -> Signal:
    """One row per sample, one column per channel; a first row that is no number is a header."""
    regular_file(source.path)
    try:
        with open(source.path, encoding="utf-8-sig") as file:
            rows = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeError) as error:
        raise DataError(f"{source.path} is not a text table", str(error)) from None
    first = 0 if rows and _numbers(rows[0]) is not None else 1
    table: list[list[float]] = []
    for number, row in enumerate(rows[first:], first + 1):
        values = _numbers(row)
        if values is None or (table and len(values) != len(table[0])):
            width = f"{len(table[0])} numbers" if table else "numbers"
            raise DataError(f"{source.path}: row {number} is not {width}", repr(row[:60]))
        table.append(values)
    if not table:
        raise DataError(f"{source.path} holds no samples")
    return _signal(np.array(table, np.float64).T, source, rate, "CSV")


def _numbers(row: str) -> list[float] | None:
    try:
        return [float(cell) for cell in row.replace(";", ",").split(",")]
    except ValueError:
        return None


def read_npy(source: Source, rate: float) -> Signal:
    """An array of shape (n,) or (channels, n); integers wider than 16 bits become float64."""
    regular_file(source.path)
    try:
        values = np.load(source.path, allow_pickle=False, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{source.path} is not an .npy array", str(error).splitlines()[0]) from None
    if values.dtype.kind not in "iuf" or values.ndim not in (1, 2):
        raise DataError(
            f"{source.path} is not a signal", f"{values.dtype} of shape {values.shape}", "give (channels, n)"
        )
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64 if values.dtype.itemsize > 2 else np.float32)
    return _signal(np.atleast_2d(values), source, rate, str(values.dtype))

"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from jackfield import OutputError


def write(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename: a reader sees the old file, the new one, or none."""
    # A name of its own, since the file's may be as long as names can be.
    beside = path.parent / f".{os.getpid()}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(f"could not write {path}", error.strerror or str(error)) from error


def number(value: float | None) -> float | None:
    """Rounded to six decimals, -0.0 as 0.0; None for what is undefined.

    >>> number(0.1 + 0.2), number(-1e-9), number(float("nan"))
    (0.3, 0.0, None)
    """
    if value is None or value != value:
        return None
    return round(float(value), 6) + 0.0


def line(cells: Iterable[object]) -> str:
    """One row of a CSV file as in RFC 4180, ended by a line feed; None is an empty cell.

    >>> print(line(["a,b", None, 1.5, "=1+1"]), end="")
    "a,b",,1.5,=1+1
    """
    # Not csv.writer: before Python 3.13 it leaves a lone carriage return unquoted, which no reader takes.
    texts = ("" if cell is None else str(cell) for cell in cells)
    return ",".join('"' + t.replace('"', '""') + '"' if any(c in t for c in ',"\r\n') else t for t in texts) + "\n"


def write_table(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    """A CSV file with one header row; names that are not UTF-8 keep their bytes."""
    write(path, "".join([line(header), *map(line, rows)]).encode("utf-8", "surrogateescape"))

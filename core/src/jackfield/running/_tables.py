"""The tables that every run folder has."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from ..data import Clip, Failure
from ..data._storing import replace_file


def write_csv(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    """A CSV file with one header row, whole or not at all; None is an empty cell, floats keep every digit."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(["" if cell is None else cell for cell in row] for row in rows)
    replace_file(path, lambda file: file.write(text.getvalue().encode("utf-8", "surrogateescape")))


def write_tables(folder: Path, clips: list[Clip], failures: list[Failure]) -> None:
    """`clips.csv` and `errors.csv`."""
    write_csv(
        folder / "clips.csv",
        ("path", "seconds", "rate", "channels", "samples", "digest"),
        ((c.path, c.seconds, c.rate, c.channels, c.n_samples, c.digest) for c in clips),
    )
    write_csv(
        folder / "errors.csv",
        ("path", "step", "error", "cause", "evidence", "remedy"),
        ((f.path, f.step, f.error, f.cause, f.evidence, f.remedy) for f in sorted(failures, key=lambda f: f.path)),
    )

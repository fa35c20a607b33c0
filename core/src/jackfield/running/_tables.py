"""The tables that every run folder has."""

from __future__ import annotations

from pathlib import Path

from ..data import Clip, Failure, write_csv


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

"""What the verb writes: table, sounds that add up to the clip, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from jackfield import ConfigError, Decomposition, OutputError, write_csv, write_file

from ._picture import error_picture, stacked_picture
from .verbs import numbered

COLUMNS = ("component", "channel", "frequency", "amplitude", "phase", "energy", "share")
MOST = 200  # sounds; more than anybody listens to, and each is as large as the clip


def write_folder(some: Decomposition, whole: Decomposition, folder: Path, force: bool) -> list[Path]:
    """Write everything about `some` components of `whole`; returns the paths.

    Raises ConfigError where there are more than 200 components or files would be replaced without `force`.
    """
    if len(some) > MOST:
        size = f"{len(some)} files, {some.nbytes / 1e9:.3g} GB"
        raise ConfigError("too many components to write", size, "choose with --top, --energy or --bands")
    if some.rate != round(some.rate):
        raise OutputError("a WAV file needs a whole number of samples per second", f"the rate is {some.rate:g}")
    width = max(2, len(str(len(some))))
    sounds = {f"component-{k + 1:0{width}}.wav": k for k in range(len(some))}
    pictures = {"components.png": stacked_picture(some), "error.png": error_picture(some, whole)}
    names = [*sounds, *(["residual.wav"] if some.residual is not None else []), "table.csv", *pictures]
    _make_room(folder, names, force)
    for name, k in sounds.items():
        write_file(folder / name, wav(some.component(k), some.rate))
    if some.residual is not None:
        write_file(folder / "residual.wav", wav(some.residual, some.rate))
    write_csv(folder / "table.csv", ["file", *COLUMNS], _rows(some, [*sounds]))
    for name, content in pictures.items():
        write_file(folder / name, content)
    return [folder / name for name in names]


def _rows(some: Decomposition, files: list[str]) -> Iterator[list[object]]:
    """The table with the sound of each row; what has no phase has an empty cell."""
    for row, facts in zip(some.rows(), numbered(some), strict=True):
        cells = (facts[name] for name in COLUMNS)
        yield [files[row["component"]], *("" if cell != cell else cell for cell in cells)]


def _make_room(folder: Path, names: list[str], force: bool) -> None:
    """Refuse to replace files unless forced; then remove every sound of an earlier call: its sum was another."""
    earlier = [*folder.glob("component-*.wav"), folder / "residual.wav"]
    there = [path for path in [*earlier, *(folder / name for name in names)] if path.exists()]
    if there and not force:
        raise ConfigError(f"{folder} holds files of an earlier call", min(there).name, "add --force, or use another -o")
    for path in earlier:
        path.unlink(missing_ok=True)


def wav(samples: np.ndarray, rate: float) -> bytes:
    """(channels, n) as a WAV file of 64-bit floats, which keeps every bit."""
    out = BytesIO()
    soundfile.write(out, samples.T, round(rate), subtype="DOUBLE", format="WAV")
    return out.getvalue()

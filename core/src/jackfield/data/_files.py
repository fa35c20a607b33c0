"""Files written whole or not at all."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import OutputError

if TYPE_CHECKING:
    from ._results import Artifact


def replace_file(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write beside `path` by `write(file)`, then rename: a reader sees the old file, the new one, or none.

    Raises OutputError, and leaves nothing behind, where that fails.
    """
    # A short name of its own: the file's may be as long as names can be, and others may write the same file now.
    beside = path.parent / f".{os.urandom(6).hex()}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:
            write(file)
        os.replace(beside, path)
    except OSError as error:
        raise OutputError(f"could not write {path}", error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def write_file(path: Path, content: bytes) -> None:
    """`content` as a file, whole or not at all; OutputError where it cannot be written."""
    replace_file(path, lambda file: file.write(content))


def write_as(path: Path, output: Callable[[Path], Artifact]) -> None:
    """Let an output write its one file, given a stem, in a folder beside `path`, then rename it to `path`.

    Raises OutputError, and leaves nothing behind, where that fails.
    """
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
            (written,) = output(Path(folder) / "file").paths
            os.replace(written, path)
    except OutputError as error:
        # its cause names a file that nobody asked for
        raise OutputError(f"could not write {path}", error.evidence or error.cause, error.remedy) from error
    except OSError as error:
        raise OutputError(f"could not write {path}", error.strerror or str(error)) from error


def csv_line(cells: Iterable[object]) -> str:
    """One row of a CSV file as in RFC 4180, ended by a line feed; None is an empty cell.

    >>> print(csv_line(["a,b", None, 1.5, "=1+1"]), end="")
    "a,b",,1.5,=1+1
    """
    # Not csv.writer: before Python 3.13 it leaves a lone carriage return unquoted, which no reader takes.
    texts = ("" if cell is None else str(cell) for cell in cells)
    return ",".join('"' + t.replace('"', '""') + '"' if any(c in t for c in ',"\r\n') else t for t in texts) + "\n"


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A CSV file with one header row, whole or not at all; names that are not UTF-8 keep their bytes."""
    write_file(path, "".join([csv_line(header), *map(csv_line, rows)]).encode("utf-8", "surrogateescape"))


def printable(text: str) -> str:
    r"""Control characters, bytes that are no UTF-8 and marks that turn the reading direction as escapes.

    >>> printable("a\tb\udcff")
    'a\\tb\\udcff'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def file_stems(paths: list[str]) -> dict[str, str]:
    """A name per clip for the files that outputs write: the path below the common folder, without suffix or dots.

    No two are the same, even where case does not count.

    >>> file_stems(["x/a.wav", "x/A.flac", "x/take.1.wav"])
    {'x/a.wav': 'a', 'x/A.flac': 'A-2', 'x/take.1.wav': 'take_1'}
    """
    if not paths:
        return {}
    base = os.path.commonpath([os.path.dirname(os.path.abspath(p)) for p in paths])
    used: set[str] = set()
    found = {}
    for path in paths:
        folder, name = os.path.split(os.path.relpath(os.path.abspath(path), base))
        stem = os.path.join(folder, os.path.splitext(name)[0].replace(".", "_"))
        names = itertools.chain([stem], (f"{stem}-{k}" for k in itertools.count(2)))
        found[path] = next(n for n in names if n.casefold() not in used)
        used.add(found[path].casefold())
    return found

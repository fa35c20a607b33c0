"""What a run folder knows: which clip has which samples, what was computed, what was warned of.

Results themselves are content-addressed files beside it; a result exists exactly when its file does, so a run that
was killed at any moment needs no repair.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .data import Clip, Source
from .errors import OutputError

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS slots (path TEXT PRIMARY KEY, slot INTEGER UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS clips (
  path TEXT, size INTEGER, mtime_ns INTEGER, reader TEXT, digest TEXT, rate REAL, channels INTEGER, n INTEGER,
  PRIMARY KEY (path, reader));
CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, step TEXT, about TEXT, state TEXT, seconds REAL);
CREATE TABLE IF NOT EXISTS notes (path TEXT, stage TEXT, notes TEXT NOT NULL, PRIMARY KEY (path, stage));
CREATE TABLE IF NOT EXISTS compared (key TEXT PRIMARY KEY, step TEXT, pairs TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS artifacts (key TEXT PRIMARY KEY, step TEXT, artifact TEXT NOT NULL);
"""

# What ledgers can tell each other.
SHARED = ("slots", "clips", "items", "notes", "compared", "artifacts")

ANEW = "delete this file and start again with --force: results are kept, clips are read again"
REMEDIES = {
    sqlite3.SQLITE_FULL: "make room on the disk and start again; what was computed is kept",
    sqlite3.SQLITE_BUSY: "close the program that uses this file and start again",
    sqlite3.SQLITE_LOCKED: "close the program that uses this file and start again",
    sqlite3.SQLITE_CORRUPT: ANEW,
    sqlite3.SQLITE_NOTADB: ANEW,
}


class Ledger:
    """One SQLite file in WAL mode, written by the driving process alone.

    Every method raises OutputError where the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"
        try:
            self.db = sqlite3.connect(self.path, isolation_level=None)
        except sqlite3.Error as error:
            raise self._broken(error) from error
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *SCHEMA.strip().split(";\n")):
            self._do(statement)

    def _do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            rows = self.db.execute(statement, [_bound(v) for v in values]).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error
        return [tuple(_unbound(v) for v in row) for row in rows]

    def _broken(self, error: sqlite3.Error) -> OutputError:
        # The lower byte is the kind of error, the upper ones its details.
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        remedy = REMEDIES.get(kind, "check the disk, or choose another folder with -o")
        return OutputError(f"{self.path} cannot be used", str(error), remedy)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        try:
            self.db.close()
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def get(self, key: str) -> str | None:
        """A value noted earlier."""
        rows = self._do("SELECT value FROM meta WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def put(self, key: str, value: str) -> None:
        """Note a value."""
        self._do("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def slots(self, paths: Iterable[str]) -> dict[str, int]:
        """A lasting number for every path; new paths get the next ones, so that old tiles keep their clips."""
        known: dict[str, int] = dict(self._do("SELECT path, slot FROM slots"))
        first = max(known.values(), default=-1) + 1
        new = {path: first + k for k, path in enumerate(p for p in paths if p not in known)}
        self._do("BEGIN")
        for path, slot in new.items():
            self._do("INSERT INTO slots VALUES (?, ?)", path, slot)
        self._do("COMMIT")
        return known | new

    def clips(self, reader: str) -> dict[str, Clip]:
        """Every clip decoded so far by this reader, by path."""
        rows = self._do("SELECT path, size, mtime_ns, digest, rate, channels, n FROM clips WHERE reader = ?", reader)
        return {path: Clip(path, path, *about) for path, *about in rows}

    def decoded(self, source: Source, reader: str, about: dict[str, Any]) -> None:
        """Note what a clip's samples are."""
        row = (source.path, source.size, source.mtime_ns, reader)
        samples = (about["digest"], about["rate"], about["channels"], about["n"])
        self._do("INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row, *samples)

    def item(self, key: str, step: str, about: str, state: str, seconds: float) -> None:
        """Note the state of a work item."""
        self._do("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", key, step, about, state, seconds)

    def note(self, path: str, stage: str, notes: Sequence[str]) -> None:
        """Keep what a stage had to say of a clip, in place of what it said before."""
        if notes:
            self._do("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", path, stage, json.dumps(list(notes)))
        else:
            self._do("DELETE FROM notes WHERE path = ? AND stage = ?", path, stage)

    def notes(self) -> dict[str, tuple[str, ...]]:
        """What was said of each clip, each note once, in the order of the stages' names and as given."""
        found: dict[str, dict[str, None]] = {}
        for path, text in self._do("SELECT path, notes FROM notes ORDER BY path, stage"):
            found.setdefault(path, {}).update(dict.fromkeys(json.loads(text)))
        return {path: tuple(notes) for path, notes in found.items()}

    def compare(self, step: str, chunks: dict[str, str]) -> None:
        """Note which pairs lie in which results of a distance."""
        self._do("BEGIN")
        for key, pairs in chunks.items():
            self._do("INSERT OR REPLACE INTO compared VALUES (?, ?, ?)", key, step, pairs)
        self._do("COMMIT")

    def compared(self, step: str) -> list[tuple[str, str]]:
        """(result, pairs) that were noted for a distance."""
        return [(key, pairs) for key, pairs in self._do("SELECT key, pairs FROM compared WHERE step = ?", step)]

    def artifact(self, key: str) -> dict[str, Any] | None:
        """What an output wrote when its inputs were the same."""
        rows = self._do("SELECT artifact FROM artifacts WHERE key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def wrote(self, key: str, step: str, artifact: dict[str, Any]) -> None:
        """Note what an output wrote."""
        self._do("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?)", key, step, json.dumps(artifact))

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables but the notes on the run itself, by table."""
        return {name: self._do(f"SELECT * FROM {name} ORDER BY 1, 2") for name in SHARED}

    def absorb(self, known: dict[str, list[tuple[Any, ...]]], renamed: Callable[[str], str]) -> None:
        """Take over what another ledger knows; `renamed` gives the path that a clip has here."""
        self._do("BEGIN")
        for name, rows in known.items():
            # A path or a number that is taken keeps its meaning; the next run finds another number for the clip.
            verb = "IGNORE" if name == "slots" else "REPLACE"
            for first, *rest in rows:
                key = renamed(first) if name in ("slots", "clips", "notes") else first
                self._do(f"INSERT OR {verb} INTO {name} VALUES ({', '.join('?' * (1 + len(rest)))})", key, *rest)
        self._do("COMMIT")


def _bound(value: Any) -> Any:
    """Python's text for a file name that is not UTF-8 is none to SQLite; its bytes are."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def _unbound(value: Any) -> Any:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value

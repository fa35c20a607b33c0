"""What a run folder knows: which clip has which samples, what was computed, what failed.

Results themselves are content-addressed files beside it; a result exists exactly when its file does, so a run that
was killed at any moment needs no repair.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .data import Clip, Failure, Source
from .errors import OutputError

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS slots (path TEXT PRIMARY KEY, slot INTEGER UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS clips (
  path TEXT, size INTEGER, mtime_ns INTEGER, reader TEXT, digest TEXT, rate REAL, channels INTEGER, n INTEGER,
  PRIMARY KEY (path, reader));
CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, step TEXT, about TEXT, state TEXT, seconds REAL);
CREATE TABLE IF NOT EXISTS failures (path TEXT PRIMARY KEY, failure TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS artifacts (key TEXT PRIMARY KEY, step TEXT, artifact TEXT NOT NULL);
"""


class Ledger:
    """One SQLite file in WAL mode, written by the driving process alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"
        try:
            self.db = sqlite3.connect(self.path, isolation_level=None)
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=NORMAL")
            self.db.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise OutputError(f"{self.path} cannot be used", str(error), "choose another folder with -o") from error

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self.db.close()

    def get(self, key: str) -> str | None:
        """A value noted earlier."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Note a value."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def slots(self, paths: Iterable[str]) -> dict[str, int]:
        """A lasting number for every path; new paths get the next ones, so that old tiles keep their clips."""
        known: dict[str, int] = dict(self.db.execute("SELECT path, slot FROM slots").fetchall())
        new = [p for p in paths if p not in known]
        first = max(known.values(), default=-1) + 1
        rows = [(path, first + k) for k, path in enumerate(new)]
        with self.db:
            self.db.execute("BEGIN")
            self.db.executemany("INSERT INTO slots VALUES (?, ?)", rows)
        return known | dict(rows)

    def clips(self, reader: str) -> dict[str, Clip]:
        """Every clip decoded so far by this reader, by path."""
        rows = self.db.execute(
            "SELECT path, size, mtime_ns, digest, rate, channels, n FROM clips WHERE reader = ?", (reader,)
        )
        return {r[0]: Clip(r[0], r[0], r[1], r[2], r[3], r[4], r[5], r[6]) for r in rows}

    def decoded(self, source: Source, reader: str, about: dict[str, Any]) -> None:
        """Note what a clip's samples are."""
        row = (source.path, source.size, source.mtime_ns, reader)
        self.db.execute(
            "INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, about["digest"], about["rate"], about["channels"], about["n"]),
        )
        self.db.execute("DELETE FROM failures WHERE path = ?", (source.path,))

    def item(self, key: str, step: str, about: str, state: str, seconds: float) -> None:
        """Note the state of a work item."""
        self.db.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", (key, step, about, state, seconds))

    def failed(self, failure: Failure) -> None:
        """Note that a clip failed."""
        self.db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (failure.path, json.dumps(asdict(failure))))

    def failures(self) -> dict[str, Failure]:
        """Clips that failed, by path."""
        rows = self.db.execute("SELECT path, failure FROM failures ORDER BY path")
        return {path: Failure(**json.loads(text)) for path, text in rows}

    def artifact(self, key: str) -> dict[str, Any] | None:
        """What an output wrote when its inputs were the same."""
        row = self.db.execute("SELECT artifact FROM artifacts WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def wrote(self, key: str, step: str, artifact: dict[str, Any]) -> None:
        """Note what an output wrote."""
        self.db.execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?)", (key, step, json.dumps(artifact)))

"""Which files a run is about."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator

from ..data import Source
from ..errors import ConfigError
from ..registry import Registry

RUNS = "jackfield-runs"
LEDGER = "ledger.sqlite"


def list_inputs(patterns: tuple[str, ...], registry: Registry, reader: str | None = None) -> tuple[Source, ...]:
    """Sources for files, folders (searched for known suffixes) and globs, sorted by path, each once.

    reader : name of the reader that the run uses for every file; a folder is searched for its suffixes first

    Links to folders are followed; run folders are left out. Whatever bears a known suffix is listed, be it a directory,
    a dangling link or a pipe, and so is a subfolder that cannot be searched: the reader says what is wrong with it, so
    that nothing is left out in silence. A pattern that matches nothing is a ConfigError.
    """
    found: dict[str, str] = {}
    for pattern in patterns:
        paths = [_tidy(path) for path in _matches(pattern, registry, reader)]
        if not paths:
            what = "holds no file with a known suffix" if os.path.isdir(literal(pattern)) else "matches no file"
            known = f"suffixes: {' '.join(registry.suffixes())}"
            raise ConfigError(f'input "{literal(pattern)}" {what}', known, "check the path")
        for path in paths:
            found.setdefault(_identity(path), path)
    return tuple(source_of(path) for path in sorted(found.values()))


def literal(pattern: str) -> str:
    """The path that an escaped pattern stands for.

    >>> literal("take [[]1]/*.wav")
    'take [1]/*.wav'
    """
    return re.sub(r"\[([*?[])\]", r"\1", pattern)


def _tidy(path: str) -> str:
    """Without what says nothing; `link/../clips` stays, since it need not be `clips`."""
    return re.sub(r"^(\./)+(?=.)", "", re.sub("/{2,}", "/", path))


def _identity(path: str) -> str:
    """The same for a path however it is written, but not for two links to one file."""
    plain = os.path.abspath(path)
    if ".." in path.split(os.sep) and os.path.realpath(path) != os.path.realpath(plain):
        return os.path.join(os.getcwd(), path)
    return plain


def _matches(pattern: str, registry: Registry, reader: str | None) -> list[str]:
    for path in (pattern, literal(pattern)):
        if os.path.isdir(path):
            return _search(path, registry, reader)
        if os.path.lexists(path):
            return [path]
    return glob.glob(pattern, recursive=True)


def _search(folder: str, registry: Registry, reader: str | None) -> list[str]:
    try:
        paths = list(_walk(folder, registry.suffixes()))
    except OSError as error:
        raise ConfigError(f'input "{folder}" cannot be searched', error.strerror or str(error)) from None
    unreadable = [path for path, is_file in paths if not is_file]
    for suffixes in _tiers(registry, reader):
        if files := [path for path, is_file in paths if is_file and path.lower().endswith(suffixes)]:
            return [*unreadable, *files]
    return unreadable


def _tiers(registry: Registry, reader: str | None) -> Iterator[tuple[str, ...]]:
    """Suffixes to search a folder for: the next where nothing bears one of those before."""
    offers: list[tuple[tuple[str, ...], bool]] = [
        (getattr(e.offer, "suffixes", ()), getattr(e.offer, "fallback", False)) for e in registry.of_kind("reader")
    ]
    if reader is not None:
        yield getattr(registry.find(reader, ("reader",)).offer, "suffixes", ())
    yield tuple(s for suffixes, fallback in offers for s in suffixes if not fallback)
    yield registry.suffixes()


def _walk(top: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Paths below a folder that bear a suffix (with True) and subfolders that cannot be searched (with False).

    Folders come before links to them: what is there twice is listed under its own name.
    """
    visited: set[tuple[int, int]] = set()
    folders, links = [top], list[str]()
    while folders or links:
        folder = folders.pop() if folders else links.pop(0)
        try:
            info = os.stat(folder)
            with os.scandir(folder) as scanned:
                entries = sorted((e for e in scanned if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError:
            if folder == top:
                raise
            yield folder, False
            continue
        if (info.st_dev, info.st_ino) in visited or (folder != top and any(e.name == LEDGER for e in entries)):
            continue
        visited.add((info.st_dev, info.st_ino))
        for entry in entries:
            if entry.name.lower().endswith(suffixes):
                yield entry.path, True
            elif os.path.isdir(entry.path) and entry.name != RUNS:
                (links if entry.is_symlink() else folders).append(entry.path)


def source_of(path: str) -> Source:
    """A Source with what the file system says of it; −1 where it says nothing."""
    try:
        info = os.stat(path)
    except OSError:
        return Source(path, -1, -1)
    return Source(path, info.st_size, info.st_mtime_ns)

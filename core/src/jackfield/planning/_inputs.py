"""Which files a run is about."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator

from ..data import Source
from ..errors import ConfigError


def list_inputs(patterns: tuple[str, ...], suffixes: tuple[str, ...]) -> tuple[Source, ...]:
    """Sources for files, folders (searched for known suffixes) and globs, sorted by path, each once.

    Whatever bears a known suffix is listed, be it a directory, a dangling link or a pipe: the reader says what is
    wrong with it, so that nothing is left out in silence. A pattern that matches nothing is a ConfigError.
    """
    found: dict[str, Source] = {}
    for pattern in patterns:
        paths = list(_matches(pattern, suffixes))
        if not paths:
            what = "holds no file with a known suffix" if os.path.isdir(pattern) else "matches no file"
            raise ConfigError(f'input "{pattern}" {what}', f"suffixes: {' '.join(suffixes)}", "check the path")
        for path in paths:
            found.setdefault(os.path.normpath(path), source_of(os.path.normpath(path)))
    return tuple(found[path] for path in sorted(found))


def _matches(pattern: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    if os.path.isdir(pattern):
        yield from _walk(pattern, suffixes)
    elif os.path.lexists(pattern):
        yield pattern
    else:
        yield from glob.iglob(pattern, recursive=True)


def _walk(folder: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.name.lower().endswith(suffixes) and not entry.name.startswith("."):
                yield entry.path
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _walk(entry.path, suffixes)


def source_of(path: str) -> Source:
    """A Source with what the file system says of it; −1 where it says nothing."""
    try:
        info = os.stat(path)
    except OSError:
        return Source(path, -1, -1)
    return Source(path, info.st_size, info.st_mtime_ns)

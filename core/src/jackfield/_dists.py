"""Installed distributions and their entry points, read straight from their folders on sys.path.

importlib.metadata says the same, but importing it (and with it email, zipfile and csv) costs more than everything else
that `jackfield --help` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One entry point: its name, `module` or `module:attribute`, and the distribution it came with."""

    name: str
    value: str
    distribution: str

    @property
    def module(self) -> str:
        """The module that it names."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    def load(self) -> Any:
        """Import what it names."""
        found: Any = import_module(self.module)
        for part in filter(None, self.value.partition("[")[0].partition(":")[2].strip().split(".")):
            found = getattr(found, part)
        return found

    def source(self) -> str:
        """Source of the module that it names, found without importing it or its package; empty where there is none."""
        loader: Any = None
        parts, path = self.module.split("."), None
        for depth in range(1, len(parts) + 1):
            name = ".".join(parts[:depth])
            # as an import looks for it: the finders of editable installations are among them
            spec = next((s for finder in sys.meta_path if (s := finder.find_spec(name, path))), None)
            if spec is None:
                return ""
            path, loader = spec.submodule_search_locations, spec.loader
        text: str = (hasattr(loader, "get_source") and loader.get_source(self.module)) or ""
        return text


class Installed(NamedTuple):
    """One distribution, by the folder of its metadata (`name-version.dist-info`)."""

    folder: str

    @property
    def name(self) -> str:
        """Its name as the folder has it, with hyphens."""
        return os.path.basename(self.folder).partition("-")[0].replace("_", "-")

    def text(self, file: str) -> str:
        """A file of the metadata; empty where there is none."""
        try:
            with open(os.path.join(self.folder, file), encoding="utf-8") as content:
                return content.read()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def entries(self, group: str) -> list[Entry]:
        """Entry points of a group; ValueError for a line that is none."""
        found, inside = [], False
        for line in map(str.strip, self.text("entry_points.txt").splitlines()):
            if line.startswith("["):
                inside = line == f"[{group}]"
            elif inside and line and not line.startswith(("#", ";")):
                name, sign, value = (part.strip() for part in line.partition("="))
                if not (name and sign and value):
                    raise ValueError(f"entry_points.txt: {line!r} is not name = module")
                found.append(Entry(name, value, self.name))
        return found

    def metadata(self) -> dict[str, list[str]]:
        """The header of METADATA: every value of every key."""
        found: dict[str, list[str]] = {}
        for line in (self.text("METADATA") or self.text("PKG-INFO")).splitlines():
            if not line.strip():
                break
            key, sign, value = line.partition(":")
            if sign and not line[0].isspace():
                found.setdefault(key, []).append(value.strip())
        return found


def distributions() -> Iterator[Installed]:
    """Every distribution on sys.path, those that import first first; one may be there twice."""
    for folder in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(folder or os.curdir))
        except OSError:
            continue  # zip files, and folders that are not there
        yield from (Installed(os.path.join(folder, n)) for n in names if n.endswith((".dist-info", ".egg-info")))


def by_name(group: str) -> dict[str, Entry]:
    """Every entry point of a group by its name, not imported; of two with one name, the one that imports first."""
    found: dict[str, Entry] = {}
    for dist in distributions():
        try:
            entries = dist.entries(group)
        except (OSError, ValueError):
            continue  # one malformed distribution must not hide those of all others
        for entry in entries:
            found.setdefault(entry.name, entry)
    return found

"""Which code a plugin runs: versions, and digests of the sources where a version does not change with them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from ..errors import PluginError

CORE = "jackfield-core"
# The core's own plugin is these modules; the rest of the core is known to every plugin by its version.
BUILTIN = ("builtin.py", "_tables.py")


def canonical(name: str) -> str:
    """A distribution's name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Sources:
    """Python files as they were when this object was made, which is just before they are loaded.

    Only names, times and sizes are looked at then; contents are read when the digest is first asked for.
    """

    def __init__(self, roots: tuple[str, ...]) -> None:
        self.roots = tuple(os.path.abspath(root) for root in roots)
        self._loaded = self._look()
        self._digest = ""

    def _look(self) -> list[tuple[str, int, int]]:
        stats = [(file, os.stat(file)) for root in self.roots for file in sorted(_python_files(root))]
        return [(file, s.st_mtime_ns, s.st_size) for file, s in stats]

    def digest(self, label: str) -> str:
        """Digest of the code that was loaded; PluginError if the files have changed since."""
        try:
            digest = self._digest or self._read()
            # After the reading, so that what was read is what was loaded.
            changed = {os.path.basename(file) for file, *_ in {*self._look()} ^ {*self._loaded}}
        except OSError as error:
            changed = {str(error)}
        if changed:
            raise PluginError(f"{label} has changed since it was loaded", ", ".join(sorted(changed)), "start again")
        self._digest = digest
        return digest

    def _read(self) -> str:
        from hashlib import blake2b

        digest = blake2b(digest_size=8)
        base = os.path.commonpath(self.roots) if self.roots else ""
        for file, _, size in self._loaded:
            digest.update(f"{os.path.relpath(file, base)} {size} ".encode(errors="surrogateescape"))
            with open(file, "rb") as content:
                digest.update(content.read())
        return digest.hexdigest()


def _python_files(root: str) -> Iterator[str]:
    if os.path.isfile(root):
        yield root
    for folder, _, names in os.walk(root):
        # Editors keep locks and copies in hidden files.
        yield from (os.path.join(folder, n) for n in names if n.endswith(".py") and not n.startswith("."))


_seen: dict[str, Sources] = {}


def sources_of(module: str) -> Sources | None:
    """Sources of an importable module and its package, as this process loads or has loaded them."""
    top = module.partition(".")[0]
    if top not in sys.modules or top not in _seen:
        spec = find_spec(top)
        if spec is None:
            return None
        roots = tuple(spec.submodule_search_locations or filter(None, [spec.origin]))
        if top == __name__.partition(".")[0]:
            roots = tuple(os.path.join(root, name) for root in roots for name in BUILTIN)
        _seen[top] = Sources(roots)
    return _seen[top]


@dataclass(eq=False)
class Code:
    """What one distribution (or single file) runs.

    requires : canonical names of the distributions that it builds on
    sources : where the version does not change with them (an editable installation, a single file)
    """

    distribution: str
    version: str
    requires: tuple[str, ...] = (CORE,)
    sources: Sources | None = None

    def mark(self) -> str:
        """Version, with the digest of the sources where they can change under it."""
        if self.sources is None:
            return self.version
        return f"{self.version}+{self.sources.digest(f'{self.distribution} {self.version}'.strip())}"

    def identity(self, known: Mapping[str, Code]) -> str:
        """`mark()`, and those of all plugin distributions that this one is built on, directly or not."""
        waiting, found = [*self.requires], {canonical(self.distribution): self.mark()}
        own = next(iter(found))
        while waiting:
            name = waiting.pop()
            if name in known and name not in found:
                found[name] = known[name].version if name == CORE else known[name].mark()
                waiting.extend(known[name].requires)
        others = ", ".join(f"{name} {mark}" for name, mark in sorted(found.items()) if name != own)
        return f"{found[own]} on {others}" if others else found[own]

"""Content-addressed results in a run folder."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any

from ..data._storing import load, save
from ..errors import DamagedResult
from ..planning import digest_of


def item_key(step_digest: str, clip_digest: str) -> str:
    """Key of a clip step's result for one clip."""
    return digest_of("item", step_digest, clip_digest)


def sketch_key(item_digest: str, clip_digest: str) -> str:
    """Key of a distance's sketch of one clip."""
    return digest_of("sketch", item_digest, clip_digest)


def _read(path: Path) -> Any:
    try:
        return load(path)
    except (ValueError, KeyError, TypeError, OSError) as error:
        remedy = "start the run again: it is computed anew"
        raise DamagedResult(
            f"a stored result cannot be read: {path}", f"{type(error).__name__}: {error}", remedy
        ) from error


def whole(path: Path) -> bool:
    """Whether a stored result can be read."""
    try:
        _read(path)
    except DamagedResult:
        return False
    return True


@cache
def shards(folder: Path) -> Shards:
    """The shards of a run folder; one cache per process and folder."""
    return Shards(folder)


class Shards:
    """Files by key, with a small cache of what was read last (workers compare the same sketches again and again)."""

    CACHE_BYTES = 192 << 20

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shards"
        self._cache: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._held = 0

    def sweep(self) -> int:
        """Remove every file that is not whole; returns how many there were."""
        damaged = 0
        for path in self.folder.rglob("*.result"):
            if not whole(path):
                path.unlink(missing_ok=True)
                damaged += 1
        self._cache.clear()
        self._held = 0
        return damaged

    def path(self, key: str) -> Path:
        """Where the result with this key lies."""
        return self.folder / key[:2] / f"{key[2:]}.result"

    def __contains__(self, key: str) -> bool:
        return self.path(key).exists()

    def save(self, key: str, value: Any) -> None:
        """Store a result."""
        save(self.path(key), value)

    def load(self, key: str) -> Any:
        """Read a result; DamagedResult where its file is not whole (a full disk, a loss of power)."""
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key][0]
        path = self.path(key)
        value, size = _read(path), path.stat().st_size
        self._cache[key] = (value, size)
        self._held += size
        while self._held > self.CACHE_BYTES and len(self._cache) > 1:
            self._held -= self._cache.popitem(last=False)[1][1]
        return value

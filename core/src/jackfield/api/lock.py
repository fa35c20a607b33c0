"""Checking a run against its lock file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError, JackfieldError
from ..planning._inputs import source_of
from ..registry import registry
from ..running import open_results


@dataclass(frozen=True)
class _Input:
    path: str
    digest: str


@dataclass(frozen=True)
class _Lock:
    """What a lock file says of what can be checked; paths of artifacts are relative to the run folder."""

    inputs: list[_Input]
    failed: list[str]
    plugins: dict[str, str]
    reader: dict[str, Any] | None
    base: str
    artifacts: dict[str, dict[str, str | None]]
    overrides: list[str]


def verify(lock: str | os.PathLike[str]) -> tuple[str, ...]:
    """What has changed since a run: inputs decoded anew, plugins, and the files that outputs wrote.

    lock : a `run.lock.json`, or the folder that holds it

    Inputs are read with the run's reader, relative ones from the folder where it was started, or else from this one.
    Returns one line per difference; empty where a new run would give the same. Raises ConfigError where `lock` is not
    the lock file of a run.
    """
    path = Path(lock) / "run.lock.json" if Path(lock).is_dir() else Path(lock)
    about = _read(path)
    return (*_plugins(about), *_inputs(about, path.parent), *_artifacts(about, path.parent))


def _read(path: Path) -> _Lock:
    import msgspec

    try:
        return msgspec.convert(json.loads(path.read_text(encoding="utf-8")), _Lock)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{path} is not the lock file of a run", reason, "name it, or the folder of a run") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not the lock file of a run", f"{type(error).__name__}: {error}") from None


def _plugins(about: _Lock) -> Iterator[str]:
    found = {p.distribution: p.identity() for p in registry().plugins if p.distribution in about.plugins}
    for name, version in sorted(about.plugins.items()):
        if found.get(name) != version:
            yield f"plugin {name}: {version} then, {found.get(name, 'missing')} now"


def _inputs(about: _Lock, folder: Path) -> Iterator[str]:
    try:
        named = registry().build(about.reader["use"], about.reader["with"], ("reader",)) if about.reader else None
    except JackfieldError as error:
        yield f"inputs cannot be read: {error}"
        return
    for clip in about.inputs:
        digest, reason = _decoded(about, clip.path, named)
        if not digest:
            yield f"input {reason if reason.startswith(clip.path) else f'{clip.path}: {reason}'}"
        elif digest != clip.digest:
            yield f"input {clip.path}: other samples ({clip.digest[:8]} then, {digest[:8]} now)"
    # What a later step refused could be read then, too.
    unread = {f.path for f in open_results(folder).errors if f.step == "reader"} if about.failed else set()
    for path in about.failed:
        if path in unread and _decoded(about, path, named)[0]:
            yield f"input {path}: failed then, can be read now"


def _decoded(about: _Lock, path: str, named: Any) -> tuple[str, str]:
    """Digest of a clip's samples, or an empty text and why there is none."""
    there = os.path.join(about.base, path)
    source = source_of(there if os.path.lexists(there) else path)
    try:
        reader = named or registry().build(registry().reader_for(source.path).full_name, {}, ("reader",))
        return reader(source).digest, ""
    except JackfieldError as error:
        return "", str(error)
    except (Exception, SystemExit) as error:
        return "", f"{type(error).__name__}: {error}"


def _artifacts(about: _Lock, folder: Path) -> Iterator[str]:
    from hashlib import file_digest

    for files in about.artifacts.values():
        for name, digest in files.items():
            try:
                with open(folder / name, "rb") as file:
                    changed = file_digest(file, "sha256").hexdigest() != digest
            except OSError as error:
                yield f"artifact {name}: {error.strerror or error}"
                continue
            if changed:
                yield f"artifact {name}: changed since"

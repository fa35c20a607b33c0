"""Checking a run against its lock file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..registry import registry
from .files import read


def verify(lock: str | os.PathLike[str]) -> tuple[str, ...]:
    """What has changed since a run: inputs decoded anew and compared by digest, plugins by version and source digest.

    lock : a `run.lock.json`, or the folder that holds it

    Returns one line per difference; empty where a new run would give the same.
    """
    path = Path(lock) / "run.lock.json" if Path(lock).is_dir() else Path(lock)
    try:
        about: dict[str, Any] = json.loads(path.read_text())
        inputs, plugins = about["inputs"], about["plugins"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path} is not the lock file of a run", f"{type(error).__name__}: {error}") from None
    found = {p.distribution: p.identity() for p in registry().plugins}
    lines = [
        f"plugin {name}: {version} then, {found.get(name, 'missing')} now"
        for name, version in sorted(plugins.items())
        if found.get(name) != version
    ]
    for clip in inputs:
        try:
            digest = read(clip["path"]).digest
        except Exception as error:
            lines.append(f"input {clip['path']}: {error}")
            continue
        if digest != clip["digest"]:
            lines.append(f"input {clip['path']}: other samples ({clip['digest'][:8]} then, {digest[:8]} now)")
    return tuple(lines)

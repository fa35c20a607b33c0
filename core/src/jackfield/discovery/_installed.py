"""Plugins among the installed distributions; one that cannot be read is a faulty plugin, not the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .._dists import Installed, distributions
from ._code import Code, canonical, sources_of
from ._plugin import Plugin

GROUP = "jackfield"
# Code that plugins share. It offers nothing by itself, but its version is part of what those plugins run.
LIBRARIES = "jackfield.libraries"

# A plugin and what loads it; nothing does where its distribution could not be read.
Found = tuple[Plugin, Callable[[], Any] | None]


def installed() -> Iterator[Found]:
    """Every entry point of the group `jackfield`, with the plugin that it stands for."""
    seen = set()
    for dist in distributions():
        if not _declares(dist, GROUP):
            continue
        try:
            found = _read(dist)
        except Exception as error:
            found = [(_unreadable(dist, error), None)]
        # A distribution that is on the path twice counts once: the first one is the one that imports.
        if found and (name := canonical(found[0][0].distribution)) not in seen:
            seen.add(name)
            yield from found


def libraries() -> dict[str, Code]:
    """Code of the distributions with entry points in the group `jackfield.libraries`, by canonical name.

    One that cannot be read is left to its users: they fail to import it, and say so.
    """
    found: dict[str, Code] = {}
    for dist in distributions():
        if _declares(dist, LIBRARIES):
            with suppress(ValueError, OSError):
                code = _code(dist, LIBRARIES)
                found.setdefault(canonical(code.distribution), code)
    return found


def _declares(dist: Installed, group: str) -> bool:
    section = f"[{group}]"
    try:
        return section in dist.text("entry_points.txt")
    except UnicodeDecodeError as error:
        return section.encode() in error.object
    except Exception:
        # Of whatever is installed here, this cannot be read at all: nothing says that it concerns us.
        return False


def _read(dist: Installed) -> list[Found]:
    meta, code = dist.metadata(), _code(dist, GROUP)
    urls = [u.split(",", 1)[1].strip() for u in meta.get("Project-URL", ()) if "," in u]
    summary, url = "".join(meta.get("Summary", ())), urls[0] if urls else ""
    entries = dist.entries(GROUP)
    return [(Plugin(e.name, code.distribution, code.version, summary, url, code=code), e.load) for e in entries]


def _code(dist: Installed, group: str) -> Code:
    meta = dist.metadata()
    name, version = (_required(meta.get(key), key) for key in ("Name", "Version"))
    needs = (re.match(r"[\w.-]+", need) for need in meta.get("Requires-Dist", ()))
    code = Code(name, version, tuple(canonical(match[0]) for match in needs if match))
    if _editable(dist):
        code.sources = next((s for e in dist.entries(group) if (s := sources_of(e.module))), None)
    return code


def _required(values: list[str] | None, key: str) -> str:
    if not values or not values[0]:
        raise ValueError(f"its metadata has no {key}")
    return values[0]


def _editable(dist: Installed) -> bool:
    about = json.loads(dist.text("direct_url.json") or "{}")
    return bool(about.get("dir_info", {}).get("editable"))


def _unreadable(dist: Installed, error: Exception) -> Plugin:
    """What the name of its folder, `name-version.dist-info`, says of a distribution whose metadata say nothing."""
    folder = Path(dist.folder).name
    name, _, version = folder.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    plugin = Plugin(name, name.replace("_", "-"), version)
    evidence = f"{folder}: {type(error).__name__}: {error}"
    plugin.fault("cannot be read", evidence, f"pip install --force-reinstall {plugin.distribution}")
    return plugin

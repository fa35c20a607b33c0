"""What is installed: plugins, schema, doctor."""

from __future__ import annotations

from typing import Any

from ..discovery import Plugin
from ..hookspecs import Descriptor
from ..registry import registry

STEP_KINDS = ("transform", "feature", "resampler", "distance", "proposer", "clusterer", "output")


def plugins() -> tuple[Plugin, ...]:
    """Every plugin that was found, with what it offers and what is wrong with it."""
    return tuple(registry().plugins)


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a run config with the installed plugins' components and parameters."""
    entries = [e for e in registry().entries if isinstance(e.offer, Descriptor)]
    definitions: dict[str, Any] = {}

    def use(kinds: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
        return {"oneOf": [_component(e, definitions) | {} for e in entries if e.offer.kind in kinds], **more}

    def nested(kind: str) -> dict[str, Any]:
        return {"oneOf": [_component(e, definitions) for e in entries if e.offer.kind == kind]}

    names = {"type": "string"}
    text_or_texts = {"oneOf": [names, {"type": "array", "items": names}]}
    step = use(STEP_KINDS, {})
    for variant in step["oneOf"]:
        variant["properties"] |= {"id": names, "from": text_or_texts}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Jackfield run config",
        "type": "object",
        "additionalProperties": False,
        "required": ["inputs", "step"],
        "properties": {
            "inputs": text_or_texts | {"description": "files, folders or globs, relative to the config"},
            "step": {"type": "array", "minItems": 1, "items": step},
            "reader": nested("reader"),
            "executor": nested("executor"),
            "seed": {"type": "integer", "description": "of everything random"},
            "failure_limit": {"type": "integer", "description": "stop after more failed clips than this"},
        },
        "$defs": definitions,
    }


def _component(entry: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    from ..components import struct

    (found,), parts = msgspec.json.schema_components([struct(entry.offer.component)], ref_template="#/$defs/{name}")
    definitions |= {k: v for k, v in parts.items() if k != struct(entry.offer.component).__name__}
    parameters = parts.get(struct(entry.offer.component).__name__, found)
    name, others = entry.offer.name, [e for e in registry().entries if e.offer.name == entry.offer.name]
    uses = [entry.full_name] if len(others) > 1 else [name, entry.full_name]
    doc = (entry.offer.component.__doc__ or "").strip().splitlines()
    return {
        "type": "object",
        "description": doc[0] if doc else "",
        "additionalProperties": False,
        "required": ["use", *(["with"] if parameters.get("required") else [])],
        "properties": {"use": {"enum": uses}, "with": parameters},
    }


def _libraries() -> dict[str, str]:
    """Versions of what the plugins and the core are built on."""
    import re
    from importlib.metadata import PackageNotFoundError, requires, version

    ours = {"jackfield-core", *(p.distribution for p in registry().plugins)}
    found: dict[str, str] = {}
    for name in sorted(ours):
        try:
            lines = [line for line in requires(name) or () if "extra ==" not in line]
        except PackageNotFoundError:
            continue  # a single file
        for needed in {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in lines} - ours:
            try:
                found[needed] = version(needed)
            except PackageNotFoundError:
                found[needed] = f"missing (needed by {name})"
    return dict(sorted(found.items()))


def _shared() -> dict[str, str]:
    """What the libraries that plugins share say of themselves with `about()`, such as the instruction set in use."""
    from .._dists import by_name
    from ..discovery import LIBRARIES

    found: dict[str, str] = {}
    for name, entry in sorted(by_name(LIBRARIES).items()):
        try:
            about: dict[str, Any] = getattr(entry.load(), "about", dict)()
        except (Exception, SystemExit) as error:
            about = {"fault": f"{type(error).__name__}: {error}"}
        found |= {f"{name} {key}": str(value) for key, value in about.items()}
    return found


def doctor() -> dict[str, Any]:
    """The state of this installation: versions, plugins with their faults, processors, where the code lies."""
    import os
    import platform
    import sys
    from importlib.metadata import version

    return {
        "jackfield-core": version("jackfield-core"),
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "libraries": _libraries(),
        **({"shared": shared} if (shared := _shared()) else {}),
        "plugins": {p.label: [str(f) for f in p.faults] or p.status for p in registry().plugins},
    }

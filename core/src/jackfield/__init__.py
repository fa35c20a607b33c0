"""Jackfield: plugin-based audio and signal analysis.

Names are imported when first used, so that `import jackfield` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "errors": (
        "ComponentError",
        "ConfigError",
        "DataError",
        "JackfieldError",
        "OutputError",
        "PluginError",
        "WorkerLost",
    ),
    "data": (
        "Artifact",
        "Axis",
        "Clip",
        "Codes",
        "Collection",
        "Comparison",
        "Decomposition",
        "Distances",
        "Failure",
        "Features",
        "FrameGrid",
        "Grid",
        "Groups",
        "Neighbours",
        "Origin",
        "Results",
        "Signal",
        "Source",
    ),
    "params": ("Param", "Ref"),
    "components": ("Component", "Sketch"),
    "hookspecs": (
        "Clusterer",
        "Distance",
        "Executor",
        "Feature",
        "Output",
        "Preset",
        "Reader",
        "Resampler",
        "Transform",
        "hookimpl",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULE_OF:
        raise AttributeError(f"module 'jackfield' has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})


if TYPE_CHECKING:
    from .components import Component as Component

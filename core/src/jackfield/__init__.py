"""Jackfield: plugin-based audio and signal analysis.

Names are imported when first used, so that `import jackfield` costs next to nothing.
"""

from __future__ import annotations

# Not from typing: importing that would cost more than everything else here.
TYPE_CHECKING = False

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
        "Member",
        "Neighbours",
        "Origin",
        "Results",
        "Signal",
        "Source",
        "file_stems",
        "members",
        "write_csv",
        "write_file",
    ),
    "params": ("Param", "Ref"),
    "components": ("Component", "Sketch", "Spec"),
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
    "registry": ("get",),
    "running": ("open_results",),
    "api.files": ("as_signal", "inspect", "read"),
    "api.installed": ("doctor", "plugins", "schema"),
    "api.lock": ("verify",),
    "cli.options": ("output_options", "plugin_options", "print_json", "print_table", "say"),
    "api.runs": ("features", "group", "init", "plan", "run"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULE_OF:
        value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    else:
        value = _verb(name)
    globals()[name] = value
    return value


def _verb(name: str) -> Any:
    """A verb that a plugin adds: an entry point of the group `jackfield.commands`."""
    from importlib.metadata import entry_points

    found = () if name.startswith("_") else entry_points(group="jackfield.commands", name=name)
    for entry in found:
        return getattr(entry.load(), name)
    raise AttributeError(f"module 'jackfield' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})


if TYPE_CHECKING:
    from typing import Any

    from .api.files import as_signal as as_signal, inspect as inspect, read as read
    from .api.installed import doctor as doctor, plugins as plugins, schema as schema
    from .api.lock import verify as verify
    from .api.runs import features as features, group as group, init as init, plan as plan, run as run
    from .cli.options import (
        output_options as output_options,
        plugin_options as plugin_options,
        print_json as print_json,
        print_table as print_table,
        say as say,
    )
    from .components import Component as Component, Sketch as Sketch, Spec as Spec
    from .data import (
        Artifact as Artifact,
        Axis as Axis,
        Clip as Clip,
        Codes as Codes,
        Collection as Collection,
        Comparison as Comparison,
        Decomposition as Decomposition,
        Distances as Distances,
        Failure as Failure,
        Features as Features,
        FrameGrid as FrameGrid,
        Grid as Grid,
        Groups as Groups,
        Member as Member,
        Neighbours as Neighbours,
        Origin as Origin,
        Results as Results,
        Signal as Signal,
        Source as Source,
        file_stems as file_stems,
        members as members,
        write_csv as write_csv,
        write_file as write_file,
    )
    from .errors import (
        ComponentError as ComponentError,
        ConfigError as ConfigError,
        DataError as DataError,
        JackfieldError as JackfieldError,
        OutputError as OutputError,
        PluginError as PluginError,
        WorkerLost as WorkerLost,
    )
    from .hookspecs import (
        Clusterer as Clusterer,
        Distance as Distance,
        Executor as Executor,
        Feature as Feature,
        Output as Output,
        Preset as Preset,
        Reader as Reader,
        Resampler as Resampler,
        Transform as Transform,
        hookimpl as hookimpl,
    )
    from .params import Param as Param, Ref as Ref
    from .registry import get as get
    from .running import open_results as open_results

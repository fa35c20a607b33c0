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
        "Candidates",
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
        "measured",
        "members",
        "printable",
        "replace_file",
        "write_as",
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
        "Proposer",
        "Reader",
        "Resampler",
        "Transform",
        "hookimpl",
    ),
    "discovery": ("Selection",),
    "registry": ("get", "select"),
    "running": ("open_results",),
    "api.authoring": ("new_plugin",),
    "api.comparing": ("Compared", "RunDistance", "open_distance"),
    "api.files": ("as_signal", "inspect", "read"),
    "api.installed": ("doctor", "plugins", "schema"),
    "api.lock": ("verify",),
    "api.merging": ("merge",),
    "api.exporting": ("export",),
    "api.reporting": ("report",),
    "api.streams": ("blocks", "stream"),
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
    """A verb that a plugin adds, or an explanation: entry points of `jackfield.commands` and `jackfield.explain`."""
    if not name.startswith("_"):
        from ._dists import by_name

        topic = name.removeprefix("explain_")
        group = "jackfield.commands" if topic == name else "jackfield.explain"
        if found := by_name(group).get(topic):
            return getattr(found.load(), name)
    raise AttributeError(f"module 'jackfield' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from typing import Any

    from .api.authoring import new_plugin as new_plugin
    from .api.comparing import (
        Compared as Compared,
    )
    from .api.comparing import (
        RunDistance as RunDistance,
    )
    from .api.comparing import (
        open_distance as open_distance,
    )
    from .api.exporting import export as export
    from .api.files import as_signal as as_signal
    from .api.files import inspect as inspect
    from .api.files import read as read
    from .api.installed import doctor as doctor
    from .api.installed import plugins as plugins
    from .api.installed import schema as schema
    from .api.lock import verify as verify
    from .api.merging import merge as merge
    from .api.reporting import report as report
    from .api.runs import features as features
    from .api.runs import group as group
    from .api.runs import init as init
    from .api.runs import plan as plan
    from .api.runs import run as run
    from .api.streams import blocks as blocks
    from .api.streams import stream as stream
    from .cli.options import (
        output_options as output_options,
    )
    from .cli.options import (
        plugin_options as plugin_options,
    )
    from .cli.options import (
        print_json as print_json,
    )
    from .cli.options import (
        print_table as print_table,
    )
    from .cli.options import (
        say as say,
    )
    from .components import Component as Component
    from .components import Sketch as Sketch
    from .components import Spec as Spec
    from .data import (
        Artifact as Artifact,
    )
    from .data import (
        Axis as Axis,
    )
    from .data import (
        Candidates as Candidates,
    )
    from .data import (
        Clip as Clip,
    )
    from .data import (
        Codes as Codes,
    )
    from .data import (
        Collection as Collection,
    )
    from .data import (
        Comparison as Comparison,
    )
    from .data import (
        Decomposition as Decomposition,
    )
    from .data import (
        Distances as Distances,
    )
    from .data import (
        Failure as Failure,
    )
    from .data import (
        Features as Features,
    )
    from .data import (
        FrameGrid as FrameGrid,
    )
    from .data import (
        Grid as Grid,
    )
    from .data import (
        Groups as Groups,
    )
    from .data import (
        Member as Member,
    )
    from .data import (
        Neighbours as Neighbours,
    )
    from .data import (
        Origin as Origin,
    )
    from .data import (
        Results as Results,
    )
    from .data import (
        Signal as Signal,
    )
    from .data import (
        Source as Source,
    )
    from .data import (
        file_stems as file_stems,
    )
    from .data import (
        measured as measured,
    )
    from .data import (
        members as members,
    )
    from .data import (
        printable as printable,
    )
    from .data import (
        replace_file as replace_file,
    )
    from .data import (
        write_as as write_as,
    )
    from .data import (
        write_csv as write_csv,
    )
    from .data import (
        write_file as write_file,
    )
    from .discovery import Selection as Selection
    from .errors import (
        ComponentError as ComponentError,
    )
    from .errors import (
        ConfigError as ConfigError,
    )
    from .errors import (
        DataError as DataError,
    )
    from .errors import (
        JackfieldError as JackfieldError,
    )
    from .errors import (
        OutputError as OutputError,
    )
    from .errors import (
        PluginError as PluginError,
    )
    from .errors import (
        WorkerLost as WorkerLost,
    )
    from .hookspecs import (
        Clusterer as Clusterer,
    )
    from .hookspecs import (
        Distance as Distance,
    )
    from .hookspecs import (
        Executor as Executor,
    )
    from .hookspecs import (
        Feature as Feature,
    )
    from .hookspecs import (
        Output as Output,
    )
    from .hookspecs import (
        Preset as Preset,
    )
    from .hookspecs import (
        Proposer as Proposer,
    )
    from .hookspecs import (
        Reader as Reader,
    )
    from .hookspecs import (
        Resampler as Resampler,
    )
    from .hookspecs import (
        Transform as Transform,
    )
    from .hookspecs import (
        hookimpl as hookimpl,
    )
    from .params import Param as Param
    from .params import Ref as Ref
    from .registry import get as get
    from .registry import select as select
    from .running import open_results as open_results

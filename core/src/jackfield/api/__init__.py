"""What the command line does, as functions."""

from ..running import open_results
from ._inspect import Inspection, inspect, read
from ._lock import verify
from ._plugins import doctor, plugins, schema
from ._runs import feature_config, features, group, init, plan, preset_config, run

__all__ = [
    "Inspection",
    "doctor",
    "feature_config",
    "features",
    "group",
    "init",
    "inspect",
    "open_results",
    "plan",
    "plugins",
    "preset_config",
    "read",
    "run",
    "schema",
    "verify",
]

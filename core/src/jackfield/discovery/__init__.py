"""Finding plugins: one guarded loop, in which no plugin can harm another and every fault says whose it is.

pluggy holds the hook specifications and checks implementations against them. Discovery is our own, since pluggy's
loader lets one broken plugin end the program, skips a second plugin of the same name in silence, and accepts a
misspelt hook.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path

import pluggy

from ..hookspecs import PROJECT, Hooks
from ._code import Code, Sources, canonical
from ._installed import LIBRARIES, Found, installed, libraries
from ._loading import load_plugin, module_from
from ._plugin import Offer, Plugin, Selection

__all__ = ["LIBRARIES", "Offer", "Plugin", "Selection", "discover"]


def discover(selection: Selection) -> list[Plugin]:
    """Every plugin there is, loaded unless left out; never raises for a plugin's fault."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    named: dict[str, list[Found]] = defaultdict(list)
    for plugin, load in installed():
        named[plugin.name].append((plugin, load))
    plugins = [plugin for name in sorted(named) for plugin, _ in named[name]]
    known = libraries() | {canonical(p.distribution): p.code for p in plugins if p.code}
    for plugin in plugins:
        plugin.known = known
        if reason := selection.reason(plugin.name, plugin.distribution):
            plugin.left_out = reason
            plugin.faults.clear()
    for name in sorted(named):
        _load_one([(plugin, load) for plugin, load in named[name] if not plugin.left_out], manager)
    return plugins + [_file(path, selection, manager, known) for path in selection.files]


def _load_one(claims: list[Found], manager: pluggy.PluginManager) -> None:
    """Load the plugin that has a name for itself; nobody can say which of several is meant."""
    for plugin, load in claims:
        if len(claims) > 1:
            others = ", ".join(p.label for p, _ in claims if p is not plugin)
            plugin.fault(f'offers plugin "{plugin.name}"', f"so does {others}", "uninstall or --block one of them")
        elif load is not None:
            load_plugin(plugin, manager, load)


def _file(path: str, selection: Selection, manager: pluggy.PluginManager, known: dict[str, Code]) -> Plugin:
    code = Code(path, "", sources=Sources((path,)))
    plugin = Plugin(Path(path).stem, path, "", summary="single file", file=True, code=code, known=known)
    if {plugin.name, path} & set(selection.block):
        plugin.left_out = "blocked"
    else:
        load_plugin(plugin, manager, partial(module_from, Path(path)))
    return plugin

"""Loading one plugin: everything it does wrong becomes a fault of its own."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from ..components import Component, describe
from ..errors import did_you_mean
from ..hookspecs import KINDS, PROJECT, Descriptor
from ._plugin import Offer, Plugin

DECORATOR = "@dataclass(frozen=True, kw_only=True)"


def load_plugin(plugin: Plugin, manager: pluggy.PluginManager, load: Callable[[], Any]) -> None:
    """Import a plugin, register it and collect what it offers; whatever goes wrong is noted as its fault."""
    # SystemExit too: a plugin that ends the program at import must not take the others with it.
    try:
        module = load()
    except (Exception, SystemExit) as error:
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        remedy = f"pip install {missing}" if missing else ""
        plugin.fault("could not be loaded", f"{type(error).__name__}: {error}", remedy)
        return
    if not isinstance(module, ModuleType):
        plugin.fault(f'has an entry point "{plugin.name}" that names no module', f"got {type(module).__name__}")
        return
    try:
        _check_hook_names(plugin, module)
        manager.register(module, name=f"{plugin.distribution}:{plugin.name}")
    except (Exception, SystemExit) as error:
        plugin.fault("was refused", " ".join(str(error).split()))
        return
    for caller in manager.get_hookcallers(module) or []:
        for implementation in caller.get_hookimpls():
            if implementation.plugin is module and caller.name in KINDS:
                _collect(plugin, caller.name, implementation.function)


def module_from(path: Path) -> ModuleType:
    """A single file as a module."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    name = f"jackfield_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _check_hook_names(plugin: Plugin, module: ModuleType) -> None:
    for name in vars(module):
        if not name.startswith("jackfield_") or not callable(getattr(module, name)):
            continue
        if name not in KINDS:
            plugin.fault(f'implements an unknown hook "{name}"', remedy=did_you_mean(name, [*KINDS]))
        elif not hasattr(getattr(module, name), f"{PROJECT}_impl"):
            plugin.fault(f'defines "{name}" without @hookimpl', remedy="put @hookimpl above it")


def _collect(plugin: Plugin, hook: str, function: Callable[[], Any]) -> None:
    try:
        offers = list(function())
    except (Exception, SystemExit) as error:
        plugin.fault(f"failed in {hook}", f"{type(error).__name__}: {error}")
        return
    wanted = KINDS[hook]
    for offer in offers:
        if not isinstance(offer, wanted):
            plugin.fault(f"yields {type(offer).__name__} from {hook}", f"expected {wanted.__name__}")
        elif not isinstance(offer.name, str) or not offer.name or ":" in offer.name or offer.name != offer.name.strip():
            plugin.fault(f"yields a {wanted.__name__} with a wrong name", repr(offer.name))
        else:
            _take(plugin, offer)


def _take(plugin: Plugin, offer: Offer) -> None:
    what = f'{type(offer).__name__} "{offer.name}"'
    if any(o.kind == offer.kind and o.name == offer.name for o in plugin.offers):
        plugin.fault(f"yields {what} twice", remedy=f"give one another name, or {plugin.report}")
        return
    wrong, remedy = _wrong(offer.component) if isinstance(offer, Descriptor) else ("", "")
    if wrong:
        plugin.fault(f"yields {what} {wrong}", repr(offer), f"{remedy}, or {plugin.report}", offer.name)
    else:
        plugin.offers.append(offer)


def _wrong(cls: Any) -> tuple[str, str]:
    """What keeps a class from being a component, with the remedy; empty texts if nothing does."""
    if not isinstance(cls, type):
        return "without a class", "name a class derived from jackfield.Component"
    if not issubclass(cls, Component):
        return "whose class is no component", "derive it from jackfield.Component"
    kind: Any = cls
    try:
        if not _is_dataclass(kind):
            return "whose class is no dataclass of its own", f"put {DECORATOR} above it"
        if not kind.__dataclass_params__.frozen:
            return "whose class is not frozen", f"put {DECORATOR} above it"
        for field in describe(kind):
            if field.param is None or not field.param.description.strip():
                return f'whose parameter "{field.name}" has no description', "annotate it with Param(description=…)"
    except Exception as error:
        return f"whose parameters cannot be read ({type(error).__name__}: {error})", "put right its annotations"
    return "", ""


def _is_dataclass(cls: type) -> bool:
    """Without the decorator, a subclass of a component still is one, but for the parameters that it adds."""
    if "__dataclass_params__" in vars(cls):
        return True
    added = [hint for hint in inspect.get_annotations(cls).values() if "ClassVar" not in str(hint)]
    return hasattr(cls, "__dataclass_params__") and not added

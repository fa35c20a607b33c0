"""Finding plugins: one guarded loop, in which no plugin can harm another and every fault says whose it is.

pluggy holds the hook specifications and checks implementations against them. Discovery is our own, since pluggy's
loader lets one broken plugin end the program, skips a second plugin of the same name in silence, and accepts a
misspelt hook.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from .errors import PluginError, did_you_mean
from .hookspecs import KINDS, PROJECT, Descriptor, Hooks, Preset

GROUP = "jackfield"
Offer = Descriptor | Preset


@dataclass(frozen=True)
class Selection:
    """Which plugins to use. `only` and `none` leave the built-in one in, without which nothing runs."""

    block: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    none: bool = False
    files: tuple[str, ...] = ()

    def with_environment(self) -> Selection:
        """Blocked names from JACKFIELD_BLOCK (comma separated) added."""
        more = tuple(n.strip() for n in os.environ.get("JACKFIELD_BLOCK", "").split(",") if n.strip())
        return Selection((*self.block, *more), self.only, self.none, self.files)

    def reason(self, name: str, distribution: str) -> str:
        """Why a plugin is left out, or an empty text."""
        names = {name, distribution}
        if names & set(self.block):
            return "blocked"
        if name != "builtin" and (self.none or (self.only and not names & set(self.only))):
            return "not selected"
        return ""


@dataclass(eq=False)
class Plugin:
    """One plugin as found: where from, what it offers, and what is wrong with it."""

    name: str
    distribution: str
    version: str
    summary: str = ""
    url: str = ""
    module: ModuleType | None = None
    offers: list[Offer] = field(default_factory=list)
    faults: list[PluginError] = field(default_factory=list)
    left_out: str = ""
    editable: bool = False

    @property
    def label(self) -> str:
        """Distribution and version, as messages name it."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def status(self) -> str:
        """ "ok", "faulty", or why it was left out."""
        return self.left_out or ("faulty" if self.faults else "ok")

    def fault(self, cause: str, evidence: str = "", remedy: str = "") -> None:
        """Note what is wrong; raised only when the plugin is needed."""
        report = f"report it at {self.url}" if self.url else "report it to its author"
        self.faults.append(PluginError(f"{self.label} {cause}", evidence, remedy or report))

    def identity(self) -> str:
        """Version, or digest of the sources where the version does not change with them."""
        if not self.editable or self.module is None or not self.module.__file__:
            return self.version
        from hashlib import blake2b

        file = Path(self.module.__file__)
        sources = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
        return f"{self.version}+{blake2b(b''.join(s.read_bytes() for s in sources), digest_size=8).hexdigest()}"


def discover(selection: Selection) -> list[Plugin]:
    """Every plugin there is, loaded unless left out; never raises for a plugin's fault."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    plugins = []
    for name, found in sorted(_entry_points().items()):
        candidates = [(_describe(name, dist), entry) for dist, entry in found]
        for plugin, _ in candidates:
            plugin.left_out = selection.reason(name, plugin.distribution)
        claims = [plugin for plugin, _ in candidates if not plugin.left_out]
        for plugin, entry in candidates:
            plugins.append(plugin)
            if len(claims) > 1 and plugin in claims:
                others = ", ".join(p.label for p in claims if p is not plugin)
                plugin.fault(f'offers plugin "{name}"', f"so does {others}", "uninstall or --block one of them")
            elif not plugin.left_out:
                _load(plugin, manager, entry.load)
    for path in selection.files:
        plugin = Plugin(Path(path).stem, str(path), "", summary="single file", editable=True)
        plugins.append(plugin)
        if plugin.name in selection.block:
            plugin.left_out = "blocked"
            continue
        _load(plugin, manager, partial(_module_from, Path(path)))
    return plugins


def _entry_points() -> dict[str, list[tuple[Distribution, EntryPoint]]]:
    found: dict[str, list[tuple[Distribution, EntryPoint]]] = defaultdict(list)
    seen = set()
    for dist in distributions():
        text = dist.read_text("entry_points.txt")
        if not text or f"[{GROUP}]" not in text:
            continue
        # A distribution that is on the path twice counts once: the first one is the one that imports.
        if (name := dist.metadata["Name"]) not in seen:
            seen.add(name)
            for entry in dist.entry_points:
                if entry.group == GROUP:
                    found[entry.name].append((dist, entry))
    return found


def _describe(name: str, dist: Distribution) -> Plugin:
    meta = dist.metadata
    urls = [u.split(",", 1)[1].strip() for u in meta.get_all("Project-URL") or [] if "," in u]
    editable = '"editable": true' in (dist.read_text("direct_url.json") or "").replace('":true', '": true')
    return Plugin(
        name,
        meta["Name"],
        meta["Version"],
        str(meta.json.get("summary", "")),
        urls[0] if urls else "",
        editable=editable,
    )


def _module_from(path: Path) -> ModuleType:
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


def _load(plugin: Plugin, manager: pluggy.PluginManager, load: Callable[[], Any]) -> None:
    # SystemExit too: a plugin that ends the program at import must not take the others with it.
    try:
        module = load()
    except (Exception, SystemExit) as error:
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        remedy = f"pip install {missing}" if missing else ""
        plugin.fault("could not be loaded", f"{type(error).__name__}: {error}", remedy)
        return
    plugin.module = module
    _check_hook_names(plugin, module)
    try:
        manager.register(module, name=f"{plugin.distribution}:{plugin.name}")
    except (pluggy.PluginValidationError, ValueError) as error:
        plugin.fault("was refused", " ".join(str(error).split()))
        return
    for caller in manager.get_hookcallers(module) or []:
        for implementation in caller.get_hookimpls():
            if implementation.plugin is module and caller.name in KINDS:
                _collect(plugin, caller.name, implementation.function)


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
        elif not isinstance(getattr(offer, "component", type), type):
            plugin.fault(f'yields {wanted.__name__} "{offer.name}" without a class', repr(offer))
        else:
            plugin.offers.append(offer)

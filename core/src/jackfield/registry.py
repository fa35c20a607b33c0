"""Names to components, over every plugin that was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .discovery import Offer, Plugin, Selection, discover
from .errors import ConfigError, PluginError, did_you_mean
from .hookspecs import Descriptor, Preset
from .params import Ref


@dataclass(frozen=True)
class Entry:
    """One offer and the plugin it came from."""

    plugin: Plugin
    offer: Offer

    @property
    def full_name(self) -> str:
        """`distribution:name`, which is never ambiguous."""
        return f"{self.plugin.distribution}:{self.offer.name}"


class Registry:
    """What all plugins together offer.

    A bare name works if one plugin offers it; otherwise `distribution:name` (or `plugin:name`) is needed, and using
    the bare name is an error that lists the candidates.
    """

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.plugins = discover(selection.with_environment())
        known = sorted({name for p in self.plugins for name in (p.name, p.distribution)})
        for option, names in (("--block", selection.block), ("--only", selection.only)):
            for name in names:
                if name not in known:
                    raise ConfigError(f'{option}: no plugin is called "{name}"', "", did_you_mean(name, known))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every offer of every plugin; PluginError if a single file, which somebody asked for, is faulty."""
        for plugin in self.plugins:
            if plugin.file and plugin.faults:
                raise plugin.faults[0]
        return tuple(Entry(plugin, offer) for plugin in self.plugins for offer in plugin.offers)

    def of_kind(self, kind: str) -> Iterator[Entry]:
        """Offers of one kind, such as "transform"."""
        return (e for e in self.entries if e.offer.kind == kind)

    def check(self) -> None:
        """Raise the first fault of any plugin (what `--strict` asks for)."""
        for plugin in self.plugins:
            if plugin.faults:
                raise plugin.faults[0]

    def find(self, name: str, kinds: tuple[str, ...] = ()) -> Entry:
        """The offer called `name`, of one of these kinds if any are given.

        Raises ConfigError if there is none or plugins disagree, PluginError if the plugin that offers it is broken.
        """
        scope, _, bare = name.rpartition(":")
        found = [
            e
            for e in self.entries
            if e.offer.name == bare and e.plugin.answers_to(scope) and (not kinds or e.offer.kind in kinds)
        ]
        if len(found) == 1:
            return found[0]
        raise _ambiguous(name, found) if found else self._unknown(name, kinds)

    def _unknown(self, name: str, kinds: tuple[str, ...]) -> ConfigError | PluginError:
        what = kinds[0] if len(kinds) == 1 else "component"
        scope, _, bare = name.rpartition(":")
        for plugin in self.plugins:
            if bare in plugin.refused and plugin.answers_to(scope):
                return plugin.refused[bare]
        provider = _wellknown().get(bare)
        for plugin in self.plugins:
            if plugin.distribution == provider or (scope and plugin.answers_to(scope)):
                if plugin.faults:
                    return plugin.faults[0]
                if plugin.left_out:
                    return ConfigError(f'unknown {what} "{name}"', f"{plugin.label} is {plugin.left_out}")
        if scope and not any(plugin.answers_to(scope) for plugin in self.plugins):
            full = [e.full_name for e in self.entries if e.offer.name == bare]
            remedy = f'did you mean "{full[0]}"?' if full else ""
            return ConfigError(f'unknown {what} "{name}"', f'no plugin or distribution is called "{scope}"', remedy)
        if provider:
            return ConfigError(f'unknown {what} "{name}"', f"provided by {provider}", f"pip install {provider}")
        known = [e.offer.name for e in self.entries if not kinds or e.offer.kind in kinds]
        absent = [f"{p.label} is {p.status}" for p in self.plugins if p.faults or p.left_out == "blocked"]
        note = ", ".join(absent)
        return ConfigError(f'unknown {what} "{name}"', note, did_you_mean(name, known))

    def build(self, name: str, parameters: dict[str, Any], kinds: tuple[str, ...] = ()) -> Any:
        """The component called `name` with these parameters."""
        offer = self.find(name, kinds).offer
        if not isinstance(offer, Descriptor):
            raise ConfigError(f'"{name}" is a {offer.kind}, not a component')
        return offer.component(**parameters)

    def preset(self, name: str) -> Preset:
        """The preset called `name`."""
        offer = self.find(name, ("preset",)).offer
        assert isinstance(offer, Preset)
        return offer

    def reader_for(self, path: str) -> Entry:
        """The reader whose suffix fits `path`; ConfigError names the known suffixes."""
        suffix = "." + path.rpartition(".")[2].lower() if "." in path else ""
        readers = [e for e in self.of_kind("reader") if suffix in getattr(e.offer, "suffixes", ())]
        if len(readers) == 1:
            return readers[0]
        if readers:
            names = ", ".join(e.full_name for e in readers)
            raise ConfigError(f"two readers take {suffix} files", names, "name one: [reader] use = …")
        if os.path.isdir(path):
            if os.access(path, os.R_OK | os.X_OK):
                raise ConfigError(f"{path} is a folder, not a file", remedy="name a file in it")
            raise ConfigError(f"{path} is a folder that cannot be searched", remedy="check its permissions")
        raise ConfigError(f"no reader takes {path}", f"suffixes known: {' '.join(self.suffixes())}")

    def suffixes(self) -> tuple[str, ...]:
        """Every file suffix that some reader takes."""
        return tuple(sorted({s for e in self.of_kind("reader") for s in getattr(e.offer, "suffixes", ())}))


def _ambiguous(name: str, found: list[Entry]) -> ConfigError | PluginError:
    """What to say of several offers with one name, so that the reader can tell them apart."""
    cause = f'the name "{name}" is ambiguous'
    for full in ([e.full_name for e in found], [f"{e.plugin.name}:{e.offer.name}" for e in found]):
        if len({*full}) == len(full):
            return ConfigError(cause, f"offered as {', '.join(full)}", "use the full name")
    offers = ", ".join(f"{e.offer.kind} {e.full_name}" for e in found)
    if len({e.plugin.label for e in found}) > 1:
        return ConfigError(cause, f"offered as {offers}", "use a full name that is offered once")
    plugin = found[0].plugin
    return PluginError(cause, f"{plugin.label} offers {offers}", f"it has to rename all but one; {plugin.report}")


def _wellknown() -> dict[str, str]:
    import json
    from importlib.resources import files

    known: dict[str, str] = json.loads((files(__package__) / "wellknown.json").read_text())
    return known


_current: Registry | None = None


def registry() -> Registry:
    """The registry of this process; plugins are loaded once."""
    global _current
    if _current is None:
        _current = Registry(Selection())
    return _current


def select(selection: Selection) -> Registry:
    """Use these plugins from now on in this process."""
    global _current
    if _current is None or _current.selection != selection:
        _current = Registry(selection)
    return _current


def get(use: str | Ref, /, **parameters: Any) -> Any:
    """The component called `use`, with these parameters.

    >>> get("csv-table").sample_rate
    1.0
    """
    name, given = (use.use, dict(use.with_)) if isinstance(use, Ref) else (use, {})
    return registry().build(name, given | parameters)

"""What is known of one plugin, and which plugins are wanted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import PluginError
from ..hookspecs import Descriptor, Preset
from ._code import Code

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
    """One plugin as found: where from, what it offers, and what is wrong with it.

    refused : what is wrong with the offers that were not taken, by their names
    file : given as a single file
    """

    name: str
    distribution: str
    version: str
    summary: str = ""
    url: str = ""
    offers: list[Offer] = field(default_factory=list)
    faults: list[PluginError] = field(default_factory=list)
    refused: dict[str, PluginError] = field(default_factory=dict)
    left_out: str = ""
    file: bool = False
    code: Code | None = None
    known: Mapping[str, Code] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Distribution and version, as messages name it."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def status(self) -> str:
        """ "ok", "faulty", or why it was left out."""
        return self.left_out or ("faulty" if self.faults else "ok")

    def answers_to(self, scope: str) -> bool:
        """Whether `scope:name` may mean an offer of this plugin; a bare name, without scope, may mean any."""
        return not scope or scope in (self.distribution, self.name)

    @property
    def report(self) -> str:
        """The remedy where nobody but the author can help; of a single file that is the reader."""
        if self.file:
            return f"correct {self.distribution}, or leave out --plugin"
        return f"report it at {self.url}" if self.url else "report it to its author"

    def fault(self, cause: str, evidence: str = "", remedy: str = "", offer: str = "") -> None:
        """Note what is wrong; raised only when the plugin, or that offer, is needed."""
        error = PluginError(f"{self.label} {cause}", evidence, remedy or self.report)
        self.faults.append(error)
        if offer:
            self.refused[offer] = error

    def identity(self) -> str:
        """Which code it runs: version, digest of editable sources, and those of the plugins that it is built on.

        Raises PluginError where the sources are no longer those that were loaded.
        """
        return self.code.identity(self.known) if self.code else self.version

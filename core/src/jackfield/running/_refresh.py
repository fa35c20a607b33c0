"""An output of a finished run written once more, or for the first time."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..components import to_config
from ..data import Artifact, Results, write_file
from ..errors import ConfigError, PluginError
from ..planning import blamed
from ..registry import Entry
from ._execute import held
from ._run import file_digest

NOTE, LOCK = "results.json", "run.lock.json"


@dataclass(frozen=True)
class Lock:
    """The lock file of a run, as far as outputs are concerned; `about` is all of it."""

    about: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Lock:
        """ConfigError where the folder has none that can be read."""
        try:
            lock = cls(json.loads((folder / LOCK).read_text(encoding="utf-8")))
            lock.step("", "")
            assert isinstance(lock.about["base"] + "", str)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
            evidence = f"{type(error).__name__}: {error}"
            raise ConfigError(f"{folder / LOCK} cannot be read", evidence, "start the run again") from None
        return lock

    def step(self, use: str, name: str) -> dict[str, Any]:
        """The run's own step of this output, or one that stands for a new step called `name`."""
        for step in self.about["steps"]:
            if step["use"] == use:
                return dict(step)
        taken = {step["id"] for step in self.about["steps"]}
        free = next(n for n in (name, *(f"{name}-{k}" for k in range(2, len(taken) + 3))) if n not in taken)
        return {"id": free, "use": use, "version": "", "with": {}, "from": [], "auto": False}

    def unchanged(self, folder: Path, path: str) -> bool:
        """Whether a file is one that the run wrote, and still as it wrote it."""
        noted = {p: d for files in self.about["artifacts"].values() for p, d in files.items()}
        return path in noted and file_digest(folder / path) == noted[path]


def refresh(results: Results, entry: Entry, component: Any, step: dict[str, Any], force: bool) -> Artifact:
    """Write an output into its run folder and note its files there.

    Raises ConfigError, before anything is written, where that would replace a file that is not the run's or that was
    changed since; `force` replaces it.
    """
    folder = results.folder
    # As the run itself called it: without the files of other outputs, which it was writing at that time.
    item = replace(results.narrowed(tuple(step["from"])) if step["from"] else results, artifacts={})
    with held(folder):
        lock = Lock.of(folder)
        if not force:
            with tempfile.TemporaryDirectory(prefix="jackfield-") as beside:
                paths = _written(entry, component, item, Path(beside)).paths
            taken = [p for p in paths if (folder / p).exists() and not lock.unchanged(folder, p)]
            if taken:
                evidence = "not written by the run, or changed since"
                raise ConfigError(f"{folder / taken[0]} exists", evidence, "--force overwrites it")
        artifact = _written(entry, component, item, folder)
        _keep(folder, lock, entry, step | {"with": to_config(component), "version": entry.plugin.version}, artifact)
    return artifact


def _written(entry: Entry, component: Any, results: Results, to: Path) -> Artifact:
    with blamed(f'output "{entry.offer.name}" ({entry.plugin.label})'):
        artifact = component(results, to)
    if not isinstance(artifact, Artifact):
        got = type(artifact).__name__
        raise PluginError(f'output "{entry.offer.name}" returned {got}, declared Artifact', remedy=entry.plugin.report)
    return replace(artifact, paths=tuple(os.path.relpath(to / p, to) for p in artifact.paths))


def _keep(folder: Path, lock: Lock, entry: Entry, step: dict[str, Any], artifact: Artifact) -> None:
    """Let `open_results` and `verify` know of the files."""
    name, about = step["id"], lock.about
    note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    note["artifacts"][name] = asdict(artifact)
    about["artifacts"][name] = {p: file_digest(folder / p) for p in artifact.paths}
    about["plugins"][entry.plugin.distribution] = entry.plugin.identity()
    known = [s["id"] for s in about["steps"]]
    about["steps"] = [step if s["id"] == name else s for s in about["steps"]] + ([] if name in known else [step])
    write_file(folder / NOTE, json.dumps(note).encode())
    write_file(folder / LOCK, json.dumps(about, indent=1, sort_keys=True).encode())

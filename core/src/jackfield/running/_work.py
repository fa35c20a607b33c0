"""What a worker needs to know of a plan, as pure data, and its rebuilt form in the worker's process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ..components import to_config
from ..config import INPUTS
from ..data import write_file
from ..discovery import Selection
from ..errors import PluginError
from ..planning import Plan, digest_of, prepared
from ..registry import Registry, select
from ._shards import shards


def describe_plan(plan: Plan, selection: Selection) -> dict[str, Any]:
    """The plan's clip and distance steps as JSON data."""
    steps = [
        {
            "id": s.id,
            "use": s.use,
            "kind": s.kind,
            "with": to_config(s.component),
            "inputs": s.inputs,
            "digest": s.digest,
            "item_digest": plan.item_digest(s) if s.kind == "distance" else "",
            "gives": s.gives,
            "label": s.label,
        }
        for s in plan.steps
        if s.level == "clip" or s.kind == "distance"
    ]
    reader = {"use": plan.reader.use, "with": to_config(plan.reader.component)} if plan.reader else None
    return {"plugins": asdict(selection), "versions": plan.plugins, "reader": reader, "steps": steps}


def write_plan(plan: Plan, selection: Selection, folder: Path) -> str:
    """Put the description into the run folder; returns its digest, which work items carry."""
    about = describe_plan(plan, selection)
    digest = digest_of(about)
    path = folder / "plans" / f"{digest}.json"
    if not path.exists():
        write_file(path, json.dumps(about, indent=1).encode())
    return digest


@dataclass(frozen=True)
class WorkStep:
    """One step as a worker sees it."""

    id: str
    kind: str
    component: Any
    inputs: tuple[str, ...]
    digest: str
    item_digest: str
    gives: tuple[str, ...]
    label: str


class Work:
    """A plan in a worker's process: components built once and kept, so that their helpers are made once."""

    def __init__(self, folder: Path, digest: str, here: Registry | None = None) -> None:
        """The plan with this digest; `here` are the plugins to build it from, those that it names if left out."""
        self.about = json.loads((folder / "plans" / f"{digest}.json").read_text())
        self.folder, self.shards = folder, shards(folder)
        if here is None:
            plugins = self.about["plugins"].items()
            chosen: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in plugins}
            here = select(Selection(**chosen))
            self._check_versions(here)
        self.registry = here

    def _check_versions(self, registry: Registry) -> None:
        """A worker that starts after a plugin was changed would put other results under the plan's keys."""
        here = {p.distribution: p for p in registry.plugins}
        for name, identity in self.about["versions"].items():
            if name not in here or here[name].identity() != identity:
                raise PluginError(f"{name} was changed while the run went on", remedy="start the run again")

    @cached_property
    def steps(self) -> dict[str, WorkStep]:
        """Steps by id, in order."""
        return {s["id"]: self._step(s) for s in self.about["steps"]}

    def _step(self, s: dict[str, Any]) -> WorkStep:
        component = self._built(s["use"], s["with"], s["label"])
        names = ("id", "kind", "digest", "item_digest", "label")
        texts: dict[str, str] = {name: s[name] for name in names}
        return WorkStep(component=component, inputs=tuple(s["inputs"]), gives=tuple(s["gives"]), **texts)

    def _built(self, use: str, parameters: dict[str, Any], label: str) -> Any:
        component = self.registry.build(use, parameters)
        prepared(component, label)
        return component

    def reader(self, path: str) -> Any:
        """The component that reads `path`."""
        if self.about["reader"]:
            return self._named_reader
        return self._readers(self.registry.reader_for(path).full_name)

    @cached_property
    def _named_reader(self) -> Any:
        return self._built(self.about["reader"]["use"], self.about["reader"]["with"], "reader")

    @lru_cache(maxsize=64)  # noqa: B019 - one Work lives as long as its process
    def _readers(self, name: str) -> Any:
        return self._built(name, {}, f'reader "{name}"')

    def digest_of_step(self, name: str) -> str:
        """Identity of a clip step's result, or of the inputs."""
        return INPUTS if name == INPUTS else self.steps[name].digest


@lru_cache(maxsize=4)
def work(folder: str, digest: str) -> Work:
    """The plan of a run folder; read once per process."""
    return Work(Path(folder), digest)

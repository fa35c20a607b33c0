"""What a plan is: steps in order, each knowing its own identity."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from ..components import gives
from ..config import INPUTS, RunConfig


def digest_of(*parts: Any) -> str:
    """Hex digest of JSON data."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    inputs : ids of the steps it reads, or "inputs"
    level : "clip" steps run once per clip, "collection" steps once per run
    own : identity of the component and its parameters alone
    digest : identity of what it computes, apart from the clips: equal digests are computed once
    result : the kind it gives
    narrowed : whether the config said where its input comes from
    auto : put in by the plan, not by the config
    """

    id: str
    use: str
    kind: str
    component: Any
    distribution: str
    version: str
    inputs: tuple[str, ...]
    level: Literal["clip", "collection"]
    own: tuple[Any, ...]
    digest: str
    result: type
    narrowed: bool = False
    auto: bool = False

    @property
    def label(self) -> str:
        """How messages name the step."""
        return f'"{self.id}" ({f"{self.distribution} {self.version}".strip()})'

    @property
    def caution(self) -> str:
        """What whoever uses this component must know of its results, in a sentence; mostly nothing."""
        return getattr(self.component, "caution", "")

    @property
    def gives(self) -> tuple[str, ...]:
        """Names of the kinds that the component says it returns."""
        return tuple(kind.__name__ for kind in gives(self.component.__class__) if isinstance(kind, type))


@dataclass(frozen=True)
class Plan:
    """What will be done, in order.

    reader : the component that reads every input; None, if each file's suffix decides
    digest : identity of the config with its parameters resolved; the same for any set of inputs
    plugins : identities of all plugins involved, by distribution
    """

    config: RunConfig
    steps: tuple[Step, ...]
    reader: Step | None
    digest: str
    plugins: dict[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """The step with this id."""
        return next(s for s in self.steps if s.id == name)

    def digest_at(self, name: str) -> str:
        """Identity of a clip step's result, or of the inputs."""
        return name if name == INPUTS else self.step(name).digest

    def item_digest(self, step: Step) -> str:
        """Identity of what a distance makes of two items, wherever its candidate pairs come from."""
        return digest_of(step.own, self.digest_at(step.inputs[0]))

    def clip_steps(self) -> tuple[Step, ...]:
        """Steps that run once per clip, outputs included."""
        return tuple(s for s in self.steps if s.level == "clip")

    def stored(self) -> tuple[str, ...]:
        """Ids of items that must be kept per clip: what collections read as it is, and what nobody reads."""
        items = [s.id for s in self.clip_steps() if s.kind != "output"]
        wanted: list[str] = []
        read: set[str] = set()
        for step in self.steps:
            if step.kind == "output" and step.level == "collection":
                wanted += step.inputs if step.narrowed else ()
                continue
            read |= set(step.inputs)
            if step.kind in ("proposer", "clusterer") or (
                step.kind == "distance" and not hasattr(step.component, "sketch")
            ):
                wanted.append(step.inputs[0])
        leaves = [i for i in items if i not in read]
        return tuple(dict.fromkeys(i for i in [*wanted, *leaves] if i in (INPUTS, *items)))

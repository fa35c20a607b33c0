"""Steps of a run, matched by the kinds they take and give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, get_args, get_origin

from ..components import describe, gives, takes, to_config
from ..config import INPUTS, RunConfig, StepConfig
from ..data import Codes, Collection, Decomposition, Distances, Features, Grid, Groups, Neighbours, Results, Signal
from ..errors import ConfigError, PluginError
from ..hookspecs import Descriptor
from ..registry import Entry, Registry

CLIP_KINDS = ("transform", "feature", "resampler")
ITEM_KINDS = (Signal, Grid, Features, Codes, Decomposition)


def digest_of(*parts: Any) -> str:
    """Hex digest of JSON data."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    inputs : ids of the steps it reads, or "inputs"
    level : "clip" steps run once per clip, "collection" steps once per run
    own : identity of the component and its parameters alone
    digest : identity of what it computes, apart from the clips: equal digests are computed once
    result : the kind it gives
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
    own: tuple[str, ...]
    digest: str
    result: type
    line: int | None = None
    auto: bool = False

    @property
    def label(self) -> str:
        """How messages name the step."""
        return f'"{self.id}" ({self.distribution} {self.version})'


@dataclass(frozen=True)
class Plan:
    """What will be done, in order.

    digest : identity of the config with its parameters resolved; the same for any set of inputs
    """

    config: RunConfig
    steps: tuple[Step, ...]
    reader: Step | None
    digest: str
    plugins: dict[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """The step with this id."""
        return next(s for s in self.steps if s.id == name)

    def item_digest(self, step: Step) -> str:
        """Identity of what a distance makes of two items, wherever its candidate pairs come from."""
        source = step.inputs[0]
        return digest_of(step.own, source if source == INPUTS else self.step(source).digest)

    def clip_steps(self) -> tuple[Step, ...]:
        """Steps that run once per clip, outputs included."""
        return tuple(s for s in self.steps if s.level == "clip")

    def stored(self) -> tuple[str, ...]:
        """Ids of items that must be kept per clip: what collections read as it is, and what nobody reads."""
        wanted = []
        for step in self.steps:
            reads_items = step.kind == "clusterer" or (
                step.kind == "distance" and not hasattr(step.component, "sketch")
            )
            asked = step.kind == "output" and step.level == "collection" and step.line in self.narrowed
            if reads_items:
                wanted.append(step.inputs[0])
            elif asked:
                wanted.extend(step.inputs)
        read = {i for s in self.steps if s.level == "clip" or s.kind == "distance" for i in s.inputs}
        items = [s.id for s in self.clip_steps() if s.kind != "output"]
        leaves = [i for i in items if i not in read and not self._read_by_collection(i)]
        clip_level = {INPUTS, *items}
        return tuple(dict.fromkeys(i for i in [*wanted, *leaves] if i in clip_level))

    def _read_by_collection(self, name: str) -> bool:
        return any(name in s.inputs for s in self.steps if s.level == "collection" and s.kind != "output")

    @property
    def narrowed(self) -> set[int | None]:
        """Lines of the steps whose `from` the config gives."""
        return {s.line for s in self.config.steps if s.from_}


class _Builder:
    def __init__(self, config: RunConfig, registry: Registry) -> None:
        self.config, self.registry = config, registry
        self.steps: dict[str, Step] = {}
        self.previous = INPUTS
        self.number = 0

    def identity(self, entry: Entry, component: Any) -> tuple[str, ...]:
        more = component.identity() if hasattr(component, "identity") else ""
        return (entry.full_name, entry.plugin.identity(), json.dumps(to_config(component), sort_keys=True), more)

    def add(self, number: int, step: StepConfig) -> None:
        self.number = number + 1
        at: tuple[str | int, ...] = ("step", number)
        try:
            entry = self.registry.find(step.use)
        except ConfigError as error:
            raise self.config.error((*at, "use"), error) from None
        offer = entry.offer
        if not isinstance(offer, Descriptor) or offer.kind in ("reader", "executor"):
            raise self.fault((*at, "use"), f'"{step.use}" is {offer.kind}, which is no step')
        given = dict(step.with_)
        # One seed for the whole run, for every component that is random and was not given its own.
        if any(f.name == "seed" for f in describe(offer.component)):
            given.setdefault("seed", self.config.seed)
        try:
            component = offer.component(**given)
        except ConfigError as error:
            wrong = next((k for k in step.with_ if f'"{k}"' in error.cause), None)
            located = ConfigError(
                f'step {self.number} (use = "{step.use}"): {error.cause}', error.evidence, error.remedy
            )
            raise self.config.error((*at, "with", wrong) if wrong else at, located) from None
        sources = self.sources(at, step, offer.component, offer.kind)
        if getattr(component, "channels", "any") == "one" and self.result(sources[0]) is Signal:
            sources = (self.mono(sources[0]), *sources[1:])
        self.keep(entry, component, step.id, sources, step.line)

    def keep(
        self, entry: Entry, component: Any, name: str, sources: tuple[str, ...], line: int | None, auto: bool = False
    ) -> str:
        level = self.level(entry.offer.kind, type(component))
        identity = self.identity(entry, component)
        digest = digest_of(identity, [self.steps[s].digest if s in self.steps else s for s in sources])
        name = name or entry.offer.name
        count = 1
        while name in self.steps:
            count += 1
            name = f"{name.rsplit('-', 1)[0] if count > 2 else name}-{count}"
        self.steps[name] = Step(
            id=name,
            use=entry.full_name,
            kind=entry.offer.kind,
            component=component,
            distribution=entry.plugin.distribution,
            version=entry.plugin.version,
            inputs=sources,
            level=level,
            own=identity,
            digest=digest,
            result=self.result_kind(entry, component, sources),
            line=line,
            auto=auto,
        )
        if entry.offer.kind != "output":
            self.previous = name
        return name

    def level(self, kind: str, cls: type) -> Literal["clip", "collection"]:
        if kind in CLIP_KINDS or (kind == "output" and takes(cls) != (Results,)):
            return "clip"
        return "collection"

    def mono(self, source: str) -> str:
        """A visible step that mixes to one channel, shared by all who need it."""
        for step in self.steps.values():
            if step.auto and step.inputs == (source,):
                return step.id
        entry = self.registry.find("mono", ("transform",))
        assert isinstance(entry.offer, Descriptor)
        return self.keep(entry, entry.offer.component(), "mono", (source,), None, auto=True)

    def result(self, source: str) -> Any:
        return Signal if source == INPUTS else self.steps[source].result

    def result_kind(self, entry: Entry, component: Any, sources: tuple[str, ...]) -> type:
        if entry.offer.kind == "distance":
            return Neighbours if len(sources) == 2 else Distances
        kinds = gives(component.__class__)
        same = [k for k in kinds if sources[:1] and k is self.result(sources[0])]
        kind = same[0] if same else kinds[0]
        return kind if isinstance(kind, type) else object

    def sources(self, at: tuple[str | int, ...], step: StepConfig, cls: type, kind: str) -> tuple[str, ...]:
        wanted = takes(cls)
        for name in step.from_:
            if name != INPUTS and name not in self.steps:
                known = ", ".join([INPUTS, *self.steps])
                raise self.fault((*at, "from"), f'from = "{name}": no earlier step has this id', f"known: {known}")
        if wanted == (Results,):
            return step.from_ or tuple(s.id for s in self.steps.values() if s.kind != "output")
        sources = step.from_ or (self.default_source(wanted),)
        most = 2 if kind == "distance" else 1
        if len(sources) > most:
            raise self.fault((*at, "from"), f'{kind} "{step.use}" takes {most} input', f"got {len(sources)}")
        self.match(at, step, kind, wanted, sources[0])
        if len(sources) == 2 and self.result(sources[1]) not in (Groups, Neighbours, Distances):
            got = self.result(sources[1]).__name__
            raise self.fault((*at, "from"), f'"{step.use}" takes its pairs from Groups or Neighbours', f"got {got}")
        return sources

    def default_source(self, wanted: tuple[Any, ...]) -> str:
        """The step before; a per-clip step after a grouping goes back to the latest item it can take."""
        if self.previous == INPUTS or self.steps[self.previous].level == "clip" or wanted[0] not in ITEM_KINDS:
            return self.previous
        for step in reversed(self.steps.values()):
            if step.level == "clip" and step.kind != "output" and step.result in wanted:
                return step.id
        return INPUTS

    def match(
        self, at: tuple[str | int, ...], step: StepConfig, kind: str, wanted: tuple[Any, ...], source: str
    ) -> None:
        got = self.result(source)
        if got in ITEM_KINDS and kind == "clusterer":
            fits = any(get_origin(w) is Collection and got in get_args(w) for w in wanted)
        else:
            fits = got in wanted or got is object or wanted[0] not in (*ITEM_KINDS, Distances, Neighbours, Groups)
        if not fits:
            names = " or ".join(getattr(w, "__name__", str(w)) for w in wanted)
            origin = "the inputs" if source == INPUTS else f'step "{source}"'
            raise self.fault(
                at, f'step {self.number}: {kind} "{step.use}" wants {names}, got {got.__name__} from {origin}'
            )

    def fault(self, keys: tuple[str | int, ...], cause: str, evidence: str = "") -> ConfigError:
        return self.config.error(keys, ConfigError(cause, evidence))


def build_plan(config: RunConfig, registry: Registry) -> Plan:
    """The plan of a config; ConfigError with its place for whatever does not fit, PluginError for a broken plugin."""
    builder = _Builder(config, registry)
    names = [s.id for s in config.steps if s.id]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f'{config.path}: two steps have the id "{name}"')
    for number, step in enumerate(config.steps):
        builder.add(number, step)
    reader = None
    if config.reader:
        entry = registry.find(config.reader.use, ("reader",))
        assert isinstance(entry.offer, Descriptor)
        component = entry.offer.component(**config.reader.with_)
        digest = digest_of(builder.identity(entry, component))
        reader = Step(
            "reader", entry.full_name, "reader", component, entry.plugin.distribution, entry.plugin.version, (), "clip",
            builder.identity(entry, component), digest, Signal,
        )  # fmt: skip
    for planned in builder.steps.values():
        prepare(planned)
    settled = [(s.id, s.use, to_config(s.component), s.inputs) for s in builder.steps.values()]
    used = {s.distribution for s in builder.steps.values()}
    return Plan(
        config=config,
        steps=tuple(builder.steps.values()),
        reader=reader,
        digest=digest_of(settled, config.seed, [reader.use, to_config(reader.component)] if reader else None),
        plugins={p.distribution: p.identity() for p in registry.plugins if p.distribution in used},
    )


def prepare(step: Step) -> None:
    """Let a component look for its libraries and models now; PluginError names what is missing."""
    if not hasattr(step.component, "prepare"):
        return
    try:
        step.component.prepare()
    except ImportError as error:
        missing = f"pip install {error.name}" if error.name else ""
        raise PluginError(f"step {step.label} cannot run", f"{type(error).__name__}: {error}", missing) from error

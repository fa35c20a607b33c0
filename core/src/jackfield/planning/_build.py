"""From a config to a plan: names resolved, parameters built, kinds matched."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from ..components import describe, gives, parameters, takes, to_config
from ..config import INPUTS, RunConfig, StepConfig
from ..data import (
    Candidates,
    Codes,
    Collection,
    Decomposition,
    Distances,
    Features,
    Grid,
    Groups,
    Neighbours,
    Results,
    Signal,
)
from ..errors import ConfigError
from ..hookspecs import Descriptor
from ..params import Ref
from ..registry import Entry, Registry
from ._blame import check_libraries, prepared
from ._plan import Plan, Step, digest_of

CLIP_KINDS = ("transform", "feature", "resampler")
STEP_KINDS = (*CLIP_KINDS, "distance", "proposer", "clusterer", "output")
ITEM_KINDS = (Signal, Grid, Features, Codes, Decomposition)

# Step ids name folders in the run folder; these are taken.
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
TAKEN = (INPUTS, "shards", "plans")


class _Builder:
    def __init__(self, config: RunConfig, registry: Registry) -> None:
        self.config, self.registry = config, registry
        self.steps: dict[str, Step] = {}
        self.reserved = [s.id for s in config.steps if s.id]
        self.previous = INPUTS
        self.number = 0
        self.plugins: dict[str, str] = {}

    def identity(self, entry: Entry, component: Any) -> tuple[Any, ...]:
        """Everything that can change what a component computes, components named in its parameters included."""
        self.plugins[entry.plugin.distribution] = entry.plugin.identity()
        prepared(component, f'"{entry.offer.name}" ({entry.plugin.label})')
        more = component.identity() if hasattr(component, "identity") else ""
        inner = [
            self.identity(self.registry.find(ref.use), self.registry.build(ref.use, ref.with_))
            for ref in parameters(component).values()
            if isinstance(ref, Ref)
        ]
        return (entry.full_name, entry.plugin.identity(), json.dumps(to_config(component), sort_keys=True), more, inner)

    def add(self, number: int, step: StepConfig) -> None:
        self.number = number + 1
        at: tuple[str | int, ...] = ("step", number)
        self.check_id(at, step.id)
        entry = self.entry(at, step.use)
        try:
            component, identity = self.built(entry, step)
        except ConfigError as error:
            wrong = next((k for k in step.with_ if f'"{k}"' in error.cause), None)
            located = ConfigError(
                f'step {self.number} (use = "{step.use}"): {error.cause}', error.evidence, error.remedy
            )
            raise self.config.error((*at, "with", wrong) if wrong else at, located) from None
        sources = self.sources(at, step, type(component), entry.offer.kind)
        if component.channels == "one" and self.result(sources[0]) is Signal:
            sources = (self.mono(sources[0]), *sources[1:])
        if wants := tuple(getattr(component, "wants", ())):
            self.ask(sources[0], wants)
        name = step.id or self.free_name(entry.offer.name)
        self.keep(entry, component, identity, name, sources, narrowed=bool(step.from_))
        if entry.offer.kind != "output":
            self.previous = name

    def entry(self, at: tuple[str | int, ...], use: str) -> Entry:
        try:
            return self.registry.find(use, STEP_KINDS)
        except ConfigError as unknown:
            fault = unknown
            other = [e.offer.kind for e in self.registry.entries if e.offer.name == use]
            if other and not any(kind in STEP_KINDS for kind in other):
                fault = ConfigError(f'"{use}" is no step', f"it is the name of: {', '.join(other)}")
            raise self.config.error((*at, "use"), fault) from None

    def check_id(self, at: tuple[str | int, ...], name: str) -> None:
        if name and (not ID.fullmatch(name) or name in TAKEN):
            raise self.fault((*at, "id"), f'"{name}" cannot be the id of a step', "letters, digits, - and _ can")
        if self.reserved.count(name) > 1:
            raise self.fault((*at, "id"), f'two steps have the id "{name}"')

    def built(self, entry: Entry, step: StepConfig) -> tuple[Any, tuple[Any, ...]]:
        assert isinstance(entry.offer, Descriptor)
        given = dict(step.with_)
        # One seed for the whole run, for every component that is random and was not given its own.
        if any(f.name == "seed" for f in describe(entry.offer.component)):
            given.setdefault("seed", self.config.seed)
        component = entry.offer.component(**given)
        return component, self.identity(entry, component)

    def free_name(self, name: str) -> str:
        """`name`, or with a number behind it where that is taken or some step's own id."""
        names = (name, *(f"{name}-{k}" for k in range(2, len(self.config.steps) + 3)))
        return next(n for n in names if n not in self.steps and n not in (*self.reserved, *TAKEN))

    def keep(
        self,
        entry: Entry,
        component: Any,
        identity: tuple[Any, ...],
        name: str,
        sources: tuple[str, ...],
        **flags: bool,
    ) -> str:
        self.steps[name] = Step(
            id=name,
            use=entry.full_name,
            kind=entry.offer.kind,
            component=component,
            distribution=entry.plugin.distribution,
            version=entry.plugin.version,
            inputs=sources,
            level=self.level(entry.offer.kind, type(component)),
            own=identity,
            digest=self.digest(identity, sources),
            result=self.result_kind(entry, component, sources),
            **flags,
        )
        return name

    def ask(self, name: str, columns: tuple[str, ...]) -> None:
        """Have a distance give columns that a later step wants, if it can; what reads it becomes another result."""
        step = self.steps.get(name)
        giving = getattr(step.component, "giving", None) if step is not None and step.kind == "distance" else None
        if step is None or giving is None:
            return
        component = giving(columns)
        own = self.identity(self.registry.find(step.use), component)
        self.steps[name] = replace(step, component=component, own=own)
        for key, known in self.steps.items():
            self.steps[key] = replace(known, digest=self.digest(known.own, known.inputs))

    def digest(self, identity: tuple[Any, ...], sources: tuple[str, ...]) -> str:
        return digest_of(identity, [self.steps[s].digest if s in self.steps else s for s in sources])

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
        component = entry.offer.component()
        return self.keep(
            entry, component, self.identity(entry, component), self.free_name("mono"), (source,), auto=True
        )

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
            return self.everything(at, step, cls)
        sources = step.from_ or (self.default_source(wanted),)
        most = 2 if kind == "distance" else 1
        if len(sources) > most:
            raise self.fault((*at, "from"), f'{kind} "{step.use}" takes {most} input', f"got {len(sources)}")
        self.match(at, step, kind, wanted, sources[0])
        if len(sources) == 2 and self.result(sources[1]) not in (Candidates, Groups, Neighbours):
            got = self.result(sources[1]).__name__
            raise self.fault(
                (*at, "from"), f'"{step.use}" takes its pairs from Candidates, Groups or Neighbours', f"got {got}"
            )
        return sources

    def everything(self, at: tuple[str | int, ...], step: StepConfig, cls: type) -> tuple[str, ...]:
        """What an output of Results reads: the steps that `from` names, or all before it."""
        names = step.from_ or tuple(s.id for s in self.steps.values() if s.kind != "output")
        needs: tuple[str, ...] = getattr(cls, "needs", ())
        if needs and not any(self.steps[n].kind in needs for n in names if n in self.steps):
            kinds = " or a ".join(needs)
            got = ", ".join(names) or "no step"
            raise self.fault(
                at, f'step {self.number}: output "{step.use}" needs a {kinds}', f"got {got}", f"add a {kinds}"
            )
        return names

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
        if got in ITEM_KINDS and kind in ("proposer", "clusterer"):
            fits = any(get_origin(w) is Collection and got in get_args(w) for w in wanted)
        else:
            fits = got in wanted or got is object or wanted[0] not in (*ITEM_KINDS, Distances, Neighbours, Groups)
        if not fits:
            names = " or ".join(getattr(w, "__name__", str(w)) for w in wanted)
            origin = "the inputs" if source == INPUTS else f'step "{source}"'
            remedy = "put a distance between, such as euclidean" if Distances in wanted and got in ITEM_KINDS else ""
            raise self.fault(
                at,
                f'step {self.number}: {kind} "{step.use}" wants {names}, got {got.__name__} from {origin}',
                "",
                remedy,
            )

    def fault(self, keys: tuple[str | int, ...], cause: str, evidence: str = "", remedy: str = "") -> ConfigError:
        return self.config.error(keys, ConfigError(cause, evidence, remedy))


def build_plan(config: RunConfig, registry: Registry) -> Plan:
    """The plan of a config; ConfigError with its place for whatever does not fit, PluginError for a broken plugin."""
    check_libraries()
    builder = _Builder(config, registry)
    for number, step in enumerate(config.steps):
        builder.add(number, step)
    reader = _reader(builder) if config.reader else None
    settled = [(s.id, s.use, to_config(s.component), s.inputs) for s in builder.steps.values()]
    return Plan(
        config=config,
        steps=tuple(builder.steps.values()),
        reader=reader,
        digest=digest_of(
            settled, config.seed, config.exact, [reader.use, to_config(reader.component)] if reader else None
        ),
        plugins=builder.plugins,
    )


def _reader(builder: _Builder) -> Step:
    """The reader that the config names, as a step of its own kind."""
    ref = builder.config.reader
    assert ref is not None
    try:
        entry = builder.registry.find(ref.use, ("reader",))
        component = builder.registry.build(ref.use, ref.with_, ("reader",))
        identity = builder.identity(entry, component)
    except ConfigError as error:
        raise builder.config.error(("reader",), error) from None
    return Step(
        id="reader",
        use=entry.full_name,
        kind="reader",
        component=component,
        distribution=entry.plugin.distribution,
        version=entry.plugin.version,
        inputs=(),
        level="clip",
        own=identity,
        digest=digest_of(identity),
        result=Signal,
    )

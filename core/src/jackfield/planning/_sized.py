"""A plan fitted to the number of clips: below what makes proposing worth its while, every pair is compared."""

from __future__ import annotations

from dataclasses import replace

from ..data import Distances
from ._plan import Plan, Step, digest_of


def sized(plan: Plan, clips: int) -> Plan:
    """The plan without the proposers that so many clips do not need, nor what only they read."""
    idle = {s.id for s in plan.steps if s.kind == "proposer" and _idle(plan, s, clips)}
    gone = idle | _unread(plan, idle)
    fitted: list[Step] = []
    for step in plan.steps:
        if step.id in gone or not gone & {*step.inputs}:
            fitted += [] if step.id in gone else [step]
        else:
            inputs = tuple(name for name in step.inputs if name not in gone)
            kind = Distances if step.kind == "distance" else step.result
            sources = [plan.digest_at(name) for name in inputs]
            fitted.append(replace(step, inputs=inputs, result=kind, digest=digest_of(step.own, sources)))
    return replace(plan, steps=tuple(fitted)) if gone else plan


def _idle(plan: Plan, step: Step, clips: int) -> bool:
    readers = [s.kind for s in plan.steps if step.id in s.inputs and not _everything(s)]
    return (plan.config.exact or clips <= getattr(step.component, "above", 0)) and {*readers} <= {"distance"}


def _everything(step: Step) -> bool:
    """Whether a step is an output that reads whatever there is."""
    return step.kind == "output" and step.level == "collection" and not step.narrowed


def _unread(plan: Plan, gone: set[str]) -> set[str]:
    """Clip steps that nobody reads but steps that are gone."""
    unread: set[str] = set()
    for step in reversed(plan.steps):
        readers = {s.id for s in plan.steps if step.id in s.inputs and not _everything(s)}
        if step.level == "clip" and step.kind != "output" and readers and readers <= gone | unread:
            unread.add(step.id)
    return unread

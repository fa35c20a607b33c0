"""Shapes and frame counts before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from ..components import Spec
from ..config import INPUTS
from ..errors import JackfieldError
from ._blame import blamed
from ._plan import Plan


@dataclass(frozen=True)
class Prediction:
    """What one clip step gives for one clip; None where the component does not say, and for outputs."""

    step: str
    spec: Spec | None
    fault: str = ""


def predict(plan: Plan, clip: Spec) -> tuple[Prediction, ...]:
    """The specs of every clip step for a clip like `clip`, in order; "unknown" spreads to what depends on it."""
    known: dict[str, Spec | None] = {INPUTS: clip}
    out = []
    for step in plan.steps:
        if step.level != "clip" or (step.kind == "output" and not hasattr(step.component, "predict")):
            continue
        before, fault = known.get(step.inputs[0]), ""
        after = None
        if before is not None and hasattr(step.component, "predict"):
            try:
                with blamed(step.label, "cannot predict"):
                    after = step.component.predict(before)
            except JackfieldError as error:
                fault = str(error)
        known[step.id] = after
        out.append(Prediction(step.id, after, fault))
    return tuple(out)

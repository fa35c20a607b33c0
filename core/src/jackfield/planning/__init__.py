"""From a config to a plan: every name resolved, every kind matched, nothing computed yet."""

from ._inputs import list_inputs
from ._predict import Prediction, predict
from ._steps import Plan, Step, build_plan, digest_of

__all__ = ["Plan", "Prediction", "Step", "build_plan", "digest_of", "list_inputs", "predict"]

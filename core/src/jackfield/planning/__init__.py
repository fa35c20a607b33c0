"""From a config to a plan: every name resolved, every kind matched, nothing computed yet."""

from ._blame import blamed, check_libraries, prepared, unexpected
from ._build import build_plan
from ._inputs import list_inputs
from ._plan import Plan, Step, digest_of
from ._predict import Prediction, predict
from ._sized import sized

__all__ = [
    "Plan",
    "Prediction",
    "Step",
    "blamed",
    "build_plan",
    "check_libraries",
    "digest_of",
    "list_inputs",
    "predict",
    "prepared",
    "sized",
    "unexpected",
]

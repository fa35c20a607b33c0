"""Carrying out a plan in a run folder, and reading a run folder back."""

from ._engine import Progress
from ._forecast import Forecast, forecast
from ._results import open_results
from ._run import FailureLimit, execute

__all__ = ["FailureLimit", "Forecast", "Progress", "execute", "forecast", "open_results"]

"""Carrying out a plan in a run folder, and reading a run folder back."""

from ._engine import Progress
from ._execute import execute
from ._forecast import Forecast, forecast
from ._results import open_results
from ._run import FailureLimit
from ._share import Part, ShardNote, Share, own_note, read_note

__all__ = [
    "FailureLimit",
    "Forecast",
    "Part",
    "Progress",
    "ShardNote",
    "Share",
    "execute",
    "forecast",
    "open_results",
    "own_note",
    "read_note",
]

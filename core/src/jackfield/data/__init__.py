"""The data that flows between components: frozen, checked, read-only; time last, channels first."""

from ._arrays import Record
from ._decomposition import Decomposition, Proof
from ._files import file_stems, printable, replace_file, write_as, write_csv, write_file
from ._frames import FrameGrid
from ._grid import Axis, Features, Grid
from ._groups import Groups
from ._members import Member, measured, members
from ._pairs import Candidates, Comparison, Distances, Neighbours
from ._results import Artifact, Clip, Collection, Failure, Results
from ._signal import Codes, Origin, Signal, Source

__all__ = [
    "Artifact",
    "Axis",
    "Candidates",
    "Clip",
    "Codes",
    "Collection",
    "Comparison",
    "Decomposition",
    "Distances",
    "Failure",
    "Features",
    "FrameGrid",
    "Grid",
    "Groups",
    "Member",
    "Neighbours",
    "Origin",
    "Proof",
    "Record",
    "Results",
    "Signal",
    "Source",
    "file_stems",
    "measured",
    "members",
    "printable",
    "replace_file",
    "write_as",
    "write_csv",
    "write_file",
]

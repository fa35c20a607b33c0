"""The core's own plugin, so that the core alone is useful: tables and arrays as inputs, two executors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from . import Component, Executor, Param, Reader, Signal, Source, hookimpl

if TYPE_CHECKING:
    from concurrent import futures


@dataclass(frozen=True, kw_only=True)
class CsvTable(Component):
    """A signal from a CSV file: one row per sample, one column per channel, an optional header row."""

    sample_rate: Annotated[float, Param(gt=0, unit="Hz", description="rows per second")] = 1.0

    def __call__(self, source: Source) -> Signal:
        from ._tables import read_csv

        return read_csv(source, self.sample_rate)


@dataclass(frozen=True, kw_only=True)
class NpyArray(Component):
    """A signal from an .npy file of shape (n,) or (channels, n)."""

    sample_rate: Annotated[float, Param(gt=0, unit="Hz", description="samples per second")] = 1.0

    def __call__(self, source: Source) -> Signal:
        from ._tables import read_npy

        return read_npy(source, self.sample_rate)


@dataclass(frozen=True, kw_only=True)
class Serial(Component):
    """One work item after the other, in this process."""

    def start(self) -> futures.Executor:
        """An executor that computes at once."""
        from .executors.serial import SerialExecutor

        return SerialExecutor()


@dataclass(frozen=True, kw_only=True)
class Processes(Component):
    """Worker processes on this machine; one that dies is replaced and costs only the item it was working on."""

    jobs: Annotated[int, Param(ge=0, description="number of workers; 0 = one per processor")] = 0

    def start(self) -> futures.Executor:
        """An executor over `jobs` worker processes."""
        from .executors.processes import ProcessesExecutor

        return ProcessesExecutor(self.jobs)


@hookimpl
def jackfield_readers() -> Iterable[Reader]:
    """Tables and arrays; a folder of sound may hold some that are no clips."""
    yield Reader("csv-table", CsvTable, suffixes=(".csv",), fallback=True)
    yield Reader("npy-array", NpyArray, suffixes=(".npy",), fallback=True)


@hookimpl
def jackfield_executors() -> Iterable[Executor]:
    """In this process, or in several."""
    yield Executor("serial", Serial)
    yield Executor("processes", Processes)

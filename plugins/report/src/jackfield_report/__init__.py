"""Outputs about a whole run: tables, label tracks, a heat map, and a report to read and listen to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from jackfield import Artifact, Component, Output, Param, Results, hookimpl

__all__ = ["CsvTables"]


@dataclass(frozen=True, kw_only=True)
class CsvTables(Component):
    """The grouping as tables: `groups.csv`, one row per clip, and `pairs.csv`, one row per pair worth looking at.

    groups.csv : path, group (−1 = alone), medoid, distance_to_medoid, offset_samples (at the clip's own rate) and
        offset_s (positive where the clip's material starts later than the medoid's), gain_db (clip over medoid),
        relation: "medoid", "identical", "same" or "variant"; of a clip alone, "variant" or "different" to its nearest
    pairs.csv : a, b, distance and similarity as the grouping saw them; then, where the pair was compared closely,
        relation, offset_samples, offset_s, gain_db, polarity, overlap, and in `differs` the intervals of a, in seconds
        ("1.37-1.55;2.00-2.10"), in which b is not the same

    Rows go by group, the medoid first; pairs by their order in the inputs. What is unknown is an empty cell. Numbers
    are rounded to six decimals. Paths are exact, byte for byte: nothing is put before a leading "=", so import such
    tables into a spreadsheet as text.

    Without groups only pairs.csv is written, without distances only groups.csv. Raises ConfigError where the run has
    neither, OutputError where a file cannot be written.

    >>> CsvTables(limit=0.3).limit
    0.3
    """

    limit: Annotated[
        float | None,
        Param(gt=0, description="pairs closer than this; left out, pairs of one group and near misses"),
    ] = None

    def __call__(self, results: Results, to: Path) -> Artifact:
        from ._files import write_table
        from ._findings import Findings
        from ._tables import GROUPS, PAIRS, group_rows, pair_rows

        found = Findings.of(results)
        found.need("csv", clusterer=found.groups, distance=found.distances)
        tables = []
        if found.groups is not None:
            tables.append("groups.csv")
            write_table(to / "groups.csv", GROUPS, group_rows(found))
        if found.distances is not None:
            tables.append("pairs.csv")
            write_table(to / "pairs.csv", PAIRS, pair_rows(found, self.limit))
        return Artifact(tuple(tables), "text/csv")


@hookimpl
def jackfield_outputs() -> Iterator[Output]:
    yield Output("csv", CsvTables)

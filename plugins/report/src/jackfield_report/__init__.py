"""Outputs about a whole run: tables, label tracks, a heat map, and a report to read and listen to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from jackfield import Artifact, Component, Output, Param, Results, hookimpl

__all__ = ["AudacityLabels", "CsvTables", "HeatMap", "HtmlReport"]


@dataclass(frozen=True, kw_only=True)
class CsvTables(Component):
    """The grouping as tables: `groups.csv`, one row per clip, and `pairs.csv`, one row per pair worth looking at.

    groups.csv : path, group (−1 = alone), medoid, distance_to_medoid, offset_samples (at the clip's own rate) and
        offset_s (positive where the clip's material starts later than the medoid's), gain_db (clip over medoid),
        relation: "medoid", "identical", "same" or "variant"; of a clip alone, to its nearest, mostly "different", and
        empty where that is undefined, as for silence; margin (how much further the nearest clip outside the group is
        than the nearest inside); and, of the group, diameter (largest distance within), nearest_group and
        distance_to_nearest_group (of their nearest clips)
    pairs.csv : a, b, distance and similarity (of `pattern` the probability of a copy) as the grouping saw them; then,
        where the pair was compared closely, relation, offset_samples, offset_s, gain_db, polarity, overlap, and in
        `differs` the intervals of a, in seconds ("1.37-1.55;2.00-2.10"), in which b is not the same

    The grouping is by what is heard: a clip and its medoid are "same" where their waveforms have nothing in common or
    cannot tell; what they could not measure is left out.

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

    needs = ("clusterer", "distance")

    def __call__(self, results: Results, to: Path) -> Artifact:
        from jackfield import write_csv, write_file

        from ._findings import Findings
        from ._tables import GROUPS, group_rows, pairs_text

        found = Findings.of(results)
        found.need("csv", clusterer=found.groups, distance=found.distances)
        tables = []
        if found.groups is not None:
            tables.append("groups.csv")
            write_csv(to / "groups.csv", GROUPS, group_rows(found))
        if found.distances is not None:
            tables.append("pairs.csv")
            write_file(to / "pairs.csv", pairs_text(found, self.limit).encode("utf-8", "surrogateescape"))
        return Artifact(tuple(tables), "text/csv")


@dataclass(frozen=True, kw_only=True)
class AudacityLabels(Component):
    """An Audacity label track per clip of a group and per near miss: `labels/<clip>.txt`, to be imported beside it.

    Each line is start, end (seconds) and text: the stretch that the clip shares with its medoid and what they have to
    do with each other, and every interval in which the two differ. Names are those of the clips below their common
    folder; a second clip of the same name keeps its suffix.

    `labels` holds the label tracks of this run and no others: tracks of clips that are no longer concerned go. Raises
    ConfigError where the run groups nothing, OutputError where a file cannot be written.

    Format: Audacity manual, "Importing and Exporting Labels".

    >>> AudacityLabels()
    AudacityLabels()
    """

    needs = ("clusterer",)

    def __call__(self, results: Results, to: Path) -> Artifact:
        from ._findings import Findings
        from ._labels import write_tracks

        found = Findings.of(results)
        found.need("labels", clusterer=found.groups)
        return Artifact(write_tracks(found, to), "text/plain")


@dataclass(frozen=True, kw_only=True)
class HeatMap(Component):
    """The distances as a picture: `heatmap.png`, one cell per pair, dark where two clips are near.

    Clips are ordered so that what is alike stands together; groups are outlined, and pairs without a distance (two
    silences, or never compared) are hatched. The order is that of the leaves of the average-linkage tree, in which
    groups stay whole.

    Raises ConfigError where the run compares nothing, OutputError where the file cannot be written.

    >>> HeatMap(order="groups").max_clips
    2000
    """

    order: Annotated[
        Literal["linkage", "groups", "inputs"],
        Param(description="of rows and columns: by likeness, by group and distance to its medoid, or as given"),
    ] = "linkage"
    size: Annotated[
        int,
        Param(ge=100, le=10_000, unit="pixels", description="side of the matrix; a clip takes at least one pixel"),
    ] = 1000
    max_clips: Annotated[
        int,
        Param(ge=2, le=10_000, description="most clips drawn; of more, those in groups go first, then near misses"),
    ] = 2000

    needs = ("distance",)

    def __call__(self, results: Results, to: Path) -> Artifact:
        from jackfield import write_file

        from ._findings import Findings
        from ._matrix import Matrix
        from ._picture import draw

        found = Findings.of(results)
        found.need("heatmap", distance=found.distances)
        matrix = Matrix.of(found, self.order, self.max_clips)
        write_file(to / "heatmap.png", draw(found, matrix, self.size, self.order))
        return Artifact(("heatmap.png",), "image/png")


@dataclass(frozen=True, kw_only=True)
class HtmlReport(Component):
    """Everything about the run in one page to read and listen to: `report.html`.

    The groups with their evidence (relation, offset, level, where clips differ), near misses, clips alone, the heat
    map to point into, what failed and why, settings and versions. One player serves all rows and plays the clips from
    where they lie, by links relative to the run folder; nothing is fetched from anywhere else, and a
    Content-Security-Policy lets nothing but the page's own script run. Ten thousand rows open in about two seconds.

    Without distances there is no heat map, without groups no tables of them. Raises ConfigError where the run has
    neither, OutputError where the file cannot be written.

    >>> HtmlReport(title="Drum loops").max_clips
    2000
    """

    title: Annotated[str, Param(description="heading of the page; left out, the folder that holds the clips")] = ""
    order: Annotated[
        Literal["linkage", "groups", "inputs"],
        Param(description="of the heat map's rows and columns: by likeness, by group, or as given"),
    ] = "linkage"
    max_clips: Annotated[
        int,
        Param(ge=2, le=5000, description="most clips in the heat map; of more, those in groups go first"),
    ] = 2000

    needs = ("clusterer", "distance")

    def __call__(self, results: Results, to: Path) -> Artifact:
        from jackfield import write_file

        from ._findings import Findings
        from ._matrix import Matrix
        from ._page import render

        found = Findings.of(results)
        found.need("report", clusterer=found.groups, distance=found.distances)
        matrix = Matrix.of(found, self.order, self.max_clips) if found.distances is not None else None
        write_file(to / "report.html", render(found, to, self.title, matrix))
        return Artifact(("report.html",), "text/html")


@hookimpl
def jackfield_outputs() -> Iterator[Output]:
    yield Output("csv", CsvTables)
    yield Output("labels", AudacityLabels)
    yield Output("heatmap", HeatMap)
    yield Output("report", HtmlReport)

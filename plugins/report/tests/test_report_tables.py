import csv
import doctest
import importlib
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jackfield_report import CsvTables, HtmlReport
from jackfield_report._findings import Findings
from jackfield_report._rows import Rows
from jackfield_report._tables import cells, text_of

from jackfield import ConfigError, Distances, Groups, Neighbours, OutputError, Signal, get

PACKAGE = "jackfield_report"


def read(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def short(row: dict[str, str], *names: str) -> list[str]:
    return [Path(row[n]).stem if n in ("path", "medoid", "a", "b") else row[n] for n in names]


@pytest.mark.parametrize(
    "module", ["", *(f".{p.stem}" for p in sorted((Path(__file__).parents[1] / "src" / PACKAGE).glob("_[!_]*.py")))]
)
def test_examples_run(module: str) -> None:
    assert not doctest.testmod(importlib.import_module(PACKAGE + module)).failed


def test_the_plugin_offers_its_outputs() -> None:
    offered = {name: type(get(name)).__name__ for name in ("csv", "labels", "heatmap", "report")}
    assert offered == {"csv": "CsvTables", "labels": "AudacityLabels", "heatmap": "HeatMap", "report": "HtmlReport"}


def test_groups_table(run) -> None:
    artifact = CsvTables()(run, run.folder)
    assert artifact.paths == ("groups.csv", "pairs.csv")
    assert artifact.media_type == "text/csv"
    rows = read(run.folder / "groups.csv")
    columns = (
        "path", "group", "medoid", "distance_to_medoid", "offset_samples", "offset_s", "gain_db", "relation", "margin",
        "diameter", "nearest_group", "distance_to_nearest_group",
    )  # fmt: skip
    assert tuple(rows[0]) == columns
    assert [short(r, *columns) for r in rows] == [
        ["kick", "0", "kick", "0.0", "0.0", "0.0", "0.0", "medoid", "0.28", "0.02", "", ""],
        ["late", "0", "kick", "0.02", "240.0", "0.03", "-6.0206", "same", "0.29", "0.02", "", ""],
        ["extra", "-1", "", "", "", "", "", "variant", "", "", "", ""],
        ["silent", "-1", "", "", "", "", "", "", "", "", "", ""],
        ["other", "-1", "", "", "", "", "", "different", "", "", "", ""],
    ]


def test_groups_table_says_how_far_the_nearest_group_is(tmp_path, build) -> None:
    ids = ("a", "b", "c", "d")
    distances = Distances(ids=ids, condensed=np.array([0.1, 0.3, 0.4, 0.35, 0.45, 0.2], np.float32))
    groups = Groups.from_labels(np.array([0, 0, 1, 1]), distances)
    CsvTables()(build(tmp_path, list(ids), {"d": distances, "g": groups}), tmp_path)
    shape = ("margin", "diameter", "nearest_group", "distance_to_nearest_group")
    assert [[row[name] for name in ("path", *shape)] for row in read(tmp_path / "groups.csv")] == [
        ["a", "0.2", "0.1", "1", "0.3"],
        ["b", "0.25", "0.1", "1", "0.3"],
        ["c", "0.1", "0.2", "0", "0.3"],
        ["d", "0.2", "0.2", "0", "0.3"],
    ]


def test_pairs_table_holds_groups_and_near_misses(run) -> None:
    CsvTables()(run, run.folder)
    rows = read(run.folder / "pairs.csv")
    assert [short(r, "a", "b", "distance", "similarity", "relation") for r in rows] == [
        ["late", "kick", "0.02", "0.98", "same"],
        ["extra", "kick", "0.3", "0.7", "variant"],
        ["late", "extra", "0.31", "0.69", ""],
    ]
    assert short(rows[0], "offset_samples", "offset_s", "gain_db", "polarity", "overlap", "differs") == [
        "240.0", "0.03", "-6.0206", "-1", "0.985", "",
    ]  # fmt: skip
    assert rows[1]["differs"] == "1.37-1.55;1.90-2.00"
    assert rows[1]["offset_samples"] == "-0.25"
    assert rows[1]["offset_s"] == "-3.1e-05"


@pytest.mark.parametrize(("limit", "expected"), [(0.305, 2), (0.3, 1), (1.0, 6), (0.01, 0)])
def test_limit_takes_the_pairs_that_are_closer(run, limit: float, expected: int) -> None:
    CsvTables(limit=limit)(run, run.folder)
    assert len(read(run.folder / "pairs.csv")) == expected


def test_without_groups_all_pairs_are_written(run) -> None:
    assert CsvTables()(run.narrowed(("pattern",)), run.folder).paths == ("pairs.csv",)
    assert len(read(run.folder / "pairs.csv")) == 10
    assert not (run.folder / "groups.csv").exists()


def test_without_distances_the_evidence_makes_the_pairs(run) -> None:
    CsvTables()(run.narrowed(("threshold", "align")), run.folder)
    rows = read(run.folder / "pairs.csv")
    assert [short(r, "a", "b", "distance") for r in rows] == [["late", "kick", "0.004"], ["extra", "kick", "0.1"]]


def test_groups_alone_make_one_table(run) -> None:
    assert CsvTables()(run.narrowed(("threshold",)), run.folder).paths == ("groups.csv",)


def test_a_run_without_either_is_refused(run) -> None:
    with pytest.raises(
        ConfigError, match='output "csv" needs a clusterer or a distance among the steps it reads: steps: none'
    ):
        CsvTables()(run.narrowed(()), run.folder)


def test_all_pairs_distances_with_evidence_of_their_own(tmp_path: Path, build) -> None:
    """An `align` over all pairs has its offsets in the distances, earlier clip first."""
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    late = np.concatenate([np.zeros(120, np.float32), 0.5 * noise])
    align = pytest.importorskip("jackfield_align").Align()
    found = align(Signal(samples=late, rate=8000), Signal(samples=noise, rate=8000))
    distances = Distances(
        ids=("late", "noise"),
        condensed=np.array([found.distance], np.float32),
        columns={"offset_samples": np.array([found.offset_samples]), "polarity": np.array([1], np.int8)},
    )
    CsvTables()(build(tmp_path, ["late", "noise"], {"align": distances}), tmp_path)
    (row,) = read(tmp_path / "pairs.csv")
    assert (row["a"], row["b"], row["offset_samples"], row["polarity"]) == ("late", "noise", "120.0", "1")


def test_neighbours_as_distances_and_as_evidence(tmp_path: Path, build) -> None:
    """Proposed pairs are compared, grouped, and compared again: the second comparison is the evidence."""
    ids = ("a", "b", "c")
    distance = np.array([0.9, 0.1], np.float32)
    proposed = Neighbours(ids=ids, i=[2, 0], j=[1, 1], distance=distance, columns={"offset_s": [0.5, 0.1]})
    groups = Groups.from_labels(np.array([0, 0, -1]), proposed, near=0.95)
    evidence = Neighbours(ids=ids, i=[1], j=[0], distance=np.array([0.01], np.float32), relations=("identical",))
    CsvTables()(build(tmp_path, list(ids), {"pattern": proposed, "threshold": groups, "align": evidence}), tmp_path)
    rows = read(tmp_path / "pairs.csv")
    names = ("a", "b", "distance", "relation", "offset_s")
    assert [[r[n] for n in names] for r in rows] == [["b", "a", "0.1", "identical", ""], ["c", "b", "0.9", "", "0.5"]]


def test_pairs_only_the_evidence_has(tmp_path: Path, build) -> None:
    ids = ("a", "b", "c")
    distance, polarity = np.array([0.1], np.float32), np.array([1], np.int8)
    proposed = Neighbours(ids=ids, i=[0], j=[1], distance=distance, columns={"polarity": polarity})
    groups = Groups.from_labels(np.array([0, 0, -1]), proposed)
    evidence = Neighbours(ids=ids, i=[2], j=[0], distance=np.array([0.2], np.float32), relations=("variant",))
    results = build(tmp_path, list(ids), {"pattern": proposed, "threshold": groups, "align": evidence})
    CsvTables()(results, tmp_path)
    assert [(r["a"], r["b"], r["distance"], r["relation"]) for r in read(tmp_path / "pairs.csv")] == [
        ("a", "b", "0.1", "same"),
        ("c", "a", "", "variant"),
    ]
    CsvTables(limit=5.0)(results, tmp_path)
    assert len(read(tmp_path / "pairs.csv")) == 1


def codecs(folder: Path, build):
    """A group of five around "m": alike to the ear, whatever the waveforms have in common; and one clip alone."""
    ids = ("m", "same", "none", "apart", "never", "alone")
    square = np.full((6, 6), 0.15, np.float32)
    square[0, :5] = 0.05
    square[:, 5] = 0.3
    distances = Distances(ids=ids, condensed=square[np.triu_indices(6, 1)])
    groups = Groups.from_labels(np.array([0, 0, 0, 0, 0, -1]), distances, near=0.4)
    evidence = Neighbours(
        ids=ids,
        i=np.array([1, 2, 3, 5]),
        j=np.array([0, 0, 0, 0]),
        distance=np.array([0.1, 0.4, 0.9, 0.95], np.float32),
        columns={
            "offset_samples": np.array([8.0, 16.0, 24.0, 32.0]),
            "offset_s": np.array([1.0, 2.0, 3.0, 4.0]) / 1000,
            "gain_db": np.array([-1.0, -2.0, -3.0, -4.0]),
            "polarity": np.array([1.0, -1.0, -1.0, -1.0]),
        },
        relations=("variant", None, "different", "different"),
    )
    return build(folder, list(ids), {"pattern": distances, "threshold": groups, "align": evidence})


def test_the_tables_agree(tmp_path: Path, build) -> None:
    CsvTables()(codecs(tmp_path, build), tmp_path)
    pairs = {frozenset((row["a"], row["b"])): row for row in read(tmp_path / "pairs.csv")}
    shared = ("offset_samples", "offset_s", "gain_db", "relation")
    rows = [row for row in read(tmp_path / "groups.csv") if row["medoid"] and row["medoid"] != row["path"]]
    assert {row["path"]: [row[name] for name in shared] for row in rows} == {
        "same": ["8.0", "0.001", "-1.0", "variant"],
        "none": ["16.0", "0.002", "", "same"],
        "apart": ["", "", "", "same"],
        "never": ["", "", "", "same"],
    }
    for row in rows:
        pair = pairs[frozenset((row["path"], row["medoid"]))]
        assert [pair[name] for name in shared] == [row[name] for name in shared]
        assert pair["distance"] == row["distance_to_medoid"]
        assert pair["polarity"] == ("1" if row["path"] == "same" else "")
    apart = pairs[frozenset(("alone", "m"))]
    assert [apart[name] for name in shared] == ["", "", "", "different"]
    assert pairs[frozenset(("same", "none"))]["relation"] == ""  # never compared, and neither is the medoid


def test_the_report_agrees_with_the_tables(tmp_path: Path, build) -> None:
    found = Findings.of(codecs(tmp_path, build))
    ((_, _, rows),) = Rows(found, tmp_path).groups()
    assert {row.item: (row.relation, row.offset, row.gain, row.note) for row in rows} == {
        "m": ("medoid", "", "", ""),
        "same": ("variant", "1.0 ms later", "1.0 dB softer", ""),
        "none": ("same", "2.0 ms later", "", "heard alike, waveforms differ"),
        "apart": ("same", "", "", "heard alike, waveforms differ"),
        "never": ("same", "", "", ""),
    }
    HtmlReport()(found.results, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("heard alike, waveforms differ") == 2
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    names = [clip[0] for clip in data["clips"]]
    assert {names[a]: text for a, _, text in data["pairs"]} == {
        "same": "variant, 1.0 ms later, 1.0 dB softer",
        "none": "same, 2.0 ms later",
        "apart": "same",
        "alone": "different",
    }


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_infinity=False) | st.floats(-100, 100)))
def test_a_column_reads_as_its_numbers_do(values: list[float]) -> None:
    assert cells(np.array(values, np.float64)) == [text_of(value) for value in values]


def test_members_of_one_group_are_all_paired(tmp_path: Path, build) -> None:
    n = 40
    rng = np.random.default_rng(1)
    ids = tuple(f"{k:02}" for k in range(n))
    distances = Distances(ids=ids, condensed=rng.random(n * (n - 1) // 2, np.float32))
    labels = rng.integers(-1, 4, n)
    groups = Groups.from_labels(labels, distances, near=0.1)
    CsvTables()(build(tmp_path, list(ids), {"d": distances, "g": groups}), tmp_path)
    expected = {
        (ids[i], ids[j])
        for i, j in itertools.combinations(range(n), 2)
        if distances.pair(i, j) < 0.1 or (groups.labels[i] == groups.labels[j] >= 0)
    }
    rows = read(tmp_path / "pairs.csv")
    assert {(r["a"], r["b"]) for r in rows} == expected
    assert [(r["a"], r["b"]) for r in rows] == sorted(expected)


def test_the_same_bytes_every_time(run) -> None:
    CsvTables()(run, run.folder)
    before = [(run.folder / name).read_bytes() for name in ("groups.csv", "pairs.csv")]
    CsvTables()(run, run.folder)
    assert [(run.folder / name).read_bytes() for name in ("groups.csv", "pairs.csv")] == before
    assert sorted(p.name for p in run.folder.iterdir()) == ["groups.csv", "pairs.csv"]


def test_a_folder_that_cannot_be_written(run) -> None:
    (run.folder / "groups.csv").mkdir()
    with pytest.raises(OutputError, match="could not write"):
        CsvTables()(run, run.folder)
    assert [p.name for p in run.folder.iterdir()] == ["groups.csv"]


names = st.lists(
    st.binary(min_size=1, max_size=12).filter(lambda b: b"\0" not in b), min_size=5, max_size=5, unique=True
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names=names)
def test_any_name_survives(tmp_path: Path, make, names: list[bytes]) -> None:
    run = make(tmp_path, tuple(os.fsdecode(name) for name in names))
    CsvTables()(run, tmp_path)
    assert {r["path"] for r in read(tmp_path / "groups.csv")} == {c.path for c in run.clips}
    assert {r["medoid"] for r in read(tmp_path / "groups.csv")} == {run.clips[0].path, ""}


def test_a_config_without_pairs_or_groups_is_refused_before_the_run(tmp_path: Path) -> None:
    from jackfield import plan

    (tmp_path / "x.csv").write_text("1\n2\n")
    (tmp_path / "run.toml").write_text('inputs = ["x.csv"]\n[[step]]\nuse = "gain"\n[[step]]\nuse = "heatmap"\n')
    with pytest.raises(ConfigError, match=r'run\.toml:4: step 2: output "heatmap" needs a distance'):
        plan(tmp_path / "run.toml")

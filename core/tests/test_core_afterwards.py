"""What can be made of a finished run: its outputs once more, and its results as tables."""

import csv
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jackfield import Groups, config, export, open_results, report, run, verify
from jackfield.errors import ConfigError, OutputError

RUNS = runpy.run_path(str(Path(__file__).with_name("test_core_runs.py")))
place, clip = RUNS["place"], RUNS["clip"]


@pytest.fixture
def done(place):
    return run("run.toml", output="out")


def jackfield(verb, *args):
    chosen = ("--no-plugins", "--plugin", "example.py")
    command = [sys.executable, "-m", "jackfield.cli", verb, *args, *chosen]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


# -- outputs -----------------------------------------------------------------------------------------------------------


def test_an_output_is_written_again_as_the_run_wrote_it(done):
    before = Path("out/run.lock.json").read_bytes()
    Path("out/labels.txt").unlink()
    assert report("out", use="write").paths == ("labels.txt",)
    assert Path("out/labels.txt").read_text() == "0 0 0 1 1 -1"
    assert Path("out/run.lock.json").read_bytes() == before
    assert (verify("out"), run("run.toml", output="out").computed) == ((), 0)


def test_an_output_that_the_run_had_not_is_added(place):
    text = RUNS["CONFIG"].replace('[[step]]\nuse = "write"\n', "")
    Path("short.toml").write_text(text)
    assert "write" not in (run("short.toml", output="out").artifacts or {})
    assert report("out", use="write").paths == ("labels.txt",)
    assert open_results("out").artifacts["write"].paths == ("labels.txt",)
    assert verify("out") == ()
    Path("out/labels.txt").write_text("spoiled")
    assert verify("out") == ("artifact labels.txt: changed since",)


def test_a_file_that_is_not_the_runs_is_left_alone(done):
    Path("out/labels.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"out/labels.txt exists: not written by the run, or changed since; --force"):
        report("out", use="write")
    assert Path("out/labels.txt").read_text() == "mine"
    report("out", use="write", force=True)
    assert Path("out/labels.txt").read_text() == "0 0 0 1 1 -1"


def test_a_run_that_moved_is_reported_and_clips_that_moved_are_missed(done, monkeypatch):
    shutil.move("out", "elsewhere")
    assert report("elsewhere", use="write").paths == ("labels.txt",)
    base = Path.cwd()
    monkeypatch.chdir("elsewhere")
    with pytest.raises(ConfigError, match=f"6 of the run's 6 clips are not where they were: .*start this in {base}"):
        report(".", use="write")
    monkeypatch.chdir(base)
    Path("clips/clip001.csv").unlink()
    with pytest.raises(ConfigError, match=r"1 of the run's 6 clips .*clips/clip001.csv; bring them back, or --force"):
        report("elsewhere", use="write")
    assert report("elsewhere", use="write", force=True).paths == ("labels.txt",)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda: Path("out/results.json").unlink(), "holds no finished run: there is no results.json"),
        (lambda: Path("out/results.json").write_text('{"clips": ['), "holds no finished run: results.json is damaged"),
        (lambda: Path("out/results.json").write_text('{"clips": 3}'), "holds no finished run: results.json is damaged"),
        (lambda: Path("out/results.json").write_text("[]"), "holds no finished run: results.json is damaged"),
        (lambda: Path("out/run.lock.json").unlink(), "run.lock.json cannot be read"),
        (lambda: Path("out/run.lock.json").write_text("{}"), "run.lock.json cannot be read"),
        (lambda: Path("out/run.lock.json").write_text("[1]"), "run.lock.json cannot be read"),
        (lambda: shutil.rmtree("out"), "holds no finished run: no such folder"),
    ],
)
def test_a_damaged_run_is_one_clear_error(done, spoil, says):
    spoil()
    with pytest.raises(ConfigError, match=says):
        report("out", use="write")


def test_a_folder_that_is_no_run_leads_to_the_runs_in_it(done):
    with pytest.raises(ConfigError, match="name the folder of a run, such as out in it"):
        report(".", use="write")
    with pytest.raises(ConfigError, match="name the folder of a run, as printed at its end"):
        report("clips", use="write")
    Path("out/results.json").unlink()
    with pytest.raises(ConfigError, match="start it again"):
        report("out", use="write")


def test_a_damaged_run_is_one_clear_error_on_the_command_line(done):
    Path("out/results.json").write_text("[]")
    for verb, *options in (("report", "--use", "write"), ("export", "--to", "x.csv")):
        told = jackfield(verb, "out", *options)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.count("error: ") == 1
        assert "Traceback" not in told.stderr


def test_a_damaged_result_is_one_clear_error(done):
    for path in Path("out/shards").rglob("*.result"):
        path.write_bytes(b"torn")
    from jackfield.running import _shards

    _shards.shards.cache_clear()
    with pytest.raises(OutputError, match=r"a stored result cannot be read: .*start the run again"):
        report("out", use="write")
    with pytest.raises(OutputError, match=r"a stored result cannot be read: .*start the run again"):
        export("out", "x.csv", step="close")
    assert not Path("x.csv").exists()
    assert jackfield("export", "out", "--to", "x.csv", "--step", "mean").returncode == 74


def test_what_is_no_output_of_results_is_refused(done):
    with pytest.raises(ConfigError, match='"copy" writes no file per run: it writes one per clip'):
        report("out", use="copy")
    with pytest.raises(ConfigError, match='unknown output "report"'):
        report("out")
    with pytest.raises(ConfigError, match='unknown parameter "nosuch"'):
        report("out", use="write", with_={"nosuch": 1})
    assert jackfield("report", "out", "--use", "nosuch").returncode == 2


def test_the_command_prints_what_it_wrote(done):
    told = jackfield("report", "out", "--use", "write")
    assert (told.returncode, told.stdout) == (0, "out/labels.txt\n")
    told = jackfield("report", "out", "--use", "write", "--json")
    assert json.loads(told.stdout) == {"use": "write", "paths": ["out/labels.txt"], "media_type": "text/plain"}


# -- tables ------------------------------------------------------------------------------------------------------------


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_groups_as_tables(done):
    groups = done.of(Groups)
    export("out", "g.csv", step="close")
    rows = read("g.csv")
    assert [row["group"] for row in rows] == ["0", "0", "0", "1", "1", "-1"]
    assert (rows[0]["path"], rows[0]["medoid"], rows[0]["distance"]) == (
        "clips/clip001.csv",
        "clips/clip002.csv",
        "1.0",
    )
    assert rows[5]["medoid"] == ""
    export("out", "g.json", step="close")
    assert json.loads(Path("g.json").read_text())[5]["medoid"] is None
    export("out", "g.npz", step="close")
    with np.load("g.npz") as arrays:
        assert arrays["clips"].tolist() == list(groups.ids)
        assert np.array_equal(arrays["group"], groups.labels)
        assert np.array_equal(arrays["margin"], groups.margin, equal_nan=True)


def test_all_pairs_as_tables(done):
    distances = done["mean"]
    export("out", "d.csv", step="mean")
    rows = read("d.csv")
    assert len(rows) == 15
    assert rows[4] == {"a": "clips/clip001.csv", "b": "clips/clip020.csv", "distance": "19.0", "signed": "-19.0"}
    export("out", "d.npz", step="mean")
    with np.load("d.npz") as arrays:
        assert np.array_equal(arrays["distance"], distances.condensed)
        assert arrays["distance"].dtype == np.float32
        for k, (i, j) in enumerate(zip(arrays["i"], arrays["j"], strict=True)):
            assert distances.index(i, j) == k
    export("out", "d.json", step="mean")
    assert [row["distance"] for row in json.loads(Path("d.json").read_text())] == distances.condensed.tolist()


def test_compared_pairs_as_tables(done):
    export("out", "n.csv", step="look")
    first = {"a": "clips/clip001.csv", "b": "clips/clip002.csv", "distance": "1.0", "offset_samples": "-1.0"}
    assert read("n.csv")[0] == first | {"relation": "same", "differs": "0-1"}
    export("out", "n.npz", step="look")
    with np.load("n.npz") as arrays:
        assert arrays["i"].tolist() == [0, 2, 4]
        assert arrays["relation"].tolist() == ["same"] * 3


FEATURES = '''
from dataclasses import dataclass
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Rows(Component):
    """As many rows as the first sample says; odd clips have another column."""
    def __call__(self, signal: Signal) -> Features:
        import numpy as np
        n = int(signal.samples[0, 0])
        names = ("x", "odd") if n % 2 else ("x",)
        values = np.full((n, len(names)), n, np.float32)
        values[0, 0] = np.nan if n == 2 else np.inf if n == 3 else n
        frames = FrameGrid.of(n * 4, n_fft=4, hop=4, center=False, rate=2)
        return Features(values=values, names=names, frames=frames)

@hookimpl
def jackfield_features():
    yield Feature("rows", Rows)
'''


def test_features_as_tables(place):
    from jackfield import Selection, select

    Path("rows.py").write_text(FEATURES)
    select(Selection(none=True, files=("rows.py",)))
    for value in (10, 11, 20):
        Path(f"clips/clip{value:03}.csv").unlink()
    run(config.parse('inputs = ["clips"]\n[[step]]\nuse = "rows"\n'), output="out")
    export("out", "f.csv")
    rows = read("f.csv")
    assert [list(row.values()) for row in rows[:3]] == [
        ["clips/clip001.csv", "0", "1.0", "1.0", "1.0"],
        ["clips/clip002.csv", "0", "1.0", "", ""],
        ["clips/clip002.csv", "1", "3.0", "2.0", ""],
    ]
    assert list(rows[0]) == ["path", "row", "time", "x", "odd"]
    export("out", "f.json")
    assert [row["x"] for row in json.loads(Path("f.json").read_text())] == [1, None, 2, None, 3, 3]
    assert ["odd" in row for row in json.loads(Path("f.json").read_text())] == [True, False, False, True, True, True]
    export("out", "f.npz")
    with np.load("f.npz") as arrays:
        assert arrays["clip"].tolist() == [0, 1, 1, 2, 2, 2]
        assert arrays["row"].tolist() == [0, 0, 1, 0, 1, 2]
        assert arrays["time"].tolist() == [1, 1, 3, 1, 3, 5]
        assert arrays["names"].tolist() == ["x", "odd"]
        wanted = [[1, 1], [np.nan, np.nan], [2, np.nan], [np.inf, 3], [3, 3], [3, 3]]
        assert np.array_equal(arrays["values"], np.array(wanted, np.float32), equal_nan=True)


def test_what_cannot_be_exported_says_why(place, done):
    for to, step, says in (
        ("x.txt", "mean", r"x.txt has no suffix that says its format: known: .csv, .json, .npz"),
        ("x.csv", None, r"which result\?: mean \(Distances\), close \(Groups\), look \(Neighbours\)"),
        ("x.csv", "nosuch", r'no result of a step "nosuch": results: mean'),
    ):
        with pytest.raises(ConfigError, match=says):
            export("out", to, step=step)
    run(config.parse('inputs = ["clips"]\n[[step]]\nuse = "touchy"\n'), output="signals")
    with pytest.raises(ConfigError, match='step "touchy" is no table: it gives Signal'):
        export("signals", "x.csv")
    with pytest.raises(OutputError, match="could not write"):
        export("out", "run.toml/x.csv", step="mean")


def test_nothing_is_overwritten_without_force(done):
    Path("x.csv").write_text("mine")
    told = jackfield("export", "out", "--to", "x.csv", "--step", "close")
    assert (told.returncode, Path("x.csv").read_text()) == (2, "mine")
    assert "x.csv exists" in told.stderr
    told = jackfield("export", "out", "--to", "x.csv", "--step", "close", "--force", "--json")
    assert (told.returncode, json.loads(told.stdout)) == (0, {"path": "x.csv"})
    assert len(read("x.csv")) == 6


def test_names_that_are_no_text_are_exported(place):
    name = os.fsdecode(b"clips/odd\xff.csv")
    Path(name).write_text("2\n" * 20)
    run("run.toml", output="out")
    for suffix in ("csv", "json", "npz"):
        export("out", f"x.{suffix}", step="close")
    assert json.loads(Path("x.json").read_text())[-1]["path"] == name
    assert os.fsencode(name) in Path("x.csv").read_bytes()

"""Runs: resumed, shared out, killed; the same bytes come out."""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from jackfield import Groups, Neighbours, config, open_results, run
from jackfield.data import Distances
from jackfield.discovery import Selection
from jackfield.errors import ConfigError, OutputError, PluginError
from jackfield.registry import select
from jackfield.running import FailureLimit

PLUGIN = '''
import os, signal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Touchy(Component):
    """Passes on, unless the clip's first sample says otherwise."""
    def __call__(self, signal: Signal) -> Signal:
        first = float(signal.samples[0, 0])
        if first == 666:
            os.kill(os.getpid(), signal_kill())
        if first == 13:
            raise ZeroDivisionError("thirteen")
        if first == 14:
            raise DataError("fourteen is no number", "got 14", "use 15")
        if first == 15:
            print("a plugin that prints")
            import warnings
            warnings.warn("fifteen is close to fourteen")
        return signal

def signal_kill():
    return signal.SIGKILL

@dataclass(frozen=True, kw_only=True)
class Mean(Component):
    """Distance of means."""
    def sketch(self, signal: Signal) -> Sketch:
        import numpy as np
        return {"mean": signal.samples.mean(dtype=np.float64)}
    def pairs(self, sketches, i, j):
        import numpy as np
        means = np.array([float(s["mean"]) for s in sketches])
        return {"distance": np.abs(means[i] - means[j]), "signed": means[i] - means[j]}
    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        return Comparison(abs(float(a["mean"] - b["mean"])))

@dataclass(frozen=True, kw_only=True)
class Look(Component):
    """Thorough comparison of candidates."""
    def sketch(self, signal: Signal) -> Sketch:
        return {"x": signal.samples}
    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        step = float(a["x"][0, 0] - b["x"][0, 0])
        return Comparison(abs(step), offset_samples=step, relation="same", differs=((0.0, abs(step)),))

@dataclass(frozen=True, kw_only=True)
class Close(Component):
    """Neighbours in value."""
    threshold: Annotated[float, Param(description="join below")] = 1.5
    def __call__(self, distances: Distances) -> Groups:
        import numpy as np
        n = len(distances)
        labels = list(range(n))
        for i in range(n):
            for j in range(i):
                if distances.pair(i, j) < self.threshold:
                    labels = [labels[j] if l == labels[i] else l for l in labels]
        return Groups.from_labels(np.array(labels, np.int64), distances, near=2 * self.threshold)

@dataclass(frozen=True, kw_only=True)
class Write(Component):
    """Labels as text."""
    def __call__(self, results: Results, to: Path) -> Artifact:
        groups = results.of(Groups)
        (to / "labels.txt").write_text(" ".join(map(str, groups.labels.tolist())))
        return Artifact(("labels.txt",), "text/plain")

@dataclass(frozen=True, kw_only=True)
class Copy(Component):
    """One file per clip."""
    def __call__(self, signal: Signal, to: Path) -> Artifact:
        path = to.with_suffix(".txt")
        path.write_text(str(signal.n))
        return Artifact((str(path),), "text/plain")

@hookimpl
def jackfield_transforms():
    yield Transform("touchy", Touchy)

@hookimpl
def jackfield_distances():
    yield Distance("mean", Mean)
    yield Distance("look", Look)

@hookimpl
def jackfield_clusterers():
    yield Clusterer("close", Close)

@hookimpl
def jackfield_outputs():
    yield Output("write", Write)
    yield Output("copy", Copy)
'''

CONFIG = """
inputs = ["clips"]
[[step]]
use = "touchy"
[[step]]
use = "mean"
[[step]]
use = "close"
[[step]]
use = "look"
from = ["touchy", "close"]
[[step]]
use = "copy"
from = "touchy"
[[step]]
use = "write"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with clips (CSV; value k in clip k), a config and a plugin, as current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(PLUGIN)
    (tmp_path / "run.toml").write_text(CONFIG)
    (tmp_path / "clips").mkdir()
    for value in (1, 2, 3, 10, 11, 20):
        clip(value)
    select(Selection(none=True, files=("example.py",)))
    yield tmp_path
    select(Selection())


def clip(value, name=None):
    Path("clips", name or f"clip{value:03}.csv").write_text(f"{value}\n" * 20)


def table(path):
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def tree(folder):
    """Every file of a run folder that is a result, by name."""
    skip = {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", ".lock"}
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(Path(folder).rglob("*"))
        if p.is_file() and p.name not in skip and "shards" not in p.parts
    }


def test_a_run_gives_groups_evidence_and_files(place):
    results = run("run.toml", output="out")
    groups = results.of(Groups)
    assert groups.labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert [Path(i).name for i in groups.ids[:2]] == ["clip001.csv", "clip002.csv"]
    evidence = results.of(Neighbours)
    assert [(int(a), int(b)) for a, b in zip(evidence.i, evidence.j, strict=True)] == [(0, 1), (2, 1), (4, 3)]
    assert evidence.columns["offset_samples"].tolist() == [-1, 1, 1]
    assert evidence.differs[0] == ((0.0, 1.0),)
    distances = results.of(Distances)
    assert distances.pair(0, 5) == 19
    assert distances.columns["signed"][distances.index(0, 5)] == -19
    assert Path("out/labels.txt").read_text() == "0 0 0 1 1 -1"
    assert Path("out/copy/clip001.txt").read_text() == "20"
    assert [r["samples"] for r in table("out/clips.csv")] == ["20"] * 6
    lock = json.loads(Path("out/run.lock.json").read_text())
    assert [s["id"] for s in lock["steps"]] == ["touchy", "mean", "close", "look", "copy", "write"]
    assert results.exit_code == 0


def test_a_second_run_computes_nothing(place):
    assert run("run.toml", output="out").computed > 6
    before = tree("out")
    again = run("run.toml", output="out")
    assert again.computed == 0
    assert again.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert tree("out") == before


def test_any_number_of_workers_gives_the_same_bytes(place):
    for value in range(100, 170):
        clip(value)
    run("run.toml", output="one", jobs=1)
    run("run.toml", output="two", jobs=2)
    one, two = tree("one"), tree("two")
    assert one == two
    assert len(one) > 80


def test_clips_added_changed_and_gone_are_noticed(place):
    run("run.toml", output="out")
    clip(4, "clip002b.csv")
    added = run("run.toml", output="out")
    assert added.of(Groups).labels.tolist() == [0, 0, 0, 0, 1, 1, -1]
    clip(30, "clip003.csv")
    changed = run("run.toml", output="out")
    assert changed.of(Groups).labels.tolist() == [0, 0, -1, -1, 1, 1, -1]
    Path("clips/clip003.csv").unlink()
    Path("clips/clip002b.csv").unlink()
    gone = run("run.toml", output="out")
    fresh = run("run.toml", output="fresh")
    assert gone.of(Groups).labels.tolist() == fresh.of(Groups).labels.tolist()
    assert Path("out/clips.csv").read_bytes() == Path("fresh/clips.csv").read_bytes()


def test_adding_a_clip_leaves_old_tiles_alone(place):
    for value in range(100, 230):
        clip(value)
    run("run.toml", output="out")
    clip(0)
    again = run("run.toml", output="out")
    # 1 clip, its tile's 3 pairs of blocks, groups, at most a few chunks, 1 output; not all 6 tiles and 137 clips.
    assert 0 < again.computed < 20


def test_changed_files_are_written_again(place):
    run("run.toml", output="out")
    Path("out/labels.txt").write_text("spoiled")
    again = run("run.toml", output="out")
    assert Path("out/labels.txt").read_text() == "0 0 0 1 1 -1"
    assert again.computed == 1


def test_another_config_needs_another_folder_or_force(place):
    run("run.toml", output="out")
    with pytest.raises(ConfigError, match="another config"):
        run("run.toml", output="out", overrides=["close.threshold=20"])
    forced = run("run.toml", output="out", overrides=["close.threshold=20"], force=True)
    assert forced.of(Groups).count == 1


def test_a_folder_with_other_files_is_left_alone(place):
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        run("run.toml", output="out")
    assert os.listdir("out") == ["thesis.txt"]


def test_the_folder_is_named_after_the_input_and_the_config(place):
    first = run("run.toml").folder
    assert first.parent.name == "jackfield-runs"
    assert first.name.startswith("clips-")
    assert run("run.toml", overrides=["close.threshold=3"]).folder != first


def test_a_bad_clip_is_a_row_not_the_end(place):
    clip(13)
    clip(14)
    Path("clips/text.csv").write_text("no numbers\nat all\n")
    results = run("run.toml", output="out")
    rows = {Path(r["path"]).name: r for r in table("out/errors.csv")}
    assert set(rows) == {"clip013.csv", "clip014.csv", "text.csv"}
    assert rows["clip013.csv"]["cause"] == "ZeroDivisionError: thirteen"
    assert rows["clip013.csv"]["step"].startswith('"touchy" (')
    assert (rows["clip014.csv"]["evidence"], rows["clip014.csv"]["remedy"]) == ("got 14", "use 15")
    assert rows["text.csv"]["step"] == "reader"
    assert results.exit_code == 5
    assert results.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1]


def test_the_failure_limit_stops_the_run(place):
    clip(13)
    clip(14)
    text = CONFIG.replace("inputs", "failure_limit = 1\ninputs", 1)
    Path("limited.toml").write_text(text)
    with pytest.raises(FailureLimit, match="2 clips failed, the limit is 1"):
        run("limited.toml", output="out")
    assert len(Path("out/errors.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_warnings_and_prints_of_a_plugin_do_no_harm(place, jobs, capfd):
    clip(15)
    results = run("run.toml", output="out", jobs=jobs)
    assert results.warnings == {"clips/clip015.csv": ("fifteen is close to fourteen",)}
    assert len(results.clips) == 7


def test_a_killed_worker_costs_only_the_clip_that_killed_it(place):
    for value in range(100, 140):
        clip(value)
    clip(666)
    results = run("run.toml", output="out", jobs=2)
    assert [Path(f.path).name for f in results.errors] == ["clip666.csv"]
    assert results.errors[0].error == "WorkerLost"
    assert "SIGKILL" in results.errors[0].evidence
    assert len(results.clips) == 46


def test_workers_killed_from_outside_cost_nothing(place, monkeypatch):
    from jackfield.executors.processes import ProcessesExecutor

    for value in range(100, 160):
        clip(value)
    seen = []
    ask = ProcessesExecutor._ask

    def murderous(worker, call):
        seen.append(worker.pid)
        if len(seen) in (5, 20, 40):
            worker.kill()
        return ask(worker, call)

    monkeypatch.setattr(ProcessesExecutor, "_ask", staticmethod(murderous))
    results = run("run.toml", output="out", jobs=2)
    assert not results.errors
    assert len(set(seen)) >= 4
    monkeypatch.undo()
    monkeypatch.chdir(place)
    run("run.toml", output="calm", jobs=1)
    assert tree("out") == tree("calm")


def test_a_wrong_result_is_the_plugins_fault(place):
    Path("wrong.py").write_text(
        PLUGIN.replace("        return signal\n\ndef signal_kill", "        return 3\n\ndef signal_kill")
    )
    select(Selection(none=True, files=("wrong.py",)))
    with pytest.raises(PluginError, match=r'step "touchy".* returned int, declared Signal'):
        run("run.toml", output="out")


def test_a_run_folder_cannot_be_used_twice_at_once(place):
    from filelock import FileLock

    Path("out").mkdir()
    with FileLock("out/.lock"), pytest.raises(ConfigError, match="another run is using"):
        run("run.toml", output="out")


def test_results_can_be_opened_later(place):
    run("run.toml", output="out")
    results = open_results("out")
    assert results.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert results["look"].relations == ("same",) * 3
    assert list(results) == ["mean", "close", "look"]
    with pytest.raises(ConfigError, match="no finished run"):
        open_results("clips")


def test_an_unwritable_folder_is_an_output_error(place):
    Path("file").write_text("")
    with pytest.raises(OutputError, match="cannot be used as a run folder"):
        run("run.toml", output="file/out")


def test_features_are_kept_when_nobody_reads_them(place):
    text = 'inputs = ["clips"]\n[[step]]\nuse = "touchy"\n'
    results = run(config.parse(text), output="out")
    assert [item.samples[0, 0] for item in results["touchy"]] == [1, 2, 3, 10, 11, 20]
    assert results["touchy"].ids[0] == "clips/clip001.csv"


def test_killed_at_any_moment_the_run_goes_on(place):
    for value in range(100, 160):
        clip(value)
    run("run.toml", output="whole")
    wanted = tree("whole")
    command = [sys.executable, "-m", "jackfield.cli", "run", "run.toml", "--no-plugins", "--plugin", "example.py", "-q"]
    rng = np.random.default_rng(1)
    for delay in rng.uniform(0.2, 1.2, 6):
        started = subprocess.Popen([*command, "-o", "out", "-j", "2"])
        time.sleep(delay)
        started.kill()
        started.wait()
    done = subprocess.run([*command, "-o", "out", "-j", "1"], check=True, capture_output=True, text=True)
    assert done.returncode == 0
    assert tree("out") == wanted

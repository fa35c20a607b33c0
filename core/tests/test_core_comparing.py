"""A distance of a finished run, opened again for new clips."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from jackfield import ComponentError, ConfigError, DataError, Signal, open_distance, open_results, run
from jackfield.discovery import Selection
from jackfield.registry import select

CONFIG = """
inputs = ["clips"]
[[step]]
use = "level"
with = { scale = 2.0 }
[[step]]
use = "apart"
[[step]]
use = "together"
[[step]]
id = "closely"
use = "apart"
from = ["level", "together"]
"""
PLUGINS = Selection(none=True, files=("level.py",))


@pytest.fixture
def done(place):
    """A run of two clips, of levels 1 and 2, whose levels are counted twice."""
    select(PLUGINS)
    Path("run.toml").write_text(CONFIG)
    run("run.toml", output="out")
    yield place
    select(Selection())


def signal(level):
    return Signal(samples=np.full(5, level, np.float32), rate=1.0)


def test_new_clips_go_through_the_steps_of_the_run_and_its_own_come_from_the_folder(done):
    shutil.move("clips/2.csv", "same.csv")
    shutil.rmtree("clips")
    shutil.move("out", "moved")
    Path("new.csv").write_text("4\n" * 5)
    distance = open_distance("moved", "apart")
    known = [distance.known(k) for k in range(2)]
    assert [one.item.values.tolist() for one in known] == [[[2.0]], [[4.0]]]
    for clip, rate in (("new.csv", None), (Path("new.csv"), 1.0), (signal(4), None), (np.full(5, 4.0, np.float32), 1)):
        new = distance.new(clip, rate)
        assert new.item.values.tolist() == [[8.0]]
        assert distance.columns(new, known)["distance"].tolist() == [6.0, 4.0]
        assert distance.compare(new, known[1]).distance == 4.0
    assert not distance.columns(new, [])["distance"].size
    assert distance.new("same.csv").digest == known[1].digest


def test_the_results_do_for_the_folder(done):
    assert open_distance(open_results("out"), "apart").known(0).item.values[0, 0] == 2.0


def test_a_clip_that_cannot_be_read_says_why(done):
    distance = open_distance("out", "apart")
    with pytest.raises(DataError, match=r"gone.csv"):
        distance.new("gone.csv")
    with pytest.raises(DataError, match="an array needs its rate"):
        distance.new(np.zeros(5, np.float32))
    with pytest.raises(DataError, match="another rate than the one given"):
        distance.new("clips/1.csv", rate=2.0)


def test_only_a_distance_that_prepared_every_clip_can_be_opened(done):
    with pytest.raises(ConfigError, match=r'out has no distance "level": distances: apart, closely'):
        open_distance("out", "level")
    with pytest.raises(ConfigError, match=r'the distance "closely" of .* it compares what "together" names'):
        open_distance("out", "closely")


def test_other_plugins_than_those_of_the_run_are_refused(done):
    select(Selection(none=True))
    with pytest.raises(ConfigError, match=r"made by another level.py: .*none is here; install it, or --plugin FILE"):
        open_distance("out", "apart")
    Path("level.py").write_text(Path("level.py").read_text().replace("Mean of", "The mean of"))
    select(PLUGINS)
    with pytest.raises(ConfigError, match=r"is installed; start the run again with what is installed"):
        open_distance("out", "apart")


def test_what_is_missing_in_the_folder_is_named(done):
    shutil.rmtree("out/shards")
    with pytest.raises(ConfigError, match=r'step "apart" .* compares of clips/1.csv: no .*result; start the run again'):
        open_distance("out", "apart").known(0)
    run("run.toml", output="out")
    note = json.loads(Path("out/results.json").read_text())
    Path("out/results.json").write_text(json.dumps({k: v for k, v in note.items() if k != "plan"}))
    with pytest.raises(ConfigError, match=r"does not say how it was made: .*KeyError: 'plan'; start the run again"):
        open_distance("out", "apart")
    run("run.toml", output="out")
    assert open_distance("out", "apart").known(1)


def test_a_component_that_fails_is_blamed(done, monkeypatch):
    distance = open_distance("out", "apart")
    known = distance.known(0)

    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(distance.step.component), "compare", broken)
    with pytest.raises(ComponentError, match=r'step "apart" .* could not compare: RuntimeError: out of order'):
        distance.columns(known, [known])
    with pytest.raises(ComponentError, match=r'step "apart" .* could not compare: RuntimeError: out of order'):
        distance.compare(known, known)
    monkeypatch.setattr(type(distance.work.steps["level"].component), "__call__", broken)
    with pytest.raises(ComponentError, match=r'"level" .*failed: RuntimeError: out of order'):
        distance.new(signal(3))

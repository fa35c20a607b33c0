"""Columns of a distance that a later step wants: the distance is built to give them, and is then another."""

import json
from pathlib import Path

import pytest

import jackfield
from jackfield import Groups
from jackfield.discovery import Selection
from jackfield.registry import select

PLUGIN = '''
from dataclasses import dataclass, replace
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Parity(Component):
    """Difference of levels, and whether both are odd where that is asked for."""
    marks: Annotated[bool, Param(description="fill in the column odd")] = False
    def sketch(self, signal: Signal) -> Sketch:
        import numpy as np
        return {"level": np.float64(signal.samples[0, 0])}
    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        return Comparison(float(abs(a["level"] - b["level"])))
    def pairs(self, sketches, i, j):
        import numpy as np
        level = np.array([s["level"] for s in sketches])
        odd = (level[i] % 2 == 1) & (level[j] % 2 == 1) & self.marks
        return {"distance": abs(level[i] - level[j]).astype(np.float32), "odd": odd.astype(np.float32)}
    def giving(self, columns):
        return replace(self, marks=True) if "odd" in columns else self

@dataclass(frozen=True, kw_only=True)
class Odd(Component):
    """Whatever is odd is one group."""
    asks: Annotated[bool, Param(description="want the column odd")] = True
    @property
    def wants(self):
        return ("odd",) if self.asks else ()
    def __call__(self, distances: Distances) -> Groups:
        import numpy as np
        n = len(distances)
        labels, (i, j) = np.arange(n), np.triu_indices(n, 1)
        for a, b in zip(i, j):
            labels[b] = labels[a] if distances.columns["odd"][(i == a) & (j == b)][0] else labels[b]
        return Groups.from_labels(labels, distances)

@hookimpl
def jackfield_distances():
    yield Distance("parity", Parity)

@hookimpl
def jackfield_clusterers():
    yield Clusterer("odd", Odd)
'''
CONFIG = """
inputs = ["clips"]
[[step]]
use = "parity"
[[step]]
use = "odd"
with = { asks = false }
[[step]]
use = "odd"
from = "parity"
id = "groups"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Clips of the levels 1, 2, 3 and 4, and the plugin."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.py").write_text(PLUGIN)
    (tmp_path / "run.toml").write_text(CONFIG)
    (tmp_path / "clips").mkdir()
    for level in (1, 2, 3, 4):
        (tmp_path / "clips" / f"{level}.csv").write_text(f"{level}\n" * 5)
    select(Selection(none=True, files=("odd.py",)))
    yield tmp_path
    select(Selection())


def steps(folder):
    return {step["id"]: step["with"] for step in json.loads(Path(folder, "run.lock.json").read_text())["steps"]}


def test_a_step_that_wants_a_column_gets_it(place):
    results = jackfield.run("run.toml", output="asked")
    assert results["groups"].labels.tolist() == [0, -1, 0, -1]
    assert results["odd"].labels.tolist() == [0, -1, 0, -1]  # who reads the same distance reads the same columns
    assert steps("asked")["parity"] == {"marks": True}


def test_else_the_distance_is_as_configured(place):
    results = jackfield.run("run.toml", output="plain", overrides=["groups.asks=false"])
    assert results.of(Groups).labels.tolist() == [-1, -1, -1, -1]
    assert steps("plain")["parity"] == {"marks": False}


def test_asked_or_not_is_not_mixed_up_in_one_folder(place):
    for asks, labels in (("false", [-1, -1, -1, -1]), ("true", [0, -1, 0, -1]), ("false", [-1, -1, -1, -1])):
        results = jackfield.run("run.toml", output="out", overrides=[f"groups.asks={asks}"], force=True)
        assert results["odd"].labels.tolist() == results["groups"].labels.tolist() == labels


def test_a_wanted_distance_is_the_one_that_says_so_itself(place):
    jackfield.run("run.toml", output="out")
    again = jackfield.run("run.toml", output="out", overrides=["parity.marks=true"])
    assert again.computed == 0

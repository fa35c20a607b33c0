"""Fixtures of the core's tests."""

import sys

import pytest

PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Level(Component):
    """Mean of the absolute samples."""
    scale: Annotated[float, Param(gt=0, description="multiplies the mean")] = 1.0
    def __call__(self, signal: Signal) -> Features:
        import numpy as np
        return Features(values=self.scale * np.abs(signal.samples).mean(keepdims=True), names=("level",))

@dataclass(frozen=True, kw_only=True)
class Columns(Component):
    """One number more per clip."""
    def __call__(self, signal: Signal) -> Features:
        values = signal.samples[:1, : int(signal.samples[0, 0])]
        return Features(values=values, names=("one", "two")[-values.shape[1] :])

@dataclass(frozen=True, kw_only=True)
class Apart(Component):
    """Difference of levels."""
    caution = "loudness is all it hears"
    def compare(self, a: Features, b: Features) -> Comparison:
        return Comparison(float(abs(a.values - b.values)[0, 0]))

@dataclass(frozen=True, kw_only=True)
class Together(Component):
    """One group."""
    def __call__(self, distances: Distances) -> Groups:
        import numpy as np
        groups = Groups.from_labels(np.zeros(len(distances), np.int64), distances)
        groups.settings["notes"] = ["all are one"]
        return groups

@dataclass(frozen=True, kw_only=True)
class Count(Component):
    """How many clips there were."""
    def __call__(self, results: Results, to: Path) -> Artifact:
        (to / "count.txt").write_text(str(len(results.clips)))
        return Artifact(("count.txt",), "text/plain")

@hookimpl
def jackfield_features():
    yield Feature("level", Level)
    yield Feature("columns", Columns)

@hookimpl
def jackfield_distances():
    yield Distance("apart", Apart)

@hookimpl
def jackfield_clusterers():
    yield Clusterer("together", Together)

@hookimpl
def jackfield_outputs():
    yield Output("count", Count)

@hookimpl
def jackfield_presets():
    steps = ("level", "apart", "together", "count")
    yield Preset("all@1", "\\n".join(f'[[step]]\\nuse = "{step}"' for step in steps))
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder: two clips, a run of one step, and `level.py`, a plugin of every kind that a run needs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "level.py").write_text(PLUGIN)
    (tmp_path / "clips").mkdir()
    for k in (1, 2):
        (tmp_path / "clips" / f"{k}.csv").write_text(f"{k}\n" * 5)
    (tmp_path / "run.toml").write_text('inputs = ["clips"]\n\n[[step]]\nuse = "level"\nwith = { scale = 2.0 }\n')
    return tmp_path


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on sys.path into which distributions are put by hand."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(dist, code, *, plugin=None, version="1.2.3", module=None):
        name = dist.replace("-", "_")
        module = module or f"made_{name}"
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\nSummary: made by hand\n"
            f"Project-URL: Issues, https://example.org/{dist}\n"
        )
        (info / "entry_points.txt").write_text(f"[jackfield]\n{plugin or name} = {module}\n")
        (tmp_path / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return info

    return put

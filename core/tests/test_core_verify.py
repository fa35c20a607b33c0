"""What has changed since a run, and only that."""

import json
from pathlib import Path

import pytest

from jackfield import run, verify
from jackfield.discovery import Selection
from jackfield.errors import ConfigError
from jackfield.registry import select

PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Scaled(Component):
    """Reads a number."""
    scale: Annotated[float, Param(description="multiplies it")] = 1.0
    def __call__(self, source: Source) -> Signal:
        try:
            return Signal(samples=[self.scale * float(open(source.path).readline())], rate=1)
        except ValueError:
            raise DataError(f"{source.path} holds no number") from None

@dataclass(frozen=True, kw_only=True)
class Picky(Component):
    """Takes no 13."""
    def __call__(self, signal: Signal) -> Signal:
        if signal.samples[0, 0] == 13:
            raise DataError("thirteen")
        return signal

@dataclass(frozen=True, kw_only=True)
class Count(Component):
    """How many clips there were."""
    def __call__(self, results: Results, to: Path) -> Artifact:
        (to / "count.txt").write_text(str(len(results.clips)))
        return Artifact(("count.txt",), "text/plain")

@hookimpl
def jackfield_readers():
    yield Reader("scaled", Scaled)

@hookimpl
def jackfield_transforms():
    yield Transform("picky", Picky)

@hookimpl
def jackfield_outputs():
    yield Output("count", Count)
'''

STEPS = '[[step]]\nuse = "picky"\n[[step]]\nuse = "count"\n'


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with two clips and a config, as current directory."""
    monkeypatch.chdir(tmp_path)
    Path("example.py").write_text(PLUGIN)
    Path("clips").mkdir()
    for k in (1, 2):
        Path("clips", f"{k}.csv").write_text(f"{k}\n")
    Path("run.toml").write_text('inputs = ["clips"]\n' + STEPS)
    Path("scaled.toml").write_text('inputs = ["clips"]\nreader = { use = "scaled", with = { scale = 2.0 } }\n' + STEPS)
    select(Selection(none=True, files=(str(tmp_path / "example.py"),)))
    yield tmp_path
    select(Selection())


@pytest.mark.parametrize("config", ["run.toml", "scaled.toml"])
def test_nothing_has_changed_where_nothing_has(place, config):
    run(config, output="out")
    assert verify("out") == verify("out/run.lock.json") == ()


def test_inputs_are_read_with_the_runs_reader(place):
    run("scaled.toml", output="out")
    Path("clips/1.csv").write_text("3\n")
    (line,) = verify("out")
    assert line.startswith("input clips/1.csv: other samples")


def test_inputs_are_looked_for_where_the_run_found_them(place, monkeypatch):
    run("run.toml", output="out")
    elsewhere = place / "elsewhere"
    (elsewhere / "clips").mkdir(parents=True)
    (elsewhere / "clips" / "1.csv").write_text("9\n")
    monkeypatch.chdir(elsewhere)
    assert verify("../out") == ()
    (place / "clips").rename(place / "moved")
    first, second = verify("../out")
    assert first.startswith("input clips/1.csv: other samples")
    assert second == "input clips/2.csv cannot be read: no such file"


def test_what_could_not_be_read_is_tried_again(place):
    Path("clips/1.csv").write_text("x\ny\n")
    Path("clips/2.csv").write_text("13\n")
    assert len(run("run.toml", output="out").errors) == 2
    assert verify("out") == ()
    Path("clips/1.csv").write_text("1\n")
    assert verify("out") == ("input clips/1.csv: failed then, can be read now",)


def test_what_was_written_is_looked_at(place):
    run("run.toml", output="out")
    Path("out/count.txt").write_text("3")
    assert verify("out") == ("artifact count.txt: changed since",)
    Path("out/count.txt").unlink()
    assert verify("out") == ("artifact count.txt: No such file or directory",)


def test_a_reader_that_is_gone_is_one_difference(place):
    run("scaled.toml", output="out")
    select(Selection(none=True))
    plugin, reader = verify("out")
    assert plugin.endswith("missing now")
    assert reader.startswith('inputs cannot be read: unknown reader "')


def test_other_files_are_no_lock_files(place):
    run("run.toml", output="out")
    lock = json.loads(Path("out/run.lock.json").read_text())
    for key in ("inputs", "failed", "plugins", "reader", "base", "artifacts", "overrides"):
        Path("less.json").write_text(json.dumps({k: v for k, v in lock.items() if k != key}))
        with pytest.raises(ConfigError, match=f"less.json is not the lock file of a run.*`{key}`"):
            verify("less.json")
    Path("list.json").write_text("[]")
    with pytest.raises(ConfigError, match="is not the lock file of a run"):
        verify("list.json")

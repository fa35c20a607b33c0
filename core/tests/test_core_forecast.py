"""A plan says beforehand what would fail."""

import json

import numpy as np
import pytest

from jackfield import PluginError, Selection, config, plan, select
from jackfield.cli.plan import show

PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Picky(Component):
    """Takes loud clips only."""
    def __call__(self, signal: Signal) -> Signal:
        if signal.samples.max() < 3:
            raise DataError("too quiet")
        return signal

@dataclass(frozen=True, kw_only=True)
class Bare(Component):
    """Gives an array for a Signal."""
    def __call__(self, signal: Signal) -> Signal:
        return signal.samples

@dataclass(frozen=True, kw_only=True)
class Fast(Component):
    """Writes nothing, and that only at high rates."""
    def __call__(self, signal: Signal, to: Path) -> Artifact:
        return Artifact((), "")
    def predict(self, spec):
        if spec.rate < 8000:
            raise DataError("rates start at 8 kHz")

@hookimpl
def jackfield_transforms():
    yield Transform("picky", Picky)
    yield Transform("bare", Bare)

@hookimpl
def jackfield_outputs():
    yield Output("fast", Fast)
'''


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """`planned(use, *levels)`: the config of one step for clips of these levels."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picky.py").write_text(PLUGIN)
    select(Selection(none=True, files=("picky.py",)))

    def put(use, *levels):
        for k, level in enumerate(levels):
            np.save(tmp_path / f"{k}.npy", np.full(20, level, np.float32))
        return config.parse(f'inputs = ["*.npy"]\n[[step]]\nuse = "{use}"\n')

    yield put
    select(Selection())


def test_a_plan_says_why_every_clip_probed_failed(planned, capsys):
    asked = planned("picky", 1, 2)
    fault = plan(asked).fault
    assert fault == '0.npy failed: step "picky" (picky.py) failed: too quiet'
    assert show(asked, (), None, False) == 5
    assert f"unknown (every clip probed failed)\n  {fault}\n" in capsys.readouterr().out
    show(asked, (), None, True)
    assert json.loads(capsys.readouterr().out)["faults"] == [fault]
    show(asked, (), None, False, probe=False)
    assert "unknown (no clip was probed)\n" in capsys.readouterr().out


def test_one_clip_that_fails_among_others_is_no_fault_of_the_plan(planned):
    found = plan(planned("picky", 1, 4))
    assert (found.fault, found.probed) == ("", 1)


def test_a_plan_refuses_a_component_that_gives_something_else(planned):
    with pytest.raises(PluginError, match=r'step "bare" \(picky\.py\) returned ndarray, declared Signal'):
        plan(planned("bare", 1))


def test_a_plan_says_what_an_output_could_not_write(planned, capsys):
    show(planned("fast", 1), (), None, False)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  fast: ")]
    assert line.endswith('→ Artifact, would fail: "fast" (picky.py) cannot predict: rates start at 8 kHz')

"""`jackfield report` on a run that has finished, and on one that was moved."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import jackfield


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A finished grouping of three clips, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    rng = np.random.default_rng(3)
    sound = 0.2 * rng.standard_normal(8000)
    for name, samples in {"a": sound, "b": 0.5 * sound, "c": 0.2 * rng.standard_normal(8000)}.items():
        soundfile.write(f"clips/{name}.wav", samples, 8000)
    return jackfield.group("clips", output="run")


@pytest.mark.parametrize("use", ["report", "heatmap", "csv", "labels"])
def test_every_output_comes_out_as_the_run_wrote_it(finished, use):
    wrote = finished.artifacts[use]
    before = {path: Path("run", path).read_bytes() for path in wrote.paths}
    for path in wrote.paths:
        os.unlink(Path("run", path))
    assert jackfield.report("run", use=use).paths == wrote.paths
    assert {path: Path("run", path).read_bytes() for path in wrote.paths} == before
    assert jackfield.verify("run") == ()


def test_parameters_of_the_output(finished):
    jackfield.report("run", with_={"title": "Drums & such"})
    assert "<title>Drums &amp; such" in Path("run/report.html").read_text("utf-8")
    jackfield.report("run")
    assert "Drums &amp; such" in Path("run/report.html").read_text("utf-8")


def test_links_lead_from_where_the_run_lies_now(finished):
    assert 'href="../clips/a.wav"' in Path("run/report.html").read_text("utf-8")
    shutil.move("run", "deep/er/run")
    jackfield.report("deep/er/run")
    assert 'href="../../../clips/a.wav"' in Path("deep/er/run/report.html").read_text("utf-8")

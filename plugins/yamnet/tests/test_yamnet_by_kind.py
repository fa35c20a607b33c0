"""The preset by-kind@1 on recorded clips with truth, and on the command line."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import jackfield
from jackfield import Groups, Signal

BENCH = Path(__file__).parents[3] / "benchmarks/bench_yamnet.py"


@pytest.fixture
def model(shared, monkeypatch) -> None:
    monkeypatch.setenv("JACKFIELD_YAMNET", str(shared / "models/yamnet_official_int8.tflite"))


def test_kinds_of_recorded_clips(shared, model, tmp_path):
    from sklearn.metrics import adjusted_rand_score

    folder = shared / "data/dev/clips"
    groups = jackfield.group(folder, preset="by-kind@1", output=tmp_path / "run", jobs=1).of(Groups)
    sounds = {Path(row["path"]).name: row["sound"] for row in runpy.run_path(str(BENCH))["truth"]()}
    labels = groups.labels.copy()
    alone = labels < 0
    labels[alone] = len(labels) + np.arange(alone.sum())
    assert len(labels) == 356
    assert adjusted_rand_score([sounds[Path(i).name] for i in groups.ids], labels) > 0.7
    speech = np.array([sounds[Path(i).name] == "speech" for i in groups.ids])
    assert np.bincount(groups.labels[speech & ~alone]).max() >= 130


def test_the_preset_makes_tables_a_heat_map_and_a_report(model, tmp_path):
    for k, level in enumerate((0.1, 0.2, 0.3)):
        samples = np.random.default_rng(k).normal(0, level, 16_000).astype(np.float32)
        jackfield.get("wav")(Signal(samples=samples, rate=16_000), tmp_path / f"clips/noise{k}")
    results = jackfield.group(tmp_path / "clips", preset="by-kind@1", output=tmp_path / "run", jobs=1)
    assert {p.name for p in (tmp_path / "run").iterdir()} >= {"groups.csv", "pairs.csv", "heatmap.png", "report.html"}
    assert results.errors == ()

"""What `group` takes by name, as a function and as a command."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.io import wavfile

import jackfield
from jackfield import ConfigError, Groups
from jackfield.cli import cli

RATE = 16_000


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """A beat, and the same with a tone added."""
    rng = np.random.default_rng(1)
    once = np.zeros(round(1.4 * RATE), np.float32)
    for start in (0.1, 0.45, 0.9):
        once[round(start * RATE) :][:3000] += 0.2 * rng.normal(size=3000) * np.exp(-np.arange(3000) / 500)
    more = once.copy()
    more[12_000:13_000] += 0.1 * np.sin(np.arange(1000) / 3).astype(np.float32)
    (tmp_path / "clips").mkdir()
    for name, samples in {"once": once, "more": more}.items():
        wavfile.write(tmp_path / "clips" / f"{name}.wav", RATE, samples.astype(np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_variants_are_apart_unless_asked_for_together(clips):
    found = {v: jackfield.group("clips", output=f"run-{v}", variants=v) for v in (None, "apart", "together")}
    assert [r.of(Groups).labels.tolist() for r in found.values()] == [[-1, -1], [-1, -1], [0, 0]]
    done = CliRunner().invoke(cli, ["group", "clips", "-o", "said", "--variants", "together"], standalone_mode=False)
    assert done.return_value == 0
    run, said = (json.loads((clips / name / "run.lock.json").read_text()) for name in ("run-together", "said"))
    assert run == said
    assert run["overrides"] == ["groups.variants=together"]


def test_exact_compares_all_pairs_whatever_the_number(clips):
    few = ["neighbours.above=0"]
    assert "neighbours" in jackfield.group("clips", output="few", overrides=few)
    assert "neighbours" not in jackfield.group("clips", output="all", overrides=few, exact=True)
    shown = CliRunner().invoke(cli, ["group", "clips", "--set", *few, "--exact", "--variants", "together", "--dry-run"])
    assert "pattern: distance jackfield-align:pattern, inputs →" in shown.output
    assert "neighbours" not in shown.output


def test_what_is_asked_for_by_name_counts_before_overrides(clips):
    found = jackfield.group("clips", output="run", variants="together", overrides=["groups.variants=apart"])
    assert found.of(Groups).count == 1


@pytest.mark.parametrize(("wrong", "help"), [("togehter", 'did you mean "together"'), (1, ""), ("", "")])
def test_other_variants_are_refused(clips, wrong, help):
    with pytest.raises(ConfigError, match='variants must be "apart" or "together"') as refused:
        jackfield.group("clips", output="run", variants=wrong)
    assert help in refused.value.remedy
    assert not (clips / "run").exists()

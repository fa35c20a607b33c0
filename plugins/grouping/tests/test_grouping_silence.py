"""Silent clips: at no distance from anything but their own exact copies."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

import jackfield
from jackfield import Groups, members

RATE = 16_000


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """Two silences of one length and one of another, two copies of a sound, and another sound."""
    rng = np.random.default_rng(1)
    sound, other = (rng.normal(size=RATE) * np.exp(-np.arange(RATE) / k) for k in (700, 3000))
    silence = np.zeros(RATE)
    named = {"copy": sound, "sound": sound, "other": other, "s1": silence, "s2": silence, "short": silence[:9000]}
    (tmp_path / "clips").mkdir()
    for name, samples in named.items():
        wavfile.write(tmp_path / "clips" / f"{name}.wav", RATE, (0.2 * samples).astype(np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(run):
    return {Path(m.id).stem: (m.group, m.relation) for m in members(run.of(Groups), run.evidence)}


@pytest.mark.parametrize("above", [2000, 0])
def test_exact_copies_of_silence_are_together_and_other_silence_is_not_called_different(clips, above):
    run = jackfield.group("clips", output="run", overrides=[f"neighbours.above={above}"])
    assert ("neighbours" in run) == (above == 0)
    assert found(run) == {
        "copy": (0, "medoid"),
        "sound": (0, "identical"),
        "other": (-1, "different"),
        "s1": (1, "medoid"),
        "s2": (1, "identical"),
        "short": (-1, None),
    }
    with open(clips / "run/groups.csv", newline="", encoding="utf-8") as file:
        rows = {Path(row["path"]).stem: row for row in csv.DictReader(file)}
    assert (rows["s2"]["distance_to_medoid"], rows["s2"]["relation"]) == ("0.0", "identical")
    assert (rows["short"]["group"], rows["short"]["relation"]) == ("-1", "")
    assert "short.wav" in (clips / "run/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("above", [2000, 0])
def test_many_copies_of_silence_are_one_group(clips, above):
    for k in range(250):
        wavfile.write(clips / "clips" / f"t{k:03}.wav", RATE, np.zeros(RATE, np.float32))
    run = jackfield.group("clips", output="run", overrides=[f"neighbours.above={above}"], jobs=1)
    groups = run.of(Groups)
    sizes = np.bincount(groups.labels[groups.labels >= 0])
    assert sizes.tolist() == [252, 2]
    assert {relation for name, (group, relation) in found(run).items() if group == 0} == {"medoid", "identical"}


def test_copies_added_later_join(clips):
    jackfield.group("clips", output="run")
    wavfile.write(clips / "clips" / "s3.wav", RATE, np.zeros(RATE, np.float32))
    assert found(jackfield.group("clips", output="run"))["s3"] == (0, "identical")

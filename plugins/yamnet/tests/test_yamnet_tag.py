"""The verb `tag`: what is heard when, as table, CSV, labels, JSON and picture."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

import jackfield
from jackfield import ConfigError


@pytest.fixture
def clips(shared, tmp_path, monkeypatch):
    """Speech, silence, and a hit much shorter than a patch."""
    monkeypatch.setenv("JACKFIELD_YAMNET", str(shared / "models/yamnet_official_int8.tflite"))
    monkeypatch.chdir(tmp_path)
    speech = jackfield.read(shared / "data/dev/clips/c0002.flac")
    wav = jackfield.get("wav")
    wav(speech, tmp_path / "speech")
    wav(jackfield.Signal(samples=np.zeros(48_000, np.float32), rate=16_000), tmp_path / "silence")
    wav(speech.replace(samples=speech.samples[:, 2000:3600], note="cut"), tmp_path / "short")
    return tmp_path


def run(*words: str, code: int = 0) -> tuple[str, str]:
    """What `jackfield tag` prints on standard output and standard error."""
    command = [sys.executable, "-m", "jackfield.cli", "tag", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_table(clips):
    out, err = run("speech.wav", "silence.wav", "short.wav")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["clip", "from", "to", "class", "score"]
    assert lines[1][:4] == ["speech.wav", "0.00", "1.02", "Speech"]
    assert ["silence.wav", "0.00", "3.00", "Silence"] in [line[:4] for line in lines]
    assert err == "note: 1 of 3 clips fill less than half of the 0.975 s that the network hears\n"


def test_files(clips):
    run("speech.wav", "silence.wav", "--csv", "t.csv", "--labels", "l", "--pictures", "p", "-q")
    with open("t.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["path"], rows[0]["class"], float(rows[0]["start_s"])) == ("speech.wav", "Speech", 0.0)
    assert (clips / "l/silence.txt").read_text().startswith("0.000000\t3.000000\tSilence 0.")
    assert (clips / "p/speech.png").read_bytes().startswith(b"\x89PNG")
    assert "t.csv is there already" in run("speech.wav", "--csv", "t.csv", code=74)[1]
    run("speech.wav", "--csv", "t.csv", "--force")


def test_json(clips):
    (facts,) = json.loads(run("speech.wav", "--json")[0])
    assert facts["tags"][0]["class"] == facts["top"][0]["class"] == "Speech"
    assert 0.7 < facts["coverage"] <= 1


def test_nothing_reaches_the_threshold(clips):
    cells = run("short.wav", "--threshold", "1", "-q")[0].splitlines()[1].split()
    assert cells[1].startswith("(")


def test_a_file_that_fails_does_not_stop_the_others(clips):
    out, err = run("speech.wav", "gone.wav", code=5)
    assert "Speech" in out
    assert err.startswith("failed: gone.wav: no such file; check the path")
    run("gone.wav", code=2)


def test_function(clips):
    found = jackfield.tag(clips / "silence.wav")
    assert [(t.start, t.stop, t.name) for t in found.tags] == [(0.0, 3.0, "Silence")]
    assert found.top(1)[0][0] == "Silence"
    assert found.scores.values.shape == (6, 521)
    array = jackfield.tag(np.zeros(16_000, np.float32), rate=16_000)
    assert array.tags[0].name == "Silence"
    with pytest.raises(ConfigError, match="threshold 0 to 1"):
        jackfield.tag(clips / "silence.wav", threshold=2)


def test_runs_of_rows():
    from jackfield_yamnet._front import grid
    from jackfield_yamnet._tags import tags_of

    values = np.zeros((4, 521), np.float32)
    values[[0, 1, 3], 0] = 0.5, 0.9, 0.3  # twice heard
    values[:, 1] = 0.4  # always, but second while the other is loud
    scores = jackfield.Features(values=values, names=tuple(f"c{k}" for k in range(521)), frames=grid(38_000))
    first = [(t.start, t.stop, t.name, round(t.score, 2)) for t in tags_of(scores, 1, 0.2)]
    assert first == [(0.0, 1.455, "c0", 0.9), (0.96, 2.375, "c1", 0.4)]
    assert [t.name for t in tags_of(scores, 2, 0.2)] == ["c0", "c1", "c0"]

"""New clips among the groups of a finished run."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from jackfield_grouping.verbs import assign, command
from scipy.io import wavfile

import jackfield
from jackfield import Groups

RATE = 16_000


def beats(seed, at=(0.1, 0.45, 0.9)):
    rng = np.random.default_rng(seed)
    out = np.zeros(round(1.4 * RATE), np.float32)
    for start in at:
        out[round(start * RATE) :][:3000] += 0.2 * rng.normal(size=3000) * np.exp(-np.arange(3000) / 500)
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two copies of one sound, and one alone."""
    folder = tmp_path_factory.mktemp("assign")
    clips = {"a": beats(1), "b": 0.5 * np.pad(beats(1), (400, 0)), "alone": beats(2)}
    (folder / "clips").mkdir()
    for name, samples in clips.items():
        wavfile.write(folder / "clips" / f"{name}.wav", RATE, samples.astype(np.float32))
    jackfield.group(folder / "clips", output=folder / "run")
    return folder


def test_a_copy_joins_its_group_and_others_do_not(run):
    before = {p: p.stat().st_mtime_ns for p in (run / "run").rglob("*") if p.is_file()}
    extra = beats(1)
    extra[12_000:13_000] += 0.1 * np.sin(np.arange(1000) / 3).astype(np.float32)
    clips = [0.3 * beats(1)[200:], 2 * beats(2), beats(7, at=(0.0, 0.2, 0.3, 1.1)), extra, np.zeros(RATE, np.float32)]
    copy, near_alone, stranger, variant, silent = assign(run / "run", clips, rate=RATE)
    assert (copy.group, copy.comparison.relation) == (0, "identical")
    assert copy.margin > 0.1
    assert near_alone.group == -1
    assert near_alone.nearest.endswith("alone.wav")
    assert near_alone.distance < 0.1
    assert stranger.group == -1
    assert stranger.comparison.relation == "different"
    assert (variant.group, variant.comparison.relation) == (-1, "variant")
    assert variant.comparison.differs[0] == pytest.approx((0.75, 0.8125), abs=0.02)
    assert (silent.group, silent.comparison) == (-1, None)
    assert {p: p.stat().st_mtime_ns for p in (run / "run").rglob("*") if p.is_file()} == before


def test_a_sound_behind_a_pause_was_added_if_the_group_is_without_it(run):
    longer = np.concatenate([beats(1), beats(9)[: RATE // 2]])
    (found,) = assign(run / "run", [longer], rate=RATE)
    assert (found.group, found.comparison.relation) == (-1, "variant")
    assert found.distance < 0.1


def test_most_clips_of_a_run_tell_whether_a_sound_was_added_or_cut_off(tmp_path):
    short, long = beats(1), np.concatenate([beats(1), beats(9)[: RATE // 2]])
    copies = {"s1": short, "s2": np.pad(0.4 * short, (300, 0)), "l1": long, "l2": np.pad(0.6 * long, (500, 0))}

    def groups(*names):
        folder = tmp_path / "-".join(names)
        folder.mkdir()
        for name in names:
            wavfile.write(folder / f"{name}.wav", RATE, copies[name].astype(np.float32))
        found = jackfield.group(folder, output=folder / "run").of(Groups)
        return {Path(path).stem: int(label) for path, label in zip(found.ids, found.labels, strict=True)}

    assert groups("s1", "l1") == {"s1": 0, "l1": 0}
    assert groups("s1", "s2", "l1") == {"s1": 0, "s2": 0, "l1": -1}
    assert groups("s1", "l1", "l2") == {"s1": 0, "l1": 0, "l2": 0}


def test_the_command_says_where_a_file_belongs(run):
    wavfile.write(run / "new.wav", RATE, 0.9 * beats(1))
    done = CliRunner().invoke(command, [str(run / "run"), str(run / "new.wav")])
    assert "group 0; identical against" in done.output
    done = CliRunner().invoke(command, [str(run / "run"), str(run / "new.wav"), "--json"])
    assert json.loads(done.output)[0]["group"] == 0


def test_a_broken_file_does_not_keep_the_others_from_an_answer(run):
    (run / "broken.wav").write_bytes(b"no sound")
    paths = [str(run / name) for name in ("broken.wav", "gone.wav", "clips/a.wav")]
    done = CliRunner().invoke(command, [str(run / "run"), *paths], standalone_mode=False)
    assert done.return_value == 5
    assert done.stdout.startswith(f"{paths[2]}: group 0; identical against ")
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == paths[:2]
    broken, gone, good = assign(run / "run", paths)
    assert (broken.group, broken.nearest, good.group, good.error) == (-1, None, 0, None)
    assert broken.error.cause == f"{paths[0]}: cannot be read"
    done = CliRunner().invoke(command, [str(run / "run"), *paths, "--json"], standalone_mode=False)
    assert [one["error"] for one in json.loads(done.output)] == [str(broken.error), str(gone.error), None]

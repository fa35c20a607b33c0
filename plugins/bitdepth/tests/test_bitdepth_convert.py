"""The verb `convert`: every kind of file, nothing overwritten, nothing left behind."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from jackfield_bitdepth.convert import convert

from jackfield import ConfigError, DataError, OutputError, Signal, read

RATE = 44_100


@pytest.fixture
def tone(tmp_path):
    path = tmp_path / "tone.wav"
    codes = np.round(np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * 16_000).astype(np.int16)
    soundfile.write(path, codes, RATE, subtype="PCM_16")
    return path


def jackfield(*args):
    env = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "jackfield.cli", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


@pytest.mark.parametrize(
    ("name", "subtype", "signed"), [("o.wav", "PCM_U8", False), ("o.aiff", "PCM_S8", True), ("o.flac", "PCM_S8", True)]
)
def test_8_bits_with_the_sign_of_the_container(tone, tmp_path, name, subtype, signed):
    done = jackfield("convert", tone, tmp_path / name, "--bits", "8", "--json")
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    assert (about["bits"], about["signed"], about["dither"], about["seed"]) == (8, signed, "tpdf", 0)
    assert about["digest"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert about["statistics"]["error_rms_lsb"] == pytest.approx(0.5, abs=0.01)
    assert soundfile.info(tmp_path / name).subtype == subtype
    error = (read(tmp_path / name).samples - read(tone).samples) * 128
    assert np.sqrt(np.mean(error**2)) == pytest.approx(0.5, abs=0.01)
    assert abs(error.mean()) < 0.01, "libsndfile by itself would add half a code"


def test_the_width_is_kept_where_none_is_given(tone, tmp_path):
    done = convert(tone, tmp_path / "o.flac")
    assert (done.bits, done.dither, done.statistics["error_rms_lsb"]) == (16, "none", 0)
    assert np.array_equal(read(done.path).samples, read(tone).samples)
    floats = Signal(samples=np.random.default_rng(0).normal(0, 0.1, (2, 100)), rate=48_000)
    assert np.array_equal(read(convert(floats, tmp_path / "f.wav").path).samples, floats.samples)
    assert convert(floats, tmp_path / "f.flac").bits == 24
    assert convert(floats, tmp_path / "f.ogg").bits is None


def test_nothing_is_overwritten_unless_forced(tone, tmp_path):
    before = tone.read_bytes()
    refused = jackfield("convert", tone, tone, "--bits", "8")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert tone.read_bytes() == before
    assert jackfield("convert", tone, tone, "--bits", "8", "--force").returncode == 0
    assert soundfile.info(tone).subtype == "PCM_U8"
    assert [p.name for p in tmp_path.iterdir()] == ["tone.wav"]


@pytest.mark.parametrize("name", ["o.mp3", "o", "o.txt"])
def test_unknown_kinds_are_refused(tone, tmp_path, name):
    with pytest.raises(ConfigError, match=r"known: \.aif"):
        convert(tone, tmp_path / name)


def test_wrong_wishes_are_one_clear_error(tone, tmp_path):
    loud = Signal(samples=np.array([0.0, 1.5]), rate=RATE)
    with pytest.raises(DataError, match="1 beyond ±1"):
        convert(loud, tmp_path / "o.wav", bits=8)
    with pytest.raises(ConfigError, match="no width"):
        convert(tone, tmp_path / "o.ogg", bits=8)
    with pytest.raises(DataError, match="needs its rate"):
        convert(np.zeros(5), tmp_path / "o.wav", bits=8)
    for wish in (["--bits", "40"], ["--dither", "tpfd"], ["--clips", "ignore"]):
        done = jackfield("convert", tone, tmp_path / "o.wav", *(wish if "--bits" in wish else ["--bits", "8", *wish]))
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
    assert jackfield("convert", tmp_path / "none.wav", tmp_path / "o.wav").returncode != 0
    assert [p.name for p in tmp_path.iterdir()] == ["tone.wav"]


def test_a_dither_for_floats_is_refused(tmp_path):
    floats = Signal(samples=np.array([0.0, 0.3]), rate=RATE)
    for wish in ({"dither": "tpdf"}, {"clips": "clip"}, {"seed": 1}):
        (text,) = (f"{name}={value}" for name, value in wish.items())
        for name, remedy in (("o.wav", "--bits 16"), ("o.ogg", "leave it out")):
            with pytest.raises(ConfigError, match=rf"nothing is rounded here.*: {text}; .*{remedy}"):
                convert(floats, tmp_path / name, **wish)
    assert convert(floats, tmp_path / "o.wav").bits is None
    assert convert(floats, tmp_path / "o.flac", dither="none").bits == 24


def test_devices_and_missing_folders_are_no_place(tone, tmp_path):
    (tmp_path / "full.wav").symlink_to("/dev/full")
    for to in (tmp_path / "full.wav", tmp_path / "nowhere" / "o.wav"):
        done = jackfield("convert", tone, to, "--bits", "8", "--force")
        assert done.returncode == 74, done.stderr
    assert Path("/dev/full").is_char_device()
    with pytest.raises(OutputError, match="no regular file"):
        convert(tone, tmp_path / "full.wav", force=True)


def test_a_full_disk_is_exit_74_and_leaves_nothing(tone, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=False).returncode
    ):
        pytest.skip("no right to mount a small file system")
    try:
        done = jackfield("convert", tone, disk / "o.wav", "--bits", "8")
        assert done.returncode == 74, done.stderr
        assert f"could not write {disk / 'o.wav'}" in done.stderr
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_what_is_printed(tone, tmp_path):
    done = jackfield("convert", tone, tmp_path / "o.wav", "--bits", "8", "--seed", "7")
    assert "8 bits unsigned, silence is 128, dither tpdf, seed 7, read back and equal" in done.stdout
    assert "error 0.50" in done.stdout
    assert jackfield("convert", tone, tmp_path / "q.wav", "--bits", "8", "-q").stdout == ""

"""Files hold what they were given: every code, every float, or no file at all."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_audiofile import Wav, _write

from jackfield import Codes, DataError, OutputError, Signal, Spec, read


def codes(values, bits, signed=True, rate=8000.0):
    return Codes(values=np.atleast_2d(values), rate=rate, bits=bits, signed=signed)


def payload(path):
    """Bytes of a WAV file's data chunk."""
    content = Path(path).read_bytes()
    at = content.index(b"data")
    return content[at + 8 : at + 8 + int.from_bytes(content[at + 4 : at + 8], "little")]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(("container", "encoding"), [("wav", "PCM_U8"), ("aiff", "PCM_S8"), ("flac", "PCM_S8")])
def test_all_256_codes_are_written_and_read_back(tmp_path, container, encoding, signed):
    values = np.arange(256) - (128 if signed else 0)
    path = Wav(container=container)(codes(values, 8, signed), tmp_path / "every").paths[0]
    assert soundfile.info(path).subtype == encoding
    assert np.array_equal(soundfile.read(path, dtype="int16")[0] >> 8, np.arange(-128, 128))
    assert np.array_equal(read(path).samples[0] * 128, np.arange(-128, 128))
    if container == "wav":
        assert list(payload(path)) == list(range(256))


@given(
    bits=st.integers(2, 32),
    container=st.sampled_from(["aiff", "flac", "rf64", "wav"]),
    signed=st.booleans(),
    channels=st.integers(1, 3),
    n=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None)
def test_codes_of_every_width_come_back(tmp_path_factory, bits, container, signed, channels, n, seed):
    low = -(1 << (bits - 1)) if signed else 0
    values = np.random.default_rng(seed).integers(low, low + (1 << bits), (channels, n))
    item, to = codes(values, bits, signed), tmp_path_factory.mktemp("codes") / "some"
    if container == "flac" and bits > 24:
        with pytest.raises(DataError, match="up to 24 bits"):
            Wav(container=container)(item, to)
        return
    path = Wav(container=container)(item, to).paths[0]
    scale = 2.0 ** (bits - 1)
    found = soundfile.read(path, dtype="float64", always_2d=True)[0].T * scale
    assert np.array_equal(found, values - (0 if signed else scale))


@pytest.mark.parametrize(("dtype", "encoding"), [("float32", "FLOAT"), ("float64", "DOUBLE")])
@pytest.mark.parametrize("container", ["wav", "rf64", "aiff"])
def test_floats_come_back_bit_for_bit(tmp_path, dtype, encoding, container):
    samples = np.random.default_rng(0).normal(0, 3, (2, 40_000)).astype(dtype)  # beyond full scale too
    artifact = Wav(container=container)(Signal(samples=samples, rate=48_000), tmp_path / "floats")
    assert soundfile.info(artifact.paths[0]).subtype == encoding
    assert np.array_equal(read(artifact.paths[0]).samples, samples)
    assert artifact.media_type == ("audio/aiff" if container == "aiff" else "audio/wav")


def test_ogg_keeps_rate_channels_and_length(tmp_path):
    tone = Signal(samples=np.tile(np.sin(np.arange(200_001) / 9), (2, 1)).astype(np.float32) / 2, rate=44_100)
    back = read(Wav(container="ogg")(tone, tmp_path / "tone").paths[0])
    assert (back.rate, back.channels, back.n) == (44_100, 2, 200_001)
    assert np.abs(back.samples - tone.samples).max() < 0.1


def test_what_outgrows_wav_becomes_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(_write, "WAV_BYTES", 1000)
    for n, kind in ((500, b"RIFF"), (501, b"RF64")):
        path = Wav()(codes(np.arange(n) - 9, 16), tmp_path / str(n)).paths[0]
        assert Path(path).read_bytes()[:4] == kind
        assert read(path).n == n


@pytest.mark.parametrize(
    ("container", "item", "said"),
    [
        ("flac", Signal(samples=np.zeros(5), rate=8000), "integer codes only"),
        ("ogg", codes([1, 2], 8), "holds no codes"),
        ("wav", Signal(samples=np.zeros(5), rate=8000.5), "whole rates"),
        ("wav", Signal(samples=np.array([0.0, np.nan]), rate=8000), "NaN or infinite"),
        ("wav", Signal(samples=np.zeros((1, 0)), rate=8000), "nothing to write"),
    ],
)
def test_what_a_container_cannot_hold_is_refused(tmp_path, container, item, said):
    with pytest.raises(DataError, match=said):
        Wav(container=container)(item, tmp_path / "no")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("container", "spec", "said"),
    [
        ("flac", Spec("Signal", (1, 5), 8000.0), "integer codes only"),
        ("ogg", Spec("Codes", (1, 5), 8000.0), "holds no codes"),
        ("wav", Spec("Codes", (1, 5), 8000.5), "whole rates"),
        ("flac", Spec("Codes", (9, 5), 8000.0), "up to 8 channels"),
    ],
)
def test_a_plan_knows_what_a_container_cannot_hold(container, spec, said):
    with pytest.raises(DataError, match=said):
        Wav(container=container).predict(spec)
    assert Wav().predict(Spec("Codes", (9, 5), 8000.0)) is None


@pytest.mark.parametrize(
    ("container", "channels", "rate", "said"),
    [
        ("aiff", 1025, 8000, "up to 1024 channels"),
        ("wav", 1025, 8000, "up to 1024 channels"),
        ("flac", 9, 8000, "up to 8 channels"),
        ("ogg", 256, 8000, "up to 255 channels"),
        ("wav", 1, 2.0**31, "up to 2147483647 Hz"),
        ("aiff", 1, 800_000_001, "up to 800000000 Hz"),
        ("flac", 1, 655_351, "up to 655350 Hz"),
        ("flac", 1, 96_001, "in tens of Hz"),
        ("ogg", 1, 200_001, "up to 200000 Hz"),
    ],
)
def test_channels_and_rates_beyond_a_container(tmp_path, container, channels, rate, said):
    # what libsndfile does with these is an error without a reason, or the end of the process
    samples = np.zeros((channels, 1100), np.float32)
    item = Signal(samples=samples, rate=rate) if container == "ogg" else codes(samples.astype(np.int16), 16, rate=rate)
    with pytest.raises(DataError, match=said):
        Wav(container=container)(item, tmp_path / "no")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("container", "channels", "rate"),
    [
        ("aiff", 1024, 800_000_000),
        ("flac", 8, 655_350),
        ("flac", 1, 65_535),
        ("ogg", 255, 200_000),
        ("wav", 1024, 2**31 - 1),
    ],
)
def test_channels_and_rates_that_just_fit(tmp_path, container, channels, rate):
    samples = np.random.default_rng(0).integers(-9999, 9999, (channels, 1100))
    item = codes(samples, 16, rate=rate)
    if container == "ogg":
        item = Signal(samples=(samples / 32768).astype(np.float32), rate=rate)
    path = Wav(container=container)(item, tmp_path / "most").paths[0]
    with soundfile.SoundFile(path) as file:
        assert (file.channels, file.samplerate, file.frames) == (channels, rate, 1100)


def test_aiff_has_no_larger_form(tmp_path, monkeypatch):
    monkeypatch.setattr(_write, "WAV_BYTES", 1000)
    with pytest.raises(DataError, match="up to 4 GiB"):
        Wav(container="aiff")(codes(np.zeros(1001, int), 8), tmp_path / "no")
    assert not list(tmp_path.iterdir())


def test_a_file_that_reads_otherwise_gets_no_name(tmp_path, monkeypatch):
    written = soundfile.SoundFile.write
    monkeypatch.setattr(soundfile.SoundFile, "write", lambda self, block: written(self, block // 2))
    with pytest.raises(OutputError, match="does not hold what was written"):
        Wav()(codes([100, 200], 16), tmp_path / "wrong")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("container", ["wav", "flac", "aiff"])
def test_a_full_disk_leaves_no_file(tmp_path, container):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode:
        pytest.skip("no right to mount a small file system")
    try:
        values = np.random.default_rng(0).integers(-32768, 32768, 200_000)
        with pytest.raises(OutputError, match=r"could not write|does not hold"):
            Wav(container=container)(codes(values, 16), disk / "big")
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)

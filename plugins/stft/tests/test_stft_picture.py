"""`jackfield spectrogram`: the columns it keeps, the file it writes, what it refuses."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_stft import Stft, _picture
from jackfield_stft.verbs import command, spectrogram

import jackfield
from jackfield import ConfigError, DataError, OutputError, PluginError, Signal

pytest.importorskip("matplotlib")


def noise(n=20_000, channels=1, rate=8000):
    samples = np.random.default_rng(n).standard_normal((channels, n)).astype(np.float32)
    return Signal(samples=samples, rate=rate)


def test_a_short_clip_keeps_every_frame():
    grid = spectrogram(noise(), n_fft=256, hop=64)
    whole = Stft(n_fft=256, hop=64, power=2)(noise())
    assert np.array_equal(grid.values, whole.values)
    assert grid.frames == whole.frames


@settings(deadline=None, max_examples=40)
@given(
    st.integers(200, 3000),
    st.integers(1, 2),
    st.integers(1, 40),
    st.sampled_from([{}, {"center": False}, {"compat": "scipy"}]),
)
def test_columns_are_the_peaks_of_all_frames(n, channels, columns, more):
    signal = noise(n, channels)
    component = Stft(n_fft=128, hop=16, power=2, **more)
    whole = component(signal)
    step = -(-whole.frames.count // columns)
    expected = whole.peaks(step) if step > 1 else whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_picture, "BLOCK", 5000)
        grid = _picture.at_most(component, signal, columns)
    assert grid.values.shape[-1] <= columns
    assert grid.values == pytest.approx(expected.values, rel=1e-5)
    assert grid.frames == expected.frames
    assert grid.axes[-1].values(9) == pytest.approx(expected.axes[-1].values(9))
    assert grid.scale == "power"


def test_a_long_clip_takes_little_memory():
    """Memory holds the picture and a block of frames, not all frames."""
    code = (
        "import numpy as np, resource\nfrom jackfield import Signal\nfrom jackfield_stft.verbs import spectrogram\n"
        "clip = Signal(samples=np.ones((1, 60 * 48_000), np.float32), rate=48_000)\n"
        "spectrogram(clip, n_fft=512, hop=512)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "grid = spectrogram(clip, n_fft=1024, hop=8)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, grid.values.shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    kilobytes, shape = done.stdout.split(maxsplit=1)
    assert shape.strip() == "(1, 513, 1197)"
    # all 360,001 frames would be 739 MB
    assert int(kilobytes) * (1 if sys.platform != "darwin" else 1 / 1024) < 120_000


def test_the_picture_is_written_whole(tmp_path):
    path = tmp_path / "s.png"
    grid = spectrogram(noise(channels=2), output=path, n_fft=256, hop=64, spacing="log")
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (1200, 810)
    assert grid.values.shape == (2, 129, 313)
    assert [p.name for p in tmp_path.iterdir()] == ["s.png"]


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")])
def test_other_kinds_of_pictures(tmp_path, suffix, start):
    spectrogram(noise(3000), output=tmp_path / f"s{suffix}", n_fft=256, hop=64)
    assert (tmp_path / f"s{suffix}").read_bytes().startswith(start)


def test_an_existing_picture_is_kept_unless_forced(tmp_path):
    path = tmp_path / "s.png"
    path.write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"s\.png exists; --force"):
        spectrogram(noise(), output=path)
    assert path.read_bytes() == b"mine"
    spectrogram(noise(), output=path, force=True)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"output": "s.gif"}, ConfigError, r"pictures are \.pdf, \.png, \.svg: s\.gif ends in \.gif"),
        ({"output": "s"}, ConfigError, "ends in nothing"),
        ({"columns": 0}, ConfigError, "columns must be at least 1: got 0"),
        ({"columns": "5"}, ConfigError, "columns must be a whole number: got '5'"),
        ({"hopp": 3}, ConfigError, "hop"),
        ({"output": "/proc/nowhere/s.png"}, OutputError, "could not write"),
    ],
)
def test_wrong_requests_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        spectrogram(noise(3000), **wrong)


def test_a_clip_that_is_too_short_is_refused():
    with pytest.raises(DataError, match="too short to reflect"):
        spectrogram(noise(100), n_fft=2048)
    # more frames than columns as well
    with pytest.raises(DataError, match="1300 samples; n_fft 8192 reflects 4096"):
        spectrogram(noise(1300), n_fft=8192, hop=1)
    assert spectrogram(noise(100), pad_mode="constant", power=1).scale == "magnitude"


def test_without_matplotlib_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PluginError, match=r"pictures need matplotlib.*pip install 'jackfield-stft\[plots\]'"):
        spectrogram(noise(), output=tmp_path / "s.png")


def test_the_command(tmp_path):
    clip = tmp_path / "clip $1_é.csv"
    clip.write_text("".join(f"{np.sin(k)}\n" for k in range(4000)))
    out = tmp_path / "s.png"
    args = [str(clip), "-o", str(out), "--n-fft", "256", "--hop", "64", "--scale", "mel", "--no-db"]
    args += ["--pad-mode", "edge"]
    done = CliRunner().invoke(command, args, standalone_mode=False)
    assert done.exception is None, done.exception
    assert out.stat().st_size > 10_000
    assert "63 = 1 + 4000 // 64, edge pad 128 + 96, frame k is centred at 64 k" in done.stderr
    done = CliRunner().invoke(command, [*args, "--force", "--json"], standalone_mode=False)
    facts = json.loads(done.stdout)
    assert (facts["columns"], facts["hop"], facts["shape"]) == (63, 64, [1, 129, 63])


def test_merged_columns_see_no_other_padding_than_their_frames(tmp_path):
    clip = tmp_path / "clip.csv"
    clip.write_text("0.5\n-0.5\n" * 4000)
    args = [str(clip), "-o", str(tmp_path / "s.png"), "--n-fft", "64", "--hop", "4", "--no-center"]
    done = CliRunner().invoke(command, args, standalone_mode=False)
    # 1985 frames, of which the last column holds one
    assert "993 columns of 8000 samples, no padding, column k is centred at 8 k + 34" in done.stderr
    assert "no column sees padding" in done.stderr
    assert spectrogram(str(clip), valid_only=True, n_fft=64, hop=4).frames.padded() == ()


def test_the_door_hands_the_function_out():
    assert jackfield.spectrogram is spectrogram

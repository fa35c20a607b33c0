"""`emit`: the values that come out are those that went in."""

import doctest
import importlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_device._emission import left_after
from jackfield_device.emit import emit

from jackfield import ConfigError, DataError, OutputError, Signal, inspect, read

TEN = [1, 2, 3, 2, 10, 4, 1, 50, 20, 1]


def command(*args, stdin=None, cwd=None):
    name = Path(sys.executable).with_name("jackfield")
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [name, "emit", *args], capture_output=True, text=True, check=False, timeout=60, input=stdin, cwd=cwd, env=env
    )


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_ten_values_of_100_ms(tmp_path, bits):
    done = emit(TEN, hold="100ms", range=(0, 50), to=tmp_path / "out.wav", level=0, ramp=0, bits=bits)
    file = soundfile.SoundFile(tmp_path / "out.wav")
    assert (file.samplerate, file.frames, file.channels) == (48_000, 48_000, 1)
    samples = file.read()
    wanted = np.repeat(TEN, 4800)
    lsb = 50 / 2**bits
    assert done.lsb == lsb
    # by the formula that everybody knows, and by the result's own
    assert np.abs((samples + 1) / 2 * 50 - wanted).max() <= lsb
    assert np.abs(done.codes_to_values()[0] - wanted).max() <= lsb
    # each value is one code, from its first sample to its last
    assert len(np.unique(done.codes.values.reshape(10, 4800), axis=1)[0]) == 1
    assert "doubts" not in inspect(tmp_path / "out.wav")[0].facts


def test_the_command_line_is_safe_by_default(tmp_path):
    args = ("--values", "1,2,3,2,10,4,1,50,20,1", "--hold", "100ms", "--range", "0:50", "--to", "out.wav")
    done = command(*args, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    assert (about["frames"], about["ramp_frames"], about["level_dbfs"]) == (48_000, 0, -12.0)
    samples = soundfile.read(tmp_path / "out.wav")[0]
    gain = 10 ** (-12 / 20)
    assert abs(samples.max() - gain) < 2**-15
    assert np.abs((samples / gain + 1) / 2 * 50 - np.repeat(TEN, 4800)).max() <= about["lsb"]
    again = command(*args, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr
    assert command(*args, "--force", "--level", "exact", cwd=tmp_path).returncode == 0
    assert soundfile.read(tmp_path / "out.wav")[0].max() == 1 - 2**-15


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20).filter(lambda v: max(v) - min(v) > 1e-3),
    bits=st.integers(2, 32),
    level=st.floats(-60, 0),
    frames=st.integers(1, 50),
)
@settings(max_examples=30, deadline=None)
def test_the_inverse_map_is_within_a_code(tmp_path_factory, values, bits, level, frames):
    path = tmp_path_factory.mktemp("emit") / "out.wav"
    done = emit(values, hold=frames / 48_000, to=path, level=level, bits=bits)
    assert done.frames == len(values) * frames
    back = done.codes_to_values()[0]
    assert np.abs(back - np.repeat(values, frames)).max() <= done.lsb * 1.0001


def test_ramps_stand_outside_the_values(tmp_path):
    done = emit(TEN, hold="100ms", range=(0, 50), to=f"file:{tmp_path / 'out.raw'}")
    assert (done.rate, done.frames, done.ramp_frames) == (48_000, 48_000, 240)
    raw = np.fromfile(tmp_path / "out.raw", "<i2")
    codes = done.codes.values[0]
    assert (raw[: codes.size] == codes).all()
    assert not raw[codes.size :].any()
    assert codes.size == 48_480
    # from silence to the first value and from the last one back, by small steps
    assert np.abs(np.diff(codes[:241])).max() < 60 > abs(codes[0])
    assert np.abs(np.diff(codes[-241:])).max() < 60 > abs(codes[-1])
    assert np.abs(done.codes_to_values()[0] - np.repeat(TEN, 4800)).max() <= done.lsb
    assert done.codes_to_values(raw[240:280]) == pytest.approx(np.ones(40), abs=done.lsb)


def test_a_rate_of_10_hz_becomes_a_hold(tmp_path):
    done = emit(TEN, rate=10, range=(0, 50), to=tmp_path / "a.wav")
    assert (done.rate, done.hold_s, done.frames) == (48_000, 0.1, 48_000)
    assert done.notes[0] == "no player takes a rate of 10 Hz: it became a hold of 100 ms per value"
    # the same of a file that has such a rate
    soundfile.write(tmp_path / "slow.wav", np.array([0, 16_384, -16_384], np.int16), 10, subtype="PCM_16")
    slow = emit(tmp_path / "slow.wav", range=(-1, 1), level="exact", to=tmp_path / "b.wav")
    assert (slow.hold_s, slow.frames, slow.notes[0]) == (0.1, 14_400, done.notes[0])
    assert read(tmp_path / "b.wav").samples[0, ::4800].tolist() == [0, 0.5, -0.5]
    assert emit(Signal(samples=[0.0, 0.5], rate=10), range=(-1, 1), to="null").frames == 9600
    with pytest.raises(ConfigError, match=r"contradict each other: 10 values per second, each held for 0\.2"):
        emit(TEN, rate=10, hold=0.2, to=tmp_path / "c.wav")
    with pytest.raises(ConfigError, match="how long"):
        emit(TEN, to=tmp_path / "c.wav")


def test_values_outside_the_range_are_named(tmp_path):
    with pytest.raises(DataError) as caught:
        emit([1, 60, 3, -5], hold=0.1, range="0:50", to=tmp_path / "out.wav")
    assert str(caught.value).startswith(
        "values lie outside the range 0 to 50: 2, at positions 1, 3 (from 0): 60, -5; widen the range"
    )
    with pytest.raises(DataError, match=r"NaN or infinite: 1, at positions 1 \(from 0\)"):
        emit([1, np.nan], hold=0.1, to=tmp_path / "out.wav")
    assert list(tmp_path.iterdir()) == []


def test_values_from_files_and_standard_input(tmp_path, monkeypatch):
    np.savetxt(tmp_path / "row.csv", np.array([TEN * 10]), delimiter=",")
    np.savetxt(tmp_path / "column.csv", TEN, header="value", comments="")
    np.savetxt(tmp_path / "two.csv", np.array([TEN, TEN[::-1]]).T, delimiter=",")
    np.save(tmp_path / "two.npy", np.array([TEN, TEN[::-1]]))
    how = {"hold": "10ms", "range": (0, 50), "force": True, "to": tmp_path / "out.wav"}
    given = emit(TEN, **how)
    assert emit(tmp_path / "row.csv", **how).values == 100
    assert (emit(tmp_path / "column.csv", **how).codes.values == given.codes.values).all()
    for two in ("two.csv", "two.npy"):
        codes = emit(tmp_path / two, **how).codes.values
        assert (codes == [given.codes.values[0], given.codes.values[0, ::-1]]).all()
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 2 3 2\n10;4,1\n50 20 1\n"))
    assert (emit("-", **how).codes.values == given.codes.values).all()
    again = emit("1..3:3, 2, 10 4 1 50 20 1*1", **how, repeat=3)
    assert (again.codes.values == np.tile(given.codes.values, 3)).all()
    for wrong, words in [
        ("1,x", "no number: 'x'"),
        ("1..2:1", "no number"),
        ("0*99999999", "more than"),
        ("", "no num"),
    ]:
        with pytest.raises((ConfigError, DataError), match=words):
            emit(wrong, **how)
    done = command("--values", "-", "--hold", "10ms", "--to", "null", "--json", stdin="1 2 3")
    assert json.loads(done.stdout)["playing"]["frames"] == 1440 + 2 * 240


def test_curves_pass_through_the_values(tmp_path):
    def wave(t):  # slow enough to be a smooth curve already
        return np.sin(2 * np.pi * t / 12) * np.sin(np.pi * t / 60) ** 2

    done = emit(
        wave(np.arange(60)), hold="10ms", range=(-1, 1), shape="smooth", bits=24, to=tmp_path / "a.wav", level=-6
    )
    curve = done.codes_to_values()[0]
    assert done.frames == 28_800
    assert np.abs(curve - wave(np.arange(28_800) / 480)).max() < 2e-3
    lines = emit([0, 10, 0], hold="10ms", range=(0, 10), shape="linear", bits=24, to=tmp_path / "b.wav")
    assert lines.codes_to_values()[0, ::240] == pytest.approx([0, 5, 10, 5, 0, 0], abs=lines.lsb)
    with pytest.raises(DataError, match=r"overshoots full scale between values: peak \+.* dBFS.*--level -") as caught:
        emit(TEN, hold="10ms", range=(0, 50), shape="smooth", level=0, to=tmp_path / "c.wav")
    level = float(caught.value.remedy.split(",")[0].removeprefix("--level "))
    emit(TEN, hold="10ms", range=(0, 50), shape="smooth", level=level, to=tmp_path / "c.wav")


def test_holds_that_are_no_whole_number_of_samples_are_said(tmp_path):
    done = emit([1, 2, 3], hold=1 / 900, rate=44_100, to=tmp_path / "out.wav", level="exact")
    assert done.frames == 147
    uneven = emit([1, 2, 3], hold=1e-3, rate=44_100, to=tmp_path / "b.wav", level="exact")
    assert any("44.1 samples are no whole number: hold 1000 to 44100 Hz, 3 samples 44 times" in n for n in uneven.notes)
    with pytest.raises(ConfigError, match=r"held shorter than a sample lasts: 10 µs, 20\.8333 µs at 48000 Hz"):
        emit([1, 2], hold="10us", to=tmp_path / "c.wav")


def test_what_an_ac_coupled_output_loses_is_said_in_numbers(tmp_path):
    done = emit(TEN, hold="100ms", range=(0, 50), to=tmp_path / "a.wav")
    (note,) = [n for n in done.notes if "AC-coupled" in n]
    assert "a step has lost 95.7% after 100 ms (1 % after 0.32 ms)" in note
    assert f"{done.dc:+.3f} of full scale" in note
    # the first-order high-pass itself, fed with a step
    rate, y, a = 48_000, 1.0, 1 / (1 + 2 * np.pi * 5 / 48_000)
    for _ in range(rate // 10):
        y *= a
    assert left_after(0.1) == pytest.approx(y, rel=2e-3)
    # fast and without a mean nothing is lost
    assert not emit([-1, 1] * 50, hold=1 / 9600, range=(-1, 1), to=tmp_path / "b.wav").notes


def test_volts_by_a_calibration(tmp_path):
    card = tmp_path / "card.toml"
    card.write_text('[[device]]\nname = "USB Audio"\nvolts_at_full_scale = 1.6\n')
    done = emit([0.8, -0.4], hold=0.1, range="-1V:1V", calibration=card, to=tmp_path / "a.wav")
    assert read(tmp_path / "a.wav").samples[0, ::4800].tolist() == [0.5, -0.25]
    assert done.codes_to_values()[0, ::4800].tolist() == pytest.approx([0.8, -0.4])
    mapped = emit([0, 50], hold=0.1, range=(0, 50), calibration=card, level=-20, to=tmp_path / "b.wav")
    assert mapped.volts == pytest.approx((-0.16, 0.16))
    how = {"hold": 0.1, "to": tmp_path / "c.wav"}
    for error, words, options in [
        (ConfigError, "needs a calibration", {"range": "-1V:1V"}),
        (ConfigError, "does not reach these volts: -2 V to 2 V, full scale is 1.6 V", {"range": "-2V:2V"}),
        (ConfigError, "no level to choose", {"range": "-1V:1V", "level": -6}),
        (DataError, "outside the range -0.5 to 0.5", {"range": "-0.5V:0.5V"}),
    ]:
        options |= {"calibration": card} if words != "needs a calibration" else {}
        with pytest.raises(error, match=words):
            emit([0.8], **how, **options)
    for text, words in [
        ("", "describes no device"),
        ("x", "no TOML"),
        ('[[device]]\nname = "a"\n', "needs a name and volts"),
        ('[[device]]\nname = "a"\nvolts_at_full_scale = 0\n', "no voltage"),
        (
            '[[device]]\nname="a"\nvolts_at_full_scale=1\n[[device]]\nname="b"\nvolts_at_full_scale=2\n',
            "2 of 2 entries",
        ),
        (
            '[[device]]\nname="a"\nvolts_at_full_scale=1\n[[device]]\nname="a"\nvolts_at_full_scale=2\n',
            "2 of 2 entries",
        ),
    ]:
        card.write_text(text)
        with pytest.raises(ConfigError, match=words):
            emit([0.8], range="-1V:1V", calibration=card, **how)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "out.ogg"}, "neither a device nor a kind of file"),
        ({"range": "5:1"}, "must rise: from 5 to 1"),
        ({"range": "fifty"}, "no range: got 'fifty'"),
        ({"range": "0:5V"}, "a calibration"),
        ({"level": 3}, "from -200 to 0"),
        ({"level": "loud"}, "the level is none"),
        ({"hold": "1 day"}, "hold is no time"),
        ({"hold": 0}, "for no time"),
        ({"hold": "1e-320s"}, "for no time"),
        ({"bits": 40}, "bits must be 2 to 32: got 40"),
        ({"bits": "8"}, "bits must be a whole number"),
        ({"repeat": 0}, "repeat must be 1 to 10000000"),
        ({"repeat": 1.5}, "repeat must be a whole number"),
        ({"rate": "fast"}, "the rate is none: got 'fast'"),
        ({"rate": float("nan")}, "the rate is none: got nan"),
        ({"rate": 1e10}, "the rate is none"),
        ({"to": None}, "to a device or a file"),
        ({"shape": "round"}, "known: hold, linear, smooth"),
        ({"rate": 44_100.5}, "whole rates"),
        ({"values": [3, 3], "range": None}, "equal values have no range"),
        ({"values": [1e308, -1e308], "range": None}, "must rise"),
    ],
)
def test_wrong_options(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    options = {"values": TEN, "hold": 0.1, "range": (0, 50), "to": "out.wav", **options}
    with pytest.raises(ConfigError, match=words):
        emit(**options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", ["hold", "linear", "smooth"])
@pytest.mark.parametrize("long", [{"hold": "900000s"}, {"ramp": "900000s"}, {"repeat": 10_000_000}])
def test_what_does_not_fit_into_memory_is_refused(tmp_path, shape, long):
    with pytest.raises(DataError, match="does not fit into memory"):
        emit(np.resize([1.0, 2.0], 1000), **{"hold": 0.1, "shape": shape, "to": tmp_path / "no.wav", **long})
    assert list(tmp_path.iterdir()) == []


def test_standard_input_may_be_no_text(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    with pytest.raises(DataError, match="standard input is no text"):
        emit("-", hold=0.1, to=tmp_path / "no.wav")


def test_files_are_whole_or_not_there(tmp_path):
    with pytest.raises(OutputError, match="could not write"):
        emit(TEN, hold=0.1, to=tmp_path / "no" / "out.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(OutputError, match="no regular file"):
        emit(TEN, hold=0.1, to=tmp_path / "pipe.wav", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe.wav"]


@pytest.mark.parametrize("name", ["", ".emit", "._values", "._emission"])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module("jackfield_device" + name))
    assert result.attempted
    assert not result.failed

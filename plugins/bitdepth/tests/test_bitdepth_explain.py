"""`explain quantize` says of each way what its error is, and in words what to do."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from jackfield_bitdepth.explain import explain_quantize

from jackfield import ConfigError, Signal


def ways(found):
    return {way.name: way for way in found.ways}


def tone(db, n=96_000, hertz=997):
    return Signal(samples=10 ** (db / 20) * np.sin(2 * np.pi * hertz * np.arange(n) / 48_000), rate=48_000)


def test_a_quiet_sine_is_distorted_without_dither_alone():
    found = explain_quantize(tone(-40), bits=8)
    assert ways(found)["floor"].error_mean_lsb == pytest.approx(-0.5, abs=0.02)
    assert ways(found)["tpdf"].error_rms_lsb == pytest.approx(0.5, abs=0.01)
    # harmonics of a sine of 1.28 codes: the staircase's own Fourier series, computed from one exact period
    period = np.sin(2 * np.pi * (np.arange(2**16) + 0.5) / 2**16) * 1.28
    exact = 2 * np.abs(np.fft.rfft(np.rint(period) - period)) / 2**16
    assert ways(found)["none"].distortion_dbfs == pytest.approx(20 * np.log10(exact.max() / 128), abs=1.0)
    assert ways(found)["tpdf"].distortion_dbfs == -np.inf
    assert any("tpdf dither turns them into a steady noise at -48 dBFS" in s for s in found.sentences)


def test_what_needs_no_dither_is_said_to_need_none():
    codes = Signal(samples=np.random.default_rng(0).integers(-128, 128, 5000) / 128, rate=8000)
    found = explain_quantize(codes, bits=8)
    assert found.sentences == (
        "every sample already is a code of this width: nothing is lost, and no dither is needed",
    )
    assert ways(found)["none"].error_rms_lsb == 0


def test_clips_and_silence_are_named():
    assert explain_quantize(tone(6), bits=8).sentences[0].startswith("6")
    assert "beyond full scale and would clip: lower the level by 6.0 dB" in explain_quantize(tone(6)).sentences[0]
    assert "less than half a code loud" in explain_quantize(tone(-50)).sentences[0]


def test_short_and_empty_sounds_are_taken():
    for n in (0, 1, 100):
        assert len(explain_quantize(Signal(samples=np.full(n, 0.3), rate=8000)).ways) == 6


def test_widths_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="2 to 24 bits"):
        explain_quantize(bits=25)
    with pytest.raises(ConfigError, match="2 to 24 bits: got '8'"):
        explain_quantize(bits="8")


def test_the_command_prints_a_table_and_doubts(tmp_path):
    import wave

    with wave.open(str(tmp_path / "wrong.wav"), "wb") as file:
        file.setparams((1, 1, 48_000, 0, "NONE", ""))
        file.writeframes((tone(-20).samples[0] * 32768).astype("<i2").tobytes())
    command = [sys.executable, "-m", "jackfield.cli", "explain", "quantize", str(tmp_path / "wrong.wav")]
    env = {**os.environ, "NO_COLOR": "1"}
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    assert "16-bit data read as 8-bit" in text
    assert "tpdf-highpass" in text
    found = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, env=env).stdout)
    assert [way["name"] for way in found["ways"]][:3] == ["floor", "none", "rpdf"]

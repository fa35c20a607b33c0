"""Headers that lie about their samples' width are recognised; true ones are left in peace."""

import re
import struct
import wave

import numpy as np
import pytest
from jackfield_audiofile import AudioFile
from jackfield_audiofile._width import roughness

from jackfield import Source, inspect


def wav(path, content, width, channels=1, rate=44_100):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content)
    return AudioFile().doubts(Source(str(path)))


def sine(dbfs=-23.0):
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * 997 * np.arange(44_100) / 44_100)


def hat():
    """Nothing but noise, brightest at the top: no reading of it is smooth."""
    rng = np.random.default_rng(0)
    return np.diff(rng.normal(0, 0.2, 44_101)) * np.exp(-np.arange(44_100) / 8000)


def drum():
    t = np.arange(44_100) / 44_100
    return 0.8 * np.sin(2 * np.pi * 60 * t) * np.exp(-t * 6) + 0.1 * hat()


def as16(x):
    return np.round(x * 32767).astype("<i2")


def as8(x):
    return (np.round(x * 127) + 128).astype("u1")


SOUNDS = [sine, hat, drum]


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_true_files_are_left_in_peace(tmp_path, sound, channels):
    x = np.repeat(sound(), channels)
    assert wav(tmp_path / "16.wav", as16(x).tobytes(), 2, channels) == ()
    assert wav(tmp_path / "8.wav", as8(x).tobytes(), 1, channels) == ()
    # 8-bit material in 16 bits, and a tone next to half the rate, which is rough whatever it is read as
    assert wav(tmp_path / "up.wav", (as8(x).astype("<i2") - 128 << 8).astype("<i2").tobytes(), 2, channels) == ()
    high = 0.5 * np.sin(np.arange(44_100) * 3.0)
    assert wav(tmp_path / "high.wav", as8(np.repeat(high, channels)).tobytes(), 1, channels) == ()


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_16_bits_read_as_8_are_named(tmp_path, sound, channels):
    (said,) = wav(tmp_path / "wrong.wav", as16(np.repeat(sound(), channels)).tobytes(), 1, channels)
    assert said.startswith("even and odd byte streams differ: 16-bit data read as 8-bit, 16-bit little-endian (")


def test_the_figures_of_a_sine_read_in_the_wrong_width(tmp_path):
    x = as16(10 ** (-23 / 20) * np.sin(0.495 * np.arange(44_100)))
    (said,) = wav(tmp_path / "wrong.wav", x.tobytes(), 1)
    declared, real = map(float, re.findall(r"\d\.\d+", said))
    assert (declared, real) == (pytest.approx(1, abs=0.03), pytest.approx(0.12, abs=0.01))
    facts = inspect(tmp_path / "wrong.wav")[0].facts
    assert facts["frames"] == 2 * 44_100
    assert facts["rms_dbfs"] == pytest.approx(-2.0, abs=0.5), "noise at nearly full scale in place of −26 dB RMS"
    assert facts["doubts"] == (said,)


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("shift", ["swapped", "odd"])
def test_swapped_and_shifted_bytes_are_named(tmp_path, sound, shift):
    x = as16(sound())
    content = x.astype(">i2").tobytes() if shift == "swapped" else b"\0" + x.tobytes()[:-1]
    (said,) = wav(tmp_path / "wrong.wav", content, 2)
    assert said.startswith("the odd bytes are the low ones: 16-bit ")


def test_8_bits_read_as_16_are_named(tmp_path):
    for signed, name in ((0, "8-bit unsigned"), (128, "8-bit signed")):
        (said,) = wav(tmp_path / "wrong.wav", (as8(drum()) - np.uint8(signed)).tobytes(), 2)
        assert said.startswith(f"even and odd bytes are alike: 8-bit data read as 16-bit, {name} (")


def test_a_misread_sign_is_named(tmp_path):
    (said,) = wav(tmp_path / "s8.wav", (as8(drum()) - np.uint8(128)).tobytes(), 1)
    assert said.startswith("8-bit signed data read as 8-bit unsigned")
    (said,) = wav(tmp_path / "u16.wav", (as16(drum()).astype("u2") + np.uint16(32768)).tobytes(), 2)
    assert said.startswith("16-bit unsigned data read as 16-bit little-endian")


def test_the_copied_wave_recipe_is_recognised(tmp_path):
    with wave.open(str(tmp_path / "ten.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(10)
        for value in (1, 2, 3, 2, 10, 4, 1, 50, 20, 1):
            file.writeframesraw(struct.pack("h", value))
    facts = inspect(tmp_path / "ten.wav")[0].facts
    rate, rail = facts["doubts"]
    assert facts["frames"] == 20
    assert rate.startswith("a rate of 10 Hz, which players refuse")
    assert rail.startswith("every second sample is at a rail (10 of 20 frames)")


def test_real_clips_are_left_in_peace(shared):
    clips = sorted((shared / "data/dev/clips").iterdir())[::7]
    assert {str(c): d for c in clips if (d := AudioFile().doubts(Source(str(c))))} == {}


def test_roughness_of_known_signals():
    rng = np.random.default_rng(0)
    assert roughness(rng.normal(0, 1, (100_000, 1))) == pytest.approx(1, abs=0.02)
    assert roughness(np.resize([1.0, -1.0], (1000, 1))) == pytest.approx(2, abs=0.01)
    assert roughness(np.sin(np.arange(10_000) / 100)[:, None]) < 0.001
    assert roughness(np.ones((10, 2))) == 0

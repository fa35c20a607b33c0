"""Real playback by PortAudio and ALSA without a sound card: ALSA writes what the card would get to a file."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from jackfield_device import Device, play
from jackfield_device.devices import devices
from jackfield_device.emit import emit

from jackfield import Codes, ConfigError, DataError, OutputError, PluginError, Signal

FILE = 'type file slave.pcm {{ type null }} file "{path}" format "raw" perm 0600'
CONFIGS = {
    "file": f"pcm.!default {{{{ {FILE} }}}}",
    # a card that reports an error as soon as samples reach it
    "dies": "pcm.!default {{ type file slave.pcm {{ type null }} file /dev/full format raw }}",
    # the same behind a plugin that never hears of it
    "hangs": "pcm.f {{ type file slave.pcm {{ type null }} file /dev/full format raw }}\n"
    "pcm.!default {{ type multi slaves.a.pcm f slaves.a.channels 2 "
    "bindings.0.slave a bindings.0.channel 0 bindings.1.slave a bindings.1.channel 1 }}",
    "absent": 'pcm.!default {{ type file slave.pcm {{ type hw card 77 }} file "{path}" format "raw" }}',
}


@pytest.fixture
def alsa(tmp_path, monkeypatch, require):
    """`alsa("file")` makes ALSA of the player's process see that device alone; gives the file of what it got."""
    require("portaudio")
    if not sys.platform.startswith("linux"):
        pytest.skip("ALSA is Linux's")

    def configure(kind):
        raw, config = tmp_path / "device.raw", tmp_path / "asound.conf"
        config.write_text(CONFIGS[kind].format(path=raw) + "\nctl.!default { type null }\n")
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
        return raw

    return configure


def noise(dtype, channels, n, rate):
    """Random samples from end to end of the range, its ends included."""
    rng = np.random.default_rng(0)
    if dtype == "float32":
        values = rng.uniform(-1, 1, (channels, n)).astype(np.float32)
        values[:, :4] = [-1, 1, 0, 1e-40]
        return Signal(samples=values, rate=rate), values
    info = np.iinfo(dtype)
    values = rng.integers(info.min, info.max, (channels, n), dtype=dtype, endpoint=True)
    values[:, :2] = info.min, info.max
    return Codes(values=values, rate=rate, bits=info.bits, signed=dtype != "uint8"), values


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "uint8"])
def test_every_sample_arrives_bit_for_bit(alsa, dtype, channels, rate):
    raw = alsa("file")
    item, values = noise(dtype, channels, rate // 3, rate)
    done = play(item)
    assert (done.dtype, done.channels, done.rate, done.frames) == (dtype, channels, rate, rate // 3)
    assert done.underflows == 0
    got = np.frombuffer(raw.read_bytes(), dtype).reshape(-1, channels)
    assert got[: rate // 3].tobytes() == values.T.tobytes()
    # and then silence, a fifth of a second at least, which is 128 where codes are unsigned
    assert len(got) - rate // 3 == done.tail_frames >= rate / 5
    assert (got[rate // 3 :] == (128 if dtype == "uint8" else 0)).all()


@pytest.mark.parametrize(("bits", "signed", "dtype", "factor"), [(8, True, "uint8", 1), (24, True, "int32", 256)])
def test_codes_of_other_widths_fill_the_upper_bits(alsa, bits, signed, dtype, factor):
    raw = alsa("file")
    values = np.array([[-(1 << (bits - 1)), -1, 0, 1, (1 << (bits - 1)) - 1]])
    play(Codes(values=values, rate=48_000, bits=bits, signed=signed))
    got = np.frombuffer(raw.read_bytes(), dtype)[:5].astype(np.int64)
    assert (got == values[0] * factor + (128 if dtype == "uint8" else 0)).all()


def test_the_component_writes_a_report(alsa, tmp_path):
    alsa("file")
    item, _ = noise("int16", 2, 1000, 48_000)
    how = Device(tail=0.3)
    how.prepare()
    written = how(item, tmp_path / "clip")
    assert written.paths == (str(tmp_path / "clip.played.json"),)
    about = json.loads((tmp_path / "clip.played.json").read_text())
    assert (about["device"], about["frames"], about["tail_frames"], about["file"]) == ("default", 1000, 14_400, None)


def test_a_card_that_dies_is_named_and_not_a_success(alsa):
    alsa("dies")
    item, _ = noise("int16", 2, 96_000, 48_000)
    with pytest.raises(OutputError, match=r"the default sound device died while it played: \d+ of 96000 frames.*error"):
        play(item)


def test_a_card_that_hangs_is_ended_within_the_deadline(alsa):
    alsa("hangs")
    item, _ = noise("int16", 2, 48_000, 48_000)
    began = time.monotonic()
    with pytest.raises(OutputError, match=r"hangs: 0 of 48000 frames were taken, then nothing for 2 s"):
        play(item, patience=2.0)
    # the sound's own length and tail, three times the patience, and what a busy machine takes to start a process
    assert time.monotonic() - began < 1.25 * 1.25 + 3 * 2 + 5
    with pytest.raises(OutputError, match=r'sound device "(f|default)" hangs: asked for its rates'):
        devices(patience=1.0)


def test_an_absent_card_is_named(alsa):
    alsa("absent")
    item, _ = noise("int16", 2, 480, 48_000)
    with pytest.raises(ConfigError, match=r"the default sound device is not there.*jackfield devices"):
        play(item)
    with pytest.raises(ConfigError, match='sound device "Nowhere" is not there'):
        play(item, "Nowhere")
    with pytest.raises(ConfigError, match="is not there"):
        Device(device="7").prepare()
    assert devices() == ()


def test_a_missing_configuration_aborts_the_player_alone(alsa, monkeypatch, tmp_path):
    alsa("file")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "missing.conf"))
    item, _ = noise("int16", 2, 480, 48_000)
    for work in (lambda: play(item), devices, Device().prepare):
        with pytest.raises(PluginError, match=r"could not be started: its process ended with SIGABRT.*missing\.conf"):
            work()
    done = command("emit", "--values", "1,2", "--hold", "10ms")
    assert done.returncode == 3
    assert "SIGABRT" in done.stderr


def test_devices_are_listed_with_rates_and_channels(alsa):
    alsa("file")
    (found,) = devices()
    assert (found.name, found.host, found.default) == ("default", "ALSA", True)
    assert found.channels >= 2
    assert {8000, 44_100, 48_000, 192_000} <= set(found.rates)
    done = command("devices", "--json")
    assert json.loads(done.stdout) == [{**vars(found), "rates": list(found.rates)}]
    assert "0 (default)  default" in command("devices").stdout


def test_a_rate_that_the_card_does_not_take_is_said(alsa):
    alsa("file")
    with pytest.raises(DataError, match=r"does not take this sound: 48000 Hz, 200 channels.*jackfield devices"):
        play(Signal(samples=np.zeros((200, 480), np.float32), rate=48_000))


def test_emitted_codes_arrive(alsa):
    raw = alsa("file")
    done = emit([1, 2, 3, 2, 10, 4, 1, 50, 20, 1], hold="100ms", range=(0, 50))
    # the device's own rate
    assert (done.rate, done.frames, done.playing.device) == (44_100, 44_100, "default")
    got = np.frombuffer(raw.read_bytes(), np.int16)
    assert (got[: done.codes.values.shape[1]] == done.codes.values[0]).all()
    held = done.codes_to_values(got[done.ramp_frames :][: done.frames])
    assert np.abs(held - np.repeat([1, 2, 3, 2, 10, 4, 1, 50, 20, 1], 4410)).max() < done.lsb
    # at its own rate a value would be 44.1 samples long; 48 kHz divides
    assert emit([1, 2], hold="1ms", level="exact").rate == 48_000


def test_volts_by_the_calibration_of_that_card(alsa, tmp_path):
    raw = alsa("file")
    (tmp_path / "card.toml").write_text('[[device]]\nname = "Default"\nvolts_at_full_scale = 2.0\n')
    done = emit("0.5, -1, 1", hold="10ms", range="-1V:1V", calibration=tmp_path / "card.toml", ramp=0)
    assert done.volts == (-2.0, 2.0)
    got = np.frombuffer(raw.read_bytes(), np.int16)[: done.frames : done.frames // 3]
    assert got.tolist() == [8192, -16_384, 16_384]
    (tmp_path / "card.toml").write_text('[[device]]\nname = "Other"\nvolts_at_full_scale = 2.0\n')
    with pytest.raises(ConfigError, match='0 of 1 entries are for "default"'):
        emit("0.5", hold="10ms", range="-1V:1V", calibration=tmp_path / "card.toml")


def command(*args: str) -> subprocess.CompletedProcess[str]:
    name = Path(sys.executable).with_name("jackfield")
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run([name, *args], capture_output=True, text=True, check=False, timeout=60, env=env)

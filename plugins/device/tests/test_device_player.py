"""The player and its supervisor without PortAudio: files, clocks, and every way in which a player can end."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from jackfield_device import Device, _supervise, play
from jackfield_device.devices import devices
from jackfield_device.emit import emit

from jackfield import Codes, ConfigError, DataError, OutputError, PluginError, Signal, run

CODES = Codes(values=np.arange(-3000, 3000).reshape(2, -1), rate=8000, bits=16)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put a module in front of all others in the player's process."""

    def put(name, text):
        (tmp_path / "modules").mkdir(exist_ok=True)
        (tmp_path / "modules" / f"{name}.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))

    return put


CARD = """
class PortAudioError(Exception): pass
def get_portaudio_version(): return 0, "none"
def query_devices(device=None, kind=None):
    return {"name": "Card", "index": 0, "hostapi": 0, "max_output_channels": 2, "default_samplerate": 48000.0}
def query_hostapis(index): return {"name": "Host"}
def check_output_settings(**settings):
    if settings["samplerate"] not in (44100, 96000): raise PortAudioError("Invalid sample rate")
class RawOutputStream:
    stopped = True
    def __init__(self, **settings): self.blocks = 0
    def start(self): self.stopped = False
    def write(self, block):
        self.blocks += 1
        {write}
        return self.blocks == 2
    def stop(self): pass
    close = stop
"""


def test_a_file_gets_the_bytes_of_the_stream(tmp_path):
    done = play(CODES, f"file:{tmp_path / 'out.raw'}")
    data = (tmp_path / "out.raw").read_bytes()
    assert data[:12_000] == CODES.values.T.astype("<i2").tobytes()
    assert data[12_000:] == bytes(4 * done.tail_frames)
    assert (done.frames, done.tail_frames, done.file) == (3000, 2000, str(tmp_path / "out.raw"))


def test_null_takes_the_time_of_the_sound():
    began = time.monotonic()
    done = play(Signal(samples=np.zeros(4000), rate=8000), "null", tail=0.2)
    assert time.monotonic() - began >= 0.7
    assert (done.frames, done.dtype, done.underflows) == (4000, "float32", 0)


def test_files_are_never_written_over_by_something_else(tmp_path):
    path = tmp_path / "out.raw"
    path.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="exists and holds something else"):
        play(CODES, f"file:{path}")
    assert path.read_bytes() == b"mine"
    play(CODES, f"file:{path}", force=True)
    # the same again is no change
    play(CODES, f"file:{path}")
    with pytest.raises(OutputError, match="no regular file"):
        play(CODES, "file:/dev/full", force=True)
    with pytest.raises(OutputError, match="could not write"):
        play(CODES, f"file:{path}/below.raw")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.raw"]


def test_a_full_disk_leaves_nothing(tmp_path, fake):
    # what the player sees of a full disk, wherever the test runs
    fake("sitecustomize", "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
         "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n")  # fmt: skip
    with pytest.raises(OutputError, match=r"out\.raw could not be written.*File too large") as caught:
        play(CODES, f"file:{tmp_path / 'out.raw'}")
    assert caught.value.exit_code == 74
    assert [p.name for p in tmp_path.iterdir()] == ["modules"]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Signal(samples=np.array([0.0, np.nan]), rate=8000), "NaN or infinite: 1 of them"),
        (Signal(samples=np.array([0.0, -1.5, 2.0]), rate=8000), r"would clip: 2 of them, peak \+6.02 dBFS"),
        (Signal(samples=np.zeros(0), rate=8000), "nothing to play"),
        (Signal(samples=np.zeros(10), rate=10), "no device plays so slowly: 10 Hz; .*emit --hold"),
        (Signal(samples=np.zeros(10), rate=1e30), "no device plays so fast"),
        (np.zeros(10), "only a Signal or Codes can be played: got ndarray"),
    ],
)
def test_what_no_device_can_play_is_refused(item, words):
    with pytest.raises(DataError, match=words):
        play(item, "null")


@pytest.mark.parametrize(
    "wrong", [{"tail": -1}, {"tail": float("nan")}, {"tail": 0.1}, {"patience": 0}, {"device": 3}], ids=str
)
def test_playing_takes_what_the_component_takes(wrong):
    with pytest.raises(ConfigError, match="of Device is wrong"):
        play(CODES, **{"device": "null", **wrong})


@pytest.mark.parametrize("wrong", [{"channels": 0}, {"dtype": "float99"}, {"patience": 0}], ids=str)
def test_devices_are_asked_for_what_there_is(wrong):
    with pytest.raises(ConfigError, match="cannot be asked so"):
        devices(**wrong)


def test_a_run_may_write_a_file_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros(100, np.float32))
    Path("play.toml").write_text(
        'inputs = ["a.npy"]\nreader = { use = "npy-array", with = { sample_rate = 8000.0 } }\n'
        '[[step]]\nuse = "device"\nwith = { device = "file:out.raw" }\n'
    )
    for computed in (1, 0):
        results = run("play.toml", output="run")
        assert (results.exit_code, results.computed) == (0, computed)
    assert Path("out.raw").stat().st_size == 4 * (100 + 2000)


def test_names_of_devices():
    with pytest.raises(ConfigError, match="name of a device is empty"):
        play(CODES, " ")
    with pytest.raises(ConfigError, match="needs a name"):
        play(CODES, "file:")


def test_without_portaudio_cards_are_refused_and_the_rest_works(fake, tmp_path):
    # the real sounddevice, on a system where the library is not found
    fake("sitecustomize", "import ctypes.util\nctypes.util.find_library = lambda name: None\n")
    for work in (lambda: play(CODES), devices, Device().prepare):
        with pytest.raises(
            PluginError, match="sound cards need PortAudio, which is not there: PortAudio library not"
        ) as e:
            work()
        assert e.value.exit_code == 3
    assert play(CODES, f"file:{tmp_path / 'out.raw'}").frames == 3000
    Device(device="null").prepare()
    done = subprocess.run([Path(sys.executable).with_name("jackfield"), "devices"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert "PortAudio" in done.stderr


def test_a_card_that_dies_in_the_middle(fake):
    fake("sounddevice", CARD.replace("{write}", 'if self.blocks == 3: raise PortAudioError("Device unavailable")'))
    with pytest.raises(OutputError, match="died while it played: 1600 of 3000 frames were taken, then Device unavail"):
        play(CODES)


def test_a_card_that_hangs_in_the_middle(fake):
    fake("sounddevice", CARD.replace("{write}", "import time; time.sleep(30 if self.blocks == 3 else 0)"))
    with pytest.raises(OutputError, match=r"hangs: 1600 of 3000 frames were taken, then nothing for 1 s"):
        play(CODES, patience=1.0)


def test_a_card_that_runs_dry_is_reported(fake):
    fake("sounddevice", CARD.replace("{write}", ""))
    with pytest.warns(UserWarning, match="Card ran dry 1 times"):
        assert play(CODES).underflows == 1
    with (
        pytest.warns(UserWarning, match="ran dry"),
        pytest.raises(OutputError, match="ran dry: 1 times in 44540 frames: there were gaps"),
    ):
        emit([1, 2], hold=0.5)


def test_the_rate_is_one_that_the_card_takes(fake):
    fake("sounddevice", CARD.replace("{write}", "return False"))
    assert emit([1, 2], hold=0.1).rate == 44_100
    # 44.1 samples are none; 96 are
    assert emit([1, 2], hold="1ms").rate == 96_000


def test_two_sounds_never_play_on_one_card_at_once(fake, tmp_path):
    note = f'open({str(tmp_path / "log")!r}, "a").write'
    card = CARD.replace("{write}", "import time; time.sleep(0.05); return False")
    card = card.replace("self.stopped = False", f"self.stopped = False; {note}('begin ')")
    card = card.replace("def stop(self): pass\n    close = stop", f"def stop(self): {note}('end ')")
    fake("sounddevice", card + "    def close(self): pass\n")
    with ThreadPoolExecutor(3) as pool:
        assert [done.frames for done in pool.map(play, [CODES] * 3)] == [3000] * 3
    assert (tmp_path / "log").read_text() == "begin end " * 3


PLAYERS = {
    "freezes": ("time.sleep(60)", OutputError, "hangs: while it was opened, nothing for 0.5 s"),
    "stops": ("os.kill(os.getpid(), signal.SIGSTOP)", OutputError, "hangs"),
    "is killed": (
        'print(\'{"loaded": 1, "opened": "Card"}\\n{"frames": 7}\', flush=True); os.kill(os.getpid(), signal.SIGKILL)',
        OutputError,
        "died while it played: 7 of 3000 frames were taken, then its process ended with SIGKILL",
    ),
    "aborts": ("os.abort()", PluginError, "could not be started: its process ended with SIGABRT"),
    "says nothing": ("pass", PluginError, "could not be started: its process ended with exit code 0"),
    "says half": ("print('{\"done\": tr', end='')", PluginError, "could not be started"),
    "sends too little": (
        'print(\'{"done": true, "frames": 3000, "underflows": 0, "sha256": "0"}\')',
        OutputError,
        "did not send what it was given",
    ),
}


@pytest.mark.parametrize("case", PLAYERS)
def test_a_player_that_ends_otherwise_is_never_a_success(case, tmp_path, monkeypatch):
    code, error, words = PLAYERS[case]
    (tmp_path / "player.py").write_text(f"import os, signal, time\n{code}\n")
    monkeypatch.setattr(_supervise, "PLAYER", tmp_path / "player.py")
    began = time.monotonic()
    with pytest.raises(error, match=words):
        play(CODES, patience=0.5 if "hangs" in words else 5.0)
    assert time.monotonic() - began < 10


def test_an_interrupted_host_takes_its_player_along(monkeypatch):
    started = []

    class Interrupted(subprocess.Popen):
        def communicate(self, *args, **options):
            started.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        play(CODES, "null")
    (player,) = started
    assert player.wait(5) == -signal.SIGKILL
    for pipe in (player.stdin, player.stdout, player.stderr):
        pipe.close()


def test_a_player_without_its_host_ends():
    order = {"do": "play", "sink": "null", "samplerate": 8000, "frame_bytes": 2, "frames": 80_000, "tail": 0}
    command = [sys.executable, "-P", _supervise.PLAYER, json.dumps({**order, "silence": 0, "patience": 5})]
    done = subprocess.run(command, input=bytes(1600), capture_output=True, timeout=20, check=False)
    assert b'{"fault": "input"' in done.stdout


def test_no_sound_library_in_this_process():
    code = (
        "import sys, numpy, jackfield_device as d\nfrom jackfield import Signal, JackfieldError\n"
        "d.play(Signal(samples=numpy.zeros(10), rate=8000), 'null', tail=0.2)\n"
        "try: d.Device().prepare()\nexcept JackfieldError: pass\n"
        "print('sounddevice' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "False\n"


def test_in_a_run_every_clip_has_its_report(tmp_path):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", np.full(800, 0.1, np.float32))
    config = tmp_path / "play.toml"
    config.write_text(
        'inputs = ["*.npy"]\nreader = { use = "npy-array", with = { sample_rate = 8000.0 } }\n'
        '[[step]]\nuse = "device"\nwith = { device = "file:" }\n'
    )
    results = run(config, output=tmp_path / "run")
    assert not results.errors
    reports = sorted((tmp_path / "run/device").glob("*.played.json"))
    assert [p.name for p in reports] == ["a.played.json", "b.played.json"]
    assert all(json.loads(p.read_text())["frames"] == 800 for p in reports)
    raw = np.fromfile(tmp_path / "run/device/a.raw", "<f4")
    assert (raw[:800] == np.float32(0.1)).all()
    assert not raw[800:].any()

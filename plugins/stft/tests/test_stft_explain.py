"""`explain frames` gives the exact numbers, forward, backward and for other tools."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jackfield_stft import Stft
from jackfield_stft.explain import command, explain_frames

import jackfield
from jackfield import ConfigError, DataError, Signal

WELL_KNOWN = {"samples": 199_488, "rate": 24_576, "n_fft": 512, "hop": 32}
OPTIONS = ["--samples", "199488", "--rate", "24576", "--n-fft", "512", "--hop", "32"]
COUNTS = {
    "torch.stft, torchaudio": (6235, 0),
    "torch.stft, torchaudio (center=False)": (6219, 256),
    "librosa.stft": (6235, 0),
    "librosa.stft (center=False)": (6219, 256),
    "scipy.signal.ShortTimeFFT": (6249, -224),
    "scipy.signal.stft": (6235, 0),
    "scipy.signal.spectrogram": (6219, 256),
    "Kaldi (snip_edges=true)": (6219, 256),
    "Kaldi (snip_edges=false)": (6234, 16),
    "tf.signal.stft": (6219, 256),
    "tf.signal.stft (pad_end=True)": (6234, 256),
}


def run(*args):
    done = CliRunner().invoke(command, list(args), standalone_mode=False)
    assert done.exception is None, done.exception
    return done.output


def test_forward():
    assert explain_frames(**WELL_KNOWN).forward == (
        "6235 = 1 + 199488 // 32, reflect pad 256 + 256, frame k is centred at 32 k and covers [32 k − 256, 32 k + 256)"
        ", frames 0–7 and 6227–6234 see padding"
    )


def test_backward():
    found = explain_frames(**WELL_KNOWN, observed=6241)
    assert found.backward == (
        "6241 needs 199,680…199,711 samples (8.125 s) or pad 96…111: your buffer has 192 samples fewer"
    )
    assert found.given_by == ()


def test_other_tools():
    found = {t.name: (t.grid.count, t.grid.first_center) for t in explain_frames(**WELL_KNOWN).tools}
    assert found == COUNTS


@pytest.mark.parametrize("count", sorted({count for count, _ in COUNTS.values()}))
def test_a_count_by_another_rule_is_named(count):
    found = explain_frames(**WELL_KNOWN, observed=count)
    assert set(found.given_by) == {name for name, (given, _) in COUNTS.items() if given == count}


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"center": False}, "6219 = 1 + (199488 − 512) // 32, no padding, frame k is centred at 32 k + 256 and covers"),
        ({"compat": "librosa"}, "6235 = 1 + 199488 // 32, constant pad 256 + 256, frame k is centred at 32 k"),
        (
            {"compat": "scipy"},
            "6249 = 1 + (199488 + 478) // 32, constant pad 480 + 480, frame k is centred at 32 k − 2",
        ),
        ({"compat": "kaldi"}, "6219 = 1 + (199488 − 512) // 32, no padding"),
        ({"compat": "tensorflow", "tail": "every"}, "6234 = 1 + (199488 − 1) // 32, constant pad 0 + 480"),
        (
            {"win_length": 400},
            "6235 = 1 + 199488 // 32, reflect pad 200 + 200, frame k is centred at 32 k and covers [",
        ),
    ],
)
def test_forward_by_other_rules(settings, start):
    assert explain_frames(**WELL_KNOWN, **settings).forward.startswith(start)


def test_frame_sample_and_time_lead_to_each_other():
    found = explain_frames(**WELL_KNOWN, frames=[100], at_samples=[3210], at_times=[0.13020833333])
    frame, sample, time = found.places
    assert (frame.frame, frame.center, frame.span, frame.coverage) == (100, 3200, (2944, 3456), 1.0)
    assert (sample.frame, sample.frames) == (100, range(93, 109))
    assert (time.sample, time.frame) == (3200, 100)
    assert str(frame) == (
        "sample 3,200 (0.130208 s) is in frames 93–108; frame 100 is centred at 3,200 and covers [2,944, 3,456), "
        "100 % of it signal"
    )


@given(st.integers(1, 4000), st.integers(1, 64), st.integers(2, 80), st.integers(-300, 4500), st.booleans())
def test_the_nearest_frame_is_the_nearest(n, hop, n_fft, sample, center):
    found = explain_frames(samples=n, rate=8000, n_fft=n_fft, hop=hop, center=center, at_samples=[sample])
    grid, (place,) = found.grid, found.places
    if grid.count:
        distance = [abs(grid.center(k) - sample) for k in range(grid.count)]
        assert place.frame == distance.index(min(distance))
        assert list(place.frames) == [k for k in range(grid.count) if grid.span(k)[0] <= sample < grid.span(k)[1]]


@given(
    st.integers(1, 3000),
    st.integers(2, 300),
    st.integers(1, 100),
    st.sampled_from([n.name for n in explain_frames(**WELL_KNOWN).tools]),
)
def test_every_tools_grid_solves_to_its_own_count(n, n_fft, hop, name):
    (grid,) = [t.grid for t in explain_frames(samples=n, rate=1, n_fft=n_fft, hop=hop).tools if t.name == name]
    if n >= max(grid.needs, 1):
        assert n in grid.solve(grid.count).samples


def test_the_window_decides_what_scipy_drops():
    """ShortTimeFFT drops a last frame that would meet the zero of a Hann window alone."""
    scipy = ["--samples", "257", "--rate", "8000", "--n-fft", "512", "--hop", "256", "--compat", "scipy"]
    counts = [run(*scipy, "--window", window).partition(" ")[0] for window in ("hann", "hamming")]
    made = [
        Stft(n_fft=512, hop=256, compat="scipy", window=window)(Signal(samples=np.zeros(257), rate=8000)).frames.count
        for window in ("hann", "hamming")
    ]
    assert [int(count) for count in counts] == made == [2, 3]


def test_a_clip_brings_its_length_and_rate(tmp_path):
    signal = Signal(samples=np.zeros((2, 5000), np.float32), rate=8000)
    assert explain_frames(signal).grid == explain_frames(samples=5000, rate=8000).grid
    np.save(tmp_path / "clip.npy", signal.samples)
    assert explain_frames(signal.samples, rate=8000).grid.count == explain_frames(signal).grid.count == 10


def test_what_the_transform_would_refuse_is_said():
    found = explain_frames(samples=200, rate=8000, n_fft=512, hop=32)
    assert found.refused.startswith("signal is too short to reflect")
    assert "but jackfield refuses it: signal is too short" in run(
        "--samples", "200", "--rate", "8000", "--n-fft", "512", "--hop", "32"
    )
    assert explain_frames(**WELL_KNOWN).refused is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "frames need a clip, or its length and rate"),
        ({"samples": 5}, "give a clip, or samples and rate"),
        ({"samples": 0, "rate": 8000}, "at least one sample"),
        ({"samples": 9, "rate": 0.0}, "a rate above 0"),
        ({"samples": 9, "rate": 1, "hop": 0}, '"hop" of Stft is wrong: got 0'),
        ({"samples": 9, "rate": 1, "n_fft": 1}, '"n_fft" of Stft is wrong: got 1'),
        ({"samples": 9, "rate": 1, "win_length": 0}, '"win_length" of Stft is wrong: got 0'),
        ({"samples": 9, "rate": 1, "at_times": [0.0, float("nan")]}, "at_times must be a finite number: got nan"),
        ({"samples": 9, "rate": 1, "at_times": [float("inf")]}, "at_times must be a finite number: got inf"),
        ({"samples": 9, "rate": 1, "at_times": ["1"]}, "at_times must be a finite number: got '1'"),
        ({"samples": 9, "rate": 1, "at_samples": [3.5]}, "at_samples must be a whole number: got 3.5"),
        ({"samples": 9, "rate": 1, "frames": 3}, r"frames must be a list: got 3; write frames=\[3\]"),
        ({"samples": 1000.5, "rate": 1}, "samples must be a whole number: got 1000.5"),
        ({"samples": 9, "rate": "8000"}, "rate must be a finite number: got '8000'"),
        ({"samples": 9, "rate": 1, "n_fft": 512.5}, "got 512.5, expected `int`"),
        ({"samples": 9, "rate": 1, "n_fft": "512"}, "got '512', expected `int`"),
        ({"samples": 9, "rate": 1, "window": "foo"}, "got 'foo', known: blackman, hamming, hann"),
        ({"samples": 9, "rate": 1, "win_length": 4096}, "the window must fit into n_fft"),
        ({"samples": 9, "rate": 1, "compat": "kaldi", "tail": "every"}, "tail contradicts compat"),
        ({"item": np.zeros(5), "rate": 1, "samples": 9}, "a clip brings its own length"),
        ({"item": "clip.wav", "rate": 44_100}, "a clip brings its own rate: rate 44100"),
    ],
)
def test_wrong_requests_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        explain_frames(**wrong)
    with pytest.raises(DataError, match="at least one frame"):
        explain_frames(**WELL_KNOWN, observed=0)


def test_tools_that_do_not_give_their_count_after_all_say_so():
    notes = {t.name: t.note for t in explain_frames(samples=300, rate=8000, n_fft=512, hop=32).tools}
    assert {name for name, note in notes.items() if note} == {
        "torch.stft, torchaudio (center=False)",
        "librosa.stft (center=False)",
        "scipy.signal.stft",
        "scipy.signal.spectrogram",
    }
    assert notes["scipy.signal.stft"] == "but makes its window shorter, 300 samples, or refuses"
    short = explain_frames(samples=200, rate=8000, n_fft=512, hop=32, observed=7)
    assert [t.name for t in short.tools if t.grid.count == 7 and not t.note] == list(short.given_by)
    assert {"torch.stft, torchaudio", "scipy.signal.ShortTimeFFT"} <= {t.name for t in short.tools if t.note}
    wide = explain_frames(samples=5000, rate=8000, n_fft=512, hop=700)
    assert [t.name for t in wide.tools if t.note] == ["scipy.signal.stft"]
    assert "0 but makes its window shorter" in run("--samples", "300", "--rate", "8000", "--n-fft", "512")


def test_scipy_makes_its_window_shorter_for_short_clips():
    signal = pytest.importorskip("scipy.signal")
    with pytest.warns(UserWarning, match="nperseg"):
        assert signal.stft(np.zeros(300), nperseg=512, noverlap=280)[0].size == 151


def test_what_comparing_would_not_use_is_refused(tmp_path):
    path = str(tmp_path / "s.npy")
    np.save(path, np.ones((5, 6)))
    for others in (["--samples", "5"], ["--n-fft", "64"], ["clip.wav"], ["--frame", "3"]):
        done = CliRunner().invoke(command, [*others, "--compare", path, path], standalone_mode=False)
        assert isinstance(done.exception, ConfigError), others
        assert "--compare takes two spectrograms, and --hop" in str(done.exception)
    done = CliRunner().invoke(command, ["--compare", path, path, "--hop", "0"], standalone_mode=False)
    assert "hop must be at least 1: got 0" in str(done.exception)
    np.savez(tmp_path / "s.npz", a=np.ones((5, 6)))
    done = CliRunner().invoke(command, ["--compare", path, str(tmp_path / "s.npz")], standalone_mode=False)
    assert "s.npz is no spectrogram in a .npy file: it holds several arrays" in str(done.exception)
    assert "are equal" in run("--compare", path, path, "--hop", "32")


def test_the_command_prints_forward_backward_verdict_and_table():
    lines = run(*OPTIONS, "--observed", "6219", "--frame", "0").splitlines()
    assert lines[0].startswith("6235 = 1 + 199488 // 32, reflect pad 256 + 256, ")
    assert lines[1].startswith("6219 needs 198,976…199,007 samples")
    assert lines[2].startswith("6219 is what torch.stft, torchaudio (center=False), librosa.stft (center=False), scipy")
    assert lines[3].endswith("frame 0 is centred at 0 and covers [-256, 256), 50 % of it signal")
    assert [line.split()[-2] for line in lines[-11:]] == [str(count) for count, _ in COUNTS.values()]


def test_a_count_that_no_tool_gives_is_said_to_be_none_of_theirs():
    assert "no tool below gives 6241 frames from 199,488 samples with these settings" in run(
        *OPTIONS, "--observed", "6241"
    )


def test_the_command_gives_all_of_it_as_json():
    facts = json.loads(run(*OPTIONS, "--observed", "6241", "--sample", "0", "--json"))
    assert (facts["count"], facts["padded_frames"]) == (6235, [[0, 8], [6227, 6235]])
    assert facts["observed_needs_samples"] == [199_680, 199_711]
    assert facts["observed_needs_pad"] == [96, 111]
    assert facts["samples_missing"] == 192
    assert {t["tool"]: t["count"] for t in facts["tools"]} == {name: count for name, (count, _) in COUNTS.items()}
    assert facts["places"][0]["frames"] == [0, 9]


def test_a_clip_on_the_command_line(tmp_path):
    path = tmp_path / "clip.csv"
    path.write_text("".join(f"{k % 7}\n" for k in range(3000)))
    signal = jackfield.as_signal(path)
    assert run(str(path)).startswith(f"{1 + signal.n // 512} = 1 + {signal.n} // 512, reflect pad 1024 + ")


def test_the_door_hands_the_function_out():
    assert jackfield.explain_frames is explain_frames

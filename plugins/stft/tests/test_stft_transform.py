"""Spectrograms against torch, librosa and the laws they obey."""

import doctest
from dataclasses import replace

import jackfield_stft
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_stft import Istft, Stft, _framing, _istft, _stft
from jackfield_stft._windows import window

from jackfield import ConfigError, DataError, Signal, Spec
from jackfield.testing import check_component

RATE = 24_576


def noise(n, channels=1, dtype="f8", seed=0):
    samples = np.random.default_rng(seed).standard_normal((channels, n)).astype(dtype)
    return Signal(samples=samples, rate=RATE)


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "stft.npz") as file:
        return dict(file)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_equals_torch(golden, dtype):
    signal = Signal(samples=golden["x"].astype(dtype), rate=RATE)
    keys = [key for key in golden if key.startswith("torch/")]
    for key in keys:
        _, n_fft, hop, length, center, mode = key.split("/")
        wanted = golden[key]
        grid = Stft(n_fft=int(n_fft), hop=int(hop), win_length=int(length), center=center == "center", pad_mode=mode)(
            signal
        )
        assert grid.values.shape == wanted.shape, key
        assert grid.values.dtype == ("c8" if dtype == "f4" else "c16")
        assert np.abs(grid.values - wanted).max() <= 2e-6 * np.abs(wanted).max(), key
    assert len(keys) == 12


def test_the_well_known_count():
    grid = Stft(n_fft=512, hop=32, power=2)(noise(199_488, dtype="f4"))
    assert grid.values.shape == (1, 257, 6235)
    assert (grid.frames.span(0), grid.frames.span(6234)) == ((-256, 256), (199_232, 199_744))
    assert Stft(n_fft=512, hop=32, center=False, power=2)(noise(199_488, dtype="f4")).values.shape[2] == 6219


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "rect"])
@pytest.mark.parametrize("periodic", [True, False])
def test_windows_equal_scipys(name, periodic):
    from scipy.signal import get_window

    for length in (1, 2, 5, 400, 512):
        wanted = get_window("boxcar" if name == "rect" else name, length, fftbins=periodic)
        assert np.allclose(window(name, length, periodic, 512).sum(), wanted.sum(), atol=1e-12)
        left = (512 - length) // 2
        assert np.abs(window(name, length, periodic, 512)[left : left + length] - wanted).max() < 1e-15


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(300, 3000),
    n_fft=st.integers(8, 513),
    parts=st.integers(2, 9),
    channels=st.integers(1, 3),
    name=st.sampled_from(["hann", "hamming", "blackman", "rect"]),
    mode=st.sampled_from(["constant", "edge", "reflect"]),
    shorter=st.floats(0.7, 1),
)
def test_the_inverse_gives_the_signal_back(n, n_fft, parts, channels, name, mode, shorter):
    signal = noise(n, channels)
    hop = max(1, int(n_fft * shorter) // (2 * parts))
    forward = Stft(n_fft=n_fft, hop=hop, win_length=max(1, int(n_fft * shorter)), window=name, pad_mode=mode)
    grid = forward(signal)
    back = Istft(window=name)(grid)
    assert back.samples.shape == signal.samples.shape
    assert np.abs(back.samples - signal.samples).max() < 1e-12 * max(1.0, np.abs(signal.samples).max())


def test_the_inverse_keeps_float32(golden):
    signal = Signal(samples=golden["x"], rate=RATE)
    back = Istft()(Stft(n_fft=512, hop=128)(signal))
    assert back.samples.dtype == np.float32
    assert back.rate == RATE
    assert np.abs(back.samples - signal.samples).max() < 2e-6


def test_uncovered_samples_are_named():
    signal = noise(6000)
    with pytest.raises(DataError, match="samples uncovered: 113 of 6000"):
        Istft()(Stft(n_fft=512, hop=128, center=False)(signal))
    with pytest.raises(DataError, match="samples uncovered"):
        Istft()(Stft(n_fft=256, hop=300)(signal))
    rect = Stft(n_fft=512, hop=128, center=False, window="rect")(noise(512 + 128 * 30))
    assert np.abs(Istft(window="rect")(rect).samples - noise(512 + 128 * 30).samples).max() < 1e-12


@pytest.mark.parametrize("other", [{"window": "hamming"}, {"periodic": False}])
def test_another_window_than_the_forward_transforms_is_refused(other):
    with pytest.raises(DataError, match=r"made with another window: stft used hann, istft would use \S+; give"):
        Istft(**other)(Stft(n_fft=512, hop=128)(noise(6000)))


def test_only_complex_spectrograms_are_inverted():
    with pytest.raises(DataError, match="got power"):
        Istft()(Stft(n_fft=512, hop=128, power=2)(noise(6000)))


@settings(max_examples=30, deadline=None)
@given(n_fft=st.integers(2, 300), seed=st.integers(0, 99))
def test_parseval(n_fft, seed):
    signal = noise(1200, seed=seed)
    grid = Stft(n_fft=n_fft, hop=n_fft, window="rect", center=False, power=2)(signal)
    both_sides = np.full(grid.values.shape[1], 2.0)
    both_sides[0] = 1
    if n_fft % 2 == 0:
        both_sides[-1] = 1
    energy = (grid.values[0] * both_sides[:, None]).sum() / n_fft
    used = signal.samples[0, : grid.frames.count * n_fft]
    assert abs(energy - (used**2).sum()) <= 1e-12 * (used**2).sum()


@settings(max_examples=30, deadline=None)
@given(hop=st.integers(1, 400), n_fft=st.integers(2, 700), center=st.booleans(), extra=st.integers(0, 900))
def test_every_frame_is_the_transform_of_its_span(hop, n_fft, center, extra):
    signal = noise(n_fft + extra)
    grid = Stft(n_fft=n_fft, hop=hop, center=center, pad_mode="constant")(signal)
    for k in {0, grid.frames.count // 2, grid.frames.count - 1}:
        start, stop = grid.frames.span(k)
        padded = np.pad(signal.samples[0], (n_fft, n_fft))[start + n_fft : stop + n_fft]
        wanted = np.fft.rfft(padded * window("hann", n_fft, True, n_fft))
        assert np.abs(grid.values[0, :, k] - wanted).max() < 1e-10


def test_magnitude_and_power_are_those_of_the_complex_values():
    signal = noise(5000, 2)
    z = Stft(n_fft=300, hop=77)(signal).values
    assert np.abs(Stft(n_fft=300, hop=77, power=1)(signal).values - np.abs(z)).max() < 1e-12
    assert np.abs(Stft(n_fft=300, hop=77, power=2)(signal).values - np.abs(z) ** 2).max() < 1e-9


def test_short_clips():
    clip = noise(256)
    with pytest.raises(DataError, match=r"256 samples; n_fft 512 .* pad_mode='constant'"):
        Stft(n_fft=512, hop=32)(clip)
    assert Stft(n_fft=512, hop=32)(noise(257)).values.shape[2] == 9
    assert Stft(n_fft=512, hop=32, pad_mode="constant")(clip).values.shape[2] == 9
    assert Stft(n_fft=512, hop=32, pad_mode="constant")(noise(1)).values.shape[2] == 1
    with pytest.raises(DataError, match="shorter than one frame: 511 samples"):
        Stft(n_fft=512, hop=32, center=False)(noise(511))
    with pytest.raises(DataError, match="0 samples"):
        Stft(n_fft=512, hop=32, pad_mode="constant")(noise(0))


def test_parameters_are_checked():
    for wrong in ({"n_fft": 1}, {"hop": 0}, {"win_length": 3000}, {"window": "kaiser"}, {"power": 3}):
        with pytest.raises(ConfigError):
            Stft(**wrong)


def test_axes_frames_and_history():
    grid = Stft(n_fft=512, hop=128, win_length=400)(noise(6000, 2))
    assert [axis.name for axis in grid.axes] == ["channel", "frequency", "frame"]
    assert grid.axes[1].at(256) == RATE / 2
    assert (grid.axes[2].at(0), grid.axes[2].at(3)) == (grid.frames.time(0), grid.frames.time(3))
    assert grid.frames.window == 400
    assert grid.history == ("stft 512/128 hann 400 pad=reflect",)
    assert not grid.values.flags.writeable


@pytest.mark.parametrize("power", [None, 1])
@pytest.mark.parametrize("center", [True, False])
def test_what_is_predicted_is_what_comes(power, center):
    signal = noise(5000, 2)
    step, spec = Stft(n_fft=300, hop=77, win_length=200, center=center, power=power), Spec("Signal", (2, 5000), RATE)
    for dtype in ("f4", "f8"):
        grid = step(noise(5000, 2, dtype))
        told = step.predict(replace(spec, itemsize=np.dtype(dtype).itemsize))
        assert (told.kind, told.shape, told.bytes) == ("Grid", grid.values.shape, grid.values.nbytes)
        assert told.frames == grid.frames
    if power is None and center:
        back = Istft().predict(step.predict(spec))
        assert (back.kind, back.shape, back.itemsize) == ("Signal", signal.samples.shape, 4)
    with pytest.raises(DataError, match=r"too short to reflect|shorter than one frame"):
        step.predict(replace(spec, shape=(2, 100)))


@pytest.mark.parametrize("name", ["stft", "istft", "mel", "db"])
def test_component_keeps_the_rules(name):
    check_component(name)


def test_docstring_examples():
    attempted = 0
    for module in (jackfield_stft, _framing, _istft, _stft):
        result = doctest.testmod(module)
        attempted += result.attempted
        assert result.failed == 0
    assert attempted >= 20


@pytest.mark.parametrize("start", [0, 4410, -3])
def test_the_clip_stays_where_it_was_cut_from(start):
    clip = Signal(samples=np.random.default_rng(0).standard_normal(1000), rate=8000, start=start)
    back = Istft()(Stft(n_fft=256, hop=64)(clip))
    assert back.start == start
    np.testing.assert_allclose(back.samples, clip.samples, atol=1e-12)

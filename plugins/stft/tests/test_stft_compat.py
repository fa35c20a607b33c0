"""Other tools' values: from golden files, from the tools themselves, or from their documented formulas."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_stft import Istft, Stft

from jackfield import ConfigError, DataError, Signal

RATE = 24_576
TOOLS = ("torchaudio", "librosa", "scipy", "scipy-legacy", "tensorflow")


def noise(n, channels=1, seed=0):
    return Signal(samples=np.random.default_rng(seed).standard_normal((channels, n)), rate=RATE)


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "stft.npz") as file:
        return dict(file)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("tool", ["torchaudio", "librosa", "scipy", "scipy-legacy"])
def test_golden_values(golden, tool, dtype):
    key = "torch/512/32/512/center/reflect" if tool == "torchaudio" else f"{tool}/512/32"
    wanted = golden[key] if golden[key].ndim == 3 else golden[key][None]
    samples = golden["x"][: len(wanted)].astype(dtype)
    got = Stft(n_fft=512, hop=32, compat=tool)(Signal(samples=samples, rate=RATE)).values
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= 2e-6 * np.abs(wanted).max()


def test_torch_and_librosa_differ_in_16_of_6235_frames():
    signal = noise(199_488)
    a, b = (Stft(n_fft=512, hop=32, compat=tool)(signal).values for tool in ("torchaudio", "librosa"))
    differs = np.flatnonzero(np.abs(a - b).max(axis=(0, 1)) > 2e-7 * np.abs(a).max())
    assert a.shape[2] == 6235
    assert differs.tolist() == [*range(8), *range(6227, 6235)]


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(60, 600),
    win=st.integers(2, 50),
    hop=st.integers(1, 50),
    more=st.integers(0, 20),
    mode=st.sampled_from(["constant", "edge", "reflect"]),
    onesided=st.booleans(),
)
def test_short_time_fft(n, win, hop, more, mode, onesided):
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hamming

    hop, signal = min(hop, win), noise(n)
    fft_mode = "onesided" if onesided else "twosided"
    peer = ShortTimeFFT(hamming(win, sym=False), hop, RATE, mfft=win + more, fft_mode=fft_mode)
    wanted = peer.stft(signal.samples[0], padding={"constant": "zeros", "reflect": "even"}.get(mode, mode))
    ours = Stft(
        n_fft=win + more, win_length=win, hop=hop, window="hamming", pad_mode=mode, compat="scipy", onesided=onesided
    )
    got = ours(signal).values[0]
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() < 1e-11


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(60, 600),
    win=st.integers(2, 50),
    overlap=st.integers(0, 49),
    more=st.integers(0, 20),
    center=st.booleans(),
    tail=st.sampled_from(["pad", "drop"]),
)
def test_legacy_scipy(n, win, overlap, more, center, tail):
    from scipy.signal import stft

    signal, hop = noise(n), win - min(overlap, win - 1)
    with warnings.catch_warnings(action="ignore"):
        _, _, wanted = stft(
            signal.samples[0], RATE, "hann", win, win - hop, win + more, boundary="zeros" if center else None,
            padded=tail == "pad",
        )  # fmt: skip
    ours = Stft(n_fft=win + more, win_length=win, hop=hop, center=center, tail=tail, compat="scipy-legacy")
    got = ours(signal).values[0]
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() < 1e-11


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_librosas_padding(mode):
    librosa = pytest.importorskip("librosa")
    signal = noise(3000)
    for n_fft, hop, win in ((512, 100, 400), (255, 64, 255)):
        wanted = librosa.stft(signal.samples[0], n_fft=n_fft, hop_length=hop, win_length=win, pad_mode=mode)
        got = Stft(n_fft=n_fft, hop=hop, win_length=win, pad_mode=mode, compat="librosa")(signal).values[0]
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() < 1e-11


def tf_hann(length):
    """tf.signal.hann_window(length): periodic for even lengths only (tensorflow/python/ops/signal/window_ops.py)."""
    even = 1 - length % 2
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length + even - 1))


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(64, 500), win=st.integers(2, 64), hop=st.integers(1, 70), more=st.integers(0, 9), end=st.booleans()
)
def test_tensorflows_formula(n, win, hop, more, end):
    """tf.signal.stft is rfft(tf.signal.frame(x, frame_length, frame_step, pad_end) * window, fft_length)."""
    signal = noise(n)
    count = -(-n // hop) if end else 1 + (n - win) // hop
    padded = np.pad(signal.samples[0], (0, win + count * hop))
    wanted = np.stack([np.fft.rfft(padded[k * hop : k * hop + win] * tf_hann(win), win + more) for k in range(count)])
    ours = Stft(n_fft=win + more, win_length=win, hop=hop, tail="every" if end else None, compat="tensorflow")
    assert np.abs(ours(signal).values[0] - wanted.T).max() < 1e-11


def kaldi_frame(x, start, win, n_fft, power=0.85):
    """One frame as Kaldi's feature-window.cc makes it: ExtractWindow, then ProcessWindow without dither."""
    frame = np.empty(win)
    for s in range(win):
        at = start + s
        while not 0 <= at < len(x):
            at = -at - 1 if at < 0 else 2 * len(x) - 1 - at
        frame[s] = 32_768 * x[at]
    frame -= frame.mean()
    frame[1:] -= 0.97 * frame[:-1]
    frame[0] -= 0.97 * frame[0]
    return np.fft.rfft(frame * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win) / (win - 1))) ** power, n_fft)


@pytest.mark.parametrize("snip", [True, False])
@pytest.mark.parametrize(("n", "win", "hop", "n_fft"), [(2000, 400, 160, 512), (997, 201, 67, 201), (60, 57, 80, 64)])
def test_kaldis_formula(snip, n, win, hop, n_fft):
    signal = noise(n, 2)
    count = 1 + (n - win) // hop if snip else (n + hop // 2) // hop
    starts = [k * hop if snip else hop * k + hop // 2 - win // 2 for k in range(count)]
    wanted = np.stack([[kaldi_frame(x, s, win, n_fft) for s in starts] for x in signal.samples])
    got = Stft(n_fft=n_fft, win_length=win, hop=hop, center=not snip, compat="kaldi")(signal)
    assert np.abs(got.values - wanted.swapaxes(1, 2)).max() < 1e-9 * np.abs(wanted).max()
    assert [got.frames.span(k)[0] for k in range(count)] == starts


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("n_fft", [64, 75])
@pytest.mark.parametrize("window", ["hamming", "hann"])
def test_every_convention_is_inverted(tool, n_fft, window):
    signal = noise(1000, 2)
    for onesided in (True, False):
        grid = Stft(n_fft=n_fft, win_length=60, hop=10, window=window, compat=tool, onesided=onesided, tail={
            "tensorflow": "every"}.get(tool))(signal)  # fmt: skip
        if tool == "tensorflow" and window == "hann":
            with pytest.raises(DataError, match="samples uncovered: 1 of 1000 samples, from 0 to 0"):
                Istft()(grid)
            continue
        back = Istft()(grid)
        assert np.abs(back.samples - signal.samples).max() < 1e-12
        assert float(back.history[-1].split("error=")[1]) < 1e-14


def test_kaldi_cannot_be_inverted():
    with pytest.raises(DataError, match="removes the mean of every frame"):
        Istft()(Stft(n_fft=64, hop=16, compat="kaldi")(noise(1000)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"compat": "librosa", "scaling": "psd"}, "scaling contradicts compat"),
        ({"compat": "kaldi", "periodic": True}, "periodic contradicts compat: periodic true, Kaldi has false"),
        ({"compat": "scipy", "center": False}, "center contradicts compat"),
        ({"compat": "scipy-legacy", "hop": 3000}, "padding is not followed to hops above the window"),
        ({"compat": "matlab"}, "known: kaldi, librosa"),
        ({"scaling": "power"}, "set power=2"),
    ],
)
def test_contradictions_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Stft(**wrong)


@pytest.mark.parametrize("center", [True, False])
def test_hops_above_the_window_are_those_of_scipy_where_nothing_is_padded(center):
    signal = pytest.importorskip("scipy.signal")
    samples = np.random.default_rng(0).standard_normal(1003)
    ours = {"n_fft": 64, "hop": 90, "center": center, "tail": "drop", "compat": "scipy-legacy"}
    boundary = "zeros" if center else None
    *_, wanted = signal.stft(samples, nperseg=64, noverlap=-26, boundary=boundary, padded=False)
    values = Stft(**ours)(Signal(samples=samples, rate=1)).values[0]
    assert values.shape == wanted.shape
    assert np.abs(values - wanted).max() < 1e-12

"""Kaldi's and HTK's numbers, derivatives, percentiles, and what the fused path promises."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_mfcc import LogMel, Mfcc
from jackfield_mfcc._cepstrum import cosines, delta
from jackfield_stft import Db, Mel, Stft

from jackfield import ConfigError, DataError, Signal, Spec

RATE = 22_050


def clip(n=RATE, dtype="f8", seed=0):
    return Signal(samples=0.1 * np.random.default_rng(seed).standard_normal(n).astype(dtype), rate=RATE)


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "mfcc.npz") as file:
        return dict(file)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_kaldi(golden, dtype):
    features = Mfcc(preset="kaldi")(Signal(samples=golden["y"].astype(dtype), rate=RATE))
    wanted = golden["kaldi/13x23"]
    assert features.values.shape == wanted.shape == (198, 13)
    assert np.abs(features.values - wanted).max() <= 2e-5 * np.abs(wanted).max()
    assert (features.units[0], features.values.dtype) == ("ln", dtype)
    assert (features.frames.span(0), features.frames.hop) == ((0, 551), 220)
    assert features.coverage.tolist() == [1.0] * 198


@pytest.mark.parametrize("top_db", [None, 80.0])
def test_htk(golden, top_db):
    features = Mfcc(preset="htk", top_db=top_db)(Signal(samples=golden["y"].astype("f8"), rate=RATE))
    assert np.abs(features.values.T - golden[f"librosa/top_db={top_db}/htk=True"]).max() <= 1e-4


def test_librosas_default_and_its_delta(golden):
    features = Mfcc(top_db=80.0, deltas=1)(Signal(samples=golden["y"].astype("f8"), rate=RATE))
    assert features.names[19:21] == ("mfcc19", "mfcc0_delta")
    assert np.abs(features.values[:, :20].T - golden["librosa/default"]).max() <= 1e-4
    assert np.abs(features.values[:, 20:].T - golden["librosa/delta"]).max() <= 1e-4


@pytest.mark.parametrize("width", [3, 5, 9, 21])
@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_equal_librosas(width, order):
    librosa = pytest.importorskip("librosa")
    values = np.random.default_rng(0).standard_normal((40, 3))
    wanted = librosa.feature.delta(values, width=width, order=order, axis=0)
    assert np.abs(delta(values, width, order) - wanted).max() < 1e-12
    assert np.abs(delta(values[:width], width, order) - delta(values[:width], width, order)[0]).max() == 0


@settings(max_examples=30, deadline=None)
@given(slope=st.floats(-5, 5), bend=st.floats(-1, 1), width=st.sampled_from([3, 7, 9]), count=st.integers(9, 30))
def test_the_derivative_of_a_parabola(slope, bend, width, count):
    t = np.arange(count)[:, None]
    half = width // 2
    first = delta(slope * t + bend * t**2, width, 1)
    assert np.abs(first - slope - 2 * bend * np.clip(t, half, count - 1 - half)).max() < 1e-9
    assert np.abs(delta(slope * t + bend * t**2, width, 2) - 2 * bend).max() < 1e-9


def test_deltas_pool_like_the_rest():
    signal = clip()
    rows = Mfcc(n_mfcc=3, deltas=2)(signal).values
    pooled = Mfcc(n_mfcc=3, deltas=2, pool=("mean", "p10", "p90"))(signal)
    wanted = np.concatenate([rows.mean(0), np.percentile(rows, 10, axis=0), np.percentile(rows, 90, axis=0)])
    assert np.abs(pooled.values[0] - wanted).max() < 1e-12
    assert pooled.names[:4] == ("mfcc0_mean", "mfcc1_mean", "mfcc2_mean", "mfcc0_delta_mean")
    assert pooled.names[-1] == "mfcc2_delta2_p90"


def test_too_few_frames_for_a_derivative():
    hit = clip(RATE // 20)
    with pytest.raises(DataError, match="too few frames for deltas: 3 frames, delta_width 9; use a smaller"):
        Mfcc(deltas=1)(hit)
    assert Mfcc(deltas=1, delta_width=3)(hit).values.shape == (3, 40)


@pytest.mark.parametrize("top_db", [None, 60.0])
@pytest.mark.parametrize("options", [{"n_fft": 400, "hop": 160, "n_mels": 23}, {}, {"win_length": 1024, "hop": 100}])
def test_the_fused_path_is_the_chain_of_steps(options, top_db):
    signal = clip(30_000)
    got = Mfcc(**options, top_db=top_db)(signal)
    steps = {k: v for k, v in options.items() if k != "n_mels"}
    power = Stft(**steps, power=2, compat="librosa")(signal)
    levels = Db(top_db=top_db)(Mel(n_mels=options.get("n_mels", 128))(power))
    wanted = levels.values[0].T @ cosines(20, options.get("n_mels", 128), 0).T
    assert np.abs(got.values - wanted).max() < 1e-9
    assert got.frames == levels.frames
    bands = LogMel(**options, top_db=top_db)(signal)
    assert np.abs(bands.values - levels.values[0].T).max() < 1e-9


@pytest.mark.parametrize("preset", ["librosa", "htk", "kaldi"])
@pytest.mark.parametrize("loudness", [1.0, 1e-3])
def test_float32_is_as_good_as_it_can_be(golden, preset, loudness):
    """4e-7 of the largest coefficient, against float64."""
    samples = (loudness * golden["y"]).astype("f4")
    exact = Mfcc(preset=preset)(Signal(samples=samples.astype("f8"), rate=RATE)).values
    quick = Mfcc(preset=preset)(Signal(samples=samples, rate=RATE)).values
    assert quick.dtype == np.float32
    assert np.abs(quick - exact).max() <= 4e-7 * np.abs(exact).max()


def test_the_spectrogram_is_never_there():
    """Ten minutes: 26,000 frames, whose float32 spectrogram would take 106 MB."""
    signal = clip(600 * RATE, "f4")
    component = Mfcc()
    component(clip(dtype="f4"))
    tracemalloc.start()
    rows = component(signal).values
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows.shape == (25_840, 20)
    assert peak < rows.nbytes + 48e6


@pytest.mark.parametrize("preset", ["librosa", "kaldi"])
def test_threads_change_nothing(preset):
    signal = clip(10 * RATE, "f4")
    component = Mfcc(preset=preset)
    assert np.array_equal(component(signal).values, component(signal, threads=2).values)


@pytest.mark.parametrize("threads", [0, 1.5])
def test_threads_are_a_whole_number(threads):
    with pytest.raises(ConfigError, match=f"threads must be a whole number from 1: got {threads}"):
        Mfcc()(clip(), threads=threads)


def test_presets_fill_what_is_not_given():
    assert Mfcc() == Mfcc(
        n_fft=2048, hop=512, n_mels=128, n_mfcc=20, scale="slaney", norm="slaney", f_min=0.0, lifter=0
    )
    assert Mfcc(preset="kaldi").n_mfcc == 13
    assert Mfcc(preset="kaldi", n_mels=30, f_min=0.0).f_min == 0
    assert (Mfcc(preset="htk").norm, Mfcc(preset="htk", norm="slaney").norm, Mfcc(norm="none").norm) == (
        "none",
        "slaney",
        "none",
    )
    frames = Mfcc(preset="kaldi", win_length=400, hop=160, n_fft=512)(clip()).frames
    assert (frames.window, frames.hop, frames.count) == (400, 160, 1 + (RATE - 400) // 160)


def test_kaldis_log_mel():
    """ln of the bands of the spectrum that Stft(compat="kaldi") gives, its triangles straight in mel."""
    signal = clip()
    power = Stft(n_fft=1024, win_length=551, hop=220, power=2, compat="kaldi")(signal)
    bands = Mel(n_mels=23, f_min=20.0, norm="none", scale="htk", slopes="mel")(power).values[0].T
    assert np.abs(LogMel(preset="kaldi")(signal).values - np.log(np.maximum(bands, 2.0**-23))).max() < 1e-10


def test_kaldis_silence_is_its_floor():
    features = Mfcc(preset="kaldi")(Signal(samples=np.zeros(RATE, "f4"), rate=RATE))
    assert np.allclose(features.values[:, 0], np.log(2.0**-23))
    assert np.abs(features.values[:, 1:]).max() < 1e-4


@pytest.mark.parametrize(("wrong", "message"), [
    ({"preset": "kaldi", "top_db": 80.0}, 'top_db contradicts preset "kaldi"'),
    ({"delta_width": 8}, "delta_width must be odd: got 8; use 9"),
    ({"preset": "matlab"}, "known: htk, kaldi, librosa"),
    ({"preset": "kaldi", "n_mfcc": 24}, "n_mfcc 24, n_mels 23"),
    ({"win_length": 4096}, "the window must fit into n_fft"),
    ({"pool": ("p50",)}, "pool"),
    ({"norm": "area"}, "known: none, preset, slaney"),
])  # fmt: skip
def test_what_is_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Mfcc(**wrong)


@pytest.mark.parametrize("options", [{"preset": "kaldi"}, {"deltas": 2}, {"deltas": 1, "pool": ("p5", "max")}])
def test_what_is_predicted_is_what_comes(options):
    features = Mfcc(**options)(clip(9000))
    told = Mfcc(**options).predict(Spec("Signal", (1, 9000), RATE, itemsize=8))
    assert (told.shape, told.bytes, told.frames) == (features.values.shape, features.values.nbytes, features.frames)

"""Cepstra against librosa, and what they promise of frames."""

import doctest

import jackfield_mfcc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_mfcc import LogMel, Mfcc
from jackfield_mfcc._cepstrum import cosines, coverage

from jackfield import ConfigError, DataError, FrameGrid, Signal, Spec
from jackfield.testing import check_component

RATE = 22_050


def clip(n=RATE, dtype="f8", seed=0):
    return Signal(samples=0.1 * np.random.default_rng(seed).standard_normal(n).astype(dtype), rate=RATE)


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "mfcc.npz") as file:
        return dict(file)


@pytest.mark.parametrize(("dtype", "tolerance"), [("f8", 1e-4), ("f4", 1e-4)])
@pytest.mark.parametrize("top_db", [None, 80.0])
@pytest.mark.parametrize("htk", [False, True])
def test_equals_librosa_transposed(golden, dtype, tolerance, top_db, htk):
    options = {"scale": "htk", "norm": "none"} if htk else {}
    features = Mfcc(top_db=top_db, **options)(Signal(samples=golden["y"].astype(dtype), rate=RATE))
    wanted = golden[f"librosa/top_db={top_db}/htk={htk}"]
    assert features.values.shape == (87, 20) == wanted.T.shape
    assert features.values.dtype == dtype
    assert np.abs(features.values - wanted.T).max() <= tolerance


@pytest.mark.parametrize("lifter", [0, 22])
@pytest.mark.parametrize("shape", [{"n_fft": 512, "hop": 160, "n_mels": 40, "f_min": 50.0, "f_max": 7600.0}, {}])
def test_equals_librosa_with_other_parameters(lifter, shape):
    librosa = pytest.importorskip("librosa")
    signal = clip(16_000)
    names = {"n_fft": "n_fft", "hop": "hop_length", "n_mels": "n_mels", "f_min": "fmin", "f_max": "fmax"}
    wanted = librosa.feature.mfcc(
        y=signal.samples[0], sr=RATE, n_mfcc=13, lifter=lifter, **{names[k]: v for k, v in shape.items()}
    )
    got = Mfcc(n_mfcc=13, lifter=lifter, top_db=80.0, **shape)(signal)
    assert np.abs(got.values - wanted.T).max() < 1e-4


def test_log_mel_is_what_mfcc_is_made_of(golden):
    librosa = pytest.importorskip("librosa")
    signal = Signal(samples=golden["y"].astype("f8"), rate=RATE)
    bands = LogMel()(signal)
    assert np.abs(bands.values.T - librosa.power_to_db(golden["librosa/mel"], top_db=None)).max() < 1e-4
    assert np.abs(bands.values @ cosines(20, 128, 0).T - Mfcc()(signal).values).max() < 1e-10
    assert (bands.names[0], bands.names[-1], bands.units[0]) == ("mel0", "mel127", "dB")


def test_a_loud_event_elsewhere_leaves_an_identical_frame_alone():
    quiet = 1e-4 * np.random.default_rng(0).standard_normal(4 * RATE)
    loud = quiet.copy()
    loud[-RATE:] += np.random.default_rng(1).standard_normal(RATE)
    kept = FrameGrid.of(quiet.size, n_fft=2048, hop=512, rate=RATE).frames_at(0)

    def moved(**options):
        a, b = (Mfcc(**options)(Signal(samples=x, rate=RATE)).values[kept] for x in (quiet, loud))
        return np.abs(a - b).max()

    assert moved() == 0
    assert moved(top_db=80.0) > 50


def test_statistics_run_over_frames_only():
    signal = clip()
    rows = Mfcc(n_mfcc=5)(signal).values
    pooled = Mfcc(n_mfcc=5, pool=("mean", "std", "min", "max", "median"))(signal)
    wanted = [rows.mean(0), rows.std(0), rows.min(0), rows.max(0), np.median(rows, axis=0)]
    assert np.abs(pooled.values[0] - np.concatenate(wanted)).max() < 1e-12
    assert pooled.names[0] == "mfcc0_mean"
    assert pooled.names[-1] == "mfcc4_median"
    assert pooled.frames is None
    assert 0.9 < float(pooled.coverage[0]) < 1


@settings(max_examples=50, deadline=None)
@given(
    n=st.integers(1, 5000),
    hop=st.integers(1, 900),
    n_fft=st.integers(2, 1024),
    center=st.booleans(),
    half=st.booleans(),
)
def test_coverage_is_the_frame_grids(n, hop, n_fft, center, half):
    frames = FrameGrid.of(n, n_fft=n_fft, hop=hop, window=n_fft // (1 + half), center=center, rate=RATE)
    assert coverage(frames).tolist() == [frames.coverage(k) for k in range(frames.count)]


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 6000), gain=st.floats(0.01, 100))
def test_gain_moves_the_level_alone(n, gain):
    signal = clip(n)
    louder = signal.replace(samples=signal.samples * gain, note="louder")
    a, b = Mfcc()(signal).values, Mfcc()(louder).values
    if min(LogMel()(signal).values.min(), LogMel()(louder).values.min()) > -100:
        assert np.abs(b[:, 0] - a[:, 0] - 20 * np.log10(gain) * np.sqrt(128)).max() < 1e-8
        assert np.abs(b[:, 1:] - a[:, 1:]).max() < 1e-8


def test_a_drum_hit_of_50_ms_has_rows_and_says_what_is_padding():
    features = Mfcc()(clip(RATE // 20))
    assert features.values.shape == (3, 20)
    assert features.coverage.max() < 0.6


def test_silence_is_a_level():
    features = Mfcc()(Signal(samples=np.zeros(4096, "f4"), rate=RATE))
    assert np.allclose(features.values[:, 0], -100 * np.sqrt(128))
    assert np.abs(features.values[:, 1:]).max() < 1e-3


def test_the_cosine_transform_is_orthonormal():
    rows = cosines(40, 40, 0)
    assert np.abs(rows @ rows.T - np.eye(40)).max() < 1e-14


def test_what_is_refused():
    with pytest.raises(ConfigError, match="n_mfcc 21, n_mels 20"):
        Mfcc(n_mfcc=21, n_mels=20)
    for pool in ((), ("mode",), "mean", ("mean", "std", "mean")):
        with pytest.raises(ConfigError, match="pool"):
            Mfcc(pool=pool)
    with pytest.raises(DataError, match="takes one channel: got 2"):
        Mfcc()(Signal(samples=np.ones((2, 5000)), rate=RATE))
    with pytest.raises(DataError, match="0 samples"):
        Mfcc()(clip(0))
    with pytest.raises(DataError, match="mel bands hold no frequency bin"):
        Mfcc(n_fft=256)(clip())


@pytest.mark.parametrize("component", [Mfcc, LogMel])
@pytest.mark.parametrize("pool", [None, ("mean", "std")])
def test_what_is_predicted_is_what_comes(component, pool):
    features = component(n_mels=40, pool=pool)(clip(5000))
    told = component(n_mels=40, pool=pool).predict(Spec("Signal", (1, 5000), RATE, itemsize=8))
    assert (told.kind, told.shape, told.bytes) == ("Features", features.values.shape, features.values.nbytes)
    assert told.frames == features.frames
    with pytest.raises(DataError, match="too few frames for deltas: 1 frame, delta_width 9"):
        component(n_mels=40, pool=pool, deltas=1).predict(Spec("Signal", (1, 100), RATE, itemsize=8))


@pytest.mark.parametrize("name", ["mfcc", "log-mel"])
def test_component_keeps_the_rules(name):
    check_component(name)


def test_docstring_examples():
    result = doctest.testmod(jackfield_mfcc)
    assert result.attempted >= 8
    assert result.failed == 0

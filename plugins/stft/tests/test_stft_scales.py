"""Mel bands and decibels against librosa, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jackfield_stft import Db, Mel, Stft
from jackfield_stft._scales import hz_to_mel, mel_bank, mel_to_hz

from jackfield import Axis, ConfigError, DataError, Grid, Signal, Spec


def power(rate=22_050, n=22_050, n_fft=2048, **fields):
    samples = np.random.default_rng(1).standard_normal((2, n))
    return Stft(n_fft=n_fft, power=2, **fields)(Signal(samples=samples, rate=rate))


def test_mel_equals_the_golden_spectrogram(shared):
    with np.load(shared / "golden" / "mfcc.npz") as golden:
        y, wanted = golden["y"].astype("f8"), golden["librosa/mel"]
    grid = Mel()(Stft(power=2, pad_mode="constant")(Signal(samples=y, rate=22_050)))
    assert np.abs(grid.values[0] - wanted).max() <= 1e-6 * wanted.max()


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels", "f_min", "f_max"), [(22_050, 2048, 128, 0, 11_025), (16_000, 1024, 40, 125, 7500)]
)
def test_bands_equal_librosas(scale, norm, rate, n_fft, n_mels, f_min, f_max):
    librosa = pytest.importorskip("librosa")
    wanted = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=f_min, fmax=f_max, htk=scale == "htk", norm=norm, dtype=np.float64
    )
    weights, _ = mel_bank(1 + n_fft // 2, rate / n_fft, n_mels, float(f_min), float(f_max), norm, scale)
    assert np.abs(weights - wanted).max() < 1e-12 * wanted.max()


@given(hz=st.floats(0, 1e5), scale=st.sampled_from(["slaney", "htk"]))
def test_mel_and_back(hz, scale):
    assert abs(float(mel_to_hz(hz_to_mel(hz, scale), scale)) - hz) <= 1e-9 * max(hz, 1)


def test_mel_keeps_kind_frames_and_channels():
    grid = power()
    bands = Mel(n_mels=40)(grid)
    assert bands.values.shape == (2, 40, grid.frames.count)
    assert (bands.scale, bands.frames, bands.values.dtype) == ("power", grid.frames, np.float64)
    assert [axis.name for axis in bands.axes] == ["channel", "mel", "frame"]
    assert np.all(np.diff(bands.axes[1].coordinates) > 0)
    spec = Spec("Grid", grid.values.shape, 22_050, grid.frames, 8)
    assert Mel(n_mels=40).predict(spec) == Spec("Grid", bands.values.shape, 22_050, bands.frames, 8)
    assert Db().predict(spec) == spec


def test_empty_bands_are_refused_with_numbers():
    with pytest.raises(DataError, match=r"of 128, the first .* bins 86\.13 Hz apart"):
        Mel()(power(n_fft=256))
    with pytest.raises(DataError, match="half the rate 4000 Hz"):
        Mel(f_max=5000)(power(rate=8000))
    with pytest.raises(ConfigError, match="f_max must be above f_min"):
        Mel(f_min=300, f_max=200)


def test_mel_refuses_what_has_no_bins():
    complex_grid = Stft()(Signal(samples=np.ones(5000), rate=8000))
    for grid in (complex_grid, Db()(power())):
        with pytest.raises(DataError, match="takes a magnitude or power spectrogram"):
            Mel()(grid)
    with pytest.raises(DataError, match='no axis is called "frequency"'):
        Mel()(Mel(n_mels=20)(power()))
    sideways = Grid(values=np.ones((3, 4)), axes=(Axis("frame"), Axis("frequency", "Hz", 0.0, 10.0)), scale="power")
    with pytest.raises(DataError, match="axes frame, frequency"):
        Mel(n_mels=1)(sideways)


@settings(deadline=None)  # the first call imports librosa
@given(arrays(np.float64, (3, 4), elements=st.floats(0, 1e6)))
def test_decibels_equal_librosas(values):
    librosa = pytest.importorskip("librosa")
    for top_db in (None, 80.0):
        got = Db(top_db=top_db)(Grid(values=values, scale="power")).values
        assert np.abs(got - librosa.power_to_db(values, top_db=top_db)).max() < 1e-12
        got = Db(top_db=top_db)(Grid(values=values, scale="magnitude")).values
        assert np.abs(got - librosa.amplitude_to_db(values, top_db=top_db)).max() < 1e-12


def test_reference_and_floor():
    values = Db(reference=100.0, floor=-40.0)(Grid(values=np.array([100.0, 10.0, 0.0]), scale="power"))
    assert values.values.tolist() == [0.0, -10.0, -40.0]
    assert (values.scale, values.reference) == ("db", 100.0)


def test_a_lowest_float32_is_no_infinity():
    values = Db(floor=-900.0)(Grid(values=np.array([0.0, 1.0], "f4"), scale="power")).values
    assert np.isfinite(values).all()


@pytest.mark.parametrize("dtype", ["i2", "f4", "f8"])
def test_integers_become_floats_and_floats_stay(dtype):
    values = np.arange(12).reshape(1, 3, 4).astype(dtype)
    grid = Grid(
        values=values, axes=(Axis("channel"), Axis("frequency", "Hz", 0.0, 100.0), Axis("frame")), scale="power"
    )
    wanted = np.float64 if dtype == "f8" else np.float32
    bands = Mel(n_mels=1, norm="none")(grid).values
    assert bands.dtype == wanted
    assert bands.tolist() == values[:, 1:2].tolist()  # one triangle from 0 over 100 to 200 Hz
    assert Db()(grid).values.dtype == wanted


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_the_loudest_finite_level_counts(dtype, broken):
    values = Db(top_db=8.0)(Grid(values=np.array([broken, 1.0, 0.01], dtype), scale="power")).values
    assert values[1:].tolist() == [0.0, -8.0]
    assert np.array_equal(values[0], broken, equal_nan=True)


def test_a_single_level():
    level = Db(top_db=8.0)(Grid(values=np.array(0.01), scale="power")).values
    assert (level.shape, float(level)) == ((), -20.0)
    assert Db(top_db=8.0)(Grid(values=np.zeros((2, 0)), scale="power")).values.shape == (2, 0)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_silence_reads_the_floor(dtype):
    values = np.array([0, 1]).astype(dtype)
    assert Db(floor=-9000.0)(Grid(values=values, scale="power")).values.tolist() == [-9000, 0]


def test_bands_that_peak_at_1_have_a_name():
    weights, _ = Mel(n_mels=3, norm="none").weights(401, 10.0, 4000.0)
    assert weights.max(axis=1).round(1).tolist() == [1, 1, 1]
    for wrong in (None, "peak"):
        with pytest.raises(ConfigError, match='"norm" of Mel is wrong'):
            Mel(norm=wrong)


def test_decibels_refuse_what_has_no_level():
    for grid in (Stft()(Signal(samples=np.ones(5000), rate=8000)), Db()(power())):
        with pytest.raises(DataError, match="need magnitude or power"):
            Db()(grid)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_floors_and_references_beyond_the_numbers_range_do_not_break(dtype):
    grid = Grid(values=np.array([0.0, 1e-30, 1.0], dtype), scale="power")
    assert Db(floor=1e6)(grid).values.tolist() == [1e6] * 3
    assert Db(reference=1e300)(grid).values.tolist() == [-100.0] * 3
    assert Db(reference=1e-300)(grid).values[1:].tolist() == pytest.approx([2700, 3000])
    assert Db()(grid).values.tolist() == [-100.0, -100.0, 0.0]

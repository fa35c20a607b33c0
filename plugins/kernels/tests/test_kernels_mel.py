"""`mel_bands` against the definition: spectrogram, weights, logarithm, floor under the loudest, cosine transform."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_kernels import mel_bands, stft


def triangles(bands, bins):
    """(bands, bins) overlapping triangles, as wide as mel bands get, one of them empty."""
    centres, k = np.linspace(1, bins - 2, bands)[:, None], np.arange(bins)
    weights = np.maximum(0, 1 - np.abs(k - centres) / max(2, bins / bands))
    weights[bands // 2] = 0
    return weights


def define(x, window, hop, weights, *, start, count, pad, power, log, floor, offset, top_db, dct):
    spectrum = np.abs(stft(x.astype("f8"), window, hop, start=start, count=count, pad=pad)) ** power
    bands = np.moveaxis(weights @ spectrum, -1, -2)
    if log == "db":
        bands = 20 / power * np.log10(np.maximum(bands, floor))
    if log == "ln":
        bands = np.log(np.maximum(bands, floor) + offset)
    if top_db is not None and count:
        bands = np.maximum(bands, bands.max((-1, -2), keepdims=True) - top_db)
    return bands if dct is None else bands @ dct.T


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_bands_of_any_signal(level, data):
    n_fft = data.draw(st.sampled_from([32, 50, 64, 127, 240, 256, 400]))
    n, channels = data.draw(st.integers(1, 900)), data.draw(st.integers(1, 3))
    log, power = data.draw(st.sampled_from([None, "db", "ln"])), data.draw(st.sampled_from([1, 2]))
    coefs, bands = data.draw(st.sampled_from([None, 1, 5, 13])), data.draw(st.integers(2, 20))
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    dtype = data.draw(st.sampled_from(["f4", "f8"]))
    x = (rng.standard_normal((channels, n)) * 10 ** rng.uniform(-3, 0, (1, n))).astype(dtype)
    window, weights = np.hanning(n_fft + 1)[:-1], triangles(bands, n_fft // 2 + 1)
    settings = {
        "start": data.draw(st.integers(-300, 300)),
        "count": data.draw(st.integers(0, 60)),
        "pad": data.draw(st.sampled_from(["constant", "reflect", "edge", "symmetric"])),
        "power": power,
        "log": log,
        # float32 says nothing of what is far below the largest
        "floor": 1e-10 if dtype == "f8" else (0.1 * np.abs(x).max() * n_fft) ** power,
        "offset": data.draw(st.sampled_from([0.0, 1e-3])),
        "top_db": data.draw(st.sampled_from([None, 20.0])) if log == "db" else None,
        "dct": None if coefs is None else rng.standard_normal((coefs, bands)),
    }
    hop, threads = data.draw(st.integers(1, 99)), data.draw(st.integers(1, 3))
    got = mel_bands(x, window, hop, weights, threads=threads, **settings)
    truth = define(x, window, hop, weights, **settings)
    assert got.shape == truth.shape
    assert got.dtype == dtype
    # a level near 0 dB is the logarithm of a number near 1: absolute error counts
    scale = max(1.0, np.abs(truth).max(initial=0.0)) if log else np.abs(truth).max(initial=1e-300)
    assert np.abs(got - truth).max(initial=0.0) <= (1e-4 if dtype == "f4" else 1e-11) * scale


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_broken_frame_does_not_lift_the_others(level):
    x = np.random.default_rng(0).standard_normal(4000).astype("f4")
    settings = {"count": 60, "log": "db", "top_db": 30.0}
    arguments = np.hanning(64), 64, triangles(8, 33)
    clean = mel_bands(x, *arguments, **settings)
    for bad in (np.nan, np.inf):
        x[64 * 5 + 32] = bad
        broken = mel_bands(x, *arguments, **settings)
        assert np.isnan(broken[5]).any()
        others = np.arange(60) != 5
        np.testing.assert_allclose(broken[others], clean[others], atol=1e-4)


def test_settings_that_make_no_sense_are_refused(level):
    x, w, weights = np.zeros(100, "f4"), np.ones(32), np.ones((3, 17))
    wrong = [
        ({"power": 3}, "power must be 1 or 2"),
        ({"log": "log10"}, "log None, 'db' or 'ln'"),
        ({"log": "db", "floor": 0.0}, "floor must be above 0"),
        ({"log": "ln", "floor": 0.0}, "floor \\+ offset must be above 0"),
        ({"top_db": 80.0}, "top_db takes log='db'"),
        ({"dct": np.ones((2, 4))}, "dct must be \\(rows, 3\\)"),
        ({"out": np.empty((2, 4), "f4")}, "out must be \\(3, 3\\) float32"),
    ]
    for wrong_settings, message in wrong:
        with pytest.raises(ValueError, match=message):
            mel_bands(x, w, 16, weights, count=3, **wrong_settings)
    with pytest.raises(ValueError, match="weights must be \\(rows, 17\\)"):
        mel_bands(x, w, 16, weights[:, 1:], count=3)

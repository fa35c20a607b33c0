"""Tones between bins, tones closer than a bin, and tones from a list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_fourier import Esprit, Peaks, synthesize

from jackfield import ConfigError, DataError, Grid, Signal


def tone(cycles: float, n: int, phase: float = 0.0) -> np.ndarray:
    return np.cos(2 * np.pi * cycles * np.arange(n) / n + phase)


@settings(deadline=None)
@given(st.floats(2, 120), st.floats(-3, 3), st.sampled_from([256, 257, 300]))
def test_a_lone_tone_is_read_between_bins(cycles, phase, n):
    found = Peaks(count=1)(Signal(samples=0.5 * tone(cycles, n, phase), rate=float(n)))
    assert abs(found.table["frequency"][0] - cycles) < 1e-3
    assert found.table["amplitude"][0, 0] == pytest.approx(0.5, abs=1e-3)
    assert np.cos(found.table["phase"][0, 0] - phase) > 0.999


def test_side_lobes_are_not_taken_for_tones():
    found = Peaks(count=5)(Signal(samples=tone(10.5, 256), rate=256.0))
    assert len(found) == 1
    assert np.abs(found.residual).max() < 1e-10


def test_tones_two_bins_apart_and_in_two_channels():
    n = 1000
    a, b = tone(50.3, n, 0.4), tone(52.4, n, -1)
    x = np.stack([a + 0.1 * b, 0.3 * b])
    found = Peaks(count=2)(Signal(samples=x, rate=float(n)))
    np.testing.assert_allclose(found.table["frequency"], [50.3, 52.4], atol=1e-6)
    np.testing.assert_allclose(found.table["amplitude"], [[1, 0], [0.1, 0.3]], atol=1e-6)
    np.testing.assert_allclose(found.table["energy"], [np.sum(a**2), np.sum(b**2) * 0.1], rtol=1e-6)
    assert found.proof.holds


@pytest.mark.parametrize("method", [Peaks(count=2), Esprit(order=2)])
def test_complex_tones_keep_their_sign(method):
    t = np.arange(200)
    x = np.exp(2j * np.pi * -20.3 * t / 200) + 0.5j * np.exp(2j * np.pi * 33.7 * t / 200)
    found = method(Grid(values=x, scale="complex"))
    np.testing.assert_allclose(found.table["frequency"] * 200, [-20.3, 33.7], atol=1e-6)
    np.testing.assert_allclose(found.table["phase"], [0, np.pi / 2], atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("order", [2, None])
def test_esprit_separates_tones_a_third_of_a_bin_apart(seed, order):
    rng = np.random.default_rng(seed)
    n, first = 512, rng.uniform(20, 200)
    x = tone(first, n, rng.uniform(-3, 3)) + tone(first + 0.3, n, rng.uniform(-3, 3))
    x += 0.01 * np.sqrt(np.mean(x**2)) * rng.standard_normal(n)  # 40 dB
    found = Esprit(order=order)(Signal(samples=x, rate=float(n)))
    assert len(found) == 2
    np.testing.assert_allclose(found.table["frequency"], [first, first + 0.3], atol=0.05)
    assert found.proof.relative < 1e-13


@pytest.mark.parametrize("tones", range(5))
def test_esprit_counts_tones(tones):
    rng = np.random.default_rng(tones)
    x = sum((tone(20.3 + 31 * k, 400, k) for k in range(tones)), np.zeros(400)) + 0.1 * rng.standard_normal(400)
    assert len(Esprit()(Signal(samples=x, rate=400.0))) == tones


def test_long_signals_are_fitted_as_a_whole():
    n = 20_000
    x = tone(1000.4, n, 1.0) + 0.3 * tone(2500.2, n) + 0.1 * np.random.default_rng(0).standard_normal(n)
    for method in (Peaks(count=2), Esprit()):
        found = method(Signal(samples=x, rate=float(n)))
        np.testing.assert_allclose(found.table["frequency"], [1000.4, 2500.2], atol=0.02)


@given(st.integers(0, 3000), st.integers(0, 99), st.sampled_from(["float32", "float64"]))
def test_synthesis_is_the_sum_of_cosines(n, seed, dtype):
    rng = np.random.default_rng(seed)
    count = seed % 70
    hertz, size, angle = rng.uniform(-4000, 4000, count), rng.random(count), rng.uniform(-3, 3, count)
    made = synthesize(hertz, size, angle, n, 8000.0, dtype=dtype)
    wanted = size @ np.cos(2 * np.pi * np.outer(hertz, np.arange(n) / 8000) + angle[:, None])
    assert made.shape == (n,)
    assert made.dtype == dtype
    np.testing.assert_allclose(made, wanted, atol=1e-9 if dtype == "float64" else 1e-5)


def test_synthesis_stays_true_over_ten_million_samples():
    from fractions import Fraction

    n, rate, hertz, angle = 10_000_000, 48_000.0, np.array([19_999.937, 440.0, 0.01]), np.array([0.3, 1.0, -2.0])
    made = synthesize(hertz, 1.0, angle, n, rate)
    rng = np.random.default_rng(0)
    at = np.concatenate([rng.integers(0, n, 2000), [n - 1]])
    # The phase in whole fractions, so that the reference does not lose the digits that are in question.
    turns = [[float(Fraction(f / rate) * int(t) % 1) for t in at] for f in hertz]
    wanted = np.cos(2 * np.pi * np.array(turns) + angle[:, None]).sum(axis=0)
    assert np.abs(made[at] - wanted).max() < 1e-13
    single = synthesize(hertz, 1.0, angle, n, rate, dtype="float32")
    assert np.abs(single[at] - wanted).max() < 1e-6


def test_wrong_lists_are_refused():
    for arguments, words in [
        (([1.0, 2.0], [1.0, 2.0, 3.0]), "one amplitude per frequency: 3 for 2"),
        (([1.0], 1.0, [1.0, 2.0]), "one phase per frequency"),
        (([np.nan],), "finite"),
        (([5.0], 1.0, 0.0, 4, 8.0), "5 Hz at rate 8 would sound as 3 Hz"),
        (([1.0], 1.0, 0.0, -1, 8.0), "0 or more"),
        (([1.0], 1.0, 0.0, 4.5, 8.0), "n must be a whole number"),
        (([1.0], 1.0, 0.0, 4, 0.0), "above 0"),
        (([1.0], 1.0, 0.0, 4, "8"), "rate must be a number"),
        ((["low"],), "frequency must be real numbers"),
        (([1.0], 1j), "amplitude must be real numbers"),
    ]:
        with pytest.raises(ConfigError, match=words):
            synthesize(*arguments)
    with pytest.raises(ConfigError, match="float16"):
        synthesize([0.1], n=4, dtype="float16")
    with pytest.raises(DataError, match="do not fit into memory: n 100,000,000,000,000"):
        synthesize([0.1], n=10**14)


@pytest.mark.filterwarnings("error")
def test_more_tones_than_the_samples_can_tell_apart():
    for seed in range(5):
        x = np.random.default_rng(seed).standard_normal(64)
        found = Peaks(count=64)(Signal(samples=x, rate=64.0))
        assert found.proof.relative < 1e-13
        assert np.isfinite(found.table["frequency"]).all()
        assert np.linalg.norm(found.residual) < 0.1 * np.linalg.norm(x)

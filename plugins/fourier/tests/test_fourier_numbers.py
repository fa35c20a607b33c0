"""Sinusoids whose sum is the signal: exactness, amplitudes, energies, selections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_fourier import Bands, Dft, Esprit, Peaks

from jackfield import Axis, ConfigError, DataError, Decomposition, Grid, Signal


def dft(x: np.ndarray, axis: int = -1, **parameters: object) -> Decomposition:
    scale = "complex" if np.iscomplexobj(x) else "linear"
    return Dft(axis=axis, **parameters)(Grid(values=x, scale=scale))


def adds_up(whole: Decomposition, x: np.ndarray, limit: float = 1e-13) -> None:
    total = sum(part.astype(np.result_type(part, np.float64)) for part in whole)
    assert np.abs(total - x).max() <= limit * np.abs(x).max()
    assert whole.proof.holds, whole.proof
    assert whole.proof.relative <= limit
    assert np.abs(whole.sum() - x).max() <= limit * np.abs(x).max()


@pytest.mark.parametrize("shape", [(256, 64), (255, 63), (31, 4, 9)])
def test_every_axis_adds_up(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    for axis in range(-len(shape), len(shape)):
        whole = dft(x, axis)
        assert len(whole) == 1 + shape[axis] // 2
        assert whole.component(0).shape == shape
        assert whole.table["amplitude"].shape == (len(whole), *np.delete(shape, axis))
        adds_up(whole, x)
    assert len(dft(np.zeros((256, 64)), 0)) == 129


@pytest.mark.parametrize("n", [65_536, 16_385])
def test_every_component_of_a_long_signal_adds_up(n):
    x = np.random.default_rng(n).standard_normal(n)
    assert dft(x).proof.relative <= 1e-13


@given(st.integers(1, 300), st.integers(0, 99), st.booleans())
def test_any_length_adds_up(n, seed, real):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n) if real else rng.standard_normal(n) + 1j * rng.standard_normal(n)
    whole = dft(x)
    assert len(whole) == (1 + n // 2 if real else n)
    adds_up(whole, x)
    np.testing.assert_allclose(whole.table["energy"].sum(), np.sum(np.abs(x) ** 2), rtol=1e-12)
    for k in {0, n // 2, len(whole) - 1}:
        np.testing.assert_allclose(np.sum(np.abs(whole.component(k)) ** 2), whole.table["energy"][k], atol=1e-12 * n)


@given(st.integers(1, 200), st.integers(0, 99), st.booleans())
def test_single_precision_adds_up_in_its_own_precision(n, seed, real):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, n)).astype(np.float32)
    x = x if real else (x + 1j * rng.standard_normal((2, n))).astype(np.complex64)
    whole = dft(x)
    assert {part.dtype for part in whole} == {x.dtype}
    adds_up(whole, x, 1e-5)


@settings(deadline=None)
@given(st.integers(2, 200), st.integers(0, 99), st.integers(1, 20), st.floats(0.01, 1), st.floats(0.01, 0.5))
def test_any_choice_and_its_residual_add_up(n, seed, top, energy, edge):
    x = np.random.default_rng(seed).standard_normal((n, 2))
    whole = dft(x, 0)
    bands = [(0.0, edge / 2), (edge / 2, edge)]
    for some in (whole.components(top=top), whole.components(energy=energy), whole.components(bands=bands)):
        adds_up(some, x)
        assert [*some][-1] is some.residual
        share = np.sum(some.residual**2) + some.table["energy"].sum()
        np.testing.assert_allclose(share, np.sum(x**2), rtol=1e-10)
    kept = whole.components(energy=energy).table["energy"]
    assert kept.sum() >= energy * np.sum(x**2) * (1 - 1e-9)
    assert len(kept) == 1 or kept[:-1].sum() < energy * np.sum(x**2)


def test_amplitudes_and_phases_are_those_of_the_cosines():
    n = np.arange(64)
    x = 3 + 2 * np.cos(2 * np.pi * 5 * n / 64 + 0.7) + 1.5 * np.cos(np.pi * n)
    table = dft(x).table
    np.testing.assert_allclose(table["amplitude"][[0, 5, 32]], [3, 2, 1.5], rtol=1e-14)
    np.testing.assert_allclose(table["phase"][[0, 5, 32]], [0, 0.7, 0], atol=1e-14)
    np.testing.assert_allclose(table["frequency"], np.arange(33) / 64, rtol=1e-15)
    np.testing.assert_allclose(table["energy"][[0, 5, 32]], [9 * 64, 2 * 64, 2.25 * 64], rtol=1e-14)
    assert np.delete(table["amplitude"], [0, 5, 32]).max() < 1e-14


def test_odd_lengths_have_no_alternating_component():
    whole = dft(np.random.default_rng(1).standard_normal(9))
    np.testing.assert_allclose(whole.table["frequency"], np.arange(5) / 9)
    assert whole.table["energy"][-1] == pytest.approx(4.5 * whole.table["amplitude"][-1] ** 2)


def test_complex_input_has_signed_frequencies():
    t = np.arange(16)
    whole = dft(np.exp(2j * np.pi * -3 * t / 16 + 0.2j))
    k = int(whole.table["energy"].argmax())
    assert whole.table["frequency"][k] == -3 / 16
    assert whole.table["amplitude"][k] == pytest.approx(1)
    assert whole.table["phase"][k] == pytest.approx(0.2)


def test_signals_keep_rate_and_channels():
    x = np.random.default_rng(2).standard_normal((2, 100)).astype(np.float32)
    whole = Dft(top=3)(Signal(samples=x, rate=49.0))
    assert whole.shape == (2, 100)
    assert len(whole) == 3
    assert whole.history[-1] == "dft"
    grid = Grid(values=x, axes=(Axis("channel"), Axis("time", "s", 0.0, 1 / 49)))
    assert np.array_equal(Dft(top=3)(grid).table["frequency"], whole.table["frequency"])


@pytest.mark.parametrize("transform", [Dft(), Bands(), Peaks(), Esprit()])
def test_what_cannot_be_decomposed_is_refused(transform):
    for values, words in [(np.zeros((2, 0)), "nothing"), (np.array([0, np.nan, np.inf]), "2 are NaN")]:
        with pytest.raises(DataError, match=words):
            transform(Grid(values=values))
    for large in (np.full(8, 1e308), np.array([1e308, -1e308]), np.full(8, 1e200), np.full(8, 1e38, np.float32)):
        with pytest.raises(DataError, match="too large to be squared"):
            transform(Grid(values=large))
    loud = transform(Grid(values=np.random.default_rng(0).normal(0, 1e20, 50).astype(np.float32)))
    assert np.isfinite(loud.table["energy"]).all()
    assert loud.proof.holds
    with pytest.raises(DataError, match="decibels"):
        transform(Grid(values=np.zeros(4), scale="db"))
    with pytest.raises(DataError, match="no axis 3"):
        type(transform)(axis=3)(Grid(values=np.zeros(4)))
    assert type(transform).exact is isinstance(transform, Dft | Bands)


@pytest.mark.parametrize("edges", [(100.0, 50.0), (50.0, 50.0), (-1.0, 50.0), (0.0, float("nan"))])
def test_edges_rise(edges):
    with pytest.raises(ConfigError, match="edges must rise from 0 or more"):
        Bands(edges=edges)


def test_top_and_energy_exclude_each_other():
    with pytest.raises(ConfigError, match="not both"):
        Dft(top=1, energy=0.5)


@pytest.mark.parametrize("transform", [Dft(), Bands(), Peaks(), Esprit()])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_a_few_samples_are_enough(transform, n):
    x = np.random.default_rng(n).standard_normal((2, n))
    adds_up(transform(Signal(samples=x, rate=8.0)), x)


@pytest.mark.parametrize("transform", [Dft(), Bands(), Peaks(), Esprit()])
@pytest.mark.parametrize("x", [np.zeros(64), np.ones(64), np.resize([1.0, -1.0], 64)], ids=["0", "1", "±1"])
def test_silence_constants_and_alternation(transform, x):
    whole = transform(Signal(samples=x, rate=8.0))
    assert whole.proof.holds
    if x.any():
        strongest = int(whole.table["energy"].argmax())
        assert whole.table["energy"][strongest] == pytest.approx(64)
        assert whole.table["frequency"][strongest] == pytest.approx(0 if x[1] == 1 else 4, abs=1e-12)


def test_default_bands_are_octaves():
    x = np.random.default_rng(4).standard_normal(1000)
    whole = Bands()(Signal(samples=x, rate=1024.0))
    assert whole.residual is None
    assert len(whole) == 8
    assert np.all(np.diff(whole.table["frequency"]) > 0)
    assert np.isnan(whole.table["phase"]).all()
    np.testing.assert_allclose(whole.table["energy"].sum(), np.sum(x**2))
    adds_up(whole, x[None])


def test_bands_share_no_bin_and_leave_the_rest():
    x = np.random.default_rng(5).standard_normal(1000)
    whole = Bands(edges=(100.0, 200.0, 300.0))(Signal(samples=x, rate=1000.0))
    for part, (low, high) in zip(whole, [(100, 200), (200, 300)], strict=False):
        found = np.flatnonzero(np.abs(np.fft.rfft(part[0])) > 1e-9)
        assert (found.min(), found.max()) == (low, high - 1)
    adds_up(whole, x[None])

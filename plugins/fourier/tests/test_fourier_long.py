"""Long transforms in two sets of short ones give what one transform gives."""

import numpy as np
import pytest
from jackfield_fourier import Dft, _fft

from jackfield import Grid


@pytest.mark.parametrize(("a", "b"), [(2, 2), (3, 2), (5, 8), (8, 4), (64, 64), (81, 50)])
@pytest.mark.parametrize("lanes", [(), (3,)])
@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_split_transforms(a, b, lanes, dtype, limit):
    x = np.random.default_rng(a).standard_normal((*lanes, a * b)).astype(dtype)
    wanted = np.fft.rfft(x.astype(np.float64))
    found = _fft._long_forward(x, b)
    assert found.dtype == np.result_type(dtype, np.complex64)
    np.testing.assert_allclose(found, wanted, atol=limit * np.abs(wanted).max())
    back = _fft._long_backward(found, a * b, b)
    assert back.dtype == dtype
    np.testing.assert_allclose(back, x, atol=limit * np.abs(x).max())


def test_factors_are_near_the_root_or_none_at_all():
    assert _fft._split(1_000_000) == 1000
    assert _fft._split(600_000) == 800
    assert _fft._split(2 * 299_993) == 0, "twice a prime"
    assert _fft._split(999_999) == 0, "odd"


@pytest.mark.parametrize("n", [600_000, 600_001])
@pytest.mark.parametrize("real", [True, False])
def test_long_signals_go_there_and_back(n, real):
    rng = np.random.default_rng(n)
    x = rng.standard_normal(n) if real else rng.standard_normal(n) + 1j * rng.standard_normal(n)
    whole = Dft()(Grid(values=x, scale="linear" if real else "complex"))
    assert np.abs(whole.sum() - x).max() <= 1e-13 * np.abs(x).max()
    some = whole.components(top=3)
    assert some.proof.holds
    assert some.proof.relative <= 1e-13
    np.testing.assert_allclose(whole.table["energy"].sum(), np.sum(np.abs(x) ** 2), rtol=1e-12)

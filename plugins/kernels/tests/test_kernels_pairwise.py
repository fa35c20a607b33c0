"""Euclidean distances: every level against SciPy, and the promises of the docstring."""

import numpy as np
import pytest
from jackfield_kernels import euclidean, euclidean_all
from scipy.spatial.distance import pdist


def normal(items, values, seed=0):
    return np.random.default_rng(seed).normal(size=(items, values))


@pytest.mark.parametrize("values", [1, 2, 40, 255, 256, 257, 1000])
@pytest.mark.parametrize("items", [1, 2, 31, 32, 33, 64, 130])
def test_against_scipy(level, items, values):
    x = normal(items, values)
    i, j = np.triu_indices(items, 1)
    some = euclidean(x, i, j)
    np.testing.assert_allclose(some, pdist(x), rtol=1e-13)
    np.testing.assert_allclose(euclidean(x, i, j, squared=True), pdist(x, "sqeuclidean"), rtol=1e-13)
    assert euclidean_all(x).tobytes() == some.astype(np.float32).tobytes()
    np.testing.assert_allclose(euclidean_all(x, squared=True), pdist(x, "sqeuclidean"), rtol=1e-6)


def test_a_pair_depends_neither_on_the_others_nor_on_the_order(level):
    x = normal(150, 300)
    i, j = np.triu_indices(150, 1)
    every = euclidean(x, i, j)
    some = np.random.default_rng(1).permutation(i.size)[:500]
    assert euclidean(x, i[some], j[some]).tobytes() == every[some].tobytes()
    assert euclidean(x, j[some], i[some]).tobytes() == every[some].tobytes()
    assert euclidean(x[20:90], np.array([3]), np.array([60])) == euclidean(x, np.array([23]), np.array([80]))
    assert euclidean_all(x, threads=2).tobytes() == euclidean_all(x).tobytes()


def test_nearly_equal_items_are_compared_directly(level):
    # what |a|² + |b|² − 2ab makes of them in float32
    a = (10 + normal(50, 40)).astype(np.float32)
    x = np.concatenate([a, a + np.float32(1e-5)])
    k = np.arange(50)
    true = np.sqrt(np.square(x[50:].astype(float) - x[:50]).sum(axis=1))
    norms = np.square(x).sum(axis=1)
    trick = np.sqrt(np.maximum(norms[:50] + norms[50:] - 2 * (x[:50] * x[50:]).sum(axis=1), 0))
    assert np.abs(trick / true - 1).max() > 10
    np.testing.assert_allclose(euclidean(x, k, k + 50), true, rtol=1e-13)


def test_equal_items_are_at_exactly_zero_and_nothing_is_below(level):
    x = np.repeat(normal(40, 33).astype(np.float32) * 1e3, 3, axis=0)
    every = euclidean_all(x)
    i, j = np.triu_indices(120, 1)
    assert ((every == 0) == (i // 3 == j // 3)).all()
    assert (every >= 0).all()
    assert (euclidean(x, np.arange(120), np.arange(120), squared=True) == 0).all()


def test_nan_concerns_its_own_pairs_only(level):
    x = normal(70, 5)
    x[3, 2] = np.nan
    i, j = np.triu_indices(70, 1)
    assert (np.isnan(euclidean_all(x)) == ((i == 3) | (j == 3))).all()


@pytest.mark.parametrize("items", [0, 1])
def test_nothing_to_compare(level, items):
    assert euclidean_all(np.zeros((items, 4))).shape == (0,)
    assert euclidean(np.zeros((items, 4)), [], []).shape == (0,)
    assert euclidean_all(np.zeros((3, 0))).tolist() == [0.0] * 3


def test_wrong_arguments_are_refused(level):
    x = normal(4, 3)
    for fault, work in {
        "items, values": lambda: euclidean_all(x[0]),
        "real numbers": lambda: euclidean_all(x + 1j),
        "below 4": lambda: euclidean(x, [0], [4]),
        "pairs": lambda: euclidean(x, [0, 1], [1]),
        "threads": lambda: euclidean_all(x, threads=0),
    }.items():
        with pytest.raises(ValueError, match=fault):
            work()

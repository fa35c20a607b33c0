"""Resizing by taps: the twin against plain sums, every level against the twin, and what is refused."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jackfield_kernels import resize_twin, separable


def random_taps(rng, n, m, width, zeros, dtype):
    """Taps of a random width anywhere on an axis, some of them all alike, some with weights of 0."""
    width = min(width, n)
    start = rng.integers(0, n - width + 1, m)
    weights = rng.normal(size=(m, width))
    if zeros == "none":
        weights = np.full((m, width), 1 / width)
    elif zeros == "ends":
        weights = np.where(np.arange(width) < rng.integers(1, width + 1, m)[:, None], 1 / width, 0)
    elif zeros == "some":
        weights = np.where(rng.random((m, width)) < 0.3, 0, weights)
    return start.astype(np.int64), np.ascontiguousarray(weights, dtype)


def by_sums(x, axis, start, weights):
    """Every output by itself."""
    rows = np.moveaxis(x.astype(np.float64), axis, -1)
    out = [
        sum((w * rows[..., a + k] for k, w in enumerate(row) if w), np.zeros(rows.shape[:-1]))
        for a, row in zip(start, weights.astype(np.float64), strict=True)
    ]
    return np.moveaxis(np.stack(out, axis=-1), -1, axis)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    long=st.sampled_from([0, 0, 40, 130]),
    seed=st.integers(0, 10_000),
    zeros=st.sampled_from(["none", "ends", "some", "random"]),
    dtype=st.sampled_from(["f4", "f8"]),
    threads=st.integers(1, 2),
    nan=st.booleans(),
)
def test_sums_of_neighbours(level, shape, long, seed, zeros, dtype, threads, nan):
    rng = np.random.default_rng(seed)
    shape = [*shape[:-1], shape[-1] + long]
    x = rng.normal(size=shape).astype(dtype)
    if nan:
        x.flat[rng.integers(x.size)] = np.nan
    taps = [random_taps(rng, n, *rng.integers(1, (12, 50)), zeros, dtype) for n in shape]
    taps = [None if rng.random() < 0.3 else tap for tap in taps]
    expected, terms = x, np.abs(x)
    for axis, tap in enumerate(taps):
        if tap is not None:
            expected, terms = by_sums(expected, axis, *tap), by_sums(terms, axis, tap[0], np.abs(tap[1]))
    result = separable(x, taps, threads=threads)
    assert (result.dtype, result.shape) == (x.dtype, expected.shape)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    # a sum that cancels errs by roundings of its terms, not of itself
    assert not np.any(np.abs(result - expected) > 16 * np.finfo(dtype).eps * terms)


def test_long_rows_are_shared_out_in_parts(level):
    x = np.random.default_rng(0).normal(size=(3, 3_000_000)).astype("f4")
    start = np.arange(100_000) * 30
    thirds = start, np.full((100_000, 30), 1 / 30, "f4")
    one, two = (separable(x, [None, thirds], threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one, x.reshape(3, -1, 30).mean(2), atol=1e-6)


@pytest.mark.parametrize("n", [20_000, 480_000, 480_001])
@pytest.mark.parametrize("uneven", [False, True])
def test_long_sums_stay_exact(level, n, uneven):
    """Tenths round up more often than down, or down more often than up, while a sum of them is in one binade."""
    x = np.full(n, 0.1, "f4")
    weights = np.full((1, n), 1 / 4096, "f4")
    if uneven:
        weights[0, 0] = 0.5
    exact = float(x[0]) * weights.sum(dtype=np.float64)
    start = np.zeros(1, np.int64)
    across = separable(x, [(start, weights)])[0]
    down = separable(np.stack([x, 2 * x], axis=1), [(start, weights), None])[0]
    np.testing.assert_allclose([across, *(down / [1, 2])], exact, rtol=1e-6)


def test_the_last_elements_are_reached_but_not_passed(level):
    """An array that ends where memory ends: the taps of its last outputs are as wide as taps get."""
    for n in (1, 5, 15, 16, 17, 31, 33, 64):
        for width in {1, min(n, 9), min(n, 17), n}:
            x = np.arange(2.0 * n, dtype="f4").reshape(2, n)
            start = np.array([0, n - width], np.int64)
            weights = np.ones((2, width), "f4")
            weights[1, 0] = 2
            expected = by_sums(x, 1, start, weights)
            np.testing.assert_array_equal(separable(x, [None, (start, weights)]), expected)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8"])
def test_picking_takes_any_dtype(level, dtype):
    x = np.arange(24).reshape(4, 6).astype(dtype)
    rows, columns = np.array([3, 0, 0]), np.array([5, 5, 1, 0])
    taps = [(rows, np.ones((3, 1), "f4")), (columns, np.ones((4, 1), "f4"))]
    result = separable(x, taps)
    assert result.dtype == x.dtype
    np.testing.assert_array_equal(result, x[rows][:, columns])


def test_views_are_taken_and_results_are_new(level):
    x = np.random.default_rng(0).normal(size=(6, 8))
    halves = np.arange(3) * 2, np.full((3, 2), 0.5)
    view = x[::-1, ::2].T
    np.testing.assert_array_equal(separable(view, [None, halves]), separable(view.copy(), [None, halves]))
    same = separable(x, [None, None])
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)


@pytest.mark.parametrize(
    ("start", "width", "words"),
    [
        ([0, 5], 2, "taps from 0 to 7 on an axis of 6"),
        ([-1, 0], 2, "taps from -1"),
        ([[0]], 2, "start"),
        ([], 2, "start"),
    ],
)
def test_taps_that_do_not_fit(level, start, width, words):
    start = np.array(start, np.int64)
    with pytest.raises(ValueError, match=words):
        separable(np.zeros(6), [(start, np.ones((len(start), width)))])
    with pytest.raises(ValueError, match="one entry of taps per axis"):
        separable(np.zeros(6), [None, None])
    with pytest.raises(ValueError, match="int64"):
        separable(np.zeros(6), [(np.zeros(2, np.int32), np.ones((2, 1)))])


def test_the_twin_goes_the_shorter_way_round():
    x = np.random.default_rng(0).normal(size=(2, 500))
    for m in (3, 499):
        taps = random_taps(np.random.default_rng(1), 500, m, 300, "some", "f8")
        np.testing.assert_allclose(resize_twin.along(x, 1, *taps), by_sums(x, 1, *taps), atol=1e-12)

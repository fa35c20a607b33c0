"""Warping: every level against plain loops and librosa, and the promises of its docstring."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jackfield_kernels import dtw
from jackfield_kernels.dtw_twin import rows_open

LENGTHS = [(1, 1), (1, 6), (2, 2), (5, 70), (16, 16), (17, 31), (90, 111), (130, 64)]
RELATIVE = {np.float32: 2e-6, np.float64: 1e-12}


def normal(rows, columns=3, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(dtype)


def one(a, b, band=None):
    cost, cells = dtw([a, b], [0], [1], band=band)
    return cost[0], cells[0]


def cell_by_cell(a, b, band=None):
    """Cost and fewest cells of the cheapest path, in float64."""
    a, b = (a, b) if len(a) <= len(b) else (b, a)
    a, b = a.astype(float), b.astype(float)
    limits = rows_open(len(a), len(b), band)
    best = {(-1, -1): (0.0, 0)}
    for i, j in np.ndindex(len(a), len(b)):
        if limits[i + j, 0] <= i <= limits[i + j, 1]:
            before = min(best.get(p, (np.inf, 0)) for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1)))
            best[i, j] = before[0] + np.sqrt(np.square(a[i] - b[j]).sum()), before[1] + 1
    return best[len(a) - 1, len(b) - 1]


@pytest.mark.parametrize("band", [None, 0.01, 0.1, 0.4, 1.0])
@pytest.mark.parametrize(("n", "m"), LENGTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_against_plain_loops(level, dtype, n, m, band):
    a, b = normal(n, seed=1, dtype=dtype), normal(m, seed=2, dtype=dtype)
    cost, cells = cell_by_cell(a, b, band)
    assert one(a, b, band) == (pytest.approx(cost, rel=RELATIVE[dtype]), cells)


@pytest.mark.parametrize(("n", "m"), LENGTHS)
def test_against_librosa(level, n, m):
    from librosa.sequence import dtw as peer

    a, b = normal(n, 12, 1), normal(m, 12, 2)
    accumulated, path = peer(a.T.astype(float), b.T.astype(float))
    assert one(a, b) == (pytest.approx(accumulated[-1, -1], rel=2e-6), len(path))


WHOLE = st.integers(-3, 3).map(float)


def sequences(longest=40):
    return st.integers(1, longest).flatmap(lambda n: arrays(np.float32, (n, 1), elements=WHOLE))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences(), sequences(), st.none() | st.floats(0.01, 1))
def test_ties_take_the_shortest_path(level, a, b, band):
    # distances of whole numbers add up without rounding, so that ties are ties
    assert one(a, b, band) == cell_by_cell(a, b, band)
    assert one(a, b, band) == one(b, a, band)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences(9), st.lists(st.integers(1, 4), min_size=9, max_size=9))
def test_rows_that_last_longer_cost_nothing(level, a, lengths):
    slow = np.repeat(a, lengths[: len(a)], axis=0)
    assert one(a, slow) == (0.0, len(slow))


@pytest.mark.parametrize("band", [None, 0.2])
def test_a_pair_does_not_depend_on_the_others(level, band):
    some = [normal(20 + 7 * k % 50, seed=k) for k in range(20)]
    i, j = np.triu_indices(20, 1)
    cost, cells = dtw(some, i, j, band=band)
    alone = [one(some[a], some[b], band) for a, b in zip(i, j, strict=True)]
    assert [*zip(cost, cells, strict=True)] == alone
    mixed = [one(some[b], some[a], band) for a, b in zip(i, j, strict=True)]
    assert mixed == alone
    spoilt = [*some, np.full((3, 3), 1e30, np.float32), np.full((3, 3), np.nan, np.float32)]
    assert dtw(spoilt, [*i, 0], [*j, 20], band=band)[0][:-1].tobytes() == cost.tobytes()
    assert dtw(some, i, j, band=band, threads=2)[0].tobytes() == cost.tobytes()


def test_nearly_equal_rows_are_compared_directly(level):
    a = 100 + normal(200, 20)
    b = a + np.float32(1e-4)
    direct = np.sqrt(np.square(b.astype(float) - a).sum(axis=1)).sum()
    assert one(a, b) == (pytest.approx(direct, rel=1e-5), 200)
    assert one(a, a) == (0.0, 200)


def test_what_cannot_be_compared_is_nan(level):
    good, empty, infinite = normal(3), np.zeros((0, 3), np.float32), np.full((2, 3), np.inf, np.float32)
    cost, cells = dtw([good, empty, infinite, good * np.nan], [0, 0, 0, 1, 0], [1, 2, 3, 1, 0])
    assert np.isnan(cost).tolist() == [True] * 4 + [False]
    assert cells.tolist() == [0, 0, 0, 0, 3]


def test_values_whose_squares_leave_float32(level):
    huge = np.array([[3e30], [0]], np.float32)
    assert one(huge, 0 * huge)[0] == pytest.approx(3e30, rel=1e-6)


def test_no_columns_and_no_pairs(level):
    assert one(np.zeros((4, 0)), np.zeros((6, 0))) == (0.0, 6)
    assert dtw([], [], [])[0].shape == (0,)


def test_memory_grows_with_the_lengths_alone(level):
    long = normal(9000, 1)
    cost, cells = one(long, long[:-40], band=0.005)
    assert np.isfinite(cost)
    assert 9000 <= cells < 18_000


def test_wrong_arguments_are_refused(level):
    a = normal(4)
    for wrong in ([a, a.astype(float)], [a.astype(int)] * 2):
        with pytest.raises(TypeError, match="float32 or all float64"):
            dtw(wrong, [0], [1])
    for fault, (given_, i, options) in {
        "columns all the same": ([a, normal(4, 2)], [1], {}),
        "below 2": ([a, a], [2], {}),
        "band": ([a, a], [1], {"band": 1.5}),
        "threads": ([a, a], [1], {"threads": 0}),
        "cannot be warped": ([a, np.zeros((1 << 23, 3), np.float32)], [1], {}),
    }.items():
        with pytest.raises(ValueError, match=fault):
            dtw(given_, [0], i, **options)

"""Euclidean, cosine and DTW: against oracles, and the properties that they declare."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jackfield_distances import Cosine, Dtw, Euclidean

from jackfield import ConfigError, DataError, Features
from jackfield.testing import check_component

COSINE, DTW, EUCLIDEAN = Cosine(), Dtw(), Euclidean()


def features(values):
    values = np.asarray(values)
    return Features(values=values, names=tuple(f"c{k}" for k in range(values.shape[1])))


def normal(rows, columns=5, seed=0):
    return features(np.random.default_rng(seed).normal(0, 1, (rows, columns)).astype(np.float32))


VALUES = st.floats(-100, 100, width=32)
ITEM = arrays(np.float32, (3, 4), elements=VALUES).map(features)


def sequences(columns=2, longest=9):
    return st.integers(1, longest).flatmap(lambda n: arrays(np.float32, (n, columns), elements=VALUES)).map(features)


@settings(deadline=None)
@given(ITEM, ITEM)
def test_against_scipy(a, b):
    from scipy.spatial.distance import cosine, euclidean

    x, y = a.values.astype(np.float64).ravel(), b.values.astype(np.float64).ravel()
    assert EUCLIDEAN(a, b).distance == pytest.approx(euclidean(x, y), rel=1e-12)
    if np.abs(x).max() > 1e-6 and np.abs(y).max() > 1e-6:
        assert COSINE(a, b).distance == pytest.approx(cosine(x, y), abs=1e-12)


@settings(deadline=None)
@given(ITEM, ITEM, ITEM)
def test_declared_properties(a, b, c):
    for distance in (EUCLIDEAN, COSINE, DTW):
        ab, ba = distance(a, b).distance, distance(b, a).distance
        assert np.isnan(ab) or ab >= 0
        np.testing.assert_equal(ab, ba)
        assert distance(a, a).distance in (0.0, pytest.approx(np.nan, nan_ok=True))
    assert EUCLIDEAN(a, c).distance <= EUCLIDEAN(a, b).distance + EUCLIDEAN(b, c).distance + 1e-9


@pytest.mark.parametrize("distance", [EUCLIDEAN, COSINE])
@pytest.mark.parametrize("columns", [1, 3, 20, 257, 9001])
def test_a_pair_does_not_depend_on_the_others(distance, columns):
    items = [normal(2, columns, seed) for seed in range(40)]
    i, j = np.triu_indices(40, 1)
    together = distance.pairs(items, i, j)["distance"]
    alone = np.array([distance.compare(items[p], items[q]).distance for p, q in zip(i, j, strict=True)])
    assert together.tobytes() == alone.tobytes()
    some = np.random.default_rng(1).permutation(len(i))[:33]
    assert distance.pairs(items, i[some], j[some])["distance"].tobytes() == together[some].tobytes()


def test_large_items_are_computed_in_parts():
    items = [normal(1, 300_000, seed) for seed in range(5)]
    i, j = np.triu_indices(5, 1)
    together = EUCLIDEAN.pairs(items, i, j)["distance"]
    np.testing.assert_allclose(
        together, [np.linalg.norm(items[p].values - items[q].values) for p, q in zip(i, j, strict=True)], rtol=1e-5
    )


def test_only_the_items_of_the_pairs_must_fit_each_other():
    items = [normal(1), normal(1, seed=1), normal(7)]
    assert EUCLIDEAN.pairs(items, np.array([0]), np.array([1]))["distance"].shape == (1,)
    assert EUCLIDEAN.pairs(items, np.zeros(0, np.int64), np.zeros(0, np.int64))["distance"].shape == (0,)


def test_zeros_have_no_direction():
    zeros = features(np.zeros((1, 5), np.float32))
    assert np.isnan(COSINE(zeros, zeros).distance)
    assert np.isnan(COSINE(normal(1), zeros).distance)
    assert EUCLIDEAN(zeros, zeros).distance == 0.0


@pytest.mark.parametrize("distance", [EUCLIDEAN, COSINE, DTW])
def test_nan_stays_undefined(distance):
    broken = features(np.full((2, 5), np.nan, np.float32))
    assert np.isnan(distance(broken, normal(2)).distance)


@pytest.mark.parametrize(("distance", "name"), [(EUCLIDEAN, "euclidean"), (COSINE, "cosine")])
def test_rows_must_be_equally_many(distance, name):
    with pytest.raises(DataError, match=f"{name} compares features with equally many rows: 4 and 6 rows; pool .* dtw"):
        distance(normal(6), normal(4))


@pytest.mark.parametrize("distance", [EUCLIDEAN, COSINE, DTW])
def test_columns_must_be_the_same(distance):
    with pytest.raises(DataError, match="same columns: 3 and 5 columns"):
        distance(normal(2, 3), normal(2, 5))


@pytest.mark.parametrize("distance", [EUCLIDEAN, COSINE, DTW])
def test_columns_must_be_called_the_same(distance):
    a, b = (Features(values=np.ones((1, 2)), names=("level", name)) for name in ("pitch", "width"))
    with pytest.raises(DataError, match="same columns: pitch and width; compute them with the same step"):
        distance(a, b)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (6, 1), (2, 2), (20, 20), (13, 40), (90, 31)])
def test_dtw_costs_what_librosa_says(n, m):
    from jackfield_distances._warping import cheapest, row_distances
    from librosa.sequence import dtw

    a, b = normal(n, 12, 1), normal(m, 12, 2)
    accumulated, path = dtw(a.values.T.astype(np.float64), b.values.T.astype(np.float64))
    costs = row_distances(a.values.astype(np.float64), b.values.astype(np.float64))
    cost, cells = cheapest(costs if n <= m else costs.T)
    assert cost == pytest.approx(accumulated[-1, -1], abs=1e-6)
    assert cells == len(path)
    assert DTW(a, b).distance == pytest.approx(accumulated[-1, -1] / len(path), abs=1e-6)


def slow_dtw(costs):
    """Cost and fewest cells of the cheapest path, cell by cell."""
    best = {(-1, -1): (0.0, 0)}
    for i, j in np.ndindex(costs.shape):
        before = min(best.get(p, (np.inf, 0)) for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1)))
        best[i, j] = (before[0] + costs[i, j], before[1] + 1)
    return best[costs.shape[0] - 1, costs.shape[1] - 1]


@settings(deadline=None)
@given(sequences(), sequences(), st.none() | st.floats(0.01, 1))
def test_dtw_against_the_cell_by_cell_twin(a, b, band):
    from jackfield_distances._warping import row_distances, within_band

    if len(a.values) > len(b.values):
        a, b = b, a
    costs = row_distances(a.values.astype(np.float64), b.values.astype(np.float64))
    cost, cells = slow_dtw(within_band(costs, band) if band else costs)
    assert np.isfinite(cost)
    assert Dtw(band=band)(a, b).distance == pytest.approx(cost / cells, rel=1e-12, abs=1e-12)


@settings(deadline=None)
@given(sequences(), st.lists(st.integers(1, 4), min_size=9, max_size=9))
def test_dtw_forgives_rows_that_last_longer(a, lengths):
    slow = features(np.repeat(a.values, lengths[: len(a.values)], axis=0))
    assert DTW(a, slow).distance == 0.0


def test_dtw_band_limits_the_warping():
    ramp = np.zeros((40, 1), np.float32)
    early, late = ramp.copy(), ramp.copy()
    early[5], late[30] = 1, 1
    assert DTW(features(early), features(late)).distance == 0.0
    assert Dtw(band=0.1)(features(early), features(late)).distance > 0.02
    assert Dtw(band=1)(features(early), features(late)).distance == 0.0


def test_dtw_of_no_rows_is_undefined():
    assert np.isnan(DTW(normal(0), normal(3)).distance)


@pytest.mark.parametrize("band", [0.0, 1.5])
def test_dtw_band_is_a_share(band):
    with pytest.raises(ConfigError, match="band"):
        Dtw(band=band)


@pytest.mark.parametrize("name", ["cosine", "dtw", "euclidean"])
def test_the_rules_that_every_component_keeps(name):
    check_component(name)


@pytest.mark.parametrize("band", [None, 0.1])
def test_dtw_refuses_what_would_fill_the_memory(band):
    long = Features(values=np.zeros((51_680, 1), np.float32), names=("x",))
    with pytest.raises(DataError, match=r"too long to warp: 51680 × 51680 rows take 19\.9 GB"):
        Dtw(band=band)(long, long)

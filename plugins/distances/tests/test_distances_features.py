"""Euclidean, cosine and DTW: against oracles, and the properties that they declare."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jackfield_distances import Correlation, Cosine, Dtw, Euclidean
from scipy.io import wavfile

import jackfield
from jackfield import ConfigError, DataError, Features
from jackfield.testing import check_component

CORRELATION, COSINE, DTW, EUCLIDEAN = Correlation(), Cosine(), Dtw(), Euclidean()
VECTORS = [EUCLIDEAN, COSINE, CORRELATION]


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
    from scipy.spatial.distance import correlation, cosine, euclidean

    x, y = a.values.astype(np.float64).ravel(), b.values.astype(np.float64).ravel()
    assert EUCLIDEAN(a, b).distance == pytest.approx(euclidean(x, y), rel=1e-12)
    if np.abs(x).max() > 1e-6 and np.abs(y).max() > 1e-6:
        assert COSINE(a, b).distance == pytest.approx(cosine(x, y), abs=1e-12)
    if min(np.ptp(x) / np.abs(x).max(initial=1e-9), np.ptp(y) / np.abs(y).max(initial=1e-9)) > 1e-3:
        assert CORRELATION(a, b).distance == pytest.approx(correlation(x, y), abs=1e-9)


@settings(deadline=None)
@given(ITEM, ITEM, ITEM)
def test_declared_properties(a, b, c):
    for distance in (*VECTORS, DTW):
        ab, ba = distance(a, b).distance, distance(b, a).distance
        assert np.isnan(ab) or ab >= 0
        np.testing.assert_equal(ab, ba)
        assert distance(a, a).distance in (0.0, pytest.approx(np.nan, nan_ok=True))
    assert EUCLIDEAN(a, c).distance <= EUCLIDEAN(a, b).distance + EUCLIDEAN(b, c).distance + 1e-9


@pytest.mark.parametrize("distance", VECTORS)
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


@pytest.mark.parametrize("distance", [*VECTORS, DTW])
def test_nan_stays_undefined(distance):
    broken = features(np.full((2, 5), np.nan, np.float32))
    assert np.isnan(distance(broken, normal(2)).distance)


@pytest.mark.parametrize(
    ("distance", "name"), [(EUCLIDEAN, "euclidean"), (COSINE, "cosine"), (CORRELATION, "correlation")]
)
def test_rows_must_be_equally_many(distance, name):
    with pytest.raises(DataError, match=f"{name} compares features with equally many rows: 4 and 6 rows; pool .* dtw"):
        distance(normal(6), normal(4))


@pytest.mark.parametrize("distance", [*VECTORS, DTW])
def test_columns_must_be_the_same(distance):
    with pytest.raises(DataError, match="same columns: 3 and 5 columns"):
        distance(normal(2, 3), normal(2, 5))


@pytest.mark.parametrize("distance", [*VECTORS, DTW])
def test_columns_must_be_called_the_same(distance):
    a, b = (Features(values=np.ones((1, 2)), names=("level", name)) for name in ("pitch", "width"))
    with pytest.raises(DataError, match="same columns: pitch and width; compute them with the same step"):
        distance(a, b)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (6, 1), (2, 2), (20, 20), (13, 40), (90, 31)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtw_is_librosas_cost_divided_by_its_path(n, m, dtype):
    from librosa.sequence import dtw

    a, b = normal(n, 12, 1), normal(m, 12, 2)
    accumulated, path = dtw(a.values.T.astype(np.float64), b.values.T.astype(np.float64))
    found = DTW(features(a.values.astype(dtype)), features(b.values.astype(dtype))).distance
    assert found == pytest.approx(accumulated[-1, -1] / len(path), rel=2e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("distance", [DTW, Dtw(band=0.2)])
def test_a_warped_pair_does_not_depend_on_the_others(distance):
    items = [normal(3 + 5 * k % 23, seed=k) for k in range(20)]
    items += [features(item.values.astype(np.float64)) for item in items[:5]]
    i, j = np.triu_indices(25, 1)
    together = distance.pairs(items, i, j)["distance"]
    alone = np.array([distance.compare(items[p], items[q]).distance for p, q in zip(i, j, strict=True)])
    assert together.tobytes() == alone.tobytes()


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


def test_dtw_warns_that_it_hides_insertions(tmp_path):
    for k in (0, 1):
        wavfile.write(tmp_path / f"{k}.wav", 8000, np.random.default_rng(k).normal(0, 0.1, 4000).astype(np.float32))
    (tmp_path / "run.toml").write_text('inputs = ["*.wav"]\n[[step]]\nuse = "mfcc"\n[[step]]\nuse = "dtw"\n')
    results = jackfield.run(tmp_path / "run.toml", output=tmp_path / "run")
    assert [*results.warnings] == ['step "dtw"']
    assert results.warnings['step "dtw"'][0].startswith("warping hides insertions: ")


def test_dtw_of_no_rows_is_undefined():
    assert np.isnan(DTW(normal(0), normal(3)).distance)


@pytest.mark.parametrize("band", [0.0, 1.5])
def test_dtw_band_is_a_share(band):
    with pytest.raises(ConfigError, match="band"):
        Dtw(band=band)


@pytest.mark.parametrize("name", ["composite", "correlation", "cosine", "dtw", "euclidean"])
def test_the_rules_that_every_component_keeps(name):
    check_component(name)


def test_dtw_refuses_more_rows_than_it_can_count():
    long = Features(values=np.zeros((1 << 23, 1), np.float32), names=("x",))
    with pytest.raises(DataError, match="too long to warp: 8388608 rows, at most 8388607"):
        DTW(long, long)


@pytest.mark.parametrize("distance", VECTORS)
def test_nearly_equal_items_keep_their_precision(distance):
    from scipy.spatial.distance import correlation, cosine, euclidean

    peer = {EUCLIDEAN: euclidean, COSINE: cosine, CORRELATION: correlation}[distance]
    r = np.random.default_rng(0)
    a = (10 + r.normal(size=(1, 40))).astype(np.float32)
    b = a + r.normal(0, 1e-5, (1, 40)).astype(np.float32)
    # the oracle in 80 bits: 1 − r of vectors this close keeps no digit in 64
    true = peer(a[0].astype(np.longdouble), b[0].astype(np.longdouble)) if distance is EUCLIDEAN else exact(peer, a, b)
    assert distance(features(a), features(b)).distance == pytest.approx(float(true), rel=1e-4)
    assert distance(features(a), features(a.copy())).distance == 0.0


def exact(peer, a, b):
    """1 − cos or 1 − r in rational arithmetic where it matters."""
    from decimal import Decimal, getcontext

    getcontext().prec = 50
    x, y = ([Decimal(float(v)) for v in side[0]] for side in (a, b))
    if peer.__name__ == "correlation":
        x, y = ([v - sum(side) / len(side) for v in side] for side in (x, y))
    dot = sum(p * q for p, q in zip(x, y, strict=True))
    return 1 - dot / (sum(p * p for p in x) * sum(q * q for q in y)).sqrt()


def test_correlation_ignores_what_is_common_to_all_values():
    a = normal(1, 30)
    louder = features(3 * a.values + 20)
    assert CORRELATION(a, louder).distance == pytest.approx(0, abs=1e-9)
    assert CORRELATION(a, features(-a.values)).distance == pytest.approx(2)
    assert np.isnan(CORRELATION(a, features(np.full((1, 30), 0.1, np.float32))).distance)


def test_huge_values_have_a_direction():
    a, b = features(np.array([[1e200, 0.0]])), features(np.array([[1e200, 1e200]]))
    assert COSINE(a, b).distance == pytest.approx(1 - 0.5**0.5)

"""All pairs, a graph of some, and vectors: against the library, against each other, in any order, with copies."""

import jackfield_hdbscan._vectors as of_vectors
import numpy as np
import pytest
from hdbscan import HDBSCAN
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_hdbscan import Hdbscan

import jackfield
from jackfield import Collection, DataError, Distances, Features, Neighbours

SEEDS = st.integers(0, 10_000)


def points(seed, n=40):
    """Three clouds of unlike density and some noise."""
    r = np.random.default_rng(seed)
    centres, widths = np.array([(0, 0), (6, 0), (0, 9)]), np.array([0.3, 0.6, 1.0])
    of = r.integers(0, 4, n)
    clouds = centres[of % 3] + r.normal(size=(n, 2)) * widths[of % 3, None]
    return np.where(of[:, None] == 3, r.uniform(-5, 14, (n, 2)), clouds)


def names(n):
    return tuple(f"clip{k}" for k in range(n))


def square(x):
    return np.linalg.norm(x[:, None] - x, axis=-1).astype(np.float32)


def all_pairs(d):
    return Distances(ids=names(len(d)), condensed=d[np.triu_indices(len(d), 1)])


def graph(d, kept=None):
    i, j = np.triu_indices(len(d), 1)
    kept = np.ones(i.size, bool) if kept is None else kept
    return Neighbours(ids=names(len(d)), i=i[kept], j=j[kept], distance=d[i, j][kept])


def vectors(x):
    columns = tuple(f"c{k}" for k in range(x.shape[1]))
    return Collection(names(len(x)), lambda k: Features(values=x[k : k + 1], names=columns))


def partition(labels):
    """Who is with whom, and who is alone."""
    labels = np.asarray(labels)
    return (labels[:, None] == labels) & (labels >= 0)


def same(a, b):
    return np.array_equal(partition(a), partition(b))


WAYS = [
    {},
    {"min_cluster_size": 5},
    {"min_cluster_size": 5, "min_samples": 2},
    {"min_cluster_size": 3, "cluster_selection_method": "leaf"},
    {"min_cluster_size": 4, "epsilon": 0.8},
    {"min_cluster_size": 4, "cluster_selection_method": "leaf", "epsilon": 0.5},
    {"min_cluster_size": 10, "allow_single_cluster": True},
]


def by_hand(d, way):
    """The library's groups in the tree that takes all pairs by mutual reachability, the nearer of equals first."""
    from hdbscan._hdbscan_linkage import label
    from hdbscan.hdbscan_ import _tree_to_labels

    size = way.get("min_cluster_size", 2)
    core = np.sort(d, axis=1)[:, way.get("min_samples", size)]
    i, j = np.triu_indices(len(d), 1)
    reach = np.maximum(np.maximum(core[i], core[j]), d[i, j]).astype(float)
    part, edges = np.arange(len(d)), []
    for k in np.lexsort((d[i, j], reach)):
        if part[i[k]] != part[j[k]]:
            edges.append((i[k], j[k], reach[k]))
            part[part == part[i[k]]] = part[j[k]]
    method, epsilon = way.get("cluster_selection_method", "eom"), way.get("epsilon", 0.0)
    options = {"cluster_selection_method": method, "cluster_selection_epsilon": epsilon}
    single = way.get("allow_single_cluster", False)
    labels, _, persistence, _, _ = _tree_to_labels(
        d, label(np.array(edges)), size, allow_single_cluster=single, **options
    )
    return [k if k >= 0 and persistence[k] > 1e-9 else -1 for k in labels]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(8))
def test_labels_are_the_librarys(seed, way):
    d = square(points(seed))
    wanted = by_hand(d, way)
    assert same(Hdbscan(**way)(all_pairs(d)).labels, wanted)
    assert same(Hdbscan(**way)(graph(d)).labels, wanted)


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_without_smoothing_nothing_ties_and_the_library_says_the_same(method):
    for seed in range(20):
        d = square(points(seed, 80))
        options = {"min_cluster_size": 4, "min_samples": 1, "cluster_selection_method": method}
        peer = HDBSCAN(metric="precomputed", **options).fit(d.astype(float)).labels_
        assert same(Hdbscan(**options)(all_pairs(d)).labels, peer)


def test_the_choice_of_groups_makes_a_difference():
    d = all_pairs(square(points(1, 200)))
    leaf = {"min_samples": 2, "cluster_selection_method": "leaf"}
    most, finest = Hdbscan(min_cluster_size=5, min_samples=2)(d), Hdbscan(min_cluster_size=5, **leaf)(d)
    coarse = Hdbscan(min_cluster_size=5, **leaf, epsilon=2.0)(d)
    assert finest.count > most.count >= 2
    assert coarse.count < finest.count
    assert coarse.settings["epsilon"] == 2.0


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_pairs_that_were_not_compared_count_as_undefined_ones(seed):
    d = square(points(seed))
    i, _ = np.triu_indices(40, 1)
    kept = np.random.default_rng(seed).random(i.size) < 0.3
    gaps = d[np.triu_indices(40, 1)].copy()
    gaps[~kept] = np.nan
    whole = Distances(ids=names(40), condensed=gaps)
    for way in ({}, {"min_cluster_size": 4, "min_samples": 3}):
        assert same(Hdbscan(**way)(graph(d, kept)).labels, Hdbscan(**way)(whole).labels)


def test_parts_that_no_pair_connects_are_groups_of_their_own():
    x = np.concatenate([points(0, 15) * 0.01, points(1, 15) * 0.01 + 50])
    d = square(x)
    i, j = np.triu_indices(30, 1)
    groups = Hdbscan(min_cluster_size=10)(graph(d, (i < 15) == (j < 15)))
    assert groups.labels.tolist() == [0] * 15 + [1] * 15
    assert any("2 parts" in note for note in groups.settings["notes"])
    lonely = graph(d, ((i < 15) == (j < 15)) & (j < 29))
    groups = Hdbscan(min_cluster_size=10)(lonely)
    assert groups.labels.tolist() == [0] * 15 + [1] * 14 + [-1]
    assert "1 of 30 items have no defined distance" in groups.settings["notes"][0]


def test_undefined_pairs_of_a_graph_are_stated():
    d = square(points(0))
    d[0, 1] = np.nan
    assert "1 of 780 pairs are undefined" in Hdbscan()(graph(d)).settings["notes"][0]
    nothing = Neighbours(ids=names(3), i=np.zeros(0, int), j=np.zeros(0, int), distance=np.zeros(0, np.float32))
    assert Hdbscan()(nothing).labels.tolist() == [-1] * 3


def given_as(kind, x):
    return vectors(x) if kind == "vectors" else (graph if kind == "graph" else all_pairs)(square(x))


KINDS = st.sampled_from(["all", "graph", "vectors"])


@settings(max_examples=40, deadline=None)
@given(SEEDS, KINDS, st.sampled_from(WAYS))
def test_neither_order_nor_names_matter(seed, kind, way):
    x = np.round(points(seed) * 16) / 16  # distances tie
    order = np.random.default_rng(seed).permutation(len(x))
    component = Hdbscan(**way)
    assert same(component(given_as(kind, x)).labels[order], component(given_as(kind, x[order])).labels)


@settings(max_examples=40, deadline=None)
@given(SEEDS, KINDS, st.sampled_from(WAYS))
def test_copies_are_together_and_change_nothing_else(seed, kind, way):
    r = np.random.default_rng(seed)
    x = points(seed)
    of = np.r_[np.arange(len(x)), r.integers(0, len(x), 15)]
    order = r.permutation(of.size)
    once = Hdbscan(**way)(given_as(kind, x)).labels
    labels = Hdbscan(**way)(given_as(kind, x[of[order]])).labels
    place = np.argsort(order)
    assert (labels[place] == labels[place][of]).all()
    assert (labels[place][len(x) :] >= 0).all()
    # what was in no group stays so, but for copies, which are a group of their own
    copied = np.isin(np.arange(len(x)), of[len(x) :])
    own = np.where((once < 0) & copied, 1000 + np.arange(len(x)), once)
    assert np.array_equal(own >= 0, labels[place][: len(x)] >= 0)
    assert same(own, labels[place][: len(x)])


def test_many_copies_weigh_as_one():
    x = np.concatenate([points(3, 60), np.repeat(points(3, 60)[:1], 50, axis=0)])
    groups = Hdbscan(min_cluster_size=5)(vectors(x))
    assert same(groups.labels[:60], Hdbscan(min_cluster_size=5)(vectors(x[:60])).labels)
    assert "51 items are copies (distance 0) of 1 and count as such" in groups.settings["notes"]


def test_only_copies_are_together_where_nothing_else_is():
    groups = Hdbscan()(all_pairs(square(np.array([[0.0], [0.0], [5.0]]))))
    assert groups.labels.tolist() == [0, 0, -1]
    assert groups.settings["notes"][0].startswith("all alone but copies: HDBSCAN finds groups by splitting")


def test_vectors_are_compared_by_euclidean_distance():
    x = points(5)
    assert same(Hdbscan()(vectors(x)).labels, Hdbscan()(all_pairs(square(x))).labels)
    x[3] = np.nan
    groups = Hdbscan()(vectors(x))
    assert groups.labels[3] == -1
    assert "1 of 40 items have no defined distance" in groups.settings["notes"][0]


@pytest.mark.parametrize("way", WAYS[:4])
def test_many_vectors_are_compared_with_their_nearest(way, monkeypatch):
    r = np.random.default_rng(0)
    x = np.concatenate([r.normal(0, 0.1, (100, 3)) + centre for centre in np.eye(3) * 8])
    x = np.concatenate([x, x[:10], np.repeat(x[:1], 70, axis=0), np.full((1, 3), np.nan)])
    exact = Hdbscan(**way)(vectors(x))
    monkeypatch.setattr(of_vectors, "MOST_COMPARED", 100)
    some = Hdbscan(**way)(vectors(x))
    big = Hdbscan(min_cluster_size=40)
    assert [*np.bincount(big(vectors(x)).labels + 1)] == [1, 180, 100, 100]
    pairs = partition(exact.labels) == partition(some.labels)
    assert pairs.mean() > 0.97
    order = r.permutation(len(x))
    assert same(some.labels[order], Hdbscan(**way)(vectors(x[order])).labels)


def test_few_distinct_vectors_among_many(monkeypatch):
    monkeypatch.setattr(of_vectors, "MOST_COMPARED", 3)
    assert Hdbscan()(vectors(np.ones((5, 2)))).labels.tolist() == [0] * 5
    assert Hdbscan()(vectors(np.full((5, 2), np.nan))).labels.tolist() == [-1] * 5


def test_vectors_must_be_alike():
    long = Collection(("a",), lambda k: Features(values=np.zeros((2, 1)), names=("x",)))
    with pytest.raises(DataError, match="one row per clip: a has 2; pool"):
        Hdbscan()(long)
    unlike = Collection(("a", "b"), lambda k: Features(values=np.zeros((1, 1)), names=(f"x{k}",)))
    with pytest.raises(DataError, match="same columns: those of b differ"):
        Hdbscan()(unlike)
    assert Hdbscan()(Collection((), lambda k: None)).labels.size == 0


def test_a_run_groups_features_without_a_distance(tmp_path):
    r = np.random.default_rng(0)
    for k in range(12):
        tone = np.sin(2 * np.pi * (200 if k < 6 else 2000) * np.arange(4000) / 8000)
        np.savetxt(tmp_path / f"{k:02}.csv", tone * r.uniform(0.9, 1.1) + r.normal(0, 1e-3, 4000))
    config = tmp_path / "run.toml"
    config.write_text(
        f'inputs = ["{tmp_path}/*.csv"]\nreader = {{ use = "csv-table", with = {{ sample_rate = 8000.0 }} }}\n'
        '[[step]]\nuse = "log-mel"\nwith = { n_mels = 20, n_fft = 512, hop = 128, pool = ["mean"] }\n'
        '[[step]]\nuse = "hdbscan"\nwith = { min_cluster_size = 4 }\n'
    )
    groups = jackfield.run(config, output=tmp_path / "out")["hdbscan"]
    assert groups.labels.tolist() == [0] * 6 + [1] * 6

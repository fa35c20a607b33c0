"""Search, proposals and groups: what is found, what of it is known, and that no order of the inputs matters."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_neighbours import NearestNeighbours, group_vectors
from jackfield_neighbours._search import Index, distances, distinct, exact, nearest, wilson

from jackfield import Collection, DataError, Features, Neighbours


def planted(n: int, dims: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors in clouds; a tenth of them copies, with a little noise, of others: (x, copy, original)."""
    rng = np.random.default_rng(seed)
    clouds = rng.normal(size=(max(5, n // 200), dims))
    x = clouds[rng.integers(0, len(clouds), n)] + 0.5 * rng.normal(size=(n, dims))
    places = rng.permutation(n)
    copy, original = places[: n // 10], places[n // 10 :][rng.integers(0, n // 5, n // 10)]
    x[copy] = x[original] + 0.02 * rng.normal(size=(copy.size, dims))
    return x.astype(np.float32), copy, original


def collection(x: np.ndarray) -> Collection:
    names = tuple(f"d{k}" for k in range(x.shape[1]))
    items = [Features(values=row[None], names=names) for row in x.astype(np.float32)]
    return Collection(tuple(f"clip{k}" for k in range(len(x))), items.__getitem__)


def test_exact_search_finds_the_nearest_in_order():
    x, _, _ = planted(300)
    full = np.linalg.norm(x[:, None].astype(np.float64) - x[None], axis=2)
    np.fill_diagonal(full, np.inf)
    found = exact(x, np.arange(300), 5)
    np.testing.assert_allclose(np.take_along_axis(full, found, 1), np.sort(full, axis=1)[:, :5], rtol=1e-5)


def test_distances_of_nearly_equal_rows_are_right():
    x = np.array([[1000.0, 1000.0], [1000.0, 1000.0 + 1 / 1024]], np.float32)
    assert distances(x, np.array([0]), np.array([1])).tolist() == [float(x[1, 1] - x[0, 1])]


def test_the_index_finds_what_an_exact_search_finds():
    x, _, _ = planted(9000)
    x = x[distinct(x)[0]]
    found = nearest(x, 4, 0.99)
    assert found.probes >= 16
    assert found.found >= 0.99 * found.sample
    sample = np.arange(0, 9000, 18)
    assert np.mean(found.index[sample, 0] == exact(x, sample, 1)[:, 0]) > 0.97


def test_it_searches_harder_until_the_target_is_met():
    x = np.random.default_rng(0).normal(size=(6000, 40)).astype(np.float32)
    x = x[distinct(x)[0]]
    easy, hard = nearest(x, 1, 0.3), nearest(x, 1, 0.95)
    assert easy.probes < hard.probes
    assert hard.found / hard.sample >= 0.95


@pytest.mark.parametrize("by_row", [False, True])
def test_the_index_does_not_depend_on_the_number_of_threads(by_row):
    import faiss

    x, _, _ = planted(6000)
    threads = faiss.omp_get_max_threads()
    try:
        found = []
        for count in (1, 3):
            faiss.omp_set_num_threads(count)
            index = Index(x)
            found.append(index.order[index.search(6, 8, by_row)])
    finally:
        faiss.omp_set_num_threads(threads)
    np.testing.assert_array_equal(*found)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), copies=st.integers(0, 30))
def test_the_partition_does_not_depend_on_the_order_of_the_rows(seed, copies):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 12, (60, 2)).astype(np.float32)
    x = np.concatenate([x, x[:copies]])
    order = rng.permutation(len(x))
    there = group_vectors(x[order], threshold=1.0).labels
    here = group_vectors(x, threshold=1.0).labels[order]
    assert (here < 0).tolist() == (there < 0).tolist()
    both = here >= 0
    assert len({*zip(here[both], there[both], strict=True)}) == len({*here[both]}) == len({*there[both]})


def test_small_groups_are_those_of_all_pairs():
    x, _, _ = planted(500)
    full = np.linalg.norm(x[:, None] - x[None], axis=2) <= 0.4
    labels = np.arange(500)
    for _ in range(500):
        lowest = np.where(full, labels, 500).min(axis=1)
        if (lowest == labels).all():
            break
        labels = lowest
    found = group_vectors(x, threshold=0.4).labels
    i, j = np.triu_indices(500, 1)
    together = (found[i] == found[j]) & (found[i] >= 0)
    assert together.tolist() == (labels[i] == labels[j]).tolist()


def test_planted_pairs_are_found_among_many():
    x, copy, original = planted(20_000)
    found = group_vectors(x, threshold=0.3)
    together = (found.labels[copy] == found.labels[original]) & (found.labels[copy] >= 0)
    assert together.mean() >= 0.99
    assert found.recall >= 0.99
    assert found.interval[0] < found.recall <= found.interval[1]
    again = group_vectors(x[::-1], threshold=0.3).labels[::-1]
    assert ((again[copy] == again[original]) & (again[copy] >= 0)).tolist() == together.tolist()


def test_rows_without_numbers_stay_alone():
    x = np.array([[1.0], [np.nan], [1.0], [np.inf], [np.nan]])
    assert group_vectors(x, threshold=5.0).labels.tolist() == [0, -1, 0, -1, -1]


@pytest.mark.parametrize(("rows", "labels"), [(0, []), (1, [-1]), (2, [0, 0])])
def test_few_rows(rows, labels):
    assert group_vectors(np.zeros((rows, 3)), threshold=0.0).labels.tolist() == labels


def test_zero_and_minus_zero_are_one():
    assert group_vectors(np.array([[0.0], [-0.0]]), threshold=0.0).labels.tolist() == [0, 0]


@pytest.mark.parametrize(("x", "threshold"), [(np.zeros(3), 1.0), (np.zeros((3, 2)), -1.0), (np.zeros((3, 2)), np.nan)])
def test_what_is_no_table_is_refused(x, threshold):
    with pytest.raises(DataError, match="table of numbers"):
        group_vectors(x, threshold=threshold)


def test_proposals_hold_the_nearest_and_name_no_pair_twice():
    x, copy, original = planted(600)
    found = NearestNeighbours(k=5)(collection(x))
    pairs = {*zip(found.i.tolist(), found.j.tolist(), strict=True)}
    assert len(pairs) == len(found)
    assert all((min(a, b), max(a, b)) in pairs for a, b in zip(copy.tolist(), original.tolist(), strict=True))
    assert found.settings["recall"] == 1
    assert found.settings["probes"] == 0


def test_clips_with_equal_vectors_hang_together_however_many_there_are():
    x = np.concatenate([np.zeros((50, 2)), np.random.default_rng(0).normal(5, 1, (30, 2))])
    found = NearestNeighbours(k=2)(collection(x))
    twins = found.j < 50
    assert {*found.i[twins].tolist(), *found.j[twins].tolist()} == {*range(50)}
    assert twins.sum() == 49


def test_the_note_says_what_the_recall_is_of():
    (note,) = NearestNeighbours(k=2)(collection(np.arange(6.0)[:, None] ** 2)).settings["notes"]
    how = "7 of 15 pairs proposed, each clip's 2 nearest by vector (exact search)"
    assert note == f"{how}; near pairs of which the vectors are far are missed: --exact compares all"
    x = np.random.default_rng(0).normal(size=(4200, 8))
    (note,) = NearestNeighbours(k=1)(collection(x)).settings["notes"]
    assert re.search(r"by vector \(rank-1 recall of that search [01]\.\d{3} \(.*\) on 500 clips\); near pairs", note)


def test_silent_clips_are_in_no_pair():
    x = np.random.default_rng(0).normal(size=(6, 3))
    x[[1, 4]] = np.nan
    found = NearestNeighbours(k=3)(collection(x))
    assert not {1, 4} & {*found.i.tolist(), *found.j.tolist()}
    assert len(found) == 6
    assert "2 of 6 clips have no numbers" in found.settings["notes"][1]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_clips(n):
    assert len(NearestNeighbours()(collection(np.arange(3.0 * n).reshape(n, 3)))) == (n == 2)


def test_frames_must_be_pooled_first():
    items = [Features(values=np.zeros((2, 3), np.float32), names=("a", "b", "c"))]
    with pytest.raises(DataError, match="one row"):
        NearestNeighbours()(Collection(("x",), items.__getitem__))


def test_the_order_of_the_clips_does_not_matter():
    x, _, _ = planted(5000, dims=8)
    order = np.random.default_rng(5).permutation(5000)
    here, there = (NearestNeighbours(k=3)(collection(v)) for v in (x, x[order]))
    back = np.sort(np.stack([order[there.i], order[there.j]]), axis=0)
    assert {*zip(*back.tolist(), strict=True)} == {*zip(here.i.tolist(), here.j.tolist(), strict=True)}
    assert here.settings == there.settings


def test_more_are_all_pairs_of_what_hangs_together():
    ids = tuple("abcdefgh")
    i, j = np.array([0, 1, 3, 5]), np.array([1, 2, 4, 6])
    known = Neighbours(ids=ids, i=i, j=j, distance=np.array([0.1, 0.2, 0.5, np.nan], np.float32))
    proposer = NearestNeighbours(close=0.2)
    assert [a.tolist() for a in proposer.more(known)] == [[0, 0, 1], [1, 2, 2]]
    assert [a.tolist() for a in NearestNeighbours(close=0.2, most=2).more(known)] == [[0, 1], [1, 2]]


def test_copies_do_not_keep_the_pairs_of_a_group_from_being_proposed():
    i, j = np.array([0, 1, *[0] * 300]), np.array([1, 2, *range(3, 303)])
    distance = np.array([0.1, 0.1, *[0.0] * 300], np.float32)
    known = Neighbours(ids=tuple(map(str, range(303))), i=i, j=j, distance=distance)
    assert [a.tolist() for a in NearestNeighbours().more(known)] == [[0, 0, 1], [1, 2, 2]]


def test_wilson_intervals():
    # Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I, method 3.
    assert [round(v, 4) for v in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(v, 4) for v in wilson(15, 148)] == [0.0624, 0.1605]
    assert [round(v, 4) for v in wilson(0, 20)] == [0.0, 0.1611]
    assert [round(v, 4) for v in wilson(1, 29)] == [0.0061, 0.1718]
    assert wilson(0, 0) == (0.0, 1.0)

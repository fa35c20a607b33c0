"""Groups by threshold: the same as SciPy's, whatever the order, and NaN never joins."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_grouping import Agglomerative, Threshold, _linkage
from scipy.cluster.hierarchy import fcluster, linkage

from jackfield import ConfigError, Distances, Neighbours


def distances(condensed, n):
    return Distances(ids=tuple(map(str, range(n))), condensed=np.asarray(condensed, np.float32))


def random_distances(n, seed, nan=0.0):
    rng = np.random.default_rng(seed)
    condensed = rng.random(n * (n - 1) // 2).astype(np.float32)
    condensed[rng.random(condensed.size) < nan] = np.nan
    return distances(condensed, n)


def partition(labels):
    """Sets of items that are together; −1 is alone."""
    groups = {}
    for k, label in enumerate(labels):
        groups.setdefault((label, k if label == -1 else None), set()).add(k)
    return {frozenset(g) for g in groups.values()}


cases = st.tuples(
    st.integers(2, 90), st.integers(0, 2**32 - 1), st.sampled_from(["single", "complete", "average"]), st.floats(0, 1)
)


@settings(max_examples=60, deadline=None)
@given(cases)
def test_the_same_groups_as_scipy(case):
    n, seed, link, threshold = case
    some = random_distances(n, seed)
    ours = Threshold(link=link, threshold=threshold)(some)
    theirs = fcluster(linkage(some.condensed.astype(float), link), np.float32(threshold), "distance")
    assert partition(ours.labels) == partition(theirs)


@settings(max_examples=40, deadline=None)
@given(cases, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order(case, random):
    n, seed, link, threshold = case
    some = random_distances(n, seed)
    order = list(range(n))
    random.shuffle(order)
    i, j = np.triu_indices(n, 1)
    turned = distances(some.square()[np.ix_(order, order)][i, j], n)
    first = Threshold(link=link, threshold=threshold)(some)
    second = Threshold(link=link, threshold=threshold)(turned)
    assert partition(first.labels) == {frozenset(order[k] for k in g) for g in partition(second.labels)}


@settings(max_examples=40, deadline=None)
@given(cases)
def test_undefined_pairs_never_join_under_complete_and_average_link(case):
    n, seed, link, threshold = case
    some = random_distances(n, seed, nan=0.2)
    groups = Threshold(link=link, threshold=threshold)(some)
    for group in range(groups.count):
        inside = np.flatnonzero(groups.labels == group)
        pairs = [some.pair(a, b) for a, b in itertools.combinations(inside.tolist(), 2)]
        # Single link may lead round an undefined pair, never over it.
        assert link == "single" or not np.isnan(pairs).any()
        assert np.nanmin(pairs) <= np.float32(threshold)


def test_items_with_nothing_defined_are_alone():
    groups = Threshold(threshold=9)(distances([np.nan, np.nan, 0.1], 3))
    assert groups.labels.tolist() == [-1, 0, 0]
    assert groups.settings["notes"] == ("2 of 3 pairs are undefined (silent clips?) and never join",)
    assert Threshold(threshold=9)(distances([np.nan] * 3, 3)).count == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_neighbours_give_the_same_groups_as_all_pairs(n, seed, threshold):
    some = random_distances(n, seed, nan=0.3)
    i, j = np.triu_indices(n, 1)
    kept = np.isfinite(some.condensed)
    listed = Neighbours(ids=some.ids, i=i[kept], j=j[kept], distance=some.condensed[kept])
    single = Threshold(link="single", threshold=threshold)
    assert partition(single(listed).labels) == partition(single(some).labels)


def test_pairs_that_were_not_compared_do_not_count():
    """A chain a–b–c of which a–c was not compared, and one of which it is far."""
    pairs = Neighbours(
        ids=tuple("abcxyz"), i=np.array([0, 1, 3, 4, 3]), j=np.array([1, 2, 4, 5, 5]),
        distance=np.array([0.1, 0.12, 0.1, 0.12, 0.9], np.float32),
    )  # fmt: skip
    groups = Threshold()(pairs)
    assert groups.labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert groups.settings["notes"] == ("1 chain of near pairs split by average link: y and z (0.120)",)
    assert Threshold(link="single")(pairs).count == 2


def test_chains_that_were_split_are_named_the_nearest_pairs_first():
    """Chains of three, of which the ends are far: 0.1, 0.12 + 0.01 k, 0.9."""
    square = np.full((12, 12), 0.95)
    for k in range(4):
        a, b, c = range(3 * k, 3 * k + 3)
        square[a, b], square[b, c], square[a, c] = 0.1, 0.12 + 0.01 * k, 0.9
    (note,) = Threshold()(distances(square[np.triu_indices(12, 1)], 12)).settings["notes"]
    pairs = "1 and 2 (0.120), 4 and 5 (0.130), 7 and 8 (0.140), …"
    assert note == f"4 chains of near pairs split by average link: {pairs}; pairs.csv has all pairs up to 0.21"


@pytest.mark.parametrize("link", ["complete", "average"])
def test_what_parts_a_clip_parts_its_copies(link):
    """0, its copy 1, one 0.001 from both, and 3, a variant of 0, which holds no more than 1 does."""
    near = distances([0, 0.001, 0.5, 0.001, 0, 0.5], 4)
    columns = {"variant": np.array([0, 0, 1, 0, 0, 1]), "part": np.array([0, 0, 0, 0, -1, 0])}
    told = Distances(ids=near.ids, condensed=near.condensed, columns=columns)
    assert Threshold(link=link)(told).labels.tolist() == [0, 0, 0, -1]
    i, j = np.triu_indices(4, 1)
    listed = Neighbours(ids=near.ids, i=i, j=j, distance=near.condensed, columns=columns)
    assert Threshold(link=link)(listed).labels.tolist() == [0, 0, 0, -1]
    two = Distances(
        ids=("0", "1", "3"), condensed=near.condensed[[0, 2, 4]], columns={k: c[[0, 2, 4]] for k, c in columns.items()}
    )
    assert Threshold(link=link)(two).labels.tolist() == [0, 0, -1]


def test_copies_that_contradict_each_other_are_left_to_the_link():
    """1 is at distance 0 of 0 and of 2, which are variants; 3 is near 0 alone."""
    near = distances([0, 0, 0.1, 0, 0.9, 0.9], 4)
    told = Distances(ids=near.ids, condensed=near.condensed, columns={"variant": np.array([0, 1, 0, 0, 0, 0])})
    assert Threshold()(told).labels.tolist() == [0, 1, 1, 0]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["complete", "average"]), st.floats(0, 0.7))
def test_copies_stay_together_whatever_else_is_marked_and_in_whatever_order(seed, link, threshold):
    """Copies at distance 0 of which any pair with another may be marked a variant, or be at another distance."""
    points, some = copies(seed, True)
    n, rng = len(points), np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    marks = (rng.random(i.size) < 0.2) & (some.condensed > 0)
    condensed = some.condensed + np.where(some.condensed > 0, rng.integers(0, 3, i.size) / 10, 0)
    square = np.zeros((2, n, n))
    square[:, i, j] = square[:, j, i] = condensed, marks

    def grouped(order):
        i, j = np.triu_indices(order.size, 1)
        d, variant = square[0][order[i], order[j]].astype(np.float32), square[1][order[i], order[j]]
        told = Distances(ids=tuple(map(str, range(order.size))), condensed=d, columns={"variant": variant})
        return partition(Threshold(link=link, threshold=threshold)(told).labels)

    before = grouped(np.arange(n))
    place = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    for k in range(place.max() + 1):
        inside = set(np.flatnonzero(place == k).tolist())
        assert any(inside <= group for group in before)
    order = rng.permutation(np.concatenate([np.arange(n), np.arange(0, n, 2)]))
    assert {frozenset(order[k] for k in group) for group in grouped(order)} == before


def copies(seed, duplicates):
    """Distances of points on a coarse lattice, where many tie, of which some are there more than once."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    points = rng.integers(0, 6, (n, 2))[rng.integers(0, n, n) if duplicates else slice(None)]
    i, j = np.triu_indices(n, 1)
    return points, distances(np.linalg.norm(points[i] - points[j], axis=1) / 10, n)


def lengths(points):
    """One of three for each place: of two near each other, the longer has a sound more."""
    return np.unique(points, axis=0, return_inverse=True)[1].ravel() % 3


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["single", "complete", "average"]), st.floats(0, 0.7), st.booleans())
def test_permuting_and_duplicating_never_change_the_partition_even_where_distances_tie(seed, link, threshold, many):
    points, some = copies(seed, many)
    n = len(points)
    clusterer = Threshold(link=link, threshold=threshold)
    before = partition(clusterer(some).labels)
    order = np.random.default_rng(seed).permutation(np.concatenate([np.arange(n), np.arange(0, n, 2)]))
    i, j = np.triu_indices(order.size, 1)
    again = clusterer(distances(some.square()[np.ix_(order, order)][i, j], order.size))
    assert {frozenset(order[k] for k in group) for group in partition(again.labels)} == before


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["single", "complete", "average"]),
    st.floats(0, 0.7),
    st.sampled_from([1, 7, 1500]),
)
def test_copies_that_were_compared_with_their_originals_alone_change_nothing(seed, link, threshold, many):
    points, some = copies(seed, False)
    n, rng = len(points), np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    of = rng.integers(0, n, many)
    part = lengths(points)[j] - lengths(points)[i]
    listed = Neighbours(ids=some.ids, i=i, j=j, distance=some.condensed, columns={"part": np.sign(part)})
    more = Neighbours(
        ids=(*some.ids, *(f"copy{k}" for k in range(many))),
        i=np.concatenate([i, of]),
        j=np.concatenate([j, n + np.arange(many)]),
        distance=np.concatenate([some.condensed, np.zeros(many, np.float32)]),
        columns={"part": np.concatenate([np.sign(part), np.zeros(many, int)])},
    )
    clusterer, original = Threshold(link=link, threshold=threshold), np.concatenate([np.arange(n), of])
    found = {frozenset(int(original[k]) for k in group) for group in partition(clusterer(more).labels)}
    assert found == partition(clusterer(listed).labels)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.7))
def test_ties_keep_the_promise_of_complete_link(seed, threshold):
    _, some = copies(seed, False)
    groups = Threshold(link="complete", threshold=threshold)(some)
    assert all(d <= np.float32(threshold) for d in groups.settings["diameter"])


def test_variants_are_apart_or_together():
    """Two copies, two copies of a variant, a stranger: 0.05 apart in pairs, the variants 0.15."""
    near = distances([0.05, 0.15, 0.15, 0.9, 0.15, 0.15, 0.9, 0.05, 0.9, 0.9], 5)
    variant = np.array([0, 1, 1, 0, 1, 0, 0, 0, 0, 0], np.float32)  # of one pair the waveforms did not tell
    told = Distances(ids=near.ids, condensed=near.condensed, columns={"variant": variant})
    assert Threshold()(near).labels.tolist() == [0, 0, 0, 0, -1]
    groups = Threshold()(told)
    assert groups.labels.tolist() == [0, 0, 1, 1, -1]
    assert groups.settings["nearest_group"] == ((1, 0.15), (0, 0.15))
    assert groups.settings["diameter"] == (0.05, 0.05)
    assert groups.settings["stable_between"][0] == pytest.approx(0.05)
    assert Threshold(variants="together", threshold=0.06)(told).labels.tolist() == [0, 0, 0, 0, -1]
    i, j = np.triu_indices(5, 1)
    relations = tuple("variant" if v else "same" for v in variant)
    listed = Neighbours(ids=near.ids, i=i, j=j, distance=near.condensed, relations=relations)
    assert Threshold()(listed).labels.tolist() == [0, 0, 1, 1, -1]
    assert Threshold(variants="together")(listed).labels.tolist() == [0, 0, 0, 0, -1]


def parts(contained, n, **about):
    """All 0.1 apart; `contained` are pairs (clip, clip with a sound more)."""
    i, j = np.triu_indices(n, 1)
    part = [1.0 * ((p, q) in contained) - 1.0 * ((q, p) in contained) for p, q in zip(i, j, strict=True)]
    columns = {"part": np.array(part, np.float32)}
    return Distances(ids=tuple(map(str, range(n))), condensed=np.full(i.size, 0.1, np.float32), columns=columns)


@pytest.mark.parametrize(
    ("contained", "n", "labels"),
    [
        ([(0, 1)], 2, [0, 0]),  # two clips do not tell
        ([(0, 2), (1, 2)], 3, [0, 0, -1]),  # two without it: it was added to the third
        ([(0, 1), (0, 2)], 3, [0, 0, 0]),  # two with it: it was cut off the first
        ([(0, 2), (0, 3), (1, 2), (1, 3)], 4, [0, 0, 0, 0]),
        ([(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)], 4, [0, 0, 0, -1]),  # 0 was trimmed, and 3 has a sound more
        ([(0, 1), (0, 2), (1, 2)], 3, [0, 0, 0]),  # three lengths of one clip
    ],
)
def test_most_clips_tell_whether_a_sound_was_added_or_cut_off(contained, n, labels):
    some = parts(contained, n)
    groups = Threshold()(some)
    assert groups.labels.tolist() == labels
    more = [name for name, label in zip(some.ids, labels, strict=True) if label == -1]
    said = "variants by a sound at an end that most clips of the same material lack: "
    assert groups.settings["notes"] == ((said + ", ".join(more),) if more else ())
    assert Threshold(variants="together")(some).labels.tolist() == [0] * n
    i, j = np.triu_indices(n, 1)
    listed = Neighbours(ids=some.ids, i=i, j=j, distance=some.condensed, columns=some.columns)
    assert Threshold()(listed).labels.tolist() == labels
    turned = Neighbours(ids=some.ids, i=j, j=i, distance=some.condensed, columns={"part": -some.columns["part"]})
    assert Threshold()(turned).labels.tolist() == labels


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["single", "complete", "average"]), st.floats(0, 0.7))
def test_whose_sound_it_is_depends_neither_on_order_nor_on_duplicates(seed, link, threshold):
    """Points near each other are one material; of different lengths, the longer has a sound more."""
    points, some = copies(seed, True)
    length = lengths(points)

    def grouped(order):
        i, j = np.triu_indices(order.size, 1)
        part = np.sign(length[order[j]] - length[order[i]]).astype(np.float32)
        ids, condensed = tuple(map(str, range(order.size))), some.square()[np.ix_(order, order)][i, j]
        return Threshold(link=link, threshold=threshold)(
            Distances(ids=ids, condensed=condensed, columns={"part": part})
        )

    n = len(points)
    before = partition(grouped(np.arange(n)).labels)
    order = np.random.default_rng(seed).permutation(np.concatenate([np.arange(n), np.arange(0, n, 2)]))
    again = partition(grouped(order).labels)
    assert {frozenset(order[k] for k in group) for group in again} == before


def test_links_differ_where_they_should():
    """A chain: neighbours 0.1 apart, ends 0.3."""
    place = np.array([0.0, 0.1, 0.2, 0.3])
    i, j = np.triu_indices(4, 1)
    chain = distances(np.abs(place[i] - place[j]), 4)
    assert Threshold(link="single", threshold=0.1)(chain).count == 1
    assert Threshold(link="complete", threshold=0.15)(chain).count == 2
    assert Threshold(link="average", threshold=0.21)(chain).labels.tolist() == [0, 0, 0, 0]
    assert Threshold(link="complete", threshold=0.21)(chain).count == 2


def test_the_threshold_itself_is_inside():
    assert Threshold(threshold=0.3)(distances([0.3], 2)).count == 1
    assert Threshold(threshold=0.29)(distances([0.3], 2)).count == 0


@pytest.mark.parametrize("link", ["single", "complete", "average"])
def test_the_suggestion_lies_in_the_gap(link):
    """Four groups of five copies, all groups equally far from each other."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(4), 5)
    square = np.where(group[:, None] == group, 0.1, 3.0) + 0.05 * rng.random((20, 20))
    some = distances(square[np.triu_indices(20, 1)], 20)
    groups = Threshold(link=link, threshold=0.0, suggest=True)(some)
    assert groups.count == 4
    assert 0.15 < groups.settings["suggested_threshold"] < 3.0
    assert groups.settings["threshold"] == groups.settings["suggested_threshold"]


def test_the_suggestion_is_not_a_gap_among_strangers():
    """Copies below 0.1, strangers from 0.4 to 0.6, and one that is further from them than they from the copies."""
    heights = np.array([0.01, 0.02, 0.03, 0.05, 0.08, 0.4, 0.45, 0.5, 0.55, 0.6, 0.95])
    tree = np.column_stack([np.zeros((11, 2)), heights, np.full(11, 2)])
    assert 0.08 < _linkage.suggestion(tree) < 0.4


def test_too_few_distances_give_no_suggestion():
    groups = Threshold(suggest=True)(distances([0.1], 2))
    assert groups.settings["suggested_threshold"] is None
    assert groups.settings["threshold"] == 0.21
    assert "too few" in groups.settings["notes"][0]


def test_near_misses_are_those_under_the_limit():
    groups = Threshold(near=0.5)(distances([0.1, 0.4, 0.9, 0.45, 0.9, 0.9], 4))
    assert [(int(a), int(b)) for a, b in zip(*groups.near[:2], strict=True)] == [(0, 2), (1, 2)]


def test_small_and_large_collections_take_the_same_path_to_the_same_tree(monkeypatch):
    some = random_distances(40, 5)
    for link in ("single", "complete", "average"):
        small = _linkage.merges(some, link)
        monkeypatch.setattr(_linkage, "SMALL", 1)
        large = _linkage.merges(some, link)
        monkeypatch.undo()
        np.testing.assert_allclose(np.sort(small[:, 2]), np.sort(large[:, 2]), rtol=1e-12)


@pytest.mark.parametrize("link", ["single", "complete", "average"])
def test_agglomerative_agrees_with_threshold(link):
    some = random_distances(30, 3)
    ours = Threshold(link=link, threshold=0.3)(some)
    theirs = Agglomerative(link=link, threshold=0.3)(some)
    assert partition(ours.labels) == partition(theirs.labels)
    assert len(partition(Agglomerative(link=link, n_groups=7)(some).labels)) == 7


def test_agglomerative_refuses_more_groups_than_items():
    with pytest.raises(ConfigError, match="cannot make 3 groups: of 2 items"):
        Agglomerative(n_groups=3)(distances([0.1], 2))
    assert Agglomerative()(distances([], 1)).labels.tolist() == [-1]


def test_agglomerative_says_what_becomes_of_undefined_pairs():
    some = distances([0.1, np.nan, np.nan, np.nan, np.nan, 0.1], 4)
    apart = Agglomerative(threshold=1e9)(some)
    assert apart.labels.tolist() == [0, 0, 1, 1]
    assert apart.settings["notes"] == ("4 of 6 pairs are undefined (silent clips?) and never join",)
    forced = Agglomerative(n_groups=1)(some)
    assert forced.labels.tolist() == [0, 0, 0, 0]
    assert "forced together where fewer groups are asked for" in forced.settings["notes"][0]

"""What HDBSCAN groups, and what it says where it does not."""

import doctest
import warnings

import jackfield_hdbscan
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_hdbscan import Hdbscan

from jackfield import ConfigError, Distances
from jackfield.testing import check_component

FOUR = [0.1, 0.9, 0.9, 0.9, 0.9, 0.1]  # two pairs of clips


def distances(condensed):
    n = int((1 + (1 + 8 * len(condensed)) ** 0.5) / 2)
    return Distances(ids=tuple(f"clip{k}" for k in range(n)), condensed=np.array(condensed, np.float32))


def of_points(points):
    i, j = np.triu_indices(len(points), 1)
    return distances(np.linalg.norm(points[i] - points[j], axis=-1))


def blobs(seed=0, size=12, strays=3):
    r = np.random.default_rng(seed)
    centres = np.array([(0, 0), (10, 0), (0, 10)])
    near = [r.normal(centre, 0.2, (size, 2)) for centre in centres]
    far = np.array([(30 + 10 * k, 40 - 25 * k) for k in range(strays)]).reshape(strays, 2)
    return np.concatenate([*near, far])


def test_four_clips_are_all_alone_and_the_note_says_why():
    groups = Hdbscan()(distances(FOUR))
    assert groups.labels.tolist() == [-1] * 4
    (note,) = groups.settings["notes"]
    assert "allow_single_cluster=true" in note
    assert "min_samples=1" in note
    assert "threshold" in note


def test_the_remedies_named_do_help():
    assert Hdbscan(min_samples=1)(distances(FOUR)).labels.tolist() == [0, 0, 1, 1]
    assert Hdbscan(allow_single_cluster=True)(distances(FOUR)).labels.tolist() == [0] * 4
    assert Hdbscan(min_samples=1)(distances(FOUR)).settings["notes"] == ()


@pytest.mark.parametrize(
    ("n", "size", "wanted"), [(3, 2, "3 items cannot be split"), (4, 5, "a group takes 5 items, 4")]
)
def test_too_few_items_are_explained(n, size, wanted):
    groups = Hdbscan(min_cluster_size=size)(distances([0.5] * (n * (n - 1) // 2)))
    assert groups.labels.tolist() == [-1] * n
    assert wanted in groups.settings["notes"][0]


def test_groups_are_complete():
    points = blobs()
    given = of_points(points)
    groups = Hdbscan(min_cluster_size=5)(given)
    assert groups.labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12 + [-1] * 3
    square = given.square()
    for g in range(3):
        inside = np.flatnonzero(groups.labels == g)
        medoid = inside[square[np.ix_(inside, inside)].sum(1).argmin()]
        assert set(groups.medoid[inside]) == {medoid}
        assert np.array_equal(groups.distance[inside], square[inside, medoid])
        assert (groups.margin[inside] > 5).all()
    assert groups.medoid[36:].tolist() == [-1] * 3
    assert groups.settings["notes"] == ()
    assert groups.settings["min_samples"] == 5


def test_min_samples_defaults_to_min_cluster_size():
    given = of_points(np.random.default_rng(3).uniform(size=(60, 2)))
    labels = [Hdbscan(min_cluster_size=4, min_samples=m)(given).labels.tolist() for m in (None, 4, 1)]
    assert labels[0] == labels[1] != labels[2]


def test_undefined_pairs_count_as_far_and_are_stated():
    given = of_points(blobs(strays=0))
    condensed = given.condensed.copy()
    # two members of one group that cannot be compared stay members
    condensed[given.index(0, 1)] = np.nan
    groups = Hdbscan(min_cluster_size=5)(distances(condensed))
    assert groups.labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    far = 2 * np.nanmax(condensed)
    assert groups.settings["notes"] == (f"1 of 630 pairs are undefined and count as far (distance {far:.4g})",)


def test_silences_are_undefined_never_equal():
    points = blobs(strays=0)
    given = of_points(np.concatenate([points, np.zeros((8, 2))]))
    condensed = given.condensed.copy()
    for k in range(36, 44):
        for other in range(44):
            if other != k:
                condensed[given.index(k, other)] = np.nan
    groups = Hdbscan(min_cluster_size=5)(distances(condensed))
    assert groups.labels[36:].tolist() == [-1] * 8
    assert groups.labels.max() == 2
    assert "8 of 44 items have no defined distance" in groups.settings["notes"][0]
    only = Hdbscan(allow_single_cluster=True)(distances([np.nan] * 28))
    assert only.labels.tolist() == [-1] * 8
    undefined = "8 of 8 items have no defined distance to any other and stay alone"
    assert only.settings["notes"] == (undefined, "all alone: a group takes 2 items, 0 can be compared")
    few = Hdbscan(min_cluster_size=5)(distances([0.1, 0.2, 0.3]))
    assert few.settings["notes"] == ("all alone: a group takes 5 items, 3 can be compared; lower min_cluster_size",)


def test_identical_items_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert Hdbscan(min_samples=1)(distances([0, 0.9, 0.9, 0.9, 0.9, 0])).labels.tolist() == [0, 0, 1, 1]
        assert Hdbscan()(distances([0.0] * 6)).labels.tolist() == [0] * 4


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("single", [False, True])
def test_hardly_any_items(n, single):
    given = Distances(ids=tuple("ab"[:n]), condensed=np.full(n * (n - 1) // 2, 0.5, np.float32))
    groups = Hdbscan(allow_single_cluster=single)(given)
    assert groups.labels.tolist() == ([0, 0] if n == 2 and single else [-1] * n)
    assert len(groups.settings["notes"]) == (n > 0 and not (n == 2 and single))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_items_does_not_matter(seed):
    points = blobs(seed)
    order = np.random.default_rng(seed).permutation(len(points))
    labels = Hdbscan(min_cluster_size=5)(of_points(points)).labels
    shuffled = Hdbscan(min_cluster_size=5)(of_points(points[order])).labels
    together, again = labels[order][:, None] == labels[order], shuffled[:, None] == shuffled
    assert np.array_equal(together, again)
    assert np.array_equal(labels[order] < 0, shuffled < 0)


def test_parameters_are_checked():
    for wrong in ({"min_cluster_size": 1}, {"min_samples": 0}, {"allow_single_cluster": 3}, {"metric": "x"}):
        with pytest.raises(ConfigError):
            Hdbscan(**wrong)


def test_component_keeps_the_rules():
    check_component("hdbscan")


def test_docstring_examples():
    result = doctest.testmod(jackfield_hdbscan)
    assert result.attempted >= 6
    assert result.failed == 0

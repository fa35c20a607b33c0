"""Variants together: whatever a distance marks, and whatever has a sound more or less at an end."""

import numpy as np
import pytest
from jackfield_grouping import Threshold

from jackfield import Distances

PAIRS = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def told(distances, **columns):
    """Distances of "a" to "d" by pair, 0.9 where none is given, and columns of which the rest is 0."""
    condensed = np.array([distances.get(pair, 0.9) for pair in PAIRS], np.float32)
    filled = {name: np.array([c.get(pair, 0) for pair in PAIRS], np.float32) for name, c in columns.items()}
    return Distances(ids=("a", "b", "c", "d"), condensed=condensed, columns=filled)


@pytest.mark.parametrize("link", ["single", "complete", "average"])
def test_a_sound_more_at_an_end_belongs_to_them_whoever_has_it(link):
    some = told({(0, 1): 0.02, (0, 2): 0.05, (1, 2): 0.05}, part={(0, 2): 1, (1, 2): 1})
    assert Threshold(link=link)(some).labels.tolist() == [0, 0, -1, -1]  # most are without it: it was added
    assert Threshold(link=link, variants="together")(some).labels.tolist() == [0, 0, 0, -1]


def test_a_pair_split_from_a_chain_is_together_if_one_has_a_sound_more():
    some = told({(0, 1): 0.1, (1, 2): 0.15, (0, 2): 0.9}, part={(1, 2): -1})
    assert Threshold()(some).labels.tolist() == [0, 0, -1, -1]
    assert Threshold(variants="together")(some).labels.tolist() == [0, 0, 0, -1]


def test_a_sound_more_beyond_the_threshold_says_nothing():
    some = told({(0, 1): 0.1, (1, 2): 0.4}, part={(1, 2): -1})
    assert Threshold(variants="together")(some).labels.tolist() == [0, 0, -1, -1]


def test_marked_pairs_connect_groups_at_any_distance():
    some = told({(0, 1): 0.1, (2, 3): 0.1, (0, 2): 0.7}, variant={(0, 2): 1})
    assert Threshold()(some).labels.tolist() == [0, 0, 1, 1]
    assert Threshold(variants="together")(some).labels.tolist() == [0, 0, 0, 0]


def test_only_together_wants_variants_to_be_looked_for():
    assert Threshold().wants == ()
    assert Threshold(variants="together").wants == ("variant",)

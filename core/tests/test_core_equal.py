"""Equal samples, compared with each other by a distance that is undefined for them."""

from types import SimpleNamespace

import numpy as np

from jackfield import Comparison
from jackfield.running._items import compare_once

FIRST, SECOND = np.array([0, 0, 1]), np.array([1, 2, 2])


def product(a, b):
    """Undefined where there is nothing to compare."""
    return Comparison(abs(a - b) if a and b else float("nan"), relation="different" if a and b else None)


def test_equal_samples_are_at_no_distance_where_the_distance_does_not_say():
    distance = SimpleNamespace(compare=product)
    found = compare_once(distance, [0.0, 0.0, 0.0], ["silence", "silence", "shorter"], FIRST, SECOND)
    assert found["columns"]["distance"].tolist()[0] == 0
    assert np.isnan(found["columns"]["distance"][1:]).all()
    assert found["relations"] == ("identical", None, None)
    assert (
        compare_once(distance, [2.0, 2.0, 3.0], ["two", "two", "three"], FIRST, SECOND)["relations"]
        == ("different",) * 3
    )
    alone = compare_once(distance, [0.0, 1.0], ["silence", "one"], np.array([0, 0]), np.array([0, 1]))
    assert alone["columns"]["distance"][0] == 0
    assert alone["relations"] == ("identical", None)


def test_columns_without_relations_stay_without():
    distance = SimpleNamespace(pairs=lambda items, i, j: {"distance": np.full(i.size, np.nan), "more": i * 1.0})
    found = compare_once(distance, [0.0, 0.0, 0.0], ["silence", "silence", "shorter"], FIRST, SECOND)
    assert found["columns"]["distance"][0] == 0
    assert found["relations"] == ()


def test_a_distance_that_is_not_zero_for_one_and_the_same_is_believed():
    distance = SimpleNamespace(compare=product, zero_self=False)
    found = compare_once(distance, [0.0, 0.0, 0.0], ["silence", "silence", "shorter"], FIRST, SECOND)
    assert np.isnan(found["columns"]["distance"]).all()

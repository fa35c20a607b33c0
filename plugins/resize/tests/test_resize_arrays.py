"""Dtypes, weights, missing values, and what is refused."""

import numpy as np
import pytest
from jackfield_resize import Resize, _arrays, _grids

import jackfield
from jackfield import ConfigError, DataError, Grid


def resize(x, *args, **options):
    return jackfield.resize(x, *args, **options)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_dtype_stays(dtype):
    x = np.array([0, 1, 2, 3, 4, 7], dtype)
    result = resize(x, 3)
    assert (result.dtype, result.tolist()) == (x.dtype, [0.5, 2.5, 5.5] if x.dtype.kind == "f" else [0, 2, 6])


def test_integers_round_half_to_even_and_saturate():
    assert resize(np.array([0, 1, 1, 2, 2, 3], "u1"), 3).tolist() == [0, 2, 2]
    assert resize(np.array([-1, 0, -2, -1], "i2"), 2).tolist() == [0, -2]
    edge = np.repeat(np.array([0, 255], "u1"), 8)
    sharp = resize(edge, 31, mode="cubic")
    exact = resize(edge.astype(float), 31, mode="cubic")
    assert exact.min() < -1
    assert exact.max() > 256
    np.testing.assert_array_equal(sharp, np.clip(np.rint(exact), 0, 255))
    big = np.array([2**53, 2**53], "i8")
    assert resize(big, 1).item() == 2**53


@pytest.mark.parametrize("mode", ["area", "area-torch"])
def test_halves_are_halves_whatever_the_size_of_a_region(mode):
    """Means of 2k elements that are j + 1/2 exactly, for every k: sums of k-ths in floats would miss some."""
    for k in range(1, 200):
        x = np.repeat(np.array([0, 1, 1, 2], "i4"), k)
        assert resize(x, 2, mode=mode).tolist() == [0, 2]
        plane = np.add.outer(x, 0 * x)
        assert k > 20 or resize(plane, (2, 1), mode=mode).tolist() == [[0], [2]]


def test_half_precision_is_computed_in_single():
    x = np.random.default_rng(0).random(4096).astype("f2")
    assert resize(x, 1)[0] == np.float16(x.astype("f8").mean())


def test_nearest_takes_what_cannot_be_averaged():
    flags = np.array([True, False, True, True])
    assert resize(flags, 2, mode="nearest").tolist() == [True, True]
    assert resize(flags, 2, mode="nearest").dtype == bool
    assert resize(np.array([2**63 - 1, 1], "i8"), 1, mode="nearest").tolist() == [2**63 - 1]


def test_weighted_means():
    x, w = np.array([1.0, 3, 5, 7, 9, 11]), np.array([1.0, 3, 0, 2, 1, 1])
    np.testing.assert_allclose(resize(x, 3, weights=w), [2.5, 7, 10], rtol=1e-15)
    means = [np.average(x[:3], weights=w[:3]), np.average(x[3:], weights=w[3:])]
    np.testing.assert_allclose(resize(x, 2, mode="area-torch", weights=w), means, rtol=1e-15)
    rows = np.stack([x, 2 * x])
    np.testing.assert_allclose(resize(rows, 3, axes=1, weights=w), [[2.5, 7, 10], [5, 14, 20]], rtol=1e-15)
    np.testing.assert_allclose(resize(x, 4, weights=np.full(6, 7.0)), resize(x, 4), atol=1e-14)
    # a weight of 0 leaves out what cannot be computed with
    assert resize(np.array([np.inf, 2.0]), 1, weights=[0, 1]).tolist() == [2]
    assert np.isnan(resize(x, 3, weights=[0, 0, 1, 1, 1, 1])[0])


def test_missing_values_are_left_out():
    x = np.array([[1.0, np.nan, 3, 5], [np.nan, np.nan, 1, 3]])
    np.testing.assert_array_equal(resize(x, 2, axes=1, skip_nan=True), [[1, 4], [np.nan, 2]])
    np.testing.assert_array_equal(resize(x, 2, axes=1), [[np.nan, 4], [np.nan, 2]])
    assert resize(x, (1, 1), skip_nan=True).item() == pytest.approx(np.nanmean(x))
    assert resize(x, (1, 1), skip_nan=True, weights=[1, 1, 0, 1]).item() == pytest.approx((1 + 5 + 3) / 3)
    single = resize(x.astype("f4"), 3, axes=1, mode="linear", skip_nan=True)
    assert single.dtype == np.float32
    assert single[0, 0] == 1


WRONG = [
    ({"size": 0}, ConfigError, "every size must be above 0"),
    ({"size": (2, 0)}, ConfigError, "every size must be above 0"),
    ({"size": (-2, 3)}, ConfigError, "every size must be above 0"),
    ({"size": ()}, ConfigError, "every size must be above 0"),
    ({"scale": -1.0}, ConfigError, "every scale must be above 0"),
    ({"scale": float("inf")}, ConfigError, "above 0 and finite"),
    ({"scale": float("nan")}, ConfigError, "NaN"),
    ({"scale": 0.1}, ConfigError, "nothing would be left: 4 elements on axis 0 times 0.1"),
    ({}, ConfigError, "either size or scale"),
    ({"size": 2, "scale": 2.0}, ConfigError, "either size or scale"),
    ({"size": (2, 2, 2)}, ConfigError, "wrong number of sizes: 3 for axes 0, 1 of shape"),
    ({"size": (2,)}, ConfigError, "wrong number of sizes"),
    ({"size": 2}, ConfigError, "give one per axis, or name the axes"),
    ({"scale": (2.0,)}, ConfigError, "wrong number of scales"),
    ({"size": (2, 2), "axes": (0, 0)}, ConfigError, "every axis must be named once"),
    ({"size": (2, 2), "axes": (0, -2)}, ConfigError, "every axis must be named once"),
    ({"size": 2, "axes": 2}, ConfigError, "there is no axis 2: 2 dimensions"),
    ({"size": 2, "axes": "time"}, ConfigError, 'no axis is called "time"'),
    ({"size": 2.5}, ConfigError, '"size"'),
    ({"size": [[2], [2]]}, ConfigError, '"size"'),
    ({"size": (2, 2), "mode": ["area"]}, ConfigError, '"mode"'),
    ({"size": (2, 2), "mode": "bilinaer"}, ConfigError, 'did you mean "bilinear"'),
    ({"size": (2, 2), "mode": "bicubic", "skip_nan": True}, ConfigError, "skip_nan is for means"),
    ({"size": (2, 2), "mode": "bicubic", "weights": 1.0}, ConfigError, "weights are for means"),
    ({"size": (2, 2), "weights": [1.0, 2, 3]}, DataError, "weights must fit"),
    ({"size": (2, 2), "weights": -1.0}, DataError, "weights must be finite and 0 or more"),
    ({"size": (2, 2), "weights": np.nan}, DataError, "weights must be finite and 0 or more"),
    ({"size": (2, 2), "weights": 1j}, DataError, "weights must be real numbers: dtype complex128"),
    ({"size": (2, 2), "weights": ["a"] * 6}, DataError, "weights must be real numbers"),
    ({"size": (2, 2), "mode": "nearest", "weights": 1.0}, ConfigError, 'weights are for means: mode "nearest"'),
    ({"size": (2, 2), "threads": 0}, ConfigError, "threads must be a whole number from 1: got 0"),
    ({"size": (2, 2), "threads": 1.5}, ConfigError, "threads must be"),
    ({"size": {2: 2}}, ConfigError, '"size"'),
    ({"size": (10**7, 10**7)}, DataError, "does not fit into memory: 10000000 × 10000000 of 8 bytes"),
    ({"size": (2, 2**31)}, DataError, "does not fit into memory: 2147483648 elements on axis 1"),
    ({"scale": 1e300}, DataError, r"does not fit into memory: 4 · 1e\+300 elements on axis 0"),
    ({"scale": 1e308}, DataError, "does not fit into memory"),
    (
        {"size": (2**29, 2), "mode": "cubic"},
        DataError,
        "weights do not fit into memory: 536870912 elements of 4 weights",
    ),
    ({"size": (2, 2), "weights": [[1], [2, 3]]}, DataError, "weights must be an array: .*inhomogeneous"),
]


@pytest.mark.parametrize(("how", "error", "words"), WRONG)
def test_one_clear_error(how, error, words):
    with pytest.raises(error, match=words):
        resize(np.ones((4, 6)), **how)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (3.0, "a single value has no axis to resize: got float"),
        ("abc", "a single value has no axis to resize: got str"),
        (None, "resize takes an array: got NoneType"),
        (np.ma.masked_greater(np.arange(4.0), 2), "a mask would be lost: 1 of 4 values are masked; give weights"),
        ([[]], "an empty array cannot be resized"),
        (np.ones((0,)), "an empty array cannot be resized"),
        ([[1], [2, 3]], "takes an array: .*inhomogeneous"),
        (np.ones((0, 3)), "empty array"),
        (np.ones((3, 0), "c8"), "empty array"),
        (np.ones((2, 3), "c16"), "opposite phase would cancel; resize magnitude or power"),
        (np.array([[1, None], [2, 3]]), "takes numbers of up to 64 bits: dtype object"),
        (np.array([["a", "b"]]), "takes numbers"),
        (np.ones((2, 2), "M8[s]"), "takes numbers"),
        (np.ones((2, 2), bool), "bool has no mean"),
        (np.full((2, 2), 2**60), "beyond 2\\*\\*53"),
    ],
)
def test_values_that_cannot_be_averaged(x, words):
    with pytest.raises(DataError, match=words):
        resize(x, (1, 1))


@pytest.mark.parametrize("most", [1e300, 10, 1e-46, 1e-300, 5e-324])
def test_weights_of_any_size(most):
    x = np.array([1e38, 1e38, 3e38, 1e38], "f4")
    np.testing.assert_allclose(resize(x, 2, weights=[most] * 4), [1e38, 2e38], rtol=1e-7)
    w = np.array([1, 3, 0, 1]) * most
    np.testing.assert_allclose(resize(np.array([1.0, 3, 5, 7]), 2, weights=w), [2.5, 7], rtol=1e-15)


def test_weighted_integers_are_rounded_as_unweighted_ones():
    x = np.repeat([0, 1, 1, 2], 3)
    for weights in (1, np.ones(12), np.full(12, 0.25)):
        assert resize(x, 2, weights=weights).tolist() == resize(x, 2).tolist() == [0, 2]


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_large_integers_are_averaged_exactly(dtype):
    top = 2**53
    assert resize(np.full(5, top - 1, dtype), 2).tolist() == [top - 1] * 2
    assert resize(np.full((5, 7), top - 1, dtype), (2, 3)).tolist() == [[top - 1] * 3] * 2
    x = np.array([top, top - 1, top - 1, top - 2, top - 3, top - 4], dtype)
    assert resize(x, 2).tolist() == [top - 1, top - 3]  # -2/3 and -3, from 2**53
    assert resize(x, 3).tolist() == [top, top - 2, top - 4]  # halves, to even
    if dtype == "i8":
        assert resize(-x, 3).tolist() == [-top, 2 - top, 4 - top]


def test_a_mask_that_hides_nothing_is_no_mask():
    assert resize(np.ma.masked_array([1.0, 3]), 1).tolist() == [2]


def test_integers_of_weight_zero():
    with pytest.raises(DataError, match="1 regions of weight 0"):
        resize(np.arange(4), 2, weights=[0, 0, 1, 1])


def test_the_input_is_not_touched_and_views_are_taken():
    x = np.arange(48.0).reshape(6, 8)
    view = x[::-2, ::2]
    np.testing.assert_array_equal(resize(view, (1, 2)), resize(view.copy(), (1, 2)))
    np.testing.assert_array_equal(x, np.arange(48.0).reshape(6, 8))
    same = resize(x, x.shape)
    assert not np.shares_memory(same, x)
    with pytest.raises(DataError, match="no axis to resize"):
        resize(np.float64(3.0), scale=2)


def test_what_the_machine_has_no_memory_for_is_refused(monkeypatch):
    def none_left(*_, **__):
        raise MemoryError("Unable to allocate 9 GiB")

    monkeypatch.setattr(_arrays, "separable", none_left)
    with pytest.raises(DataError, match="does not fit into memory: Unable to allocate 9 GiB"):
        resize(np.ones((4, 6)), (2, 2))
    monkeypatch.setattr(_grids, "_decibels", none_left)
    with pytest.raises(DataError, match="does not fit into memory: Unable to allocate 9 GiB"):
        resize(Grid(values=np.ones((4, 6)), scale="db"), (2, 2))


def test_component_and_function_are_the_same():
    x = np.arange(24.0).reshape(4, 6)
    for size in ([2, 3], np.array([2, 3]), (np.int64(2), 3)):
        np.testing.assert_array_equal(resize(x, size), resize(x, (2, 3)))
    assert Resize(size=(2, 3)) == Resize(size=[2, 3])
    assert Resize(size=np.int64(3)).size == 3


def test_what_is_refused_does_not_depend_on_what_came_before():
    x = np.arange(24.0).reshape(4, 6)
    resize(x, (2, 3))
    resize(x, (1, 3))
    resize(x, 2, axes=(0,))
    for size, axes in (((2.0, 3.0), None), ((True, 3), None), (2, (False,))):
        with pytest.raises(ConfigError, match=r'"(size|axes)"'):
            resize(x, size, axes=axes)

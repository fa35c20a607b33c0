"""Numbers of every mode against torch's own answers, against plain loops, and against what a mean is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_resize import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

import jackfield
from jackfield import ConfigError, DataError

MODES = ("area", "area-torch", "nearest", "nearest-exact", "linear", "cubic", "lanczos")
POOLS = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)


def resize(x, *args, **options):
    return jackfield.resize(x, *args, **options)


def test_every_golden_answer_of_torch(shared):
    golden = np.load(shared / "golden/interpolate.npz")
    worst = {"f4": 0.0, "f8": 0.0}
    for key in (k for k in golden if k.startswith("out/")):
        _, dims, kind, sizes, mode, *flags = key.split("/")
        x, size = golden[f"in/{dims}"].astype(kind), tuple(map(int, sizes.split("x")))
        if mode == "adaptive_avg_pool":
            result = POOLS[int(dims) - 1](x, size)
        else:
            options = {"align_corners": True} if "align" in flags else {}
            options |= {"antialias": True} if "antialias" in flags else {}
            name = "area-torch" if mode == "area" else mode
            result = resize(x, size, mode=name, axes=tuple(range(2, x.ndim)), **options)
        assert (result.dtype, result.shape) == (x.dtype, golden[key].shape)
        worst[kind] = max(worst[kind], float(np.abs(result - golden[key]).max()))
    assert worst["f4"] <= 2e-6
    assert worst["f8"] <= 1e-12


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("bilinear", {}),
        ("bilinear", {"align_corners": True}),
        ("bilinear", {"antialias": True}),
        ("bicubic", {}),
        ("bicubic", {"antialias": True}),
        ("nearest", {}),
        ("nearest-exact", {}),
        ("lanczos", {"antialias": True}),
    ],
)
def test_torch_itself(mode, options, dtype):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(5).random((1, 2, 37, 53)).astype(dtype)
    for how in ({"size": (91, 20)}, {"size": (331, 517)}, {"scale": 0.3}, {"scale": 1.7}, {"scale": (0.77, 2.0)}):
        peer = {"scale_factor" if k == "scale" else k: v for k, v in how.items()}
        theirs = torch.nn.functional.interpolate(torch.from_numpy(x), mode=mode, **peer, **options).numpy()
        ours = resize(x, mode=mode, axes=(2, 3), **how, **options)
        np.testing.assert_allclose(ours, theirs, atol=2e-6 if dtype == "f4" else 1e-12, rtol=0)


SQUARES = np.arange(12.0).reshape(3, 4) ** 2
NARROWER = [  # torch's answers for SQUARES by (1.3, 0.5): three rows stay three
    ("bilinear", {}, [[0.5, 6.5], [20.5, 42.5], [72.5, 110.5]]),
    ("bilinear", {"antialias": True}, [[1, 5.714286], [22.714286, 40], [76.428571, 106.285714]]),
    ("bicubic", {"antialias": True}, [[0.603306, 6.082645], [21.297521, 41.38843], [73.991736, 108.694215]]),
    ("lanczos", {}, [[0.404175, 6.175412], [20.709193, 41.870394], [73.014211, 109.565376]]),
    ("bicubic", {}, [[-1.084864, 4.292533], [7.452225, 23.819395], [42.703363, 75.853646]]),
]


@pytest.mark.parametrize(("mode", "options", "answer"), NARROWER)
def test_an_axis_that_keeps_its_length_is_copied_where_torch_copies_it(mode, options, answer):
    np.testing.assert_allclose(resize(SQUARES, scale=(1.3, 0.5), mode=mode, **options), answer, atol=1e-6)


def test_a_factor_that_changes_nothing():
    x = np.arange(10.0)
    np.testing.assert_array_equal(resize(x, scale=1.05, mode="linear"), x)
    np.testing.assert_array_equal(resize(x, scale=1.05, mode="nearest"), [0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    longer = resize(np.arange(16.0).reshape(8, 1, 2) ** 2, scale=1.164, mode="trilinear")[:, 0]
    expected = [[0, 1], [3.154639, 7.309278], [11.773196, 19.364261], [26.137457, 37.164948], [46.247423, 60.71134]]
    np.testing.assert_allclose(longer[:5], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("n", "m", "mode", "at", "single", "double"),
    [(32, 460, "nearest", 115, 7, 8), (58, 463, "nearest-exact", 231, 29, 29), (20, 470, "nearest-exact", 23, 1, 1)],
)
def test_a_nearest_element_on_the_edge_between_two(n, m, mode, at, single, double):
    """115 · 32 / 460 is 8, in float32 7.9999995: torch computes in the dtype of the values, and rounds to float32."""
    assert resize(np.arange(n, dtype="f4"), m, mode=mode)[at] == single
    assert resize(np.arange(n, dtype="f8"), m, mode=mode)[at] == double


AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "lanczos": 2, "trilinear": 3}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("mode", [*AXES, "nearest", "nearest-exact"])
def test_torch_itself_by_factors_near_one_and_two(mode, dtype):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(8)
    for _ in range(60):
        # nearest along two axes: torch takes other code for small images, which copies where this one moves
        shape = rng.integers(2, 12, AXES.get(mode) or rng.choice([1, 3])).tolist()
        scale = tuple(float(rng.choice([1, 2, rng.uniform(0.5, 2)]) + rng.random() * 0.9 / n) for n in shape)
        options = (
            {"antialias": True} if mode == "lanczos" or (mode in ("bilinear", "bicubic") and rng.random() < 0.5) else {}
        )
        x = rng.random(shape).astype(dtype)
        theirs = torch.nn.functional.interpolate(
            torch.from_numpy(x)[None, None], scale_factor=scale, mode=mode, **options
        )
        ours = resize(x, scale=scale, mode=mode, **options)
        np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=2e-6 if dtype == "f4" else 1e-12, rtol=0)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_torch_itself_takes_the_same_elements(mode, dtype):
    torch = pytest.importorskip("torch")
    for n, m in itertools.product(range(1, 60, 3), range(1, 500, 7)):
        x = np.arange(n, dtype=dtype)
        theirs = torch.nn.functional.interpolate(torch.from_numpy(x)[None, None], m, mode=mode)[0, 0].numpy()
        np.testing.assert_array_equal(resize(x, m, mode=mode), theirs, err_msg=f"{n} to {m}")


def loop_mean(x, m):
    n = len(x)
    bounds = ((math.floor(i * n / m), math.ceil((i + 1) * n / m)) for i in range(m))
    return np.array([np.mean(x[a:b]) for a, b in bounds])


@settings(deadline=None)
@given(n=st.integers(1, 60), m=st.integers(1, 90), seed=st.integers(0, 99))
def test_area_torch_is_the_mean_from_floor_to_ceiling(n, m, seed):
    x = np.random.default_rng(seed).normal(size=n)
    np.testing.assert_allclose(resize(x, m, mode="area-torch"), loop_mean(x, m), atol=1e-13)


@settings(deadline=None)
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    sizes=st.lists(st.integers(1, 12), min_size=4, max_size=4),
    seed=st.integers(0, 99),
)
def test_area_exact_keeps_the_mean_in_any_number_of_dimensions(shape, sizes, seed):
    x = np.random.default_rng(seed).normal(5, 1, shape)
    resized = resize(x, tuple(sizes[: len(shape)]))
    assert resized.shape == tuple(sizes[: len(shape)])
    assert abs(resized.mean() - x.mean()) < 1e-12


def test_area_exact_is_the_integral_over_the_region():
    x = np.array([1.0, 2, 5, 10, 17])
    fine = np.repeat(x, 3)  # thirds of an element: five of them make a region
    np.testing.assert_allclose(resize(x, 3), fine.reshape(3, 5).mean(axis=1), atol=1e-15)
    np.testing.assert_array_equal(resize(x, 3, mode="area-exact"), resize(x, 3))


@pytest.mark.parametrize(("n", "m"), [(480_000, 1), (480_001, 2), (2_000_000, 7)])
def test_long_means_stay_exact_in_single_precision(n, m):
    x = np.full(n, 0.1, "f4")
    for mode in ("area", "area-torch"):
        np.testing.assert_allclose(resize(x, m, mode=mode), x[:m], rtol=1e-6)
        np.testing.assert_allclose(resize(np.stack([x, x], 1), m, mode=mode, axes=0)[:, 1], x[:m], rtol=1e-6)


def test_the_known_differences():
    x = np.array([1.0, 2, 5, 10, 17])
    assert resize(x, 3, mode="area-torch").round(2).tolist() == [1.5, 5.67, 13.5]
    assert resize(x, 3).round(2).tolist() == [1.4, 5.4, 14.2]
    assert resize(x[:3], 5, mode="area-torch").tolist() == [1, 1.5, 2, 3.5, 5]
    assert resize(np.arange(6.0), 3, mode="nearest").tolist() == [0, 2, 4]
    assert resize(np.arange(6.0), 3, mode="nearest-exact").tolist() == [1, 3, 5]


@pytest.mark.parametrize("mode", MODES)
def test_a_constant_stays_and_an_axis_of_its_own_length_too(mode):
    np.testing.assert_allclose(resize(np.full((7, 5), 3.25), (4, 9), mode=mode), 3.25, atol=1e-12)
    x = np.random.default_rng(0).normal(size=(6, 7))
    np.testing.assert_allclose(resize(x, (6, 7), mode=mode), x, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_axes_do_not_meet(mode):
    """Any axes, in any order, of any array: the same as one axis after the other."""
    x = np.random.default_rng(1).normal(size=(3, 8, 4, 9))
    for axes in ((1, 3), (3, 1), (0, 2), (-1, 0, 1)):
        sizes = tuple({0: 5, 1: 6, 2: 7, 3: 4}[axis % 4] for axis in axes)
        step = x
        for axis, size in zip(axes, sizes, strict=True):
            step = resize(step, size, mode=mode, axes=axis)
        np.testing.assert_allclose(resize(x, sizes, mode=mode, axes=axes), step, atol=1e-12)
        np.testing.assert_allclose(
            resize(x.T, sizes, mode=mode, axes=tuple(3 - axis % 4 for axis in axes)).T, step, atol=1e-12
        )


@pytest.mark.parametrize("mode", MODES)
def test_a_nan_stays_within_the_regions_that_hold_it(mode):
    x = np.arange(24.0)
    x[10] = np.nan
    for m in (8, 7, 24, 50):
        clean = resize(np.arange(24.0), m, mode=mode)
        spoilt = resize(x, m, mode=mode)
        unit = resize(np.eye(24)[10], m, mode=mode)
        np.testing.assert_array_equal(np.isnan(spoilt), unit != 0)
        np.testing.assert_allclose(spoilt[unit == 0], clean[unit == 0])


def test_an_infinity_stays_one():
    x = np.array([1.0, np.inf, 2, 3, 4, 5, 6])
    assert resize(x, 3).tolist()[0] == np.inf
    assert np.isfinite(resize(x, 3)[1:]).all()


def test_modes_for_so_many_axes():
    x = np.zeros((4, 4, 4))
    for mode, count in (("bilinear", 2), ("bicubic", 2), ("trilinear", 3)):
        for axes in itertools.chain.from_iterable(itertools.combinations(range(3), k) for k in (1, 2, 3)):
            if len(axes) == count:
                assert resize(x, (2,) * count, mode=mode, axes=axes).ndim == 3
            else:
                with pytest.raises(ConfigError, match=f"is for {count} axes: got {len(axes)}; use mode"):
                    resize(x, (2,) * len(axes), mode=mode, axes=axes)


def test_what_torch_refuses():
    x = np.zeros((4, 4))
    for mode in ("area", "area-torch", "nearest", "nearest-exact"):
        for value in (True, False):
            with pytest.raises(ConfigError, match="align_corners has no meaning"):
                resize(x, (2, 2), mode=mode, align_corners=value)
    for mode in ("area", "area-torch", "nearest", "nearest-exact", "linear", "trilinear", "cubic"):
        with pytest.raises(ConfigError, match="antialias is for"):
            resize(x, (2, 2), mode=mode, antialias=True)
    with pytest.raises(ConfigError, match="align_corners"):
        resize(x, (2, 2), mode="lanczos", align_corners=True)
    with pytest.raises(ConfigError, match="always antialiased"):
        resize(x, (2, 2), mode="lanczos", antialias=False)
    assert resize(x, (2, 2), mode="lanczos", align_corners=False, antialias=True).shape == (2, 2)


def test_pooling_by_name():
    x = np.arange(2 * 6 * 8.0).reshape(2, 6, 8)
    np.testing.assert_array_equal(adaptive_avg_pool2d(x, (3, None)), x.reshape(2, 3, 2, 8).mean(2))
    assert adaptive_avg_pool3d(x, 1).item() == pytest.approx(x.mean())
    assert adaptive_avg_pool1d(x, (4,)).shape == (2, 6, 4)
    with pytest.raises(ConfigError, match="needs 2 sizes"):
        adaptive_avg_pool2d(x, (1, 2, 3))
    with pytest.raises(ConfigError, match="as many axes"):
        adaptive_avg_pool3d(x[0], 2)
    with pytest.raises(DataError, match="takes an array: got Grid"):
        adaptive_avg_pool1d(jackfield.Grid(values=x), 2)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_single_column_is_antialiased_like_a_single_row(mode):
    # torch 2.13 repeats the first row there
    x = np.random.default_rng(3).standard_normal((19, 6))
    column = jackfield.resize(x, (3, 1), mode=mode, antialias=True)
    row = jackfield.resize(x.T, (1, 3), mode=mode, antialias=True)
    np.testing.assert_allclose(column, row.T, rtol=0, atol=1e-15)
    torch = pytest.importorskip("torch")
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(x.T.copy())[None, None], (1, 3), mode=mode, antialias=True
    )
    np.testing.assert_allclose(column, theirs[0, 0].numpy().T, rtol=0, atol=1e-12)

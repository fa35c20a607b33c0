"""What becomes of axes, frames, rates and scales."""

from fractions import Fraction

import numpy as np
import pytest
from jackfield_resize import Resize

import jackfield
from jackfield import Axis, ConfigError, DataError, FrameGrid, Grid, Signal, Spec
from jackfield.testing import check_component


def spectrogram(n=8000, n_fft=256, hop=64, scale="power", center=True):
    frames = FrameGrid.of(n, n_fft=n_fft, hop=hop, rate=8000, center=center)
    values = np.random.default_rng(0).random((2, n_fft // 2 + 1, frames.count))
    axes = (
        Axis("channel"),
        Axis("frequency", "Hz", 0.0, 8000 / n_fft),
        Axis("frame", "s", frames.time(0), hop / 8000),
    )
    return Grid(values=values, axes=axes, frames=frames, scale=scale)


def test_columns_still_map_to_samples():
    """126 frames to 42: column k is frames 3k … 3k + 2, and covers exactly their samples."""
    grid = spectrogram()
    small = Resize(size=42, axes="frame")(grid)
    old, new = grid.frames, small.frames
    assert (new.count, new.hop, new.n_samples, new.rate) == (42, 192, 8000, 8000)
    for k in range(42):
        assert new.span(k) == (old.span(3 * k)[0], old.span(3 * k + 2)[1])
    np.testing.assert_allclose(small.values, grid.values.reshape(2, 129, 42, 3).mean(3), atol=1e-15)
    assert small.axes[2].at(5) == pytest.approx(grid.axes[2].at(16))
    assert small.axes[1] == grid.axes[1]
    assert small.history == ("resize area 126 to 42",)


@pytest.mark.parametrize("mode", ["area", "area-torch", "linear", "cubic", "lanczos", "nearest", "nearest-exact"])
@pytest.mark.parametrize("m", [63, 42, 84, 252, 14, 1, 50, 125, 200])
@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (255, 63), (400, 160)])
def test_every_frame_that_has_a_weight_lies_in_the_columns_span(mode, m, n_fft, hop):
    grid = spectrogram(n=126 * hop - hop, n_fft=n_fft + n_fft % 2, hop=hop)
    frames = FrameGrid(126, hop, n_fft, grid.frames.first_center, grid.frames.n_samples, 8000)
    grid = Grid(values=np.ones((1, 1, 126)), axes=grid.axes, frames=frames)
    resized = Resize(size=m, axes="frame", mode=mode)(grid)
    if resized.frames is None:
        assert "unevenly spaced" in resized.history[-1]
        return
    for j in range(126):
        unit = np.zeros((1, 1, 126))
        unit[..., j] = 1
        heard = Resize(size=m, axes="frame", mode=mode)(grid.replace(values=unit, note="")).values[0, 0]
        for k in np.flatnonzero(heard):
            first, stop = resized.frames.span(int(k))
            assert first <= frames.span(j)[0]
            assert stop >= frames.span(j)[1]


def test_uneven_frames_leave_coordinates():
    grid = spectrogram()
    uneven = Resize(size=40, axes="frame", mode="area-torch")(grid)
    assert uneven.frames is None
    centers = [((i * 126) // 40 + -(-(i + 1) * 126 // 40) - 1) / 2 for i in range(40)]
    np.testing.assert_allclose(uneven.axes[2].coordinates, np.array(centers) * 64 / 8000)
    assert uneven.history[-1].endswith("frames of 8000 Hz unevenly spaced or closer than samples")
    assert Resize(scale=100.0, axes="frame", mode="linear")(grid).frames is None


def test_frames_between_samples_are_fractions_apart():
    grid = spectrogram()
    between = Resize(size=50, axes="frame")(grid)
    frames, axis = between.frames, between.axes[2]
    assert (frames.hop, frames.first_center) == (64 * Fraction(126, 50), 64 * Fraction(126 - 50, 100))
    assert axis.step == pytest.approx(64 / 8000 * 126 / 50)
    for k in range(50):
        assert axis.at(k) == pytest.approx(frames.time(k), abs=1e-12)
        first, last = int(k * 126 / 50), -int(-(k + 1) * 126 // 50) - 1
        assert frames.span(k)[0] <= grid.frames.span(first)[0]
        assert grid.frames.span(last)[1] <= frames.span(k)[1]
        assert k in frames.frames_at(frames.center(k))
    # four frames of 256 samples, 64 apart, are 448; the rest is for those that lie off the middle
    assert frames.window == 476
    assert between.touches_padding.tolist() == [frames.coverage(k) < 1 for k in range(50)]
    again = Resize(size=126, axes="frame")(between).frames
    assert (again.hop, again.first_center) == (64, 0)


def test_a_fractional_ratio_on_whole_samples_keeps_frames():
    grid = spectrogram()
    resized = Resize(size=84, axes="frame")(grid)  # 1.5 frames are 96 samples
    assert (resized.frames.hop, resized.frames.center(0)) == (96, grid.frames.center(0) + 16)
    assert resized.axes[2].at(3) == pytest.approx(resized.frames.time(3))


def test_enlarging_keeps_frames():
    resized = Resize(scale=2.0, axes="frame", mode="linear")(spectrogram())
    assert (resized.frames.hop, resized.frames.center(0)) == (32, -16)
    assert Resize(scale=3.0, axes="frame", mode="linear")(spectrogram()).frames.hop == Fraction(64, 3)


def test_half_of_an_odd_number_of_frames():
    grid = spectrogram(n=8000 - 64)
    half = Resize(scale=0.5, axes="frame")(grid)
    assert (grid.frames.count, half.frames.count, half.frames.hop) == (125, 62, 64 * Fraction(125, 62))
    assert half.axes[2].step == pytest.approx(64 / 8000 * 125 / 62)


def test_a_factor_such_as_a_tenth_is_meant_exactly():
    assert Resize(scale=0.1, axes="frame", mode="linear")(spectrogram()).frames.hop == 640


def test_all_axes_but_the_channels():
    grid = spectrogram()
    resized = Resize(size=(43, 42))(grid)
    assert resized.values.shape == (2, 43, 42)
    assert resized.axes[1].step == pytest.approx(3 * 8000 / 256)
    assert resized.axes[1].at(0) == pytest.approx(8000 / 256)
    with pytest.raises(ConfigError, match='no axis is called "bin": axes: channel, frequency'):
        Resize(size=3, axes="bin")(grid)


def test_coordinates_become_those_of_the_centres():
    hz = np.array([10.0, 20, 40, 80, 160, 320])
    grid = Grid(values=np.zeros((6, 4)), axes=(Axis("mel", "Hz", coordinates=hz), Axis("frame")))
    assert Resize(size=3, axes="mel")(grid).axes[0].coordinates.tolist() == [15, 60, 240]
    assert Resize(size=3, axes="mel", mode="nearest")(grid).axes[0].coordinates.tolist() == [10, 40, 160]
    assert Resize(size=(2, 2))(grid).axes[0].coordinates.tolist() == [70 / 3, 560 / 3]


def test_an_axis_without_steps_stays_without():
    axes = (Axis("sensor", step=None), Axis("time", "s", 0, 0.5))
    small = Resize(scale=0.5)(Grid(values=np.zeros((6, 4)), axes=axes))
    assert [axis.step for axis in small.axes] == [None, 1]


def test_grids_without_an_axis_to_resize():
    with pytest.raises(DataError, match="there is no axis to resize: axes: none"):
        Resize(scale=2.0)(Grid(values=np.array(3.0)))
    with pytest.raises(DataError, match="there is no axis to resize: axes: channel"):
        Resize(scale=2.0)(Grid(values=np.ones(3), axes=(Axis("channel"),)))


def test_decibels_are_averaged_as_power():
    levels = np.array([[0.0, -100], [-10, -10], [-np.inf, -np.inf]])
    grid = Grid(values=levels, scale="db")
    mean = 10 * np.log10((1 + 1e-10) / 2)
    np.testing.assert_allclose(Resize(size=1, axes=1)(grid).values, [[mean], [-10], [-np.inf]])
    assert Resize(size=1, axes=1)(grid).history[-1] == "resize area 2 to 1 as power"
    assert Resize(size=1, axes=1, mode="nearest")(grid).history[-1] == "resize nearest 2 to 1"
    np.testing.assert_allclose(Resize(size=1, axes=1, decibels="values")(grid).values[:2], [[-50], [-10]])
    # levels whose powers no float could hold
    quiet = Grid(values=levels[:2] - 5000, scale="db")
    np.testing.assert_allclose(Resize(size=1, axes=1)(quiet).values, [[mean - 5000], [-5010]])
    with pytest.raises(ConfigError, match="power can come out below 0"):
        Resize(size=1, axes=1, mode="cubic")(grid)
    whole = Resize(size=1, axes=1)(Grid(values=np.array([[0, -100], [-10, -10]]), scale="db"))
    np.testing.assert_allclose(whole.values, [[mean], [-10]])
    single = Resize(size=1, axes=1)(Grid(values=levels.astype("f4"), scale="db"))
    assert single.values.dtype == np.float32


def test_complex_grids_are_refused():
    with pytest.raises(DataError, match="opposite phase would cancel; resize magnitude or power"):
        Resize(scale=0.5)(Grid(values=np.ones((4, 4), complex), scale="complex"))


def test_signals_in_time():
    clip = Signal(samples=np.stack([np.arange(12.0), np.ones(12)]), rate=1200, start=600)
    small = Resize(size=4)(clip)
    assert (small.rate, small.start) == (400, 200)
    np.testing.assert_allclose(small.samples, [[1, 4, 7, 10], [1, 1, 1, 1]], atol=1e-14)
    assert small.history == ("resize area 12 to 4 samples, sample k at 3 k + 1",)
    assert Resize(scale=2.0, mode="linear")(clip).rate == 2400
    ends = Resize(size=23, mode="linear", align_corners=True)(clip)
    assert (ends.rate, ends.samples[0, 1]) == (2400, 0.5)
    assert ends.history == ("resize linear align_corners 12 to 23 samples, sample k at 0.5 k",)
    with pytest.raises(ConfigError, match="only time"):
        Resize(size=1, axes=0)(clip)
    spec = Resize(size=4).predict(Spec("Signal", (2, 12), 1200))
    assert (spec.shape, spec.rate) == ((2, 4), 400)
    assert Resize(size=4).predict(Spec("Grid", (2, 12, 4), 1200)) is None


@pytest.mark.parametrize(
    "how",
    [{"size": (8, 5)}, {"scale": 0.5}, {"scale": 2.0, "axes": "frame", "mode": "nearest"}, {"size": 6, "axes": -1}],
)
def test_a_plan_knows_what_becomes_of_a_spectrogram(how):
    signal = Signal(samples=np.random.default_rng(1).standard_normal((2, 1024)), rate=8000)
    stft, resize = jackfield.get("stft", n_fft=64, hop=16, power=2), Resize(**how)
    told = resize.predict(stft.predict(Spec("Signal", signal.samples.shape, signal.rate, None, 8)))
    grid = resize(stft(signal))
    assert (told.shape, told.frames) == (grid.values.shape, grid.frames)
    assert told.axes == tuple(axis.name for axis in grid.axes)


@pytest.mark.parametrize(
    ("n", "how", "rate"),
    [
        (5, {"size": 3, "mode": "area-torch"}, 1000 / 1.5),
        (1000, {"size": 999, "mode": "nearest"}, 1000),
        (100, {"size": 3, "mode": "nearest"}, 1000 / 33),
        (7, {"size": 2, "mode": "area-torch"}, 1000 / 3),
        (7, {"size": 3, "mode": "nearest"}, 1000 / 2),
        (10, {"scale": 1.05, "mode": "linear"}, 1000),
        (10, {"scale": 0.37, "mode": "linear"}, 370),
        (9, {"size": 17, "mode": "linear", "align_corners": True}, 2000),
    ],
)
def test_a_plan_knows_the_rate_of_a_signal(n, how, rate):
    resize = Resize(**how)
    told, done = resize.predict(Spec("Signal", (1, n), 1000)), resize(Signal(samples=np.arange(float(n)), rate=1000))
    assert (told.shape, told.rate) == (done.samples.shape, done.rate)
    assert done.rate == pytest.approx(rate, rel=1e-12)


def test_function_takes_all_kinds_and_weights():
    clip = Signal(samples=np.array([1.0, 3, 5, 7]), rate=4)
    assert jackfield.resize(clip, 2, weights=[1, 3, 1, 1]).samples.tolist() == [[2.5, 6]]
    grid = Grid(values=np.array([[0.0, -10]]), scale="db")
    assert jackfield.resize(grid, 1, axes=1, weights=[0, 1]).values.item() == pytest.approx(-10)


def test_the_rules_that_every_component_keeps():
    check_component("resize")
    check_component(Resize(scale=0.5, mode="nearest"))

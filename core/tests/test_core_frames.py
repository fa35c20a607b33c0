"""Frames and samples: which is where, exactly."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield import Axis, DataError, FrameGrid, Grid

grids = st.builds(
    lambda n, n_fft, hop, window, center: FrameGrid.of(
        n, n_fft=n_fft, hop=hop, window=min(window, n_fft), center=center, rate=1000
    ),
    st.integers(0, 500),
    st.integers(1, 64),
    st.integers(1, 80),
    st.integers(1, 64),
    st.booleans(),
)


@given(grids, st.integers(-100, 700))
def test_a_sample_is_in_a_span_exactly_when_the_frame_is_at_the_sample(grid, sample):
    inside = [k for k in range(grid.count) if grid.span(k)[0] <= sample < grid.span(k)[1]]
    assert list(grid.frames_at(sample)) == inside


@given(grids)
def test_spans_are_a_hop_apart_and_a_window_long(grid):
    for k in range(grid.count):
        start, stop = grid.span(k)
        assert stop - start == grid.window
        assert grid.center(k) == grid.first_center + k * grid.hop
        assert start <= grid.center(k) < stop
        real = sum(0 <= s < grid.n_samples for s in range(start, stop))
        assert grid.coverage(k) == real / grid.window


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 100))
def test_uncentred_frames_never_leave_the_signal(n, n_fft, hop):
    grid = FrameGrid.of(n, n_fft=n_fft, hop=hop, center=False, rate=1.0)
    assert grid.padded() == ()
    if n >= n_fft:
        # One more frame would not fit.
        assert grid.span(grid.count)[1] > n


def test_the_well_known_spectrogram():
    grid = FrameGrid.of(199_488, n_fft=512, hop=32, rate=24_576)
    assert grid.count == 6235
    assert grid.span(100) == (32 * 100 - 256, 32 * 100 + 256)
    assert grid.padded() == (*range(8), *range(6227, 6235))
    assert grid.time(768) == 1.0


WELL_KNOWN = FrameGrid.of(199_488, n_fft=512, hop=32, rate=24_576)


def test_the_well_known_spectrogram_is_explained():
    facts = WELL_KNOWN.explain("reflect")
    assert str(facts) == (
        "6235 = 1 + 199488 // 32, reflect pad 256 + 256, frame k is centred at 32 k and covers [32 k − 256, 32 k + 256)"
        ", frames 0–7 and 6227–6234 see padding"
    )
    assert facts.padding == (256, 256)
    assert facts.padded == (range(8), range(6227, 6235))


def test_the_well_known_wrong_count_is_solved():
    solution = WELL_KNOWN.solve(6241)
    assert str(solution) == (
        "6241 needs 199,680…199,711 samples (8.125 s) or pad 96…111: your buffer has 192 samples fewer"
    )
    assert solution.samples == range(199_680, 199_712)
    assert solution.pad == range(96, 112)
    assert solution.missing == 192


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"center": False},
            "6219 = 1 + (199488 − 512) // 32, no padding, frame k is centred at 32 k + 256 and covers ",
        ),
        (
            {"window": 100},
            "6235 = 1 + 199488 // 32, pad 50 + 50, frame k is centred at 32 k and covers [32 k − 50, 32 ",
        ),
        ({"hop": 1}, "199489 = 1 + 199488 // 1, pad 256 + 256, frame k is centred at k and covers [k − 256, k + 256)"),
    ],
)
def test_explanations_of_other_settings(settings, text):
    grid = FrameGrid.of(199_488, **({"n_fft": 512, "hop": 32, "rate": 24_576} | settings))
    assert str(grid.explain()).startswith(text)


@pytest.mark.parametrize(
    ("observed", "text"),
    [
        (6235, "6235 needs 199,488…199,519 samples (8.11719 s): your buffer has 199,488, which fits"),
        (6219, "6219 needs 198,976…199,007 samples (8.09635 s): your buffer has 481 samples too many"),
    ],
)
def test_counts_that_fit_and_that_are_too_small(observed, text):
    assert str(WELL_KNOWN.solve(observed)) == text


def test_a_count_that_no_length_gives():
    # frames from 224 samples before the signal on, as scipy.signal.ShortTimeFFT places them
    grid = FrameGrid(count=16, hop=32, window=512, first_center=-224, n_samples=1, rate=1.0, needs=-479)
    solution = grid.solve(3)
    assert str(solution) == "no length gives 3: one sample already has 16"
    assert (solution.missing, len(solution.samples), len(solution.pad)) == (0, 0, 0)


def test_what_cannot_be_solved_is_refused():
    with pytest.raises(DataError, match="at least one frame"):
        WELL_KNOWN.solve(0)
    with pytest.raises(DataError, match="does not say how its count"):
        FrameGrid(count=1, hop=1, window=1, first_center=0, n_samples=1, rate=1.0).solve(1)


@given(st.integers(1, 3000), st.integers(1, 64), st.integers(1, 80), st.booleans(), st.integers(1, 400))
def test_solutions_give_the_observed_count_and_their_neighbours_do_not(n, n_fft, hop, center, observed):
    def count(length):
        return FrameGrid.of(length, n_fft=n_fft, hop=hop, center=center, rate=8000).count

    grid = FrameGrid.of(n, n_fft=n_fft, hop=hop, center=center, rate=8000)
    solution = grid.solve(observed)
    if not solution.samples:
        assert (observed, hop, count(1)) == (1, 1, 2)  # only where the very first sample makes two frames
        return
    assert {count(solution.samples[0]), count(solution.samples[-1])} == {observed}
    assert count(solution.samples[0] - 1) < observed < count(solution.samples[-1] + 1)
    assert count(n + solution.missing) == observed
    tried = range(max(0, solution.missing // 2 - hop), solution.missing // 2 + hop)
    assert [*solution.pad] == [p for p in tried if solution.missing > 0 and count(n + 2 * p) == observed]


@given(grids)
def test_inside_and_padded_share_the_frames_out(grid):
    assert grid.padded() == tuple(k for k in range(grid.count) if grid.coverage(k) < 1)
    assert sorted([*grid.inside(), *grid.padded()]) == list(range(grid.count))
    head, tail = grid.explain().padded
    assert (*head, *tail) == grid.padded()


def test_millions_of_frames_are_told_apart_at_once():
    grid = FrameGrid.of(10**12, n_fft=512, hop=32, rate=48_000)
    assert grid.inside() == range(8, grid.count - 8)


@pytest.mark.parametrize(("center", "count", "first"), [(True, 6235, 0), (False, 6219, 256)])
def test_counts_of_other_tools(center, count, first):
    grid = FrameGrid.of(199_488, n_fft=512, hop=32, center=center, rate=24_576)
    assert (grid.count, grid.center(0)) == (count, first)


def test_the_count_depends_on_n_fft_not_on_the_window():
    short = FrameGrid.of(1000, n_fft=400, window=100, hop=10, center=False, rate=1)
    assert short.count == FrameGrid.of(1000, n_fft=400, hop=10, center=False, rate=1).count
    assert short.span(0) == (150, 250)


WRONG = [
    {"hop": 0}, {"window": 0}, {"count": -1}, {"rate": 0.0}, {"rate": float("nan")}, {"rate": float("inf")},
    {"hop": 1.5}, {"n_samples": 2.0}, {"first_center": None},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_impossible_grids_are_refused(wrong):
    right = {"count": 1, "hop": 1, "window": 1, "first_center": 0, "n_samples": 1, "rate": 1.0}
    with pytest.raises(DataError):
        FrameGrid(**(right | wrong))


def test_positions_may_be_numpy_integers_and_become_whole_numbers():
    grid = FrameGrid.of(np.int64(1000), n_fft=np.int32(512), hop=np.uint8(32), rate=1)
    assert type(grid.count) is type(grid.hop) is type(grid.center(3)) is int


@given(
    st.integers(1, 60),
    st.fractions(1, 20, max_denominator=60),
    st.integers(1, 40),
    st.fractions(-30, 30, max_denominator=12),
    st.integers(0, 300),
)
def test_frames_a_fraction_of_samples_apart(count, hop, window, first_center, n):
    grid = FrameGrid(count, hop, window, first_center, n, 8000)
    for k in range(count):
        assert abs(grid.center(k) - first_center - k * hop) <= Fraction(1, 2)
        assert grid.span(k) == (grid.center(k) - window // 2, grid.center(k) - window // 2 + window)
        assert grid.time(k) == pytest.approx(float((first_center + k * hop) / 8000))
    assert grid.center(np.arange(count)).tolist() == [grid.center(k) for k in range(count)]
    for sample in (-31, -1, 0, 7, 50, 299):
        holding = [k for k in range(count) if grid.span(k)[0] <= sample < grid.span(k)[1]]
        assert list(grid.frames_at(sample)) == holding
    assert list(grid.inside()) == [k for k in range(count) if grid.span(k)[0] >= 0 and grid.span(k)[1] <= n]
    merged = grid.merged(3)
    for k in range(count // 3):
        first, stop = merged.span(k)
        assert first == grid.span(3 * k)[0]
        assert stop >= grid.span(3 * k + 2)[1]


def test_what_a_grid_of_fractions_says():
    grid = FrameGrid(50, Fraction(4032, 25), 512, Fraction(1216, 25), 8000, 8000)
    assert (grid.center(0), grid.center(1), grid.span(1)) == (49, 210, (-46, 466))
    assert str(grid.explain()) == (
        "50 frames of 8000 samples, pad 207 + 207, frame k covers 512 samples around the one nearest to "
        "161.28 k + 48.64, frames 0–1 and 48–49 see padding"
    )
    assert grid.summary()["hop"] == "4032/25 samples"
    whole = FrameGrid(2, Fraction(4), 8, Fraction(2), 8, 1)
    assert type(whole.hop) is type(whole.first_center) is int
    with pytest.raises(DataError, match="needs goes with whole hops: got hop 4032/25"):
        FrameGrid(50, Fraction(4032, 25), 512, 0, 8000, 8000, needs=0)
    values = Grid(values=np.arange(50.0), frames=grid, axes=(Axis("frame", "s", grid.time(0), 0.02016),))
    kept = values.valid_only()
    assert kept.frames.count == 46
    assert [kept.frames.span(k) for k in range(46)] == [grid.span(k) for k in range(2, 48)]


def test_steps_below_1_and_broken_counts_are_refused():
    for refused in (
        lambda: FrameGrid.of(100, n_fft=8, hop=0, rate=1),
        lambda: WELL_KNOWN.merged(0),
        lambda: WELL_KNOWN.solve(1.5),
    ):
        with pytest.raises(DataError, match=r"at least 1: got 0|whole number: got 1\.5"):
            refused()


@given(grids, st.integers(1, 9))
def test_merged_frames_hold_the_samples_of_theirs_and_no_others(grid, step):
    merged = grid.merged(step)
    whole = [range(*grid.span(k)) for k in range(grid.count)]
    for k in range(merged.count):
        parts = whole[k * step : (k + 1) * step]
        assert merged.span(k) == (parts[0].start, parts[-1].stop)
        outside = max(0, -parts[0].start) + max(0, parts[-1].stop - max(parts[0].start, grid.n_samples))
        assert merged.coverage(k) == pytest.approx(1 - outside / (parts[-1].stop - parts[0].start))
    for sample in range(-30, grid.n_samples + 70, 7):
        held = [k for k in range(merged.count) if merged.span(k)[0] <= sample < merged.span(k)[1]]
        assert list(merged.frames_at(sample)) == held
    padded = {k // step for k in grid.padded()}
    assert set(merged.padded()) == padded
    assert merged.merged(2) == grid.merged(2 * step)


def test_a_last_column_that_is_merged_of_fewer_sees_no_padding_of_its_own():
    grid = FrameGrid.of(199_488, n_fft=512, hop=32, center=False, rate=24_576)
    merged = grid.merged(6)
    assert (merged.count, merged.padded(), merged.span(1036)) == (1037, (), (198_912, 199_488))
    assert str(merged.explain(noun="column")) == (
        "1037 columns of 199488 samples, no padding, column k is centred at 192 k + 336 "
        "and covers [192 k, 192 k + 672), no column sees padding"
    )


def test_one_frame_filled_up_with_padding_is_told():
    grid = FrameGrid(1, 128, 512, 256, 100, 1000.0, needs=385, shortest=1)
    assert grid.explain().formula == "1 = 1 + max(100 − 385, 0) // 128"
    assert grid.solve(1).samples == range(1, 513)
    assert str(grid.solve(1)) == "1 needs 1…512 samples (0.001 s): your buffer has 100, which fits"
    assert grid.solve(2).samples == range(513, 641)


def test_a_window_longer_than_n_fft_is_refused():
    with pytest.raises(DataError, match="window 513, n_fft 512"):
        FrameGrid.of(1000, n_fft=512, window=513, hop=1, rate=1)


@given(st.integers(1, 300), st.integers(2, 40), st.integers(1, 20), st.booleans(), st.sampled_from([None, 0.5]))
def test_valid_only_keeps_the_frames_that_touch_no_padding(n, n_fft, hop, center, coordinate_step):
    frames = FrameGrid.of(n, n_fft=n_fft, hop=hop, center=center, rate=100)
    values = np.arange(2.0 * frames.count).reshape(2, -1)
    coordinates = None if coordinate_step is None else np.arange(frames.count) * coordinate_step
    axes = (Axis("channel"), Axis("frame", "s", frames.time(0) if frames.count else 0.0, hop / 100, coordinates))
    grid = Grid(values=values, axes=axes, frames=frames)
    touching = grid.touches_padding
    assert touching.tolist() == [frames.coverage(k) < 1 for k in range(frames.count)]
    valid = grid.valid_only()
    assert np.array_equal(valid.values, values[:, ~touching])
    assert not valid.touches_padding.any()
    kept = np.flatnonzero(~touching)
    assert [valid.frames.span(j) for j in range(valid.frames.count)] == [frames.span(int(k)) for k in kept]
    if kept.size:
        assert n in valid.frames.solve(len(kept)).samples
        longer = FrameGrid.of(n + hop, n_fft=n_fft, hop=hop, center=center, rate=100)
        assert n + hop in valid.frames.solve(len(longer.inside())).samples
    assert valid.axes[1].values(len(kept)) == pytest.approx(axes[1].values(frames.count)[kept])


def test_only_frames_can_touch_padding():
    with pytest.raises(DataError, match="no frames: axes: channel, unnamed"):
        Grid(values=np.zeros((1, 2)), axes=(Axis("channel"), Axis())).valid_only()

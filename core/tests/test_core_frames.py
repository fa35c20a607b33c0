"""Frames and samples: which is where, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield import DataError, FrameGrid

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


@pytest.mark.parametrize(("center", "count", "first"), [(True, 6235, 0), (False, 6219, 256)])
def test_counts_of_other_tools(center, count, first):
    grid = FrameGrid.of(199_488, n_fft=512, hop=32, center=center, rate=24_576)
    assert (grid.count, grid.center(0)) == (count, first)


def test_the_count_depends_on_n_fft_not_on_the_window():
    short = FrameGrid.of(1000, n_fft=400, window=100, hop=10, center=False, rate=1)
    assert short.count == FrameGrid.of(1000, n_fft=400, hop=10, center=False, rate=1).count
    assert short.span(0) == (150, 250)


@pytest.mark.parametrize("wrong", [{"hop": 0}, {"window": 0}, {"count": -1}, {"rate": 0.0}, {"rate": float("nan")}])
def test_impossible_grids_are_refused(wrong):
    right = {"count": 1, "hop": 1, "window": 1, "first_center": 0, "n_samples": 1, "rate": 1.0}
    with pytest.raises(DataError):
        FrameGrid(**(right | wrong))


def test_a_window_longer_than_n_fft_is_refused():
    with pytest.raises(DataError, match="window 513, n_fft 512"):
        FrameGrid.of(1000, n_fft=512, window=513, hop=1, rate=1)

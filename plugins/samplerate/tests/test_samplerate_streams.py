"""Conversion in blocks, delays measured below a sample, and zero-order hold."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_samplerate import Hold, SampleRate
from jackfield_samplerate._hold import repeats

from jackfield import ConfigError, DataError, Signal, Spec
from jackfield.testing import check_component

RATES = (8000.0, 11_025.0, 22_050.0, 44_100.0, 44_099.5, 48_000.0, 96_000.0)


def centre(samples, band):
    """Where an impulse stands, below a sample: by the phase of its spectrum up to `band` times the rate."""
    spectrum = np.fft.rfft(samples)
    k = np.arange(1, int(len(samples) * band))
    phase = np.unwrap(np.angle(spectrum[k] / spectrum[0]))
    turn = len(samples) / (2 * np.pi)
    return -(phase @ k) / (k @ k) * turn % len(samples)


@pytest.mark.parametrize("quality", ["LQ", "MQ", "HQ", "VHQ"])
@pytest.mark.parametrize("before", RATES[:4])
@pytest.mark.parametrize("after", RATES)
def test_an_impulse_stays_where_it_was_to_a_hundredth_of_a_sample(before, after, quality):
    if before == after:
        return
    click = np.zeros(4000)
    click[1234] = 1
    converted = SampleRate(rate=after, quality=quality)(Signal(samples=click, rate=before)).samples[0]
    assert abs(centre(converted, 0.2 * min(1, before / after)) - 1234 * after / before) < 0.01


def test_quick_interpolation_moves_impulses_at_a_lower_rate():
    """By more than the others do, as its description says; one between the new samples is missed."""
    click = np.zeros(4000)
    click[1234] = 1
    moved = SampleRate(rate=8000, quality="QQ")(Signal(samples=click, rate=22_050)).samples[0]
    assert 0.3 < abs(centre(moved, 0.2) - 1234 * 8000 / 22_050) < 0.5
    assert not SampleRate(rate=11_025, quality="QQ")(Signal(samples=click, rate=44_100)).samples.any()


def test_a_stream_refuses_what_overflows():
    stream = SampleRate(rate=16_000).stream(rate=44_100, channels=1)
    with pytest.raises(DataError, match="too large to be converted"):
        stream.push(Signal(samples=np.full(4410, 1e38, np.float32), rate=44_100))


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 2000), min_size=1, max_size=8),
    before=st.sampled_from(RATES),
    after=st.sampled_from(RATES),
    quality=st.sampled_from(["QQ", "LQ", "MQ", "HQ", "VHQ"]),
    channels=st.integers(1, 2),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_blocks_give_what_the_whole_gives(sizes, before, after, quality, channels, dtype):
    samples = np.random.default_rng(0).standard_normal((channels, sum(sizes))).astype(dtype)
    component = SampleRate(rate=after, quality=quality)
    stream = component.stream(rate=before, channels=channels)
    ends = np.cumsum(sizes)
    blocks = [Signal(samples=samples[:, e - s : e], rate=before) for s, e in zip(sizes, ends, strict=True)]
    parts = [stream.push(block) for block in blocks]
    try:
        whole = component(Signal(samples=samples, rate=before))
    except DataError:
        with pytest.raises(DataError, match="too short"):
            stream.finish()
        return
    if not whole.n:
        return
    given = [part for part in [*parts, stream.finish()] if part is not None]
    np.testing.assert_array_equal(np.concatenate([part.samples for part in given], axis=1), whole.samples)
    assert [part.start for part in given] == np.cumsum([0, *(part.n for part in given[:-1])]).tolist()
    assert {part.rate for part in given} == {after}


def test_a_stream_keeps_little():
    stream = SampleRate(rate=16_000).stream(rate=48_000, channels=1)
    block = Signal(samples=np.ones((1, 4800), np.float32), rate=48_000, start=96_000)
    first = [stream.push(block) for _ in range(4)]
    assert sum(part.n for part in first if part) > 4 * 1600 - 1000
    assert next(part for part in first if part).start == 32_000


def test_what_a_stream_refuses():
    stream = SampleRate(rate=16_000).stream(rate=8000, channels=1)
    with pytest.raises(DataError, match="differs from the stream: 8000 Hz × 2, not 8000 Hz × 1"):
        stream.push(Signal(samples=np.ones((2, 5)), rate=8000))
    with pytest.raises(DataError, match="differs from the stream: 9000 Hz"):
        stream.push(Signal(samples=np.ones(5), rate=9000))
    with pytest.raises(DataError, match="differs from the stream: ndarray, not 8000 Hz"):
        stream.push(np.ones(5))
    with pytest.raises(DataError, match="1 are NaN"):
        stream.push(Signal(samples=np.array([1, np.nan]), rate=8000))
    stream.push(Signal(samples=np.ones(5), rate=8000))
    with pytest.raises(DataError, match="float32, not float64"):
        stream.push(Signal(samples=np.ones(5, np.float32), rate=8000))
    assert stream.finish().n == 10
    for again in (stream.finish, lambda: stream.push(Signal(samples=np.ones(5), rate=8000))):
        with pytest.raises(DataError, match="the stream is finished"):
            again()
    for channels in (0, -1, 1.5, None, "2", 65):
        with pytest.raises(ConfigError, match=f"a stream has 1 to 64 channels: got {channels!r}"):
            SampleRate(rate=16_000).stream(rate=8000, channels=channels)
    for rate in (0.0, np.inf, np.nan, -1.0, "8000", None):
        with pytest.raises(ConfigError, match="finite number above 0"):
            SampleRate(rate=16_000).stream(rate=rate, channels=1)
    with pytest.raises(DataError, match="too short"):
        SampleRate(rate=16_000).stream(rate=8000, channels=1).finish()


def test_hold_by_whole_repeats():
    clip = Signal(samples=np.array([[1.0, 2, 3], [4, 5, 6]], np.float32), rate=10, start=7)
    held = Hold(rate=30)(clip)
    assert held.samples.tolist() == [[1, 1, 1, 2, 2, 2, 3, 3, 3], [4, 4, 4, 5, 5, 5, 6, 6, 6]]
    assert (held.rate, held.start, held.samples.dtype) == (30, 21, np.float32)
    assert held.history == ("hold 10 to 30 Hz, 3 samples 3 times",)
    assert Hold(rate=10)(clip) is clip
    assert Hold(rate=30).predict(Spec("Signal", (2, 3), 10)).shape == (2, 9)


@given(n=st.integers(1, 400), ratio=st.fractions(1, 20, max_denominator=500))
def test_the_remainder_is_spread(n, ratio):
    total = round(n * ratio)
    times = repeats(n, ratio, total)
    assert times.sum() == total
    assert times.min() >= 1
    assert set(times[:-1].tolist()) <= {int(ratio), -int(-ratio // 1)}
    starts = np.cumsum([0, *times[:-1].tolist()])
    assert all(abs(start - k * ratio) <= Fraction(1, 2) for k, start in enumerate(starts.tolist()))


def test_hold_reports_its_remainder():
    clip = Signal(samples=np.arange(44_100.0), rate=44_100)
    held = Hold(rate=100_000)(clip)
    assert held.n == 100_000
    assert held.history == ("hold 44100 to 100000 Hz, 32300 samples 2 times, 11800 samples 3 times",)
    np.testing.assert_array_equal(np.unique(held.samples), clip.samples[0])


def test_what_hold_refuses():
    with pytest.raises(DataError, match="hold cannot lower a rate: samples would be dropped: from 48000 to 44100 Hz"):
        Hold(rate=44_100)(Signal(samples=np.ones(9), rate=48_000))
    for rate in (np.inf, np.nan, 0.0):
        with pytest.raises(ConfigError, match="rate"):
            Hold(rate=rate)
    with pytest.raises(DataError, match="too long"):
        Hold(rate=1e9)(Signal(samples=np.ones(2000), rate=1))


def test_the_rules_that_hold_keeps():
    check_component("hold")

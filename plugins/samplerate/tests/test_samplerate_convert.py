"""Sample-rate conversion: lengths, accuracy against the ideal, channels, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_samplerate import SampleRate

from jackfield import ConfigError, DataError, Signal, Spec
from jackfield.testing import check_component

QUALITIES = ("QQ", "LQ", "MQ", "HQ", "VHQ")


def sine(frequency, rate, n):
    return np.sin(2 * np.pi * frequency * np.arange(n) / rate)


@settings(deadline=None)
@given(
    n=st.integers(1, 3000),
    before=st.sampled_from([8000.0, 11_025.0, 22_050.0, 44_100.0, 48_000.0, 44_099.5]),
    after=st.sampled_from([4000.0, 8000.0, 16_000.0, 44_100.0, 48_000.0, 96_000.0, 1234.5]),
    quality=st.sampled_from(QUALITIES),
)
def test_length_is_exact(n, before, after, quality):
    clip = Signal(samples=np.ones(n, np.float32), rate=before)
    wanted = round(n * after / before)
    if wanted == 0:
        with pytest.raises(DataError, match="too short"):
            SampleRate(rate=after, quality=quality)(clip)
        return
    converted = SampleRate(rate=after, quality=quality)(clip)
    assert (converted.n, converted.rate) == (wanted, after)
    assert converted.samples.dtype == np.float32
    assert SampleRate(rate=after).predict(Spec("Signal", (1, n), before)).shape == (1, wanted)


@pytest.mark.parametrize(
    ("quality", "error", "alias"),
    [("QQ", 2e-5, 1.0), ("LQ", 1e-5, 1e-6), ("MQ", 1e-5, 1e-6), ("HQ", 1e-6, 1e-6), ("VHQ", 1e-8, 1e-8)],
)
def test_a_sine_stays_and_what_is_above_the_band_goes(quality, error, alias):
    convert = SampleRate(rate=16_000, quality=quality)
    inner = slice(2000, -2000)
    kept = convert(Signal(samples=sine(1000, 44_100, 44_100), rate=44_100)).samples[0]
    np.testing.assert_allclose(kept[inner], sine(1000, 16_000, 16_000)[inner], atol=error)
    gone = convert(Signal(samples=sine(10_000, 44_100, 44_100), rate=44_100)).samples[0]
    assert np.abs(gone[inner]).max() < alias
    assert quality != "QQ" or np.abs(gone[inner]).max() > 0.9


def test_there_and_back():
    smooth = sine(300, 8000, 8000) * np.hanning(8000)
    there = SampleRate(rate=44_100, quality="VHQ")(Signal(samples=smooth, rate=8000))
    back = SampleRate(rate=8000, quality="VHQ")(there)
    np.testing.assert_allclose(back.samples[0], smooth, atol=1e-7)
    assert back.history == ("rate 8000 to 44100 Hz, soxr VHQ", "rate 44100 to 8000 Hz, soxr VHQ")


def test_nothing_is_delayed():
    click = np.zeros(2000)
    click[1000] = 1
    assert int(SampleRate(rate=24_000)(Signal(samples=click, rate=8000)).samples[0].argmax()) == 3000


def test_channels_do_not_mix():
    channels = np.stack([sine(200, 8000, 999), sine(300, 8000, 999), np.zeros(999)])
    convert = SampleRate(rate=11_025)
    whole = convert(Signal(samples=channels, rate=8000)).samples
    for k, channel in enumerate(channels):
        np.testing.assert_array_equal(whole[k], convert(Signal(samples=channel, rate=8000)).samples[0])


def test_start_moves_to_the_new_rate():
    clip = Signal(samples=np.ones(100), rate=8000, start=4000)
    assert SampleRate(rate=16_000)(clip).start == 8000


def test_the_same_rate_is_left_alone():
    clip = Signal(samples=np.ones(100), rate=8000)
    assert SampleRate(rate=8000)(clip) is clip


@pytest.mark.parametrize("rate", [math.inf, math.nan, 0.0, -8000.0])
def test_rates_that_are_none(rate):
    with pytest.raises(ConfigError, match="rate"):
        SampleRate(rate=rate)


def test_unknown_quality():
    with pytest.raises(ConfigError, match="quality"):
        SampleRate(rate=8000, quality="best")


def test_clips_that_cannot_be_converted():
    with pytest.raises(DataError, match="2 are NaN or infinite"):
        SampleRate(rate=8000)(Signal(samples=np.array([0, math.nan, math.inf]), rate=16_000))
    with pytest.raises(DataError, match="too long for the new rate: 200000 samples from 1 to 10000 Hz in 1 channels"):
        SampleRate(rate=10_000)(Signal(samples=np.ones(200_000), rate=1))
    with pytest.raises(DataError, match="too large to be converted: 363 new samples overflow"):
        SampleRate(rate=16_000)(Signal(samples=np.full(1000, 1e38, np.float32), rate=44_100))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("before", "after"), [(1, 1e6), (192_000, 1), (1, 44_100), (1e300, 1e-300), (1e-300, 1e300)])
def test_rates_that_are_too_far_apart_are_refused_everywhere(before, after, quality):
    component = SampleRate(rate=after, quality=quality)
    for ask in (
        lambda: component(Signal(samples=np.ones(9), rate=before)),
        lambda: component.predict(Spec("Signal", (1, 9), before)),
        lambda: component.stream(rate=before, channels=1),
    ):
        with pytest.raises(DataError, match=r"too far apart to convert: from .* more than 16384 to 1; check the rate"):
            ask()


def test_rates_as_far_apart_as_can_be():
    assert SampleRate(rate=16_384, quality="LQ")(Signal(samples=np.ones(2), rate=1)).n == 32_768
    assert SampleRate(rate=1, quality="QQ")(Signal(samples=np.ones(32_768), rate=16_384)).n == 2


@pytest.mark.parametrize("name", ["samplerate"])
def test_the_rules_that_every_component_keeps(name):
    check_component(name)


def test_a_length_that_soxr_rounds_down():
    """1600 · 44 100 / 192 000 is 367.5, of which soxr alone makes 367 samples."""
    clip = Signal(samples=np.ones(1600, np.float32), rate=192_000)
    assert SampleRate(rate=44_100, quality="MQ")(clip).n == 368

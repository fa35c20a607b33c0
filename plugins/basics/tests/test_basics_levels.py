"""Mono, trim and gain: exact samples, positions, levels, and what the history says."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from jackfield_basics import Gain, Mono, Trim

from jackfield import ConfigError, DataError, Signal, Spec
from jackfield.testing import check_component

RATE = 1000
SAMPLES = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40), elements=st.floats(-1, 1, width=32)
)


def signal(samples, **fields):
    return Signal(samples=np.asarray(samples), rate=RATE, **fields)


@settings(deadline=None)
@given(SAMPLES)
def test_mono_is_the_mean(samples):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixed = Mono()(signal(samples))
    assert mixed.samples.shape == (1, samples.shape[1])
    assert mixed.samples.dtype == np.float32
    np.testing.assert_allclose(mixed.samples[0], samples.astype(np.float64).mean(axis=0), atol=1e-6)


def test_mono_leaves_one_channel_alone():
    clip = signal(np.ones(5))
    assert Mono()(clip) is clip


@pytest.mark.parametrize(("right", "lost"), [(-1.0, "everything"), (-0.9, "26 dB")])
def test_mono_says_that_channels_cancel(right, lost):
    left = np.sin(np.arange(500) / 7)
    with pytest.warns(UserWarning, match=f"lost {lost}: they cancel"):
        mixed = Mono()(signal([left, right * left]))
    assert mixed.history == (f"mono: mean of 2 channels, which cancel (energy lost: {lost})",)


@pytest.mark.parametrize("right", [1.0, 0.0, -0.5])
def test_mono_does_not_warn_of_channels_that_merely_differ(right):
    left = np.sin(np.arange(500) / 7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Mono()(signal([left, right * left])).history == ("mono: mean of 2 channels",)


def test_mono_of_silence_is_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not Mono()(signal(np.zeros((2, 9)))).samples.any()


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(0, 40), st.integers(-50, 50))
def test_trim_keeps_the_sound_and_its_place(before, after, n, room, start):
    sound = np.full(n, 0.5)
    whole = np.concatenate([np.zeros(before), sound, np.zeros(after)])
    cut = Trim(padding=room / RATE)(signal(whole, start=start))
    left, right = min(before, room), min(after, room)
    assert cut.n == left + n + right
    assert cut.start == start + before - left
    np.testing.assert_array_equal(cut.samples[0], whole[before - left : before + n + right])


def test_trim_goes_by_the_loudest_channel_and_is_relative_to_the_peak():
    left, right = np.zeros(10), np.zeros(10)
    left[4], right[6], right[8] = 0.01, 0.0011e-1, 0.99e-5
    cut = Trim(threshold=-60)(signal([left, right]))
    assert (cut.n, cut.start) == (3, 4)
    assert Trim(threshold=-20)(signal([left, right])).n == 1


def test_trim_is_idempotent_on_noise():
    noise = np.random.default_rng(0).normal(0, 1, (2, 300)) * np.hanning(300)
    once = Trim(threshold=-30)(signal(noise))
    assert 0 < once.n < 300
    assert Trim(threshold=-30)(once).n == once.n


def test_trim_leaves_silence_and_says_so():
    cut = Trim()(signal(np.zeros(8)))
    assert (cut.n, cut.history) == (8, ("trim: silent throughout, left as it is",))


@settings(deadline=None)
@given(SAMPLES, st.floats(-60, 20))
def test_gain_scales_every_sample(samples, db):
    louder = Gain(db=db)(signal(samples))
    assert louder.samples.dtype == np.float32
    np.testing.assert_allclose(louder.samples, samples * 10 ** (db / 20), rtol=1e-6, atol=1e-30)


@settings(deadline=None)
@given(SAMPLES.filter(lambda s: np.abs(s).max() > 1e-6), st.floats(-40, 0))
def test_gain_reaches_the_level_asked_for(samples, db):
    wanted = 10 ** (db / 20)
    assert np.abs(Gain(db=db, to="peak")(signal(samples)).samples).max() == pytest.approx(wanted, rel=1e-5)
    rms = np.sqrt(np.mean(Gain(db=db, to="rms")(signal(samples)).samples.astype(np.float64) ** 2))
    assert rms == pytest.approx(wanted, rel=1e-5)


def test_gain_says_what_exceeds_full_scale():
    assert Gain(db=6)(signal([0.9])).history == ("gain +6.00 dB, peak +5.08 dBFS",)
    assert Gain(db=-6)(signal([0.9])).history == ("gain -6.00 dB",)
    assert Gain(db=-3, to="peak")(signal([0.5])).history == ("gain +3.02 dB to -3 dBFS peak",)


@pytest.mark.parametrize("to", ["peak", "rms"])
def test_gain_leaves_silence_and_says_so(to):
    quiet = Gain(db=-3, to=to)(signal(np.zeros(4)))
    assert not quiet.samples.any()
    assert quiet.history == (f"gain to -3 dBFS {to}: silent, left as it is",)


def test_what_is_no_number_or_overflows_is_refused():
    for component in (Gain(db=1), Trim()):
        with pytest.raises(DataError, match="1 are NaN or infinite"):
            component(signal([0.0, math.inf]))
    with pytest.raises(DataError, match="the gain overflows"):
        Gain(db=300)(signal(np.array([1e30], np.float32)))


def test_wrong_parameters_are_the_users_fault():
    for wrong in ({"threshold": 0.0}, {"padding": -1.0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Trim(**wrong)
    with pytest.raises(ConfigError, match="to"):
        Gain(to="loudness")


def test_predictions_hold():
    spec = Spec("Signal", (2, 100), 8000.0)
    assert Mono().predict(spec).shape == (1, 100)
    assert Gain().predict(spec) == spec


@pytest.mark.parametrize("name", ["gain", "mono", "trim"])
def test_the_rules_that_every_component_keeps(name):
    check_component(name)


@pytest.mark.parametrize("to", ["peak", "rms"])
@pytest.mark.parametrize(("dtype", "value"), [("f4", 1e-42), ("f4", 1e30), ("f8", 1e-200), ("f8", 1e200)])
def test_gain_reaches_its_level_from_any_number(to, dtype, value):
    loud = Gain(to=to)(signal(np.array([value, -value], dtype)))
    np.testing.assert_allclose(loud.samples, [[1, -1]], rtol=1e-6)


def test_gain_beyond_every_number_is_refused():
    with pytest.raises(DataError, match=r"the gain overflows: peak 9\.99989e-321, gain 6400 dB"):
        Gain(to="peak")(signal([1e-320]))


@pytest.mark.parametrize(("dtype", "value"), [("f4", 1e30), ("f4", 3e38), ("f4", 1e-30), ("f8", 1e200)])
def test_mono_of_large_and_small_numbers(dtype, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mixed = Mono()(signal(np.full((2, 3), value, dtype)))
    assert mixed.samples.tolist() == [[np.dtype(dtype).type(value)] * 3]
    with pytest.warns(UserWarning, match="lost everything"):
        Mono()(signal(np.array([[value], [-value]], dtype)))


def test_mono_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mixed = Mono()(signal(np.zeros((2, 0), np.float32)))
    assert (mixed.channels, mixed.n, mixed.samples.dtype) == (1, 0, np.float32)

"""Lags to a fraction of a sample: found, and undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_align import Align
from jackfield_align._waveform import peak_near, shifted

from jackfield import Signal

RATE = 24_000


def noise(n, seed=0, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, n).astype(np.float32)


def delayed(x, lag):
    """Band-limited delay by a fractional number of samples."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(len(x)) * lag)
    return np.fft.irfft(np.fft.rfft(x) * turn, len(x)).astype(np.float32)


@pytest.mark.parametrize("lag", [0.0, 0.3, 250.5, -37.4, -2000.75])
@pytest.mark.parametrize("off", [-2, 0, 1, 2])
def test_a_lag_known_to_two_samples_is_found_to_a_fraction(lag, off):
    b = noise(RATE) + noise(RATE, 3, 0.001)  # 40 dB
    a = delayed(noise(RATE), lag) + noise(RATE, 9, 0.001)
    assert peak_near(a, b, round(lag) + off) == pytest.approx(lag, abs=0.02)


def test_where_nothing_overlaps_no_lag_is_better():
    assert peak_near(noise(100), noise(100), 300) == 300


def within(band, n=30_000, seed=0):
    """Noise up to a share of the band, silent at both ends, where a delay by `delayed` goes round."""
    spectrum = np.fft.rfft(noise(n, seed))
    spectrum[round(band * len(spectrum)) :] = 0
    return (np.fft.irfft(spectrum) * np.hanning(n) ** 2).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.integers(-500, 500), st.floats(0.001, 0.999), st.integers(0, 50))
def test_a_shift_by_part_of_a_sample_is_exact_in_nine_tenths_of_the_band(whole, part, seed):
    x, lag = within(0.9, seed=seed), whole + part
    exact = delayed(x, lag)
    assert np.sum(np.square(shifted(x, lag, 600, 29_400) - exact[600:29_400])) < 1e-7 * np.sum(np.square(exact))


def test_a_copy_shifted_by_part_of_a_sample_is_identical():
    x = within(0.9)
    found = Align()(*(Signal(samples=clip, rate=RATE) for clip in (delayed(x, 12.25), x)))
    assert (found.relation, round(found.offset_samples, 3)) == ("identical", 12.25)

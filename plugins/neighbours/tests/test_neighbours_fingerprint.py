"""Fingerprints stay where they are when a clip is moved, scaled or resampled, and say so of silence."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_neighbours import Fingerprint
from jackfield_neighbours._fingerprint import NAMES, fingerprint, levels, modulation

import jackfield
from jackfield import DataError, Signal


def drums(seed: int, rate: int = 16_000, seconds: float = 1.0) -> np.ndarray:
    """A few decaying hits of filtered noise."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * rate))
    for start in rng.choice(np.arange(0, 0.8, 0.1), 4, replace=False):
        t = np.arange(int(0.18 * rate)) / rate
        tone = np.sin(2 * np.pi * rng.uniform(80, 2500) * t + rng.normal(0, 1.0, t.size)) * np.exp(-t / 0.05)
        first = int(start * rate)
        out[first : first + t.size] += tone[: out.size - first]
    return out


def gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 50), lag=st.integers(0, 8000), gain=st.floats(-60, 20), flip=st.booleans())
def test_moving_and_scaling_hardly_move_the_fingerprint(seed, lag, gain, flip):
    clip = drums(seed)
    copy = np.pad(clip, (lag, 300)) * 10 ** (gain / 20) * (-1 if flip else 1)
    here = fingerprint(clip[None], 16_000)
    assert gap(here, fingerprint(copy[None], 16_000)) < 0.12
    assert gap(here, fingerprint(drums(seed + 1)[None], 16_000)) > 0.3


def test_noise_and_a_lower_rate_move_it_less_than_another_clip_does():
    clips = [drums(seed) for seed in range(30)]
    prints = np.array([fingerprint(clip[None], 16_000) for clip in clips])
    rng = np.random.default_rng(1)
    for k, clip in enumerate(clips):
        noisy = clip + rng.normal(0, np.sqrt(np.mean(clip**2)) * 0.03, clip.size)
        spectrum = np.fft.rfft(clip)[: clip.size // 4 + 1]
        halved = np.fft.irfft(spectrum, clip.size // 2) / 2
        for copy, rate in ((noisy, 16_000), (halved, 8000)):
            nearest = np.linalg.norm(prints - fingerprint(copy[None], rate), axis=1).argmin()
            assert nearest == k


def test_channels_count_by_their_power_so_that_no_polarity_cancels():
    clip = drums(3)
    one, two = fingerprint(clip[None], 16_000), fingerprint(np.stack([clip, -clip]), 16_000)
    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("samples", [np.zeros((1, 0)), np.zeros((2, 500)), np.full((1, 500), 0.25), np.zeros((1, 1))])
def test_silence_is_no_number(samples):
    assert np.isnan(fingerprint(samples, 8000)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(value):
    samples = drums(0)
    samples[100] = value
    with pytest.raises(DataError, match="1 are NaN or infinite"):
        Fingerprint()(Signal(samples=samples, rate=16_000))


def test_loud_floats_do_not_overflow():
    clip = drums(1)
    np.testing.assert_allclose(fingerprint(clip[None] * 1e300, 16_000), fingerprint(clip[None], 16_000), atol=1e-4)


@pytest.mark.parametrize(("seconds", "rate"), [(0.03, 8000), (0.002, 44_100), (13.0, 8000), (1.0, 1000)])
def test_every_length_and_rate_gives_numbers(seconds, rate):
    values = fingerprint(np.random.default_rng(0).normal(size=(1, int(seconds * rate))), rate)
    assert values.shape == (73,)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_levels_run_from_the_first_sound_to_the_last():
    clip = np.pad(np.sin(2 * np.pi * 500 * np.arange(8000) / 16_000), (4000, 6000))
    found = levels(clip[None], 16_000)
    assert abs(len(found) - 52) <= 3
    assert found.max() == 1
    assert found.min() == 0


def test_modulation_is_the_share_of_the_energy_at_each_frequency():
    t = np.arange(1024) / 100
    values = np.repeat(1 + np.cos(2 * np.pi * 4 * t)[:, None], 14, axis=1)
    shares = modulation(values).reshape(4, 11) ** 2
    # 4 Hz is bin 41 of 1024 frames at 100 Hz, in the tenth band, 32…44; a third of the energy is the wave's.
    np.testing.assert_allclose(shares[:, 9], 1 / 3, rtol=0.02)
    assert shares.sum(axis=1).max() < 0.36


def test_names_tell_the_columns_apart():
    assert len(set(NAMES)) == len(NAMES) == 73


def test_copies_of_real_clips_are_nearer_than_strangers(shared):
    """Of clips that must be together, in a set of 356, all but a few are nearer than any stranger."""
    with (shared / "data" / "dev" / "truth.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if float(r["seconds"]) < 1.5]
    found = [jackfield.read(shared / "data" / "dev" / r["path"]) for r in rows]
    x = np.array([fingerprint(s.samples, s.rate) for s in found])
    group, family = (np.array([r[name] for r in rows]) for name in ("group", "family"))
    ranks = []
    for k in range(len(rows)):
        d = np.linalg.norm(x - x[k], axis=1)
        mates = (group == group[k]) & (np.arange(len(rows)) != k)
        if mates.any():
            ranks.append(int((d[family != family[k]] < d[mates].min()).sum()))
    assert len(ranks) > 100
    assert np.mean(np.array(ranks) == 0) > 0.95
    assert np.mean(np.array(ranks) < 16) > 0.99

"""The pattern distance on copies that lost their head or their tail, or got silence around them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_align import Pattern

from jackfield import Signal

RATE = 16_000
THRESHOLD = 0.21
PATTERN = Pattern()

seeds, shares, sides = st.integers(0, 10_000), st.floats(0.0, 0.5), st.sampled_from(["head", "tail"])


def beat(seed, seconds=2.4):
    """Decaying noise of three colours at uneven times."""
    rng = np.random.default_rng(seed)
    out = rng.normal(0, 1e-4, round(seconds * RATE))
    for at in np.cumsum(rng.uniform(0.12, 0.4, 20)):
        first = round(at * RATE)
        noise = np.convolve(rng.normal(size=4000), np.ones(rng.choice([1, 6, 30])), "same")
        sound = noise / np.abs(noise).max() * np.exp(-np.arange(4000) / rng.uniform(300, 1000))
        out[first : first + 4000] += sound[: max(out.size - first, 0)]
    return out.astype(np.float32)


def ring(seed, seconds=0.9):
    """One struck sound of eight partials that fades by some 40 dB."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    partials = [np.sin(2 * np.pi * f * t) * np.exp(-t / d) for f, d in rng.uniform((100, 0.1), (3000, 0.25), (8, 2))]
    return (0.1 * np.sum(partials, axis=0)).astype(np.float32)


def trimmed(x, share, side):
    n = round(share * x.size)
    return x[n:] if side == "head" else x[: x.size - n]


def found(x, y):
    return PATTERN(Signal(samples=x, rate=RATE), Signal(samples=y, rate=RATE))


@settings(max_examples=60, deadline=None)
@given(seeds, shares, sides)
def test_trimmed_beats_stay_with_their_original(seed, share, side):
    x = beat(seed)
    y = trimmed(x, share, side)
    there, back = found(x, y), found(y, x)
    assert there.distance < THRESHOLD
    assert there.relation == "same"
    assert there.distance == back.distance
    assert there.offset_s == -back.offset_s
    assert there.offset_s == pytest.approx((x.size - y.size) / RATE if side == "head" else 0.0, abs=0.006)


@settings(max_examples=60, deadline=None)
@given(seeds, shares, sides)
def test_a_single_sound_is_known_by_what_is_left_of_it(seed, share, side):
    x = ring(seed)
    assert found(x, trimmed(x, share, side)).distance < THRESHOLD


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0.0, 1.0), sides)
def test_padded_copies_stay_with_their_original(seed, share, side):
    n = round(share * 2.4 * RATE)
    x = beat(seed)
    assert found(x, np.pad(x, (n, 0) if side == "head" else (0, n))).distance < THRESHOLD


@pytest.mark.parametrize("side", ["head", "tail"])
@pytest.mark.parametrize("delay", [-400, -130, 130, 400])
def test_a_codecs_delay_of_25_ms_is_forgiven(side, delay):
    for seed in range(5):
        x = beat(seed)
        y = trimmed(x, 0.4, side)
        y = np.pad(y, (delay, 0)) if delay > 0 else y[-delay:]
        assert found(x, y).distance < THRESHOLD


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0.0, 0.45), sides)
def test_what_is_left_of_another_sound_is_far(seed, share, side):
    assert found(beat(seed), trimmed(beat(seed + 1), share, side)).distance > THRESHOLD
    assert found(ring(seed), trimmed(ring(seed + 1), share, side)).distance > THRESHOLD


@pytest.mark.parametrize("side", ["head", "tail"])
def test_an_extra_hit_in_what_is_left_keeps_clips_apart(side):
    x = beat(3)
    more = x.copy()
    more[18_000:22_000] += np.random.default_rng(4).normal(0, 0.3, 4000) * np.exp(-np.arange(4000) / 700)
    assert found(x, more).distance > THRESHOLD
    assert found(x, trimmed(more, 0.3, side)).distance > THRESHOLD


def test_silence_in_the_shorter_file_counts():
    x = beat(5)
    assert found(x, np.where(np.arange(x.size) < 0.6 * x.size, x, 0)[: round(0.9 * x.size)]).distance > THRESHOLD

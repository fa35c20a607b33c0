"""The pattern distance on copies that lost their head or their tail, or got silence around them."""

import csv

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jackfield_align import Pattern

from jackfield import Signal, read

RATE = 16_000
THRESHOLD = 0.21
PATTERN = Pattern()

seeds, shares, sides = st.integers(0, 10_000), st.floats(0.0, 0.5), st.sampled_from(["head", "tail"])


def beat(seed, seconds=2.4):
    """Decaying noise of three colours at uneven times, over soft noise."""
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


def shot(seed, seconds=0.25, rate=44_100):
    """A short drum hit: a falling tone and noise of two colours that fade by 40 to 70 dB, over quiet noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    fall = seconds / rng.uniform(5, 8, 3)
    tone = np.sin(2 * np.pi * (rng.uniform(50, 900) * t + rng.uniform(1, 6) * np.exp(-t / 0.01))) * np.exp(-t / fall[0])
    bright, dark = (np.convolve(rng.normal(size=t.size), np.ones(w) / w**0.5, "same") for w in (1, 40))
    noise = rng.uniform(0, 0.6) * bright * np.exp(-t / fall[1]) + rng.uniform(0, 0.6) * dark * np.exp(-t / fall[2])
    return (0.3 * (tone + noise) + rng.normal(0, 1e-4, t.size)).astype(np.float32)


def trimmed(x, share, side):
    n = round(share * x.size)
    return x[n:] if side == "head" else x[: x.size - n]


def found(x, y, rate=RATE):
    return PATTERN(Signal(samples=x, rate=rate), Signal(samples=y, rate=rate))


@settings(max_examples=60, deadline=None)
@given(seeds, shares, sides)
@example(5074, 0.03125, "tail").xfail(reason="a hit that sets in right at the cut seems added")
def test_trimmed_beats_stay_with_their_original(seed, share, side):
    x = beat(seed)
    y = trimmed(x, share, side)
    there, back = found(x, y), found(y, x)
    assert there.distance < THRESHOLD
    assert there.relation in ("identical", "same")
    assert there.distance == back.distance
    assert there.offset_s == -back.offset_s
    assert there.offset_s == pytest.approx((x.size - y.size) / RATE if side == "head" else 0.0, abs=0.006)


def part(x, y, rate=RATE):
    sketches = [PATTERN.sketch(Signal(samples=z, rate=rate)) for z in (x, y)]
    return PATTERN.pairs(sketches, np.array([0, 1]), np.array([1, 0]))["part"].tolist()


@pytest.mark.parametrize("side", ["head", "tail"])
@pytest.mark.parametrize("seed", range(8))
def test_who_has_more_is_said_where_more_than_silence_and_a_fading_tail_was_cut(seed, side):
    x = beat(seed)
    assert part(x, trimmed(x, 0.4, side)) == [-1, 1]
    assert part(x, x) == [0, 0]
    assert part(x, np.pad(x, (9600, 0) if side == "head" else (0, 9600))) == [0, 0]
    assert part(ring(seed), trimmed(ring(seed), 0.4, "tail")) == [0, 0]
    assert part(x, beat(seed + 50)) == [0, 0]


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0.0, 1.0), sides)
def test_padded_copies_stay_with_their_original(seed, share, side):
    n = round(share * 2.4 * RATE)
    x = beat(seed)
    assert found(x, np.pad(x, (n, 0) if side == "head" else (0, n))).distance < THRESHOLD


@pytest.mark.parametrize("side", ["head", "tail"])
@pytest.mark.parametrize("delay", [-400, -130, 130, 400])
def test_a_codecs_delay_of_25_ms_is_forgiven(side, delay):
    for seed in range(20):
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


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.5])
@pytest.mark.parametrize("seed", range(12))
def test_a_drum_hit_that_lost_its_attack_stays_with_its_original(seed, share):
    """The frames of both lie on the same samples whatever the cut, so little more than its edge may differ."""
    x = shot(seed)
    y = trimmed(x, share, "head")
    kept = found(x, y, 44_100)
    assert kept.distance < 0.1
    assert kept.relation == "same"
    assert kept.offset_s == pytest.approx((x.size - y.size) / 44_100, abs=1e-6)
    assert found(x, trimmed(shot(seed + 100), share, "head"), 44_100).distance > THRESHOLD


@pytest.mark.parametrize("gap", [0.0, 0.02])
@pytest.mark.parametrize("seed", range(12))
def test_a_drum_hit_played_twice_is_no_copy_that_lost_its_head(seed, gap):
    x = shot(seed)
    later = round((0.12 + gap) * 44_100)
    twice = np.pad(x, (0, later)) + np.pad(x, (later, 0))
    assert found(x, twice, 44_100).distance > THRESHOLD


@pytest.mark.parametrize("seed", range(6))
def test_a_sound_put_before_a_single_one_is_no_copy(seed):
    x = ring(seed, 1.2)
    longer = np.concatenate([beat(seed + 50, 0.8), np.zeros(1600, np.float32), x])
    made = found(x, longer)
    assert made.distance > THRESHOLD
    assert made.relation == "variant"
    assert made.differs


def test_recorded_clips_that_lost_half_of_their_head_stay_with_their_original(shared):
    """Every fourth original of the recorded clips: drums, loops, words at 8 to 48 kHz."""
    folder = shared / "data" / "dev"
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in ("original", "singleton", "take")][::4]
    assert len(rows) == 34
    lost = []
    for row in rows:
        whole = read(folder / row["path"])
        half = whole.replace(samples=whole.samples[:, round(0.5 * whole.n) :], note="half")
        lost += [row["item"]] if not PATTERN(whole, half).distance <= THRESHOLD else []
    assert not lost

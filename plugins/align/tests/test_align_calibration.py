"""Similarity: one scale for both distances, and what it has to do with relations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_align import Align, Pattern
from jackfield_align._calibration import APART, SAME, SLOPE, by_waveform, similarity

from jackfield import Signal

RATE = 16_000
DISTANCES = st.floats(0, 1)


def hits(times, seed=0, seconds=2.0):
    """Decaying noise, each hit a little darker than the one before."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE))
    for k, at in enumerate(times):
        sound = np.convolve(rng.normal(size=4000), np.ones(2 * k + 1), "same") * np.exp(-np.arange(4000) / 700)
        first = round(at * RATE)
        out[first : first + 4000] += (sound / np.abs(sound).max())[: out.size - first]
    return out


def noisy(x, decibels, seed=1):
    noise = np.random.default_rng(seed).normal(size=x.size)
    return x + noise * np.sqrt((x**2).mean()) * 10 ** (-decibels / 20)


def both(a, b, rate=RATE):
    """What both distances find."""
    clips = [Signal(samples=x, rate=rate) for x in (a, b)]
    return Pattern()(*clips), Align()(*clips)


BEAT = hits([0.1, 0.5, 0.9, 1.4])


def test_known_points():
    assert similarity([0, SAME / 2, SAME, 2 * SAME]).tolist() == [1, 1 / (1 + 2**-SLOPE), 0.5, 1 / (1 + 2**SLOPE)]
    assert np.isnan(similarity(np.nan))
    assert Pattern().same == SAME


@given(DISTANCES, DISTANCES, st.sampled_from([-1, 0, 1]))
def test_it_falls_with_the_distance_and_is_half_at_the_largest_of_a_copy(a, b, part):
    near, far = similarity([min(a, b), max(a, b)], part)
    assert 1 >= near >= far > 0
    assert (near >= 0.5) == (min(a, b) <= SAME)
    assert near <= (0.5 if part else 1)


@given(DISTANCES)
def test_what_waveforms_say_is_on_the_side_of_their_relation(distance):
    for relation in ("identical", "same"):
        assert by_waveform(relation, distance) == similarity(min(distance, SAME)) >= 0.5
    for relation in ("variant", "different"):
        assert by_waveform(relation, distance) == similarity(max(distance, APART)) < 0.5
    assert by_waveform(None, distance) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(-10, 40), st.booleans())
def test_relations_by_distance_are_on_the_same_side(seed, decibels, other):
    x = hits([0.2, 0.7, 1.2], seed)
    y = noisy(hits([0.2, 0.6, 1.5], seed + 1) if other else x, decibels, seed)
    found = Pattern(settle=0)(*(Signal(samples=clip, rate=RATE) for clip in (x, y)))
    assert (found.similarity >= 0.5) == (found.relation in ("identical", "same")) == (found.distance <= SAME)
    heard = Align()(*(Signal(samples=clip, rate=RATE) for clip in (x, y)))
    assert (heard.similarity >= 0.5) == (heard.relation in ("identical", "same"))


def test_both_distances_give_one_similarity():
    for found in both(np.pad(-0.3 * BEAT, (500, 0)), BEAT):
        assert (found.relation, found.similarity) == ("identical", pytest.approx(1, abs=1e-9))
    for found in both(noisy(BEAT, 25), BEAT):
        assert found.relation == "same"
        assert found.similarity > 0.99
    for found in both(BEAT + hits([1.15], seed=5), BEAT):
        assert found.relation == "variant"
        assert found.similarity <= similarity(APART)
    for found in both(hits([0.3, 1.0], seed=7), BEAT):
        assert found.relation == "different"
        assert found.similarity < 0.01


def test_a_sound_more_behind_a_pause_is_undecided():
    cut = BEAT[: round(1.38 * RATE)]
    clips = [Signal(samples=x, rate=RATE) for x in (BEAT, cut)]
    sketches = [Pattern().sketch(clip) for clip in clips]
    columns = Pattern().pairs(sketches, np.array([0]), np.array([1]))
    assert columns["part"].tolist() == [-1]
    assert columns["distance"][0] < SAME
    assert columns["similarity"][0] == Pattern()(*clips).similarity == 0.5


def test_what_is_not_known_has_none():
    silence = np.zeros(RATE)
    assert [found.similarity for found in both(silence, BEAT)] == [None, None]
    sketches = [Pattern().sketch(Signal(samples=x, rate=RATE)) for x in (silence, BEAT)]
    assert np.isnan(Pattern().pairs(sketches, np.array([0]), np.array([1]))["similarity"]).all()
    low = np.random.default_rng(0).normal(size=2000)
    found = Align()(*(Signal(samples=x, rate=1000) for x in (noisy(low, 0), low)))  # too low for patterns to tell
    assert (found.relation, found.similarity) == (None, None)
    assert 0.2 < found.distance < 0.4

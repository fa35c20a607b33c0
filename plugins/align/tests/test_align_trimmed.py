"""Trimmed clips: the same where the cut goes through a sound, undecided where it lies in a pause."""

import numpy as np
import pytest
from jackfield_align import Align, Pattern

from jackfield import Signal

RATE = 16_000


def word(seed, seconds):
    """Noise that rises, goes on and fades, each in a colour of its own."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.normal(size=n)) * np.exp(
        -np.abs(np.fft.rfftfreq(n, 1 / RATE) - rng.uniform(500, 3000)) / 500
    )
    sound = np.fft.irfft(spectrum, n) * np.minimum(1, np.linspace(0, 8, n)) * np.minimum(1, np.linspace(4, 0, n))
    return sound / np.abs(sound).max()


def phrase():
    """Two words with a pause of 0.2 s from 0.6 s on."""
    return np.concatenate([0.5 * word(0, 0.6), np.zeros(RATE // 5), 0.4 * word(1, 0.8)])


def compare(a, b, kind=Align):
    return kind()(*(Signal(samples=x.astype(np.float32), rate=RATE) for x in (a, b)))


CUTS = {"head": slice(RATE // 4, None), "tail": slice(0, -RATE // 3), "in a pause": slice(round(0.7 * RATE), None)}


@pytest.mark.parametrize("name", ["head", "tail"])
@pytest.mark.parametrize("gain", [1.0, -0.3])
def test_a_cut_through_a_sound_leaves_the_same_clip(name, gain):
    cut = gain * phrase()[CUTS[name]]
    for a, b in ((cut, phrase()), (phrase(), cut)):
        found = compare(a, b)
        assert found.relation == "same"
        assert found.similarity >= 0.5
        assert found.differs == ()
        assert abs(found.offset_s) == pytest.approx(0.25 if name == "head" else 0)
        assert compare(a, b, Pattern).distance < 0.21


def test_two_clips_do_not_tell_a_cut_in_a_pause_from_a_word_added():
    found = compare(phrase()[CUTS["in a pause"]], phrase())
    assert found.relation == "variant"
    assert found.similarity == 0.5
    assert len(found.differs) == 1
    assert found.differs[0] == pytest.approx((-0.7, -0.1), abs=0.05)


def test_a_cut_that_also_lacks_a_hit_is_a_variant():
    other = phrase()
    other[round(1.1 * RATE) :][: RATE // 20] += 0.5 * np.random.default_rng(5).normal(size=RATE // 20)
    found = compare(other[CUTS["head"]], phrase())
    assert found.relation == "variant"
    assert found.similarity < 0.03


def test_a_sound_put_right_behind_a_single_one_was_added():
    hit = np.random.default_rng(3).normal(size=8000) * np.exp(-np.arange(8000) / 1500)
    found = compare(np.concatenate([hit, hit[::2]]), hit)
    assert found.relation == "variant"
    assert found.similarity < 0.03
    assert found.differs[0][0] == pytest.approx(0.5, abs=0.02)

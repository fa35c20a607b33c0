"""Variants whose patterns lie as far apart as those of strangers, marked where somebody asks for it."""

import numpy as np
import pytest
from jackfield_align import Pattern
from jackfield_align._akin import FAR

from jackfield import Signal

RATE = 16_000
AT = (0.1, 0.35, 0.7, 1.1, 1.3)


def hits(seed, at=AT, seconds=1.8):
    """One drum of a machine, which sounds the same at every hit."""
    rng = np.random.default_rng(seed)
    drum = 0.2 * rng.normal(size=3000) * np.exp(-np.arange(3000) / 500)
    out = np.zeros(round(seconds * RATE))
    for start in at:
        out[round(start * RATE) :][: drum.size] += drum
    return out


def word(seed, seconds=0.8):
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    return 0.1 * np.sin(2 * np.pi * (t * 300 + 40 * np.sin(rng.uniform(5, 9) * t))) + 0.01 * rng.normal(size=t.size)


LOOP = hits(1)
VARIANTS = {
    "a hit more": np.pad(0.5 * hits(1, (*AT, 0.9)), (700, 0)),
    "a hit less": hits(1, AT[:3] + AT[4:]),
    "as much appended": np.concatenate([LOOP, hits(7, (0.1, 0.5, 0.8, 1.2), 2.0)]),
    "a steady sound appended": np.concatenate([LOOP, word(2, 2.0)]),
}
STRANGERS = {
    "another drum": hits(5),
    "another beat of the same drum": hits(1, (0.0, 0.2, 0.9, 1.0, 1.45)),
    "a word": word(3),
}


def columns(pattern, *clips):
    sketches = [pattern.sketch(Signal(samples=x.astype(np.float32), rate=RATE)) for x in clips]
    return pattern.pairs(sketches, *(np.array([k]) for k in (0, 1)))


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_are_marked_however_far_their_patterns_are(name):
    plain, asked = Pattern(), Pattern().giving(("variant",))
    for pair in ((LOOP, VARIANTS[name]), (VARIANTS[name], LOOP)):
        before, found = columns(plain, *pair), columns(asked, *pair)
        assert (before["variant"][0], found["variant"][0]) == (0, 1)
        assert found["distance"] == before["distance"] >= plain.settle
        assert found["similarity"] == before["similarity"]
    told = asked(*(Signal(samples=x.astype(np.float32), rate=RATE) for x in (LOOP, VARIANTS[name])))
    assert told.relation == "variant"
    assert told.differs


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_are_not(name):
    found = columns(Pattern(variants=1.0), LOOP, STRANGERS[name])
    assert found["variant"][0] == 0
    assert found["distance"] == columns(Pattern(), LOOP, STRANGERS[name])["distance"]


def test_beats_of_the_same_drums_are_variants_only_with_a_hit_more():
    """Beats at random of three drums, on one grid, so that all have hits in common; each also with a hit more."""
    rng, grid = np.random.default_rng(3), 0.05 + 0.125 * np.arange(16)

    def play(beat):
        return sum(hits(drum, at, 2.2) for drum, at in enumerate(beat))

    beats = [[rng.choice(grid, count, replace=False) for count in (4, 3, 6)] for _ in range(12)]
    more = [[np.append(one, rng.choice(np.setdiff1d(grid, one))), *others] for one, *others in beats]
    pattern = Pattern(variants=1.0)
    sketches = [pattern.sketch(Signal(samples=play(x).astype(np.float32), rate=RATE)) for x in (*beats, *more)]
    i, j = np.triu_indices(len(sketches), 1)
    marked = pattern.pairs(sketches, i, j)["variant"] == 1
    assert marked[j - i == len(beats)].sum() >= len(beats) - 1
    assert not marked[j - i != len(beats)].any()


def test_copies_are_not_looked_at_again(monkeypatch):
    monkeypatch.setattr("jackfield_align._akin.compare_near", None)
    copy = LOOP + np.random.default_rng(8).normal(0, 0.05 * LOOP.std(), LOOP.size)
    found = columns(Pattern(variants=1.0), LOOP, copy)
    assert (found["variant"][0], found["distance"][0] < 0.1) == (0, True)


def test_a_silent_clip_is_no_variant():
    found = columns(Pattern(variants=1.0), LOOP, np.zeros(RATE))
    assert np.isnan(found["variant"]).all()


def test_only_who_is_asked_for_variants_looks_for_them_and_no_further_than_told():
    assert Pattern().giving(("part",)) == Pattern()
    assert Pattern().giving(("variant",)).variants == FAR
    assert Pattern(variants=0.3).giving(("variant",)).variants == 0.3

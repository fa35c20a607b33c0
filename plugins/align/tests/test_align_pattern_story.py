"""Four takes of a drum pattern: two the same but shifted, one with a hit more, one another pattern."""

from itertools import combinations

import numpy as np
import pytest
from jackfield_align import Pattern

from jackfield import Signal

RATE = 24_000
OFFSETS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2)
THRESHOLD = 0.21


def decay(seconds, tau):
    return np.exp(-np.arange(round(seconds * RATE)) / (tau * RATE))


def kick():
    t = np.arange(round(0.3 * RATE)) / RATE
    return 0.9 * np.sin(2 * np.pi * (55 * t + 4 * (1 - np.exp(-t / 0.03)))) * decay(0.3, 0.07)


def snare(rng):
    t = np.arange(round(0.2 * RATE)) / RATE
    return (0.4 * rng.normal(size=t.size) + 0.3 * np.sin(2 * np.pi * 190 * t)) * decay(0.2, 0.045)


def hat(rng):
    return np.diff(0.15 * rng.normal(size=round(0.08 * RATE) + 1)) * decay(0.08, 0.015)


BEAT = [("k", 0.0), ("h", 0.25), ("s", 0.5), ("h", 0.75), ("k", 1.0), ("k", 1.125), ("s", 1.5), ("h", 1.75)]
OTHER = [("s", 0.0), ("s", 0.19), ("k", 0.33), ("k", 0.66), ("h", 0.8), ("k", 0.95), ("s", 1.1), ("k", 1.6), ("h", 1.7)]


def play(hits, offset=0.0, gain=1.0, seed=0, seconds=2.4):
    """Every take has its own noise in snares, hats and the background, 50 dB down."""
    rng = np.random.default_rng(seed)
    out = rng.normal(0, 1e-3, round(seconds * RATE))
    for name, at in hits:
        sound = kick() if name == "k" else snare(rng) if name == "s" else hat(rng)
        first = round((offset + at) * RATE)
        out[first : first + sound.size] += sound[: out.size - first]
    return (gain * out / np.abs(out).max() * 0.8).astype(np.float32)


def four(offset):
    """Clips 3, 4, 5 and 8: the beat, the beat with one more hit, the beat shifted and softer, another pattern."""
    extra = [*BEAT, ("s", 1.38)]
    return {
        3: play(BEAT, seed=3),
        4: play(extra, seed=4),
        5: play(BEAT, offset, gain=0.5, seed=5),
        8: play(OTHER, seed=8),
    }


def distances(clips):
    pattern = Pattern()
    sketches = {k: pattern.sketch(Signal(samples=x, rate=RATE)) for k, x in clips.items()}
    return {(a, b): pattern.compare(sketches[a], sketches[b]) for a, b in combinations(clips, 2)}


@pytest.mark.parametrize("offset", OFFSETS)
def test_same_together_extra_hit_apart_other_far(offset):
    found = distances(four(offset))
    assert found[3, 5].distance < 0.75 * THRESHOLD
    assert found[3, 5].relation == "same"
    assert found[3, 5].offset_s == pytest.approx(-offset, abs=0.004)
    for pair in ((3, 4), (4, 5)):
        assert 1.25 * THRESHOLD < found[pair].distance < 0.55
        assert found[pair].relation == "variant"
    for pair in ((3, 8), (4, 8), (5, 8)):
        assert found[pair].distance > found[3, 4].distance + 0.1
        assert found[pair].relation == "different"


@pytest.mark.parametrize("offset", OFFSETS)
def test_the_extra_hit_is_found_on_the_first_clips_clock(offset):
    (interval,) = distances(four(offset))[3, 4].differs
    assert interval[0] == pytest.approx(1.38, abs=0.03)
    assert 1.42 < interval[1] < 1.55
    (interval,) = distances({5: four(offset)[5], 4: four(offset)[4]})[5, 4].differs
    assert interval[0] == pytest.approx(1.38 + offset, abs=0.03)


@pytest.mark.parametrize("offset", OFFSETS[1:])
def test_the_widely_copied_recipe_gets_it_wrong(offset):
    """MFCC averaged over axis 0, which is the coefficients, of clips cut to one length, then k-means."""
    librosa, cluster = pytest.importorskip("librosa"), pytest.importorskip("sklearn.cluster")
    clips = four(offset)
    length = min(x.size for x in clips.values())
    vectors = {k: librosa.feature.mfcc(y=x[:length], sr=RATE, n_mfcc=13).mean(axis=0) for k, x in clips.items()}
    assert np.linalg.norm(vectors[3] - vectors[5]) > np.linalg.norm(vectors[3] - vectors[4])
    labels = cluster.KMeans(n_clusters=3, n_init=10, random_state=0).fit_predict(np.stack([*vectors.values()]))
    assert labels[0] == labels[1] != labels[2]  # 3 with 4, which has a hit more; 5 apart, which is the same

"""Clips of different bandwidth: a filter is no other sound, a missing instrument is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_align import Align, Pattern
from jackfield_align._band import agreement, band_pass, maybe_parallel, parallel, profile
from jackfield_align._residual import fit
from jackfield_align.verbs import align
from scipy.signal import butter, firwin, sosfilt, sosfiltfilt

from jackfield import Signal

RATE = 44_100


def burst(low, high, decay, seconds=0.4, seed=0):
    """Decaying noise, strong from `low` to `high` Hz and 40 dB softer elsewhere."""
    n = round(seconds * RATE)
    noise = np.random.default_rng(seed).normal(size=n)
    hertz = np.fft.rfftfreq(n, 1 / RATE)
    spectrum = np.fft.rfft(noise) * np.where((hertz > low) & (hertz < high), 1.0, 0.01)
    out = np.fft.irfft(spectrum, n) * np.exp(-np.arange(n) / (decay * RATE))
    return out / np.abs(out).max()


def placed(sound, times, seconds=2.4):
    out = np.zeros(round(seconds * RATE))
    for time in times:
        first = round(time * RATE)
        out[first : first + len(sound)] += sound[: len(out) - first]
    return out


KICK, SNARE, HAT = burst(40, 150, 0.08), burst(150, 5000, 0.06, seed=1), burst(4000, 14_000, 0.03, seed=2)


def loop(kick=(0.05, 0.8, 1.2, 1.55), snare=(0.45, 1.0, 1.75), hat=(0.25, 0.65, 1.4, 1.95)):
    parts = (placed(KICK, kick), 0.5 * placed(SNARE, snare), 0.3 * placed(HAT, hat))
    return (0.2 * sum(parts)).astype(np.float32)


def high_passed(x, edge=300, order=4, causal=False):
    sections = butter(order, edge, "highpass", fs=RATE, output="sos")
    return (sosfilt if causal else sosfiltfilt)(sections, x).astype(np.float32)


def telephone(x):
    return sosfiltfilt(butter(4, (300, 3400), "bandpass", fs=RATE, output="sos"), x).astype(np.float32)


def low_passed(x, edge):
    return np.convolve(x, firwin(511, edge, fs=RATE), "same").astype(np.float32)


def compare(kind, a, b, rate=RATE):
    return kind()(Signal(samples=a, rate=rate), Signal(samples=b, rate=RATE))


FILTERS = {
    "150 Hz": lambda x: high_passed(x, 150),
    "300 Hz": high_passed,
    "order 2": lambda x: high_passed(x, order=2),
    "order 8": lambda x: high_passed(x, order=8),
    "causal": lambda x: high_passed(x, causal=True),
    "causal, order 2, 500 Hz": lambda x: high_passed(x, 500, 2, causal=True),
    "telephone": telephone,
    "low-pass 4 kHz": lambda x: low_passed(x, 4000),
    "low-pass 8 kHz": lambda x: low_passed(x, 8000),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("kind", [Align, Pattern])
def test_a_filtered_copy_is_the_same_clip(kind, name):
    copy = np.pad(-0.5 * FILTERS[name](loop()), (round(0.037 * RATE), 0))
    found = compare(kind, copy, loop())
    assert found.relation == "same"
    assert found.offset_s == pytest.approx(0.037, abs=5e-4)
    if kind is Align:
        assert found.polarity == -1
        assert found.gain_db == pytest.approx(-6.02, abs=0.4)
    else:
        assert found.distance < 0.21


@pytest.mark.parametrize("kind", [Align, Pattern])
def test_quantised_and_noisy_too(kind):
    copy = high_passed(loop())
    noise = np.random.default_rng(5).normal(0, copy.std() * 10 ** (-30 / 20), copy.size)
    for degraded in (np.round(copy * 32_767) / 32_768, copy + noise):
        assert compare(kind, degraded.astype(np.float32), loop()).relation == "same"


@pytest.mark.parametrize("missing", ["kick", "hat"])
@pytest.mark.parametrize("kind", [Align, Pattern])
def test_a_missing_instrument_is_no_filter(kind, missing):
    found = compare(kind, loop(**{missing: ()}), loop())
    assert found.relation in ("variant", "different")


@pytest.mark.parametrize("filtered", [high_passed, telephone])
def test_a_hit_more_is_found_in_a_filtered_copy(filtered):
    more = filtered(loop(snare=(0.45, 1.0, 1.3, 1.75)))
    found = compare(Align, more, loop())
    assert found.relation == "variant"
    assert found.differs[0][0] == pytest.approx(1.3, abs=0.03)
    assert compare(Pattern, more, loop()).distance > 0.21


def test_a_cymbal_in_a_dull_drone_is_a_variant():
    drone = 0.3 * low_passed(np.random.default_rng(3).normal(size=3 * RATE), 1500)
    more = drone + 0.3 * placed(burst(5000, 14_000, 0.15, seed=4), (1.3,), 3)
    for kind in (Align, Pattern):
        assert compare(kind, more.astype(np.float32), drone).relation == "variant"


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(FILTERS)), st.integers(0, 2000), st.sampled_from([16_000, RATE, 48_000]))
def test_filtered_copies_are_alike_both_ways_to_the_last_bit(name, shift, rate):
    import soxr

    copy = soxr.resample(np.pad(FILTERS[name](loop()), (shift, 0)), RATE, rate)
    for kind in (Align(), Pattern()):
        a, b = (kind.sketch(Signal(samples=x, rate=r)) for x, r in ((copy, rate), (loop(), RATE)))
        there, back = kind.compare(a, b), kind.compare(b, a)
        for field in ("distance", "similarity", "overlap", "polarity", "relation"):
            assert getattr(there, field) == getattr(back, field), field
        assert there.offset_s == -back.offset_s


def test_pairs_of_patterns_agree_with_compare():
    pattern = Pattern()
    sketches = [pattern.sketch(Signal(samples=x, rate=RATE)) for x in (loop(), high_passed(loop()), loop(kick=()))]
    i, j = np.triu_indices(3, 1)
    found = pattern.pairs(sketches, i, j)["distance"]
    assert [pattern.compare(sketches[p], sketches[q]).distance for p, q in zip(i, j, strict=True)] == pytest.approx(
        found
    )


def test_parallel_is_the_longest_stretch_within_6_db():
    flat = np.full(12, -10.0)
    tilted = flat - np.array([30, 20, 8, 4, 2, 0, 0, 0, 0, 0, 0, 40.0])
    assert parallel(flat, tilted, 7) == (3, 11)
    assert parallel(tilted, flat, 7) == (3, 11)
    assert parallel(flat, tilted, 9) is None
    assert parallel(flat, flat - 20, 7) is None  # over all their bands
    both = np.stack([flat, tilted])
    pair = np.array([0]), np.array([1])
    assert (maybe_parallel(both, *pair, 8), maybe_parallel(both, *pair, 9)) == ([True], [False])
    alike = np.stack([flat, flat - np.linspace(8, 13, 12)])
    assert not maybe_parallel(alike, *pair, 8)  # over all their bands
    assert parallel(*alike, 8) is None


def test_a_band_is_passed_and_nothing_else():
    x = (np.random.default_rng(0).normal(size=RATE) * np.hanning(RATE)).astype(np.float32)  # no clicks at its ends
    passed = profile(band_pass(x, RATE, (400.0, 3200.0)), RATE)
    level = profile(x, RATE)
    assert np.abs(passed[10:17] - level[10:17] - (passed[12] - level[12])).max() < 0.1
    assert max(passed[:9].max(), passed[18:].max()) < -80


@settings(max_examples=25, deadline=None)
@given(st.integers(-800, 800), st.floats(-20, 20), st.sampled_from([-1, 1]), st.sampled_from([(400, 3000), (50, 2e4)]))
def test_offset_and_level_in_a_band_are_those_of_the_clips(late, gain_db, sign, band):
    x = np.random.default_rng(0).normal(size=RATE + 1600)
    hum = 2 * np.sin(2 * np.pi * 30 * np.arange(x.size) / RATE)  # outside the band
    a, b = sign * 10 ** (gain_db / 20) * x[800 : 800 + RATE], (x + hum)[800 + late :][:RATE]
    found = agreement(a.astype(np.float32), b.astype(np.float32), RATE, band)
    assert found.offset_s * RATE == pytest.approx(late, abs=0.1)
    assert np.sign(found.product) == np.sign(found.correlation) == sign
    apart = abs(late) / RATE  # what frames do not both hear
    assert 1 - abs(found.correlation) < 0.02 + 30 * apart
    assert found.gain_db == pytest.approx(gain_db, abs=0.1 + 200 * apart)


def test_nothing_in_a_band_agrees_with_nothing():
    silence, sound = np.zeros(RATE, np.float32), loop()[:RATE]
    for x, y in ((silence, sound), (silence, silence), (silence[:0], silence[:0])):
        found = agreement(x, y, RATE, (300, 3400))
        assert (found.correlation, found.product) == (0, 0)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("gain", [1.0, 0.3, -0.7])
def test_a_correlation_is_1_at_most(gain):
    for seed in range(20):  # the sums of most of these round to more
        x = (np.random.default_rng(seed).normal(size=9000) * np.exp(-np.arange(9000) / 2000)).astype(np.float32)
        found = fit(x, np.float32(gain) * x, 44_100, turned=True).similarity
        assert 1 - 1e-6 < abs(found) <= 1


def test_the_band_that_clips_have_in_common_is_told():
    plain = loop()
    found = align(telephone(plain), plain, rate=RATE)
    low, high = found.band_hz
    assert 200 <= low <= 400
    assert 2500 <= high <= 4100
    assert f"from {low:.0f} to {high:.0f} Hz" in found.summary()["compared"]
    assert align(high_passed(plain), plain, rate=RATE).band_hz[1] == RATE / 2
    for other in (0.5 * plain, loop(snare=(0.45, 1.0))):
        assert align(other, plain, rate=RATE).band_hz is None

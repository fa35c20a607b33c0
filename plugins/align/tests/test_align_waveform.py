"""The waveform distance: lags, gains, differences and relations on known signals."""

import csv
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_align import Align

from jackfield import DataError, Signal
from jackfield.testing import check_component

RATE = 24_000


def noise(n, seed=0, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, n).astype(np.float32)


def drums(times, seconds=2.0, rate=RATE, seed=0):
    """Decaying noise bursts, each with its own sound, at the given times."""
    out = np.zeros(round(seconds * rate), np.float32)
    for k, time in enumerate(times):
        n = round(0.25 * rate)
        burst = noise(n, seed + k, 0.3) * np.exp(-np.arange(n) / (0.04 * rate)).astype(np.float32)
        start = round(time * rate)
        out[start : start + n] += burst[: len(out) - start]
    return out


def align(a, b, rate_a=RATE, rate_b=RATE, **options):
    return Align(**options)(Signal(samples=a, rate=rate_a), Signal(samples=b, rate=rate_b))


def delayed(x, lag):
    """Band-limited delay by a fractional number of samples."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(len(x)) * lag)
    return np.fft.irfft(np.fft.rfft(x) * turn, len(x)).astype(np.float32)


def with_noise(x, decibels, seed=9):
    added = noise(len(x), seed, 1.0)
    return x + added * np.float32(np.sqrt(np.mean(x**2)) / 10 ** (decibels / 20))


def test_a_clip_is_identical_to_itself():
    found = align(drums([0.1, 0.6]), drums([0.1, 0.6]))
    assert (found.distance, found.relation, found.offset_samples, found.gain_db) == (0.0, "identical", 0.0, 0.0)
    assert (found.polarity, found.overlap, found.differs) == (1, 1.0, ())


@settings(max_examples=30, deadline=None)
@given(
    lag=st.integers(-6000, 6000),
    gain=st.floats(-20, 20),
    polarity=st.sampled_from([-1, 1]),
    seconds=st.floats(0.5, 1.5),
)
def test_lag_gain_and_polarity_are_found(lag, gain, polarity, seconds):
    b = noise(round(seconds * RATE))
    whole = polarity * np.float32(10 ** (gain / 20)) * b
    a = np.concatenate([np.zeros(lag, np.float32), whole]) if lag >= 0 else whole[-lag:]
    found = align(a, b)
    assert found.offset_samples == lag
    assert found.offset_s == pytest.approx(lag / RATE)
    assert found.gain_db == pytest.approx(gain, abs=1e-3)
    assert found.polarity == polarity
    assert found.distance < 1e-6
    # a cut loses material, padding with silence does not
    if lag >= 0:
        assert found.relation == "identical"
    elif -lag < 0.09 * len(b):
        assert found.relation in ("identical", "same")


@pytest.mark.parametrize("lag", [100.25, 100.5, -37.4, 1200.73, 0.1])
def test_fractional_lag_to_two_hundredths_of_a_sample_in_noise(lag):
    b = drums([0.2, 0.7, 1.1])
    found = align(with_noise(delayed(b, lag), 20), b)
    assert found.offset_samples == pytest.approx(lag, abs=0.02)
    assert found.relation == "same"


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 50),
    st.integers(0, 5000),
    st.sampled_from([8000, RATE, 44_100, 48_000]),
    st.sampled_from([8000, RATE, 48_000]),
    st.sampled_from(["noisy", "more", "other"]),
)
def test_swapping_the_clips_mirrors_the_result(seed, cut, rate_a, rate_b, kind):
    clip = drums([0.3, 0.8, 1.2], rate=rate_a, seed=seed)
    a = {
        "noisy": lambda: with_noise(clip, 25)[cut:],
        "more": lambda: (clip + drums([1.0], rate=rate_a, seed=seed + 9))[cut:],
        "other": lambda: drums([0.1, 0.5], rate=rate_a, seed=seed + 20),
    }[kind]()
    b = -2 * drums([0.3, 0.8, 1.2], rate=rate_b, seed=seed)
    there, back = align(a, b, rate_a, rate_b), align(b, a, rate_b, rate_a)
    for name in ("distance", "similarity", "overlap", "polarity", "relation"):
        assert getattr(there, name) == getattr(back, name), name
    assert there.offset_s == -back.offset_s
    assert there.offset_samples == pytest.approx(there.offset_s * rate_a)
    assert back.offset_samples == pytest.approx(back.offset_s * rate_b)
    assert [x for span in back.differs for x in span] == pytest.approx(
        [x - there.offset_s for span in there.differs for x in span], abs=1e-9
    )
    if there.relation in ("same", "variant"):
        assert there.gain_db == pytest.approx(-back.gain_db, abs=0.5)


def test_each_gain_is_the_least_squares_factor_to_the_clip_named_first():
    clip = noise(RATE)
    noisy = with_noise(clip, 10)
    assert align(noisy, clip).gain_db == pytest.approx(0, abs=0.1)
    assert align(clip, noisy).gain_db == pytest.approx(-20 * math.log10(1.1), abs=0.1)


@pytest.mark.parametrize("rate", [8000, RATE, 44_100, 48_000])
@pytest.mark.parametrize(("hertz", "cut"), [(440, 100), (440, 7), (1000, 100), (3000, 33)])
def test_a_cut_tone_lies_where_the_clips_begin_or_end_together(rate, hertz, cut):
    tone = np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32)
    for a, b, lag in ((tone, tone[cut:], cut), (tone[cut:], tone, -cut), (tone, tone[:-cut], 0), (tone, tone, 0)):
        if rate % 1000 == 0 and hertz >= 1000 and cut * hertz % rate == 0:
            lag = 0  # whole periods were cut: nothing tells
        found = align(a, b, rate, rate)
        assert (found.offset_samples, found.polarity) == (lag, 1)


@pytest.mark.parametrize("n", [2, 16, 63])
def test_too_few_samples_agree_with_anything(n):
    long = noise(120_000)
    impulse = np.zeros(8000, np.float32)
    impulse[5000] = 1
    for few, other in ((long[500 : 500 + n], long), (impulse[4999 : 4999 + n], impulse)):
        found = align(few, other)
        assert math.isnan(found.distance)
        assert (found.relation, found.offset_samples, found.offset_s) == (None, None, None)


def test_few_samples_are_identical_to_themselves_at_another_gain():
    few = noise(20)
    found = align(0.5 * few, few)
    assert (found.relation, found.offset_samples, found.distance) == ("identical", 0, 0)


@pytest.mark.parametrize(("kind", "gain"), [(np.float32, 1e30), (np.float32, 1e38), (np.float64, 1e300)])
def test_loud_floats_align(kind, gain):
    b = noise(8000).astype(kind)
    found = align(kind(gain) * b[10:], b)
    assert (found.relation, found.offset_samples) == ("same", -10)
    assert found.gain_db == pytest.approx(20 * math.log10(gain), abs=0.01)
    assert found.distance < 1e-6


def test_sound_above_12_khz_alone_aligns():
    import soxr

    low = noise(24_000)
    high = soxr.resample(low, 24_000, 48_000)[:48_000] * np.float32(2) * np.cos(np.pi * np.arange(48_000))
    found = align(np.pad(high.astype(np.float32), (333, 0)), high.astype(np.float32), 48_000, 48_000)
    assert Align().sketch(Signal(samples=high, rate=48_000))["rate"] == 48_000
    assert (found.relation, found.offset_samples) == ("identical", 333)


@pytest.mark.parametrize("end", [0, 1])
def test_a_fade_at_the_edge_is_no_difference(end):
    clip = noise(RATE)
    fade = np.ones(RATE, np.float32)
    fade[:240] = np.linspace(0, 1, 240)
    found = align(clip * fade[:: -1 if end else 1], clip)
    assert (found.relation, found.differs) == ("same", ())


def test_equal_material_and_a_quiet_tail_is_not_identical():
    clip = noise(RATE)
    found = align(np.concatenate([clip, noise(2400, seed=5, scale=0.003)]), clip)
    assert (found.relation, found.offset_samples) == ("same", 0)
    assert found.distance < 1e-9


@pytest.mark.parametrize("lag", [0, 2400, 4800])
def test_shift_costs_nothing_because_each_lag_is_normalised_by_its_overlap(lag):
    pattern = drums([0.3, 0.7, 1.1, 1.5])
    found = align(np.roll(with_noise(pattern, 30), lag)[lag:], pattern)
    assert found.distance < 0.008


@pytest.mark.parametrize(("decibels", "noisy"), [(0, False), (-6, False), (0, True), (-6, True)])
def test_extra_hit_is_a_variant_and_its_time_is_found(decibels, noisy):
    plain = drums([0.1, 0.5, 0.9, 1.3], seed=0)
    more = plain + np.float32(10 ** (decibels / 20)) * drums([1.38 + 0.2], seed=50)
    if noisy:
        more = with_noise(more, 25)
    late = np.concatenate([np.zeros(2400, np.float32), more])
    for found, start in ((align(late, plain), 1.58 + 0.1), (align(plain, late), 1.58)):
        assert found.relation == "variant"
        assert len(found.differs) == 1
        assert found.differs[0][0] == pytest.approx(start, abs=0.02)
        assert 0.03 < found.differs[0][1] - found.differs[0][0] < 0.3
    assert 0 < align(late, plain).distance < 0.2


def test_a_loop_of_equal_hits_with_one_more_is_matched_whole():
    loop = np.tile(drums([0.0], seconds=0.5), 4)
    found = align(loop + drums([1.38], seed=5), loop)
    assert (found.relation, found.offset_samples, found.overlap) == ("variant", 0.0, 1.0)
    assert found.differs[0][0] == pytest.approx(1.38, abs=0.02)


def test_missing_hit_leaves_lag_and_gain_alone():
    found = align(0.5 * drums([0.1, 0.5, 0.9]), drums([0.1, 0.5, 0.9, 1.3]))
    assert found.relation == "variant"
    assert found.offset_samples == 0
    assert found.gain_db == pytest.approx(20 * math.log10(0.5), abs=0.02)
    assert found.differs[0][0] == pytest.approx(1.3, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_noise_at_20_db_is_the_same_clip(seed):
    clip = drums([0.1, 0.4, 0.9, 1.3], seed=seed)
    found = align(with_noise(clip, 20, seed=99 + seed), clip)
    assert (found.relation, found.differs) == ("same", ())
    assert found.distance == pytest.approx(0.005, abs=0.003)


def test_eight_bit_copy_is_the_same_clip():
    clip = drums([0.1, 0.4, 0.9, 1.3])
    found = align(np.round(clip * 127) / np.float32(127), clip)
    assert (found.relation, found.differs) == ("same", ())


def test_rates_are_matched_and_the_offset_is_in_samples_of_the_first_clip():
    import soxr

    clip = drums([0.2, 0.6, 1.1], rate=44_100)
    copy = soxr.resample(np.concatenate([np.zeros(4410, np.float32), clip]), 44_100, 16_000)
    found = align(copy, clip, 16_000, 44_100)
    assert found.offset_samples == pytest.approx(1600, abs=0.05)
    assert align(clip, copy, 44_100, 16_000).offset_samples == pytest.approx(-4410, abs=0.1)
    assert found.relation == "same"


def test_low_pass_copy_of_a_bright_sound_is_the_same_not_identical():
    import soxr

    bright = np.diff(noise(24_000)).astype(np.float32)
    dull = soxr.resample(soxr.resample(bright, 48_000, 24_000), 24_000, 48_000)
    found = align(dull, bright, 48_000, 48_000)
    assert found.relation == "same"


def test_odd_lag_at_twice_the_compared_rate():
    clip = drums([0.2, 0.6, 1.1], rate=48_000)
    found = align(clip[1001:], clip, 48_000, 48_000)
    assert found.offset_samples == -1001


def test_antiphase_channels_do_not_cancel():
    clip = drums([0.2, 0.6])
    found = align(np.stack([clip, -clip]), np.stack([clip, clip]))
    assert found.distance == 0.0


@pytest.mark.parametrize("silence", [np.zeros(4000, np.float32), np.full(4000, 0.25, np.float32)])
def test_silence_is_undefined(silence):
    for found in (align(silence, silence), align(silence, noise(4000))):
        assert math.isnan(found.distance)
        assert found.relation is None


def test_unrelated_sounds_are_different():
    found = align(noise(20_000, 1), noise(24_000, 2))
    assert found.distance > 0.9
    assert found.relation == "different"


def test_a_second_half_that_the_other_lacks_is_a_variant():
    word = drums([0.05, 0.3], seconds=0.6)
    found = align(np.concatenate([word, drums([0.1, 0.2], seconds=0.6, seed=70)]), word)
    assert (found.relation, found.offset_samples) == ("variant", 0.0)
    assert found.differs[0] == pytest.approx((0.7, 0.94), abs=0.02)


def test_small_overlaps_cannot_win():
    a, b = noise(8000, 1), noise(8000, 2)
    b[:800] = a[-800:]
    assert align(a, b).distance > 0.8
    assert align(a, b, min_overlap=0.05).distance < 0.01


def test_hits_of_five_milliseconds():
    hit = noise(120)
    found = align(np.concatenate([np.zeros(7, np.float32), hit]), hit)
    assert (found.offset_samples, found.relation) == (7.0, "identical")


def test_long_clips_stay_within_bounds():
    sketch = Align().sketch(Signal(samples=noise(9_000_000), rate=8000))
    assert sketch["samples"].nbytes <= 1 << 24
    assert sketch["rate"] == 2000


def test_non_finite_samples_are_the_datas_fault():
    bad = noise(100)
    bad[3] = np.nan
    with pytest.raises(DataError, match="1 are NaN or infinite"):
        Align().sketch(Signal(samples=bad, rate=RATE))


def test_recorded_copies(shared):
    """Lag and gain of the copies in the reference set; no copy is a variant, and every muted or added hit is found."""
    import soundfile

    folder = shared / "data" / "dev"
    rows = list(csv.DictReader((folder / "truth.csv").open(encoding="utf-8")))
    distance, sketches = Align(), {}

    def sketch(path):
        if path not in sketches:
            samples, rate = soundfile.read(folder / path, dtype="float32", always_2d=True)
            sketches[path] = distance.sketch(Signal(samples=np.ascontiguousarray(samples.T), rate=rate))
        return sketches[path]

    checked = hits = 0
    for row in (r for r in rows if r["parent"]):
        found, kind = distance.compare(sketch(row["path"]), sketch(row["parent"])), row["kind"]
        if kind in ("variant_insert", "variant_drop_hit", "variant_append", "variant_double_end"):
            assert found.relation == "variant", row
            checked += 1
        if kind == "variant_drop_hit":
            assert found.differs[0] == pytest.approx(
                [float(t) for t in re.findall(r"\d+\.\d+", row["params"])], abs=0.02
            )
        if kind == "variant_double_end":
            assert found.differs[0][0] == pytest.approx(
                float(re.search(r"at ([\d.]+)s", row["params"])[1]), abs=0.02
            ), row
            hits += 1
        if kind.startswith("variant"):
            continue
        assert found.relation != "variant", row
        assert found.relation != "different", row
        if match := re.match(r"([+-]\d+)ms$", row["params"]):
            assert found.offset_s * 1000 == pytest.approx(float(match[1]), abs=0.51), row  # params are whole ms
            checked += 1
        elif kind != "g722":  # whose filters delay by 0.6 ms
            assert found.offset_s == pytest.approx(0, abs=1e-5), row
        if kind == "gain":
            assert found.gain_db == pytest.approx(float(row["params"].removesuffix("dB")), abs=0.06), row
            assert found.relation == "identical", row
            checked += 1
        if kind == "g722":
            assert found.relation == "same", row
    assert checked > 50
    assert hits == 7


@pytest.mark.parametrize(("n", "rate"), [(0, 48_000), (1, 48_000), (2, 8000), (5, 48_000)])
def test_next_to_no_samples(n, rate):
    clip = Signal(samples=np.array([0.5, -0.5, 0.1, 0.2, -0.3], np.float32)[:n].reshape(1, -1), rate=rate)
    found = Align()(clip, clip)
    assert math.isnan(found.distance) or found.distance == 0.0


@settings(deadline=None)
@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.sampled_from([8000.0, 44_100.0, 100.0]),
    st.floats(0.01, 1),
    st.integers(),
)
def test_any_handful_of_samples_gives_a_distance_or_none(n, m, rate, least, seed):
    a, b = noise(n, abs(seed)), noise(m, abs(seed) + 1)
    found = align(a, b, 8000.0, rate, min_overlap=least)
    assert math.isnan(found.distance) or 0 <= found.distance <= 1
    itself = align(a, 1e-3 * a, 44_100, 44_100, min_overlap=least).distance
    assert math.isnan(itself) or itself < 1e-6


def test_a_sketch_is_plain_arrays():
    assert all(isinstance(v, np.ndarray) for v in Align().sketch(Signal(samples=noise(100), rate=RATE)).values())


@pytest.mark.parametrize("name", ["align"])
def test_the_rules_that_every_component_keeps(name):
    check_component(name)

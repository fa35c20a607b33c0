"""What mel bands up to 3.6 kHz do not tell: another note in a chord, and a hi-hat more or less."""

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from jackfield_align import Align, Pattern
from jackfield_align._tones import unshared
from jackfield_align.verbs import command

from jackfield import Signal

RATE = 44_100
MAJOR = (262, 330, 392)
SEMITONE = 2 ** (1 / 12)


def note(hertz, seconds=1.0, rate=RATE, tau=0.4):
    """Six decaying harmonics."""
    t = np.arange(round(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * hertz * k * t) / k**1.5 for k in range(1, 7)) * np.exp(-t / tau) * 0.15


def chord(notes, **options):
    return sum(note(hertz, **options) for hertz in notes)


def turned(x, seed=0):
    """As a codec that keeps magnitudes alone: phases wander over frequency."""
    spectrum = np.fft.rfft(x, len(x) + 4096)
    wander = np.cumsum(np.random.default_rng(seed).normal(0, 0.15, len(spectrum)))
    return np.fft.irfft(spectrum * np.exp(1j * wander))[: len(x) + 2000]


def compared(distance, a, b, rate=RATE):
    return distance(Signal(samples=a, rate=rate), Signal(samples=b, rate=rate))


@pytest.mark.parametrize("other", [(262, 311, 392), (262, 349, 392), (262, 330, 440), (262, 330, 415), (247, 330, 392)])
@pytest.mark.parametrize("distance", [Pattern(), Align()], ids=["pattern", "align"])
def test_a_chord_with_one_other_note_is_no_copy(distance, other):
    found = compared(distance, chord(MAJOR), chord(other))
    assert found.relation in ("variant", "different")
    assert found.distance > 0.21


@pytest.mark.parametrize("hertz", [65.4, 110])
def test_a_low_note_a_semitone_up_is_no_copy(hertz):
    a, b = (note(f, 0.3, tau=0.08) for f in (hertz, hertz * SEMITONE))
    assert compared(Pattern(), a, b).distance >= 0.35


@pytest.mark.parametrize("notes", [MAJOR, (110,), (65.4, 196)])
def test_turned_phases_keep_the_tones(notes):
    clip = chord(notes)
    copy = 0.3 * turned(clip)
    found = compared(Pattern(), copy, clip)
    assert found.relation == "same"
    assert unshared(copy[: len(clip)].astype("f4"), clip.astype("f4"), RATE) < 0.2


def test_tones_at_any_gain_and_in_short_or_silent_clips():
    clip = chord(MAJOR).astype("f4")
    assert unshared(clip, 1e-3 * clip, RATE) < 1e-6
    assert unshared(clip[:300], clip[:300], RATE) < 1e-6
    assert unshared(clip, 0 * clip, RATE) == 0.0
    assert unshared(clip, chord([f * SEMITONE for f in MAJOR]).astype("f4"), RATE) > 0.9


def hat(seconds=0.08):
    """Noise above 7 kHz that is over within 40 ms."""
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(size=n))
    spectrum[: round(7000 * seconds)] = 0
    return 0.25 * np.fft.irfft(spectrum, n) * np.exp(-np.arange(n) / (0.015 * RATE))


def beat(hats):
    """Low drums every half second, hi-hats at the given times, 12 dB softer."""
    out = np.zeros(2 * RATE)
    for k in range(4):
        out[k * RATE // 2 :][:13_230] += note(60, 0.3, tau=0.08) * 4
    for time in hats:
        out[round(time * RATE) :][: len(hat())] += hat()
    return out


HATS = (0.25, 0.75, 1.25, 1.75)


@pytest.mark.parametrize(
    ("hats", "where"),
    [((*HATS, 0.4), 0.4), ((*HATS, 1.6), 1.6), (HATS[:2] + HATS[3:], 1.25), ((*HATS[:3], 1.8), 1.75)],
    ids=["more", "later", "less", "moved"],
)
def test_a_hi_hat_more_less_or_elsewhere_is_a_variant(hats, where):
    found = compared(Pattern(), beat(hats), beat(HATS))
    assert found.relation == "variant"
    assert any(start == pytest.approx(where, abs=0.03) for start, _ in found.differs)


def test_a_hi_hat_one_sample_later_is_the_same():
    """As from a sequencer that rounds each hit to a sample, of a loop that begins elsewhere."""
    later = (*HATS[:2], HATS[2] + 1 / RATE, HATS[3])
    found = compared(Pattern(), np.pad(beat(later), (2000, 0)), beat(HATS))
    assert (found.relation, found.differs) == ("same", ())


def test_hi_hats_that_a_low_rate_cut_off_are_no_difference():
    soxr = pytest.importorskip("soxr")
    low = soxr.resample(beat(HATS), RATE, 11_025)
    found = Pattern()(Signal(samples=low, rate=11_025), Signal(samples=beat(HATS), rate=RATE))
    assert (found.relation, found.differs) == ("same", ())


@pytest.mark.parametrize(("coded", "relation"), [(0.0, "variant"), (0.17, "same")])
def test_a_brief_click_is_a_difference_unless_a_codec_leaves_as_much_everywhere(coded, relation):
    clip = chord(MAJOR, tau=2.0)
    copy = clip * (1 + coded * np.random.default_rng(4).normal(size=clip.size))  # errors follow the sound
    t = np.arange(1100) / RATE
    copy[20_000:21_100] += 0.12 * np.hanning(1100) * np.sin(2 * np.pi * 5000 * t)
    assert compared(Align(), copy, clip).relation == relation


def test_the_command_compares_waveforms_where_the_rate_is_too_low_for_patterns(tmp_path):
    tone = np.random.default_rng(0).normal(0, 0.1, 1000)
    for name, gain in (("a", 0.5), ("b", 1.0)):
        soundfile.write(tmp_path / f"{name}.wav", gain * tone, 1000, subtype="FLOAT")
    done = CliRunner().invoke(command, [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")])
    assert (done.exit_code, "identical" in done.output, "pattern: needs 1400 Hz" in done.output) == (0, True, True)
    done = CliRunner().invoke(command, ["--json", str(tmp_path / "a.wav"), str(tmp_path / "b.wav")])
    assert json.loads(done.output)["pattern"] is None

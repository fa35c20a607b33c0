"""What differs is told on both clocks, with the clip that has it."""

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from jackfield_align.verbs import align, command

RATE = 16_000


def hits(times, seconds=2.0):
    """Decaying noise, another one at each time."""
    out = np.zeros(round(seconds * RATE))
    for time in times:
        rng = np.random.default_rng(round(time * 1000))
        out[round(time * RATE) :][:3200] += rng.normal(0, 0.2, 3200) * np.exp(-np.arange(3200) / 600)
    return out


PLAIN = (0.1, 0.5, 0.9, 1.3)


@pytest.mark.parametrize("late", [0.0, 0.25])
def test_an_extra_hit_sounds_in_the_clip_that_has_it(late):
    more = np.pad(0.5 * hits((*PLAIN, 1.6)), (round(late * RATE), 0))
    for a, b, side, there in ((more, hits(PLAIN), "a", 1.6), (hits(PLAIN), more, "b", 1.6 + late)):
        found = align(a, b, rate=RATE)
        assert found.relation == "variant"
        assert found.sounds_in == (side,)
        assert found.differs_in_b[0][0] == pytest.approx(there, abs=0.02)
        assert found.differs_in_b[0][0] == pytest.approx(found.differs[0][0] - found.offset_s, abs=1e-9)


def test_a_hit_that_was_moved_sounds_in_both_clips_at_two_places():
    found = align(hits((*PLAIN, 1.55), 2.5), hits((*PLAIN, 2.1), 2.5), rate=RATE)
    assert found.sounds_in == ("a", "b")


def test_another_sound_of_the_same_level_sounds_otherwise():
    found = align(hits(PLAIN), hits((0.1, 0.5, 0.9)) + np.roll(hits((1.7,)), -round(0.4 * RATE)), rate=RATE)
    assert found.sounds_in == ("both",)


def test_copies_have_nothing_to_tell():
    found = align(hits(PLAIN), hits(PLAIN), rate=RATE)
    assert (found.differs, found.differs_in_b, found.sounds_in) == ((), (), ())


def test_the_command_says_so(tmp_path):
    for name, times in (("a", (*PLAIN, 1.6)), ("b", PLAIN)):
        soundfile.write(tmp_path / f"{name}.wav", hits(times), RATE, subtype="FLOAT")
    files = [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")]
    assert "in b 1.60–" in (out := CliRunner().invoke(command, files).output)
    assert "sounds in a" in out
    assert json.loads(CliRunner().invoke(command, ["--json", *files]).output)["align"]["sounds_in"] == ["a"]

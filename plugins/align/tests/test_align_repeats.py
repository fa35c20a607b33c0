"""Loops fit at several lags: the comparison of one pair names them."""

import json
import wave

import numpy as np
import pytest
from click.testing import CliRunner
from jackfield_align.verbs import align, command

RATE = 16_000


def bar(seed=0, seconds=0.3):
    """Decaying noise, then what is left of it."""
    n = round(seconds * RATE)
    return (np.random.default_rng(seed).normal(0, 0.2, n) * np.exp(-np.arange(n) / 1500)).astype(np.float32)


@pytest.mark.parametrize("late", [0, 700])
@pytest.mark.parametrize("seconds", [0.3, 0.31417])
def test_a_loop_fits_at_multiples_of_its_period(late, seconds):
    loop = np.tile(bar(seconds=seconds), 6)
    period = len(bar(seconds=seconds)) / RATE
    noisy = np.pad(-0.5 * loop, (late, 0)) + np.random.default_rng(5).normal(0, 0.002, late + loop.size)
    found = align(noisy, loop, rate=RATE)
    assert found.polarity == -1
    assert found.offset_s == pytest.approx(late / RATE, abs=1e-5)
    assert len(found.other_lags) == 5
    steps = [(lag - found.offset_s) / period for lag, _ in found.other_lags]
    assert steps == pytest.approx(np.round(steps), abs=1e-3)
    assert sorted(np.round(np.abs(steps)))[:4] == [1, 1, 2, 2]
    assert all(0.95 < score <= 1 for _, score in found.other_lags)


def test_the_better_lag_comes_first():
    bars = [bar(seed) for seed in (1, 1, 2, 1)]
    bars[2] = bars[0] + np.float32(0.2) * bars[2]  # the third time a little different
    loop = np.concatenate(bars)
    found = align(loop, bar(1), rate=RATE)
    scores = [score for _, score in found.other_lags]
    assert len(scores) == 3
    assert scores[2] < scores[1] - 0.01
    assert scores[:2] == pytest.approx([1, 1], abs=1e-3)


@pytest.mark.parametrize(
    "clip", [bar(3, 1.0), np.concatenate([bar(seed) for seed in range(6)]), np.repeat(bar(4), 2)], ids=len
)
def test_what_does_not_repeat_fits_once(clip):
    assert align(np.pad(clip, (300, 0)), clip, rate=RATE).other_lags == ()


def test_what_has_nothing_in_common_fits_nowhere():
    assert align(np.tile(bar(0), 4), np.tile(bar(1), 4), rate=RATE).other_lags == ()
    assert align(np.zeros(8000), np.zeros(8000), rate=RATE).other_lags == ()


def test_the_command_names_them(tmp_path):
    loop = tmp_path / "loop.wav"
    samples = np.round(np.tile(bar(), 4) * 32767 / 2).astype("<i2")
    with wave.open(str(loop), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    shown = CliRunner().invoke(command, [str(loop), str(loop)], catch_exceptions=False)
    assert "other lags: -0.300 s (1.00), +0.300 s (1.00), -0.600 s (1.00), +0.600 s (1.00)" in shown.output
    asked = CliRunner().invoke(command, [str(loop), str(loop), "--json"], catch_exceptions=False)
    lags = json.loads(asked.output)["align"]["other_lags"]
    assert [lag for lag, _ in lags] == pytest.approx([-0.3, 0.3, -0.6, 0.6], abs=1e-4)

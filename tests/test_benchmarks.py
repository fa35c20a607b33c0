"""The stopwatch of the benchmarks, on a clock that only the work moves; filters, and copies behind them."""

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


class Clock:
    """Seconds pass where `sleep` is called, and nowhere else."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ab(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    module = runpy.run_path(str(BENCHMARKS / "ab.py"))
    watch = SimpleNamespace(perf_counter=lambda: clock.now)
    monkeypatch.setitem(module["timed"].__globals__, "time", watch)
    return SimpleNamespace(**module)


def test_ratio_is_that_of_the_work(ab: SimpleNamespace, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    work = {"one": lambda: clock.sleep(0.004), "three": lambda: clock.sleep(0.012)}
    one, three = ab.compare("sleep", work, rounds=7)
    assert (one.name, one.ratio, three.name) == ("one", 1, "three")
    assert three.ratio == pytest.approx(3)
    assert three.least == pytest.approx(0.012) == three.most
    assert "threads 1, rounds 7" in capsys.readouterr().out


def test_ratio_is_taken_round_by_round(ab: SimpleNamespace, clock: Clock) -> None:
    # a machine that slows down all the while: each round costs both candidates more, the ratio stays
    turns = iter(range(1, 1000))
    work = {name: lambda f=f: clock.sleep(f * (1 + next(turns) / 1000)) for name, f in (("one", 0.1), ("two", 0.2))}
    one, two = ab.compare("drift", work, rounds=9, quiet=True)
    assert one.most > one.least
    assert two.ratio == pytest.approx(2, rel=0.01)


def test_fast_calls_are_repeated_and_the_first_is_not_timed(ab: SimpleNamespace, clock: Clock) -> None:
    costs = iter([5.0] + [1e-4] * 300)
    assert ab.repeats(lambda: clock.sleep(next(costs))) == 200
    assert ab.repeats(lambda: clock.sleep(0.02)) == 1


def test_too_few_rounds_are_refused(ab: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="7 or more"):
        ab.compare("x", {"a": int}, rounds=3)


@pytest.fixture
def filtered(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return SimpleNamespace(**runpy.run_path(str(BENCHMARKS / "filtered.py")))


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (8000, 1))


def test_filters_take_away_what_is_outside_their_band(filtered: SimpleNamespace) -> None:
    assert len(set(filtered.FILTERS)) == 65
    impulse = np.zeros((8192, 1))
    impulse[4096] = 1
    for by in filtered.FILTERS:
        rate = 44_100 if by.kind in ("lowpass", "resampled") else 8000
        response = by(impulse, rate)[:, 0]
        low, high = (by.hertz if by.kind == "bandpass" else (by.hertz, by.hertz)) * np.array([0.5, 2])
        inside = {"highpass": high, "bandpass": 1000}.get(by.kind, low)
        outside = low if by.kind in ("highpass", "bandpass") else high
        at_inside, at_outside = np.abs(np.fft.rfft(response))[[round(f * 8192 / rate) for f in (inside, outside)]]
        assert at_inside == pytest.approx(1, abs=0.07), by
        assert at_outside < 0.25, by
        turned = not np.allclose(response[4096:4196], response[4096:3996:-1], atol=1e-3)
        assert turned == by.causal, by


def test_copy_is_as_late_and_soft_as_said(filtered: SimpleNamespace, noise: np.ndarray) -> None:
    random = np.random.default_rng(1)
    made = [filtered.copied(filtered.Clip(noise, 8000, "noise"), random, ["prepend"]) for _ in range(20)]
    assert {pair.late > 0 for pair in made} == {True, False}
    for pair in made:
        expected = pair.by(noise, 8000)[:, 0]
        late = round(pair.late * 8000)
        assert pair.left == pytest.approx((expected**2).sum() / (noise**2).sum())
        assert not pair.other.samples[0, :late].any()
        np.testing.assert_allclose(pair.other.samples[0, late:], expected * 10 ** (pair.gain_db / 20), atol=2e-5)
        assert -14 <= pair.gain_db <= -3 if late else pair.gain_db == 0


def test_loops_differ_by_a_hit_behind_one_filter(filtered: SimpleNamespace) -> None:
    pairs = list(filtered.looped(np.random.default_rng(0), ["16 bit"]))
    assert [pair.what for pair in pairs] == ["copy", "no kick", "hit", "hit, alike", "hit", "hit, alike"]
    kick = pairs[1].original.samples - pairs[1].other.samples
    spectrum = np.abs(np.fft.rfft(kick[0])) ** 2
    assert spectrum[: round(200 * kick.size / filtered.RATE)].sum() > 0.8 * spectrum.sum()
    for plain, alike in (pairs[2:4], pairs[4:6]):
        assert np.array_equal(plain.other.samples, alike.other.samples)
        behind = alike.by(plain.original.samples.T.astype(float), 44_100).T
        np.testing.assert_allclose(alike.original.samples, behind, atol=1e-5)
    assert np.abs(pairs[2].other.samples - pairs[3].original.samples).max() > 0.01


def test_tables_of_a_folder(
    filtered: SimpleNamespace,
    noise: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    soundfile.write(tmp_path / "a.wav", noise, 8000)
    soundfile.write(tmp_path / "b.wav", noise[::-1], 8000)
    (tmp_path / "truth.csv").write_text("path,kind\na.wav,original\nb.wav,gain\n", encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    names = filtered.main.__globals__
    monkeypatch.setitem(names, "LOOPS", 1)
    monkeypatch.setitem(names, "FILTERS", [filtered.Filter("highpass", 500)])
    filtered.main(tmp_path)
    told = capsys.readouterr().out
    assert told.startswith("no ffmpeg: without MP3\n1 recordings, 1 loops, 1 filters\n")
    assert "| copies | 6 | 6 | " in told
    assert "| filtered loops with a hit more or less | 2 | 0 | 0 | 0 | 0 |" in told
    assert "offset by align, ms: median 0.000" in told
    assert told.endswith("distances in the folder that are others in all bands: 0 of 1\n")

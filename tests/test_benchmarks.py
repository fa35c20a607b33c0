"""The stopwatch of the benchmarks, on a clock that only the work moves."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

AB = Path(__file__).parents[1] / "benchmarks/ab.py"


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
    module = runpy.run_path(str(AB))
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

"""The stopwatch of the benchmarks."""

import runpy
import time
from pathlib import Path

import pytest

AB = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks/ab.py"))
compare = AB["compare"]


def test_ratio_is_that_of_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    rows = compare("sleep", {"one": lambda: time.sleep(0.004), "three": lambda: time.sleep(0.012)}, rounds=7)
    assert rows[0].ratio == 1
    assert 2 < rows[1].ratio < 4
    assert rows[1].least <= rows[1].median <= rows[1].most
    assert "threads 1, rounds 7" in capsys.readouterr().out


def test_fast_calls_are_repeated_and_the_first_is_not_timed() -> None:
    calls = []
    assert AB["repeats"](lambda: calls.append(None if calls else time.sleep(0.05))) > 20
    assert AB["repeats"](lambda: time.sleep(0.005)) == 1


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="7 or more"):
        compare("x", {"a": int}, rounds=3)

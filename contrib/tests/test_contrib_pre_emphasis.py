"""The example plugin works the way anybody would use it: as one file named on the command line."""

import doctest
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jackfield import ConfigError, Signal

PLUGIN = Path(__file__).parents[1] / "pre_emphasis.py"


@pytest.fixture
def names() -> dict:
    return runpy.run_path(str(PLUGIN))


def test_docstring_example(names: dict) -> None:
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for test in finder.find(names["PreEmphasis"], globs=names, module=False):
        runner.run(test)
    assert runner.summarize() == (0, 2)


def test_inverse_filter_restores_every_channel(names: dict) -> None:
    x = np.random.default_rng(1).standard_normal((2, 300))
    y = names["PreEmphasis"](coefficient=0.9)(Signal(samples=x, rate=8000.0)).samples
    restored = np.zeros_like(y)
    restored[:, 0] = y[:, 0]
    for n in range(1, y.shape[1]):
        restored[:, n] = y[:, n] + 0.9 * restored[:, n - 1]
    np.testing.assert_allclose(restored, x, atol=1e-12)


def test_coefficient_of_one_is_refused(names: dict) -> None:
    with pytest.raises(ConfigError, match="coefficient"):
        names["PreEmphasis"](coefficient=1.0)


def test_shown_when_named_on_the_command_line() -> None:
    command = [Path(sys.executable).with_name("jackfield"), "plugins", "show", "pre-emphasis", "--plugin", PLUGIN]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Lift high frequencies" in done.stdout
    assert "coefficient" in done.stdout

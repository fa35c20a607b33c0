"""The adapter of vmdpy: modes and residual add up, and a missing library is said."""

import importlib.util
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jackfield import DataError, Grid, PluginError, Signal

PLUGIN = Path(__file__).parents[1] / "vmd.py"
RATE = 1000.0
MISSING = importlib.util.find_spec("vmdpy") is None
needs_library = pytest.mark.skipif(MISSING, reason="vmdpy is not installed; contributed adapters install nothing")


@pytest.fixture
def method() -> type:
    return runpy.run_path(str(PLUGIN))["Vmd"]


def tones(n: int) -> np.ndarray:
    t = np.arange(n) / RATE
    return np.cos(2 * np.pi * 5 * t) + 0.5 * np.cos(2 * np.pi * 60 * t) + t


@needs_library
@pytest.mark.parametrize("n", [1000, 1001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_modes_and_residual_add_up(method: type, n: int, dtype: type) -> None:
    x = tones(n).astype(dtype)
    found = method(modes=3)(Signal(samples=x, rate=RATE))
    assert found.shape == (1, n)
    assert found.residual is not None
    assert found.proof.holds
    assert found.proof.relative < (1e-13 if dtype is np.float64 else 1e-6)


@needs_library
def test_tones_come_apart(method: type) -> None:
    found = method()(Grid(values=tones(1000) - np.arange(1000) / RATE))
    for hertz, amplitude in ((5, 1), (60, 0.5)):
        k = int(np.abs(found.table["frequency"] * RATE - hertz).argmin())
        assert found.table["frequency"][k] * RATE == pytest.approx(hertz, rel=0.1)
        assert found.table["amplitude"][k, ...] == pytest.approx(amplitude, rel=0.1)


@needs_library
def test_unusable_input_is_refused(method: type) -> None:
    for values in (np.zeros(3), np.array([0, 1, np.nan, 2.0]), np.zeros((2, 50))):
        with pytest.raises(DataError, match="one channel"):
            method()(Grid(values=values))


@needs_library
def test_decompose_takes_it_as_a_method(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "x.csv", tones(400))
    command = ["jackfield", "decompose", tmp_path / "x.csv", "--method", "vmd", "--plugin", PLUGIN, "--json"]
    command[0] = Path(sys.executable).with_name("jackfield")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"method": "vmd"' in done.stdout


@pytest.mark.skipif(not MISSING, reason="vmdpy is installed")
def test_a_missing_library_is_said_before_work_starts(method: type) -> None:
    with pytest.raises(PluginError, match=r"vmd needs .*; pip install vmdpy"):
        method().prepare()

"""Which code runs, and that all of it runs alike."""

import subprocess
import sys
from pathlib import Path

import jackfield_kernels
import numpy as np
import pytest
from jackfield_kernels import _level, mel_bands, stft

# one per level, where the compiled package was built in this checkout; not those of `make sanitize`, which add symbols
OBJECTS = Path(__file__).parents[1].glob("native/build/cp*/CMakeFiles/*.dir/src/level.cpp.o")


def test_level_is_the_one_asked_for(level):
    assert jackfield_kernels.level() == level
    assert jackfield_kernels.about()["why"] == "forced by JACKFIELD_KERNELS"


def chosen(monkeypatch, wanted, found):
    monkeypatch.setattr(_level, "_native", lambda: found)
    monkeypatch.setenv(_level.VARIABLE, wanted)
    return _level.choice.__wrapped__()


class Package:
    BUILT = ("v4", "v3", "v2")
    levels = staticmethod(lambda: ("v3", "v2"))


def test_best_level_is_chosen(monkeypatch):
    assert chosen(monkeypatch, "", (Package, ""))[::2] == ("v3", 0)
    assert chosen(monkeypatch, "v2", (Package, ""))[::2] == ("v2", 1)
    assert chosen(monkeypatch, "numpy", (Package, ""))[:2] == ("numpy", None)


def test_numpy_where_nothing_is_compiled(monkeypatch):
    why = "jackfield-kernels-native is not installed"
    assert chosen(monkeypatch, "", (None, why)) == ("numpy", None, 0, why)


def test_numpy_where_the_processor_is_too_old(monkeypatch):
    class Old(Package):
        levels = staticmethod(lambda: ())

    assert "this processor runs none of the compiled levels v4, v3, v2" in chosen(monkeypatch, "", (Old, "")).why


def test_impossible_level_says_what_is_possible(monkeypatch):
    for wanted in ("v4", "V3"):
        message = f"JACKFIELD_KERNELS={wanted} is not possible: this processor runs v3, v2 of the compiled v4, v3, v2"
        with pytest.raises(ValueError, match=message):
            chosen(monkeypatch, wanted, (Package, ""))
    with pytest.raises(ValueError, match=r'V3 is not possible: .*; did you mean "v3"\?$'):
        chosen(monkeypatch, "V3", (Package, ""))
    with pytest.raises(ValueError, match=r"v4 is not possible: .*; numpy always is$"):
        chosen(monkeypatch, "v4", (Package, ""))
    with pytest.raises(ValueError, match="v3 is not possible: jackfield-kernels-native is not installed"):
        chosen(monkeypatch, "v3", (None, "jackfield-kernels-native is not installed"))


def test_broken_package_is_told_not_hidden(monkeypatch, tmp_path):
    (tmp_path / "jackfield_kernels_native.py").write_text("raise ImportError('wrong architecture')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "jackfield_kernels_native", raising=False)
    module, why = _level._native()
    assert module is None
    assert why == "jackfield-kernels-native could not be loaded: wrong architecture"


def test_asking_for_the_level_needs_no_numpy():
    code = "import sys, jackfield_kernels; jackfield_kernels.about(); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("path", sorted(OBJECTS), ids=lambda path: path.parts[-3])
def test_level_exports_nothing_but_its_table(path):
    """An inline function that two levels share could crash old processors: the linker keeps either copy."""
    command = ["nm", "-C", "--defined-only", "--extern-only", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [path.parts[-3].removesuffix(".dir")]


RNG = np.random.default_rng(3)
LONG = RNG.standard_normal((2, 120_000)).astype("f4")
WINDOW = np.hanning(513)[:-1]


@pytest.mark.parametrize("power", [None, 1, 2])
@pytest.mark.parametrize("order", ["C", "frame-major"])
def test_thread_count_changes_no_byte(level, power, order):
    shape = (2, 257, 3751)
    dtype = "f4" if power else "c8"
    results = []
    for threads in (1, 2, 5):
        out = np.empty(shape, dtype) if order == "C" else np.empty((2, 3751, 257), dtype).swapaxes(1, 2)
        results.append(stft(LONG, WINDOW, 32, start=-256, count=3751, power=power, threads=threads, out=out).tobytes())
    assert len(set(results)) == 1


def test_thread_count_changes_no_byte_of_bands(level):
    weights, dct = np.eye(40, 257), RNG.standard_normal((13, 40))
    weights[:, 1:] += 0.5 * weights[:, :-1]
    quiet = LONG * np.repeat(np.array([1, 1e-3, 1, 1e-2], "f4"), 30_000)
    settings = {"start": -256, "count": 3751, "log": "db", "top_db": 30.0}
    for extra in ({}, {"dct": dct}):
        results = [mel_bands(quiet, WINDOW, 32, weights, threads=n, **settings, **extra).tobytes() for n in (1, 2, 5)]
        assert len(set(results)) == 1


def test_a_block_of_frames_equals_the_whole(level):
    whole = stft(LONG, WINDOW, 100, start=-256, count=1200, pad="reflect")
    parts = [
        stft(LONG, WINDOW, 100, start=-256 + 100 * a, count=min(37, 1200 - a), pad="reflect")
        for a in range(0, 1200, 37)
    ]
    assert np.concatenate(parts, axis=-1).tobytes() == whole.tobytes()


def test_channels_do_not_meet(level):
    together = mel_bands(LONG, WINDOW, 300, np.eye(40, 257), count=399, log="db", top_db=20.0)
    for channel in (0, 1):
        alone = mel_bands(LONG[channel], WINDOW, 300, np.eye(40, 257), count=399, log="db", top_db=20.0)
        if level == "numpy":
            np.testing.assert_allclose(together[channel], alone, rtol=1e-5)
        else:
            assert together[channel].tobytes() == alone.tobytes()

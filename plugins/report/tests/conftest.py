"""A small run made by hand: five clips, of which two are the same, one is a variant, one undefined, one failed."""

import os
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jackfield import Clip, Distances, Failure, Groups, Neighbours, Results

RATE = 8000
NAN = np.nan


def write_wav(path: Path, seconds: float) -> None:
    t = np.arange(round(RATE * seconds)) / RATE
    codes = np.round(12_000 * np.sin(2 * np.pi * 440 * t) * np.exp(-6 * (t % 0.5))).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(os.fspath(path), "wb") as file:
        file.setparams((1, 2, RATE, codes.size, "NONE", ""))
        file.writeframes(codes.tobytes())


def results_of(folder: Path, paths: list[str], steps: dict, failures: tuple[Failure, ...] = ()) -> Results:
    clips = tuple(Clip(p, p, 100, 1, "d" * 32, RATE, 1, 2 * RATE) for p in paths)
    return Results(
        folder=folder,
        clips=clips,
        errors=failures,
        steps={name: f"jackfield-core:{name}" for name in steps},
        load=steps.__getitem__,
        warnings={paths[0]: ("the header was never closed",)} if paths else {},
    )


def sample(folder: Path, names: tuple[str, ...] = ("kick", "late", "extra", "silent", "other")) -> Results:
    """late is kick 30 ms later and 6 dB softer; extra is a variant of kick; silent is as far from all as can be."""
    paths = [os.fspath(folder.parent / f"clips/{name}.wav") for name in names]
    ids = tuple(paths)
    #           01    02   03   04   12   13   14    23   24   34
    condensed = [0.02, 0.3, NAN, 0.9, 0.31, NAN, 0.88, NAN, 0.8, NAN]
    distances = Distances(
        ids=ids,
        condensed=np.array(condensed, np.float32),
        columns={"similarity": 1 - np.array(condensed)},
        name="pattern",
    )
    groups = Groups.from_labels(
        np.array([0, 0, -1, -1, -1]),
        distances,
        near=0.4,
        settings={"threshold": 0.21, "linkage": "single", "near": 0.4, "notes": ("the gap at 0.16 is the widest",)},
    )
    evidence = Neighbours(
        ids=ids,
        i=np.array([1, 2]),
        j=np.array([0, 0]),
        distance=np.array([0.004, 0.1], np.float32),
        columns={
            "offset_samples": np.array([240.0, -0.25]),
            "offset_s": np.array([0.03, -0.25 / RATE]),
            "gain_db": np.array([-6.0206, 0.0]),
            "polarity": np.array([-1.0, 1.0]),
            "overlap": np.array([0.985, 1.0]),
        },
        relations=("same", "variant"),
        differs=((), ((1.37, 1.55), (1.9, 2.0))),
    )
    bad = os.fspath(folder.parent / "clips/broken.wav")
    failure = Failure(
        bad, "reader", "DataError", "the header promises more than there is", "100 of 200 bytes", "copy it again"
    )
    return results_of(folder, paths, {"pattern": distances, "threshold": groups, "align": evidence}, (failure,))


@pytest.fixture
def make() -> Callable[..., Results]:
    return sample


@pytest.fixture
def run(tmp_path: Path) -> Results:
    folder = tmp_path / "run"
    folder.mkdir()
    return sample(folder)


@pytest.fixture
def build() -> Callable[..., Results]:
    return results_of


@pytest.fixture
def wav() -> Callable[[Path, float], None]:
    return write_wav

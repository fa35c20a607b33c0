"""Write a dozen short drum clips, some of them almost the same: `python make_clips.py FOLDER`.

Four patterns are played by three synthetic drums. The copies differ as recordings of one thing differ in practice:
moved in time, softer, louder, noisy. The variants have one hit more or less, and are therefore something else.
"""

import sys
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

RATE = 44_100  # Hz
LENGTH = 2.5  # seconds
HIT = 0.35  # seconds, every drum

Pattern = dict[str, tuple[float, ...]]  # drum -> seconds of its hits

ROCK: Pattern = {"kick": (0.1, 1.1), "snare": (0.6, 1.6), "hat": (0.1, 0.35, 0.6, 0.85, 1.1, 1.35, 1.6, 1.85)}
FUNK: Pattern = {"kick": (0.1, 0.475, 1.225, 1.35), "snare": (0.6, 1.6), "hat": (0.1, 0.35, 0.725, 1.1, 1.475, 1.85)}
WALTZ: Pattern = {"kick": (0.1, 1.0), "snare": (0.4, 0.7, 1.3, 1.6), "hat": (0.25, 1.15)}
BREAK: Pattern = {"snare": (0.1, 0.2, 0.3, 0.4, 0.9, 1.0, 1.1, 1.2), "kick": (1.7,)}


def plus(pattern: Pattern, drum: str, second: float) -> Pattern:
    """The pattern with one hit more."""
    return pattern | {drum: (*pattern[drum], second)}


def minus(pattern: Pattern, drum: str, second: float) -> Pattern:
    """The pattern with one hit less."""
    return pattern | {drum: tuple(t for t in pattern[drum] if t != second)}


def drums(random: np.random.Generator) -> dict[str, np.ndarray]:
    """One recording of each drum; every hit is this same recording."""
    t = np.arange(round(HIT * RATE)) / RATE
    noise = random.standard_normal(t.size)
    return {
        "kick": 0.8 * np.exp(-t / 0.08) * np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t / 0.03)))),
        "snare": np.exp(-t / 0.06) * (0.25 * noise + 0.35 * np.sin(2 * np.pi * 190 * t)),
        "hat": 0.12 * np.exp(-t / 0.02) * np.diff(noise, prepend=0.0),
    }


def play(pattern: Pattern, kit: dict[str, np.ndarray], later: float = 0.0, gain_db: float = 0.0) -> np.ndarray:
    """The pattern as samples in [-1, 1], `later` seconds later and `gain_db` louder."""
    samples = np.zeros(round(LENGTH * RATE))
    for drum, seconds in pattern.items():
        for second in seconds:
            first = round((second + later) * RATE)
            samples[first : first + kit[drum].size] += kit[drum]
    return 0.5 * samples * 10 ** (gain_db / 20)


def clips() -> Iterable[tuple[str, np.ndarray]]:
    """Name and samples of every clip; the part of a name before the first dash is the pattern."""
    random = np.random.default_rng(20)
    kit = drums(random)
    rock = play(ROCK, kit)
    yield "rock-1", rock
    yield "rock-2-later", play(ROCK, kit, later=0.08)
    yield "rock-3-softer", play(ROCK, kit, gain_db=-9)
    yield "rock-4-noisy", rock + 10 ** (-25 / 20) * rock.std() * random.standard_normal(rock.size)
    yield "rock-variant-extra-hit", play(plus(ROCK, "snare", 1.38), kit)
    yield "funk-1", play(FUNK, kit)
    yield "funk-2-later", play(FUNK, kit, later=0.05)
    yield "funk-3-louder-later", play(FUNK, kit, later=0.11, gain_db=3)
    yield "funk-variant-missing-hit", play(minus(FUNK, "snare", 1.6), kit)
    yield "waltz-1", play(WALTZ, kit)
    yield "waltz-2-softer-later", play(WALTZ, kit, later=0.03, gain_db=-6)
    yield "break-1", play(BREAK, kit)


def write(path: Path, samples: np.ndarray) -> None:
    """Write mono 16-bit PCM, rounded to the nearest code."""
    codes = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(codes.tobytes())


def main(folder: Path) -> None:
    """Write all clips into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in clips():
        write(folder / f"{name}.wav", samples)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python make_clips.py FOLDER")
    main(Path(sys.argv[1]))

"""How many filtered copies are found: the section "Copies of other bandwidth" of docs/accuracy.md.

python benchmarks/filtered.py FOLDER, with FOLDER/truth.csv as for accuracy.py. Each recording gets copies behind
filters drawn at random; half of them at another level too, in 16 bit, and some of those with noise, silence before, or
MP3 (left out where there is no ffmpeg). So do loops made of tones and noise, which are also compared without their
kick, and behind a filter with a hit more or less. Choices are seeded, and nothing is written.

"In all bands" is what the same code finds when it is told that no two clips have a band in common.
"""

import csv
import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import soxr
from heldout import RECORDED, Clip, Random, copy
from jackfield_align import Align, Pattern
from scipy import signal as dsp

import jackfield
from jackfield import Comparison, Signal

COPIES, LOOPS = 5, 40  # copies of each recording, and loops
TOP = 0.45  # of the rate: no filter ends above
TAPS = 511
RATE, STEP, STEPS = 44_100, 5512, 16  # of loops: Hz, samples, steps of a bar
DISTANCES = {"align": Align(), "pattern": Pattern()}
ALL_BANDS = patch("jackfield_align._compare.common_band", return_value=None)
COLUMNS = [name + bands for name in DISTANCES for bands in ("", ", in all bands")]


class Filter(NamedTuple):
    """Order 0: FIR. One that is not causal turns no phases."""

    kind: str
    hertz: float | tuple[float, float]
    order: int = 0
    causal: bool = False

    def __call__(self, x: np.ndarray, rate: int) -> np.ndarray:
        """Samples (n, channels)."""
        if self.kind == "resampled":
            narrow = 2 * self.hertz
            return soxr.resample(soxr.resample(x, rate, narrow), narrow, rate)[: len(x)]
        if not self.order:
            taps = dsp.firwin(TAPS, self.hertz, pass_zero=self.kind, fs=rate)
            return dsp.fftconvolve(x, taps[:, None], "same", axes=0)
        sections = dsp.butter(self.order, self.hertz, self.kind, fs=rate, output="sos")
        if self.causal:
            return dsp.sosfilt(sections, x, axis=0)
        return dsp.sosfiltfilt(sections, x, axis=0, padlen=min(len(x) - 1, 3000))


BANDS = [("highpass", hertz) for hertz in (100, 150, 200, 300, 400, 500)]
BANDS += [("bandpass", (300, 3400)), ("lowpass", 4000), ("lowpass", 8000)]
SLOPES = [(0, False), *itertools.product((2, 4, 8), (False, True))]  # order, causal
FILTERS = [Filter(*band, *slope) for band in BANDS for slope in SLOPES]
FILTERS += [Filter("resampled", hertz) for hertz in (4000, 8000)]


class Pair(NamedTuple):
    """A clip and another one, what is known of that, and what is found, by column."""

    what: str
    original: Signal
    other: Signal
    by: Filter | None = None
    late: float = 0.0  # seconds
    gain_db: float = 0.0
    left: float = 1.0  # share of energy, by the filter
    found: dict[str, Comparison] | None = None

    def same(self, column: str) -> bool:
        return self.found[column].relation in ("identical", "same")


def signal(samples: np.ndarray, rate: int) -> Signal:
    return Signal(samples=np.ascontiguousarray(samples.T, np.float32), rate=rate)


def drawn(random: Random, rate: int) -> Filter:
    """A filter that there is at a rate."""
    some = [f for f in FILTERS if f.kind == "highpass" or np.max(f.hertz) < TOP * rate]
    return some[random.integers(len(some))]


def copied(clip: Clip, random: Random, kinds: list[str]) -> Pair:
    """A clip and its copy behind a filter, at times with more done to it."""
    by = drawn(random, clip.rate)
    x = by(clip.samples, clip.rate)
    left = float((x**2).sum() / (clip.samples**2).sum())
    gain_db = late = 0.0
    if random.integers(2):
        room = 20 * float(np.log10(0.7 / np.abs(x).max()))  # for noise, and what MP3 overshoots
        gain_db, kind = min(room, float(random.uniform(-14, -3))), kinds[random.integers(len(kinds))]
        level = Clip(x * 10 ** (gain_db / 20), clip.rate, clip.item)
        made = (None if kind == "16 bit" else copy(level, kind, random)) or level
        late = (len(made.samples) - len(x)) / clip.rate if kind == "prepend" else 0.0
        x = np.round(made.samples * 32767) / 32767
    return Pair("copy", signal(clip.samples, clip.rate), signal(x, clip.rate), by, late, gain_db, left)


def drums(random: Random) -> tuple[np.ndarray, ...]:
    """(n,) a kick, a snare and a hi-hat, of peak 1: a falling tone with a click, a tone with noise, and high noise."""
    t = np.arange(RATE // 2) / RATE
    white = random.normal(0, 0.3, (2, len(t)))
    cycles = random.uniform(45, 65) * t + random.uniform(1, 3) * (1 - np.exp(-t / 0.03))
    kick = np.sin(2 * np.pi * cycles) * np.exp(-t / random.uniform(0.08, 0.15)) + 0.3 * white[0] * np.exp(-t / 0.003)
    snare = np.sin(2 * np.pi * random.uniform(160, 240) * t) * np.exp(-t / 0.06)
    snare += white[0] * np.exp(-t / random.uniform(0.06, 0.12))
    hat = Filter("highpass", 6000, 4, causal=True)(white[1], RATE) * np.exp(-t / random.uniform(0.02, 0.06))
    return tuple(hit / np.abs(hit).max() for hit in (kick, snare, hat))


def placed(hit: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(n,) a bar with a hit at some samples."""
    out = np.zeros(STEPS * STEP)
    for start in starts:
        out[start : start + len(hit)] += hit[: len(out) - start]
    return out


def looped(random: Random, kinds: list[str]) -> Iterator[Pair]:
    """A bar of drums with a copy, without its kick, and with a hit more or less behind a filter."""
    steps = np.arange(STEPS)
    kick, snare, hat = drums(random)
    snare, hat = snare * 10 ** (random.uniform(-9, 0) / 20), hat * 10 ** (random.uniform(-12, 0) / 20)
    also = random.random((3, STEPS)) < np.array([0.2, 0.1, 0.3])[:, None]
    kicks = placed(kick, STEP * steps[(steps % 8 == 0) | also[0]])
    beats = STEP * steps[(steps % 8 == 4) | also[1]]
    hats = placed(hat, STEP * steps[(steps % 2 == 0) | also[2]])
    whole = kicks + placed(snare, beats) + hats
    between = STEP * random.integers(1, STEPS - 2) + STEP // 2
    more = whole + 0.7 * placed((kick, snare)[random.integers(2)], np.array([between]))
    whole, less, without, more = (
        0.3 * x[:, None] for x in (whole, kicks + placed(snare, beats[:-1]) + hats, whole - kicks, more)
    )
    plain = signal(whole, RATE)
    yield copied(Clip(whole, RATE, "loop"), random, kinds)
    yield Pair("no kick", plain, signal(without, RATE))
    for changed in (less, more):
        by = drawn(random, RATE)
        other = signal(by(changed, RATE), RATE)
        yield Pair("hit", plain, other, by)
        yield Pair("hit, alike", signal(by(whole, RATE), RATE), other, by)


# -- the tables --------------------------------------------------------------------------------------------------------


def compared(pair: Pair) -> Pair:
    found = []
    for distance in DISTANCES.values():
        clips = distance.sketch(pair.other), distance.sketch(pair.original)
        found.append(distance.compare(*clips))
        with ALL_BANDS:
            found.append(distance.compare(*clips))
    return pair._replace(found=dict(zip(COLUMNS, found, strict=True)))


def print_table(pairs: list[Pair]) -> None:
    """How many pairs are the same clip."""
    what = {name: [pair for pair in pairs if pair.what == name] for name in ("copy", "no kick", "hit", "hit, alike")}
    faint = [pair for pair in what["copy"] if pair.left < 0.03]
    steep = [pair for pair in what["copy"] if pair.left >= 0.03 and pair.by.causal and pair.by.order >= 4]
    rows = {
        "copies": what["copy"],
        "– of which the filter left less than 3 % of the energy": faint,
        "– others behind causal filters of order 4 or 8": steep,
        "loops without their kick": what["no kick"],
        "filtered loops with a hit more or less": what["hit"],
        "– beside the plain loop filtered alike": what["hit, alike"],
    }
    print("| the same clip | of |", " | ".join(COLUMNS), "|\n|---|---|" + "---|" * len(COLUMNS))
    for name, some in rows.items():
        counts = [sum(pair.same(column) for pair in some) for column in COLUMNS]
        print("|", " | ".join(map(str, (name, len(some), *counts))), "|")


def quantiles(name: str, errors: list[float]) -> None:
    print(f"{name}: median {{:.3f}}, 90 % {{:.3f}}, largest {{:.3f}}".format(*np.quantile(errors, (0.5, 0.9, 1))))


def print_errors(copies: list[Pair]) -> None:
    """How far offset, gain and polarity of the copies that are found are off."""
    for name in DISTANCES:
        kept = [pair for pair in copies if pair.same(name)]
        quantiles(f"offset by {name}, ms", [1000 * abs(pair.found[name].offset_s - pair.late) for pair in kept])
    known = [(pair, pair.found["align"]) for pair in copies if pair.same("align")]
    known = [(pair, found) for pair, found in known if found.gain_db is not None]  # None where patterns tell
    quantiles("gain by align, dB", [abs(found.gain_db - pair.gain_db) for pair, found in known])
    turned = [pair.by.causal for pair, found in known if found.polarity == -1]
    print(f"polarity reversed, of {len(known)}: {len(turned)}, {sum(turned)} of them behind causal filters")


def print_changed(signals: list[Signal]) -> None:
    """How many distances between the clips of the folder are others in all bands."""
    pattern, (i, j) = DISTANCES["pattern"], np.triu_indices(len(signals), 1)
    sketches = [pattern.sketch(one) for one in signals]
    here = pattern.pairs(sketches, i, j)["distance"]
    with ALL_BANDS:
        there = pattern.pairs(sketches, i, j)["distance"]
    changed = (here != there) & ~np.isnan(here)
    print(f"distances in the folder that are others in all bands: {changed.sum()} of {len(i):,}")


def main(folder: Path) -> None:
    """Print the tables."""
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        kept = {row["path"]: row["kind"] in RECORDED for row in csv.DictReader(file)}
    kinds = ["16 bit", "noise30", "prepend", "mp3"]
    if not shutil.which("ffmpeg"):
        print("no ffmpeg: without MP3")
        kinds.remove("mp3")
    random = np.random.default_rng(0)
    signals = [jackfield.read(folder / path) for path in kept]
    recorded = itertools.compress(signals, kept.values())
    clips = [Clip(one.samples.T.astype(float), int(one.rate), "") for one in recorded]
    pairs = [compared(copied(clip, random, kinds)) for clip in clips for _ in range(COPIES)]
    pairs += [compared(pair) for _ in range(LOOPS) for pair in looped(random, kinds)]
    print(f"{len(clips)} recordings, {LOOPS} loops, {len(FILTERS)} filters")
    print_table(pairs)
    print_errors([pair for pair in pairs if pair.what == "copy"])
    print_changed(signals)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""How well recorded clips with a truth are grouped, by ours and other recipes: the tables of docs/accuracy.md.

python benchmarks/accuracy.py FOLDER, with FOLDER/truth.csv: path, group, family, role, source. Pairs of one group must
be together; pairs of a family of which one is a variant must not, and are not judged by the loose score; two natural
takes are never an error; clips of different families must not be together.

Cross-validation over sources: parameters are chosen on all sources but one, by strict F1, and scored on that one.
"""

import csv
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import librosa
import numpy as np
import soxr
from heldout import RECORDED
from jackfield_align import Pattern
from jackfield_distances import Dtw
from jackfield_grouping import Threshold

import jackfield
from jackfield import Distances, Features, Signal

Recipe = dict[str, np.ndarray]  # columns of pairs: distance, and what else the distance says of them
SAME = 0.21  # the default threshold
STEPS = 40  # thresholds tried for another recipe, at quantiles of the distances


class Counts(NamedTuple):
    """Pairs: rightly together, meant to be, variants together, strangers together."""

    hits: int
    wanted: int
    variants: int
    strangers: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))

    def f1(self, strict: bool) -> float:
        """F1 of the pairs; variants together are wrong in the strict score."""
        false = self.strangers + (self.variants if strict else 0)
        return 2 * self.hits / max(1, self.hits + false + self.wanted)


class Truth:
    """What every pair of clips is: 0 must be together, 1 a variant, 2 a take, 3 strangers."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows, self.ids = rows, tuple(row["path"] for row in rows)
        self.i, self.j = np.triu_indices(len(rows), 1)
        group, family, role = (np.array([row[name] for row in rows]) for name in ("group", "family", "role"))
        variant = role == "variant"
        apart = np.where(family[self.i] != family[self.j], 3, np.where(variant[self.i] | variant[self.j], 1, 2))
        self.kind = np.where(group[self.i] == group[self.j], 0, apart)
        self.source = np.array([row["source"] for row in rows])

    def count(self, recipe: Recipe, threshold: float, sources: list[str]) -> Counts:
        """Group the clips of some sources alone."""
        kept = np.flatnonzero(np.isin(self.source, sources))
        inside = np.isin(self.i, kept) & np.isin(self.j, kept)
        ids = tuple(self.ids[k] for k in kept)
        columns = {name: np.asarray(column[inside], np.float32) for name, column in recipe.items()}
        condensed = columns.pop("distance")
        found = Threshold(threshold=threshold)(Distances(ids=ids, condensed=condensed, columns=columns))
        i, j = np.triu_indices(kept.size, 1)
        together, kind = (found.labels[i] == found.labels[j]) & (found.labels[i] >= 0), self.kind[inside]
        hits, variants, strangers = (int((together & (kind == k)).sum()) for k in (0, 1, 3))
        return Counts(hits, int((kind == 0).sum()), variants, strangers)


# -- the recipes: one distance per pair --------------------------------------------------------------------------------


def every(signals: list[Signal], distance: Callable[[int, int], float]) -> np.ndarray:
    return np.array([distance(i, j) for i, j in itertools.combinations(range(len(signals)), 2)])


def mfcc(signal: Signal, hop: int) -> np.ndarray:
    """librosa's defaults: 20 coefficients at 22,050 Hz, (20, frames)."""
    mono = soxr.resample(signal.samples.mean(axis=0), signal.rate, 22_050)
    return librosa.feature.mfcc(y=mono, sr=22_050, hop_length=hop)


def mean_mfcc(signals: list[Signal]) -> np.ndarray:
    means = np.array([mfcc(signal, 512).mean(axis=1) for signal in signals])
    return every(signals, lambda i, j: float(np.linalg.norm(means[i] - means[j])))


def mfcc_dtw(signals: list[Signal]) -> np.ndarray:
    names = tuple(map(str, range(20)))
    rows = [Features(values=np.ascontiguousarray(mfcc(signal, 1024).T), names=names) for signal in signals]
    return Dtw().pairs(rows, *np.triu_indices(len(rows), 1))["distance"]


def correlation(signals: list[Signal]) -> np.ndarray:
    """1 − the largest |Σab| / √(Σa²Σb²) over all lags, at 8 kHz."""
    waves = [soxr.resample(signal.samples.mean(axis=0), signal.rate, 8000) for signal in signals]
    size = 1 << (2 * max(map(len, waves)) - 1).bit_length()
    spectra = np.array([np.fft.rfft(w / max(np.linalg.norm(w), 1e-9), size) for w in waves]).astype(np.complex64)
    rows = []
    for i in range(len(waves) - 1):
        for first in range(i + 1, len(waves), 32):
            around = np.fft.irfft(spectra[i] * spectra[first : first + 32].conj(), size, axis=1)
            rows.append(1.0 - np.abs(around).max(axis=1))
    return np.maximum(np.concatenate(rows), 0.0)


def chromaprint(paths: list[Path]) -> np.ndarray:
    """Share of bits that differ at the best lag, over at least half the shorter fingerprint; NaN without one."""
    prints = []
    for path in paths:
        done = subprocess.run(["fpcalc", "-raw", "-json", str(path)], capture_output=True, text=True, check=False)
        found = json.loads(done.stdout)["fingerprint"] if done.stdout else []  # it fails, with one, where a file ends
        prints.append(np.unpackbits(np.array(found, np.uint32).view(np.uint8)).reshape(-1, 32))

    def distance(i: int, j: int) -> float:
        a, b = prints[i], prints[j]
        least = (min(len(a), len(b)) + 1) // 2
        if not least:
            return float("nan")
        lags = range(least - len(b), len(a) - least + 1)
        return min(float((a[max(0, k) : k + len(b)] != b[max(0, -k) : len(a) - k]).mean()) for k in lags)

    return every(prints, distance)


def print_trimmed(recorded: list[Signal]) -> None:
    """How many recordings are still the same as what is left when so much of their head or tail is cut, or padded."""
    pattern, one = Pattern(), np.array([0])
    kept: dict[str, int] = {}
    for signal in recorded:
        x, sketch = signal.samples, pattern.sketch(signal)
        cases = {}
        for share in (0.1, 0.25, 0.4, 0.5):
            k = round(share * signal.n)
            cases |= {f"head {share:.0%}": x[:, k:], f"tail {share:.0%}": x[:, : signal.n - k]}
        half = signal.n // 2
        cases |= {"silence before": np.pad(x, ((0, 0), (half, 0))), "silence behind": np.pad(x, ((0, 0), (0, half)))}
        for name, samples in cases.items():
            cut = pattern.sketch(Signal(samples=samples, rate=signal.rate))
            found = pattern.pairs([sketch, cut], one, one + 1)
            kept[name] = kept.get(name, 0) + int(found["distance"][0] <= SAME and not found["variant"][0])
    print(f"trimmed, of {len(recorded)} recordings still together:", kept)


# -- the tables --------------------------------------------------------------------------------------------------------


def best(truth: Truth, tried: list[tuple[float, Recipe]], sources: list[str]) -> tuple[float, Recipe]:
    """Of (threshold, recipe) the one with the greatest strict F1 on some sources; of equals the middle one."""
    scores = [truth.count(recipe, threshold, sources).f1(strict=True) for threshold, recipe in tried]
    equal = [k for k, score in enumerate(scores) if score == max(scores)]
    return tried[equal[len(equal) // 2]]


def lines(truth: Truth, name: str, tried: list[tuple[float, Recipe]]) -> Iterator[str]:
    """The row of a recipe: its best threshold on everything, and cross-validated."""
    sources = sorted(set(truth.source))
    threshold, recipe = best(truth, tried, sources)
    whole = truth.count(recipe, threshold, sources)
    held_out = Counts(0, 0, 0, 0)
    for source in sources:
        chosen, recipe = best(truth, tried, [s for s in sources if s != source])
        here = truth.count(recipe, chosen, [source])
        held_out += here
        print(f"  {name}, without {source}: {chosen:.4g}; on it {here} {here.f1(True):.3f} {here.f1(False):.3f}")
    yield f"| {name} | {threshold:.3g} | {whole.f1(True):.3f} | {whole.f1(False):.3f} | {whole.strangers} " + (
        f"| {held_out.f1(True):.3f} | {held_out.f1(False):.3f} | {held_out.strangers} |"
    )


def main(folder: Path) -> None:
    """Print the tables."""
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        truth = Truth(list(csv.DictReader(file)))
    paths = [folder / row["path"] for row in truth.rows]
    signals = [jackfield.read(path) for path in paths]
    ours = []
    for settle in (0.0, 0.5):
        pattern = Pattern(settle=settle)
        sketches = [pattern.sketch(signal) for signal in signals]
        ours.append(pattern.pairs(sketches, truth.i, truth.j))
    alone = {name: column for name, column in ours[1].items() if name != "part"}
    for name, recipe in (("defaults", ours[1]), ("pairs alone", alone)):
        found = truth.count(recipe, SAME, sorted(set(truth.source)))
        print(f"{name}: strict {found.f1(True):.4f} loose {found.f1(False):.4f} {found}")
    print_trimmed([s for s, row in zip(signals, truth.rows, strict=True) if row["kind"] in RECORDED])
    grid = np.arange(0.11, 0.36, 0.02)
    table = [*lines(truth, "jackfield, patterns alone", [(t, ours[0]) for t in grid])]
    table += lines(truth, "**jackfield**", [(t, d) for d in ours for t in grid])
    others = {
        "mean MFCC, Euclidean": lambda: mean_mfcc(signals),
        "MFCC, DTW": lambda: mfcc_dtw(signals),
        "correlation of the samples": lambda: correlation(signals),
    }
    if shutil.which("fpcalc"):
        others["Chromaprint (`fpcalc`)"] = lambda: chromaprint(paths)
    for name, measured in others.items():
        condensed = measured()
        near = condensed[np.isfinite(condensed)]
        steps = np.quantile(near, np.geomspace(2e-4, 0.1, STEPS))
        table += lines(truth, name, [(float(t), {"distance": condensed}) for t in steps])
    print("| | best threshold | strict F1 | loose F1 | strangers | strict F1, cross-validated | loose | strangers |")
    print("|---|---|---|---|---|---|---|---|", *table, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

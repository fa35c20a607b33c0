"""What a similarity means: the slope in jackfield_align/_calibration.py, and the tables of docs/accuracy.md.

python benchmarks/calibration.py FOLDER… [--beside FOLDER…], each with a truth.csv as for accuracy.py. The slope is
fitted on the first, and again without each of their sources, for the pairs with a clip of that source: those are what
the tables of `pattern` hold. Those of `align`, and of the folders beside, go by the slope in the code.

Judged are all copies, and variants and strangers closer than 0.6, but no natural takes. Copies weigh one half in all,
variants a quarter, strangers a quarter.
"""

import argparse
import csv
import itertools
from pathlib import Path

import numpy as np
from accuracy import Truth
from jackfield_align import Align, Pattern
from jackfield_align._calibration import SAME, SLOPE, UNDECIDED, similarity
from scipy.optimize import minimize

import jackfield

NEAR = 0.6  # default of what a grouping calls a near miss
SHARES = {0: 0.5, 1: 0.25, 3: 0.25}  # copies, variants, strangers
BINS = (0, 0.01, 0.05, 0.2, 0.49, 0.51, 0.8, 0.95, 0.99, 1)
Pairs = dict[str, np.ndarray]


def judged(folder: Path) -> Pairs:
    """Columns of the pairs of a folder that are judged."""
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        truth = Truth(list(csv.DictReader(file)))
    signals = [jackfield.read(folder / row["path"]) for row in truth.rows]
    pattern, align = Pattern(), Align()
    found = pattern.pairs([pattern.sketch(signal) for signal in signals], truth.i, truth.j)
    kept = np.isfinite(found["distance"]) & np.isin(truth.kind, list(SHARES))
    kept &= (truth.kind == 0) | (found["distance"] < NEAR)
    i, j = truth.i[kept], truth.j[kept]
    sketches = [align.sketch(signal) for signal in signals]
    seen = [align.compare(sketches[a], sketches[b]) for a, b in zip(i, j, strict=True)]
    return {
        "kind": truth.kind[kept],
        "source": truth.source[i],
        "other": truth.source[j],
        "distance": found["distance"][kept].astype(float),
        "part": found["part"][kept],
        "align": np.array([np.nan if s.similarity is None else s.similarity for s in seen]),
        "correlation": np.array([1 - s.distance for s in seen]),
    }


def together(folders: list[Path]) -> Pairs:
    some = [judged(folder) for folder in folders]
    return {name: np.concatenate([pairs[name] for pairs in some]) for name in some[0]}


def weights(kind: np.ndarray) -> np.ndarray:
    """Of pairs, 1 in all."""
    present = {k: share for k, share in SHARES.items() if (kind == k).any()}
    each = sum(share * (kind == k) / (kind == k).sum() for k, share in present.items())
    return each / sum(present.values())


def curve(distance: np.ndarray, slope: float) -> np.ndarray:
    """As `similarity`, with another slope."""
    return 1 / (1 + np.exp(np.minimum(slope * np.log(np.maximum(distance, 1e-9) / SAME), 500)))


def fitted(pairs: Pairs, some: np.ndarray) -> tuple[float, float]:
    """Slope of greatest likelihood, and the share of pairs whose truth no distance tells."""
    told = some & (pairs["part"] == 0)
    copy, weight = pairs["kind"][told] == 0, weights(pairs["kind"][told])

    def loss(at: np.ndarray) -> float:
        slope, untold = np.exp(at)
        alike = untold + (1 - 2 * untold) * curve(pairs["distance"][told], slope)
        return -float((weight * np.log(np.where(copy, alike, 1 - alike))).sum())

    slope, untold = np.exp(minimize(loss, np.log([4, 0.01]), method="Nelder-Mead").x)
    return float(slope), float(untold)


def reliability(name: str, alike: np.ndarray, kind: np.ndarray) -> None:
    """Bins of similarity: copies, variants and strangers, mean similarity, and the share that are copies."""
    known = np.isfinite(alike)
    alike, kind = alike[known], kind[known]
    copy, weight = kind == 0, weights(kind)
    places, error = np.digitize(alike, BINS[1:-1]), 0.0
    print(f"\n{name}\n\n| similarity | copies, variants, strangers | mean similarity | copies |\n|---|---|---|---|")
    for k, (low, high) in enumerate(itertools.pairwise(BINS)):
        here = places == k
        if not here.any():
            continue
        mean, share = (float(np.average(values[here], weights=weight[here])) for values in (alike, copy))
        error += weight[here].sum() * abs(mean - share)
        counts = ", ".join(f"{(here & (kind == which)).sum():,}" for which in SHARES)
        print(f"| {low:g}…{high:g} | {counts} | {mean:.3f} | {share:.3f} |")
    brier = float((weight * (alike - copy) ** 2).sum())
    print(f"\nBrier score {brier:.4f}, expected calibration error {error:.4f}, not known {(~known).sum()}")


def tables(name: str, pairs: Pairs, pattern: np.ndarray) -> None:
    """Those of both distances, and what they would be with 1 − distance."""
    measures = {
        "similarity of pattern": pattern,
        "1 − distance of pattern": 1 - pairs["distance"],
        "similarity of align": pairs["align"],
        "1 − distance of align": pairs["correlation"],
    }
    for what, alike in measures.items():
        reliability(f"{name}: {what}", alike, pairs["kind"])


def main(folders: list[Path], beside: list[Path]) -> None:
    """Print the slope, and the tables."""
    pairs = together(folders)
    everything = np.ones(len(pairs["kind"]), bool)
    counts = ", ".join(f"{(pairs['kind'] == k).sum():,}" for k in SHARES)
    slope, untold = fitted(pairs, everything)
    print(f"{counts} copies, variants, strangers: slope {slope:.2f} (in the code {SLOPE:g}), untold {untold:.2%}")
    unseen = np.empty(len(everything))
    for source in sorted(set(pairs["source"])):
        there = pairs["source"] == source
        slope, untold = fitted(pairs, ~there & (pairs["other"] != source))
        alike = curve(pairs["distance"][there], slope)
        unseen[there] = np.where(pairs["part"][there], np.minimum(alike, UNDECIDED), alike)
        print(f"  without {source}: slope {slope:.2f}, untold {untold:.2%}")
    tables("fitted", pairs, unseen)
    for folder in beside:
        pairs = judged(folder)
        tables(folder.name, pairs, similarity(pairs["distance"], pairs["part"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--beside", type=Path, nargs="+", default=[], metavar="FOLDER")
    asked = parser.parse_args()
    main(asked.folders, asked.beside)

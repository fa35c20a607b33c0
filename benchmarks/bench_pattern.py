"""The pattern distance: time per clip and per pair against waveform correlation; pair F1 on recorded clips with truth.

Truth is looked for in the folder JACKFIELD_SHARED, or `shared` beside the checkout; without it only times are shown.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ab import compare
from jackfield_align import Pattern
from jackfield_grouping import Threshold
from scipy.signal import correlate

import jackfield
from jackfield import Distances, Signal

RATE = 24_000
SHARED = Path(os.environ.get("JACKFIELD_SHARED", Path(__file__).parents[2] / "shared")) / "data"


def beats(seed: int) -> np.ndarray:
    """Two seconds of decaying hits."""
    rng = np.random.default_rng(seed)
    out = np.zeros(2 * RATE, np.float32)
    for at in rng.choice(18, 8, replace=False) * RATE // 10:
        out[at : at + 3000] += rng.normal(size=3000) * np.exp(-np.arange(3000) / 600)
    return out


def times() -> None:
    """One pair of 2 s, the sketches made beforehand: they are per clip, and a collection has far more pairs."""
    pattern, clips = Pattern(), [beats(k) for k in range(2)]
    sketches = [pattern.sketch(Signal(samples=x, rate=RATE)) for x in clips]
    first, second = np.array([0]), np.array([1])
    compare("one pair of 2 s at 24 kHz", {
        "scipy correlate": lambda: np.abs(correlate(clips[0], clips[1], method="fft")).max(),
        "pattern": lambda: pattern.pairs(sketches, first, second),
        "sketch": lambda: pattern.sketch(Signal(samples=clips[0], rate=RATE)),
    })  # fmt: skip


def truth() -> None:
    """All pairs of the recorded clips, grouped at several thresholds and scored."""
    table = SHARED / "dev" / "truth.csv"
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    signals = [jackfield.read(SHARED / "dev" / row["path"]) for row in rows]
    pattern, i_j = Pattern(), np.triu_indices(len(rows), 1)
    began = time.process_time()
    sketches = [pattern.sketch(signal) for signal in signals]
    sketched = time.process_time()
    condensed = pattern.pairs(sketches, *i_j)["distance"]
    done = time.process_time()
    print(f"{len(rows)} clips sketched in {sketched - began:.1f} s, {condensed.size} pairs in {done - sketched:.1f} s "
          f"({(done - sketched) / condensed.size * 1e6:.0f} µs each)")  # fmt: skip
    distances = Distances(ids=tuple(row["path"] for row in rows), condensed=condensed)
    with tempfile.TemporaryDirectory() as folder:
        for threshold in (0.19, 0.21, 0.23):
            groups = Threshold(threshold=threshold)(distances)
            found = Path(folder) / "groups.csv"
            lines = [f"{row['path']},{label}" for row, label in zip(rows, groups.labels, strict=True)]
            found.write_text("\n".join(["path,group", *lines]), encoding="utf-8")
            command = [sys.executable, str(SHARED / "score_groups.py"), str(table), str(found)]
            report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            print(f"threshold {threshold}:", *[line for line in report.splitlines() if "F1" in line], sep="\n  ")


if __name__ == "__main__":
    times()
    if SHARED.is_dir():
        truth()

"""From fingerprints to groups: vectors in clouds, a tenth of them planted copies, by `group_vectors`.

`python benchmarks/scale_vectors.py [ROWS …]`; 125,000, 250,000, 500,000 and 1,000,000 rows, and 100,000, unless told
otherwise, each in a process of its own. Time is without imports and without making the vectors; memory is the peak of
the process, vectors included.
"""

import os
import resource
import subprocess
import sys
import time

import numpy as np

DIMS, THRESHOLD, NOISE = 73, 0.3, 0.01
ROWS = (100_000, 125_000, 250_000, 500_000, 1_000_000)


def planted(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(vectors, copies, originals): clouds of 500, as wide as those of clips; copies with a little noise."""
    rng = np.random.default_rng(1)
    clouds = 0.2 * rng.standard_normal((max(20, n // 500), DIMS), np.float32)
    x = clouds[rng.integers(0, len(clouds), n)]
    x += 0.1 * rng.standard_normal(x.shape, np.float32)
    places = rng.permutation(n)
    copies, originals = places[: n // 10], places[n // 10 :][rng.integers(0, n // 5, n // 10)]
    x[copies] = x[originals] + NOISE * rng.standard_normal((copies.size, DIMS), np.float32)
    return x, copies, originals


def one(n: int) -> None:
    """Group n vectors and print the row."""
    import scipy.sparse.csgraph  # noqa: F401 - not timed
    from jackfield_neighbours import group_vectors

    x, copies, originals = planted(n)
    began, busy = time.perf_counter(), time.process_time()
    groups = group_vectors(x, threshold=THRESHOLD)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    labels = groups.labels
    found = np.mean((labels[copies] == labels[originals]) & (labels[copies] >= 0))
    parent = np.arange(n)
    parent[copies] = originals
    grouped = labels >= 0
    families = np.unique(np.stack([labels[grouped], parent[grouped]]), axis=1).shape[1]
    low, high = groups.interval
    print(f"| {n:,} | {seconds:.1f} | {busy:.1f} | {mebibytes:.0f} | {found:.2%} | {families - labels.max() - 1} "
          f"| {groups.recall:.3f} ({low:.3f}–{high:.3f}) | {groups.probes} |", flush=True)  # fmt: skip


def main(rows: tuple[int, ...]) -> None:
    """Every size in a process of its own."""
    print("| rows | s | processor s | MiB | planted found | strangers joined | rank-1 recall | lists per row |")
    print("|" + 8 * "---|", flush=True)
    for n in rows:
        subprocess.run([sys.executable, __file__, "--one", str(n)], check=True)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
    else:
        main(tuple(int(text) for text in sys.argv[1:]) or ROWS)

"""One case, ours against a peer: the numbers compared first, then a row of a Markdown table with what it took."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ab import Row, compare, limited

HEADER = """
| case | threads | ours, ms | peer, ms | times as fast |
|---|---|---|---|---|"""


def race(
    case: str,
    ours: Callable[[], np.ndarray],
    peer: Callable[[], object],
    *,
    tolerance: float,
    threads: int = 1,
    rounds: int = 9,
    reference: Callable[[], object] | None = None,
) -> None:
    """Print the row.

    tolerance : by which the two results may differ, relative to the largest value
    reference : gives the right numbers, where the peer does something else
    """
    with limited(threads):
        mine, theirs = ours(), np.asarray((reference or peer)())
        error = np.abs(mine - theirs).max() / np.abs(theirs).max()
    assert mine.shape == theirs.shape
    assert error <= tolerance, f"{case}: differs by {error:.1e} of the largest value"
    del mine, theirs
    first, row = compare(case, {"peer": peer, "ours": ours}, threads=threads, rounds=rounds, quiet=True)
    times = f"{row.median * 1e3:.3g} | {first.median * 1e3:.3g} | {1 / row.ratio:.1f}"
    print(f"| {case} | {threads} | {times} |", flush=True)


def print_growth(title: str, rows: list[Row]) -> None:
    """Print time by length, for rows whose names are "10 s"."""
    print(f"\n{title}\n\n| length | ms | ms per second of signal |\n|---|---|---|")
    for row in rows:
        milliseconds = row.median * 1e3
        print(f"| {row.name} | {milliseconds:.3g} | {milliseconds / float(row.name.split()[0]):.3g} |", flush=True)


def growth(work: Callable[[], object]) -> float:
    """Megabytes of memory that `work` and its result take at most, beyond what is in use before (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = peak()
    kept = work()
    after = peak()
    del kept
    return (after - before) / 1024


def peak() -> int:
    """Most memory that was resident at once, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def fresh(script: str, *arguments: str) -> str:
    """What a process of its own prints: memory peaks do not mix there."""
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()

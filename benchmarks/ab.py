"""Time alternatives side by side in one process, so that the machine's changing mood meets all of them alike.

>>> rows = compare("sum of 1000", {"loop": lambda: sum(range(1000)), "formula": lambda: 999 * 500}, quiet=True)
>>> rows[1].name, rows[1].ratio < 1
('formula', True)
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from operator import truediv

SHORTEST = 20e-3  # seconds; a faster call is repeated until one timing takes this long, far above the clock's grain


@dataclass(frozen=True)
class Row:
    """Seconds per call (median, least, most) and the median ratio to the reference of the same round."""

    name: str
    median: float
    least: float
    most: float
    ratio: float

    def __str__(self) -> str:
        """One line of the printed table."""
        spread = f"({self.least * 1e3:.3f} to {self.most * 1e3:.3f})"
        return f"  {self.name:<36}{self.median * 1e3:>11.3f} ms  {spread:<24} ratio {self.ratio:.3f}"


def compare(
    title: str, candidates: dict[str, Callable[[], object]], *, rounds: int = 9, threads: int = 1, quiet: bool = False
) -> list[Row]:
    """Time the candidates in shuffled turns and print a table; the first one is the reference of the ratios.

    rounds : timings per candidate, 7 or more, so that the median stands on something
    threads : upper limit for BLAS, OpenMP and torch, stated in the table
    """
    if rounds < 7:
        raise ValueError(f"rounds must be 7 or more, got {rounds}")
    with limited(threads), no_collection():
        calls = {name: repeats(work) for name, work in candidates.items()}
        times: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(rounds):
            # shuffled anew each round: in a fixed order everyone would keep the same predecessor's warm caches
            for name in random.sample(list(candidates), len(candidates)):
                if calls[name] > 1:
                    # not counted: caches fill, and OpenMP's threads, which spin for milliseconds, go to sleep
                    timed(candidates[name], calls[name])
                times[name].append(timed(candidates[name], calls[name]))
    reference = times[next(iter(candidates))]
    rows = [
        Row(name, statistics.median(t), min(t), max(t), statistics.median(map(truediv, t, reference)))
        for name, t in times.items()
    ]
    if not quiet:
        print(f"{title}  [threads {threads}, rounds {rounds}]", *rows, sep="\n", flush=True)
    return rows


def timed(work: Callable[[], object], calls: int) -> float:
    """Seconds per call, over so many calls."""
    begin = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - begin) / calls


def repeats(work: Callable[[], object]) -> int:
    """Calls that make up one timing; the first call, which may compile or plan, is not measured."""
    work()
    return max(1, round(SHORTEST / max(timed(work, 1), 1e-9)))


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from charging one candidate for another's rubbish."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Hold number libraries that are already imported to so many threads."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)
    if "numpy" in sys.modules:
        from threadpoolctl import threadpool_limits

        context = threadpool_limits(threads)
    else:
        context = nullcontext()
    with context:
        yield

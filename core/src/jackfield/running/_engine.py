"""Work items to an executor and back: a bounded window, one retry for an item whose worker died."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any

from ..errors import WorkerLost
from ._items import run_item

# Enough to keep any number of workers busy, few enough that a million clips do not queue up in memory.
WINDOW = 256

Item = dict[str, Any]
Progress = Callable[[str, int, int], None]


def run_items(
    executor: futures.Executor, items: Iterable[Item], total: int, stage: str, progress: Progress
) -> Iterator[tuple[Item, Any]]:
    """(item, answer) as they finish; the answer is the WorkerLost of an item that killed two workers.

    A worker may die through no fault of its item (the system was short of memory, somebody killed it), so a lost item
    is tried once more; only when that worker dies too is the item to blame.
    """
    waiting: dict[futures.Future[Any], tuple[Item, bool]] = {}
    source, done = iter(items), 0
    progress(stage, 0, total)
    while True:
        for item in source:
            waiting[executor.submit(run_item, item)] = (item, False)
            if len(waiting) >= WINDOW:
                break
        if not waiting:
            return
        finished, _ = futures.wait(waiting, return_when=futures.FIRST_COMPLETED)
        # In the order of submission, so that what is noted of a run does not depend on chance.
        for future in [f for f in waiting if f in finished]:
            item, again = waiting.pop(future)
            try:
                answer = future.result()
            except WorkerLost as lost:
                if not again:
                    waiting[executor.submit(run_item, item)] = (item, True)
                    continue
                answer = lost
            done += 1
            progress(stage, done, total)
            yield item, answer

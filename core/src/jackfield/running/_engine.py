"""Work items to an executor and back: a bounded window, one retry for an item whose worker died."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from queue import SimpleQueue
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
    waiting: dict[futures.Future[Any], tuple[int, Item, bool]] = {}
    # Not futures.wait, which looks at all that are waiting whenever one of them is done.
    finished: SimpleQueue[futures.Future[Any]] = SimpleQueue()
    source, done = enumerate(items), 0

    def submit(number: int, item: Item, again: bool) -> None:
        future = executor.submit(run_item, item)
        waiting[future] = (number, item, again)
        future.add_done_callback(finished.put)

    progress(stage, 0, total)
    while True:
        for number, item in source:
            submit(number, item, False)
            if len(waiting) >= WINDOW:
                break
        if not waiting:
            return
        some = [finished.get(), *(finished.get() for _ in range(finished.qsize()))]
        # In the order of submission, so that what is noted of a run does not depend on chance.
        for future in sorted(some, key=lambda future: waiting[future][0]):
            number, item, again = waiting.pop(future)
            try:
                answer = future.result()
            except WorkerLost as lost:
                if not again:
                    submit(number, item, True)
                    continue
                answer = lost
            done += 1
            progress(stage, done, total)
            yield item, answer

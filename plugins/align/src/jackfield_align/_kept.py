"""What is made of clips for comparing them: the latest used, as far as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from typing import Any

KEPT_BYTES = 72 << 20  # a tile of 128 clips of a minute each


class Kept:
    """Makes things once for all pairs they are in. What is kept has up to 72 MB, or is that of the last pair.

    make : of the arguments of a call; what it makes may have `nbytes`, which grows while it is used
    key : by which it is found again
    """

    def __init__(self, make: Callable[..., Any], key: Callable[..., Hashable] = lambda *given: given) -> None:
        self.make, self.key, self.nbytes = make, key, 0
        self.made: dict[Hashable, tuple[Any, int]] = {}

    def __call__(self, *given: Any) -> Any:
        for last in (*islice(reversed(self.made), 2),):  # the last pair has been compared since, and may have grown
            thing, before = self.made[last]
            size = getattr(thing, "nbytes", 0)
            self.made[last], self.nbytes = (thing, size), self.nbytes + size - before
        key = self.key(*given)
        self.made[key] = kept = self.made.pop(key, None) or (self.make(*given), 0)  # the last one now
        while self.nbytes > KEPT_BYTES and len(self.made) > 2:
            self.nbytes -= self.made.pop(next(iter(self.made)))[1]
        return kept[0]

"""Memory of large results: what the last one had is used for the next.

Malloc gives blocks of more than 32 MB back to the system as soon as they are freed, and gets each page of the next one
anew, which takes as long as the transform that fills it, or several times that in a virtual machine whose host has to
find the pages. So the block freed last is kept, marked as memory that the system may take whenever it is short of it.
"""

from __future__ import annotations

import math
import mmap
import weakref
from collections import deque
from contextlib import suppress

import numpy as np

LARGE = 32 << 20  # bytes up to which malloc keeps what is freed
KEEPS = hasattr(mmap, "MADV_FREE")  # Linux and macOS

_kept: deque[mmap.mmap] = deque(maxlen=1)


def empty(shape: tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """A C-ordered array of any values, as numpy.empty.

    One of more than 32 MB lies in the memory that the last such array had, if that is gone and was of half to the same
    size or more; a block that does not fit is freed first, so that never more than one is held beside what is in use.

    >>> empty((2, 3), np.float32).shape
    (2, 3)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= LARGE or not KEEPS:
        return np.empty(shape, dtype)
    try:
        memory = _take(size)
    except OSError:  # no room: let NumPy say so
        return np.empty(shape, dtype)
    whole = np.frombuffer(memory, np.uint8, size)
    weakref.finalize(whole, _keep, memory).atexit = False  # views of it keep it alive
    return whole.view(dtype).reshape(shape)


def _take(size: int) -> mmap.mmap:
    with suppress(IndexError):  # nothing is kept
        memory = _kept.pop()
        if size <= len(memory) <= 2 * size:
            return memory
        del memory  # before the new one is made
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):  # Linux: a page of 2 MB is had sooner than 512 of 4 kB
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _keep(memory: mmap.mmap) -> None:
    try:
        memory.madvise(mmap.MADV_FREE)
    except OSError:  # locked memory cannot be lent to the system, and must not be held on to
        return
    _kept.append(memory)

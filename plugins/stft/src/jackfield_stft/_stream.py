"""The transform of a signal that comes in blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jackfield import DataError, Grid, Signal

if TYPE_CHECKING:
    from ._framing import Framing
    from ._stft import Stft


class StftStream:
    """What `Stft.stream` gives. Memory holds a few frames' samples, whatever the signal's length.

    Each grid's frames are numbered from 0 but lie where they do in the signal; its `n_samples` is what came so far.
    """

    def __init__(self, component: Stft, rate: float, channels: int) -> None:
        self._component, self._rate, self._channels = component, float(rate), channels
        self._first: Signal | None = None
        self._kept: np.ndarray | None = None
        self._offset = 0  # position of the first kept sample
        self._done = 0  # frames given out
        self._finished = False
        # what frames at the end may still reflect, with what a frame at the start needs to its right
        self._reach = 2 * component.n_fft + component.hop

    def push(self, block: Signal) -> Grid | None:
        """Take the next samples; the frames that are complete with them, or None."""
        if self._finished:
            raise DataError("the stream is finished", remedy="start another with stream()")
        if not isinstance(block, Signal):
            raise DataError("a block must be a Signal", f"got {type(block).__name__}")
        if (block.rate, block.channels) != (self._rate, self._channels):
            evidence = f"{block.rate:g} Hz × {block.channels}, not {self._rate:g} Hz × {self._channels}"
            raise DataError("a block differs from the stream", evidence, "start a stream per recording")
        if self._kept is None:
            self._first, self._kept = block, block.samples
        else:
            if block.samples.dtype != self._kept.dtype:
                raise DataError("a block differs from the stream", f"{block.samples.dtype}, not {self._kept.dtype}")
            self._kept = np.concatenate((self._kept, block.samples), axis=1)
        n = self._offset + self._kept.shape[1]
        frames = self._component.framing(n)
        # frames that reach left are made once all they may reflect has come
        if n <= frames.before:
            return None
        stop = min(frames.count, (n - frames.length - frames.first) // frames.hop + 1)
        return self._give(frames, stop)

    def finish(self) -> Grid | None:
        """The remaining frames, or None; DataError where the whole signal is too short for one."""
        if self._finished:
            raise DataError("the stream is finished", remedy="start another with stream()")
        self._finished = True
        n = self._offset + (0 if self._kept is None else self._kept.shape[1])
        frames = self._component.framing(n)
        frames.check()
        return self._give(frames, frames.count)

    def _give(self, frames: Framing, stop: int) -> Grid | None:
        """Frames up to `stop`, then forget the samples that no later frame can see."""
        start, self._done = self._done, max(self._done, stop)
        assert self._first is not None
        assert self._kept is not None
        grid = None
        if self._done > start:
            first, count = frames.first + start * frames.hop, self._done - start
            needs = frames.n - (count - 1) * frames.hop
            where = replace(frames, first=first, count=count, needs=needs, shortest=None)
            cut = replace(where, n=self._kept.shape[1], first=first - self._offset)
            grid = self._component._grid(self._first, where, self._kept, cut)
        needed = frames.first + self._done * frames.hop
        forget = max(0, min(needed, frames.n - self._reach) - self._offset)
        self._kept, self._offset = self._kept[:, forget:], self._offset + forget
        return grid

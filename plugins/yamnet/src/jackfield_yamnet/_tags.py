"""From scores to what is heard when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jackfield import ConfigError, Features

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Tag:
    """One class heard from `start` to `stop` (seconds), with the highest score in between."""

    start: float
    stop: float
    name: str
    score: float


@dataclass(frozen=True, eq=False)
class Tags:
    """What is heard in one clip.

    scores : (rows, 521) Features, a column per class; `scores.frames` and `scores.coverage` say what a row is made of
    tags : what reached the threshold, by time
    """

    scores: Features
    tags: tuple[Tag, ...]

    def top(self, count: int) -> tuple[tuple[str, float], ...]:
        """The classes with the highest mean score over the clip, and that score."""
        mean = self.scores.values.mean(axis=0, dtype=np.float64)
        best = np.argsort(-mean, kind="stable")[:count]
        return tuple((self.scores.names[k], float(mean[k])) for k in best)

    def plot(self, count: int = 10) -> Figure:
        """Scores over time of the `count` classes that score highest anywhere, as a matplotlib Figure."""
        from ._picture import figure

        return figure(self.scores, count)


def tags_of(scores: Features, top: int, threshold: float) -> tuple[Tag, ...]:
    """Runs of rows in which a class is among the `top` highest and reaches the threshold, by time, highest first.

    A run lasts from the first sample of its first row to the last of its last, so that runs overlap.
    """
    if top < 1 or not 0 <= threshold <= 1:
        raise ConfigError("top is 1 or more, threshold 0 to 1", f"got {top} and {threshold:g}")
    values, frames = scores.values, scores.frames
    assert frames is not None
    rank = np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1)
    heard = (rank < top) & (values >= threshold)
    found = []
    for k in np.flatnonzero(heard.any(axis=0)):
        edges = np.flatnonzero(np.diff(heard[:, k].astype(np.int8), prepend=0, append=0))
        for first, end in edges.reshape(-1, 2).tolist():
            start, stop = frames.span(first)[0], min(frames.span(end - 1)[1], frames.n_samples)
            score = float(values[first:end, k].max())
            found.append(Tag(start / frames.rate, stop / frames.rate, scores.names[k], score))
    return tuple(sorted(found, key=lambda tag: (tag.start, -tag.score, tag.name)))

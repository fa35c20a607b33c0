"""Pairs of patterns: laid over each other where they agree best, or one as a trimmed copy of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ._containment import contained
from ._overlap import CLOSE, Clip, Sketch, best_lag, common, counted, laid, shares
from ._pattern import HOP_S

VARIANT = 0.35  # largest share of sound that only one has for the rest to be the same piece
KEPT_BYTES = 72 << 20


class Found(NamedTuple):
    """What a pair of patterns shows; all NaN where a clip is silent."""

    distance: float
    share: float  # of the sound, that only one clip has
    offset_s: float
    overlap: float


def match(a: Clip, b: Clip) -> Found:
    """Compare two clips that have the same bands."""
    if a.silent or b.silent:
        return Found(*[float("nan")] * 4)
    if a.after(b):  # always the same way round, so that the distance is symmetric to the last bit
        found = match(b, a)
        return found._replace(offset_s=0.0 - found.offset_s)
    found = overlapping(a, b)
    short, long = (a, b) if a.seconds <= b.seconds else (b, a)
    cut = contained(short, long)
    if cut is None or cut.distance >= found.distance:
        return found
    offset = cut.lag * HOP_S
    return Found(cut.distance, cut.share, offset if short is b else 0.0 - offset, 1.0)


def overlapping(a: Clip, b: Clip) -> Found:
    """Two clips at the lag at which most of their sound agrees."""
    lag, fraction, both = best_lag(a, b)
    start, stop = common(a, b, lag)
    share = distance = 1.0 - both / (a.total + b.total - both)
    if both > (1.0 - CLOSE) * (a.inside(start, stop) + b.inside(start + lag, stop + lag) - both):
        share, distance = shares(*laid(a, b, lag, fraction)[:2])
    offset = (a.start - b.start - lag - fraction) * HOP_S
    return Found(distance, share, offset, (stop - start) / min(a.frames, b.frames))


class Kept:
    """Clips made ready once, the latest used in memory up to 72 MB: a tile of 128 clips of a minute each."""

    def __init__(self, sketches: Sequence[Sketch]) -> None:
        self.sketches, self.nbytes = sketches, 0
        self.clips: dict[tuple[int, int], Clip] = {}

    def __call__(self, k: int, bands: int) -> Clip:
        clip = self.clips.pop((k, bands), None)
        if clip is None:
            clip = Clip(self.sketches[k], bands)
            self.nbytes += clip.nbytes
        self.clips[k, bands] = clip
        while self.nbytes > KEPT_BYTES and len(self.clips) > 1:
            self.nbytes -= self.clips.pop(next(iter(self.clips))).nbytes
        return clip


def pairs(sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
    """Columns distance, similarity, offset_s and overlap, float32, of the pairs (i, j); NaN where a clip is silent."""
    clips = Kept(sketches)
    rows = np.empty((len(i), 4))
    for row, (p, q) in enumerate(zip(map(int, i), map(int, j), strict=True)):
        bands = min(sketches[p]["pattern"].shape[0], sketches[q]["pattern"].shape[0])
        rows[row] = match(clips(p, bands), clips(q, bands))
    columns = {"distance": rows[:, 0], "similarity": 1.0 - rows[:, 0], "offset_s": rows[:, 2], "overlap": rows[:, 3]}
    return {name: column.astype(np.float32) for name, column in columns.items()}


def intervals(marked: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True as (start, stop); runs 50 ms apart are one, those under 30 ms are none."""
    frames = np.flatnonzero(marked)
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 5) + 1) if frames.size else []
    return [(int(run[0]), int(run[-1]) + 1) for run in runs if run[-1] - run[0] >= 2]


def differences(a: Sketch, b: Sketch, offset_s: float) -> tuple[tuple[float, float], ...]:
    """Intervals in seconds on a's clock, to ±30 ms, in which one clip has sound that the other has not.

    offset_s : as from `pairs`. Sound that only b has may lie before 0 or after a's end.
    """
    first, second = ready(a, b)
    if first.silent or second.silent:
        return ()
    frames = -offset_s / HOP_S + first.start - second.start
    lag = round(frames)
    here, there, start = laid(first, second, lag, frames - lag)
    either, only = counted(here, there)
    runs = intervals(only > 0.4 * np.maximum(either, max(float(either.mean()), 1.0)))
    clock = start + first.start - 0.5
    return tuple((round((clock + p) * HOP_S, 3), round((clock + q) * HOP_S, 3)) for p, q in runs)


def ready(a: Sketch, b: Sketch) -> tuple[Clip, Clip]:
    """Two clips with the bands that both have."""
    bands = min(a["pattern"].shape[0], b["pattern"].shape[0])
    return Clip(a, bands), Clip(b, bands)


def compare(a: Sketch, b: Sketch, same: float) -> dict[str, Any]:
    """Fields of a `Comparison`: "same" up to distance `same`, "variant" where most of the sound agrees all the same."""
    found = match(*ready(a, b))
    if np.isnan(found.distance):
        return {"distance": found.distance}
    alike = found.share <= VARIANT
    relation = "same" if found.distance <= same else "variant" if alike else "different"
    return {
        "distance": found.distance,
        "similarity": 1.0 - found.distance,
        "offset_s": found.offset_s,
        "overlap": found.overlap,
        "differs": differences(a, b, found.offset_s) if relation == "variant" else (),
        "relation": relation,
    }

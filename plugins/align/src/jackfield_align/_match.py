"""Pairs of patterns: laid over each other where they agree best, or one as a trimmed copy of the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from jackfield import Comparison

from ._akin import marked
from ._band import maybe_parallel, parallel
from ._calibration import APART, SAME, similarity
from ._containment import contained
from ._kept import Kept
from ._overlap import CLOSE, Clip, Sketch, best_lag, common, counted, laid, shares
from ._pattern import BANDS, HOP_S, LEAST_BANDS, LEAST_RATE, bands_of, profile
from ._recording import Recording
from ._settle import Found, out_of_tune, settled, settled_inside, waveform

NEAR, HOLDS = (
    0.4,
    0.8,
)  # from 0.4 on most pairs are strangers: settled if one holds so much of the other; noisy copies 0.99
VARIANT = 0.35  # largest share of sound that only one has for the rest to be the same piece
NARROW = 0.3  # largest distance in the band that both have of a copy whose waveforms are asked: 95 % are under 0.25
EDGE_S = 0.001  # by which what lies outside what both have may seem to reach inside
NEAR_CUT_S, GOES_ON = 0.01, 0.01  # seconds on either side of a cut, and share of the loudest so many: −20 dB
COLUMNS = ("distance", "offset_s", "overlap", "variant", "part")


def match(a: Clip, b: Clip, near_s: float | None = None) -> Found:
    """Compare two clips that have the same bands.

    near_s : about their offset, if known
    """
    if a.silent or b.silent:
        return Found(float("nan"), float("nan"), float("nan"), float("nan"))
    if a.after(b):  # always the same way round, so that the distance is symmetric to the last bit
        found = match(b, a, None if near_s is None else 0.0 - near_s)
        return found._replace(offset_s=0.0 - found.offset_s, part=-found.part)
    found = overlapping(a, b, near_s)
    short, long = (a, b) if a.seconds <= b.seconds else (b, a)
    cut = contained(short, long)
    if cut is None or cut.distance > (SAME if cut.added else found.distance):
        return found
    offset = cut.lag * HOP_S if short is b else 0.0 - cut.lag * HOP_S
    distance, relation = (max(found.distance, APART), "variant") if cut.added else (cut.distance, None)
    part = cut.more * (1 if short is a else -1) * (not cut.added)
    return Found(distance, cut.share, offset, 1.0, relation, trimmed=not cut.added, part=part, held=found.held)


def overlapping(a: Clip, b: Clip, near_s: float | None) -> Found:
    """Two clips at the lag at which most of their sound agrees, near an offset if it is known."""
    near = None if near_s is None else a.start - b.start - round(near_s / HOP_S)
    lag, fraction, both = best_lag(a, b, near)
    start, stop = common(a, b, lag)
    share = distance = 1.0 - both / (a.total + b.total - both)
    if both > (1.0 - CLOSE) * (a.inside(start, stop) + b.inside(start + lag, stop + lag) - both):
        share, distance = shares(*laid(a, b, lag, fraction)[:2])
    offset = (a.start - b.start - lag - fraction) * HOP_S
    held = both / min(a.total, b.total)
    return Found(distance, share, offset, (stop - start) / min(a.frames, b.frames), held=held)


def pairs(
    sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray, settle: float, far: float = 0.0
) -> dict[str, np.ndarray]:
    """Columns distance, offset_s, overlap, variant, part and similarity, float32, of the pairs (i, j).

    settle : pairs closer than this are settled by their waveforms
    far : pairs closer than this are marked as variants where their waveforms say so
    """
    clips = Kept(lambda k, first, stop: Clip(sketches[k], first, stop))
    waves = Kept(lambda k: waveform(sketches[k]))
    profiles = np.full((len(sketches), BANDS), np.nan)
    for k in np.union1d(i, j).tolist():
        profiles[k, : len(sketches[k]["pattern"])] = profile(sketches[k]["pattern"])
    likely = maybe_parallel(profiles, i, j, LEAST_BANDS)
    rows = np.empty((len(i), len(COLUMNS)))
    for row, (p, q) in enumerate(zip(map(int, i), map(int, j), strict=True)):
        bands = bands_of(sketches[p]["pattern"], sketches[q]["pattern"])
        narrow = parallel(profiles[p, :bands], profiles[q, :bands], LEAST_BANDS) if likely[row] else None
        found = matched(clips, waves, (p, q), (0, bands), narrow, settle)
        found = marked(found, waves, (p, q), far)
        known = found.distance - found.distance  # NaN of a silent clip
        variant, part = float(found.relation == "variant") + known, found.part + known
        rows[row] = found.distance, found.offset_s, found.overlap, variant, part
    columns = dict(zip(COLUMNS, rows.T, strict=True))
    columns["similarity"] = similarity(columns["distance"], columns["part"])
    return {name: column.astype(np.float32) for name, column in columns.items()}


def matched(
    clips: Callable[[int, int, int], Clip],
    waves: Callable[[int], Recording | None],
    pair: tuple[int, int],
    bands: tuple[int, int],
    narrow: tuple[int, int] | None,
    settle: float,
    near_s: float | None = None,
) -> Found:
    """Match a pair in all its bands, or, if it is no copy in those, in the ones over which the clips are parallel.

    clips, waves : make a clip (which, first band, band after the last) and a recording ready
    bands, narrow : (first, after the last) of all, and of those that are parallel, if that is not all
    """
    p, q = pair
    shown = found = match(clips(p, *bands), clips(q, *bands), near_s)
    if shown.distance < settle and (shown.distance < NEAR or shown.held >= HOLDS):
        found = settled(shown, waves(p), waves(q))
    if settle and found.distance > SAME and shown.relation is None:
        inside = match(clips(p, *narrow), clips(q, *narrow), shown.offset_s) if narrow else shown
        if inside.distance < NARROW:
            found = settled_inside(inside, waves(p), waves(q)) or found
    return found


def intervals(marked: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True as (start, stop); runs 50 ms apart are one, those under 30 ms are none."""
    frames = np.flatnonzero(marked)
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 5) + 1) if frames.size else []
    return [(int(run[0]), int(run[-1]) + 1) for run in runs if run[-1] - run[0] >= 2]


def differences(first: Clip, second: Clip, offset_s: float) -> tuple[tuple[float, float], ...]:
    """Intervals in seconds on the first clip's clock, to ±30 ms, in which one has sound that the other has not.

    offset_s : as from `pairs`. Sound that only the second has may lie before 0 or after the end of the first.
    """
    if first.silent or second.silent:
        return ()
    frames = -offset_s / HOP_S + first.start - second.start
    lag = round(frames)
    here, there, start = laid(first, second, lag, frames - lag)
    either, only = counted(here, there)
    runs = intervals(only > 0.4 * np.maximum(either, max(float(either.mean()), 1.0)))
    clock = start + first.start - 0.5
    return tuple((round((clock + p) * HOP_S, 3), round((clock + q) * HOP_S, 3)) for p, q in runs)


def compare(
    a: Sketch, b: Sketch, same: float, settle: float, far: float = 0.0, near_s: float | None = None
) -> dict[str, Any]:
    """Fields of a `Comparison`: "same" up to distance `same`, "variant" where most of the sound agrees all the same.

    far : as of `pairs`
    near_s : about their offset, if known
    """
    both = a, b
    bands = bands_of(a["pattern"], b["pattern"])
    narrow = parallel(*(profile(sketch["pattern"][:bands]) for sketch in both), LEAST_BANDS)

    def clip(k: int, first: int, stop: int) -> Clip:
        return Clip(both[k], first, stop)

    def wave(k: int) -> Recording | None:
        return waveform(both[k])

    found = marked(matched(clip, wave, (0, 1), (0, bands), narrow, settle, near_s), wave, (0, 1), far)
    if np.isnan(found.distance):
        return {"distance": found.distance}
    relation = found.relation
    if relation is None or relation == "different":  # waveforms have nothing in common after some codecs either
        likely = relation or ("variant" if found.share <= VARIANT else "different")
        relation = "same" if found.distance <= same else likely
    differs = found.differs
    if relation == "variant" and not differs:
        first, stop = narrow if found.narrow and narrow else (0, bands)
        differs = differences(Clip(a, first, stop), Clip(b, first, stop), found.offset_s)
    return {
        "distance": found.distance,
        "similarity": float(similarity(found.distance, found.part)),
        "offset_s": found.offset_s,
        "overlap": found.overlap,
        "differs": differs,
        "relation": relation,
    }


def as_heard(found: Comparison, a: Recording, b: Recording) -> Comparison:
    """What waveforms do not tell is by their patterns: how much two clips are alike, and whether one was trimmed."""
    if min(a.rate, b.rate) < LEAST_RATE or found.offset_s is None:
        return found
    if found.relation is None:
        return heard(found, a, b)
    return trimmed(found, a, b) if found.relation == "variant" and not differ_inside(found, a, b) else found


def differ_inside(found: Comparison, a: Recording, b: Recording) -> bool:
    """Whether two clips differ in what both have."""
    start, stop = max(0.0, found.offset_s or 0.0), min(a.seconds, (found.offset_s or 0.0) + b.seconds)
    return any(first < stop - EDGE_S and last > start + EDGE_S for first, last in found.differs)


def trimmed(found: Comparison, a: Recording, b: Recording) -> Comparison:
    """Clips of which one goes on where the other does not: the same if that lost it where the sound goes on.

    Where the sound pauses it may as well have been added, and two clips do not tell.
    """
    bands = bands_of(a.pattern["pattern"], b.pattern["pattern"])
    cut = match(Clip(a.pattern, 0, bands), Clip(b.pattern, 0, bands), found.offset_s)
    if not cut.trimmed or cut.distance > SAME:
        return found
    likely = float(similarity(cut.distance, cut.part))
    if cut.part and not cut_through(a, b, found.offset_s or 0.0):
        return replace(found, similarity=likely)
    return replace(found, relation="same", similarity=likely, differs=())


def cut_through(a: Recording, b: Recording, offset_s: float) -> bool:
    """Whether the clip that goes on sounds on both sides of where the other begins or ends."""
    long, starts = (a, offset_s) if a.seconds >= b.seconds else (b, 0.0 - offset_s)
    ends = starts + min(a.seconds, b.seconds)
    at = starts if starts > long.seconds - ends else ends
    near, cut = round(NEAR_CUT_S * long.rate), round(at * long.rate)
    power = np.square(long.samples, dtype=np.float64)
    loudest = np.add.reduceat(power, np.arange(0, len(power), near)).max()
    sides = power[max(0, cut - near) : cut], power[cut : cut + near]
    return bool(min(side.sum() for side in sides) > GOES_ON * loudest)


def heard(found: Comparison, a: Recording, b: Recording) -> Comparison:
    """What waveforms that do not tell are by their patterns; gain and polarity are left out."""
    by_ear = compare(a.pattern, b.pattern, SAME, settle=0.0, near_s=found.offset_s)
    if "relation" not in by_ear:
        return found
    if by_ear["relation"] == "same" and out_of_tune(a, b, by_ear["offset_s"]):
        by_ear |= {"relation": "variant", "similarity": min(by_ear["similarity"], float(similarity(APART)))}
    heard_alone = {name: by_ear[name] for name in ("similarity", "differs", "relation")}
    return replace(found, gain_db=None, polarity=None, **heard_alone)

"""Trimmed copies: a clip that is the first, or the last, part of a longer one, file end to file end.

The lengths of the files say where the shorter lies in the longer, so nothing is searched but a codec's delay, and of
a lost head frames are counted from the end: then the same frames lie on the same samples in both. What lies
outside the shorter file is not counted; inside, everything is, silence too. Both parts are measured against their own
peaks: what a cut leaves of a decaying sound is far below the attack that it took.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._overlap import DEPTH, Clip, climb, moved, shares, smoothed
from ._pattern import HOP_S

LEAST = 0.48  # share of the longer file that the shorter must have: half, less what codecs pad
CLOSE = 0.65  # parts that differ by more are not looked at any closer; a delay makes up for the rest
DELAY = 3  # frames that a codec may add or drop at a file's end
BLURRED = 2  # frames at the cut that hear across it
STRICT = 1.25  # decaying sounds have tails alike: the same difference counts for more than between whole clips
EDGE, ONSET = 3, 0.25  # frames over which the sound rises where another sets in, by that share of the loudest frame
ADDED = 0.4  # the same at the cut, where the sound goes on rising or falling as it did
ADDED_NEAR = 0.05  # how much nearer than such a clip a trimmed one must be
AGAIN, REPEATED = 0.15, 0.21  # rise at the cut, and distance, of a clip that is there twice
MORE = 0.1  # rise outside, by that share of the loudest frame, where there is more than a sound that fades


class Cut(NamedTuple):
    """A clip found in a longer one, its first frame beside frame `lag` of the longer."""

    distance: float
    share: float  # of the sound, that only one clip has
    lag: float
    added: bool = False  # to the longer clip, and not lost by the shorter
    more: bool = False  # a sound lies outside, lost or added: the two clips do not tell


class Parts:
    """Two clips laid with their ends, or heads, together: steps over 30 dB under the peak of what a cut left."""

    def __init__(self, short: Clip, long: Clip, head: bool) -> None:
        self.clips, self.head, self.frames = (short, long), head, short.levels[head].shape[1]
        self.outside = long.levels[head].shape[1] - self.frames
        self.lag = self.outside if head else 0
        self.offset = (long.seconds - short.seconds) / HOP_S if head else 0.0
        self.sharp = slice(BLURRED, None) if head else slice(0, -BLURRED)
        edge = BLURRED if head else self.frames - BLURRED - 1
        peaks = short.peak(edge, head), long.peak(self.lag + edge, head)
        self.depth = min(DEPTH, *peaks)  # less where what both have is so soft that no 30 dB are left under it
        self.short = np.maximum(short.floats(head) - (peaks[0] - self.depth), 0.0)
        bands, frames = long.levels[head].shape
        self.long = np.zeros((bands, frames + 2 * DELAY + 1), np.float32)  # silence around it: rounding, and delays
        np.maximum(long.floats(head) - (peaks[1] - self.depth), 0.0, out=self.long[:, DELAY : DELAY + frames])

    def beside(self, values: np.ndarray, shift: int) -> np.ndarray:
        """Frames of the padded long clip that lie beside the short one."""
        first = DELAY + self.lag + shift
        return values[:, first : first + self.frames]

    def both(self, shift: int) -> float:
        """Sound that both have; none where the shift is more than a codec's delay."""
        if abs(shift) > DELAY:
            return 0.0
        return float(np.minimum(self.short, self.beside(self.long, shift))[:, self.sharp].sum())

    def close(self) -> bool:
        """Whether it is worth looking closer."""
        sound = self.short[:, self.sharp].sum() + self.beside(self.long, 0)[:, self.sharp].sum()
        both = self.both(0)
        return both > (1.0 - CLOSE) * (float(sound) - both)

    def sounds(self) -> tuple[np.ndarray, np.ndarray, float, int]:
        """Sound of each frame of both clips, what makes it decibels, and the frame at which the long is cut."""
        short, long = self.short.sum(axis=0), self.long.sum(axis=0)
        scale = DEPTH / self.depth / float(short[self.sharp].max())
        return short, long, scale, DELAY + (self.lag if self.head else self.frames)

    def more(self) -> bool:
        """Whether a sound sets in outside, behind the cut or before it: what only fades there was lost, not added."""
        _, long, scale, edge = self.sounds()
        outside = long[: edge - BLURRED] if self.head else long[edge - EDGE :]
        return bool(rise(outside).max(initial=0.0) * scale > MORE)

    def added(self) -> bool:
        """Whether a sound was added to the longer clip, rather than lost by the shorter.

        Nothing tells for certain: a clip trimmed in a pause, and one to which a sound was put after a pause, are the
        same. A sound outside is an added one if it sets in right at the cut, and the shorter clip is a single sound or
        is there once more.
        """
        short, long, scale, edge = self.sounds()
        outside = long[DELAY : edge - BLURRED] if self.head else long[edge + BLURRED : -DELAY - 1]
        if not outside.any():
            return False
        heard = np.minimum(short, self.beside(self.long, 0).sum(axis=0)) if self.head else long[edge:]
        edge += min(int(np.flatnonzero(heard)[0]), EDGE + BLURRED)  # silence may have been put between the two
        before = long[edge - EDGE : edge - 1] if self.head else short[self.sharp][-EDGE:]
        onset = (np.median(long[edge:][:EDGE]) - before.max()) * scale
        return bool((onset > ADDED and self.single(short * scale)) or (onset > AGAIN and self.repeated()))

    def single(self, sound: np.ndarray) -> bool:
        """Whether the shorter clip is a single sound, which rises but once."""
        whole = sound[BLURRED:-BLURRED]  # a file that breaks off clicks
        rising = np.flatnonzero(rise(np.append(np.zeros(EDGE), whole)) >= ONSET)
        return not (np.diff(rising) > 1).any()

    def repeated(self) -> bool:
        """Whether what lies outside is like the shorter clip's beginning, or end, where that lies at the other end."""
        frames = min(self.outside - BLURRED, self.frames)
        if frames <= 2 * BLURRED:
            return False
        here = slice(0, frames) if self.head else slice(-frames, None)
        parts = (clip.floats(not self.head)[:, here] for clip in self.clips)
        short, long = (smoothed(np.maximum(part - max(0.0, part.max() - DEPTH), 0.0)) for part in parts)
        return shares(short, long)[1] < REPEATED

    def compare(self) -> Cut:
        """Count without a shift, and with what a codec delayed, and keep the better."""
        whole, fraction = climb(self.both, 0)
        best = min(self.counted(0, 0.0), self.counted(whole, fraction))
        return best._replace(added=self.added(), more=self.more())

    def counted(self, shift: int, fraction: float) -> Cut:
        """The parts, shifted by so many frames."""
        short = moved(smoothed(self.short), -fraction / 2)[:, self.sharp]
        long = moved(self.beside(smoothed(self.long), shift), fraction / 2)[:, self.sharp]
        share, distance = shares(short, long)
        return Cut(STRICT * distance, share, self.offset + shift + fraction)


def rise(sound: np.ndarray) -> np.ndarray:
    """By how much each frame is louder than the one EDGE before."""
    return np.subtract(sound[EDGE:], sound[:-EDGE])


def contained(short: Clip, long: Clip) -> Cut | None:
    """The short clip as the long one without its head or its tail, whichever is nearer; None if neither comes close."""
    frames = short.levels[0].shape[1]
    if frames <= 2 * BLURRED or not LEAST * long.seconds <= short.seconds <= long.seconds - HOP_S:
        return None
    ways = (Parts(short, long, head) for head in (False, True))
    cuts = [way.compare() for way in ways if way.depth >= DEPTH / 2 and way.close()]
    nearest = min(cuts, default=None)
    return next((cut for cut in cuts if cut.added and cut.distance <= nearest.distance + ADDED_NEAR), nearest)

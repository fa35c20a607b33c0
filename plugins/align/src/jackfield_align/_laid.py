"""Two waveforms laid over each other at a lag: what both have, and what sounds before and after it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._residual import Fit, fit
from ._waveform import Samples, energy, shifted

LEAST_SAMPLES = 64  # fewer agree somewhere by chance
SAME_AGREEMENT = 0.95  # residual below −10 dB where the clips agree
NOISY_SIMILARITY, WHITE = 0.8, 0.6  # or below −4 dB if it is steady noise, as no codec, take or other sound leaves
DIFFERENT_SIMILARITY = 0.3  # unrelated clips: median 0.12, 90 % below 0.29
EXTRA_ENERGY = 0.1  # outside the overlap: more than that is material, not a trimmed tail
IDENTICAL_RESIDUAL = 1e-6  # −60 dB
CODEC_DELAY, DELAY_LEVEL = 0.03, 1e-3  # seconds of silence that a codec may put at a cut, and its share of the peak
HEARD = 1e-3  # of the loudest 5 ms, −30 dB


class Laid(NamedTuple):
    """What both clips have is from sample `start` to `stop` of the first; `extra` is a share of energy outside."""

    lag: float
    start: int
    stop: int
    overlap: float
    similarity: float
    extra: float
    exact: bool
    fit: Fit

    @property
    def aligned(self) -> bool:
        """Whether the clips are the same where nothing stands out, and that is at least half of them."""
        return abs(self.fit.agreement) >= SAME_AGREEMENT and self.fit.agreeing >= 0.5

    @property
    def relation(self) -> str | None:
        """Identical, same, variant, different, or None where the waveform cannot tell."""
        if self.aligned:
            if self.fit.intervals or self.extra > EXTRA_ENERGY:
                return "variant"
            return "identical" if self.exact else "same"
        noisy = abs(self.similarity) >= NOISY_SIMILARITY and self.fit.white >= WHITE
        if noisy and self.extra <= EXTRA_ENERGY:
            return "same"
        return "different" if abs(self.similarity) < DIFFERENT_SIMILARITY else None

    @property
    def longer(self) -> bool:
        """Whether they are variants because one goes on where the other does not."""
        return self.relation == "variant" and self.extra > EXTRA_ENERGY


def lay(x: Samples, y: Samples, lag: float, rate: float, exact: bool, turned: bool = False) -> Laid | None:
    """Compare what both have at a lag; None where that is too short to tell.

    exact : whether the clips may be identical
    turned : whether a filter may have turned their phases
    """
    begin, finish = max(0, int(np.ceil(lag))), min(len(x), int(np.floor(len(y) + lag)))
    start, stop = begin, finish
    if abs(lag) >= 1:
        start += delay_at(y if lag > 0 else x, rate)
    if abs(after := len(y) + lag - len(x)) >= 1:
        stop -= delay_at((x if after > 0 else y)[::-1], rate)
    if stop - start < 3:  # what is left of two without their mean always agrees
        return None
    inside_x, inside_y = centred(x[start:stop]), centred(shifted(y, lag, start, stop))
    extra = max(outside(x, begin, finish), outside(y, begin - lag, finish - lag))
    exact = exact and extra < IDENTICAL_RESIDUAL and residual(inside_x, inside_y) < IDENTICAL_RESIDUAL
    if stop - start < LEAST_SAMPLES and not (exact and lag == 0 and len(x) == len(y)):
        return None
    overlap = min(1.0, (finish - begin) / min(len(x), len(y)))
    found = fit(inside_x, inside_y, rate, turned)
    similarity = found.similarity if turned else normalised(inside_x, inside_y)
    return Laid(lag, start, stop, overlap, similarity, extra, exact, found)


def sounds_beyond(x: Samples, y: Samples, lag: float, rate: float) -> list[tuple[float, float]]:
    """Where one clip sounds before the other begins, or after it ends, in samples of x."""
    spans = []
    for clip, at, begins, ends in ((x, 0.0, lag, lag + len(y)), (y, lag, 0.0, float(len(x)))):
        for i, j in ((at, begins), (ends, at + len(clip))):
            span = sounding(clip, round(i - at), round(j - at), rate) if j > i else None
            spans += [(span[0] + at, span[1] + at)] if span else []
    return spans


def sounding(x: Samples, start: int, stop: int, rate: float) -> tuple[int, int] | None:
    """From the first to the last part of 5 ms that is heard between two samples of a clip, if any."""
    hop = max(1, round(0.005 * rate))
    levels = np.add.reduceat(np.square(x), np.arange(0, len(x), hop))
    heard = np.flatnonzero(levels > HEARD * levels.max()) * hop
    heard = heard[(heard + hop > start) & (heard < stop)]
    return (max(start, int(heard[0])), min(stop, int(heard[-1]) + hop)) if heard.size else None


def delay_at(x: Samples, rate: float) -> int:
    """Silent samples that a clip begins with, as many as a codec may have put there."""
    head = x[: round(CODEC_DELAY * rate)]
    away = np.abs(head - head[:1])  # from zero, but for the mean that was taken off
    return int((np.append(away, np.inf) > DELAY_LEVEL * np.abs(x).max()).argmax())


def centred(x: Samples) -> Samples:
    """Without the mean that a clip's DC leaves in a part of it."""
    return x - np.float32(x.mean(dtype=np.float64))


def normalised(a: Samples, b: Samples) -> float:
    """Σab / √(Σa² Σb²), exactly 1 for equal clips."""
    product = float(np.sum(a * b, dtype=np.float64))
    level = float(np.sqrt(energy(a) * energy(b)))
    return float(np.clip(product / level, -1.0, 1.0)) if level else 0.0


def outside(x: Samples, start: float, stop: float) -> float:
    """Share of a clip's energy before `start` and from `stop` on, without DC."""
    ends = x[: max(0, int(start))], x[max(0, int(np.ceil(stop))) :]
    return sum(energy(centred(end)) for end in ends if len(end)) / energy(x)


def residual(a: Samples, b: NDArray[np.float32]) -> float:
    """Energy of a − gain·b, as a share of a's."""
    gain = np.float32(np.sum(a * b, dtype=np.float64) / max(energy(b), 1e-300))
    return energy(a - gain * b) / max(energy(a), 1e-300)

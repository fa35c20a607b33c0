"""Near pairs of patterns, settled by their waveforms.

Noise fills up a pattern's quiet bands and hides little of a waveform; a soft cymbal in a drone is lost in the pattern
and stands out from the waveforms' difference; two hi-hats may have one pattern, but not one waveform. Codecs that turn
phases leave the pattern to tell, and the tones, of which two may lie in one band.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jackfield import Comparison

from ._calibration import APART
from ._compare import compare_inside, compare_near
from ._laid import outside
from ._recording import Recording, over_each_other
from ._tones import unshared
from ._waveform import KEPT_ENERGY

SAME_LAG = 0.02  # seconds
TONES = 0.2  # share of tones that only one clip has, above which the clips are not the same
CODED, UNLIKE = 0.4, 0.5  # waveforms that agree less than any codec leaves them add half of what they lack

BEYOND = 0.02  # share of a clip's energy outside the overlap: what a fade holds


class Found(NamedTuple):
    """What a pair shows; all NaN where a clip is silent."""

    distance: float
    share: float  # of the sound, that only one clip has
    offset_s: float
    overlap: float
    relation: str | None = None  # what the waveforms say
    differs: tuple[tuple[float, float], ...] = ()
    trimmed: bool = False  # one clip is the other's beginning or end
    part: int = 0  # 1: the second clip has a sound more, behind or before the first; -1: the first has
    narrow: bool = False  # compared in the band that both clips have
    held: float = 1.0  # share of one clip's sound that the other has, too: of the one that has less


def waveform(sketch: Mapping[str, Any]) -> Recording | None:
    """The waveform in a sketch; None where the sketch has none, or one that most of the clip's energy lies above."""
    if "samples" not in sketch or float(sketch["above"]) ** 2 > 1 - KEPT_ENERGY:
        return None
    return Recording(sketch)


def settled(found: Found, a: Recording | None, b: Recording | None) -> Found:
    """What the patterns show, corrected by what the waveforms do where there are both."""
    if a is None or b is None or found.relation == "variant":
        return found
    return corrected(found, compare_near(a, b, found.offset_s), a, b)


def settled_inside(found: Found, a: Recording | None, b: Recording | None) -> Found | None:
    """The same in the band that both clips have; None where the waveforms do not say that a filter made it narrow.

    found : what the patterns show in about that band
    """
    if a is None or b is None:
        return None
    inside = compare_inside(a, b, found.offset_s)
    return corrected(found._replace(narrow=True), *inside) if inside else None


def corrected(found: Found, wave: Comparison, a: Recording, b: Recording) -> Found:
    """What patterns show, corrected by what the waveforms of the two recordings do."""
    distance = found.distance + UNLIKE * max(0.0, wave.distance - CODED)
    if not agrees(wave, found.offset_s):
        if distance < APART and out_of_tune(a, b, found.offset_s):
            distance = APART
        return found._replace(
            distance=min(1.0, distance), relation="different" if wave.relation == "different" else None
        )
    if wave.relation == "variant":
        distance = max(distance, APART)
    elif found.trimmed or not goes_on(a, b, wave):
        distance = min(distance, wave.distance)
    offset = float("nan") if wave.offset_s is None else wave.offset_s
    return found._replace(distance=distance, offset_s=offset, relation=wave.relation, differs=wave.differs)


def out_of_tune(a: Recording, b: Recording, offset_s: float) -> bool:
    """Whether one clip has tones that the other has not, where both sound."""
    x, y = over_each_other(a, b, offset_s)
    return len(x) > 0 and unshared(x, y, min(a.rate, b.rate)) > TONES


def goes_on(a: Recording, b: Recording, wave: Comparison) -> bool:
    """Whether one clip sounds before the other begins or after it ends, of which their overlap knows nothing."""
    rate = min(a.rate, b.rate)
    x, y, lag = a.at(rate).samples, b.at(rate).samples, (wave.offset_s or 0.0) * rate
    return max(outside(x, lag, len(y) + lag), outside(y, -lag, len(x) - lag)) > BEYOND


def agrees(wave: Comparison, offset_s: float) -> bool:
    """Whether the waveforms are the same but for intervals, at the lag of the patterns.

    What only lies outside their overlap may have been cut; at another lag, a decaying tone is another part of itself.
    """
    if wave.relation == "variant" and wave.offset_s is not None:
        return bool(wave.differs) and abs(wave.offset_s - offset_s) <= SAME_LAG
    return wave.relation in ("identical", "same")

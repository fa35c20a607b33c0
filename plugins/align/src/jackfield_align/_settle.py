"""Near pairs of patterns, settled by their waveforms.

Noise fills up a pattern's quiet bands and hides little of a waveform; a soft cymbal in a drone is lost in the pattern
and stands out from the waveforms' difference; two hi-hats may have one pattern, but not one waveform. Codecs that turn
phases leave the pattern alone to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jackfield import Comparison

from ._compare import Recording
from ._compare import compare as compare_waveforms
from ._waveform import KEPT_ENERGY

MIN_OVERLAP = 0.5
SAME_LAG = 0.02  # seconds
APART = 0.35  # least distance of clips whose waveforms agree but for some intervals
UNLIKE = 0.15  # what waveforms that have nothing in common add: no more, for a codec may have turned all phases


class Found(NamedTuple):
    """What a pair shows; all NaN where a clip is silent."""

    distance: float
    share: float  # of the sound, that only one clip has
    offset_s: float
    overlap: float
    relation: str | None = None  # what the waveforms say
    differs: tuple[tuple[float, float], ...] = ()


def waveform(sketch: Mapping[str, Any]) -> Recording | None:
    """The waveform in a sketch; None where the sketch has none, or one that most of the clip's energy lies above."""
    if "samples" not in sketch or float(sketch["above"]) ** 2 > 1 - KEPT_ENERGY:
        return None
    return Recording(sketch)


def settled(found: Found, a: Recording | None, b: Recording | None) -> Found:
    """What the patterns show, corrected by what the waveforms do where there are both."""
    if a is None or b is None:
        return found
    wave = compare_waveforms(a, b, MIN_OVERLAP)
    distance = found.distance + (UNLIKE if wave.relation == "different" else 0.0)
    if not agrees(wave, found.offset_s):
        return found._replace(
            distance=min(1.0, distance), relation="different" if wave.relation == "different" else None
        )
    distance = max(distance, APART) if wave.relation == "variant" else min(distance, wave.distance)
    offset = float("nan") if wave.offset_s is None else wave.offset_s
    return found._replace(distance=distance, offset_s=offset, relation=wave.relation, differs=wave.differs)


def agrees(wave: Comparison, offset_s: float) -> bool:
    """Whether the waveforms are the same but for intervals, at the lag of the patterns.

    What only lies outside their overlap may have been cut; at another lag, a decaying tone is another part of itself.
    """
    if wave.relation == "variant" and wave.offset_s is not None:
        return bool(wave.differs) and abs(wave.offset_s - offset_s) <= SAME_LAG
    return wave.relation in ("identical", "same")

"""Variants whose patterns lie far apart, told by their waveforms.

A hit more or less takes a pattern to 0.5, a word appended to 0.7, where strangers lie too. But a variant holds most of
the other clip's sound, or that of it, and their waveforms are the same but for a part. Those of strangers mostly have
nothing in common at any lag. Where they do, as loops of the same drum machine have single hits, they differ here and
there.
"""

from __future__ import annotations

from collections.abc import Callable

from ._band import common_band
from ._calibration import SAME
from ._compare import compare_common, end_of
from ._laid import DIFFERENT_SIMILARITY
from ._recording import Recording, in_order, silent
from ._settle import Found
from ._waveform import find_peak

FAR = 0.75  # distance up to which variants are looked for: a word appended takes up to 0.7
HELD = 0.6  # least share of the sound of the clip with less that the other has; variants: mostly 0.75 and more
OVERLAP = 0.5  # of the shorter clip, as `Align` asks
UNLIKE = 0.3  # most that 1 − |correlation| is for variants; loops that share their drums have more, or
PARTS = 2  # differ in more intervals than one, of a part added or missing, or two, of one moved


def marked(found: Found, wave: Callable[[int], Recording | None], pair: tuple[int, int], far: float) -> Found:
    """A pair closer than `far`, marked as variants if its waveforms say so; the distance stays as it is.

    wave : makes a recording ready; what copies and marked pairs have is not asked for
    """
    if found.relation == "variant" or not SAME < found.distance < far or found.held < HELD:
        return found
    a, b = map(wave, pair)
    if a is None or b is None or not resembling(a, b):
        return found
    told = compare_common(a, b, OVERLAP, beyond=True)[0]
    alike = told.distance <= UNLIKE and len(told.differs) <= PARTS
    if told.offset_s is None or told.relation not in ("identical", "same", "variant") or not alike:
        return found
    return found._replace(relation="variant", offset_s=told.offset_s, differs=told.differs)


def resembling(a: Recording, b: Recording) -> bool:
    """Whether it is worth looking closer, which costs five times as much: most pairs are strangers."""
    if silent(a, b):
        return False
    if common_band(a.profile, b.profile) is not None:  # what a filter left may correlate with nothing
        return True
    first, second = in_order(a, b)
    rate = min(a.rate, b.rate)
    unit = rate / first.source_rate
    peak = find_peak(first.at(rate), second.at(rate), OVERLAP, end_of(first, second), unit)
    return abs(peak.correlation) >= DIFFERENT_SIMILARITY

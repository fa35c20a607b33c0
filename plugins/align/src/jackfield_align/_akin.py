"""Variants whose patterns lie far apart, told by their waveforms.

A hit more or less takes a pattern to 0.5, a word appended to 0.7, where strangers lie too. But a variant holds most of
the other clip's sound, or that of it, and their waveforms are the same but for a part. Those of strangers mostly have
nothing in common. Where they do, as loops of the same drum machine have single hits, they differ here and
there.
"""

from __future__ import annotations

from collections.abc import Callable

from ._calibration import SAME
from ._compare import compare_inside, compare_near
from ._recording import Recording
from ._settle import Found

TOLD = ("identical", "same", "variant")
FAR = 0.75  # distance up to which variants are looked for: a word appended takes up to 0.7
HELD = 0.6  # least share of the sound of the clip with less that the other has; variants: mostly 0.75 and more
UNLIKE = 0.3  # most that 1 − |correlation| is for variants; loops that share their drums have more, or
PARTS = 2  # differ in more intervals than one, of a part added or missing, or two, of one moved


def marked(found: Found, wave: Callable[[int], Recording | None], pair: tuple[int, int], far: float) -> Found:
    """A pair closer than `far`, marked as variants if its waveforms say so; the distance stays as it is.

    wave : makes a recording ready; what copies and marked pairs have is not asked for
    """
    if found.relation == "variant" or not SAME < found.distance < far or found.held < HELD:
        return found
    a, b = map(wave, pair)
    if a is None or b is None:
        return found
    told = compare_near(a, b, found.offset_s, beyond=True)
    if told.relation not in TOLD:
        inside = compare_inside(a, b, found.offset_s, beyond=True)
        told = inside[0] if inside else told
    if told.relation not in TOLD or told.distance > UNLIKE or len(told.differs) > PARTS:
        return found
    return found._replace(relation="variant", offset_s=told.offset_s, differs=told.differs)

"""Which of two aligned clips has the sound that the other lacks."""

from __future__ import annotations

from collections.abc import Sequence

from ._recording import Recording
from ._waveform import Samples, energy

LOUDER = 2.0  # times the other's energy, at the gain that makes the rest alike: 3 dB

Interval = tuple[float, float]


def sides(a: Recording, b: Recording, offset_s: float, gain_db: float | None, differs: Sequence[Interval]) -> list[str]:
    """Per interval, in seconds of clip a, "a" or "b", whichever sounds there and the other does not, or "both".

    gain_db : level of a over b; None: that of the whole clips
    """
    rate = min(a.rate, b.rate)
    x, y = a.at(rate), b.at(rate)
    gain = 10 ** (gain_db / 10) if gain_db is not None else x.energy / max(y.energy, 1e-300)
    found = []
    for start, stop in differs:
        here = energy(part(x.samples, start, stop, rate))
        there = gain * energy(part(y.samples, start - offset_s, stop - offset_s, rate))
        found.append("a" if here > LOUDER * there else "b" if there > LOUDER * here else "both")
    return found


def part(x: Samples, start: float, stop: float, rate: float) -> Samples:
    """The samples between two times, as far as there are any."""
    return x[max(0, round(start * rate)) : max(0, round(stop * rate))]

"""How a signal's energy lies on the bins of its Fourier transform, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackfield import Decomposition

from ._dft import dft
from ._item import Lanes
from ._tones import peaks

SHARE = 0.99
BETWEEN = 0.02  # bins; a tone nearer to a bin than this leaks less than 1 % of its energy
ONE_SIDED = 1e-12  # share of energy that rounding may leave on the side that is missing


@dataclass(frozen=True)
class Leakage:
    """What bins can and cannot say of a signal.

    n : samples; spacing : Hz between bins; bins : how many there are
    holding : how many of the strongest hold `share` of the energy
    tone : frequency of the strongest tone, also between bins; cycles : its periods in the n samples
    between : how far that is from the nearest bin, −0.5 to 0.5; tone_share : of the energy
    one_sided : complex samples with nothing at negative (or at positive) frequencies
    sentences : the same in words
    """

    n: int
    spacing: float
    bins: int
    holding: int
    share: float
    tone: float
    cycles: float
    between: float
    tone_share: float
    one_sided: bool
    sentences: tuple[str, ...]


def leakage(lanes: Lanes) -> Leakage:
    """Look at one decomposition into bins, and at its strongest tone."""
    whole = dft(lanes)
    energy = float(whole.table["energy"].sum())
    holding = len(whole.components(energy=SHARE)) if energy else 0
    found = peaks(lanes, 1)
    tone = float(found.table["frequency"][0]) if len(found) else 0.0
    tone_share = float(found.table["energy"][0]) / energy if len(found) else 0.0
    spacing = lanes.rate / lanes.n
    cycles = tone / spacing
    between = cycles - round(cycles)
    one_sided = _one_sided(whole)
    said = (
        [f"{holding} of {len(whole)} bins hold {100 * SHARE:.0f} % of the energy"] if energy else ["every sample is 0"]
    )
    if abs(between) > BETWEEN and tone_share > 0.5:
        near = f"a tone of {abs(cycles):.4g} cycles falls between bins: {holding} bins hold {100 * SHARE:.0f} %"
        said = [f"{near}; try peaks or esprit"]
    if one_sided:
        said.append(
            "the samples are complex and hold one of each ±f pair: half the amplitude of the real signal, which is "
            "twice the real part (0 Hz and half the rate count once)"
        )
    return Leakage(
        lanes.n, spacing, len(whole), holding, SHARE, tone, cycles, between, tone_share, one_sided, tuple(said)
    )


def _one_sided(whole: Decomposition) -> bool:
    frequency, energy = whole.table["frequency"], whole.table["energy"]
    if not np.iscomplexobj(whole.original):
        return False
    sides = sorted([float(energy[frequency > 0].sum()), float(energy[frequency < 0].sum())])
    return sides[0] <= ONE_SIDED * sides[1] and sides[1] > 0

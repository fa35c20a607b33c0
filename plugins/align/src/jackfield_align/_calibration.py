"""One scale of similarity for patterns and waveforms: the probability that two clips are the same sound.

Log-odds are linear in the logarithm of the distance, 1 / (1 + (distance / SAME) ** SLOPE): 1 at distance 0, 0.5 at the
largest distance that counts as the same. The probability stands for clips of which, of four pairs, two are copies, one
is a variant, and one are strangers closer than 0.6, the near misses of a grouping; where copies are rarer it is lower.

SLOPE is fitted by maximum likelihood on recordings that the rules were not made on: those they were made on leave no
copy beyond SAME and so no finite slope. With it is fitted the share of pairs whose truth no distance tells (sounds
mixed in too softly to be heard, one sound under two names), or those few would decide.
`python benchmarks/calibration.py FOLDER…` prints it, and how far it holds: docs/accuracy.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SAME = 0.21  # largest distance of a copy
APART = 0.35  # least distance of clips whose waveforms agree but for some intervals
SLOPE = 7.0
UNDECIDED = 0.5  # of clips one of which was cut, or the other added to: two clips do not tell


def similarity(distance: ArrayLike, part: ArrayLike = 0) -> NDArray[np.float64]:
    """Probabilities of pairs, from 1 at distance 0 down to 0; NaN where the distance is.

    part : not 0 where one clip has a sound more at an end, which holds the probability to 0.5

    >>> similarity([0.0, 0.1, 0.21, 0.35, 1.0]).round(3).tolist(), float(similarity(0.0, -1))
    ([1.0, 0.994, 0.5, 0.027, 0.0], 0.5)
    """
    found = 1.0 / (1.0 + (np.asarray(distance, np.float64) / SAME) ** SLOPE)
    return np.where(part, np.minimum(found, UNDECIDED), found)


def by_waveform(relation: str | None, distance: float) -> float | None:
    """Probability of a pair that waveforms relate, at least 0.5 if they say "identical" or "same", else below.

    distance : 1 − |correlation|, which differences in a few moments hardly raise
    """
    if relation is None:
        return None
    alike = relation in ("identical", "same")
    return float(similarity(min(distance, SAME) if alike else max(distance, APART)))

"""Tones of clips whose patterns agree and whose waveforms do not: mel bands are wide enough to hold two notes.

A codec that turns phases leaves the tones where they are; another chord, or another note, has others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._waveform import Samples

Floats = NDArray[np.float64]

WINDOW_S = 0.2  # resolves 7 Hz: a semitone from 120 Hz on
LOWEST, HIGHEST = 50.0, 3400.0  # Hz; of half the rate, 0.85
LOUDER = 1.12  # 1 dB by which a tone of a copy may be softer


def unshared(x: Samples, y: Samples, rate: float) -> float:
    """Share of the tones that one of two clips has and the other has not, 0…1, whatever their gain.

    The smaller of what amplitudes and powers say: of noise, amplitudes agree better, of a tone over a codec's noise,
    powers. Of copies it came to 0.02…0.2, of chords with one other note to 0.24…0.5.

    x, y : (n,) laid over each other, of one length, in which both sound

    >>> t = np.arange(8000) / 8000
    >>> major, minor = (np.sin(2 * np.pi * np.outer(hz, t)).sum(0) for hz in ([262, 330, 392], [262, 311, 392]))
    >>> round(unshared(major, major[::-1], 8000), 2), unshared(major, minor, 8000) > 0.3
    (0.0, True)
    """
    n = 1 << round(np.log2(WINDOW_S * rate))
    first, last = round(LOWEST * n / rate), round(min(HIGHEST, 0.425 * rate) * n / rate)
    a, b = (amplitudes(clip, n)[first:last] for clip in (x, y))
    return min(max(missing(a**q, b**q, LOUDER**q), missing(b**q, a**q, LOUDER**q)) for q in (1, 2))


def amplitudes(x: Samples, n: int) -> Floats:
    """(n // 2 + 1,) root mean square over frames of `n` samples."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (0, max(0, n - len(x)))), n)[:: n // 2]
    spectrum = np.fft.rfft(frames * np.hanning(n + 2)[1:-1].astype(np.float32), axis=-1)
    return np.sqrt(np.mean(spectrum.real**2 + spectrum.imag**2, axis=0, dtype=np.float64))


def missing(a: Floats, b: Floats, louder: float) -> float:
    """Share of a that b has not, at the gain that makes them alike, nor in the bins beside."""
    if not a.any() or not b.any():
        return 0.0
    gain = (np.sqrt(a * b).sum() / b.sum()) ** 2
    beside = np.pad(b, 1)
    there = gain * louder * np.maximum(b, np.maximum(beside[:-2], beside[2:]))
    return float(1 - np.minimum(a, there).sum() / a.sum())

"""Distances between clips that may be shifted against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from jackfield import Comparison, Component, DataError, Distance, Param, Signal, Sketch, hookimpl

__all__ = ["Align"]


@dataclass(frozen=True, kw_only=True)
class Align(Component):
    """Waveform alignment: lag, gain, polarity, overlap, and where the clips differ.

    The lag is the peak of the cross-correlation, each lag normalised by the energy that both clips have inside *its*
    overlap, and refined to a fraction of a sample (0.02 at 20 dB signal-to-noise ratio). The distance is
    1 − |correlation| over the overlap after that shift: 0…1, 0.005 for a copy with 20 dB of noise, 0.02…0.15 for one
    extra hit, 0.9 for another sound, NaN if a clip is silent.

    `a[n] ≈ gain · b[n − offset]`: `offset_samples`, at a's own rate, is positive where a's material starts later than
    b's. `gain_db` is the least-squares gain over the frames that agree, `polarity` its sign, `overlap` the share of the
    shorter clip. `differs` are the intervals, in seconds from a's start, in which the residual exceeds four times what
    is usual for its band, 3 % of the local signal and 0.6 % of the loudest frame, to ±20 ms; what lies outside the
    overlap, and fades within 20 ms of its edges, are not listed.

    relation : "identical" (residual below −60 dB), "same", "variant" (intervals differ, or more than a tenth of a
        clip's energy lies outside the overlap), "different" (|correlation| below 0.3), or None: the waveform cannot
        tell. Codecs such as G.722 turn phases and leave correlations of 0.5…0.9 of the same prompt; compare those with
        `pattern`, which is blind to phase.

    Channels are mixed to their mean inside the sketch; where that cancels by more than 20 dB, the loudest is taken.
    Clips of 40 kHz and more are compared at half their rate unless most of their energy lies above; clips of different
    rates at the lower one.

    Sources: sub-sample peak by windowed-sinc interpolation and a parabola, as in J. O. Smith, "Spectral Audio Signal
    Processing", quadratic interpolation of spectral peaks.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    >>> late = np.concatenate([np.zeros(120, np.float32), -0.5 * noise])
    >>> found = Align()(Signal(samples=late, rate=8000), Signal(samples=noise, rate=8000))
    >>> found.relation, found.offset_samples, round(found.gain_db, 2), found.polarity, round(found.distance, 6)
    ('identical', 120.0, -6.02, -1, 0.0)
    """

    min_overlap: Annotated[
        float,
        Param(gt=0, le=1, description="least overlap, as share of the shorter clip and of one clip's energy"),
    ] = 0.5

    symmetric = True
    zero_self = True
    triangle = False
    invariant = ("gain", "shift", "polarity")

    def sketch(self, signal: Signal) -> Sketch:
        """Mono float32 samples without DC, and their rate; at most 16 MB. DataError if a sample is NaN or infinite."""
        import numpy as np

        from ._waveform import sketch

        wrong = int(signal.samples.size - np.isfinite(signal.samples).sum())
        if wrong:
            raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")
        return sketch(signal.samples, signal.rate)

    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        """Align two sketches, about 5 ms for clips of 2 s."""
        from ._compare import compare

        return compare(a, b, self.min_overlap)


@hookimpl
def jackfield_distances() -> Iterator[Distance]:
    """Distances of this plugin."""
    yield Distance("align", Align)

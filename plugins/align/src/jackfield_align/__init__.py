"""Distances between clips that may be shifted against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from jackfield import Comparison, Component, DataError, Distance, Param, Signal, Sketch, hookimpl

if TYPE_CHECKING:
    import numpy as np

    from ._compare import Inside
    from ._kept import Kept

__all__ = ["Align", "Pattern"]

MOST_SAMPLES = 1 << 19  # of a waveform beside a pattern, 2 MB: longer clips are settled at a lower rate


@dataclass(frozen=True, kw_only=True)
class Align(Component):
    """Waveform alignment: lag, gain, polarity, overlap, and where the clips differ.

    The lag is the peak of the cross-correlation, each lag normalised by the energy that both clips have inside *its*
    overlap, and refined to a fraction of a sample (0.02 at 20 dB signal-to-noise ratio). The distance is
    1 − |correlation| over the overlap after that shift: 0…1, 0.005 for a copy with 20 dB of noise, 0.02…0.15 for one
    extra hit, 0.9 for another sound. It is NaN if a clip is silent, or if fewer than 64 samples overlap (of those
    compared), which agree somewhere by chance; clips that short are aligned only where they are equal after gain.

    A periodic sound fits at many lags. Of those within 1e-4 of the best score a positive polarity is preferred, then a
    lag of whole samples, then the one nearest to where the clips begin or end together.

    `a[n] ≈ gain · b[n − offset]`: `offset_samples`, at a's own rate, is positive where a's material starts later than
    b's. `gain_db` is the least-squares gain over the frames that agree, `polarity` its sign, `overlap` the share of the
    shorter clip. Named the other way round, two clips give the same distance, relation, polarity and overlap to the
    last bit and the mirrored offset; the gain is again the least-squares one, now to the other clip, and so mirrored
    but for noise. `differs` are the intervals, in seconds from a's start, in which the residual exceeds four times what
    is usual for its band, 3 % of the local signal and 0.6 % of the loudest frame, to ±20 ms; what lasts 0.1 s only 0.3
    and 0.1 %. What a codec leaves everywhere raises those bounds, and above 8 kHz only power counts. Where more than a
    tenth of a clip's energy lies outside the overlap, those are where it sounds there, before 0 or after a's end where
    only b does. What fades within 20 ms of the overlap's edges is not listed. A sound played twice is laid over one
    played once so that both begin together: the second is the one that was added.

    relation : "identical" (residual below −60 dB), "same" (below −10 dB where the clips agree, or below −4 dB if it is
        steady white noise), "variant" (intervals differ, or more than a tenth of a clip's energy lies outside the
        overlap), "different" (|correlation| below 0.3). Where the waveform cannot tell, since codecs such as G.722 turn
        phases and leave correlations of 0.5…0.9 of the same prompt, what is heard does, as `pattern` compares it; gain
        and polarity are None then, and `similarity` is the pattern's. None for silence, and below 1400 Hz.
        A clip that is the beginning or the end of the other, file end to file end, is a trimmed copy, "same", where it
        lost a fade or was cut through a sound; where there is a pause at the cut, what the other has more may as well
        have been added: "variant" then, of similarity 0.5, since two clips do not tell.
    similarity : the probability that the clips are the same sound, on the scale of `pattern`. Where the waveforms say
        "identical" or "same" it goes by their distance, at most 0.21, and is at least 0.5; where they say "variant" or
        "different", by their distance, at least 0.35, and is below 0.03. None where the relation is

    Clips of different bandwidth, of which a filter took low or high sound from one (a telephone band, a high-pass, a
    low-pass at the same rate), are compared in the band that both have, and are never "identical". Their spectra are
    parallel there, to 6 dB over at least seven thirds of an octave, and outside one is softer. A filter is told from an
    instrument that is missing by what is left outside: after a filter it is the other clip's sound, coherent bin by
    bin, or steady noise, or 60 dB under the common band; and it is softer in the median frame too. If only the
    instrument sounded there, and often, two clips do not tell. Phases that a filter turned near its edge are turned
    back; lag, polarity and gain are taken up to two octaves away from it, where it turns them little. A causal filter,
    above all of order 4 and more, can still leave the lag of speech half a period off, and the polarity reversed.

    Channels are mixed to their mean inside the sketch; where that cancels by more than 20 dB, the loudest is taken.
    Clips of 60 kHz and more are compared at half their rate unless most of their energy lies above; clips of different
    rates at the lower one.

    A pair takes one inverse FFT: the sound in the common band is near the lag of the whole, and found there by the
    phase of cross-spectra; a pattern is laid where the waveform is.

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

    @cached_property
    def _recordings(self) -> Kept:
        from ._kept import Kept
        from ._recording import Recording

        return Kept(Recording, key=id)  # a recording holds its sketch, whose id is nobody else's as long

    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        """Align two sketches, about 5 ms for clips of 2 s."""
        return self._compare(a, b)[0]

    def _compare(self, a: Sketch, b: Sketch) -> Inside:
        from ._compare import compare_common

        found, first, second = compare_common(self._recordings(a), self._recordings(b), self.min_overlap, beyond=True)
        from ._match import as_heard

        return as_heard(found, first, second), first, second


@dataclass(frozen=True, kw_only=True)
class Pattern(Component):
    """How far two clips' patterns of sound disagree at their best lag, blind to phase; cheap enough for every pair.

    A pattern is the clip's mel spectrum (14 bands, 60…3600 Hz, a frame every 10 ms) in decibels, cut 30 dB under its
    peak; where the sound of a clip lies above, by 20 dB, 21 bands up to 9 kHz, or as many as both clips have. At the
    lag with the largest sum of minima the distance is the larger of two: the share of the sound that only one clip has,
    1 − minima / maxima, and half that share in the worst fifth of a second. The second is what keeps a clip with one
    extra hit apart however long it is.

    distance : 0 for the same pattern, up to about 0.2 for copies with noise, other rates, codecs, silence around them;
        0.23…0.5 for one hit more or less; mostly above 0.5 for another sound; NaN where a clip is silent
    similarity : the probability that the clips are the same sound, 1 / (1 + (distance / 0.21)⁷): 1 at distance 0, 0.99
        at 0.1, 0.5 at 0.21, whatever `same` is, 0.027 at 0.35, 0.002 at 0.5. It stands for pairs of which one half are
        copies, a quarter variants, a quarter strangers closer than 0.6; with fewer copies it is lower. At most 0.5
        where `part` is not 0: two clips do not tell
    offset_s : positive where the material starts later in the first clip, to a few ms; `align` says it to the sample
    overlap : share of the shorter clip's sounding time that both have

    Silence at either end does not count. A file that is the first or the last part of another, at least 48 % of it, is
    a trimmed copy: what the cut took is not held against it, and both are measured against the peak of what is left.
    The files' lengths say where to look, and frames are counted from the end that both files have, so inside the
    shorter file everything counts, its silence too: a hit added in there, or over its end, keeps clips apart. Where
    another sound sets in right at the cut, and the shorter file is a single sound or is there once more, that was
    added, and the clips are variants. Where one sets in later, or before the cut, two clips do not tell whether it was
    added to the one or cut off the other: the column `part` is 1 where the second clip has it, -1 where the first has.

    Pairs closer than `settle` are settled by their waveforms, which see what patterns do not, and the other way round;
    they are laid within 20 ms of where the patterns agree, which takes no further inverse FFT. From 0.4 on most pairs
    are strangers, and only those are settled of which one has at least 80 % of the other's sound, as noisy copies have.
    Waveforms that agree but for noise make the distance at most 1 − correlation, so that noise in quiet bands parts no
    copies. Those that agree but for some intervals make it at least 0.35, so that a soft cymbal in a drone does; such
    pairs are marked in the column `variant`. Those that agree less than any codec leaves (correlation
    below 0.6) add half of what they lack: hi-hats have patterns alike. Where tones differ, of which two may lie in one
    band (another chord), the distance is at least 0.35. Else, the pattern stands.

    Variants may lie beyond `settle`: a hit more or less comes to 0.5, a word appended to 0.7, where strangers lie too.
    Whoever wants those marked (a `threshold` that brings variants together does) sets `variants`: pairs closer than
    this, of which one has at least 60 % of the other's sound, are compared by waveform, where the patterns agree, and
    marked if that says "variant" or "same" with a correlation of at least 0.7 and at most two intervals that differ: of
    loops of the same drum machine, more do. Distances stay as they are. That costs about a millisecond for such a pair
    of strangers, some more for variants.

    Pairs over the threshold `same` of 0.21 whose bands are parallel, at least eight of them to 6 dB, are matched in
    those too; where the waveforms show that a filter took the others from one clip (see `align`), that counts.

    `compare` also gives the relation: what the waveforms say, or "same" up to `same`, "variant" where at least 65 % of
    the sound agrees, else "different"; and, for variants, the intervals that differ, to ±30 ms.

    Channels count by their power, so no polarity cancels. Any rate from 1400 Hz (four bands); below 7.2 kHz the bands
    that fit.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> hit = np.random.default_rng(0).normal(size=800) * np.exp(-np.arange(800) / 150)
    >>> loop = np.tile(np.pad(hit, (0, 2200)), 4)
    >>> more = loop.copy()
    >>> more[4500:5300] += hit
    >>> pattern = Pattern()
    >>> a, b, c = (Signal(samples=x, rate=8000) for x in (loop, np.pad(-0.3 * loop, (480, 0)), more))
    >>> same, variant = pattern(b, a), pattern(a, c)
    >>> same.relation, same.distance < 0.1, round(same.offset_s, 2)
    ('identical', True, 0.06)
    >>> variant.relation, variant.distance > 0.21
    ('variant', True)
    """

    same: Annotated[float, Param(ge=0, le=1, description="largest distance that the relation calls the same")] = 0.21
    settle: Annotated[
        float, Param(ge=0, le=1, description="pairs closer than this are settled by their waveforms; 0: none is")
    ] = 0.5
    variants: Annotated[
        float | None,
        Param(ge=0, le=1, description="pairs closer than this are marked where waveforms tell variants; None: no more"),
    ] = None

    symmetric = True
    zero_self = True
    triangle = False
    invariant = ("gain", "shift", "polarity")

    def sketch(self, signal: Signal) -> Sketch:
        """Two uint8 patterns, 4.2 kB a second, and the waveform, 2 MB at most. DataError below 1400 Hz, or for NaN."""
        import numpy as np

        from ._pattern import LEAST_RATE, sketch

        wrong = int(signal.samples.size - np.isfinite(signal.samples).sum())
        if wrong:
            raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")
        if signal.rate < LEAST_RATE:
            evidence = f"got {signal.rate:g} Hz, whose half leaves fewer than four of its bands above 60 Hz"
            raise DataError(f"pattern needs a rate of {LEAST_RATE} Hz", evidence, "use align, or another distance")
        patterns = sketch(signal.samples, signal.rate)
        if not self.settle and not self.variants:
            return patterns
        from ._waveform import sketch as waveform

        return patterns | waveform(signal.samples, signal.rate, most=MOST_SAMPLES)

    def compare(self, a: Sketch, b: Sketch) -> Comparison:
        """Compare two sketches, about 5 ms for clips of 2 s."""
        from ._match import compare

        return Comparison(**compare(a, b, self.same, self.settle, self.variants or 0.0))

    def pairs(self, sketches: Sequence[Sketch], i: np.ndarray, j: np.ndarray) -> dict[str, np.ndarray]:
        """Columns distance, offset_s, overlap, variant, part and similarity of pairs, each as if compared alone."""
        from ._match import pairs

        return pairs(sketches, i, j, self.settle, self.variants or 0.0)

    def giving(self, columns: tuple[str, ...]) -> Pattern:
        """The same distance, which looks for variants as far as they lie if the column `variant` is asked for."""
        if "variant" not in columns or self.variants is not None:
            return self
        from ._akin import FAR

        return replace(self, variants=FAR)


@hookimpl
def jackfield_distances() -> Iterator[Distance]:
    """Distances of this plugin."""
    yield Distance("align", Align)
    yield Distance("pattern", Pattern)

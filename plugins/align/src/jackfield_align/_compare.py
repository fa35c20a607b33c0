"""The `align` distance on sketches: lag, gain, polarity, overlap, and where the clips differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jackfield import Comparison

from ._residual import Fit, fit
from ._waveform import Samples, energy, find_peak, shifted

SILENT_RMS = 1e-7  # −140 dBFS
WHOLE_SAMPLE = 0.02  # samples; edits happen on whole samples, and noise moves the lag by as much
SAME_AGREEMENT = 0.95  # residual below −10 dB where the clips agree
DIFFERENT_SIMILARITY = 0.3  # unrelated clips: median 0.12, 90 % below 0.29
EXTRA_ENERGY = 0.1  # outside the overlap: more than that is material, not a trimmed tail
IDENTICAL_RESIDUAL = 1e-6  # −60 dB


def compare(a: Mapping[str, Any], b: Mapping[str, Any], min_overlap: float) -> Comparison:
    """Compare two sketches, see `Align`."""
    rate = float(min(a["rate"], b["rate"]))
    x, y = at_rate(a, rate), at_rate(b, rate)
    if silent(x) or silent(y):
        return Comparison(float("nan"))
    peak = find_peak(x, y, min_overlap)
    same_rate = a["source_rate"] == b["source_rate"]
    per_sample = float(a["source_rate"]) / rate
    offset = peak.lag * per_sample
    if same_rate and abs(offset - round(offset)) < WHOLE_SAMPLE:
        offset = float(round(offset))
    lag = offset / per_sample
    start, stop = max(0, int(np.ceil(lag))), min(len(x), int(np.floor(len(y) + lag)))
    if stop - start < 2:  # what is left without its mean is nothing
        return Comparison(float("nan"))
    inside_x, inside_y = centred(x[start:stop]), centred(shifted(y, lag, start, stop))
    similarity = normalised(inside_x, inside_y)
    found = fit(inside_x, inside_y, rate)
    extra = max(outside(x, start, stop), outside(y, start - lag, stop - lag))
    exact = same_rate and abs(float(a["above"]) - float(b["above"])) < 1e-3
    exact = exact and extra < IDENTICAL_RESIDUAL and residual(inside_x, inside_y) < IDENTICAL_RESIDUAL
    return Comparison(
        1.0 - abs(similarity),
        similarity=abs(similarity),
        offset_samples=offset,
        offset_s=lag / rate,
        gain_db=20 * float(np.log10(max(abs(found.gain), 1e-15))),
        polarity=-1 if similarity < 0 else 1,
        overlap=min(1.0, (stop - start) / min(len(x), len(y))),
        differs=tuple(((start + i) / rate, (start + j) / rate) for i, j in found.intervals) if aligned(found) else (),
        relation=relation(similarity, found, extra, exact),
    )


def aligned(found: Fit) -> bool:
    """Whether the clips are the same where nothing stands out, and that is at least half of them."""
    return abs(found.agreement) >= SAME_AGREEMENT and found.agreeing >= 0.5


def relation(similarity: float, found: Fit, extra: float, exact: bool) -> str | None:
    """Identical, same, variant, different, or None where the waveform cannot tell."""
    if aligned(found):
        if found.intervals or extra > EXTRA_ENERGY:
            return "variant"
        return "identical" if exact else "same"
    return "different" if abs(similarity) < DIFFERENT_SIMILARITY else None


def at_rate(sketch: Mapping[str, Any], rate: float) -> Samples:
    """Samples of a sketch, resampled to `rate` where they have another."""
    samples: Samples = sketch["samples"]
    if float(sketch["rate"]) == rate:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, float(sketch["rate"]), rate), np.float32)


def silent(x: Samples) -> bool:
    return energy(x) <= SILENT_RMS**2 * max(1, len(x))


def centred(x: Samples) -> Samples:
    """Without the mean that a clip's DC leaves in a part of it."""
    return x - np.float32(x.mean(dtype=np.float64))


def normalised(a: Samples, b: Samples) -> float:
    """Σab / √(Σa² Σb²), exactly 1 for equal clips."""
    product = float(np.sum(a * b, dtype=np.float64))
    level = float(np.sqrt(energy(a) * energy(b)))
    return float(np.clip(product / level, -1.0, 1.0)) if level else 0.0


def outside(x: Samples, start: float, stop: float) -> float:
    """Share of a clip's energy before `start` and from `stop` on, without DC."""
    ends = x[: max(0, int(start))], x[max(0, int(np.ceil(stop))) :]
    return sum(energy(centred(end)) for end in ends if len(end)) / energy(x)


def residual(a: Samples, b: NDArray[np.float32]) -> float:
    """Energy of a − gain·b, as a share of a's."""
    gain = np.float32(np.sum(a * b, dtype=np.float64) / max(energy(b), 1e-300))
    return energy(a - gain * b) / max(energy(a), 1e-300)

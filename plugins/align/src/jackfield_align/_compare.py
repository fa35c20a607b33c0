"""Waveforms compared: lag, gain, polarity, overlap, and where the clips differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jackfield import Comparison

from ._band import NEAR_S, UPRIGHT, WHOLE, Agreement, Band, agreement, common_band, core, filtered
from ._calibration import by_waveform
from ._laid import DIFFERENT_SIMILARITY, Laid, lay, sounds_beyond
from ._recording import Recording, in_order, over_each_other, silent
from ._waveform import WHOLE_SAMPLE, find_peak, peak_near

NOTHING = 0.2  # correlation of waveforms that have nothing in common, some 0.05 less than at the exact lag
DOUBLING_DB = 20 * float(np.log10(2))

Inside = tuple[Comparison, Recording, Recording]  # a comparison, and the recordings it is of


def compare_common(a: Recording, b: Recording, min_overlap: float, beyond: bool = False) -> Inside:
    """Compare two waveforms, where a filter took part of one away in the band that both have."""
    found = compare(a, b, min_overlap, beyond)
    if found.offset_s is None or found.relation in ("identical", "same"):
        return found, a, b
    return compare_inside(a, b, found.offset_s, beyond) or (found, a, b)


def compare(a: Recording, b: Recording, min_overlap: float, beyond: bool = False) -> Comparison:
    """Compare two waveforms at the lag at which they agree best, see `Align`; the relation is None if they do not tell.

    beyond : list also what lies outside the overlap
    """
    if silent(a, b):
        return Comparison(float("nan"))
    first, second = in_order(a, b)
    rate = min(a.rate, b.rate)
    unit = rate / first.source_rate
    lag = find_peak(first.at(rate), second.at(rate), min_overlap, end_of(first, second), unit).lag
    return described(a, b, best(first, second, lag), beyond)


def compare_near(a: Recording, b: Recording, near_s: float, beyond: bool = False) -> Comparison:
    """The same at the best lag within 20 ms of an offset, which takes no inverse FFT."""
    if silent(a, b):
        return Comparison(float("nan"))
    first, second = in_order(a, b)
    rate = min(a.rate, b.rate)
    about = agreeing(first, second, 0.0 - near_s if first is b else near_s, WHOLE)
    if abs(about.correlation) < NOTHING:
        return Comparison(1.0 - abs(about.correlation), relation="different")
    lag = peak_near(first.at(rate).samples, second.at(rate).samples, round(about.offset_s * rate))
    return described(a, b, best(first, second, lag), beyond)


def compare_inside(a: Recording, b: Recording, near_s: float, beyond: bool = False) -> Inside | None:
    """Compare two waveforms in the band that both have; None unless they are the same or variants there, by a filter.

    near_s : about their offset, unless they begin or end together. Lag, polarity and gain are those of the middle of
        the band.
    """
    band = common_band(a.profile, b.profile)
    if band is None:
        return None
    middle = core(band, a.profile, b.profile)
    ends = (at for at in (0.0, a.seconds - b.seconds) if abs(at - near_s) > NEAR_S)
    likely = [agreeing(a, b, offset_s, middle, UPRIGHT) for offset_s in (near_s, *ends)]
    nearest = max(likely, key=lambda found: abs(found.product))
    centre = agreeing(a, b, nearest.offset_s, middle, UPRIGHT)
    if abs(centre.correlation) < DIFFERENT_SIMILARITY:
        return None
    here, there = a.within(band), b.within(band)
    inside = described(here, there, turned(here, there, centre.offset_s), beyond)
    both = over_each_other(a, b, centre.offset_s)
    if inside.relation not in ("same", "variant"):
        return None
    if not filtered(*(both[::-1] if a.after(b) else both), min(a.rate, b.rate), band):
        return None
    gain_db = centre.gain_db + DOUBLING_DB * (a.exponent - b.exponent)
    return replace(inside, gain_db=gain_db, polarity=-1 if centre.correlation < 0 else 1), here, there


def agreeing(a: Recording, b: Recording, near_s: float, band: Band, upright: float = 1.0) -> Agreement:
    """How two clips agree best in a band, near an offset, see `agreement`."""
    if a.after(b):  # always the same way round, as in `compare`
        found = agreeing(b, a, 0.0 - near_s, band, upright)
        return found._replace(offset_s=0.0 - found.offset_s, gain_db=0.0 - found.gain_db)
    rate = min(a.rate, b.rate)
    near_s = round(near_s * rate) / rate
    found = agreement(*over_each_other(a, b, near_s, NEAR_S), rate, band, upright)
    return found._replace(offset_s=near_s + found.offset_s)


def turned(a: Recording, b: Recording, offset_s: float) -> Laid | None:
    """Two clips, in their order, at an offset, where a filter may have turned phases."""
    if silent(a, b):
        return None
    first, second = in_order(a, b)
    rate = min(a.rate, b.rate)
    lag = on_sample(first, second, (0.0 - offset_s if first is b else offset_s) * rate)
    return lay(first.at(rate).samples, second.at(rate).samples, lag, rate, exact=False, turned=True)


def described(a: Recording, b: Recording, laid: Laid | None, beyond: bool = False) -> Comparison:
    """What is found of two clips, laid over each other in their order."""
    if laid is None:
        return Comparison(float("nan"))
    swap, rate = a.after(b), min(a.rate, b.rate)
    clock = laid.lag if swap else 0.0
    intervals: list[tuple[float, float]] = []
    if laid.aligned:
        intervals = [(laid.start + i, laid.start + j) for i, j in laid.fit.intervals]
    if beyond and laid.longer:
        x, y = (clip.at(rate).samples for clip in in_order(a, b))
        intervals = sorted(intervals + sounds_beyond(x, y, laid.lag, rate))
    gain = laid.fit.inverse if swap else laid.fit.gain
    offset = (0.0 - laid.lag if swap else laid.lag) / rate
    distance = 1.0 - abs(laid.similarity)
    return Comparison(
        distance,
        similarity=by_waveform(laid.relation, distance),
        offset_samples=whole(offset * a.source_rate),
        offset_s=offset,
        gain_db=20 * float(np.log10(max(abs(gain), 1e-15))) + DOUBLING_DB * (a.exponent - b.exponent),
        polarity=-1 if laid.similarity < 0 else 1,
        overlap=laid.overlap,
        differs=tuple(((i - clock) / rate, (j - clock) / rate) for i, j in intervals),
        relation=laid.relation,
    )


def best(first: Recording, second: Recording, lag: float) -> Laid | None:
    """Two clips at a lag in samples, or where they begin or end together if that explains more."""
    rate = min(first.rate, second.rate)
    x, y = first.at(rate).samples, second.at(rate).samples
    same_rate = first.source_rate == second.source_rate
    lag = on_sample(first, second, lag)
    exact = same_rate and abs(first.above - second.above) < 1e-3
    found = lay(x, y, lag, rate, exact)
    if found is None or found.relation in ("identical", "same"):
        return found
    # What fades is like itself at other lags too, and louder there; a hum at every period. A sound that is played twice
    # fits at both; laid so that the clips begin together, the second is the one added.
    together = lay(x, y, 0.0, rate, exact)
    if together is not None and together.aligned:
        return together if found.longer or not together.fit.intervals else found
    ending = lay(x, y, end_of(first, second), rate, exact) if same_rate else None
    if ending is not None and ending.aligned and not ending.fit.intervals:
        return ending
    return found


def on_sample(first: Recording, second: Recording, lag: float) -> float:
    """A lag in samples, at a sample of the files if it is next to one: edits happen on whole samples."""
    per_sample = first.source_rate / min(first.rate, second.rate)
    whole_lag = round(lag * per_sample)
    near = first.source_rate == second.source_rate and abs(lag * per_sample - whole_lag) < WHOLE_SAMPLE
    return whole_lag / per_sample if near else lag


def end_of(first: Recording, second: Recording) -> float:
    """Lag in samples at which two clips end together."""
    rate = min(first.rate, second.rate)
    if first.source_rate == second.source_rate:
        return float(first.length - second.length) / (first.source_rate / rate)
    return float(len(first.at(rate)) - len(second.at(rate)))


def whole(offset: float) -> float:
    """Without the rounding error of a division by the rate."""
    return float(round(offset)) if abs(offset - round(offset)) < 1e-6 else offset

"""How two spectrograms relate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jackfield import ConfigError, DataError, Grid

from ._checks import finite, whole
from ._traces import Traces, lag, traces
from ._transform import lonely

FLOOR = 1e-3  # magnitudes below this share of the largest do not count when the shift is sought
ENDS = (0.25, 0.5, 0.5**0.5, 2**0.5, 2.0, 4.0)  # what counting negative twins in makes of power and magnitude
EXPONENTS = (0.5, 1.0, 2.0)  # power against magnitude, alike, magnitude against power


@dataclass(frozen=True)
class SpectrogramsCompared:
    """How spectrogram `b` relates to spectrogram `a`.

    counts : frames of a and of b
    shift : frame k of a is frame k + shift of b
    compared : frames that both have
    lag : samples by which frame k + shift of b begins later than frame k of a: above 0 where the shift is no whole
        number of frames; None where it cannot be told
    silent : which of the two is 0 everywhere, "a", "b" or both
    exponent, factor : |b| = factor · |a| ** exponent where the two agree
    ends : how much of the factor holds at 0 Hz and half the rate, which have no negative twin: 1, or less where b
        alone counts the others' twins with them, more where a does
    factor_is : what the factor is in terms of the window, if it is something known
    phase : "same", "turned" (one counts a frame's time from its middle, the other from its start), "inverted",
        "conjugate", "different"; None where one has no phase
    differs : frames of a whose values differ
    where : "nowhere", "edges" (first and last frames: padding), "inside" or "everywhere"
    error : largest difference in the frames that agree, over the largest value; NaN where none agrees
    a, b : what each shows of the way it was made
    """

    counts: tuple[int, int]
    shift: int
    compared: int
    lag: int | None
    silent: tuple[str, ...]
    exponent: float
    factor: float
    ends: float
    factor_is: str | None
    phase: str | None
    differs: tuple[int, ...]
    where: str
    error: float
    a: Traces
    b: Traces

    def __str__(self) -> str:
        return "\n".join(_sentences(self))


@dataclass
class _Side:
    """One spectrogram as (rows, frames): magnitudes, complex values if there are any, and what is known of it."""

    size: np.ndarray
    values: np.ndarray | None
    traces: Traces
    shape: tuple[int, ...]
    order: int | None  # 1 for magnitudes, 2 for power, None where nobody says


def compare(a: Any, b: Any, hop: int | None, tolerance: float) -> SpectrogramsCompared:
    """What `jackfield_stft.explain.compare_spectrograms` describes."""
    hop = None if hop is None else whole("hop", hop, 1)
    if finite("tolerance", tolerance) < 0:
        raise ConfigError("tolerance must be 0 or more", f"got {tolerance:g}")
    one, two = _side("a", a, hop), _side("b", b, hop)
    if one.shape != two.shape:
        evidence = f"{one.shape} and {two.shape} before the frames"
        remedy = "use the same n_fft" if one.shape[-1] != two.shape[-1] else "compare one channel of each"
        raise DataError("the spectrograms have different frequencies or channels", evidence, remedy)
    shift = _shift(_outline(one.size), _outline(two.size))
    first, last = max(0, -shift), min(one.size.shape[1], two.size.shape[1] - shift)
    here, there = slice(first, last), slice(first + shift, last + shift)
    x, y = one.size[:, here], two.size[:, there]
    exponent = two.order / one.order if one.order and two.order else _exponent(x, y)
    silent = tuple(name for name, part in (("a", x), ("b", y)) if not part.any())
    factor, ends = (1.0, 1.0) if silent else _scale(x := x**exponent, y, _lonely(one))
    factors = np.full((len(x), 1), factor, x.dtype)
    factors[_lonely(one)] *= ends
    largest = factor * x.max() or y.max() or 1.0
    error = np.abs(y - factors * x).max(axis=0) / largest
    phase = None
    if one.values is not None and two.values is not None and exponent == 1 and not silent:
        phase, strict = _phase(one.values[:, here], two.values[:, there], factors)
        error = error if strict is None else np.maximum(error, strict / largest)
    wrong = error > tolerance
    where = _where(wrong)
    return SpectrogramsCompared(
        counts=(one.size.shape[1], two.size.shape[1]),
        shift=shift,
        compared=last - first,
        lag=0 if where in ("nowhere", "edges") else _lag(one, two, here, there),
        silent=silent,
        exponent=exponent,
        factor=factor,
        ends=ends,
        factor_is=_known_factor(factor, one, two),
        phase=phase,
        differs=tuple((first + np.flatnonzero(wrong)).tolist()),
        where=where,
        error=float(error[~wrong].max(initial=0.0)) if not wrong.all() else float("nan"),
        a=one.traces,
        b=two.traces,
    )


def _side(name: str, item: Any, hop: int | None) -> _Side:
    values = np.asarray(item.values if isinstance(item, Grid) else item)
    if values.ndim < 2 or 0 in values.shape or values.dtype.kind not in "fc":
        evidence = f"{name} is {values.shape} {values.dtype}"
        raise DataError("a spectrogram is real or complex (…, frequency, frame)", evidence)
    if not np.isfinite(values).all():
        raise DataError(
            "a spectrogram must hold finite values", f"{int((~np.isfinite(values)).sum())} of {name}'s are not"
        )
    while values.ndim > 2 and values.shape[0] == 1:  # a single channel, which other tools do not count
        values = values[0]
    rows = values.reshape(-1, values.shape[-1])
    found = traces(values.reshape(-1, *values.shape[-2:])[0], item if isinstance(item, Grid) else None, hop)
    if values.dtype.kind == "c":
        return _Side(np.abs(rows), rows, found, values.shape[:-1], 1)
    scale = item.scale if isinstance(item, Grid) else "db" if (rows < 0).any() else ""
    size = 10 ** (rows.astype(np.float64) / 20) if scale == "db" else rows
    return _Side(size, None, found, values.shape[:-1], {"db": 1, "magnitude": 1, "power": 2}.get(scale))


def _lag(a: _Side, b: _Side, here: slice, there: slice) -> int | None:
    if a.values is None or b.values is None:
        return None
    bins = a.shape[-1]
    return lag(a.values[:bins, here], b.values[:bins, there], a.traces, b.traces)


def _outline(size: np.ndarray) -> np.ndarray:
    """(≤ 64, frames) logarithms of neighbouring rows' mean, each row about its mean: blind to scale and exponent."""
    first = np.arange(0, len(size), -(-len(size) // 64))
    low = np.log(np.maximum(size, FLOOR * size.max() or 1.0))
    bands = np.add.reduceat(low, first, axis=0)
    return bands - bands.mean(axis=1, keepdims=True)


def _shift(a: np.ndarray, b: np.ndarray) -> int:
    """Frames by which `b` lags, of largest normalised correlation where at least half of the shorter one overlaps."""
    m, n = a.shape[1], b.shape[1]
    size = 1 << (m + n).bit_length()
    cross = np.fft.irfft(np.sum(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), axis=0), size)
    least = -(-min(m, n) // 2)
    lags = np.arange(least - m, n - least + 1)
    low, high = np.maximum(0, -lags), np.minimum(m, n - lags)
    ea, eb = (np.concatenate([[0.0], np.cumsum(np.square(e).sum(axis=0))]) for e in (a, b))
    energy = np.sqrt((ea[high] - ea[low]) * (eb[high + lags] - eb[low + lags]))
    score = np.divide(cross[lags], energy, out=np.zeros(len(lags)), where=energy > 1e-9 * max(ea[-1], eb[-1]))
    # steady sound correlates alike at many lags: then the least of them
    good = lags[score >= score.max() - 1e-9]
    return int(good[np.argmin(np.abs(good))])


def _exponent(x: np.ndarray, y: np.ndarray) -> float:
    """Of EXPONENTS, the one nearest to the slope of log |b| over log |a|."""
    loud = (x > FLOOR * x.max()) & (y > 0)
    if np.count_nonzero(loud) < 2:
        return 1.0
    u, v = np.log(x[loud]), np.log(y[loud])
    u, v = u - u.mean(), v - v.mean()
    slope = float(np.median(np.abs(v[u != 0] / u[u != 0]))) if (u != 0).any() else 1.0
    return min(EXPONENTS, key=lambda e: abs(np.log(max(slope, 1e-9) / e)))


def _factor(x: np.ndarray, y: np.ndarray) -> float:
    """Median over the louder frames of each frame's least-squares factor: a few frames that differ do not move it."""
    energy = np.square(x, dtype=np.float64).sum(axis=0)
    loud = energy >= np.median(energy)
    if not energy.max():
        return 1.0
    fits = np.sum(x * y, axis=0, dtype=np.float64)[loud & (energy > 0)] / energy[loud & (energy > 0)]
    return float(np.median(fits))


def _lonely(side: _Side) -> np.ndarray:
    """Which rows hold a frequency without a negative twin, where the negative ones were left out."""
    bins = side.shape[-1]
    alone = np.zeros(bins, bool)
    if bins == 1 + side.traces.n_fft // 2:
        alone[[*lonely(side.traces.n_fft)]] = True
    return np.tile(alone, len(side.size) // bins)


def _scale(x: np.ndarray, y: np.ndarray, alone: np.ndarray) -> tuple[float, float]:
    """The factor, and how much of it holds in the rows that stand alone, where that is one of ENDS, else 1."""
    if x[alone].any() and x[~alone].any():
        factor, ends = _factor(x[~alone], y[~alone]), _factor(x[alone], y[alone])
        for share in ENDS:
            if abs(ends - share * factor) < 1e-3 * ends:
                return factor, share
    return _factor(x, y), 1.0


def _phase(x: np.ndarray, y: np.ndarray, factors: np.ndarray) -> tuple[str, np.ndarray | None]:
    """How the phases relate, and each frame's largest difference once that is undone (None if it cannot be)."""
    turn = (-1.0) ** np.arange(len(x))[:, None]
    for name, seen in (("same", x), ("inverted", -x), ("turned", x * turn), ("conjugate", np.conj(x))):
        error = np.abs(y - factors * seen).max(axis=0)
        if np.median(error) <= 1e-3 * (factors * np.abs(x)).max():
            return name, error
    return "different", None


def _where(wrong: np.ndarray) -> str:
    right = np.flatnonzero(~wrong)
    if not right.size:
        return "everywhere"
    if right.size == wrong.size:
        return "nowhere"
    if wrong.mean() > 0.9:
        return "everywhere"
    return "inside" if wrong[right[0] : right[-1] + 1].any() else "edges"


def _known_factor(factor: float, a: _Side, b: _Side) -> str | None:
    """A factor that people divide by, if this is one."""
    if abs(factor - 1) < 1e-4:
        return None
    n_fft = a.traces.n_fft
    sums = {"n_fft": float(n_fft), "√n_fft": n_fft**0.5, "32768 (16-bit units)": 32_768.0}
    for side in (a, b):
        shape = side.traces.shape
        of = "the window" if side.traces.window else f"a hann {len(shape)} window"
        sums |= {f"{of}'s sum": float(shape.sum()), f"half {of}'s sum": float(shape.sum()) / 2}
        sums |= {f"the root of {of}'s energy": float(np.sqrt(np.square(shape).sum()))}
    for name, value in sums.items():
        for power, mark in ((1, ""), (2, ", squared")):
            for sign, word in ((-1, "1 over "), (1, "")):
                if abs(factor / value ** (sign * power) - 1) < 1e-4:
                    return f"{word}{name}{mark}"
    return None


def _sentences(c: SpectrogramsCompared) -> Iterable[str]:
    count = f"a has {c.counts[0]} frames, b {c.counts[1]}"
    sign = "−" if c.shift < 0 else "+"
    yield f"{count}; frame k of a is frame k{f' {sign} {abs(c.shift)}' if c.shift else ''} of b{_between(c)}"
    if c.silent:
        yield f"{' and '.join(c.silent)} {'is' if len(c.silent) == 1 else 'are'} silent: 0 everywhere"
    else:
        yield _scale_told(c)
    # where all else differs, phases do
    if c.phase not in (None, "same") and (c.phase, c.where) != ("different", "everywhere"):
        turned = "turned by half a frame: one counts time from the middle of a frame, the other from its start"
        yield f"phase: {turned if c.phase == 'turned' else c.phase}"
    yield _difference(c)
    for name, side in (("a", c.a), ("b", c.b)):
        if side.window:
            pad = {None: "", "zeros": ", zeros before the start"}.get(
                side.pad, f", {side.pad} padding before the start"
            )
            yield f"{name}: window {side.window} in n_fft {side.n_fft}, hop {side.hop}{pad}"


def _scale_told(c: SpectrogramsCompared) -> str:
    size = {0.5: "the root of a", 1.0: "a", 2.0: "a squared"}[c.exponent]
    known = f" ({c.factor_is})" if c.factor_is else ""
    text = f"scale: b is {c.factor:.6g} × {size}{known}"
    if c.ends == 1:
        return text
    one, other = ("b", "a") if c.ends < 1 else ("a", "b")
    why = f"{one} counts every other frequency's negative twin with it, {other} does not (one-sided scaling)"
    return f"{text}, but {c.ends:.6g} of that at 0 Hz and half the rate: {why}"


def _between(c: SpectrogramsCompared) -> str:
    if not c.lag or not c.a.hop:
        return ""
    frames = c.shift - c.lag / c.a.hop
    return f", which begins {abs(c.lag)} samples {'later' if c.lag > 0 else 'earlier'}: {frames:+.6g} frames in all"


def _difference(c: SpectrogramsCompared) -> str:
    to = f"agree to {c.error:.1g} of the largest value" if c.error else "are equal"
    rest = f"the rest {to}"
    some = f"{len(c.differs)} of the {c.compared} frames differ"
    if c.where == "nowhere":
        return f"all {c.compared} frames {to}"
    if c.silent:
        return some
    if c.where == "edges":
        return f"{some}, {runs(c.differs)}: only the edges, so the padding; {rest}"
    if c.where == "inside":
        return f"{some}, {runs(c.differs)}: inside, so the signal; {rest}"
    pairs = {"the window": (c.a.window, c.b.window), "the hop": (c.a.hop, c.b.hop), "where frames begin": (0, c.lag)}
    unlike = [name for name, (a, b) in pairs.items() if None not in (a, b) and a != b]
    return f"{some}: everywhere, so {' and '.join(unlike) or 'the window, n_fft, hop or the signal'}"


def runs(numbers: tuple[int, ...]) -> str:
    """Numbers in order as runs, at most eight of them.

    >>> runs((0, 1, 2, 7))
    '0–2 and 7'
    """
    found: list[list[int]] = []
    for k in numbers:
        if found and found[-1][1] == k - 1:
            found[-1][1] = k
        else:
            found.append([k, k])
    texts = [f"{a}–{b}" if b > a else f"{a}" for a, b in found[:8]] + (["…"] if len(found) > 8 else [])
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]

"""What a complex spectrogram shows of the way it was made: window, hop, padding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jackfield import Grid

from ._transform import lonely
from ._windows import COSINES, window

NAMES = (*COSINES, "povey")
SEEN = 400  # frames looked at
SAME = 1e-8  # share of the energy that rounding to float32 may leave where the right window is tried
TWINS = (1.0, 2.0, 2**0.5)  # plain values, one-sided amplitudes, one-sided roots of power
HOPS = (64, 80, 100, 128, 160, 200, 220, 240, 256, 320, 400, 441, 480, 512, 1024)


@dataclass(frozen=True)
class Traces:
    """What one spectrogram shows; None where it does not.

    n_fft : length of the transform
    window : shape and length of the window, as in "hann 400" or, if it is not periodic, "symmetric hann 400"
    shape : (n_fft,) values of the window, those of a Hann window where it is unknown
    hop : samples between frames
    pad : "zeros", "reflect", "symmetric" or "edge", found before the first sample of a centred transform
    turned : whether phases count from the middle of a frame
    twins : how much more of a bin there is where its negative twin is counted with it
    """

    n_fft: int
    shape: np.ndarray
    window: str | None = None
    hop: int | None = None
    pad: str | None = None
    turned: bool = False
    twins: float = 1.0


def traces(values: np.ndarray, grid: Grid | None, hop: int | None) -> Traces:
    """Traces of (bins, count) values; `grid` tells n_fft and hop where there is one."""
    n_fft = _n_fft(values, grid)
    unknown = Traces(n_fft, window("hann", n_fft, True, n_fft))
    if values.dtype.kind != "c" or values.shape[0] != 1 + n_fft // 2 or n_fft < 4:
        return unknown
    hop = grid.frames.hop if grid and grid.frames else hop
    hops = [hop] if hop else sorted({n_fft // d for d in (2, 3, 4, 5, 6, 8, 10, 16, 32)} | {*HOPS})
    first = max(0, values.shape[1] // 2 - SEEN // 2)
    middle = values[:, first : first + SEEN]
    for twins in TWINS:
        best = _best(middle, replace(unknown, twins=twins), hops)
        if best.hop is not None:
            enough = 1 + -(-n_fft // best.hop)
            return replace(best, pad=_padding(_frames(values[:, :enough], best), best.shape, best.hop))
    return unknown


def _best(values: np.ndarray, unknown: Traces, hops: list[int]) -> Traces:
    """The window, hop and phase that explain (bins, count) values, or `unknown` where none do."""
    best, least, n_fft = unknown, SAME, unknown.n_fft
    for turned in (False, True):
        frames = _frames(values, replace(unknown, turned=turned))
        candidates = _candidates(frames, n_fft)
        for h in hops:
            if 0 < h < n_fft and len(frames) > 1 and candidates:
                k, rest = _fit(frames, h, np.array([c.shape for c in candidates]))
                if rest < least:
                    best, least = replace(candidates[k], hop=h, turned=turned, twins=unknown.twins), rest
    return best


def _n_fft(values: np.ndarray, grid: Grid | None) -> int:
    step = grid.axes[-2].step if grid else None
    if grid and grid.frames and step:
        return round(grid.frames.rate / step)
    return max(2, 2 * (values.shape[0] - 1))


def _frames(values: np.ndarray, made: Traces) -> np.ndarray:
    """(count, n_fft) windowed samples of (bins, count) values."""
    factors = (-1.0) ** np.arange(len(values)) if made.turned else np.ones(len(values))
    factors[[*lonely(made.n_fft)]] *= made.twins
    return np.fft.irfft(values.T.astype(np.complex128) * factors, made.n_fft)


def _candidates(frames: np.ndarray, n_fft: int) -> list[Traces]:
    """Windows of every shape that are about as long as the part of the frames that is not 0."""
    energy = np.square(frames).sum(axis=0)
    held = np.flatnonzero(energy > 1e-12 * energy.max())
    if not energy.max():
        return []
    first, last = int(held[0]), int(held[-1])
    spans = {(0, n_fft)} | {
        (lead, stop - lead)
        for lead in range(max(0, first - 3), first + 1)
        for stop in range(last + 1, min(n_fft, last + 4) + 1)
    }
    return [
        Traces(n_fft, window(name, length, periodic, n_fft, lead), f"{'' if periodic else 'symmetric '}{name} {length}")
        for periodic in (True, False)
        for lead, length in sorted(spans, key=lambda s: -s[1])
        for name in NAMES
        if length > 1
    ]


def _fit(frames: np.ndarray, hop: int, shapes: np.ndarray) -> tuple[int, float]:
    """The window that explains the frames best, and the share of energy it leaves unexplained.

    Sample m + hop of a frame is sample m of the next, so w[m] · frame[m + hop] must be w[m + hop] · next[m].
    """
    early, late = frames[:-1, hop:], frames[1:, :-hop]
    one, two, both = np.square(early).sum(axis=0), np.square(late).sum(axis=0), (early * late).sum(axis=0)
    w, v = shapes[:, :-hop], shapes[:, hop:]
    total = w**2 @ one + v**2 @ two
    left = np.abs(total - 2 * (w * v) @ both)
    share = np.divide(left, total, out=np.ones(len(shapes)), where=total > 1e-6 * total.max())
    # of windows that fit alike (a symmetric one may be a periodic one and a zero) the first
    k = int(np.argmax(share <= 4 * share.min() + 1e-13))
    return k, float(share[k])


def lag(a: np.ndarray, b: np.ndarray, one: Traces, two: Traces) -> int | None:
    """Samples by which b's frames begin later than a's, within a hop; None where no lag makes their samples equal.

    a, b : (bins, count) complex values, frame against frame; the loudest eight are looked at
    """
    if one.hop is None or one.hop != two.hop or one.n_fft != two.n_fft:
        return None
    loud = np.argsort(-np.abs(a).max(axis=0))[:8]
    x, y = (
        np.divide(_frames(values[:, loud], t), t.shape, where=_open(t), out=np.zeros((len(loud), t.n_fft)))
        for values, t in ((a, one), (b, two))
    )
    n_fft = one.n_fft
    for d in sorted(range(1 - one.hop, one.hop), key=abs):
        early, late = slice(max(0, d), n_fft + min(0, d)), slice(max(0, -d), n_fft - max(0, d))
        both = _open(one)[early] & _open(two)[late]
        u, v = x[:, early][:, both], y[:, late][:, both]
        energy = float(np.square(u).sum() * np.square(v).sum())
        if np.count_nonzero(both) > n_fft // 8 and energy and 1 - float((u * v).sum()) ** 2 / energy < 1e-6:
            return d
    return None


def _open(side: Traces) -> np.ndarray:
    """Where the window is large enough to divide by."""
    return side.shape > 0.1 * side.shape.max()


def _padding(frames: np.ndarray, shape: np.ndarray, hop: int) -> str | None:
    """What stands before the first sample, if frame 0 is centred on it: overlap-add of the first frames shows it.

    None if nothing fits, or more than one do.
    """
    n_fft = len(shape)
    half, count = n_fft // 2, len(frames)
    if n_fft + (count - 1) * hop < 2 * n_fft:
        return None
    total, weight = (np.zeros(n_fft + (count - 1) * hop) for _ in range(2))
    for k in range(count):
        part = slice(k * hop, k * hop + n_fft)
        total[part] += frames[k] * shape
        weight[part] += shape**2
    sure = weight > 1e-3 * weight.max()
    y = np.divide(total, weight, out=np.zeros_like(total), where=sure)
    before, signal = y[half - 1 :: -1], y[half : 2 * half + 1]
    models = {
        "zeros": np.zeros(half),
        "reflect": signal[1 : half + 1],
        "symmetric": signal[:half],
        "edge": np.full(half, signal[0]),
    }
    usable = sure[half - 1 :: -1] & sure[half : 2 * half] & sure[half + 1 : 2 * half + 1]
    scale = np.square(signal[:-1][usable]).sum()
    left = {name: float(np.square(before - m)[usable].sum()) for name, m in models.items()}
    best, second, *_ = sorted(left, key=left.__getitem__)
    clear = left[best] <= 1e-6 * scale and left[second] > 100 * left[best] + 1e-12 * scale
    return best if clear else None

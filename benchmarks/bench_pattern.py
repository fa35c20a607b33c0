"""The pattern distance: time per clip and per pair against waveform correlation. How well it groups: accuracy.py."""

import numpy as np
from ab import compare
from jackfield_align import Pattern
from scipy.signal import correlate

from jackfield import Signal

RATE = 16_000


def beats(seed: int) -> np.ndarray:
    """Two seconds of decaying hits."""
    rng = np.random.default_rng(seed)
    out = np.zeros(2 * RATE, np.float32)
    for at in rng.choice(18, 8, replace=False) * RATE // 10:
        out[at : at + 2000] += rng.normal(size=2000) * np.exp(-np.arange(2000) / 400)
    return out


def correlated(a: np.ndarray, b: np.ndarray) -> float:
    """The largest correlation over all lags."""
    return float(np.abs(correlate(a, b, method="fft")).max())


def main() -> None:
    """All pairs of 12 different clips of 2 s, and one pair of copies, which is settled by the waveforms.

    The sketches are made beforehand: they are per clip, and a collection has far more pairs.
    """
    pattern, clips = Pattern(), [beats(k) for k in range(12)]
    sketches = [pattern.sketch(Signal(samples=x, rate=RATE)) for x in [*clips, np.roll(clips[0], 99)]]
    i, j = np.triu_indices(12, 1)
    alike = np.array([0]), np.array([12])
    assert pattern.pairs(sketches, i, j)["distance"].min() > pattern.pairs(sketches, *alike)["distance"][0]
    compare(f"{i.size} pairs of 2 s at 16 kHz", {
        "pattern": lambda: pattern.pairs(sketches, i, j),
        "scipy correlate": lambda: [correlated(clips[p], clips[q]) for p, q in zip(i, j, strict=True)],
    }, rounds=7)  # fmt: skip
    compare("one pair of copies, and one clip", {
        "pattern": lambda: pattern.pairs(sketches, *alike),
        "scipy correlate": lambda: correlated(clips[0], clips[1]),
        "sketch": lambda: pattern.sketch(Signal(samples=clips[0], rate=RATE)),
    })  # fmt: skip


if __name__ == "__main__":
    main()

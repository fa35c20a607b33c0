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
    """All pairs of 200 different clips, from samples to distances; one pair of copies, which waveforms settle."""
    pattern, clips = Pattern(), [beats(k) for k in range(200)]
    i, j = np.triu_indices(len(clips), 1)

    def sketched(these: list[np.ndarray]) -> list:
        return [pattern.sketch(Signal(samples=x, rate=RATE)) for x in these]

    alike, first = sketched([clips[0], np.roll(clips[0], 99)]), np.array([0])
    different = sketched(clips[:12])
    near = pattern.pairs(alike, first, first + 1)["distance"][0]
    assert pattern.pairs(different, *np.triu_indices(12, 1))["distance"].min() > near
    compare(f"{i.size:,} pairs of 200 clips of 2 s at 16 kHz", {
        "scipy correlate": lambda: [correlated(clips[p], clips[q]) for p, q in zip(i, j, strict=True)],
        "pattern": lambda: pattern.pairs(sketched(clips), i, j),
    }, rounds=7)  # fmt: skip
    compare("one pair of copies, and one clip", {
        "scipy correlate": lambda: correlated(clips[0], clips[1]),
        "pattern": lambda: pattern.pairs(alike, first, first + 1),
        "sketch": lambda: sketched(clips[:1]),
    })  # fmt: skip


if __name__ == "__main__":
    main()

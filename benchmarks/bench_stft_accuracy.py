"""Largest errors of float32 spectra against float64, one frame a clip, over the clip's maximum."""

import numpy as np
from jackfield_kernels import level, stft

CLIPS = 256  # of each kind, length and window
LENGTHS = (32, 50, 64, 96, 127, 128, 240, 256, 400, 480, 512, 1000, 1022, 1024, 1536, 2048, 4096)
WINDOWS = {"rect": np.ones, "hann": lambda n: np.hanning(n + 1)[:-1], "hamming": lambda n: np.hamming(n + 1)[:-1]}


def tones(rng: np.random.Generator, hz: np.ndarray, n: int) -> np.ndarray:
    """Cosines of these frequencies, in cycles per sample, in any phase."""
    return np.cos(2 * np.pi * hz * np.arange(n) + rng.uniform(0, 2 * np.pi, hz.shape))


def voice(rng: np.random.Generator, n: int) -> np.ndarray:
    """Harmonics that fall off, over noise."""
    pitch = rng.uniform(2, max(3, n / 40), (CLIPS, 1)) / n
    parts = (tones(rng, h * pitch, n) * (h * pitch < 0.5) / h for h in range(1, 12))
    return sum(parts, 0.01 * rng.standard_normal((CLIPS, n)))


def impulse(rng: np.random.Generator, n: int) -> np.ndarray:
    """One sample in silence: nothing averages out."""
    return (np.arange(n) == rng.integers(n // 8, n - n // 8, (CLIPS, 1))).astype(float)


KINDS = {
    "noise": lambda rng, n: rng.standard_normal((CLIPS, n)),
    "uniform noise": lambda rng, n: rng.uniform(-1, 1, (CLIPS, n)),
    "tone at a bin": lambda rng, n: tones(rng, rng.integers(0, n // 2 + 1, (CLIPS, 1)) / n, n),
    "tone between bins": lambda rng, n: tones(rng, rng.uniform(0, 0.5, (CLIPS, 1)), n),
    "square wave": lambda rng, n: np.sign(tones(rng, rng.uniform(0.5 / n, 0.25, (CLIPS, 1)), n)),
    "offset": lambda rng, n: 1 + 1e-3 * rng.standard_normal((CLIPS, n)),
    "voice": voice,
    "impulse": impulse,
}


def errors(kind: str, power: int | None) -> np.ndarray:
    """Of every clip of that kind."""
    found = []
    for n in LENGTHS:
        for shape in WINDOWS.values():
            rng = np.random.default_rng(n)
            loudness = 10 ** rng.uniform(-2, 0, (CLIPS, 1))
            x, window = (loudness * KINDS[kind](rng, n)).astype("f4"), shape(n).astype("f4")
            truth = np.fft.rfft(x.astype("f8") * window.astype("f8"))
            truth = truth if power is None else np.abs(truth) ** power
            got = stft(x.ravel(), window, n, count=CLIPS, power=power).T
            found.append(np.abs(got - truth).max(axis=1) / np.abs(truth).max(axis=1))
    return np.concatenate(found)


def main() -> None:
    print(f"level {level()}\n\n| {CLIPS * len(LENGTHS) * len(WINDOWS)} clips of | values | median | largest |")
    print("|---|---|---|---|")
    for kind in KINDS:
        for power, name in ((None, "complex"), (2, "power")):
            e = errors(kind, power)
            print(f"| {kind} | {name} | {np.median(e):.1e} | {e.max():.1e} |", flush=True)


if __name__ == "__main__":
    main()

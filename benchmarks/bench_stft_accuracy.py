"""Largest errors of float32 spectra against float64, over the maximum: one frame a clip, spectrograms of recordings.

Recordings are looked for in the folder JACKFIELD_SHARED, or `shared` beside the checkout.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench_stft import CASES as TIMED
from bench_stft import noise, ours
from jackfield_kernels import level, stft

CLIPS = 256  # of each kind, length and window
LENGTHS = (32, 50, 64, 96, 127, 128, 240, 256, 400, 480, 512, 1000, 1022, 1024, 1536, 2048, 4096)
SPECTROGRAMS = ((2048, 512), (512, 128), (400, 160))
SHARED = Path(os.environ.get("JACKFIELD_SHARED", Path(__file__).parents[2] / "shared"))
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
            got = stft(x.ravel(), window, n, count=CLIPS, power=power).T
            truth = spectra(x, window, power)
            found.append(np.abs(got - truth).max(axis=1) / np.abs(truth).max(axis=1))
    return np.concatenate(found)


def spectra(frames: np.ndarray, window: np.ndarray, power: int | None) -> np.ndarray:
    """In float64, of float32 samples and window."""
    spectrum = np.fft.rfft(frames.astype("f8") * window.astype("f8"))
    return spectrum if power is None else np.abs(spectrum) ** power


def recordings() -> Iterator[np.ndarray]:
    """Samples of every clip, (channels, n)."""
    import soundfile

    for path in sorted((SHARED / "data/dev/clips").iterdir()):
        yield soundfile.read(path, dtype="float32", always_2d=True)[0].T.copy()


def spectrogram_errors(power: int | None) -> np.ndarray:
    """Of every recording that is not silent, for every size that fits."""
    found = []
    for x in recordings():
        for n, hop in SPECTROGRAMS:
            if x.shape[1] < n or not x.any():
                continue
            window = WINDOWS["hann"](n).astype("f4")
            frames = np.lib.stride_tricks.sliding_window_view(x, n, axis=1)[:, ::hop]
            got = stft(x, window, hop, count=frames.shape[1], power=power).swapaxes(1, 2)
            truth = spectra(frames, window, power)
            found.append(np.abs(got - truth).max() / np.abs(truth).max())
    return np.array(found)


def timed_errors(power: int | None) -> np.ndarray:
    """Of the spectrograms of noise that bench_stft.py times."""
    found = []
    for channels, n, n_fft, hop in TIMED.values():
        x = noise(channels, n)
        got, truth = (ours(samples, n_fft, hop, power, 1)() for samples in (x, x.astype("f8")))
        found.append(np.abs(got - truth).max() / np.abs(truth).max())
    return np.array(found)


def show(clips: str, values: str, error: np.ndarray) -> None:
    print(f"| {clips} | {values} | {np.median(error):.1e} | {error.max():.1e} |", flush=True)


def main() -> None:
    print(f"level {level()}\n\n| {CLIPS * len(LENGTHS) * len(WINDOWS)} clips of | values | median | largest |")
    print("|---|---|---|---|")
    for kind in KINDS:
        for power, name in ((None, "complex"), (2, "power")):
            show(kind, name, errors(kind, power))
    for power, name in ((None, "complex"), (2, "power")):
        show(f"{len(TIMED)} spectrograms that are timed", name, timed_errors(power))
    if not SHARED.is_dir():
        print(f"no recordings in {SHARED}: their spectrograms are left out")
        return
    for power, name in ((None, "complex"), (2, "power")):
        error = spectrogram_errors(power)
        show(f"{len(error)} spectrograms of recordings", name, error)


if __name__ == "__main__":
    main()

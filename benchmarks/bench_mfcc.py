"""MFCC against librosa: one clip, many clips, an hour; accuracy, memory, and growth with length."""

import sys
from collections.abc import Callable

import numpy as np
from jackfield_kernels import level, mel_bands
from race import HEADER, fresh, growth, print_growth, race

RATE, N_FFT, HOP, N_MELS, N_MFCC = 22_050, 2048, 512, 128, 20


def noise(clips: int, seconds: float) -> np.ndarray:
    """Noise that falls by 60 dB, so that levels 80 dB under the loudest are near."""
    n = int(seconds * RATE)
    x = np.random.default_rng(1).standard_normal((clips, n), dtype=np.float32)
    x *= 0.1 * np.logspace(0, -3, n, dtype=np.float32)
    return x


def matrices() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Window, mel weights and cosines: what librosa.feature.mfcc takes by default."""
    from librosa.filters import mel

    k = np.arange(N_MFCC)[:, None]
    cosines = np.sqrt(2 / N_MELS) * np.cos(np.pi * k * (2 * np.arange(N_MELS) + 1) / (2 * N_MELS))
    cosines[0] /= np.sqrt(2)
    return np.hanning(N_FFT + 1)[:-1], mel(sr=RATE, n_fft=N_FFT, n_mels=N_MELS, dtype=np.float64), cosines


WINDOW, WEIGHTS, COSINES = matrices()
SMALL = WINDOW.astype("f4"), WEIGHTS.astype("f4")


def mfcc(x: np.ndarray, threads: int = 1) -> np.ndarray:
    """What is measured: librosa's defaults, (…, coefficients, frames)."""
    window, weights = SMALL if x.dtype == np.float32 else (WINDOW, WEIGHTS)
    settings = {"start": -N_FFT // 2, "count": 1 + x.shape[-1] // HOP, "log": "db", "top_db": 80.0, "dct": COSINES}
    return mel_bands(x, window, HOP, weights, threads=threads, **settings).swapaxes(-1, -2)


def librosa_mfcc(x: np.ndarray) -> np.ndarray:
    import librosa

    return librosa.feature.mfcc(y=x, sr=RATE)


def component(x: np.ndarray) -> Callable[[], np.ndarray]:
    """The same as the component gives it: with names, units, frames and history."""
    from jackfield_mfcc import Mfcc

    from jackfield import Signal

    signal, work = Signal(samples=x[None], rate=RATE), Mfcc(top_db=80)
    return lambda: work(signal).values.T


def one_by_one(work: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    return np.stack([work(clip) for clip in x])


def against_librosa() -> None:
    print(f"\nMFCC, 20 of 128 bands, 2048/512 at 22.05 kHz, against librosa.feature.mfcc, level {level()}\n{HEADER}")
    one, many, hour = noise(1, 2)[0], noise(1000, 2), noise(1, 3600)[0]
    for threads in (1, 2):
        settings = {"tolerance": 1e-6, "threads": threads}
        race("one clip of 2 s", lambda n=threads: mfcc(one, n), lambda: librosa_mfcc(one), **settings)
        if threads == 1:
            race("one clip of 2 s: component", component(one), lambda: librosa_mfcc(one), tolerance=1e-6)
        together, apart = lambda n=threads: mfcc(many, n), lambda: one_by_one(librosa_mfcc, many)
        settings["rounds"] = 7
        # librosa ties the levels of all clips in one call to the loudest of them
        race("1000 × 2 s, in one call", together, lambda: librosa_mfcc(many), reference=apart, **settings)
        race("1000 × 2 s, the peer clip by clip", together, apart, **settings)
        race("1 h", lambda n=threads: mfcc(hour, n), lambda: librosa_mfcc(hour), **settings)


def accuracy() -> None:
    x = noise(20, 2)
    truth = mfcc(x.astype("f8"))
    for name, values in (("ours", mfcc(x)), ("librosa", one_by_one(librosa_mfcc, x))):
        error = np.abs(values - truth).max() / np.abs(truth).max()
        print(f"float32 against float64, {name}: {error:.1e} of the largest coefficient")


def growth_with_length() -> None:
    from ab import compare

    clips = {seconds: noise(1, seconds)[0] for seconds in (0.1, 1, 10, 100, 1000)}
    rows = compare("", {f"{s:g} s": lambda x=x: mfcc(x) for s, x in clips.items()}, quiet=True)
    print_growth("MFCC, 1 thread: time by length", rows)


def memory() -> None:
    hour = np.random.default_rng(1).standard_normal(3600 * RATE, dtype=np.float32)
    mfcc(hour[:RATE])
    print(f"peak beyond the samples {growth(lambda: mfcc(hour)):.0f} MB")


def main() -> None:
    accuracy()
    against_librosa()
    growth_with_length()
    print("\nMemory, 1 h:", fresh(__file__, "memory"))


if __name__ == "__main__":
    memory() if sys.argv[1:] == ["memory"] else main()

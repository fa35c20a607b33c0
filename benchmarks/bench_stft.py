"""Short-time Fourier transform against torch and librosa: complex and power, several sizes, 1 and 2 threads, memory."""

import os
import sys
from collections.abc import Callable

import numpy as np
from jackfield_kernels import level, stft, twin
from race import HEADER, fresh, growth, print_growth, race

# name: channels, samples, n_fft, hop
CASES = {
    "2 channels × 199,488, 512/32": (2, 199_488, 512, 32),
    "60 s at 44.1 kHz, 2048/512": (1, 60 * 44_100, 2048, 512),
    "64 × 5 s at 16 kHz, 400/160": (64, 80_000, 400, 160),
    "2 s at 22.05 kHz, 2048/512": (1, 44_100, 2048, 512),
    "0.1 s at 16 kHz, 400/160": (1, 1_600, 400, 160),
}
SHORT = 100_000  # samples of clips for which it matters what a result with axes costs
TEN_MINUTES = (1, 600 * 48_000, 2048, 512)


def noise(channels: int, n: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((channels, n), dtype=np.float32)


def hann(n_fft: int) -> np.ndarray:
    return np.hanning(n_fft + 1)[:-1].astype(np.float32)


def ours(x: np.ndarray, n_fft: int, hop: int, power: int | None, threads: int) -> Callable[[], np.ndarray]:
    """What is measured: frames centred and reflected, as torch has them."""
    window, count = hann(n_fft), 1 + x.shape[-1] // hop
    settings = {"start": -(n_fft // 2), "count": count, "pad": "reflect", "power": power, "threads": threads}
    return lambda: stft(x, window, hop, **settings)


def component(x: np.ndarray, n_fft: int, hop: int, power: int | None) -> Callable[[], np.ndarray]:
    """The same as `jackfield.stft` gives it: with axes, frames and history."""
    from jackfield_stft import Stft

    from jackfield import Signal

    signal, work = Signal(samples=x, rate=16_000), Stft(n_fft=n_fft, hop=hop, power=power)
    return lambda: work(signal).values


def torch_stft(x: np.ndarray, n_fft: int, hop: int, power: int | None) -> Callable[[], object]:
    import torch

    samples, window = torch.from_numpy(x), torch.from_numpy(hann(n_fft))
    spectrum = lambda: torch.stft(samples, n_fft, hop, window=window, return_complex=True)  # noqa: E731
    return spectrum if power is None else lambda: spectrum().abs() ** 2


def against_torch(cases: dict[str, tuple[int, int, int, int]], rounds: int = 9) -> None:
    for power, name in ((2, "torch.stft(…).abs() ** 2"), (None, "torch.stft(…)")):
        print(f"\n{'Power' if power else 'Complex'}, against {name}, level {level()}\n{HEADER}")
        for case, (channels, n, n_fft, hop) in cases.items():
            x = noise(channels, n)
            for threads in (1, 2):
                mine, peer = ours(x, n_fft, hop, power, threads), torch_stft(x, n_fft, hop, power)
                race(case, mine, peer, tolerance=1e-6, threads=threads, rounds=rounds)
            if x.size < SHORT:
                race(f"{case}: component", component(x, n_fft, hop, power), peer, tolerance=1e-6, rounds=rounds)


def twin_against_librosa() -> None:
    import librosa

    print(f"\nComplex in NumPy alone, against librosa.stft\n{HEADER}")
    for case, (channels, n, n_fft, hop) in CASES.items():
        x, window = noise(channels, n), hann(n_fft)
        out = (channels, 1 + n // hop, n_fft // 2 + 1)

        def numpy(x=x, window=window, hop=hop, n_fft=n_fft, out=out):
            result = np.empty(out, np.complex64).swapaxes(1, 2)
            twin.stft(x, window, hop, -(n_fft // 2), "constant", None, result)
            return result

        race(case, numpy, lambda x=x, f=n_fft, h=hop: librosa.stft(x, n_fft=f, hop_length=h), tolerance=1e-6)


def growth_with_length() -> None:
    from ab import compare

    work = {}
    for seconds in (0.1, 1, 10, 100, 1000):
        x = noise(1, int(seconds * 44_100))
        work[f"{seconds:g} s"] = ours(x, 2048, 512, 2, 1)
    rows = compare("", work, quiet=True)
    print_growth("Power, 2048/512 at 44.1 kHz, 1 thread: time by length", rows)


def memory() -> None:
    """Peak of 10 minutes at 48 kHz beyond the samples, against the size of the result."""
    x = noise(*TEN_MINUTES[:2])
    small = ours(x[:, :48_000], *TEN_MINUTES[2:], 2, 1)
    small()
    size = 1025 * (1 + x.shape[-1] // 512) * 4 / 2**20
    peak = growth(ours(x, *TEN_MINUTES[2:], 2, 1))
    print(f"result {size:.0f} MB, peak {peak:.0f} MB: {100 * (peak / size - 1):+.1f} %")


def main() -> None:
    against_torch(CASES)
    against_torch({"10 min at 48 kHz, 2048/512": TEN_MINUTES}, rounds=7)
    twin_against_librosa()
    growth_with_length()
    print("\nMemory, 10 min at 48 kHz:", fresh(__file__, "memory"))


if __name__ == "__main__":
    # torch's idle workers would spin, and take a core from whatever runs next
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    memory() if sys.argv[1:] == ["memory"] else main()

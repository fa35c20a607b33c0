"""Sinusoids against np.cos, and decomposing and rebuilding a million samples against scipy.fft."""

import numpy as np
import scipy.fft
from ab import compare
from jackfield_fourier import Dft, synthesize

from jackfield import Decomposition, Grid

N, COUNT, RATE = 1_000_000, 32, 48_000.0
RNG = np.random.default_rng(0)
HERTZ, SIZE, ANGLE = RNG.uniform(0, RATE / 2, COUNT), RNG.random(COUNT), RNG.uniform(-3, 3, COUNT)
TURN = 2 * np.pi * HERTZ / RATE


def cosines() -> np.ndarray:
    return SIZE[:, None] * np.cos(np.outer(TURN, np.arange(N)) + ANGLE[:, None])


def each(dtype: str) -> np.ndarray:
    """Every sinusoid by itself; one is done with before the next is made."""
    one = np.zeros(0)
    for tone in zip(HERTZ, SIZE, ANGLE, strict=True):
        del one
        one = synthesize(*([value] for value in tone), n=N, rate=RATE, dtype=dtype)
    return one


def some_bins() -> Decomposition:
    """The 32 strongest of a million samples' bins."""
    return Dft(top=COUNT)(Grid(values=cosines().sum(axis=0)))


def sinusoids() -> None:
    wanted = cosines()
    np.testing.assert_allclose(synthesize(HERTZ, SIZE, ANGLE, N, RATE), wanted.sum(axis=0), atol=1e-8)
    np.testing.assert_allclose(each("float64"), wanted[-1], atol=1e-9)
    np.testing.assert_allclose(each("float32"), wanted[-1], atol=1e-6)
    del wanted
    bins = some_bins()
    compare(f"{COUNT} sinusoids of {N:,} samples", {
        "np.cos(outer)": cosines,
        "np.cos(outer), summed": lambda: cosines().sum(axis=0),
        "their sum, float64": lambda: synthesize(HERTZ, SIZE, ANGLE, N, RATE),
        "their sum, float32": lambda: synthesize(HERTZ, SIZE, ANGLE, N, RATE, dtype="float32"),
        "one after the other, float64": lambda: each("float64"),
        "one after the other, float32": lambda: each("float32"),
        "components of a decomposition": lambda: [None for k in range(COUNT) if bins.component(k) is None],
    })  # fmt: skip


def transforms() -> None:
    for dtype in (np.float64, np.float32):
        x = RNG.standard_normal(N).astype(dtype)
        x.flags.writeable = False
        grid, whole = Grid(values=x), Dft()
        np.testing.assert_allclose(whole(grid).sum(), x, atol=100 * np.finfo(dtype).eps)
        compare(f"decompose and rebuild {N:,} samples, {np.dtype(dtype).name}", {
            "scipy.fft": lambda x=x: scipy.fft.irfft(scipy.fft.rfft(x), N),
            "numpy.fft": lambda x=x: np.fft.irfft(np.fft.rfft(x), N),
            "jackfield": lambda grid=grid, whole=whole: whole(grid).sum(),
        }, rounds=15)  # fmt: skip
    wide = RNG.standard_normal((256, 64))
    wide.flags.writeable = False
    grid, columns = Grid(values=wide), Dft(axis=0)
    compare("decompose and rebuild (256, 64) along axis 0, float64", {
        "scipy.fft": lambda: scipy.fft.irfft(scipy.fft.rfft(wide, axis=0), 256, axis=0),
        "jackfield": lambda: columns(grid).sum(),
    })  # fmt: skip


def main() -> None:
    sinusoids()
    transforms()


if __name__ == "__main__":
    main()

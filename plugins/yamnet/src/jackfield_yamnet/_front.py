"""What stands before the network: where patches lie, and their log-mel levels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jackfield import FrameGrid

if TYPE_CHECKING:
    import numpy as np

VERSION = 1  # changes when its numbers do
RATE = 16_000
WINDOW, HOP, N_FFT = 400, 160, 512  # 25 ms every 10 ms
BANDS, LOW, HIGH = 64, 125.0, 7500.0
PATCH, STEP = 96, 48  # frames
PATCH_SAMPLES, STEP_SAMPLES = (PATCH - 1) * HOP + WINDOW, STEP * HOP  # 15,600 and 7,680


def grid(n: int) -> FrameGrid:
    """Patches of a clip of `n` samples at 16 kHz; the last one may reach beyond its end.

    >>> [grid(n).count for n in (1, 15_600, 15_601, 48_000)], round(1 - grid(3200).coverage(0), 2)
    ([1, 1, 2, 6], 0.79)
    """
    count = 1 + max(0, -(-(n - PATCH_SAMPLES) // STEP_SAMPLES))
    return FrameGrid(count, STEP_SAMPLES, PATCH_SAMPLES, PATCH_SAMPLES // 2, n, RATE)


def log_mel(x: np.ndarray, first: int, count: int) -> np.ndarray:
    """(48 count + 48, 64) natural logarithms of mel magnitudes + 0.001 of patches first … first + count − 1.

    x : (n,) float32 at 16 kHz; what lies beyond its end is zero

    Windowed in float32, as the published front end is, but transformed in float64: beside a loud tone, the roundings
    of a float32 transform stand above the 0.001 and move quiet bands by 0.005.
    """
    import numpy as np

    window, bands = _tables()
    count = STEP * (count - 1) + PATCH
    samples = part(x, first * STEP_SAMPLES, (count - 1) * HOP + WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * window
    magnitudes = np.abs(np.fft.rfft(frames.astype(np.float64), N_FFT)).astype(np.float32)
    sums = np.empty((count, BANDS), np.float32)
    # band by band, not as a matrix product: that would take all processors, and round by how many frames there are
    for band, (bins, weights) in enumerate(bands):
        np.einsum("fb,b->f", magnitudes[:, bins], weights, out=sums[:, band])
    return np.log(sums + np.float32(0.001))


def patches(x: np.ndarray, first: int, count: int) -> np.ndarray:
    """(count, 96, 64), half of each in common with the next."""
    import numpy as np

    levels = log_mel(x, first, count)
    return np.stack([levels[STEP * k : STEP * k + PATCH] for k in range(count)])


def part(x: np.ndarray, start: int, length: int) -> np.ndarray:
    """(length,) samples from `start` on, zeros beyond the end."""
    import numpy as np

    inside = x[start : start + length]
    return inside if len(inside) == length else np.pad(inside, (0, length - len(inside)))


@cache
def _tables() -> tuple[np.ndarray, tuple[tuple[slice, np.ndarray], ...]]:
    """Periodic Hann window (400,), and each band's bins and weights, triangles straight in mel; float32."""
    import numpy as np

    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    mel = _mel(np.arange(N_FFT // 2 + 1) * RATE / N_FFT)
    edges = np.linspace(_mel(np.float64(LOW)), _mel(np.float64(HIGH)), BANDS + 2)
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(0.0, np.minimum((mel - low) / (peak - low), (high - mel) / (high - peak)))
    bands = []
    for row in triangles.astype(np.float32):
        inside = np.flatnonzero(row)
        bins = slice(int(inside[0]), int(inside[-1]) + 1)
        bands.append((bins, row[bins]))
    return window.astype(np.float32), tuple(bands)


def _mel(hertz: np.ndarray) -> np.ndarray:
    import numpy as np

    return 1127.0 * np.log1p(hertz / 700.0)

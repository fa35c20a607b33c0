"""Log-mel patterns: what `pattern` keeps of a clip.

A pattern is a clip's mel spectrum in decibels under its peak, a byte per band and frame. It reaches down to 75 dB, far
below what is compared, so that a quiet part can still be measured against its own peak.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

HOP_S = 0.010
WINDOW_S = 0.032
BANDS = 14
LOW_HZ, HIGH_HZ = 60.0, 3600.0  # the top fits into 8 kHz telephone clips
LEAST_RATE = 1400  # Hz: four bands, the top one ending at 654 Hz
STEP_DB, STEPS = 0.3, 250
SILENT = 1e-9  # largest sample of a clip that counts as silence


def mel(hz: np.ndarray | float) -> np.ndarray:
    """Hz → mel, O'Shaughnessy's formula."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


def scaled(samples: np.ndarray) -> tuple[np.ndarray, int]:
    """Samples of at most 1, and the power of two they were divided by: sums and squares of loud floats overflow.

    >>> scaled(np.array([3e300, -1e300]))[1], scaled(np.array([0.5, -1e-9]))[1]
    (999, 0)
    """
    exponent = max(0, int(np.frexp(np.abs(samples).max(initial=0))[1]))
    return (np.ldexp(samples, -exponent) if exponent else samples), exponent


@lru_cache(maxsize=32)
def filters(rate: float, n_fft: int) -> np.ndarray:
    """(bands, n_fft // 2 + 1) triangles of the bands that lie below half the rate; 14 from 7200 Hz on."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)
    edges = edges[edges <= mel(rate / 2) + 1e-9]
    bins = mel(np.arange(n_fft // 2 + 1) * rate / n_fft)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bank: np.ndarray = np.maximum(0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    return bank.astype(np.float32)


def mel_power(samples: np.ndarray, rate: float) -> np.ndarray:
    """(bands, frames) mel power, summed over channels; frame k is centred on k · 10 ms whatever the rate."""
    window = max(4, round(WINDOW_S * rate))
    n_fft = 1 << (window - 1).bit_length()
    taper = (np.sin(np.pi * np.arange(window) / window) ** 2).astype(np.float32)
    bank = filters(float(rate), n_fft).T
    starts = np.round(np.arange(int(samples.shape[1] / (HOP_S * rate)) + 1) * (HOP_S * rate)).astype(int)
    padded = np.pad(samples, ((0, 0), (window // 2, window)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)
    out = np.empty((bank.shape[1], starts.size), np.float32)
    for first in range(0, starts.size, 256):
        spectrum = np.fft.rfft(frames[:, starts[first : first + 256]] * taper, n_fft, axis=-1)
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float32)
        out[:, first : first + 256] = (power @ bank).T
    return out


def sketch(samples: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Pattern of a clip.

    samples : (channels, n) finite floats; the power of channels is summed, so that no polarity cancels
    rate : Hz, 1400 at least; below 7200 Hz the pattern has fewer bands

    Returns
    pattern : uint8 (bands, frames), 0…250 for −75…0 dB under the peak, one frame per 10 ms; all 0 for silence
    seconds : float64, the clip's length: frames alone would not say where between two of them it ends

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[None]
    >>> sketch(tone, 8000)["pattern"].shape
    (14, 101)
    """
    seconds = np.array(samples.shape[1] / rate)
    samples, _ = scaled(samples)
    samples = samples - samples.mean(axis=1, keepdims=True) if samples.size else np.zeros((1, 1))
    peak = np.abs(samples).max()
    power = mel_power((samples / max(peak, SILENT)).astype(np.float32), rate)
    if peak <= SILENT or power.max() == 0:
        return {"pattern": np.zeros(power.shape, np.uint8), "seconds": seconds}
    level = STEPS + 10.0 / STEP_DB * np.log10(np.maximum(power / power.max(), 1e-9))
    return {"pattern": np.rint(np.maximum(level, 0.0)).astype(np.uint8), "seconds": seconds}

"""What of a clip stays the same when it is moved, turned up or down, coded or resampled, as one short vector."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jackfield_kernels import mel_bands

WINDOW_S, HOP_S = 0.032, 0.010
BANDS, LOW_HZ, HIGH_HZ = 14, 60.0, 3600.0
DEPTH_DB = 20.0  # noise that a copy picked up lies below
SILENT = 1e-9  # largest sample of a clip that counts as silence
# Modulation spectrum: four groups of bands, stretches of 1024 frames, bins from … to.
GROUPS, STRETCH = 4, 1024
EDGES = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64)
MODULATION, DURATION = 0.7, 0.4  # weights, with which strangers of one timbre part without losing copies

NAMES = (
    *(f"{what}-{band}" for what in ("mean", "std") for band in range(BANDS)),
    *(f"mod-{group}-{k}" for group in range(GROUPS) for k in range(len(EDGES) - 1)),
    "duration",
)


def mel(hz: np.ndarray | float) -> np.ndarray:
    """Hz → mel, O'Shaughnessy's formula."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


@lru_cache(maxsize=32)
def filters(rate: float, n_fft: int) -> np.ndarray:
    """(14, n_fft // 2 + 1) triangles; those above half the rate stay empty."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)
    bins = mel(np.arange(n_fft // 2 + 1) * rate / n_fft)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bank = np.maximum(0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    return bank.astype(np.float32)


def levels(samples: np.ndarray, rate: float) -> np.ndarray:
    """(frames, 14) levels, 0 for 20 dB under the clip's peak and less, 1 for the peak, from first to last sound.

    samples : (channels, n), finite. No frames for silence.
    """
    exponent = max(0, int(np.frexp(np.abs(samples).max(initial=0))[1]))
    samples = np.ldexp(samples, -exponent)  # sums and squares of loud floats overflow
    samples = samples - samples.mean(axis=1, keepdims=True) if samples.size else samples
    peak = np.abs(samples).max(initial=0)
    if peak <= SILENT:
        return np.zeros((0, BANDS), np.float32)
    window = max(4, round(WINDOW_S * rate))
    n_fft = 1 << (window - 1).bit_length()
    taper = np.zeros(n_fft, np.float32)
    taper[:window] = np.sin(np.pi * np.arange(window) / window) ** 2
    hop = max(1, round(HOP_S * rate))
    bank = filters(float(rate), n_fft)
    count = samples.shape[1] // hop + 1
    power = mel_bands((samples / peak).astype(np.float32), taper, hop, bank, start=-(window // 2), count=count, power=2)
    power = power.sum(axis=0)
    if not power.any():
        return np.zeros((0, BANDS), np.float32)
    decibels = 10.0 * np.log10(np.maximum(power / power.max(), 1e-9))
    values = np.maximum(decibels / DEPTH_DB + 1.0, 0.0)
    heard = np.flatnonzero(values.any(axis=1))
    kept: np.ndarray = values[heard[0] : heard[-1] + 1]
    return kept


def modulation(values: np.ndarray) -> np.ndarray:
    """(44,) root of the share of each group's energy that lies in each band of modulation frequency."""
    starts = range(0, max(len(values) - STRETCH, 0) + 1, STRETCH // 2)
    envelopes = np.stack([part.mean(axis=1) for part in np.array_split(values, GROUPS, axis=1)])
    envelopes = np.pad(envelopes, ((0, 0), (0, max(STRETCH - len(values), 0))))
    power = np.zeros((GROUPS, STRETCH // 2 + 1))
    for start in starts:
        power += np.abs(np.fft.rfft(envelopes[:, start : start + STRETCH], STRETCH)) ** 2
    energy = sum((envelopes[:, start : start + STRETCH] ** 2).sum(axis=1) for start in starts)
    cumulated = np.cumsum(power, axis=1)
    first, last = np.array(EDGES[:-1]), np.array(EDGES[1:])
    shares = (cumulated[:, last - 1] - cumulated[:, first - 1]) / (energy * STRETCH / 2 + 1e-9)[:, None]
    return np.sqrt(np.maximum(shares, 0.0)).ravel()


def fingerprint(samples: np.ndarray, rate: float) -> np.ndarray:
    """(73,) float32 of (channels, n) finite samples; NaN for silence."""
    values = levels(samples, rate).astype(np.float64)
    if not len(values):
        return np.full(len(NAMES), np.nan, np.float32)
    duration = DURATION * np.log(len(values))
    parts = (values.mean(axis=0), values.std(axis=0), MODULATION * modulation(values), [duration])
    return np.concatenate(parts).astype(np.float32)

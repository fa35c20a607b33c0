"""Log-mel patterns: what `pattern` keeps of a clip.

A pattern is a clip's mel spectrum in decibels under its peak, a byte per band and frame. It reaches down to 75 dB, far
below what is compared, so that a quiet part can still be measured against its own peak.

There are two of each clip, with frames counted from its first sample and from its last. A copy that lost its head ends
as its original does, and only frames counted from there lie on the same samples: half a frame of shift changes a sound
that decays within a few frames as much as another sound would.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

HOP_S = 0.010
WINDOW_S = 0.032
BANDS = 21
LOW_BANDS = 14  # up to 3600 Hz: they fit into 8 kHz telephone clips, and tell sounds apart better than all would
LOW_HZ, HIGH_HZ = 60.0, 8954.0  # 130.2 mel from edge to edge
LEAST_BANDS = 8  # in which clips of different bandwidth may be compared: fewer are alike in clips that are not
EMPTY = 67  # steps, 20 dB: low bands that far under the peak may hold nothing but noise
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
    """(bands, n_fft // 2 + 1) triangles of the bands below half the rate: 14 from 7200 Hz, 21 from 17.9 kHz on."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)
    edges = edges[edges <= mel(rate / 2) + 1e-9]
    bins = mel(np.arange(n_fft // 2 + 1) * rate / n_fft)
    low, mid, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bank: np.ndarray = np.maximum(0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))
    return bank.astype(np.float32)


def mel_power(samples: np.ndarray, rate: float, from_end: bool = False) -> np.ndarray:
    """(bands, frames) mel power, summed over channels, whatever the rate.

    Frame k is centred on k · 10 ms, or, counted from the end, the last frame on the end and the others 10 ms apart.
    """
    window = max(4, round(WINDOW_S * rate))
    n_fft = 1 << (window - 1).bit_length()
    taper = (np.sin(np.pi * np.arange(window) / window) ** 2).astype(np.float32)
    bank = filters(float(rate), n_fft).T
    starts = np.round(np.arange(int(samples.shape[1] / (HOP_S * rate)) + 1) * (HOP_S * rate)).astype(int)
    starts = samples.shape[1] - starts[::-1] if from_end else starts
    around = (window // 2, window)
    frames = sliding_window_view(np.pad(samples, ((0, 0), around)), window, axis=1)
    inside = sliding_window_view(np.pad(np.ones(samples.shape[1], np.float32), around), window)
    out = np.empty((bank.shape[1], starts.size), np.float32)
    for first in range(0, starts.size, 256):
        some = starts[first : first + 256]
        weights = inside[some] * taper
        windowed = frames[:, some] * taper
        # Each frame without its own mean: a clip's would change with what a cut takes, and click at its ends.
        windowed -= weights * (windowed.sum(-1) / np.maximum(weights.sum(-1), 1e-9))[..., None]
        spectrum = np.fft.rfft(windowed, n_fft, axis=-1)
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float32)
        out[:, first : first + 256] = (power @ bank).T
    return out


def levels(power: np.ndarray) -> np.ndarray:
    """Mel power as uint8 steps, 0…250 for −75…0 dB under the peak; all 0 for silence."""
    peak = power.max()
    if peak == 0:
        return np.zeros(power.shape, np.uint8)
    steps = STEPS + 10.0 / STEP_DB * np.log10(np.maximum(power / peak, 1e-9))
    return np.rint(np.maximum(steps, 0.0)).astype(np.uint8)


def bands_of(pattern: np.ndarray, other: np.ndarray) -> int:
    """How many bands two patterns are compared in: the low ones, unless a clip's sound lies above them."""
    bands = min(len(pattern), len(other))
    return bands if bands <= LOW_BANDS or high(pattern) or high(other) else LOW_BANDS


def profile(pattern: np.ndarray) -> np.ndarray:
    """(bands,) mean power over frames, dB under the peak."""
    powers = (10 ** (STEP_DB / 10 * (np.arange(256) - STEPS)))[pattern]
    return np.asarray(10 * np.log10(powers.mean(axis=1)))


def high(pattern: np.ndarray) -> bool:
    """Whether the low bands stay so far under the peak that noise may be all they hold."""
    return int(pattern[:LOW_BANDS].max()) < int(pattern.max()) - EMPTY


def sketch(samples: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Patterns of a clip.

    samples : (channels, n) finite floats; the power of channels is summed, so that no polarity cancels
    rate : Hz, 1400 at least; the patterns have the bands that lie below half of it, and above which there is sound

    Returns
    pattern : uint8 (bands, frames), 0…250 for −75…0 dB under the peak, one frame per 10 ms; all 0 for silence
    from_end : the same, with frames counted from the clip's end
    seconds : float64, the clip's length: frames alone would not say where between two of them it ends

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[None]
    >>> sketch(tone, 8000)["pattern"].shape
    (14, 101)
    """
    seconds = np.array(samples.shape[1] / rate)
    samples, _ = scaled(samples)
    samples = samples - samples.mean(axis=1, keepdims=True) if samples.size else np.zeros((1, 1))
    peak = np.abs(samples).max()
    samples = (samples / peak if peak > SILENT else np.zeros_like(samples)).astype(np.float32)
    pattern, from_end = (levels(mel_power(samples, rate, end)) for end in (False, True))
    sounding = max(LOW_BANDS, int(np.flatnonzero(pattern.any(axis=1)).max(initial=0)) + 1)  # a copy may come from 8 kHz
    pattern, from_end = pattern[:sounding], from_end[:sounding]
    return {"pattern": pattern, "from_end": from_end, "seconds": seconds}

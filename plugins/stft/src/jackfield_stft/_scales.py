"""From bins to mel bands, and from power to decibels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jackfield import DataError

# Slaney, Auditory Toolbox (1998): linear to 1 kHz, 15 mel there, then 27 mel for a factor of 6.4
HZ_PER_MEL, KNEE_MEL, KNEE_HZ = 200 / 3, 15.0, 1000.0
LOG_STEP = np.log(6.4) / 27


def hz_to_mel(hz: np.ndarray, scale: str) -> np.ndarray:
    """Mel of a frequency in Hz: "slaney", or "htk", 2595 log10(1 + f / 700)."""
    hz = np.asarray(hz, np.float64)
    if scale == "htk":
        return 2595 * np.log10(1 + hz / 700)
    return np.where(hz < KNEE_HZ, hz / HZ_PER_MEL, KNEE_MEL + np.log(np.maximum(hz, KNEE_HZ) / KNEE_HZ) / LOG_STEP)


def mel_to_hz(mel: np.ndarray, scale: str) -> np.ndarray:
    """Inverse of `hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    return np.where(mel < KNEE_MEL, mel * HZ_PER_MEL, KNEE_HZ * np.exp(LOG_STEP * (mel - KNEE_MEL)))


@lru_cache(maxsize=16)
def mel_bank(
    bins: int, bin_hz: float, n_mels: int, f_min: float, f_max: float, norm: str, scale: str, slopes: str = "hz"
) -> tuple[np.ndarray, np.ndarray]:
    """Triangular bands, evenly spaced in mel, their sides straight in Hz or in mel.

    Returns (n_mels, bins) float64 weights and the (n_mels,) centres in Hz. With norm "slaney" each triangle has area 1
    per Hz, so that white noise gives level bands; with "none" each peaks at 1.

    Raises DataError where a band is narrower than the bins are apart and would always be 0.
    """
    first, last = hz_to_mel(np.array([f_min, f_max]), scale).tolist()
    edges = mel_to_hz(np.linspace(first, last, n_mels + 2), scale)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    at, corners = np.arange(bins) * bin_hz, edges
    if slopes == "mel":
        at, corners = hz_to_mel(at, scale), hz_to_mel(edges, scale)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    weights = np.maximum(0, np.minimum((at - left) / (middle - left), (right - at) / (right - middle)))
    empty = np.flatnonzero(weights.max(axis=1) == 0)
    if empty.size:
        k = empty[0]
        evidence = (
            f"{empty.size} of {n_mels}, the first {edges[k]:.1f} to {edges[k + 2]:.1f} Hz, bins {bin_hz:.4g} Hz apart"
        )
        raise DataError(
            "mel bands hold no frequency bin", evidence, "use fewer n_mels, a larger n_fft or a higher f_min"
        )
    if norm == "slaney":
        weights *= 2 / (high - low)
    for array in (weights, centre := centre[:, 0].copy()):
        array.flags.writeable = False
    return weights, centre


def mel(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(…, n_mels, count) bands of (…, bins, count) values, float32 or float64 as they are, with contiguous frames."""
    dtype = np.result_type(values, np.float32)
    out = values.swapaxes(-1, -2).astype(dtype, copy=False) @ weights.T.astype(dtype)
    out.flags.writeable = False
    return out.swapaxes(-1, -2)


def decibels(values: np.ndarray, factor: float, reference: float, floor: float, top_db: float | None) -> np.ndarray:
    """factor · log10(values / reference), raised to `floor` dB and to `top_db` under the largest finite level."""
    dtype = np.result_type(values, np.float32)
    out = np.maximum(values, 0, out=np.empty(values.shape, dtype), casting="same_kind")
    with np.errstate(divide="ignore"):
        np.log10(out, out=out)
    out *= factor
    out -= factor * np.log10(reference)
    np.maximum(out, floor, out=out)
    if top_db is not None:
        loudest = np.max(out, where=np.isfinite(out), initial=-np.inf)
        np.maximum(out, loudest - top_db, out=out)
    out.flags.writeable = False
    return out

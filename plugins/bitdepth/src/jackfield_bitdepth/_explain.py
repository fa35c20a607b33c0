"""The errors of every way to make codes, side by side."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from jackfield import ConfigError, Signal

from . import Quantize
from .explain import Explanation, Way

# enough for fine spectral lines, little enough to be over at once
SAMPLES, LINE = 1 << 18, 1 << 13


def explained(signal: Signal, bits: int, dithers: tuple[str, ...]) -> Explanation:
    """What becomes of the loudest stretch of a signal's first channel."""
    if not isinstance(bits, Integral) or not 2 <= bits <= 24:
        raise ConfigError("explained are widths from 2 to 24 bits", f"got {bits!r}")
    everything = signal.samples
    x = everything[0].astype(np.float64)
    middle = int(np.abs(x).argmax()) if x.size else 0
    first = max(0, min(middle - SAMPLES // 2, x.size - SAMPLES))
    x = x[first : first + SAMPLES]
    inside = Signal(samples=np.clip(x, -1, 1), rate=signal.rate)
    half = 1 << (bits - 1)
    floored = np.clip(np.floor(inside.samples[0] * half), -half, half - 1)
    ways = [_way("floor", floored, inside, half)]
    for dither in dithers:
        ways.append(_way(dither, Quantize(bits=bits, dither=dither)(inside).values[0], inside, half))
    peak, clipped = float(np.abs(everything).max(initial=0.0)), int((np.abs(everything) > 1).sum())
    rms = float(np.sqrt(np.mean(x**2))) * half if x.size else 0.0
    return Explanation(bits, _db(peak), rms, clipped, tuple(ways), _sentences(peak, clipped, x * half, ways))


def _way(name: str, codes: np.ndarray, signal: Signal, half: int) -> Way:
    error = codes - signal.samples[0] * half
    # codes kept in range at full scale are not what is explained here
    error = error[np.abs(error) < 32] if error.size else error
    rms = float(np.sqrt(np.mean(error**2))) if error.size else 0.0
    return Way(name, float(error.mean()) if error.size else 0.0, rms, _db(rms / half), _db(_line(error) / half))


def _line(error: np.ndarray) -> float:
    """Amplitude of the strongest spectral line of the error beyond what noise shows; 0 if none stands out."""
    if error.size < 2 * LINE:
        return 0.0
    window = np.hanning(LINE)
    parts = error[: error.size // LINE * LINE].reshape(-1, LINE) - error.mean()
    power = (np.abs(np.fft.rfft(parts * window)) ** 2).mean(axis=0)[2:-2]
    # the mean of k spectra of noise stays within a few of its deviations, 1/√k, around its neighbours'
    k = len(parts)
    width = 65
    smooth = np.array([np.median(power[max(0, i - width) : i + width]) for i in range(0, power.size, width)])
    around = np.interp(np.arange(power.size), np.arange(smooth.size) * width, smooth)
    excess = power - around * (1 + 8 / np.sqrt(k))
    return 2 * float(np.sqrt(max(excess.max(), 0.0))) / window.sum()


def _sentences(peak: float, clipped: int, scaled: np.ndarray, ways: list[Way]) -> tuple[str, ...]:
    by_name = {way.name: way for way in ways}
    found = []
    if clipped:
        found.append(f"{clipped} samples lie beyond full scale and would clip: lower the level by {_db(peak):.1f} dB")
    if scaled.size and not (scaled != np.rint(scaled)).any():
        found.append("every sample already is a code of this width: nothing is lost, and no dither is needed")
        return tuple(found)
    plain, dithered = by_name["none"], by_name["tpdf"]
    if scaled.size and np.abs(scaled).max() < 0.5:
        found.append("the sound is less than half a code loud: rounded alone it is silence, with dither it is heard")
    elif plain.distortion_dbfs > dithered.noise_floor_dbfs - 40 and np.isfinite(plain.distortion_dbfs):
        found.append(
            f"rounding alone makes tones that are not in the sound, up to {plain.distortion_dbfs:.0f} dBFS: "
            f"tpdf dither turns them into a steady noise at {dithered.noise_floor_dbfs:.0f} dBFS"
        )
    found.append(
        f"rounding down, as libsndfile does with floats, adds a DC of {by_name['floor'].error_mean_lsb:+.2f} LSB: "
        "quantize first and write the codes"
    )
    return tuple(found)


def _db(value: float) -> float:
    return 20 * float(np.log10(value)) if value > 0 else float("-inf")

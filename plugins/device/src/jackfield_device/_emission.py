"""From values to codes, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jackfield import Codes, ConfigError, DataError, Signal, get

from ._values import positions

# where typical outputs stop passing slow changes: a first-order high-pass
CORNER_HZ = 5.0
# rates by preference, after a device's own: most cards run at the first
RATES = (48_000, 44_100, 96_000, 88_200, 192_000, 176_400, 32_000, 22_050, 16_000, 11_025, 8_000)


@dataclass(frozen=True)
class Map:
    """value → sample: (2 · (value − lo) / (hi − lo) − 1) · gain, so that [lo, hi] becomes ±gain."""

    lo: float
    hi: float
    gain: float

    def samples(self, values: np.ndarray) -> np.ndarray:
        """Values as samples; DataError for those outside [lo, hi]."""
        outside = np.flatnonzero(((values < self.lo) | (values > self.hi)).any(axis=0))
        if outside.size:
            worst = values[:, outside[:10]].ravel().tolist()
            evidence = f"{positions(outside)}: {', '.join(f'{v:g}' for v in worst[:10])}"
            remedy = "widen the range, or leave it out to take the values' own"
            raise DataError(f"values lie outside the range {self.lo:g} to {self.hi:g}", evidence, remedy)
        # in this order nothing inside the range rounds to something beyond ±1
        return ((values - self.lo) / (self.hi - self.lo) * 2 - 1) * self.gain

    def values(self, samples: np.ndarray) -> np.ndarray:
        """Samples as values."""
        return (samples / self.gain + 1) / 2 * (self.hi - self.lo) + self.lo


def shaped(samples: np.ndarray, hold: float, rate: float, shape: str) -> Signal:
    """(channels, n) samples, one per `hold` seconds, at a rate for players."""
    slow = Signal(samples=samples, rate=1 / hold)
    if slow.rate > rate:
        evidence = f"{hold * 1e6:g} µs, {1e6 / rate:g} µs at {rate:g} Hz"
        raise ConfigError("a value is held shorter than a sample lasts", evidence, "hold it longer, or raise the rate")
    if shape == "hold":
        return get("hold", rate=float(rate))(slow)
    n = samples.shape[1]
    if shape == "linear":
        total = round(n * hold * rate)
        at = np.arange(total) / (hold * rate)
        lines = np.stack([np.interp(at, np.arange(n), channel) for channel in samples])
        return Signal(samples=lines, rate=rate, history=(f"straight lines from {slow.rate:g} to {rate:g} Hz",))
    # before its first and after its last value the curve stays there, as a held one does
    around = 32
    padded = slow.replace(samples=np.pad(samples, ((0, 0), (around, around)), "edge"), note="")
    smooth = get("samplerate", rate=float(rate), quality="VHQ")(padded)
    first, last = (round(k * hold * rate) for k in (around, around + n))
    return smooth.replace(samples=smooth.samples[:, first:last], note="cut to the values")


def coded(signal: Signal, ramp: float, bits: int, level: float) -> tuple[Codes, int]:
    """Codes with ramps from and to silence around them, and the length of a ramp in samples.

    The ramps are put before and after, so that every value keeps its whole time.
    """
    samples = signal.samples
    peak = float(np.abs(samples).max())
    if peak > 1:
        over = 20 * np.log10(peak)
        evidence = f"peak {over:+.2f} dBFS, first at sample {int((np.abs(samples) > 1).any(axis=0).argmax())}"
        remedy = f"--level {level - over - 0.01:.2f}, a wider --range, or --shape hold"
        raise DataError("the smooth curve overshoots full scale between values", evidence, remedy)
    count = round(ramp * signal.rate)
    rise = np.sin(np.pi / 2 * (np.arange(count) + 0.5) / count) ** 2 if count else np.zeros(0)
    parts = (samples[:, :1] * rise, samples, samples[:, -1:] * rise[::-1])
    whole = Signal(samples=np.concatenate(parts, axis=1), rate=signal.rate, history=signal.history)
    return get("quantize", bits=bits, signed=bits > 8, dither="none")(whole), count


def decoded(codes: Any, bits: int, scale: Map) -> np.ndarray:
    """Values that codes of the emission's own width stand for."""
    array = np.asarray(codes.values if isinstance(codes, Codes) else codes)
    if array.dtype.kind not in "iu":
        raise DataError("codes are integers", f"got {array.dtype}")
    zero = 0 if bits > 8 else 1 << (bits - 1)
    return scale.values((array.astype(np.float64) - zero) / (1 << (bits - 1)))


def best_rate(hold: float, supported: tuple[float, ...], own: float | None) -> float:
    """The device's own rate, or the first other that it takes at which a value is a whole number of samples."""
    candidates = [own] if own is not None and own in supported else []
    candidates += [rate for rate in RATES if rate in supported]
    whole = [rate for rate in candidates if abs(hold * rate - round(hold * rate)) < 1e-6]
    return float((whole or candidates)[0])


def left_after(hold: float) -> float:
    """Share of a step that an AC-coupled output still shows at the end of a hold.

    >>> round(left_after(0.1), 3), left_after(0.0)
    (0.043, 1.0)
    """
    return float(np.exp(-2 * np.pi * CORNER_HZ * hold))

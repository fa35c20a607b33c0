"""Whole signals and streams of blocks to codes, with what was lost measured on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jackfield_kernels import quantize as round_codes
from jackfield_kernels import shape

from jackfield import Codes, ConfigError, DataError, Signal

from ._shaping import TAPS, taps

if TYPE_CHECKING:
    from . import Quantize

BLOCK = 1 << 18
SHOWN = 20


def quantize(signal: Signal, how: Quantize) -> Codes:
    """Codes of a whole signal."""
    samples, gain = signal.samples, 1.0
    if how.clips == "normalise" and (peak := float(np.abs(samples).max(initial=0.0))) > 1.0 and np.isfinite(peak):
        gain = 1.0 / peak
        samples = (samples.astype(np.float64) * gain).astype(samples.dtype)
        # the quotient may round to a hair above full scale
        samples = np.clip(samples, -1.0, 1.0)
    rounding = _Rounding(how, signal.rate, signal.channels, _dither(how, samples))
    codes = np.empty(samples.shape, _dtype(how))
    for a in range(0, signal.n, BLOCK):
        rounding.block(samples[:, a : a + BLOCK], codes[:, a : a + BLOCK])
    rounding.check_clips()
    codes.flags.writeable = False
    return rounding.result(codes, gain, signal)


class QuantizeStream:
    """`push(block)` takes consecutive Signals, `finish()` ends; the codes put together are those of the whole."""

    def __init__(self, how: Quantize, rate: float, channels: int) -> None:
        if how.clips == "normalise":
            remedy = 'use clips="clip", or convert the whole signal'
            raise ConfigError("a stream cannot be normalised", "its peak is known at its end", remedy)
        self.how, self.rate, self.channels = how, rate, channels
        self._held: list[Signal] = []
        self._rounding: _Rounding | None = None
        self._finished = False

    def push(self, block: Signal) -> Codes | None:
        """Codes of this block (and of those held back so far), or None."""
        self._check()
        if not isinstance(block, Signal) or (block.rate, block.channels) != (self.rate, self.channels):
            got = f"{block.rate:g} Hz × {block.channels}" if isinstance(block, Signal) else type(block).__name__
            evidence = f"{got}, not {self.rate:g} Hz × {self.channels}"
            raise DataError("a block differs from the stream", evidence, "start a stream per recording")
        if self._rounding is None:
            self._held.append(block)
            dither = _dither(self.how, block.samples)
            if self.how.dither == "auto" and dither == "none":
                return None  # so far every sample is a code; a later one may need dither, and then all have it
            return self._release(dither)
        return self._codes([block])

    def finish(self) -> Codes | None:
        """Codes that were held back, or None."""
        self._check()
        self._finished = True
        return self._release("none") if self._held else None

    def _check(self) -> None:
        if self._finished:
            raise DataError("the stream is finished", remedy="start another with stream()")

    def _release(self, dither: str) -> Codes:
        self._rounding = _Rounding(self.how, self.rate, self.channels, dither)
        held, self._held = self._held, []
        return self._codes(held)

    def _codes(self, blocks: list[Signal]) -> Codes:
        assert self._rounding is not None
        parts = []
        for block in blocks:
            codes = np.empty(block.samples.shape, _dtype(self.how))
            self._rounding.block(block.samples, codes)
            self._rounding.check_clips()
            parts.append(codes)
        return self._rounding.result(np.concatenate(parts, axis=1), 1.0, blocks[0])


def _dtype(how: Quantize) -> Any:
    width = 8 if how.bits <= 8 else 16 if how.bits <= 16 else 32
    return np.dtype(f"{'int' if how.signed else 'uint'}{width}")


def _dither(how: Quantize, samples: np.ndarray) -> str:
    """The dither that "auto" stands for: none where every sample is a code already."""
    if how.dither != "auto":
        return how.dither
    scale = samples.dtype.type(1 << (how.bits - 1))
    for a in range(0, samples.shape[1], BLOCK):
        scaled = samples[:, a : a + BLOCK] * scale
        if (scaled != np.rint(scaled)).any():
            return "tpdf"
    return "none"


class _Rounding:
    """One run over consecutive blocks: where it stands, and sums for the report."""

    def __init__(self, how: Quantize, rate: float, channels: int, dither: str) -> None:
        self.how, self.dither = how, dither
        self.half = 1 << (how.bits - 1)
        self.at, self.kept, self.clipped = 0, 0, 0
        self.positions: list[int] = []
        self.taps = taps(dither, rate) if dither in TAPS else None
        self.errors = np.zeros((channels, 0 if self.taps is None else self.taps.size))
        self.peak, self.measured = 0.0, 0
        self.sums = dict.fromkeys(("before", "after", "error", "square"), 0.0)

    def block(self, samples: np.ndarray, codes: np.ndarray) -> None:
        """Codes of the next block, into `codes`."""
        if not np.isfinite(samples).all():
            raise DataError(
                "samples are NaN or infinite", f"{int((~np.isfinite(samples)).sum())} of them", "repair them"
            )
        loud = np.abs(samples) > 1.0
        if loud.any():
            # a sample in time counts once, in however many channels it is too loud
            found = np.flatnonzero(loud.any(axis=0))
            self.clipped += int(loud.sum())
            self.positions += (self.at + found[: SHOWN - len(self.positions)]).tolist()
        options: dict[str, Any] = {"bits": self.how.bits, "seed": self.how.seed, "start": self.at}
        inside = np.where(loud, samples.dtype.type(0), samples) if loud.any() else samples
        if self.taps is None:
            self.kept += round_codes(inside, codes, dither=self.dither, **options)
        else:
            self.kept += shape(inside, codes, taps=self.taps, errors=self.errors, **options)
        if inside is not samples:
            lowest = -self.half if self.how.signed else 0
            codes[loud] = np.where(samples[loud] > 0, lowest + 2 * self.half - 1, lowest)
        self._measure(samples, codes, ~loud)
        self.at += samples.shape[1]

    def _measure(self, samples: np.ndarray, codes: np.ndarray, inside: np.ndarray) -> None:
        exact = samples.astype(np.float64) * self.half
        got = codes.astype(np.float64) - (0 if self.how.signed else self.half)
        error = (got - exact)[inside]
        self.peak = max(self.peak, float(np.abs(exact).max(initial=0.0)) / self.half)
        self.measured += error.size
        for name, values in (("before", exact), ("after", got), ("error", error), ("square", error * error)):
            self.sums[name] += float(values.sum())

    def check_clips(self) -> None:
        """DataError if samples lie beyond full scale and nobody said what to do with them."""
        if self.clipped and self.how.clips == "error":
            more = ", …" if self.clipped > len(self.positions) else ""
            where = ", ".join(map(str, self.positions))
            evidence = f"{self.clipped} beyond ±1, peak {20 * np.log10(self.peak):+.2f} dBFS; samples {where}{more}"
            remedy = 'lower the level, or choose clips="normalise" or clips="clip"'
            raise DataError("samples do not fit into the codes", evidence, remedy)

    def result(self, codes: np.ndarray, gain: float, signal: Signal) -> Codes:
        """What was made so far, with its report."""
        count = max(self.at * len(codes), 1)
        rms = float(np.sqrt(self.sums["square"] / max(self.measured, 1)))
        statistics = {
            "peak_dbfs": _db(self.peak),
            "dc_before_lsb": self.sums["before"] / count,
            "dc_after_lsb": self.sums["after"] / count,
            "error_mean_lsb": self.sums["error"] / max(self.measured, 1),
            "error_rms_lsb": rms,
            "noise_floor_dbfs": _db(rms / self.half),
            "saturated": float(self.kept),
            "gain_db": _db(gain),
        }
        kind = "" if self.dither == "none" else f" {self.dither} seed {self.how.seed}"
        scaled = f" gain {_db(gain):+.2f} dB" if gain != 1.0 else ""
        return Codes(
            values=codes,
            rate=signal.rate,
            bits=self.how.bits,
            signed=self.how.signed,
            dither=self.dither,
            seed=None if self.dither == "none" else self.how.seed,
            clipped=self.clipped,
            clip_positions=tuple(self.positions),
            statistics=statistics,
            source=signal.source,
            history=(*signal.history, f"quantize {self.how.bits} bit{kind}{scaled}"),
        )


def _db(value: float) -> float:
    return 20 * float(np.log10(value)) if value > 0 else float("-inf")

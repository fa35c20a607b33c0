"""Levels of mel bands, or their cosine transform, straight from samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from jackfield_kernels import mel_bands

from ._cepstrum import coverage

if TYPE_CHECKING:
    from jackfield_stft import Framing, Mel, Piece, Stft

    from jackfield import FrameGrid

    from ._presets import Preset

INT16 = 32_768.0  # Kaldi's unit
BLOCK = 1 << 14  # frames made at a time: their levels take some megabytes


@dataclass(frozen=True)
class Plan:
    """What does not change from clip to clip, in the precision of the computation.

    dct : (coefs, n_mels), or None for levels; energy : put the frame's log energy in place of the first coefficient
    """

    stft: Stft
    rate: float
    window: np.ndarray
    weights: np.ndarray
    dct: np.ndarray | None
    log: str
    floor: float
    top_db: float | None
    energy: bool

    @classmethod
    def of(
        cls, stft: Stft, mel: Mel, preset: Preset, rate: float, dct: np.ndarray | None, top_db: float | None, dtype: str
    ) -> Plan:
        """Windows and weights for one rate and dtype; DataError where a band holds no bin."""
        weights, _ = mel.weights(1 + stft.n_fft // 2, rate / stft.n_fft, rate / 2)
        window, energy = stft.taper(rate)[0], preset.unit == "ln" and dct is not None
        dtype = "f8" if stft.compat == "kaldi" else dtype
        dct = None if dct is None else np.ascontiguousarray(dct, dtype)
        log = "db" if preset.unit == "dB" else "ln"
        floats = window.astype(dtype), np.ascontiguousarray(weights, dtype)
        return cls(stft, rate, *floats, dct, log, preset.floor, top_db, energy)

    @cached_property
    def layout(self) -> Callable[[int], tuple[Framing, FrameGrid, np.ndarray]]:
        """Frames of n samples, their grid and coverage, which clips of one length share; DataError for too few."""

        @lru_cache(maxsize=64)
        def layout(n: int) -> tuple[Framing, FrameGrid, np.ndarray]:
            frames = self.stft.framing(n)
            frames.check(remedy="use a smaller win_length, or leave the clip out")
            grid = frames.grid(self.rate)
            return frames, grid, coverage(grid)

        return layout

    def rows(self, samples: np.ndarray, frames: Framing, threads: int = 1) -> np.ndarray:
        """(count, n_mels or coefs) of (1, n) samples, without the spectrogram in between."""
        out = np.empty((frames.count, len(self.weights if self.dct is None else self.dct)), samples.dtype)
        for piece in self.stft.pieces(samples, frames):
            self._fill(piece, out[piece.part], threads)
        out.flags.writeable = False
        return out

    def _fill(self, piece: Piece, out: np.ndarray, threads: int) -> None:
        # top_db needs the loudest level of the whole clip; otherwise memory need not grow with it
        step = BLOCK if self.top_db is None else piece.count
        for first in range(0, piece.count, step):
            part = out[first : first + step]
            rows = mel_bands(
                piece.x[0], self.window, piece.hop, self.weights, start=piece.start + first * piece.hop,
                count=len(part), pad=piece.pad, log=self.log, floor=self.floor, top_db=self.top_db, dct=self.dct,
                threads=threads, out=part if part.dtype == piece.x.dtype else None,
            )  # fmt: skip
            if rows is not part:
                part[:] = rows  # Kaldi's pieces are in float64
        if self.energy:
            assert piece.energy is not None
            out[:, 0] = np.log(np.maximum(INT16**2 * piece.energy[0], self.floor))

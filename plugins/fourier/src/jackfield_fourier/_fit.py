"""Sinusoids of given or nearly known frequency fitted to samples by least squares.

The normal equations are gathered block by block, so that memory does not grow with the signal. Frequencies are improved
by Gauss-Newton steps on what the amplitudes leave over (variable projection: Golub and Pereyra 1973), which for white
noise is the maximum-likelihood estimate. Frequencies are in cycles per sample throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._rotation import turns

BLOCK = 8192  # samples
ROUNDING = 1e-12  # share of a column that rounding leaves of it when the others are taken out


@dataclass(frozen=True)
class Fit:
    """Frequencies, complex amplitudes at sample 0 (lanes, tones), and the energy of what they leave."""

    frequency: np.ndarray
    amplitudes: np.ndarray
    left: float


def fitted(x: np.ndarray, frequency: np.ndarray, steps: int = 0) -> Fit:
    """Least-squares amplitudes of sinusoids in x (lanes, n), after so many improvements of the frequencies."""
    for _ in range(steps):
        frequency = _improved(x, frequency)
    gram, right, energy = _normal(x, frequency, slopes=False)
    solved = _solve(gram, right)
    left = max(0.0, energy - float(np.sum(solved.conj() * right).real))
    return Fit(frequency, _complex(x, solved).T, left)


def _normal(x: np.ndarray, frequency: np.ndarray, *, slopes: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Products of the model's columns with each other and with the samples; with `slopes` those by frequency too."""
    n, count = x.shape[-1], frequency.size
    phases, middle = turns(frequency), (n - 1) / 2
    step = np.exp(2j * np.pi * phases(np.arange(min(BLOCK, n))))
    width = count * (2 if slopes else 1) * (1 if np.iscomplexobj(x) else 2)
    gram, right = np.zeros((width, width), step.dtype), np.zeros((width, x.shape[0]), step.dtype)
    energy = 0.0
    for start in range(0, n, BLOCK):
        part = x[:, start : start + BLOCK].astype(np.complex128 if np.iscomplexobj(x) else np.float64)
        size = part.shape[-1]
        wave = np.exp(2j * np.pi * phases(np.array([start]))) * step[:, :size]
        rows = [wave]
        if slopes:
            rows.append(2j * np.pi * (np.arange(start, start + size) - middle) * wave)
        if not np.iscomplexobj(x):
            rows = [half for row in rows for half in (row.real, -row.imag)]
        model = np.concatenate(rows)
        gram += model.conj() @ model.T
        right += model.conj() @ part.T
        energy += float(np.sum(np.abs(part) ** 2))
    return (gram, right, energy) if np.iscomplexobj(x) else (gram.real, right.real, energy)


def _solve(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Least squares: the sine of 0 Hz is a column of zeros, and two tones may meet."""
    solved: np.ndarray = np.linalg.lstsq(gram, right, rcond=1e-13)[0]
    return solved


def _complex(x: np.ndarray, solved: np.ndarray) -> np.ndarray:
    """Complex amplitudes (tones, lanes) from the coefficients of cosines and negative sines."""
    if np.iscomplexobj(x):
        return solved
    half = solved.shape[0] // 2
    return solved[:half] + 1j * solved[half:]


def _improved(x: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """One Gauss-Newton step, at most half a bin, kept inside the band."""
    n, count = x.shape[-1], frequency.size
    gram, right, _ = _normal(x, frequency, slopes=True)
    cut = gram.shape[0] // 2
    plain, cross, slope = gram[:cut, :cut], gram[cut:, :cut], gram[cut:, cut:]
    solved = _solve(plain, right[:cut])
    left = right[cut:] - cross @ solved
    free = slope - cross @ _solve(plain, cross.conj().T)
    normal, pull, whole = np.zeros((count, count)), np.zeros(count), np.zeros(count)
    for lane in range(x.shape[0]):
        blocks = np.split(solved[:, lane], cut // count)
        share = np.concatenate([np.diag(block) for block in blocks])
        normal += (share.conj().T @ free @ share).real
        pull += (share.conj().T @ left[:, lane]).real
        whole += np.diag(slope).real @ np.abs(share) ** 2
    # the others explain a change of frequency of the rest as well: those stay where they are
    free_to_move = np.flatnonzero(np.diag(normal) > ROUNDING * whole)
    size = np.sqrt(np.diag(normal)[free_to_move])
    step = np.zeros(count)
    step[free_to_move] = (
        _solve(normal[np.ix_(free_to_move, free_to_move)] / np.outer(size, size), pull[free_to_move] / size) / size
    )
    moved = frequency + np.clip(step, -0.5 / n, 0.5 / n)
    return moved if np.iscomplexobj(x) else np.clip(moved, 0.0, 0.5)

"""Sinusoids of any frequency as a decomposition: `peaks` and `esprit` find them, this makes their components."""

from __future__ import annotations

import numpy as np

from jackfield import Decomposition

from ._fit import Fit, fitted
from ._item import Lanes
from ._rotation import turns, waves

STEPS = 3  # Gauss-Newton converges quadratically: 0.02 bin, 1e-4, 1e-9


def tones(lanes: Lanes, fit: Fit, note: str) -> Decomposition:
    """One component per tone, weakest frequency first; what they leave is the residual."""
    order = np.argsort(fit.frequency, kind="stable")
    frequency, amplitudes = fit.frequency[order], fit.amplitudes[:, order]

    def together(chosen: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
        dtype = dtype or lanes.original.dtype
        return waves(amplitudes[:, chosen], turns(frequency[chosen]), lanes.n, dtype)

    def columns() -> dict[str, np.ndarray]:
        shape = (frequency.size, *lanes.lanes)
        energy = [np.sum(np.abs(together(np.array([k]), wide)) ** 2) for k in range(frequency.size)]
        return {
            "frequency": frequency * lanes.rate,
            "amplitude": np.abs(amplitudes).T.reshape(shape),
            "phase": np.angle(amplitudes).T.reshape(shape),
            "energy": np.array(energy, np.float64),
        }

    wide = np.dtype(np.float64 if lanes.real else np.complex128)
    return Decomposition(
        columns=columns,
        component=lambda k: lanes.back(together(np.array([range(frequency.size)[k]]))),
        together=lambda chosen: lanes.back(together(chosen)),
        residual=lanes.back(lanes.values - together(np.arange(frequency.size), wide)),
        **lanes.about(note),
    )


def peaks(lanes: Lanes, count: int) -> Decomposition:
    """The highest peak of the windowed spectrum of what is left, interpolated and fitted, so many times.

    Looking at what is left, rather than for many maxima at once, keeps a strong tone's side lobes from being taken for
    tones.
    """
    return tones(lanes, _picked(lanes, count), "peaks")


def _picked(lanes: Lanes, count: int) -> Fit:
    x = lanes.values
    wide = np.dtype(np.float64 if lanes.real else np.complex128)
    energy = float(np.sum(np.abs(x.astype(wide)) ** 2))
    # Under this share of the energy there is nothing but rounding.
    floor = energy * (1e3 * float(np.finfo(x.dtype).eps)) ** 2
    fit = Fit(np.zeros(0), np.zeros((x.shape[0], 0), complex), energy)
    left = x.astype(wide)
    while fit.frequency.size < count and fit.left > floor:
        found = _highest(left)
        fit = fitted(x, np.append(fit.frequency, found), STEPS)
        left = x - waves(fit.amplitudes, turns(fit.frequency), lanes.n, wide)
        fit = Fit(fit.frequency, fit.amplitudes, float(np.sum(np.abs(left) ** 2)))
    return fit


def _highest(x: np.ndarray) -> float:
    """Frequency of the highest peak under a Hann window, interpolated between bins.

    For a single complex tone the ratio of the two highest bins gives the place between them exactly (T. Grandke,
    "Interpolation algorithms for discrete Fourier transforms of weighted signals", IEEE Trans. Instrum. Meas. 1983).
    """
    from ._fft import forward

    n = x.shape[-1]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n) if n > 3 else np.ones(n)
    height = np.sqrt(np.sum(np.abs(forward(x * window)) ** 2, axis=0))
    k, last = int(height.argmax()), height.size - 1
    # The neighbours of the ends of a one-sided spectrum are its mirror images.
    wrap = (lambda j: last - abs(last - abs(j))) if not np.iscomplexobj(x) else (lambda j: j % height.size)
    before, after = height[wrap(k - 1)], height[wrap(k + 1)]
    ratio = max(before, after) / height[k] if height[k] else 0.5
    place = (2 * ratio - 1) / (1 + ratio) if n > 3 else 0.0
    found = (k + (place if after >= before else -place)) / n
    if np.iscomplexobj(x):
        return found - 1 if found >= 0.5 else found
    return min(max(found, 0.0), 0.5)

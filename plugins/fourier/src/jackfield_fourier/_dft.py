"""The discrete Fourier transform as a decomposition: one sinusoid per bin, or per ±pair of bins of real input."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from jackfield import Decomposition

from ._fft import backward, forward
from ._item import Lanes
from ._rotation import bin_turns, waves


class Spectrum:
    """Bins of every lane, and what they are worth as sinusoids."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes, self.n, self.real = lanes, lanes.n, lanes.real
        self.bins = forward(lanes.values)

    @cached_property
    def numbers(self) -> np.ndarray:
        """Bin number of each component, negative for negative frequencies."""
        k = np.arange(self.bins.shape[-1])
        return k if self.real else np.where(k > (self.n - 1) // 2, k - self.n, k)

    @cached_property
    def weights(self) -> np.ndarray:
        """Amplitude per |bin|: 2/n for a pair of bins; 1/n for DC, Nyquist of even n, and bins of complex input."""
        weights = np.full(self.bins.shape[-1], (2 if self.real else 1) / self.n)
        weights[0] = 1 / self.n
        if self.n % 2 == 0:
            weights[self.n // 2] = 1 / self.n
        return weights

    def component(self, k: int) -> np.ndarray:
        """The sinusoid of one bin in every lane."""
        if not -self.bins.shape[-1] <= k < self.bins.shape[-1]:
            raise IndexError(f"component {k} of {self.bins.shape[-1]}")
        amplitudes = self.weights[k] * self.bins[:, [k]]
        phases = bin_turns(self.numbers[[k]], self.n)
        return self.lanes.back(waves(amplitudes, phases, self.n, self.lanes.original.dtype))

    def together(self, chosen: np.ndarray) -> np.ndarray:
        """Sum of the sinusoids of some bins, by one inverse transform."""
        kept = self.bins
        if chosen.size < self.bins.shape[-1]:
            kept = np.zeros_like(self.bins)
            kept[:, chosen] = self.bins[:, chosen]
        return self.lanes.back(backward(kept, self.n, self.real))

    def columns(self) -> dict[str, np.ndarray]:
        """The table: frequency, amplitude, phase of the cosine, energy of each sinusoid."""
        wide = np.abs(self.bins.astype(np.complex128))
        shape = (-1, *self.lanes.lanes)
        return {
            "frequency": self.numbers * (self.lanes.rate / self.n),
            "amplitude": (self.weights * wide).T.reshape(shape),
            "phase": np.angle(self.bins).T.reshape(shape),
            "energy": self.weights * np.sum(wide**2, axis=0),
        }


def dft(lanes: Lanes) -> Decomposition:
    """Every bin a component."""
    spectrum = Spectrum(lanes)
    return Decomposition(
        columns=spectrum.columns,
        component=spectrum.component,
        together=spectrum.together,
        count=spectrum.bins.shape[-1],
        **lanes.about("dft"),
    )


def bands(lanes: Lanes, edges: tuple[float, ...]) -> Decomposition:
    """Bins between neighbouring edges as one component each; what lies outside all is the residual."""
    found = dft(lanes).components(bands=pairwise(edges))
    outside = min(edges) > 0 or max(edges) < lanes.rate / 2
    return replace(found, residual=found.residual if outside else None, history=(*lanes.history, "bands"))


def octaves(rate: float, count: int) -> tuple[float, ...]:
    """Edges of so many octaves below half the rate, the lowest band reaching down to 0."""
    return (0.0, *(rate / 2 / 2**k for k in range(count - 1, -1, -1)))

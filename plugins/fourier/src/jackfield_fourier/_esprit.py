"""ESPRIT: frequencies from the rotation between the two ends of the signal subspace.

R. Roy, T. Kailath, "ESPRIT: estimation of signal parameters via rotational invariance techniques", IEEE Trans. ASSP
1989. The number of tones is the one of least description length (J. Rissanen 1978; for sinusoids P. M. Djurić 1996).
"""

from __future__ import annotations

import numpy as np

from jackfield import Decomposition

from ._fit import Fit, fitted
from ._item import Lanes
from ._tones import STEPS, tones

ROWS = 512  # largest size of the covariance matrix; its eigenvectors take 0.1 s
PATIENCE = 3  # orders without a shorter description after which no further one is tried


def esprit(lanes: Lanes, order: int | None, max_order: int) -> Decomposition:
    """Tones of all lanes together; each lane has its own amplitudes and phases."""
    x = lanes.values.astype(np.float64 if lanes.real else np.complex128)
    vectors = _subspace(x)
    fit = _shortest(x, vectors, max_order) if order is None else _of_order(x, vectors, order)
    return tones(lanes, fit, f"esprit {fit.frequency.size}")


def _subspace(x: np.ndarray) -> np.ndarray:
    """Eigenvectors of the covariance of all stretches of half the length, forwards and backwards, strongest first."""
    from scipy.linalg import eigh

    rows = max(1, min(x.shape[-1] // 2 + 1, ROWS))
    covariance = sum(_covariance(lane, rows) for lane in x)
    covariance = covariance + covariance[::-1, ::-1].conj()
    vectors: np.ndarray = eigh(covariance)[1][:, ::-1]
    return vectors


def _covariance(x: np.ndarray, rows: int) -> np.ndarray:
    """Σ_t x[t + i] · conj(x[t + j]) for i, j below `rows`, over all t that fit.

    Along a diagonal neighbours differ by one product that enters and one that leaves.
    """
    count = x.size - rows + 1
    out = np.zeros((rows, rows), x.dtype)
    for d in range(rows):
        ahead, behind = x[d:], x.conj()
        gain = ahead[count : count + rows - d - 1] * behind[count : count + rows - d - 1]
        loss = ahead[: rows - d - 1] * behind[: rows - d - 1]
        diagonal = np.cumsum(np.concatenate([[ahead[:count] @ behind[:count]], gain - loss]))
        k = np.arange(rows - d)
        out[k + d, k], out[k, k + d] = diagonal, diagonal.conj()
    return out


def _of_order(x: np.ndarray, vectors: np.ndarray, order: int) -> Fit:
    """So many tones, or as many as the subspace gives."""
    from scipy.linalg import lstsq

    real = not np.iscomplexobj(x)
    signal = vectors[:, : min(vectors.shape[1] - 1, 2 * order if real else order)]
    if signal.shape[1] == 0:
        return fitted(x, np.zeros(1))
    poles = np.linalg.eigvals(lstsq(signal[:-1], signal[1:])[0])
    found = np.angle(poles) / (2 * np.pi)
    if real:
        # Poles of real samples are conjugate pairs, but for 0 Hz and half the rate.
        found = found[found >= 0]
    fit = fitted(x, found, STEPS)
    strongest = np.argsort(-np.sum(np.abs(fit.amplitudes) ** 2, axis=0), kind="stable")[:order]
    return fit if strongest.size == found.size else fitted(x, fit.frequency[strongest], STEPS)


def _shortest(x: np.ndarray, vectors: np.ndarray, max_order: int) -> Fit:
    """The order whose tones and residual together take the fewest digits to write down.

    Each tone costs (3 + 2 · lanes) / 2 · ln n: a frequency is known to n^−3/2, an amplitude and a phase to n^−1/2.
    """
    lanes, n = x.shape
    energy = float(np.sum(np.abs(x) ** 2))
    floor = energy * 1e-24 + np.finfo(np.float64).tiny
    best, shortest, since = Fit(np.zeros(0), np.zeros((lanes, 0), complex), energy), np.inf, 0
    for order in range(max_order + 1):
        fit = _of_order(x, vectors, order) if order else best
        values = lanes * n * (2 if np.iscomplexobj(x) else 1)
        length = values * np.log(max(fit.left, floor)) + (3 + 2 * lanes) * fit.frequency.size * np.log(n)
        best, shortest, since = (fit, length, 0) if length < shortest else (best, shortest, since + 1)
        if fit.left <= floor or since > PATIENCE:
            break
    return best

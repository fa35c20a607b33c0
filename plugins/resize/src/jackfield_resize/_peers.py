"""What other libraries take for area averaging, along one axis: weights (m, n), each row an output.

torch : torch.nn.functional.interpolate(mode="area"), adaptive average pooling
tensorflow : tf.image.resize(method="area"); OpenCV's INTER_AREA is the same when shrinking
opencv : cv2.resize(interpolation=INTER_AREA), which enlarges by a kind of linear interpolation
pillow : Image.resize(resample=BOX): elements whose middle lies in the region count whole, the others not at all
"""

from __future__ import annotations

import numpy as np

from ._taps import taps


def matrix(start: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """Taps as a whole matrix (m, n)."""
    out = np.zeros((len(start), n))
    np.put_along_axis(out, start[:, None] + np.arange(weights.shape[1]), weights, axis=1)
    return out


def torch(n: int, m: int) -> np.ndarray:
    """Plain means over the region rounded outwards."""
    return matrix(*taps("area-torch", n, m), n)


def tensorflow(n: int, m: int) -> np.ndarray:
    """Shares of coverage."""
    return matrix(*taps("area-exact", n, m), n)


def opencv(n: int, m: int) -> np.ndarray:
    """Shares of coverage when shrinking; otherwise one element, mixed with the next where the region crosses over."""
    if m <= n:
        return tensorflow(n, m)
    j = np.arange(m)
    first = j * n // m
    part = np.maximum(j + 1 - (first + 1) * m / n, 0.0)
    part -= np.floor(part)
    part[first >= n - 1] = 0
    out = np.zeros((m, n))
    out[j, first] = 1 - part
    out[j, np.minimum(first + 1, n - 1)] += part
    return out


def pillow(n: int, m: int) -> np.ndarray:
    """Box filter of the step's width, at least one element wide, sampled at the elements' middles."""
    step = n / m
    wide = max(step, 1.0)
    center = (np.arange(m)[:, None] + 0.5) * step
    first, stop = (
        np.maximum((center - wide / 2 + 0.5).astype(int), 0),
        np.minimum((center + wide / 2 + 0.5).astype(int), n),
    )
    k = np.arange(n)
    at = (k - center + 0.5) / wide
    inside = (k >= first) & (k < stop) & (at > -0.5) & (at <= 0.5)
    return inside / inside.sum(axis=1, keepdims=True)


AREA = {"torch": torch, "tensorflow": tensorflow, "opencv": opencv, "pillow box": pillow}

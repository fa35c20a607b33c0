"""Which neighbours a resized value is made of, and with what weights, for every interpolation."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from jackfield import DataError

MOST_TAPS = 1 << 29  # weights of an axis: some 20 GB while they are made
FAMILY = {
    "area": "area-exact",
    "area-exact": "area-exact",
    "area-torch": "area-torch",
    "nearest": "nearest",
    "nearest-exact": "nearest-exact",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "cubic": "cubic",
    "bicubic": "cubic",
    "lanczos": "lanczos",
}


@lru_cache(maxsize=64)
def taps(
    mode: str,
    n: int,
    m: int,
    *,
    align_corners: bool = False,
    antialias: bool = False,
    scale: float | None = None,
    dtype: str = "float64",
) -> tuple[np.ndarray, np.ndarray]:
    """start (m,) int64 and weights (m, taps): output j is the sum over k of weights[j, k] * x[start[j] + k].

    mode : a key of FAMILY
    n, m : length of the axis before and after, 1 or more
    scale : the factor that gave m, if the grid is to follow it rather than m / n, as torch does
    dtype : of weights and coordinates; each repeats the roundings of torch, which near an edge between two elements
        decide which of them is taken

    start[j] + taps <= n for every j; what a region does not hold has weight 0.

    Raises DataError for more weights than memory holds.

    >>> start, weights = taps("area-torch", 5, 3)
    >>> start.tolist(), weights.round(3).tolist()
    ([0, 1, 2], [[0.5, 0.5, 0.0], [0.333, 0.333, 0.333], [0.0, 0.5, 0.5]])
    """
    family, real = FAMILY[mode], np.dtype(dtype).type
    width = breadth(family, n, m, antialias)
    if m * width > MOST_TAPS:
        evidence = f"{m} elements of {width} weights each"
        raise DataError("the weights do not fit into memory", evidence, "resize in parts, or choose a smaller size")
    if n == m and not scale:
        start, weights = np.arange(m), np.ones((m, 1))
    elif family.startswith("area"):
        start, shares, size = AREA[family](n, m)
        weights = shares / size[:, None]
    elif family.startswith("nearest"):
        start, weights = nearest(n, m, family == "nearest-exact", scale, real)
    else:
        ratio = step(n, m, align_corners, scale, real)
        if antialias:
            start, weights = filtered(family, n, m, ratio)
        else:
            start, weights = interpolated(family, n, m, ratio, align_corners)
    start, weights = inside(start, weights, n)
    weights = np.ascontiguousarray(weights, dtype)
    start.flags.writeable = weights.flags.writeable = False
    return start, weights


def regions(start: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First element that each output is made of, and the first after the last."""
    used = weights != 0
    return start + used.argmax(axis=1), start + weights.shape[1] - used[:, ::-1].argmax(axis=1)


def breadth(family: str, n: int, m: int, antialias: bool) -> int:
    """About how many weights an output has."""
    if family.startswith("area"):
        return min(n // m + 2, n)
    reach = {"linear": 1, "cubic": 2, "lanczos": 3}.get(family, 0.5)
    return min(int(2 * reach * (max(n / m, 1) if antialias else 1)), n)


@lru_cache(maxsize=16)
def whole(mode: str, n: int, m: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Taps of an area mode in whole numbers, and (m,) what to divide by: sums of integers then stay exact."""
    start, shares, size = AREA[FAMILY[mode]](n, m)
    start, shares = inside(start, shares, n)
    return (start, shares.astype(np.float64)), size.astype(np.float64)


def area_torch(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regions [floor(j n / m), ceil((j + 1) n / m)), which may overlap; every element counts 1."""
    j = np.arange(m)
    start, stop = j * n // m, -(-(j + 1) * n // m)
    size = stop - start
    return start, (np.arange(size.max()) < size[:, None]).astype(np.int64), size


def area_exact(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regions [j n / m, (j + 1) n / m); elements count by the part inside, in m-ths or a multiple of these."""
    j = np.arange(m)[:, None]
    start = j * n // m
    k = start + np.arange(int((-(-(j + 1) * n // m) - start).max()))
    part = np.minimum((j + 1) * n, (k + 1) * m) - np.maximum(j * n, k * m)
    common = math.gcd(n, m)
    return start[:, 0], np.maximum(part, 0) // common, np.full(m, n // common)


AREA = {"area-exact": area_exact, "area-torch": area_torch}


def nearest(n: int, m: int, exact: bool, scale: float | None, real: type) -> tuple[np.ndarray, np.ndarray]:
    """One element each; torch rounds its place to float32 whatever the values are, which decides on ties."""
    ratio, j = step(n, m, False, scale, real), np.arange(m, dtype=real)
    at = centers(j, ratio).astype(np.float64) + 0.5 if exact else j * ratio
    index = np.floor(at.astype(np.float32)).astype(np.int64)
    return np.minimum(index, n - 1), np.ones((m, 1))


def centers(j: np.ndarray, ratio: np.floating) -> np.ndarray:
    """Where the middles of elements j lie."""
    return fused(j + type(ratio)(0.5), float(ratio), -0.5)


def step(n: int, m: int, align_corners: bool, scale: float | None, real: type) -> np.floating:
    """Elements of x from one output to the next."""
    if align_corners:
        return real(n - 1) / real(m - 1) if m > 1 else real(0)
    return real(1 / scale) if scale else real(n) / real(m)


def interpolated(family: str, n: int, m: int, ratio: np.floating, align_corners: bool) -> tuple[np.ndarray, np.ndarray]:
    """Linear or cubic between the neighbours of a point; beyond the ends the last element goes on."""
    real = type(ratio)
    j = np.arange(m, dtype=real)
    at = j * ratio if align_corners else centers(j, ratio)
    if family == "linear":
        at = np.maximum(at, 0)
        first = np.minimum(np.floor(at).astype(np.int64), n - 1)
        part = at - first.astype(real)
        return folded(first[:, None] + np.arange(2), np.stack([1 - part, part], 1), n)
    first = np.floor(at).astype(np.int64)
    distance = (at - first.astype(real))[:, None] - np.arange(-1, 3, dtype=real)
    return folded(first[:, None] + np.arange(-1, 3), keys(np.abs(distance), -0.75), n)


def folded(index: np.ndarray, weights: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Taps whose weights beyond the ends are added to the end's."""
    width = min(index.shape[1], n)
    start = np.clip(index[:, 0], 0, n - width)
    out = np.zeros((len(index), width))
    rows = np.arange(len(index))[:, None]
    np.add.at(out, (rows, np.clip(np.clip(index, 0, n - 1) - start[:, None], 0, width - 1)), weights)
    return start, out


def filtered(family: str, n: int, m: int, ratio: np.floating) -> tuple[np.ndarray, np.ndarray]:
    """Triangle, cubic or Lanczos-3 stretched to the step where that is above 1, cut at the ends, of sum 1 (Pillow)."""
    real = type(ratio)
    half, wide = real(0.5), max(ratio, real(1))
    reach = {"linear": real(1), "cubic": real(2), "lanczos": real(3)}[family] * wide
    center = ratio * (np.arange(m, dtype=real) + half)
    start = np.maximum((center - reach + half).astype(np.int64), 0)
    stop = np.minimum((center + reach + half).astype(np.int64), n)
    k = np.arange(int((stop - start).max()))
    distance = np.abs(((k + start[:, None]).astype(real) - center[:, None] + half) * (real(1) / wide))
    shape = {"linear": triangle, "cubic": lambda x: keys(x, -0.5), "lanczos": lanczos}[family]
    weights = np.where(k < (stop - start)[:, None], shape(distance), 0)
    return start, weights / weights.sum(axis=1, keepdims=True)


def triangle(x: np.ndarray) -> np.ndarray:
    """1 - x up to 1."""
    return np.maximum(1 - x, 0)


def keys(x: np.ndarray, a: float) -> np.ndarray:
    """Cubic convolution kernel for x >= 0: Keys, IEEE Trans. ASSP 29 (1981). torch takes a = -0.75, Pillow -0.5."""
    near = fused(fused(x, a + 2, -(a + 3)) * x, x, 1)
    far = fused(fused(fused(x, a, -5 * a), x, 8 * a), x, -4 * a)
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def fused(x: np.ndarray, factor: np.ndarray | float, term: float) -> np.ndarray:
    """x * factor + term, rounded once to the precision of x, as torch's compiled code does it."""
    return (x.astype(np.float64) * factor + term).astype(x.dtype)


def lanczos(x: np.ndarray) -> np.ndarray:
    """Sinc under a sinc window of three lobes."""
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)


def inside(start: np.ndarray, weights: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same taps, moved to the left where they would reach past the end, with weights of 0 in front."""
    width = weights.shape[1]
    over = np.maximum(start + width - n, 0)
    if not over.any():
        return start, weights
    k = np.arange(width) - over[:, None]
    moved = np.where(k >= 0, np.take_along_axis(weights, np.maximum(k, 0), axis=1), 0)
    return start - over, moved

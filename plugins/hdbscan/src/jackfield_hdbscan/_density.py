"""Labels from a distance matrix by HDBSCAN, and an explanation where it finds nothing."""

from __future__ import annotations

import numpy as np


def density_labels(
    square: np.ndarray, min_cluster_size: int, min_samples: int | None, allow_single_cluster: bool
) -> tuple[np.ndarray, list[str]]:
    """Labels and notes.

    square : (n, n) distances, symmetric; what is not finite is undefined

    Returns (n,) int64 labels, −1 for items in no group, and what a reader must know to judge them.
    """
    n = len(square)
    labels, notes = np.full(n, -1, np.int64), []
    defined = np.isfinite(square)
    np.fill_diagonal(defined, False)
    # Items without one defined distance would be equally far from everything, and so a group of their own.
    inside = np.flatnonzero(defined.any(axis=1))
    if n > 1 and inside.size < n:
        notes.append(f"{n - inside.size} of {n} items have no defined distance to any other and stay alone")
    if inside.size >= max(2, min_cluster_size):
        part, far = _without_gaps(square[np.ix_(inside, inside)])
        if far:
            notes.append(far)
        labels[inside] = _hdbscan(part, min_cluster_size, min_samples, allow_single_cluster)
    if n and (labels < 0).all():
        notes.append(_why_alone(inside.size, min_cluster_size, min_samples, allow_single_cluster))
    return labels, notes


def _hdbscan(square: np.ndarray, min_cluster_size: int, min_samples: int | None, single: bool) -> np.ndarray:
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        metric="precomputed",
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        allow_single_cluster=single,
        core_dist_n_jobs=1,
    )
    labels: np.ndarray = model.fit(square).labels_.astype(np.int64)
    return labels


def _without_gaps(square: np.ndarray) -> tuple[np.ndarray, str]:
    """float64 distances with undefined ones put at twice the largest, and a note that says so."""
    square = square.astype(np.float64)
    np.fill_diagonal(square, 0.0)
    gaps = ~np.isfinite(square)
    if not gaps.any():
        return square, ""
    far = 2 * float(square[~gaps].max()) or 1.0
    square[gaps] = far
    pairs = len(square) * (len(square) - 1) // 2
    return square, f"{int(gaps.sum()) // 2} of {pairs} pairs are undefined and count as far (distance {far:.4g})"


def _why_alone(n: int, min_cluster_size: int, min_samples: int | None, single: bool) -> str:
    """Why every item came out alone, and what to change."""
    if n < max(2, min_cluster_size):
        return f"all alone: a group takes {min_cluster_size} items, {n} can be compared; lower min_cluster_size"
    if single:
        return "all alone: no items are denser than their surroundings; use the clusterer threshold"
    if n < 2 * min_cluster_size:
        cause = (
            f"HDBSCAN finds groups by splitting the collection into two parts of at least {min_cluster_size};"
            f" {n} items cannot be split so"
        )
        return f"all alone: {cause}; set allow_single_cluster=true, or use the clusterer threshold"
    smooth = min_cluster_size if min_samples is None else min_samples
    cause = (
        f"no split of the {n} items into parts of at least {min_cluster_size} stood out, with distances smoothed over"
        f" {smooth} neighbours"
    )
    remedy = "set min_samples=1, or allow_single_cluster=true, or use the clusterer threshold"
    return f"all alone: {cause}; {remedy}"

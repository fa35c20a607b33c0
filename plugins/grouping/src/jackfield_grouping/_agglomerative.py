"""scikit-learn's agglomerative clustering on a distance matrix."""

from __future__ import annotations

import numpy as np

from jackfield import Distances

from ._linkage import defined


def labels(distances: Distances, n_groups: int | None, threshold: float, link: str) -> np.ndarray:
    """(n,) labels; fewer than two items are alone."""
    n = len(distances)
    if n < 2:
        return np.full(n, -1, np.int64)
    from scipy.spatial.distance import squareform
    from sklearn.cluster import AgglomerativeClustering

    condensed, largest = defined(distances.condensed, n)
    square = squareform(condensed)
    if largest < condensed.max():
        threshold = min(threshold, float(np.nextafter(largest, np.inf)))  # undefined pairs stay apart at any threshold
    cut = {"n_clusters": n_groups} if n_groups is not None else {"n_clusters": None, "distance_threshold": threshold}
    model = AgglomerativeClustering(metric="precomputed", linkage=link, **cut)
    found: np.ndarray = model.fit(square).labels_.astype(np.int64)
    return found

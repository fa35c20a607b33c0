"""Distances of many pairs: warping against dtaidistance and librosa, Euclidean ones against scikit-learn and SciPy."""

import numpy as np
from jackfield_kernels import dtw, euclidean_all, level
from race import HEADER, race

SEQUENCES, COLUMNS = 40, 20  # such as MFCC of short clips
FIRST, SECOND = np.triu_indices(SEQUENCES, 1)
BAND = 20  # rows to either side


def sequences(shortest: int, longest: int) -> list[np.ndarray]:
    """Noise of changing length, float32."""
    r = np.random.default_rng(0)
    lengths = r.integers(shortest, longest + 1, SEQUENCES)
    return [r.standard_normal((n, COLUMNS)).astype("f4") for n in lengths]


def librosa_costs(items: list[np.ndarray]) -> np.ndarray:
    """Costs of the cheapest paths, all pairs."""
    import librosa

    turned = [x.T for x in items]
    return np.array(
        [
            librosa.sequence.dtw(turned[i], turned[j], backtrack=False)[-1, -1]
            for i, j in zip(FIRST, SECOND, strict=True)
        ]
    )


def dtaidistance_costs(items: list[np.ndarray], threads: int, window: int | None = None) -> np.ndarray:
    """The same work with squared costs: the numbers are others."""
    from dtaidistance import dtw_ndim

    return dtw_ndim.distance_matrix_fast(items, COLUMNS, window=window, parallel=threads > 1, compact=True)


def cell_by_cell(items: list[np.ndarray], radius: int) -> np.ndarray:
    """Costs in a band by definition, for sequences of one length; all pairs at once."""
    x, n = np.array(items, float), len(items[0])
    best = np.full((n + 1, n + 1, FIRST.size), np.inf)
    best[0, 0] = 0
    for row in range(n):
        for column in range(max(0, row - radius), min(n, row + radius + 1)):
            before = np.minimum(np.minimum(best[row, column], best[row, column + 1]), best[row + 1, column])
            best[row + 1, column + 1] = before + np.linalg.norm(x[FIRST, row] - x[SECOND, column], axis=-1)
    return best[n, n]


def warping() -> None:
    print(f"\nDTW, all pairs of {SEQUENCES} sequences × {COLUMNS} columns, level {level()}\n{HEADER}")
    items, even = sequences(90, 110), sequences(100, 100)
    doubles, even_doubles = ([x.astype("f8") for x in part] for part in (items, even))
    truth, banded = librosa_costs(doubles), cell_by_cell(even, BAND)
    for threads in (1, 2):
        ours = {"tolerance": 1e-6, "threads": threads}

        def full(n: int = threads) -> np.ndarray:
            return dtw(items, FIRST, SECOND, threads=n)[0]

        def narrow(n: int = threads) -> np.ndarray:
            return dtw(even, FIRST, SECOND, band=BAND / 100, threads=n)[0]

        race(
            "90 to 110 rows, against dtaidistance (C)",
            full,
            lambda n=threads: dtaidistance_costs(doubles, n),
            reference=lambda: truth,
            **ours,
        )
        race(
            f"100 rows, band of ±{BAND}, against dtaidistance (C)",
            narrow,
            lambda n=threads: dtaidistance_costs(even_doubles, n, BAND + 1),
            reference=lambda: banded,
            **ours,
        )
        race("90 to 110 rows, against librosa", full, lambda: librosa_costs(items), rounds=7, **ours)


def euclid() -> None:
    from scipy.spatial.distance import pdist
    from sklearn.metrics import pairwise_distances

    print(f"\nEuclidean distances of all pairs, level {level()}; ours are in scipy's condensed form\n{HEADER}")
    r = np.random.default_rng(0)
    for items, values in ((10_000, 40), (2000, 1024)):
        x = r.standard_normal((items, values)).astype("f4")
        truth = pdist(x)
        for threads in (1, 2):
            settings = {"tolerance": 1e-6, "threads": threads, "rounds": 7, "reference": lambda truth=truth: truth}
            case = f"{items} × {values}, against "
            ours = lambda x=x, n=threads: euclidean_all(x, threads=n)  # noqa: E731
            race(case + "scikit-learn", ours, lambda x=x: pairwise_distances(x), **settings)
        alone = settings | {"threads": 1}
        race(case + "scipy's pdist", lambda x=x: euclidean_all(x), lambda x=x: pdist(x), **alone)


def near_duplicates() -> None:
    """What the expansion |a|² + |b|² − 2ab costs where it matters."""
    from scipy.spatial.distance import pdist
    from sklearn.metrics import pairwise_distances

    r = np.random.default_rng(0)
    a = (10 + r.standard_normal((100, 40))).astype("f4")
    x = np.concatenate([a, a + np.float32(1e-4)])
    near = np.arange(100) * 200 - np.arange(100) * (np.arange(100) + 1) // 2 + 99  # of item k with item 100 + k
    truth = pdist(x.astype("f8"))[near]
    expanded = np.sqrt(np.maximum(np.square(x).sum(1)[:, None] + np.square(x).sum(1) - 2 * x @ x.T, 0))
    k = np.arange(100)
    found = {
        "ours": euclidean_all(x)[near],
        "scikit-learn": pairwise_distances(x)[k, 100 + k],
        "the expansion in float32": expanded[k, 100 + k],
    }
    assert np.allclose(found["ours"], truth, rtol=1e-6)
    print("\nPairs 6e-4 apart, 65 from the origin: largest error, relative")
    for name, values in found.items():
        print(f"- {name}: {np.abs(values / truth - 1).max():.1e}")


if __name__ == "__main__":
    warping()
    euclid()
    near_duplicates()

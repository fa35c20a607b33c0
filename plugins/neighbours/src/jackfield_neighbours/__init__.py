"""Large collections: fingerprints of clips, the pairs worth comparing, and groups of vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from jackfield import (
    Candidates,
    Collection,
    Component,
    DataError,
    Feature,
    Features,
    Neighbours,
    Param,
    PluginError,
    Proposer,
    Signal,
    hookimpl,
)

if TYPE_CHECKING:
    import numpy as np

    from ._groups import VectorGroups, group_vectors

__all__ = ["Fingerprint", "NearestNeighbours", "VectorGroups", "group_vectors"]


@dataclass(frozen=True, kw_only=True)
class Fingerprint(Component):
    """73 numbers that hardly change when a clip is moved in time, turned up or down, coded or resampled.

    Of levels of 14 mel bands, 60…3600 Hz, a frame every 10 ms, from 20 dB under the clip's peak (0) up to it (1), with
    the silence at either end cut off:

    mean-b, std-b : mean and deviation of each band over time
    mod-g-k : for four groups of bands, the root of the share of their energy in each of 11 bands of modulation
        frequency, 0.1…6.3 Hz, times 0.7; it does not depend on when things happen. Long clips are averaged over
        stretches of 10 s
    duration : natural logarithm of the number of frames, times 0.4

    The euclidean distance of two fingerprints says which clips are worth comparing, not whether they are the same: of
    clips that `pattern` calls the same the nearest stranger's is nearly always larger. A silent clip is a row of NaN.

    One row, float32. DataError if a sample is NaN or infinite.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> noise = np.random.default_rng(0).normal(size=4000) * np.exp(-np.arange(4000) / 900)
    >>> here, there = (Signal(samples=x, rate=8000) for x in (noise, np.pad(-0.2 * noise, (800, 0))))
    >>> a, b = Fingerprint()(here).values, Fingerprint()(there).values
    >>> a.shape, bool(np.abs(a - b).max() < 0.01)
    ((1, 73), True)
    """

    def __call__(self, signal: Signal) -> Features:
        """Fingerprint of a clip; the power of its channels is summed."""
        import numpy as np

        from ._fingerprint import NAMES, fingerprint

        wrong = int(signal.samples.size - np.isfinite(signal.samples).sum())
        if wrong:
            raise DataError("samples must be finite numbers", f"{wrong} are NaN or infinite", "repair the clip")
        values = fingerprint(signal.samples, signal.rate)
        return Features(values=values[None], names=NAMES, source=signal.source)


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours(Component):
    """The pairs worth comparing in a large collection: every clip with those whose vectors are nearest.

    Takes one row of numbers per clip, such as `fingerprint`, and measures them by the euclidean distance. Up to 4096
    different rows are searched one against all; more by an inverted file of the FAISS library, which looks only into
    those parts of the collection that are near. How much it misses is measured: for 500 clips the nearest one is known
    from a search of all, and while the index finds fewer than `recall` of them it looks into twice as many parts.

    After these pairs are compared, `more` asks for those that follow: where A is close to B and B to C, it proposes A
    with C. So all pairs of a group become known, even of one that is larger than `k`.

    Near vectors are one thing, near clips another. So `sample` clips, picked by their vectors, are compared with all
    others, and of those that have others within `close`, *recall* is the share of these that was found without the
    sample: compared, or joined by close pairs that were. A clip counts once, by the mean of its pairs, which are found
    or missed together; *rank-1 recall* is the share of clips whose nearest was found. Both are noted with their 95 %
    intervals by Wilson's formula for as many clips. While recall is below the target, twice the neighbours are looked
    for, up to four times `k`, as long as that brings a pair within reach that the sample shows to be missed. The
    sample's own close pairs are kept. With 25 clips a run takes about a quarter longer, of however many.

    Clips with equal vectors are searched once. The result depends neither on the order of the clips nor on the number
    of processors. Clips without numbers (silent ones) are in no pair.

    Sources: J. Johnson, M. Douze, H. Jégou, "Billion-scale similarity search with GPUs", IEEE Trans. Big Data 7 (2021);
    Y. Malkov, D. Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
    world graphs", IEEE Trans. PAMI 42 (2020); E. B. Wilson, "Probable inference", J. Amer. Stat. Assoc. 22 (1927).

    >>> import numpy as np
    >>> from jackfield import Collection, Features
    >>> rows = [Features(values=np.array([[x]], np.float32), names=("x",)) for x in (0, 5, 0.1, 5.2)]
    >>> found = NearestNeighbours(k=1)(Collection(("a", "b", "c", "d"), rows.__getitem__))
    >>> sorted((found.ids[i], found.ids[j]) for i, j in zip(found.i, found.j))
    [('a', 'c'), ('b', 'd')]
    """

    above: Annotated[int, Param(ge=0, description="number of clips up to which all pairs are compared instead")] = 2000
    k: Annotated[int, Param(ge=1, le=1000, description="neighbours proposed for each clip")] = 16
    recall: Annotated[
        float, Param(gt=0, le=1, description="least share of nearest vectors, and of close clips, to be found")
    ] = 0.99
    close: Annotated[
        float,
        Param(ge=0, description="compared clips this close have their other close ones compared too; ≥ the threshold"),
    ] = 0.3
    most: Annotated[int, Param(ge=2, description="clips that hang together of which all pairs are still proposed")] = (
        200
    )
    sample: Annotated[
        int, Param(ge=0, le=1000, description="clips compared with all others, to know how many close ones are missed")
    ] = 25

    def __call__(self, items: Collection[Features]) -> Candidates:
        """Find neighbours; DataError unless every item is one row, as long as the others."""
        from ._propose import candidates

        return candidates(items, self.k, self.recall)

    def more(self, compared: Neighbours) -> tuple[np.ndarray, np.ndarray]:
        """All pairs of clips that hang together by distances up to `close`."""
        from ._propose import within

        return within(compared, self.close, self.most)

    def audit(self, items: Collection[Features]) -> Candidates:
        """A sample of clips with all others; clips with equal vectors count as one."""
        from ._recall import audit

        return audit(items, self.sample)

    def harder(
        self, items: Collection[Features], proposed: Candidates, compared: Neighbours, audited: Neighbours
    ) -> Candidates:
        """The proposal with its recall by the distance, and with more neighbours where that is low and they help."""
        from ._recall import harder

        how: dict[str, Any] = {"k": self.k, "recall": self.recall, "close": self.close, "sample": self.sample}
        return harder(items, proposed, compared, audited, **how)

    def expect(self, n: int) -> int:
        """Pairs of n clips: two neighbours often name each other."""
        return round(0.7 * self.k * n)

    def prepare(self) -> None:
        """Look for the library, which is imported only where a collection is large."""
        from importlib.util import find_spec

        if find_spec("faiss") is None:
            raise PluginError("the library faiss is missing", remedy="pip install faiss-cpu")


def __getattr__(name: str) -> Any:
    if name in ("VectorGroups", "group_vectors"):
        from . import _groups

        return getattr(_groups, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@hookimpl
def jackfield_features() -> Iterator[Feature]:
    yield Feature("fingerprint", Fingerprint)


@hookimpl
def jackfield_proposers() -> Iterator[Proposer]:
    yield Proposer("neighbours", NearestNeighbours)

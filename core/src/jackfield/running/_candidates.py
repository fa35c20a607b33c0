"""Which pairs a distance compares that a grouping or a proposer names, and what a proposer is asked after that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data import Candidates, Groups, Neighbours
from ..errors import PluginError
from ..planning import Plan, Step, blamed, digest_of
from ._comparisons import Comparisons
from ._results import Loader
from ._run import Run

if TYPE_CHECKING:
    import numpy as np

# Pairs a work item: few of the slow, thorough comparisons for a grouping, many of the quick ones for a proposer.
THOROUGH, QUICK = 16, 1024


def proposer_of(plan: Plan, step: Step) -> Any:
    """The proposer from which a distance takes its pairs; None where they come from elsewhere."""
    if step.kind != "distance" or len(step.inputs) != 2:
        return None
    source = plan.step(step.inputs[1])
    return source.component if source.kind == "proposer" else None


def compare_candidates(run: Run, loader: Loader, step: Step) -> None:
    """Compare the named pairs, then those that a proposer finds worth it after that."""
    import numpy as np

    named = loader.load(step.inputs[1])
    if isinstance(named, Groups):
        pairs = np.array(named.candidates(), np.int64)
        Comparisons(run, loader, step, named.ids, THOROUGH).compare(pairs)
    else:
        _Asked(run, loader, step, named).compare()


def declared(step: Step, value: Any, kind: type) -> Any:
    """What a step made; PluginError where it is of another kind than it should be."""
    if not isinstance(value, kind):
        fault = f"returned {type(value).__name__}, declared {kind.__name__}"
        raise PluginError(f"step {step.label} {fault}", remedy="report it")
    return value


class _Asked:
    """A proposer, and what is compared because of it."""

    def __init__(self, run: Run, loader: Loader, step: Step, proposed: Candidates) -> None:
        self.run, self.loader, self.step, self.proposed = run, loader, step, proposed
        self.source = run.plan.step(step.inputs[1])
        self.proposer = self.source.component
        self.work = Comparisons(run, loader, step, proposed.ids, QUICK)

    def compare(self) -> None:
        """Compare what is proposed, what follows, and what harder search finds where a sample shows much to be missed.

        What follows from the sample comes last: found by it, it is not taken for found without it.
        """
        pairs = _pairs(self.proposed)
        pairs = _joined(pairs, self._copies(pairs))
        pairs, compared = self._followed(pairs, self.work.compare(pairs))
        if not hasattr(self.proposer, "audit"):
            return
        with blamed(f"step {self.source.label}"):
            asked = self.proposer.audit(self.loader.load(self.source.inputs[0]))
        if not len(declared(self.source, asked, Candidates)):
            return
        audited = self.work.distances(_pairs(asked))
        while (new := _beyond(self._harder(compared, audited), pairs)).size:
            pairs = _joined(pairs, new)
            pairs, compared = self._followed(pairs, self.work.compare(pairs))
        self._followed(pairs, _united(compared, audited))

    def _copies(self, pairs: np.ndarray) -> np.ndarray:
        """Clips in none of the pairs, each with the first that has the same samples: silence has no neighbours."""
        import numpy as np

        digests = {clip.id: clip.digest for clip in self.run.good()}
        proposed, found = set(np.unique(pairs).tolist()), []
        first: dict[str | None, int] = {}
        for k, name in enumerate(self.proposed.ids):
            one = first.setdefault(digests.get(name), k)
            if one != k and name in digests and k not in proposed:
                found.append((one, k))
        return np.array(found, np.int64).reshape(-1, 2).T

    def _followed(self, pairs: np.ndarray, known: Neighbours) -> tuple[np.ndarray, Neighbours]:
        """Pairs with those that follow from what is known, and what came out."""
        if hasattr(self.proposer, "more"):
            with blamed(f"step {self.source.label}"):
                more = self.proposer.more(known)
            new = _beyond(_stacked(*more), pairs)
            if new.size:
                pairs = _joined(pairs, new)
                return pairs, self.work.compare(pairs)
        return pairs, known

    def _harder(self, compared: Neighbours, audited: Neighbours) -> np.ndarray:
        """What the proposer names now that it is told; this, and what it says of it, becomes the result of its step."""
        key = digest_of("harder", self.work.digest, self.loader.key(self.source.id), self.loader.key(self.step.id))

        def make() -> Any:
            with blamed(f"step {self.source.label}"):
                items = self.loader.load(self.source.inputs[0])
                found = self.proposer.harder(items, self.proposed, compared, audited)
            return declared(self.source, found, Candidates)

        self.proposed = self.run.made(key, self.source, make)
        self.loader.single(self.source.id, key, Candidates.__name__)
        return _pairs(self.proposed)


def _pairs(candidates: Candidates) -> np.ndarray:
    return _stacked(candidates.i, candidates.j)


def _stacked(i: Any, j: Any) -> np.ndarray:
    import numpy as np

    return np.array([i, j], np.int64).reshape(2, -1)


def _joined(pairs: np.ndarray, new: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.concatenate([pairs, new], axis=1)


def _beyond(found: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Those found that are not among the pairs."""
    import numpy as np

    n = 1 + max(found.max(initial=0), pairs.max(initial=0))
    new: np.ndarray = found[:, ~np.isin(found[0] * n + found[1], pairs[0] * n + pairs[1])]
    return new


def _united(compared: Neighbours, audited: Neighbours) -> Neighbours:
    """The distances of both, every pair once."""
    import numpy as np

    n = len(compared.ids)
    new = ~np.isin(audited.i * n + audited.j, compared.i * n + compared.j)
    columns = ((getattr(compared, name), getattr(audited, name)[new]) for name in ("i", "j", "distance"))
    i, j, distance = (np.concatenate(parts) for parts in columns)
    return Neighbours(ids=compared.ids, i=i, j=j, distance=distance, name=compared.name)

"""A proposer asked as a run asks it, about pairs whose distances are made up."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Candidates, Collection, Neighbours

Pairs = set[tuple[int, int]]


def asked(proposer: Any, items: Collection[Any]) -> list[Candidates]:
    """All that a proposer names for these items; TypeError or ValueError where an answer is not one.

    Distances 0, 0.5 and 1 alternate, so that some pairs are near, whatever near is, and some far.
    """
    answers = [_answer(proposer(items), items)]
    pairs = _followed(proposer, items, _named(answers[0]))
    if hasattr(proposer, "audit") or hasattr(proposer, "harder"):
        audit = _answer(proposer.audit(items), items)
        sample = _compared(items, _named(audit))
        while len(audit):
            answers.append(_answer(proposer.harder(items, answers[-1], _compared(items, pairs), sample), items))
            if _named(answers[-1]) <= pairs:
                break
            pairs = _followed(proposer, items, pairs | _named(answers[-1]))
        answers.append(audit)
    return answers


def _answer(value: Any, items: Collection[Any]) -> Candidates:
    if not isinstance(value, Candidates):
        raise TypeError(f"returned {type(value).__name__}, not Candidates")
    if value.ids != items.ids:
        raise ValueError("names other items than it was given")
    return value


def _followed(proposer: Any, items: Collection[Any], pairs: Pairs) -> Pairs:
    if not hasattr(proposer, "more"):
        return pairs
    i, j = proposer.more(_compared(items, pairs))
    more = {*zip(i.tolist(), j.tolist(), strict=True)}
    _compared(items, more)  # refuses what is no pair of the items
    return pairs | more


def _named(candidates: Candidates) -> Pairs:
    return {*zip(candidates.i.tolist(), candidates.j.tolist(), strict=True)}


def _compared(items: Collection[Any], pairs: Pairs) -> Neighbours:
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    return Neighbours(ids=items.ids, i=i, j=j, distance=((i + j) % 3 / 2).astype(np.float32), name="kit")

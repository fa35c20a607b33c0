"""Rows of groups.csv and pairs.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from jackfield import Comparison, Neighbours

from ._findings import Findings, Pairs

GROUPS = (
    "path", "group", "medoid", "distance_to_medoid", "offset_samples", "offset_s", "gain_db", "relation", "margin",
    "diameter", "nearest_group", "distance_to_nearest_group",
)  # fmt: skip
PAIRS = (
    "a", "b", "distance", "similarity", "relation", "offset_samples", "offset_s", "gain_db", "polarity", "overlap",
    "differs",
)  # fmt: skip
Row = tuple[object, ...]
Keep = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # of i, j, distance


def number(value: float | None) -> float | None:
    """Rounded to six decimals, -0.0 as 0.0; None for what is undefined.

    >>> number(0.1 + 0.2), number(-1e-9), number(float("nan"))
    (0.3, 0.0, None)
    """
    if value is None or value != value:
        return None
    return round(float(value), 6) + 0.0


def group_rows(found: Findings) -> Iterator[Row]:
    """One row per item. An item alone has no medoid, hence nothing measured against it."""
    for item in found.order():
        m = found.members[item]
        if m.medoid is None:
            yield found.path(item), -1, None, None, None, None, None, m.relation, None, None, None, None
            continue
        assert found.groups is not None
        e = m.evidence or Comparison(float("nan"))
        if m.medoid == item:
            e = Comparison(0.0, offset_samples=0.0, offset_s=0.0, gain_db=0.0)
        measured = (number(v) for v in (m.distance, e.offset_samples, e.offset_s, e.gain_db))
        diameter, nearest, gap = found.groups.shape(m.group)
        shape = number(m.margin), number(diameter), nearest if nearest >= 0 else None, number(gap)
        yield found.path(item), m.group, found.path(m.medoid), *measured, m.relation, *shape


def spans(differs: tuple[tuple[float, float], ...]) -> str:
    """Intervals in seconds as one cell.

    >>> spans(((1.37, 1.55), (2, 2.1)))
    '1.37-1.55;2.00-2.10'
    """
    return ";".join(f"{start:.2f}-{stop:.2f}" for start, stop in differs)


def pairs_text(found: Findings, limit: float | None) -> str:
    """pairs.csv, in the order of the inputs; a pair with evidence stands as it was compared, the rest earlier first.

    Thousands of clips make millions of pairs, so that cells are made by column, and those of the few pairs that were
    looked at closely put in afterwards.
    """
    assert found.distances is not None
    n, ids = len(found.distances.ids), found.distances.ids
    i, j, columns = chosen(found, found.distances, limit)
    paths = [quoted(found.path(item)) for item in ids]
    table = {name: [""] * i.size for name in PAIRS} | {name: cells(c) for name, c in columns.items() if name in PAIRS}
    table["a"], table["b"] = [paths[k] for k in i.tolist()], [paths[k] for k in j.tolist()]
    table["polarity"] = [text.removesuffix(".0") for text in table["polarity"]]
    keys = np.minimum(i, j) * n + np.maximum(i, j)
    for (low, high), (first, second) in _close(found, ids).items():
        k = int(np.searchsorted(keys, low * n + high))
        if k < keys.size and keys[k] == low * n + high:
            a, b = ids[first], ids[second]
            table["a"][k], table["b"][k] = paths[first], paths[second]
            table["relation"][k] = found.relation(a, b) or ""
            if (e := found.comparisons.get((a, b))) is not None:
                table["similarity"][k] = table["similarity"][k] or text_of(e.similarity)
                for name in ("offset_samples", "offset_s", "gain_db", "overlap"):
                    table[name][k] = text_of(getattr(e, name))
                table["polarity"][k] = "" if e.polarity is None else str(e.polarity)
                table["differs"][k] = spans(e.differs)
    return "\n".join([",".join(PAIRS), *map(",".join, zip(*table.values(), strict=True)), ""])


def _close(found: Findings, ids: tuple[str, ...]) -> dict[tuple[int, int], tuple[int, int]]:
    """Pairs that were compared, and members with their medoids: (low, high) → (a, b), as the row is to read."""
    where = {item: k for k, item in enumerate(ids)}
    close: dict[tuple[int, int], tuple[int, int]] = {}
    for a, b in sorted((where.get(a, -1), where.get(b, -1)) for a, b in found.comparisons):
        close[min(a, b), max(a, b)] = a, b
    for m in found.members.values():
        if m.medoid is not None and m.medoid != m.id:
            a, b = sorted((where.get(m.id, -1), where.get(m.medoid, -1)))
            close.setdefault((a, b), (a, b))
    return {pair: row for pair, row in close.items() if pair[0] >= 0}


def cells(column: np.ndarray) -> list[str]:
    """Numbers of a column as cells, as `text_of` makes them, but a million in a second.

    >>> cells(np.array([0.30000000004, np.nan, -1e-9]))
    ['0.3', '', '0.0']
    """
    return ["" if v != v else repr(round(v, 6) + 0.0) for v in column.astype(np.float64).tolist()]


def text_of(value: float | None) -> str:
    """A number as a cell."""
    value = number(value)
    return "" if value is None else repr(value)


def quoted(text: str) -> str:
    """Text as a cell as in RFC 4180.

    >>> print(quoted('a "b",c'))
    "a ""b"",c"
    """
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def chosen(
    found: Findings, distances: Pairs, limit: float | None
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(i, j, columns) of the pairs worth a row, sorted; NaN for pairs that only the evidence has.

    With a limit: those closer. Without: same group, near misses, and whatever has evidence; all where nothing is
    grouped.
    """
    n = len(distances.ids)
    where = {item: k for k, item in enumerate(distances.ids)}
    labels, near = np.full(n, -1, np.int64), np.zeros(0, np.int64)
    if found.groups is not None:
        own = np.array([where.get(item, -1) for item in found.groups.ids], np.int64)
        labels[own[own >= 0]] = found.groups.labels[own >= 0]
        near = _keys(own[found.groups.near[0]], own[found.groups.near[1]], n)
    asked = np.array([(where.get(a, -1), where.get(b, -1)) for a, b in found.comparisons], np.int64).reshape(-1, 2)
    compared = _keys(asked[:, 0], asked[:, 1], n)

    def keep(i: np.ndarray, j: np.ndarray, d: np.ndarray) -> np.ndarray:
        if limit is not None:
            return d < limit
        if found.groups is None:
            return np.ones(d.size, bool)
        pairs = np.minimum(i, j) * n + np.maximum(i, j)
        low, high = np.searchsorted(near, (pairs.min(initial=n * n), pairs.max(initial=-1) + 1))
        together = (labels[i] == labels[j]) & (labels[i] >= 0)
        either: np.ndarray = together | np.isin(pairs, near[low:high])
        return either

    i, j, at = _kept(distances, keep)
    table = {"distance": distances.distance if isinstance(distances, Neighbours) else distances.condensed}
    columns = {name: column[at] for name, column in (table | (distances.columns or {})).items()}
    if limit is None:
        known = np.sort(np.minimum(i, j) * n + np.maximum(i, j), kind="stable")
        extra = compared[np.searchsorted(known, compared, "left") == np.searchsorted(known, compared, "right")]
        i, j = np.concatenate([i, extra // n]), np.concatenate([j, extra % n])
        columns = {name: np.concatenate([c, np.full(extra.size, np.nan)]) for name, c in columns.items()}
    order = np.argsort(np.minimum(i, j) * n + np.maximum(i, j), kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    return i[order], j[order], columns


def _keys(i: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    """One sorted integer per pair of known items, whichever comes first."""
    known = (i >= 0) & (j >= 0)
    return np.unique(np.minimum(i, j)[known] * n + np.maximum(i, j)[known])


def _kept(distances: Pairs, keep: Keep) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i, j, position) of the pairs to keep; all pairs go row by row, to make no array of their size."""
    if isinstance(distances, Neighbours):
        at = np.flatnonzero(keep(distances.i, distances.j, distances.distance))
        return distances.i[at], distances.j[at], at
    n, parts = len(distances.ids), [np.zeros((3, 0), np.int64)]
    for row in range(n - 1):
        first = distances.index(row, row + 1)
        i, j = np.full(n - row - 1, row), np.arange(row + 1, n)
        at = np.flatnonzero(keep(i, j, distances.condensed[first : first + j.size]))
        parts.append(np.array([i[at], j[at], first + at]))
    i, j, position = np.concatenate(parts, axis=1)
    return i, j, position

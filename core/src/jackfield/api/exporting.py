"""Results of a run as files for other programs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import Collection, Distances, Features, Groups, Neighbours, Results
from ..data._files import csv_line, replace_file, write_file
from ..errors import ConfigError
from ..running import open_results

if TYPE_CHECKING:
    import numpy as np

FORMATS = (".csv", ".json", ".npz")
Row = dict[str, Any]


def export(
    folder: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    step: str | None = None,
    force: bool = False,
) -> Path:
    """Write the result of one step of a finished run as .csv, .json or .npz, by the suffix of `to`.

    step : id of the step; it can be left out where the run has one result
    force : overwrite

    .csv and .json hold rows with the names of clips: of Features `path, row, time` (seconds) and a column per
    dimension; of pairs (Distances, Neighbours) `a, b, distance` and their further columns; of Groups `path, group,
    medoid, nearest, distance, margin`. .npz holds arrays in which clips are positions in the array `clips`, −1 for
    none: `clip, row, time, names, values`; `i, j, distance, …`; `group, medoid, nearest, distance, margin`.

    Numbers keep all their digits. What is undefined is NaN in .npz, null in .json (infinity too), empty in .csv.

    Raises ConfigError where there is no finished run, no such step, another kind of result, a file already, or another
    suffix; OutputError where a stored result is damaged or the file cannot be written.
    """
    path = Path(to)
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"{path} has no suffix that says its format", f"known: {', '.join(FORMATS)}")
    value = _result(open_results(folder), step)
    if path.exists() and not force:
        raise ConfigError(f"{path} exists", remedy="--force overwrites it")
    _write(path, value)
    return path


def _result(results: Results, step: str | None) -> Any:
    """The result to write, with the names of all where none or a wrong one was given."""
    kinds = results.kinds or {}
    known = ", ".join(f"{name} ({kinds.get(name, 'unknown')})" for name in results) or "none"
    if step is None and len(results) != 1:
        raise ConfigError("which result?", known, "name one with --step")
    name = step if step is not None else next(iter(results))
    if name not in results.steps:
        raise ConfigError(f'the run has no result of a step "{name}"', f"results: {known}")
    value = results[name]
    kind = type(value[0] if isinstance(value, Collection) and len(value) else value)
    if kind not in (Features, Distances, Neighbours, Groups, Collection):
        evidence = f"it gives {kind.__name__}"
        raise ConfigError(f'the result of step "{name}" is no table', evidence, "Features, pairs and groups are")
    return value


def _write(path: Path, value: Any) -> None:
    if path.suffix.lower() == ".npz":
        import numpy as np

        arrays = _arrays(value)
        replace_file(path, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
    elif path.suffix.lower() == ".json":
        text = ",\n".join(json.dumps({key: _sayable(cell) for key, cell in row.items()}) for row in rows(value))
        write_file(path, f"[\n{text}\n]\n".encode())
    else:
        write_file(path, "".join(lines(value)).encode("utf-8", "surrogateescape"))


def _sayable(cell: Any) -> Any:
    """JSON knows no infinity."""
    return None if isinstance(cell, float) and abs(cell) == float("inf") else cell


def header(value: Any) -> list[str]:
    """Names of the columns of `rows`, all of them even where there is no row."""
    if isinstance(value, Collection):
        # Clips may have different columns.
        return ["path", "row", "time", *dict.fromkeys(name for item in value for name in item.names)]
    if isinstance(value, Groups):
        return ["path", "group", "medoid", "nearest", "distance", "margin"]
    more = ["relation", "differs"] if isinstance(value, Neighbours) else []
    return ["a", "b", "distance", *(value.columns or {}), *more]


def rows(value: Any) -> Iterator[Row]:
    """A result as rows for people and tables: names, not indices; None for what is undefined."""
    kinds: dict[type, Callable[[Any], Iterator[Row]]] = {Collection: _feature_rows, Groups: _group_rows}
    for row in kinds.get(type(value), _pair_rows)(value):
        yield {key: None if cell != cell else cell for key, cell in row.items()}


def lines(value: Any) -> Iterator[str]:
    """The same as a CSV file, line by line."""
    empty: Row = dict.fromkeys(header(value))
    yield csv_line(empty)
    for row in rows(value):
        yield csv_line((empty | row).values())


def _feature_rows(items: Collection[Features]) -> Iterator[Row]:
    for name, item in zip(items.ids, items, strict=True):
        for k, values in enumerate(item.values.tolist()):
            time = item.frames.time(k) if item.frames else None
            yield {"path": name, "row": k, "time": time} | dict(zip(item.names, values, strict=True))


def _group_rows(groups: Groups) -> Iterator[Row]:
    def name(k: int) -> str | None:
        return groups.ids[k] if k >= 0 else None

    numbers = (a.tolist() for a in (groups.labels, groups.medoid, groups.nearest, groups.distance, groups.margin))
    for path, group, medoid, nearest, distance, margin in zip(groups.ids, *numbers, strict=True):
        near = {"medoid": name(medoid), "nearest": name(nearest)}
        yield {"path": path, "group": group, **near, "distance": distance, "margin": margin}


def _pair_rows(pairs: Distances | Neighbours) -> Iterator[Row]:
    i, j, distance = _pairs(pairs)
    columns = {"distance": distance, **(pairs.columns or {})}
    cells = zip(*(column.tolist() for column in columns.values()), strict=True)
    for k, (a, b, values) in enumerate(zip(i.tolist(), j.tolist(), cells, strict=True)):
        row: Row = {"a": pairs.ids[a], "b": pairs.ids[b], **dict(zip(columns, values, strict=True))}
        if isinstance(pairs, Neighbours):
            spans = ";".join(f"{start:g}-{stop:g}" for start, stop in pairs.differs[k])
            row |= {"relation": pairs.relations[k], "differs": spans}
        yield row


def _pairs(pairs: Distances | Neighbours) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    if isinstance(pairs, Neighbours):
        return pairs.i, pairs.j, pairs.distance
    i, j = np.triu_indices(len(pairs.ids), 1)
    return i, j, pairs.condensed


def _arrays(value: Any) -> dict[str, np.ndarray]:
    """A result as named arrays; clips are meant by their position in `clips`."""
    import numpy as np

    found: dict[str, Any] = {"clips": np.array(value.ids, dtype=np.str_)}
    if isinstance(value, Collection):
        return found | _feature_arrays(value)
    if isinstance(value, Groups):
        found |= {"group": value.labels, "medoid": value.medoid, "nearest": value.nearest}
        return found | {"distance": value.distance, "margin": value.margin}
    i, j, distance = _pairs(value)
    found |= {"i": i, "j": j, "distance": distance, **(value.columns or {})}
    if isinstance(value, Neighbours):
        table = list(rows(value))
        found |= {name: np.array([row[name] or "" for row in table], dtype=np.str_) for name in ("relation", "differs")}
    return found


def _feature_arrays(items: Collection[Features]) -> dict[str, np.ndarray]:
    import numpy as np

    parts = [*items]
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    counts = [part.values.shape[0] for part in parts]
    values = np.full((sum(counts), len(names)), np.nan, np.result_type(np.float32, *(p.values.dtype for p in parts)))
    time = np.full(sum(counts), np.nan)
    for part, start in zip(parts, np.cumsum([0, *counts]), strict=False):
        here = slice(start, start + part.values.shape[0])
        values[here, [names.index(name) for name in part.names]] = part.values
        time[here] = [part.frames.time(k) for k in range(part.values.shape[0])] if part.frames else np.nan
    return {
        "clip": np.repeat(np.arange(len(parts)), counts),
        "row": np.concatenate([np.arange(0), *(np.arange(count) for count in counts)]),
        "time": time,
        "names": np.array(names, dtype=np.str_),
        "values": values,
    }

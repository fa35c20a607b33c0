"""Results on disk: one .npz with the arrays and a JSON tree that says where they belong. No pickle."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from . import _decomposition, _frames, _grid, _groups, _pairs, _results, _signal
from ._files import replace_file

TYPES = {
    cls.__name__: cls
    for cls in (
        _decomposition.Decomposition,
        _decomposition.Stack,
        _frames.FrameGrid,
        _grid.Axis,
        _grid.Features,
        _grid.Grid,
        _groups.Groups,
        _pairs.Candidates,
        _pairs.Comparison,
        _pairs.Distances,
        _pairs.Neighbours,
        _results.Artifact,
        _signal.Codes,
        _signal.Origin,
        _signal.Signal,
        _signal.Source,
    )
}


def pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """`value` as a JSON tree; its arrays go to `arrays` under the names the tree refers to."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcSU":
            raise DataError("cannot store an array of objects", f"dtype {value.dtype}")
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"$array": name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, _decomposition.Decomposition):
        value = value.held()
    if is_dataclass(value) and type(value).__name__ in TYPES:
        return {"$type": type(value).__name__} | {f.name: pack(getattr(value, f.name), arrays) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return {"$tuple": [pack(v, arrays) for v in value]}
    if isinstance(value, dict):
        return {"$dict": {str(k): pack(v, arrays) for k, v in value.items()}}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise DataError(
        f"cannot store a {type(value).__name__}", remedy="results hold arrays, numbers, text, tuples, dicts"
    )


def unpack(tree: Any, arrays: Any) -> Any:
    """The inverse of `pack`."""
    if not isinstance(tree, dict):
        return tree
    if "$array" in tree:
        array = arrays[tree["$array"]]
        array.flags.writeable = False
        return array
    if "$tuple" in tree:
        return tuple(unpack(v, arrays) for v in tree["$tuple"])
    if "$dict" in tree:
        return {k: unpack(v, arrays) for k, v in tree["$dict"].items()}
    cls = TYPES[tree["$type"]]
    return cls(**{k: unpack(v, arrays) for k, v in tree.items() if k != "$type"})


def save(path: Path, value: Any) -> None:
    """Store any result under `path`, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(pack(value, arrays)).encode()
    arrays["tree"] = np.frombuffer(tree, np.uint8)
    replace_file(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def load(path: Path) -> Any:
    """Read back what `save` stored."""
    with np.load(path, allow_pickle=False) as arrays:
        return unpack(json.loads(arrays["tree"].tobytes()), arrays)

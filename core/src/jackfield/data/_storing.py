"""Results on disk: a JSON tree, and the bytes of the arrays that it says the places of. No pickle.

A run of many clips writes and reads tens of thousands of these; an .npz takes five to ten times as long, since each
array is a file with a header of its own. A file is MAGIC, the size of the tree (8 bytes, little-endian), the tree, the
arrays, and the CRC-32 of all that (4 bytes); tree and arrays begin at multiples of 64.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any
from zlib import crc32

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

MAGIC, ALIGN = b"jackfield result 1".ljust(56), 64


class Packer:
    """A result as a JSON tree; its arrays are kept to be written one after the other."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self.size = 0

    def __call__(self, value: Any) -> Any:
        """The tree of a value."""
        if isinstance(value, np.ndarray):
            return self.array(value)
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, _decomposition.Decomposition):
            value = value.held()
        if is_dataclass(value) and type(value).__name__ in TYPES:
            return {"$type": type(value).__name__} | {f.name: self(getattr(value, f.name)) for f in fields(value)}
        if isinstance(value, (tuple, list)):
            return {"$tuple": [self(v) for v in value]}
        if isinstance(value, Fraction):
            return {"$fraction": value.as_integer_ratio()}
        if isinstance(value, dict):
            return {"$dict": {str(k): self(v) for k, v in value.items()}}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise DataError(
            f"cannot store a {type(value).__name__}", remedy="results hold arrays, numbers, text, tuples, dicts"
        )

    def array(self, value: np.ndarray) -> dict[str, Any]:
        """Type, shape, place and order of an array."""
        if value.dtype.kind not in "biufcSU":
            raise DataError("cannot store an array of objects", f"dtype {value.dtype}")
        order = "F" if value.flags.fnc else "C"
        self.arrays.append(np.ascontiguousarray(value.T if order == "F" else value))
        place, self.size = self.size, self.size + value.nbytes + -value.nbytes % ALIGN
        return {"$array": [value.dtype.str, value.shape, place, order]}


def unpack(tree: Any, data: memoryview) -> Any:
    """The inverse of a `Packer`; arrays are read-only views of `data`."""
    if not isinstance(tree, dict):
        return tree
    if "$array" in tree:
        dtype, shape, place, order = tree["$array"]
        return np.ndarray(shape, dtype, data, place, order=order)
    if "$tuple" in tree:
        return tuple([unpack(v, data) for v in tree["$tuple"]])
    if "$fraction" in tree:
        return Fraction(*tree["$fraction"])
    if "$dict" in tree:
        return {k: unpack(v, data) for k, v in tree["$dict"].items()}
    cls = TYPES[tree["$type"]]
    return cls(**{k: unpack(v, data) for k, v in tree.items() if k != "$type"})


def save(path: Path, value: Any) -> None:
    """Store any result under `path`, whole or not at all."""
    packer = Packer()
    tree = json.dumps(packer(value)).encode()
    tree += b" " * (-len(tree) % ALIGN)
    parts: list[Any] = [MAGIC, len(tree).to_bytes(8, "little"), tree]
    for array in packer.arrays:
        parts += [array.reshape(-1).view(np.uint8).data, bytes(-array.nbytes % ALIGN)] if array.nbytes else []
    replace_file(path, lambda file: write(file, parts))


def write(file: IO[bytes], parts: list[Any]) -> None:
    """Write one part after the other, and the sum that tells a whole file from a torn one."""
    total = 0
    for part in parts:
        file.write(part)
        total = crc32(part, total)
    file.write(total.to_bytes(4, "little"))


def load(path: Path) -> Any:
    """Read back what `save` stored; ValueError where the file is not whole."""
    data = memoryview(path.read_bytes())
    if data[: len(MAGIC)] != MAGIC or crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise ValueError("it is not whole")
    start = len(MAGIC) + 8
    stop = start + int.from_bytes(data[len(MAGIC) : start], "little")
    return unpack(json.loads(bytes(data[start:stop])), data[stop:-4])

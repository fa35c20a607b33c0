"""Collection results, put together from the run folder when somebody asks for them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..config import INPUTS
from ..data import Artifact, Clip, Collection, Distances, Failure, Neighbours, Origin, Results
from ..errors import ConfigError
from ..planning import digest_of
from ._pairs import tile_pairs
from ._shards import shards
from ._share import NOTE

KINDS = {"collection": "Collection", "distances": "Distances", "neighbours": "Neighbours"}


@dataclass(frozen=True)
class Tiles:
    """All pairs of a collection, cut into tiles: work items, and which two blocks of clips each compares."""

    blocks: list[list[int]]
    sides: list[tuple[int, int]]
    items: list[dict[str, Any]]


class Loader:
    """Recipes by step id: which shards make up a result. The recipes are JSON, so that a folder can be opened later."""

    def __init__(self, folder: Path, recipes: dict[str, Any] | None = None) -> None:
        self.shards = shards(folder)
        self.recipes = recipes or {}
        self._made: dict[str, Any] = {}

    def collection(self, name: str, ids: tuple[str, ...], keys: list[str]) -> None:
        """One stored item per clip."""
        self.recipes[name] = {"kind": "collection", "ids": ids, "keys": keys}

    def distances(self, name: str, ids: tuple[str, ...], tiles: Tiles, about: dict[str, Any]) -> None:
        """Tiles of all pairs."""
        parts = [[item["key"], *blocks] for item, blocks in zip(tiles.items, tiles.sides, strict=True)]
        self.recipes[name] = {"kind": "distances", "ids": ids, "blocks": tiles.blocks, "parts": parts, "about": about}

    def neighbours(self, name: str, ids: tuple[str, ...], pairs: Any, chunks: list[str], rows: Any) -> None:
        """Candidate pairs, (2, m), each with the chunk that holds its comparison and the row there."""
        number = {key: k for k, key in enumerate(dict.fromkeys(chunks))}
        places = [*zip(*pairs.tolist(), (number[key] for key in chunks), rows.tolist(), strict=True)]
        self.recipes[name] = {"kind": "neighbours", "ids": ids, "rows": places, "keys": [*number]}
        self._made.pop(name, None)

    def single(self, name: str, key: str, kind: str) -> None:
        """One stored result."""
        self.recipes[name] = {"kind": "single", "key": key, "gives": kind}
        self._made.pop(name, None)

    def names(self) -> list[str]:
        """Steps whose results can be loaded."""
        return [name for name in self.recipes if name != INPUTS]

    def kinds(self) -> dict[str, str]:
        """What kind of result each step has."""
        recipes = {name: self.recipes[name] for name in self.names()}
        return {name: r["gives"] if r["kind"] == "single" else KINDS[r["kind"]] for name, r in recipes.items()}

    def key(self, name: str) -> str:
        """Identity of a result: its shards and the items they are about."""
        recipe = self.recipes[name]
        return recipe["key"] if recipe["kind"] == "single" else digest_of(name, recipe)

    def load(self, name: str) -> Any:
        """The result of a step; made once."""
        if name not in self._made:
            recipe = self.recipes[name]
            self._made[name] = getattr(self, f"_{recipe['kind']}")(name, recipe)
        return self._made[name]

    def _single(self, name: str, recipe: dict[str, Any]) -> Any:
        return self.shards.load(recipe["key"])

    def _collection(self, name: str, recipe: dict[str, Any]) -> Collection[Any]:
        ids, keys = tuple(recipe["ids"]), recipe["keys"]

        def load(k: int) -> Any:
            item = self.shards.load(keys[k])
            return replace(item, source=Origin(path=ids[k])) if getattr(item, "source", None) is not None else item

        return Collection(ids, load)

    def _distances(self, name: str, recipe: dict[str, Any]) -> Distances:
        import numpy as np

        n = len(recipe["ids"])
        columns: dict[str, Any] = {"distance": np.full(n * (n - 1) // 2, np.nan, np.float32)}
        for key, a, b in recipe["parts"]:
            members = recipe["blocks"][a] + (recipe["blocks"][b] if a != b else [])
            # Positions are ranks enough: only their order matters. Pairs come out as the condensed form counts them.
            p, q = tile_pairs(members, len(recipe["blocks"][a]) if a != b else 0)
            i, j = np.array(members, np.int64)[p], np.array(members, np.int64)[q]
            where = n * i - i * (i + 1) // 2 + j - i - 1
            for column, values in self.shards.load(key)["columns"].items():
                if column not in columns:
                    columns[column] = np.full(columns["distance"].size, np.nan, np.float32)
                columns[column][where] = values
        for array in columns.values():
            array.flags.writeable = False  # handed over, not copied: these are the largest arrays of a run
        condensed = columns.pop("distance")
        return Distances(ids=tuple(recipe["ids"]), condensed=condensed, columns=columns, name=name, **recipe["about"])

    def _neighbours(self, name: str, recipe: dict[str, Any]) -> Neighbours:
        import numpy as np

        rows = np.array(recipe["rows"], np.int64).reshape(-1, 4)
        chunks = [self.shards.load(key) for key in recipe["keys"]]
        names = {column for chunk in chunks for column in chunk["columns"]}
        sizes = [chunk["columns"]["distance"].size for chunk in chunks]
        # A chunk may hold pairs that are not asked for any more.
        at = np.cumsum([0, *sizes], dtype=np.int64)[rows[:, 2]] + rows[:, 3]

        def column(which: str) -> Any:
            parts = [c["columns"].get(which, np.full(s, np.nan)) for c, s in zip(chunks, sizes, strict=True)]
            return np.concatenate(parts)[at] if parts else np.zeros(0)

        relations = [r for c, s in zip(chunks, sizes, strict=True) for r in c["relations"] or (None,) * s]
        differs = [d for c, s in zip(chunks, sizes, strict=True) for d in c["differs"] or ((),) * s]
        return Neighbours(
            ids=tuple(recipe["ids"]),
            i=rows[:, 0],
            j=rows[:, 1],
            distance=column("distance").astype(np.float32),
            columns={which: column(which) for which in sorted(names - {"distance"})},
            relations=tuple(relations[k] for k in at),
            differs=tuple(differs[k] for k in at),
            name=name,
        )


def describe_inputs(results: Results) -> list[Any]:
    """What an output's files depend on besides the results: the clips, those that failed, and the warnings."""
    clips = [asdict(c) | {"mtime_ns": 0} for c in results.clips]
    return [clips, [asdict(f) for f in results.errors], results.warnings]


def open_results(folder: str | os.PathLike[str]) -> Results:
    """The results of a finished run, read from its folder when asked for.

    Raises ConfigError where the folder holds no finished run.
    """
    folder = Path(folder).absolute()
    try:
        note = json.loads((folder / "results.json").read_text())
        loader = Loader(folder, note["loader"])
        return Results(
            folder=folder,
            clips=tuple(Clip(**c) for c in note["clips"]),
            errors=tuple(Failure(**f) for f in note["failures"]),
            steps=note["steps"],
            load=loader.load,
            kinds=loader.kinds(),
            artifacts={k: Artifact(tuple(v["paths"]), v["media_type"]) for k, v in note["artifacts"].items()},
            warnings={k: tuple(v) for k, v in note["warnings"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        if (folder / NOTE).exists():
            evidence, remedy = "it holds a shard of one", "unite it with the others: jackfield merge"
        else:
            evidence, remedy = _reason(folder), _way_out(folder)
        raise ConfigError(f"{folder} holds no finished run", evidence, remedy) from None


def _reason(folder: Path) -> str:
    if not folder.is_dir():
        return "no such folder"
    return "results.json is damaged" if (folder / "results.json").exists() else "there is no results.json"


def _way_out(folder: Path) -> str:
    if (folder / "ledger.sqlite").exists():
        return "start it again: it goes on where it stopped"
    within = sorted(path.parent.name for path in folder.glob("*/results.json"))
    return f"name the folder of a run{f', such as {within[0]} in it' if within else ', as printed at its end'}"

"""The parts of a composite distance: a feature, the distance that compares it, and a weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jackfield import ConfigError, Features, Ref, Signal, Sketch, get

VALUES = "values"


@dataclass(frozen=True)
class Aspect:
    """One part, its components built."""

    name: str
    feature: Any
    distance: Any
    weight: float

    def prepare(self) -> None:
        """Let both components look for their libraries."""
        for component in (self.feature, self.distance):
            if hasattr(component, "prepare"):
                component.prepare()

    def sketch(self, signal: Signal) -> dict[str, Any]:
        """What is compared, as arrays whose names begin with the aspect's."""
        features = self.feature(signal)
        if not isinstance(features, Features):
            evidence = f"{type(self.feature).__name__} gives {type(features).__name__}"
            raise ConfigError(f'"{self.name}" of composite must be a feature', evidence, 'name one, such as "mfcc"')
        made = self.distance.sketch(features) if hasattr(self.distance, "sketch") else {VALUES: features.values}
        return {f"{self.name}.{key}": array for key, array in made.items()}

    def distances(self, sketches: Sequence[Sketch], i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
        """(pairs,) distances of this part."""
        items = [self.item(s) for s in sketches]
        if hasattr(self.distance, "pairs"):
            return np.asarray(self.distance.pairs(items, i, j)["distance"], np.float64)
        return np.array([self.distance.compare(items[a], items[b]).distance for a, b in zip(i, j, strict=True)], float)

    def item(self, sketch: Sketch) -> Features | dict[str, Any]:
        """What the part's distance compares, out of the whole sketch."""
        mine = {key.removeprefix(f"{self.name}."): a for key, a in sketch.items() if key.startswith(f"{self.name}.")}
        if hasattr(self.distance, "sketch"):
            return mine
        # one feature made them all, so that the columns mean the same without their names
        return Features(values=mine[VALUES], names=tuple(map(str, range(mine[VALUES].shape[1]))))


def aspect(name: str, feature: Ref, distance: Ref, weight: float) -> Aspect:
    """Build a part; ConfigError where its distance does not compare features."""
    component = get(distance)
    work = getattr(component, "sketch", None) or getattr(component, "compare", None)
    kinds = getattr(work, "__annotations__", {})
    if not any("Features" in str(kind) for key, kind in kinds.items() if key != "return"):
        evidence = f'"{distance.use}" does not'
        raise ConfigError(f'"{name}_by" of composite must compare Features', evidence, 'name one, such as "cosine"')
    return Aspect(name, get(feature), component, weight)


def many(
    aspects: Sequence[Aspect], sketches: Sequence[Mapping[str, Any]], i: NDArray[np.int64], j: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """The weighted mean and its parts."""
    parts = {part.name: part.distances(sketches, i, j) for part in aspects}
    total = sum(part.weight for part in aspects)
    return {"distance": sum(part.weight / total * parts[part.name] for part in aspects)} | parts


def pair() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the one pair of two items."""
    return np.array([0]), np.array([1])

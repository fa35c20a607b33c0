"""What must be alike in two items before they are compared."""

from __future__ import annotations

from collections.abc import Sequence

from jackfield import DataError, Features


def check_columns(metric: str, items: Sequence[Features]) -> None:
    """DataError where a column is not the same quantity in all items, such as embeddings of two models."""
    for item in items:
        first, other = items[0].names, item.names
        if other == first:
            continue
        if len(first) != len(other):
            evidence = f"{min(len(first), len(other))} and {max(len(first), len(other))} columns"
        else:
            evidence = next(f"{a} and {b}" for a, b in zip(first, other, strict=True) if a != b)
        remedy = "compute them with the same step"
        raise DataError(f"{metric} compares features with the same columns", evidence, remedy)

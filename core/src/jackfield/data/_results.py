"""What a run leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from ._arrays import Record
from ._pairs import Neighbours

T = TypeVar("T")


@dataclass(frozen=True, eq=False, repr=False)
class Collection(Record, Generic[T]):
    """n items, read one at a time when asked for; clips that failed are left out."""

    ids: tuple[str, ...]
    load: Callable[[int], T]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, k: int) -> T:
        if not -len(self.ids) <= k < len(self.ids):
            raise IndexError(f"item {k} of {len(self.ids)}")
        return self.load(k % len(self.ids))

    def __iter__(self) -> Iterator[T]:
        return (self.load(k) for k in range(len(self.ids)))

    def summary(self) -> dict[str, str]:
        return {"items": str(len(self.ids))}


@dataclass(frozen=True)
class Artifact:
    """Files that an output wrote; paths are relative to the run folder where they lie in it."""

    paths: tuple[str, ...]
    media_type: str


@dataclass(frozen=True)
class Clip:
    """One input as the run saw it; `digest` is that of its decoded samples, None where it failed."""

    id: str
    path: str
    size: int
    mtime_ns: int
    digest: str | None = None
    rate: float | None = None
    channels: int | None = None
    n_samples: int | None = None

    @property
    def seconds(self) -> float | None:
        """Length in seconds."""
        return None if self.rate is None or self.n_samples is None else self.n_samples / self.rate


@dataclass(frozen=True)
class Failure:
    """One clip that failed: where, in which step, why, and what to do."""

    path: str
    step: str
    error: str
    cause: str
    evidence: str = ""
    remedy: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Results(Record, Mapping[str, Any]):
    """Step id → result, read from the run folder when asked for.

    folder : the run folder
    clips : the clips that went through, in the order of every collection result
    errors : the clips that did not
    steps : step ids in order, with the component each used
    kinds : name of the kind of each step's result, where it is known without loading it
    artifacts : files that outputs wrote, per step
    warnings : what components warned of, per clip, or per step where it concerns all
    computed : how many work items this run had to compute (0 = all was there)
    """

    folder: Path
    clips: tuple[Clip, ...]
    errors: tuple[Failure, ...]
    steps: dict[str, str]
    load: Callable[[str], Any]
    kinds: dict[str, str] | None = None
    artifacts: dict[str, Artifact] | None = None
    warnings: dict[str, tuple[str, ...]] | None = None
    computed: int = 0

    def __getitem__(self, step: str) -> Any:
        if step not in self.steps:
            raise KeyError(step)
        return self.load(step)

    def __iter__(self) -> Iterator[str]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def of(self, kind: type[T]) -> T | None:
        """The first result of a kind (`results.of(Groups)`), or None."""
        known = self.kinds or {}
        # Loading is what costs: a step whose kind is known to be another is not touched.
        steps = [s for s in self.steps if known.get(s, kind.__name__) == kind.__name__]
        return next((value for step in steps if isinstance(value := self[step], kind)), None)

    @property
    def evidence(self) -> Neighbours | None:
        """The comparisons made because of the grouping; of a run that made none, those it was made by, if few."""
        steps = [*self]
        known = self.kinds or {}
        kinds = [known.get(step) or type(self[step]).__name__ for step in steps]
        groups = kinds.index("Groups") if "Groups" in kinds else len(steps)
        found = [k for k, kind in enumerate(kinds) if kind == "Neighbours"]
        best = next((k for k in found if k > groups), found[0] if found else None)
        return None if best is None else self[steps[best]]

    def narrowed(self, steps: tuple[str, ...]) -> Results:
        """The same with only these steps."""
        return replace(self, steps={name: use for name, use in self.steps.items() if name in steps})

    @property
    def exit_code(self) -> int:
        """5 if some clips failed, else 0."""
        return 5 if self.errors else 0

    def summary(self) -> dict[str, str]:
        return {
            "folder": str(self.folder),
            "clips": str(len(self.clips)),
            "errors": str(len(self.errors)),
            "steps": ", ".join(self.steps),
        }

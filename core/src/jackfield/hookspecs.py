"""The door: descriptors that plugins yield, and the ten hooks that yield them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import pluggy

_F = TypeVar("_F", bound=Callable[..., Any])
PROJECT = "jackfield"
hookspec = pluggy.HookspecMarker(PROJECT)


def hookimpl(function: _F) -> _F:
    """Mark a function as a plugin's implementation of the hook it is named after."""
    marked: _F = _mark(function)
    return marked


_mark: Any = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Descriptor:
    """A name for a component class; the subclass says of what kind it is."""

    name: str
    component: type
    kind: ClassVar[str] = ""
    hook: ClassVar[str] = ""


@dataclass(frozen=True)
class Reader(Descriptor):
    """Reads files whose names end in one of `suffixes` (lower case, with the dot).

    fallback : taken in a folder search only where no other reader's files are found
    """

    suffixes: tuple[str, ...] = ()
    fallback: bool = False
    kind = "reader"
    hook = "jackfield_readers"


@dataclass(frozen=True)
class Transform(Descriptor):
    """Signal or Grid to Signal, Grid, Decomposition or Codes."""

    kind = "transform"
    hook = "jackfield_transforms"


@dataclass(frozen=True)
class Feature(Descriptor):
    """Signal or Grid to Features."""

    kind = "feature"
    hook = "jackfield_features"


@dataclass(frozen=True)
class Distance(Descriptor):
    """Two items to a Comparison."""

    kind = "distance"
    hook = "jackfield_distances"


@dataclass(frozen=True)
class Proposer(Descriptor):
    """A Collection of Features to Candidates: the pairs worth comparing."""

    kind = "proposer"
    hook = "jackfield_proposers"


@dataclass(frozen=True)
class Clusterer(Descriptor):
    """Distances, Neighbours or a Collection of Features to Groups."""

    kind = "clusterer"
    hook = "jackfield_clusterers"


@dataclass(frozen=True)
class Resampler(Descriptor):
    """Signal or Grid to the same kind on another grid."""

    kind = "resampler"
    hook = "jackfield_resamplers"


@dataclass(frozen=True)
class Output(Descriptor):
    """Writes a file per clip (Signal, Grid, Codes) or per run (Results)."""

    kind = "output"
    hook = "jackfield_outputs"


@dataclass(frozen=True)
class Executor(Descriptor):
    """Starts a concurrent.futures.Executor that work items run on."""

    kind = "executor"
    hook = "jackfield_executors"


@dataclass(frozen=True)
class Preset:
    """A named, versioned run config: `toml` is its whole text, without `inputs`."""

    name: str
    toml: str
    kind: ClassVar[str] = "preset"
    hook: ClassVar[str] = "jackfield_presets"


class Hooks(Protocol):
    """Every hook takes nothing and yields descriptors. Hooks are added, never changed, within a major version."""

    @hookspec
    def jackfield_readers(self) -> Iterable[Reader]:
        """Readers: `(Source) -> Signal | Grid`.

        The reader for a file is the one whose suffix matches; a run config can name another. Three methods are
        optional: `probe(source)`, facts from the header alone as a dict; `blocks(source, size)`, the sound as
        consecutive Signals; `doubts(source)`, one line for whatever looks wrong in a file that can be read, which
        `jackfield inspect` shows.

        ```python
        from dataclasses import dataclass
        from typing import Annotated
        from jackfield import Component, DataError, Param, Reader, Signal, Source, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Raw(Component):
            '''Headerless 16-bit little-endian samples.'''
            rate: Annotated[float, Param(gt=0, unit="Hz", description="samples per second")] = 8000.0

            def __call__(self, source: Source) -> Signal:
                import numpy as np
                codes = np.fromfile(source.path, "<i2")[source.start : source.stop]
                if not codes.size:
                    raise DataError(f"{source.path} holds no samples")
                return Signal(samples=codes.astype(np.float32) / 32768, rate=self.rate)

        @hookimpl
        def jackfield_readers():
            yield Reader("raw16", Raw, suffixes=(".s16",))
        ```
        """

    @hookspec
    def jackfield_transforms(self) -> Iterable[Transform]:
        """Transforms: `(Signal | Grid) -> Signal | Grid | Decomposition | Codes`.

        A transform or feature of Signals may also have `stream(rate, channels)`, for signals that come in blocks. It
        returns an object with `push(block: Signal)` and `finish()`; each gives the part of the result that has become
        known, or None. Whatever the lengths of the blocks, the parts put together along time (rows of Features) are,
        bit for bit, what the call gives for the whole signal. A Signal's `start` and the frames and last axis of a Grid
        or Features say where the part lies, sample 0 being the first one pushed. Figures that only the end knows are of
        what came so far: the `n_samples` of a part's FrameGrid, whose `count` is the part's own; clips and statistics
        of Codes. `stream` raises ConfigError where its parameters need the whole signal first.

        ```python
        from dataclasses import dataclass
        from typing import Annotated
        from jackfield import Component, Param, Signal, Transform, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Delay(Component):
            '''Silence before the first sample.'''
            samples: Annotated[int, Param(ge=0, unit="samples", description="length of the silence")] = 100

            def __call__(self, signal: Signal) -> Signal:
                import numpy as np
                later = np.pad(signal.samples, ((0, 0), (self.samples, 0)))
                return signal.replace(samples=later, start=signal.start - self.samples, note=f"delay {self.samples}")

        @hookimpl
        def jackfield_transforms():
            yield Transform("delay", Delay)
        ```
        """

    @hookspec
    def jackfield_features(self) -> Iterable[Feature]:
        """Features: `(Signal | Grid) -> Features`, one row per frame or one for the clip.

        ```python
        from dataclasses import dataclass
        from jackfield import Component, Feature, Features, Signal, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Peak(Component):
            '''Largest absolute sample.'''

            def __call__(self, signal: Signal) -> Features:
                import numpy as np
                peak = np.abs(signal.samples).max(initial=0.0)
                return Features(values=np.array([[peak]], np.float32), names=("peak",))

        @hookimpl
        def jackfield_features():
            yield Feature("peak", Peak)
        ```
        """

    @hookspec
    def jackfield_distances(self) -> Iterable[Distance]:
        """Distances: `compare(a, b) -> Comparison`, after an optional `sketch(item)` made once per clip.

        `pairs(sketches, i, j)` may compute many pairs at once; it returns columns by name, of which "distance" is
        one, and must give the same bits for a pair whatever the others are. The annotation of `sketch` (or of
        `compare`'s first argument) says whether Signals, Grids or Features are compared. Plans and runs print the
        sentence in `caution`, for what every user must know.

        ```python
        from dataclasses import dataclass
        from jackfield import Comparison, Component, Distance, Signal, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Length(Component):
            '''Difference of the lengths in seconds.'''
            symmetric, zero_self, triangle, invariant = True, True, True, ("gain", "polarity")

            def sketch(self, signal: Signal) -> dict:
                import numpy as np
                return {"seconds": np.float64(signal.seconds)}

            def compare(self, a: dict, b: dict) -> Comparison:
                return Comparison(abs(float(a["seconds"] - b["seconds"])))

        @hookimpl
        def jackfield_distances():
            yield Distance("length", Length)
        ```
        """

    @hookspec
    def jackfield_proposers(self) -> Iterable[Proposer]:
        """Proposers: `(Collection[Features]) -> Candidates`, the pairs worth comparing in a large collection.

        A distance takes its pairs from one as its second input, `from = ["inputs", "neighbours"]`, and then gives
        Neighbours. The attribute or parameter `above` says from how many clips on proposing pays: up to so many, or
        with `exact = true` in the config, the distance compares all pairs, gives Distances, and neither the proposer
        nor what only it reads is computed. What proposes may be approximate: every pair is verified by the distance.
        More methods are optional. `more(compared: Neighbours)` returns (i, j), pairs that follow from those compared.
        `audit(items) -> Candidates` names a sample's pairs, compared whatever comes of it, and `harder(items, proposed,
        compared, audited) -> Candidates` returns the proposal with what these say of it in `settings`, and with more
        pairs where too much is missed. It is asked until none is new; then `more` says which of the sample are kept.
        `expect(n)` forecasts the pairs proposed for n clips; `sample`, if there, of how many `audit` names all.

        ```python
        from dataclasses import dataclass
        from jackfield import Candidates, Collection, Component, Features, Proposer, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Sorted(Component):
            '''Items that are next to each other by their first value.'''
            above = 100

            def __call__(self, items: Collection[Features]) -> Candidates:
                import numpy as np
                order = np.argsort([item.values[0, 0] for item in items], kind="stable").astype(np.int64)
                pairs = np.sort(np.stack([order[:-1], order[1:]]), axis=0)
                return Candidates(ids=items.ids, i=pairs[0], j=pairs[1])

        @hookimpl
        def jackfield_proposers():
            yield Proposer("sorted", Sorted)
        ```
        """

    @hookspec
    def jackfield_clusterers(self) -> Iterable[Clusterer]:
        """Clusterers: `(Distances | Neighbours | Collection[Features]) -> Groups`.

        ```python
        from dataclasses import dataclass
        from jackfield import Clusterer, Component, Distances, Groups, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Alike(Component):
            '''Items at distance 0 from the same earlier item.'''

            def __call__(self, distances: Distances) -> Groups:
                n = len(distances)
                labels = [next((j for j in range(i) if distances.pair(i, j) == 0), i) for i in range(n)]
                import numpy as np
                return Groups.from_labels(np.array(labels, np.int64), distances)

        @hookimpl
        def jackfield_clusterers():
            yield Clusterer("alike", Alike)
        ```
        """

    @hookspec
    def jackfield_resamplers(self) -> Iterable[Resampler]:
        """Resamplers: `(Signal | Grid) -> the same kind`, on another grid.

        ```python
        from dataclasses import dataclass
        from typing import Annotated
        from jackfield import Component, Param, Resampler, Signal, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Decimate(Component):
            '''Every n-th sample, unfiltered.'''
            factor: Annotated[int, Param(ge=1, description="keep one sample in so many")] = 2

            def __call__(self, signal: Signal) -> Signal:
                kept = signal.samples[:, :: self.factor]
                return signal.replace(samples=kept, rate=signal.rate / self.factor, note=f"every {self.factor}th")

        @hookimpl
        def jackfield_resamplers():
            yield Resampler("decimate", Decimate)
        ```
        """

    @hookspec
    def jackfield_outputs(self) -> Iterable[Output]:
        """Outputs: `(item, to) -> Artifact`, writing files.

        An item annotated Signal, Grid or Codes is written once per clip, `to` being the path without a suffix; one
        annotated Results once per run, `to` being the run folder.

        ```python
        from dataclasses import dataclass
        from pathlib import Path
        from jackfield import Artifact, Component, Output, Results, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class ClipList(Component):
            '''Names of all clips, one per line.'''

            def __call__(self, results: Results, to: Path) -> Artifact:
                (to / "clips.txt").write_text("".join(f"{clip.path}\\n" for clip in results.clips))
                return Artifact(("clips.txt",), "text/plain")

        @hookimpl
        def jackfield_outputs():
            yield Output("clip-list", ClipList)
        ```
        """

    @hookspec
    def jackfield_executors(self) -> Iterable[Executor]:
        """Executors: `start() -> concurrent.futures.Executor`.

        Work items are `submit(function, item)` with a module-level function and JSON data; results are JSON data. An
        item whose future fails with `WorkerLost` is tried once more; any other error of a future ends the run. Items
        run in processes of their own or one after the other: what a component may do, such as changing the filters of
        warnings, is not safe in threads.

        ```python
        from dataclasses import dataclass
        from typing import Annotated
        from jackfield import Component, Executor, Param, hookimpl

        @dataclass(frozen=True, kw_only=True)
        class Pool(Component):
            '''The standard library's processes; one that dies ends the run.'''
            jobs: Annotated[int, Param(ge=1, description="number of processes")] = 2

            def start(self):
                import multiprocessing
                from concurrent.futures import ProcessPoolExecutor
                return ProcessPoolExecutor(self.jobs, multiprocessing.get_context("spawn"))

        @hookimpl
        def jackfield_executors():
            yield Executor("pool", Pool)
        ```
        """

    @hookspec
    def jackfield_presets(self) -> Iterable[Preset]:
        """Presets: named, versioned run configs.

        ```python
        from jackfield import Preset, hookimpl

        @hookimpl
        def jackfield_presets():
            yield Preset("only-read@1", "[[step]]\\nuse = 'gain'\\nwith = { db = -6.0 }\\n")
        ```
        """


KINDS: dict[str, type[Descriptor] | type[Preset]] = {
    cls.hook: cls
    for cls in (Reader, Transform, Feature, Distance, Proposer, Clusterer, Resampler, Output, Executor, Preset)
}

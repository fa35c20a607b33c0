"""One run: from a plan and a folder to results, computing only what the folder does not hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..config import INPUTS
from ..data import Artifact, Clip, Failure, Results, Source
from ..errors import ConfigError, JackfieldError, OutputError, PluginError, WorkerLost
from ..ledger import Ledger
from ..planning import Plan, Step, digest_of
from ..registry import Registry
from ._engine import Item, Progress, run_items
from ._shards import Shards, item_key, sketch_key
from ._work import write_plan


class FailureLimit(JackfieldError):
    """More clips failed than the config allows."""

    exit_code = 4


def silent(stage: str, done: int, total: int) -> None:
    """A progress callback that says nothing."""


class Run:
    """The state of one run while it goes on: what is known of each clip, and how to compute what is missing."""

    def __init__(
        self, plan: Plan, registry: Registry, folder: Path, ledger: Ledger, executor: futures.Executor,
        sources: tuple[Source, ...], progress: Progress = silent,
    ) -> None:  # fmt: skip
        self.plan, self.registry, self.folder, self.ledger = plan, registry, folder, ledger
        self.executor, self.progress = executor, progress
        self.shards = Shards(folder)
        self.work = write_plan(plan, registry.selection, folder)
        self.sources = {s.path: s for s in sources}
        self.slots = ledger.slots(self.sources)
        self.stems = _stems(list(self.sources))
        self.failures: dict[str, Failure] = {}
        self.warnings: dict[str, list[str]] = {}
        self.computed = 0
        self.known = {r: ledger.clips(r) for r in {self._reader(p) for p in self.sources}}

    def _reader(self, path: str) -> str:
        """Identity of the reader that decodes `path`."""
        if self.plan.reader:
            return self.plan.reader.digest
        try:
            entry = self.registry.reader_for(path)
        except ConfigError:
            return "none"
        return f"{entry.full_name} {entry.plugin.identity()}"

    def clip(self, path: str) -> Clip | None:
        """What is known of a clip's samples; None if it was never decoded or has changed since."""
        source, clip = self.sources[path], self.known[self._reader(path)].get(path)
        return clip if clip and (clip.size, clip.mtime_ns) == (source.size, source.mtime_ns) else None

    def good(self) -> list[Clip]:
        """Clips that went through so far, in order."""
        return [c for p in self.sources if p not in self.failures and (c := self.clip(p)) is not None]

    # -- clips ---------------------------------------------------------------------------------------------------------

    def clips(self, stage: str, paths: list[str], store: list[str], sketch: list[str], outputs: list[str]) -> None:
        """Make sure that these clips' results are in the folder; failures are noted and leave the clip out."""
        items = [i for p in paths if p not in self.failures and (i := self._missing(p, store, sketch, outputs))]
        for item, answer in run_items(self.executor, items, len(items), stage, self.progress):
            self.computed += 1
            path = item["source"]["path"]
            if isinstance(answer, WorkerLost):
                lost = "a worker process died on this clip, twice"
                self._fail(
                    Failure(path, "run", "WorkerLost", lost, answer.evidence, "leave the clip out, or report it")
                )
            elif "failure" in answer:
                self._fail(Failure(**answer["failure"]))
            else:
                self._accept(path, answer)
            if answer_notes := ({} if isinstance(answer, WorkerLost) else answer).get("warnings"):
                self.warnings[path] = answer_notes

    def _missing(self, path: str, store: list[str], sketch: list[str], outputs: list[str]) -> Item | None:
        clip = self.clip(path)
        if clip is not None and clip.digest is not None:
            digest = clip.digest
            store = [s for s in store if item_key(self._digest(s), digest) not in self.shards]
            sketch = [
                s for s in sketch if sketch_key(self.plan.item_digest(self.plan.step(s)), digest) not in self.shards
            ]
            outputs = [s for s in outputs if self.written(self._output_key(s, path, digest)) is None]
            if not (store or sketch or outputs):
                return None
        return {
            "kind": "clip",
            "folder": str(self.folder),
            "plan": self.work,
            "source": asdict(self.sources[path]),
            "stem": self.stems[path],
            "store": store,
            "sketch": sketch,
            "outputs": outputs,
        }

    def _digest(self, name: str) -> str:
        return name if name == INPUTS else self.plan.step(name).digest

    def _output_key(self, name: str, path: str, digest: str) -> str:
        return digest_of("output", self._digest(name), digest, self.stems[path])

    def _accept(self, path: str, answer: dict[str, Any]) -> None:
        reader, source, about = self._reader(path), self.sources[path], answer["about"]
        self.ledger.decoded(source, reader, about)
        size, mtime = source.size or 0, source.mtime_ns or 0
        self.known[reader][path] = Clip(
            path, path, size, mtime, about["digest"], about["rate"], about["channels"], about["n"]
        )
        self.ledger.item(digest_of("clip", path, about["digest"]), "clip", path, "done", answer["seconds"])
        for name, artifact in answer["artifacts"].items():
            self.write(self._output_key(name, path, about["digest"]), name, Artifact(**artifact))

    def _fail(self, failure: Failure) -> None:
        self.failures[failure.path] = failure
        self.ledger.item(digest_of("clip", failure.path), failure.step, failure.path, "failed", 0.0)
        limit = self.plan.config.failure_limit
        if limit is not None and len(self.failures) > limit:
            first = next(iter(self.failures.values()))
            raise FailureLimit(
                f"stopped: {len(self.failures)} clips failed, the limit is {limit}",
                f"first: {first.path}: {first.cause}",
                "see errors.csv, or raise failure_limit",
            )

    # -- pairs ---------------------------------------------------------------------------------------------------------

    def pairs(self, step: Step, items: list[Item]) -> None:
        """Make sure that these tiles or chunks of a distance are in the folder."""
        missing = [i for i in items if i["key"] not in self.shards]
        base = {"kind": "pairs", "folder": str(self.folder), "plan": self.work, "step": step.id}
        stage = f"comparing ({step.id})"
        queue = (base | item for item in missing)
        for item, answer in run_items(self.executor, queue, len(missing), stage, self.progress):
            self.computed += 1
            if isinstance(answer, WorkerLost):
                raise PluginError(
                    f"step {step.label} killed two workers on the same comparisons", answer.evidence, "please report it"
                )
            self.ledger.item(item["key"], step.id, "pairs", "done", answer["seconds"])

    # -- collection results and files ----------------------------------------------------------------------------------

    def made(self, key: str, step: Step, make: Any) -> Any:
        """A collection result, from the folder or made now."""
        if key in self.shards:
            return self.shards.load(key)
        self.progress(step.id, 0, 1)
        value = make()
        self.shards.save(key, value)
        self.computed += 1
        self.ledger.item(key, step.id, "collection", "done", 0.0)
        self.progress(step.id, 1, 1)
        return value

    def written(self, key: str) -> Artifact | None:
        """What an output wrote for the same inputs, if its files are still as they were."""
        noted = self.ledger.artifact(key)
        if noted is None or any(_file_digest(self.folder / p) != d for p, d in noted["files"].items()):
            return None
        return Artifact(tuple(noted["files"]), noted["media_type"])

    def write(self, key: str, step: str, artifact: Artifact) -> Artifact:
        """Note an output's files; paths become relative to the run folder."""
        inside = [os.path.relpath(self.folder / p, self.folder) for p in artifact.paths]
        files = {p: _file_digest(self.folder / p) for p in inside}
        absent = [p for p, digest in files.items() if digest is None]
        if absent:
            raise PluginError(
                f'step "{step}" names a file that it did not write', ", ".join(absent), "please report it"
            )
        self.ledger.wrote(key, step, {"files": files, "media_type": artifact.media_type})
        return replace(artifact, paths=tuple(inside))


def _file_digest(path: Path) -> str | None:
    from hashlib import file_digest

    try:
        with open(path, "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _stems(paths: list[str]) -> dict[str, str]:
    """A distinct name per clip for the files that outputs write: the path below the common folder, no suffix."""
    if not paths:
        return {}
    base = os.path.commonpath([os.path.dirname(os.path.abspath(p)) for p in paths])
    inside = {p: os.path.relpath(os.path.abspath(p), base) for p in paths}
    bare = {p: os.path.splitext(name)[0] for p, name in inside.items()}
    counts: dict[str, int] = {}
    for name in bare.values():
        counts[name] = counts.get(name, 0) + 1
    return {p: name if counts[name] == 1 else inside[p] for p, name in bare.items()}


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The run folder for this process alone; the lock frees itself when the process ends, however it ends."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError(f"another run is using {folder}", remedy="wait for it, or choose another folder") from None
    except OSError as error:
        raise OutputError(f"{folder} cannot be used as a run folder", error.strerror or str(error)) from error
    try:
        yield
    finally:
        lock.release()


def _same_config(ledger: Ledger, plan: Plan, folder: Path, force: bool) -> None:
    before = ledger.get("config")
    if before is not None and before != plan.digest and not force:
        raise ConfigError(
            f"{folder} holds a run of another config", f"{before[:8]} there, {plan.digest[:8]} now",
            "choose another folder with -o, or --force to go on with this one",
        )  # fmt: skip
    ledger.put("config", plan.digest)


def execute(
    plan: Plan,
    registry: Registry,
    sources: tuple[Source, ...],
    folder: Path,
    executor: Any,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Carry out `plan` on `sources` in `folder`; `executor` is an executor component.

    Raises ConfigError where the folder belongs to another config (unless `force`) or to something else, OutputError
    where it cannot be written, FailureLimit where too many clips fail. Results that were made before an error stay.
    """
    from ._stages import go

    if folder.exists() and any(folder.iterdir()) and not (folder / "ledger.sqlite").exists() and not force:
        only_lock = [p.name for p in folder.iterdir()] == [".lock"]
        if not only_lock:
            raise ConfigError(f"{folder} holds other files", remedy="choose an empty folder with -o, or --force")
    with _held(folder):
        ledger = Ledger(folder)
        pool = None
        try:
            _same_config(ledger, plan, folder, force)
            pool = executor.start()
            run = Run(plan, registry, folder.absolute(), ledger, pool, sources, progress)
            return go(run)
        except BaseException:
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            if pool is not None:
                pool.shutdown(wait=True)
            ledger.close()

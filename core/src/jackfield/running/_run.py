"""One run: from a plan and a folder to results, computing only what the folder does not hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent import futures
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..data import Artifact, Clip, Failure, Source, file_stems
from ..errors import ConfigError, JackfieldError, PluginError, WorkerLost
from ..ledger import Ledger
from ..planning import Plan, Step, digest_of
from ..registry import Registry
from ._engine import Item, Progress, run_items
from ._shards import item_key, shards, sketch_key
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
        self.shards = shards(folder)
        self.work = write_plan(plan, registry.selection, folder)
        self.sources = {s.path: s for s in sources}
        # What the ledger knows of a file must not depend on the folder that a command was given in.
        self.absolute = {path: os.path.abspath(path) for path in self.sources}
        slots = ledger.slots(self.absolute.values())
        self.slots = {path: slots[absolute] for path, absolute in self.absolute.items()}
        self.stems = file_stems(list(self.sources))
        self.readers = {path: self._reader(path) for path in self.sources}
        self.known = {reader: ledger.clips(reader) for reader in set(self.readers.values())}
        self.failures: dict[str, Failure] = {}
        self.writers: dict[str, tuple[str, str]] = {}
        self.computed = 0

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
        source, clip = self.sources[path], self.known[self.readers[path]].get(self.absolute[path])
        if clip is None or (clip.size, clip.mtime_ns) != (source.size, source.mtime_ns):
            return None
        return replace(clip, id=path, path=path)

    def good(self) -> list[Clip]:
        """Clips that went through so far, in order."""
        return [c for p in self.sources if p not in self.failures and (c := self.clip(p)) is not None]

    def warnings(self, clips: list[Clip]) -> dict[str, tuple[str, ...]]:
        """What components warned of, per clip, in this run and those before it, and what they caution of, per step.

        Clips with the same samples share their warnings: a step computes one of them, and which is a matter of chance.
        """
        noted = self.ledger.notes()
        shared: dict[str | None, dict[str, None]] = {}
        for clip in clips:
            shared.setdefault(clip.digest, {}).update(dict.fromkeys(noted.get(self.absolute[clip.path], ())))
        found = {c.path: tuple(sorted(shared[c.digest])) for c in clips if shared[c.digest]}
        return found | {f'step "{s.id}"': (s.caution,) for s in self.plan.steps if s.caution}

    # -- clips ---------------------------------------------------------------------------------------------------------

    def clips(self, stage: str, paths: list[str], store: list[str], sketch: list[str], outputs: list[str]) -> None:
        """Make sure that these clips' results are in the folder; failures are noted and leave the clip out."""
        items = [i for p in paths if p not in self.failures and (i := self.missing(p, store, sketch, outputs))]
        for item, answer in run_items(self.executor, items, len(items), stage, self.progress):
            self.computed += 1
            path = item["source"]["path"]
            if isinstance(answer, WorkerLost):
                cause, remedy = "a worker process died on this clip, twice", "leave the clip out, or report it"
                self._fail(Failure(path, "run", "WorkerLost", cause, answer.evidence, remedy))
                continue
            self.ledger.note(self.absolute[path], stage, answer["warnings"])
            if "failure" in answer:
                self._fail(Failure(**answer["failure"]))
            else:
                self._accept(path, answer)

    def missing(self, path: str, store: list[str], sketch: list[str], outputs: list[str]) -> Item | None:
        """The work item that makes what the folder does not hold of a clip; None where it holds everything."""
        clip = self.clip(path)
        if clip is not None and clip.digest is not None:
            digest = clip.digest
            store = [s for s in store if item_key(self.plan.digest_at(s), digest) not in self.shards]
            sketch = [
                s for s in sketch if sketch_key(self.plan.item_digest(self.plan.step(s)), digest) not in self.shards
            ]
            outputs = [s for s in outputs if self.written(self._output_key(s, path, digest), s) is None]
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

    def _output_key(self, name: str, path: str, digest: str) -> str:
        return digest_of("output", self.plan.digest_at(name), digest, self.stems[path])

    def _accept(self, path: str, answer: dict[str, Any]) -> None:
        reader, source, about = self.readers[path], self.sources[path], answer["about"]
        absolute = self.absolute[path]
        self.ledger.decoded(replace(source, path=absolute), reader, about)
        size, mtime = source.size or 0, source.mtime_ns or 0
        self.known[reader][absolute] = Clip(
            absolute, absolute, size, mtime, about["digest"], about["rate"], about["channels"], about["n"]
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

    def written(self, key: str, step: str) -> Artifact | None:
        """What an output wrote for the same inputs, if its files are still as they were."""
        noted = self.ledger.artifact(key)
        if noted is None or any(file_digest(self.folder / p) != d for p, d in noted["files"].items()):
            return None
        self._claim(noted["files"], step, key)
        return Artifact(tuple(noted["files"]), noted["media_type"])

    def write(self, key: str, step: str, artifact: Artifact) -> Artifact:
        """Note an output's files; paths become relative to the run folder."""
        inside = [os.path.relpath(self.folder / p, self.folder) for p in artifact.paths]
        self._claim(inside, step, key)
        files = {p: file_digest(self.folder / p) for p in inside}
        absent = [p for p, digest in files.items() if digest is None]
        if absent:
            raise PluginError(
                f'step "{step}" names a file that it did not write', ", ".join(absent), "please report it"
            )
        self.ledger.wrote(key, step, {"files": files, "media_type": artifact.media_type})
        return replace(artifact, paths=tuple(inside))

    def _claim(self, paths: Iterable[str], step: str, key: str) -> None:
        """Two writers of one file would undo each other's work in every run."""
        for path in paths:
            other = self.writers.setdefault(path, (step, key))
            if other != (step, key):
                evidence = f'by "{other[0]}" and by "{step}"'
                raise ConfigError(f"{path} is written twice in one run", evidence, "leave one out, or rename it")


def file_digest(path: Path) -> str | None:
    """SHA-256 of a file; None where it cannot be read."""
    import hashlib

    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None

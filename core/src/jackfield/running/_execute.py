"""A run folder taken, checked and worked in; a shard's, a whole run's, or that of shards put together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..data import Results, Source
from ..errors import ConfigError, DamagedResult, OutputError
from ..ledger import Ledger
from ..planning import Plan
from ..registry import Registry
from ._engine import Progress
from ._run import Run, silent
from ._sharded import go_shard
from ._shards import shards
from ._share import Part, Share
from ._stages import go
from ._unite import settled, unite


@contextmanager
def held(folder: Path) -> Iterator[None]:
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
    share: Share | None = None,
    parts: tuple[Part, ...] = (),
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Carry out `plan` on `sources` in `folder`; `executor` is an executor component.

    share : do only this shard's work items
    parts : folders of finished shards whose results are taken over first

    Raises ConfigError where the folder belongs to another config (unless `force`) or to something else, OutputError
    where it cannot be written, FailureLimit where too many clips fail. Results that were made before an error stay.
    """
    _unused(folder, force)
    with held(folder):
        _not_whole(folder, share, force)
        # A folder that lost power may hold torn files: they are removed and made anew, once.
        for attempt in (1, 2):
            ledger = Ledger(folder)
            try:
                _same_config(ledger, plan, folder, force)
                unite(parts, folder.absolute(), ledger, sources, progress)
                with _started(executor) as pool:
                    run = Run(plan, registry, folder.absolute(), ledger, pool, sources, progress)
                    return go(run) if share is None else go_shard(run, share, settled(run, parts))
            except DamagedResult:
                if attempt == 2 or not shards(folder.absolute()).sweep():
                    raise
            finally:
                ledger.close()
    raise AssertionError("unreachable")


def _not_whole(folder: Path, share: Share | None, force: bool) -> None:
    """A shard is the poorer run: it must not take the place of a finished one."""
    if share is not None and not force and (folder / "results.json").exists():
        raise ConfigError(
            f"{folder} holds a whole run", f"shard {share} is part of one", "choose another folder with -o"
        )


def _unused(folder: Path, force: bool) -> None:
    """Refuse a folder that holds something other than a run."""
    if force or not folder.exists() or (folder / "ledger.sqlite").exists():
        return
    if not folder.is_dir() or any(p.name != ".lock" for p in folder.iterdir()):
        raise ConfigError(f"{folder} holds other files", remedy="choose an empty folder with -o, or --force")


@contextmanager
def _started(executor: Any) -> Iterator[futures.Executor]:
    pool = executor.start()
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown(wait=True)

"""Shards of a run, made on several machines, put together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ..config import RunConfig, override
from ..data import Results, Source
from ..errors import ConfigError
from ..planning import Plan
from ..registry import registry
from ..running import Part, Progress, Share, execute, read_note
from ..running._run import silent
from .runs import Paths, executor_for, folder_for, prepare, texts


def merge(
    folders: Sequence[str | os.PathLike[str]],
    *,
    inputs: Paths | None = None,
    output: str | os.PathLike[str] | None = None,
    shard: tuple[int, int] | None = None,
    jobs: int | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Results:
    """Unite the folders of finished shards and go on as a run that was interrupted: what is missing is computed.

    folders : run folders made with `shard=`; they may overlap, stay as they are, and are read as far as they are whole
    inputs : where the clips lie now, if not where the first shard found them (relative ones from this folder)
    output : run folder, or one where a merge of the same shards was interrupted; left out, as for `run`
    shard : (i, n), to do only what falls to this shard, now that the items of all clips are there: pairs
    jobs, force, progress : as for `run`

    The tables are those that one run over all clips would have written. Raises ConfigError where the folders are none,
    the same, no finished shards, or of other configs or versions of plugins; and what `run` raises.
    """
    share = None if shard is None else Share.of(shard)
    parts = _parts([Path(f) for f in ([folders] if isinstance(folders, (str, os.PathLike)) else folders)])
    config = override(parts[0].note.config, (), texts(inputs) if inputs is not None else None)
    plan, sources, named = _planned(config, parts[0])
    _check(parts[0], plan)
    folder = Path(output) if output is not None else folder_for(config, plan, share)
    if any(_same(folder, part.folder) for part in parts):
        raise ConfigError(f"{folder} is one of the shards", remedy="choose another folder with -o")
    executor = executor_for(named, jobs, sources)
    return execute(
        plan, registry(), sources, folder, executor, share=share, parts=parts, force=force, progress=progress
    )


def left_out(folders: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Shards that are not among these, such as ("3/3",): `merge` computes them itself."""
    shards = {part.note.shard for part in _parts([Path(f) for f in folders])}
    counts = {count for _, count in shards}
    return tuple(
        f"{k}/{n}" for n in sorted(counts) for k in range(1, n + 1) if len(counts) == 1 and (k, n) not in shards
    )


def _parts(folders: list[Path]) -> tuple[Part, ...]:
    """The shards, checked against each other."""
    if not folders:
        raise ConfigError("nothing to merge", remedy="name the folders of the shards")
    seen: dict[str, Path] = {}
    for folder in folders:
        if seen.setdefault(os.path.realpath(folder), folder) is not folder:
            raise ConfigError(f"{folder} is given twice")
    parts = tuple(Part(folder, read_note(folder)) for folder in folders)
    for part in parts[1:]:
        _alike(parts[0], part)
    return parts


def _alike(first: Part, part: Part) -> None:
    if part.note.digest != first.note.digest:
        pairs = zip_longest(part.note.steps, first.note.steps, fillvalue="no step")
        there, here = next(((a, b) for a, b in pairs if a != b), ("another seed", "this one"))
        raise ConfigError(f"{part.folder}: a shard of another config than {first.folder}", f"{there}, not {here}")
    for name, version in part.note.plugins.items():
        if (other := first.note.plugins.get(name, version)) != version:
            raise ConfigError(
                f"{part.folder}: made by another {name} than {first.folder}", f"{version}, not {other}",
                "make the shards anew with one version",
            )  # fmt: skip


def _check(part: Part, plan: Plan) -> None:
    """Refuse to go on with other code than the shards were made by: it would make everything anew."""
    here = {p.distribution: p.identity() for p in registry().plugins if p.distribution in part.note.plugins}
    for name, version in part.note.plugins.items():
        if here.get(name) != version:
            raise ConfigError(
                f"{part.folder}: made by another {name} than is installed here",
                f"{version}, not {here.get(name, 'missing')}",
                "install that version, or make the shards anew",
            )
    if plan.digest != part.note.digest:
        raise ConfigError(
            f"{part.folder}: its config is another plan here", f"{part.note.digest[:8]}, not {plan.digest[:8]}"
        )


def _planned(config: RunConfig, part: Part) -> tuple[Plan, tuple[Source, ...], Any]:
    try:
        return prepare(config)
    except ConfigError as error:
        if part.note.base == os.getcwd():
            raise
        where = f"start this in {part.note.base}, where the shard was made, or say with --inputs where its clips are"
        raise ConfigError(f"{part.folder}: {error.cause}", error.evidence, where) from None


def _same(a: Path, b: Path) -> bool:
    return os.path.realpath(a) == os.path.realpath(b)

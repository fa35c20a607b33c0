"""A run shared out over machines that know nothing of each other: who does what, and what a folder says of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..data import Failure, write_file
from ..errors import ConfigError
from ..planning import Plan, digest_of

NOTE = "shard.json"


@dataclass(frozen=True)
class Share:
    """Shard `number` of `count`, counted from 1; by digest, so that every machine comes to the same shares."""

    number: int
    count: int

    @classmethod
    def of(cls, shard: tuple[int, int]) -> Share:
        """The share of `(i, n)`; ConfigError unless 1 ≤ i ≤ n."""
        pair = tuple(shard) if isinstance(shard, (tuple, list)) else ()
        if len(pair) != 2 or not all(isinstance(k, int) and not isinstance(k, bool) for k in pair):
            raise ConfigError("a shard is a pair (i, n)", f"got {shard!r}", "write (1, 3) for the first of three")
        if not 1 <= pair[0] <= pair[1]:
            raise ConfigError("there is no such shard", f"{pair[0]} of {pair[1]}", "shards are counted from 1 to n")
        return cls(*pair)

    def has(self, digest: str) -> bool:
        """Whether the work item with this digest is this shard's."""
        return int(digest, 16) % self.count == self.number - 1

    def clips(self, paths: Iterable[str]) -> list[str]:
        """This shard's part of the clips; where their common folder is mounted does not matter."""
        paths = list(paths)
        base = common_folder(paths)
        return [p for p in paths if self.has(digest_of("shard", os.path.relpath(os.path.abspath(p), base)))]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def common_folder(paths: Iterable[str]) -> str:
    """The deepest folder that holds all of these files, absolute."""
    return os.path.commonpath([os.path.dirname(os.path.abspath(p)) for p in paths])


@dataclass(frozen=True)
class ShardNote:
    """What a folder with a finished shard says of itself.

    shard : (i, n)
    config : the run config, with which `merge` goes on
    digest, plugins, steps : identity of the plan, of the plugins, and the steps in words that can be compared
    base : folder in which the run was started; relative inputs are relative to it
    common : absolute folder that holds all clips
    clips : how many are this shard's, of `total`
    missing : clips, of other shards, of which the folder does not hold what is made of each
    pairs : ids of the distances that compare all pairs
    failures : of clips known to this folder, those of other shards included
    """

    shard: tuple[int, int]
    config: RunConfig
    digest: str
    plugins: dict[str, str]
    steps: list[str]
    base: str
    common: str
    clips: int
    total: int
    missing: int
    pairs: list[str]
    failures: list[Failure]

    def write(self, folder: Path) -> None:
        """Put the note into its folder, which makes the shard a finished one."""
        write_file(folder / NOTE, json.dumps(asdict(self), indent=1).encode())


def described(plan: Plan) -> list[str]:
    """Steps and reader of a plan as texts; equal where the plans are."""
    from ..components import to_config

    chain = [*([plan.reader] if plan.reader else []), *plan.steps]
    return [
        f'"{s.id}" = {s.use} {json.dumps(to_config(s.component), sort_keys=True)} from {[*s.inputs]}' for s in chain
    ]


def read_note(folder: Path) -> ShardNote:
    """The note of a finished shard; ConfigError where the folder holds none."""
    import msgspec

    path = folder / NOTE
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{folder} holds no finished shard", *_why(folder)) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read", str(error), "start the shard again") from None
    try:
        return msgspec.convert(data, ShardNote)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path} is no note of a shard", str(error), "start the shard again") from None


def own_note(folder: Path) -> ShardNote | None:
    """The note of the shard in this folder; None where there is none."""
    return read_note(folder) if (folder / NOTE).exists() else None


def _why(folder: Path) -> tuple[str, str]:
    if not folder.exists():
        return "no such folder", "check the path"
    if (folder / "results.json").exists():
        return "it holds a whole run", "nothing is left to be merged into it"
    if (folder / "ledger.sqlite").exists():
        return "its run did not finish", "start it again with the same --shard: it goes on where it stopped"
    return "it holds no run", "make one with --shard i/n"


@dataclass(frozen=True)
class Part:
    """A folder with a finished shard, and its note."""

    folder: Path
    note: ShardNote

    def here(self, path: str, common: str) -> str:
        """Where the clip that was at absolute `path` lies, if `common` is now the folder that holds all clips."""
        inside = os.path.relpath(path, self.note.common)
        return path if inside.split(os.sep)[0] == os.pardir else os.path.join(common, inside)

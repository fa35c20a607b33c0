"""What finished shards computed, taken over into one run folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from ..data import Failure, Source
from ..data._files import replace_file
from ..errors import ConfigError, OutputError
from ..ledger import Ledger
from ._engine import Progress
from ._run import Run, file_digest
from ._shards import whole
from ._share import Part, common_folder, own_note


def unite(
    parts: tuple[Part, ...], folder: Path, ledger: Ledger, sources: tuple[Source, ...], progress: Progress
) -> None:
    """Copy what the folder does not hold yet; a stored result that is not whole is left behind, to be made anew."""
    common = common_folder(s.path for s in sources)
    for k, part in enumerate(parts):
        progress("merging", k, len(parts))
        for path in sorted((part.folder / "shards").rglob("*.result")):
            to = folder / path.relative_to(part.folder)
            if not to.exists() and whole(path):
                _copy(path, to)
        known = _ledger(part.folder)
        known["artifacts"] = [row for row in known["artifacts"] if _fetched(json.loads(row[2]), part.folder, folder)]
        ledger.absorb(known, lambda path, part=part: part.here(path, common))  # type: ignore[misc]
    if parts:
        progress("merging", len(parts), len(parts))


def _copy(path: Path, to: Path) -> None:
    with open(path, "rb") as source:
        replace_file(to, lambda file: shutil.copyfileobj(source, file))


def _ledger(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger of a part knows, read from a copy: to open one is to write, and the folder may not be ours."""
    with tempfile.TemporaryDirectory(prefix="jackfield-") as beside:
        try:
            for name in ("ledger.sqlite", "ledger.sqlite-wal"):
                if name == "ledger.sqlite" or (folder / name).exists():
                    shutil.copyfile(folder / name, Path(beside, name))
            with closing(Ledger(Path(beside))) as other:
                return other.everything()
        except (OSError, OutputError) as error:
            evidence = error.evidence if isinstance(error, OutputError) else error.strerror or str(error)
            raise ConfigError(f"{folder / 'ledger.sqlite'} cannot be read", evidence, "make the shard anew") from None


def _fetched(artifact: dict[str, Any], part: Path, folder: Path) -> bool:
    """Copy the files that an output wrote for a clip, if they are as they were; whether they are here now."""
    files = artifact["files"]
    # A folder from elsewhere has no say in what lies outside of this one.
    inside = all(not PurePath(name).is_absolute() and ".." not in PurePath(name).parts for name in files)
    if not inside or any(file_digest(part / name) != digest for name, digest in files.items()):
        return False
    for name, digest in files.items():
        if file_digest(folder / name) != digest:
            _copy(part / name, folder / name)
    return True


def settled(run: Run, parts: tuple[Part, ...]) -> dict[str, Failure]:
    """Clips that are known to fail, by path: from the parts, and from the shard that the folder held before."""
    if (own := own_note(run.folder)) is not None:
        parts = (*parts, Part(run.folder, own))
    return {path: failure for part in parts for path, failure in _failures(run, part)}


def _failures(run: Run, part: Part) -> Iterator[tuple[str, Failure]]:
    here = {absolute: path for path, absolute in run.absolute.items()}
    common = common_folder(run.sources)
    for failure in part.note.failures:
        path = here.get(part.here(os.path.abspath(os.path.join(part.note.base, failure.path)), common))
        if path is not None:
            yield path, replace(failure, path=path)

"""Outputs of a run that has finished."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..components import takes
from ..data import Artifact, Results
from ..errors import ConfigError
from ..planning import prepared
from ..registry import registry
from ..running import open_results
from ..running._refresh import Lock, refresh


def report(
    folder: str | os.PathLike[str],
    *,
    use: str = "report",
    with_: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Artifact:
    """Write the report of a finished run anew, or any other output of Results; nothing else is computed.

    folder : a run folder; it may have been moved, links in the report then lead from where it lies now
    use : name of the output, such as "report", "heatmap", "labels" or "csv"
    with_ : its parameters; those not given are the run's own, if it has a step with this output
    force : overwrite files that the run did not write or that were changed since, and go on where clips are gone

    Returns the files, relative to the folder. Raises ConfigError where the folder holds no finished run, where its
    clips are not found from here, or where a file is in the way; OutputError where a stored result is damaged or a file
    cannot be written.
    """
    results = open_results(folder)
    lock = Lock.of(results.folder)
    entry = registry().find(use, ("output",))
    cls: Any = getattr(entry.offer, "component", None)
    if takes(cls) != (Results,):
        raise ConfigError(f'"{use}" writes no file per run', "it writes one per clip", "name an output of Results")
    step = lock.step(entry.full_name, entry.offer.name)
    component = registry().build(entry.full_name, {**step["with"], **(with_ or {})}, ("output",))
    prepared(component, f'"{use}" ({entry.plugin.label})')
    if not force:
        _found(results, str(lock.about["base"]))
    return refresh(results, entry, component, step, force)


def _found(results: Results, base: str) -> None:
    """Refuse where clips are gone: what outputs write of them, such as links, would lead nowhere."""
    paths = [clip.path for clip in results.clips]
    gone = [path for path in paths if not os.path.lexists(path)]
    if not gone:
        return
    there = [path for path in paths if os.path.lexists(Path(base, path))]
    remedy = f"start this in {base}" if len(there) == len(paths) else "bring them back, or --force to go on without"
    raise ConfigError(f"{len(gone)} of the run's {len(paths)} clips are not where they were", gone[0], remedy)

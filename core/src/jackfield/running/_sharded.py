"""One shard of a run: its clips, and its tiles of pairs once the folder holds what is made of every clip."""

from __future__ import annotations

import os

from ..config import INPUTS
from ..data import Failure, Results
from ._results import Loader
from ._run import Run
from ._share import ShardNote, Share, common_folder, described
from ._stages import all_pairs, forget, keep, plugins_of, read_clips, tiles_of, work_per_clip
from ._tables import write_tables


def go_shard(run: Run, share: Share, elsewhere: dict[str, Failure]) -> Results:
    """Every work item of this share whose inputs are in the folder; groups and their evidence are left to `merge`.

    elsewhere : clips that failed in other shards; without them no pairs could be compared where one clip is bad
    """
    forget(run.folder)
    work = stored, sketched, _ = work_per_clip(run.plan)
    mine = share.clips(run.sources)
    others = {path: failure for path, failure in elsewhere.items() if path not in set(mine)}
    run.failures |= {path: f for path, f in others.items() if run.missing(path, stored, sketched, [])}
    read_clips(run, mine, work)
    missing = [p for p in run.sources if p not in run.failures and run.missing(p, stored, sketched, [])]
    if not missing:
        for step in all_pairs(run.plan):
            run.pairs(step, [tile for tile in tiles_of(run, step, run.good()).items if share.has(tile["key"])])
    results = _results(run, set(mine))
    _note(run, share, len(mine), len(missing)).write(run.folder)
    return results


def _results(run: Run, mine: set[str]) -> Results:
    """What is known of this shard's clips."""
    clips = [c for c in run.good() if c.path in mine]
    failures = sorted((f for f in run.failures.values() if f.path in mine), key=lambda f: f.path)
    write_tables(run.folder, clips, failures)
    loader = Loader(run.folder)
    for name in run.plan.stored():
        keep(run, loader, name, clips)
    names = [name for name in loader.recipes if name != INPUTS]
    return Results(
        folder=run.folder,
        clips=tuple(clips),
        errors=tuple(failures),
        steps={name: run.plan.step(name).use for name in names},
        load=loader.load,
        kinds=loader.kinds(),
        artifacts={},
        warnings=run.warnings(clips),
        computed=run.computed,
    )


def _note(run: Run, share: Share, clips: int, missing: int) -> ShardNote:
    return ShardNote(
        shard=(share.number, share.count),
        config=run.plan.config,
        digest=run.plan.digest,
        plugins=plugins_of(run, run.good()),
        steps=described(run.plan),
        base=os.getcwd(),
        common=common_folder(run.sources),
        clips=clips,
        total=len(run.sources),
        missing=missing,
        pairs=[s.id for s in all_pairs(run.plan)],
        failures=list(run.failures.values()),
    )

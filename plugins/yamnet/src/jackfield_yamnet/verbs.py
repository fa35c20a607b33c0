"""`jackfield tag FILES`, and the function of the same name."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jackfield import (
    JackfieldError,
    OutputError,
    as_signal,
    file_stems,
    get,
    output_options,
    plugin_options,
    print_json,
    print_table,
    say,
    write_csv,
    write_file,
)

if TYPE_CHECKING:
    from ._tags import Tags

TOP, THRESHOLD = 3, 0.25
SOME_FAILED = 5  # the exit code of runs in which some clips failed
PADDED = 0.5  # clips of which less is sound are counted aloud


def tag(
    item: Any, *, rate: float | None = None, model: str | None = None, top: int = TOP, threshold: float = THRESHOLD
) -> Tags:
    """What is heard in a clip, and when: YAMNet's classes that reach `threshold`.

    item : a Signal, a path, or an array of shape (n,) or (channels, n) at `rate`
    model : model file; None: what JACKFIELD_YAMNET names, or the published one, fetched once
    top : classes that may be heard at the same time
    threshold : least score, 0 to 1; 0.25 leaves out most of what is not there

    Raises PluginError without a model, DataError for clips that cannot be read, are empty or hold NaN.
    """
    return _tag(get("yamnet", model=model, values="scores", min_coverage=0.0), item, rate, top, threshold)


def _tag(component: Any, item: Any, rate: float | None, top: int, threshold: float) -> Tags:
    from ._tags import Tags, tags_of

    scores = component(as_signal(item, rate=rate))
    return Tags(scores, tags_of(scores, top, threshold))


@click.command("tag")
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--top", type=int, default=TOP, show_default=True, help="Classes that may be heard at the same time.")
@click.option("--threshold", type=float, default=THRESHOLD, show_default=True, help="Least score, 0 to 1.")
@click.option("--model", type=click.Path(), help="Model file; default JACKFIELD_YAMNET, or fetched once.")
@click.option("--csv", "table", type=click.Path(), metavar="FILE", help="Also write the table as CSV.")
@click.option("--labels", type=click.Path(), metavar="FOLDER", help="Write a label track for Audacity per clip.")
@click.option("--pictures", type=click.Path(), metavar="FOLDER", help="Draw the scores over time of each clip.")
@click.option("--force", is_flag=True, help="Overwrite files.")
@output_options
@plugin_options
def command(
    files: tuple[str, ...], top: int, threshold: float, model: str | None, table: str | None, labels: str | None,
    pictures: str | None, force: bool, as_json: bool, quiet: bool, verbose: int,
) -> int:  # fmt: skip
    """Say what is heard in FILES, and when: speech, drums, a dog …

    Classes and scores are YAMNet's; a row of the table lasts while the class is among the highest and reaches the
    threshold. A file in which nothing does is shown with its likeliest class in brackets.
    """
    stems = file_stems(list(dict.fromkeys(files)))
    targets = [Path(table)] if table else []
    targets += [Path(labels, f"{stem}.txt") for stem in stems.values()] if labels else []
    targets += [Path(pictures, f"{stem}.png") for stem in stems.values()] if pictures else []
    _refuse_existing(targets, force)
    component = get("yamnet", model=model, values="scores", min_coverage=0.0)
    component.prepare()
    found, failed = _all(component, tuple(stems), top, threshold, quiet)
    if labels:
        for path, tags in found.items():
            write_file(Path(labels, f"{stems[path]}.txt"), _track(tags))
    if pictures:
        from ._picture import png

        for path, tags in found.items():
            write_file(Path(pictures, f"{stems[path]}.png"), png(tags.plot()))
    if table:
        rows = [(p, t.start, t.stop, t.name, t.score) for p, tags in found.items() for t in tags.tags]
        write_csv(Path(table), ("path", "start_s", "stop_s", "class", "score"), rows)
    if as_json:
        print_json([_facts(path, tags) for path, tags in found.items()])
    else:
        print_table(("clip", "from", "to", "class", "score"), [r for p, tags in found.items() for r in _rows(p, tags)])
    short = sum(float(tags.scores.coverage.max()) < PADDED for tags in found.values())
    if short:
        say(f"note: {short} of {len(found)} clips fill less than half of the 0.975 s that the network hears", quiet)
    return SOME_FAILED if failed else 0


def _all(
    component: Any, paths: tuple[str, ...], top: int, threshold: float, quiet: bool
) -> tuple[dict[str, Tags], int]:
    """Tags by path, and how many clips failed; what went wrong is said."""
    found, failed = {}, 0
    for path in paths:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            try:
                found[path] = _tag(component, path, None, top, threshold)
            except JackfieldError as error:
                if len(paths) == 1:
                    raise
                failed += 1
                say(f"failed: {path}: {str(error).replace(path, '').lstrip(': ')}", quiet)
        for warning in caught:
            say(f"warning: {path}: {warning.message}", quiet)
    return found, failed


def _refuse_existing(paths: list[Path], force: bool) -> None:
    there = [path for path in paths if os.path.lexists(path)]
    if there and not force:
        raise OutputError(f"{there[0]} is there already", remedy="choose another name, or --force")


def _rows(path: str, tags: Tags) -> list[tuple[str, ...]]:
    if not tags.tags:
        name, score = tags.top(1)[0]
        return [(path, "", "", f"({name})", f"{score:.2f}")]
    return [(path, f"{t.start:.2f}", f"{t.stop:.2f}", t.name, f"{t.score:.2f}") for t in tags.tags]


def _track(tags: Tags) -> bytes:
    return "".join(f"{t.start:.6f}\t{t.stop:.6f}\t{t.name} {t.score:.2f}\n" for t in tags.tags).encode()


def _facts(path: str, tags: Tags) -> dict[str, Any]:
    marks = [{"start_s": t.start, "stop_s": t.stop, "class": t.name, "score": t.score} for t in tags.tags]
    top = [{"class": name, "mean_score": score} for name, score in tags.top(5)]
    return {"path": path, "tags": marks, "top": top, "coverage": float(tags.scores.coverage.mean())}

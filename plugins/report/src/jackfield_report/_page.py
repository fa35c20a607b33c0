"""The report: everything about a run in one HTML file."""

from __future__ import annotations

import base64
import hashlib
import io
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from jackfield import Candidates, printable

from ._findings import Findings
from ._matrix import ANCHORS, UNDEFINED, Matrix
from ._rows import Rows
from ._words import describe, shared_folder


def render(found: Findings, folder: Path, title: str, matrix: Matrix | None) -> bytes:
    """UTF-8 bytes of the page; links to clips are relative to `folder`."""
    rows = Rows(found, folder)
    environment = Environment(
        loader=PackageLoader("jackfield_report", "page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    environment.filters["plain"] = plain
    script, style = _asset("report.js"), _asset("report.css")
    text = environment.get_template("report.html").render(
        title=title or _title(found, folder),
        script=script,
        style=style,
        policy=policy(script, style),
        found=found,
        counts=_counts(found),
        groups=rows.groups(),
        near=rows.near(),
        alone=rows.alone(),
        notes=_notes(found),
        settings=_settings(found),
        steps=found.results.steps,
        versions=_versions(found),
        files=_files(found),
        warnings=[(path, note) for path, notes in (found.results.warnings or {}).items() for note in notes],
        map=_map(found, matrix, rows) if matrix and matrix.ids else None,
        total=matrix.total if matrix else 0,
    )
    return text.encode()


def _title(found: Findings, folder: Path) -> str:
    return Path(shared_folder([found.path(item) for item in found.ids])).name or folder.absolute().name


def policy(script: str, style: str) -> str:
    """Content-Security-Policy: this script, this style, pictures from the page itself, sound from where the page lies.

    Nothing else may run or load, whatever a clip is called.
    """
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    rules = f"script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; img-src data:; media-src 'self' file:"
    return f"default-src 'none'; {rules}; base-uri 'none'; form-action 'none'"


def _asset(name: str) -> str:
    return (files("jackfield_report") / "page" / name).read_text("utf-8")


def _counts(found: Findings) -> list[tuple[int, str]]:
    """What stands at the top of the page."""
    groups = found.groups
    counts = [(len(found.ids), "clip")]
    if groups is not None:
        grouped = int((groups.labels >= 0).sum())
        counts += [(groups.count, "group"), (grouped, "grouped"), (len(groups.ids) - grouped, "alone")]
    return [*counts, (len(found.results.errors), "failed")]


def _settings(found: Findings) -> dict[str, Any]:
    settings = found.groups.settings if found.groups is not None else {}
    return {name: value for name, value in settings.items() if isinstance(value, (str, int, float)) and value != ""}


def _notes(found: Findings) -> list[str]:
    """What the clusterer has to say, then whoever chose the pairs it went by."""
    said = [found.groups, found.results.of(Candidates)]
    return [note for one in said if one is not None for note in (one.settings or {}).get("notes", ())]


def _versions(found: Findings) -> dict[str, str]:
    used = {use.partition(":")[0] for use in found.results.steps.values()}
    versions = {name: _version(name) for name in sorted({"jackfield-core", "jackfield-report", *used})}
    return versions | {"Python": platform.python_version()}


def plain(value: object) -> str:
    """A setting as people read it.

    >>> plain(0.252710369), plain("suggested_threshold")
    ('0.2527', 'suggested threshold')
    """
    return f"{value:.4g}" if isinstance(value, float) else printable(str(value).replace("_", " "))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "from a file"


def _files(found: Findings) -> list[str]:
    """What else lies in the run folder."""
    written = [path for artifact in (found.results.artifacts or {}).values() for path in artifact.paths]
    tops = [top + sign for top, sign, _ in (path.partition("/") for path in written)]
    return list(dict.fromkeys(["clips.csv", "errors.csv", *tops, "run.lock.json"]))


def _map(found: Findings, matrix: Matrix, rows: Rows) -> dict[str, Any]:
    """The heat map as the script wants it."""
    from PIL import Image

    png = io.BytesIO()
    Image.fromarray(matrix.codes).save(png, "PNG")
    at = {item: k for k, item in enumerate(matrix.ids)}
    known = [(a, b, e) for (a, b), e in found.comparisons.items() if a in at and b in at]
    compared = [[at[a], at[b], describe(found.relation(a, b), e)] for a, b, e in known]
    return {
        "png": "data:image/png;base64," + base64.b64encode(png.getvalue()).decode(),
        "clips": [[rows.names[item], rows.hrefs[item], rows.anchors[item]] for item in matrix.ids],
        "top": matrix.top,
        "undefined": UNDEFINED,
        "runs": matrix.runs,
        "colours": ANCHORS,
        "threshold": _settings(found).get("threshold"),
        "pairs": compared,
    }

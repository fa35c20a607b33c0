"""docs/licences.md names the licence of everything that an installation brings along."""

import re
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# the Lesser GPL is meant to pass: it lets any program use the library
COPYLEFT = re.compile(r"\bA?GPL|(?<!lesser )(?<!library or lesser )general public licen[sc]e", re.IGNORECASE)


def plugin_requirements() -> list[Requirement]:
    """What the core and all plugins want, with the extras that the meta distribution asks for."""
    extras = {
        r.name: r.extras
        for r in requirements(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    }
    lines = []
    for path in [ROOT / "core/pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")]:
        project = tomllib.loads(path.read_text())["project"]
        lines += project["dependencies"]
        for extra in extras.get(project["name"], ()):
            lines += project["optional-dependencies"][extra]
    return requirements(lines)


def requirements(lines: list[str]) -> list[Requirement]:
    """What is wanted without extras; markers for other systems and Pythons stay in."""
    wanted = [Requirement(line) for line in lines]
    return [r for r in wanted if not (r.marker and "extra" in str(r.marker))]


def runtime() -> tuple[dict[str, Distribution], set[str]]:
    """Installed third-party distributions of the core and all plugins, and the names of those for other systems."""
    pending = plugin_requirements()
    found, elsewhere = {}, set()
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        if name.startswith("jackfield-") or name in found:
            continue
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            elsewhere.add(name)
            continue
        found[name] = distribution(name)
        pending += requirements(found[name].requires or [])
    return found, elsewhere


def stated(package: Distribution) -> str:
    """All that a distribution's metadata says of its licence, short of the licence's whole text."""
    fields = [package.metadata.get("License-Expression") or "", (package.metadata.get("License") or "")[:60]]
    return "; ".join(fields + [x for x in package.metadata.get_all("Classifier") or [] if x.startswith("License ::")])


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    """Distribution and licence, from the rows of the page."""
    rows = re.findall(r"^\| `([\w.-]+)` \| ([^|]+) \|", (ROOT / "docs/licences.md").read_text(), re.MULTILINE)
    assert len(dict(rows)) == len(rows), "a distribution is listed twice"
    return {canonicalize_name(name): licence.strip() for name, licence in rows}


def test_table_is_complete_and_holds_nothing_else(table: dict[str, str]) -> None:
    found, elsewhere = runtime()
    assert set(found) - set(table) == set(), "not listed"
    assert set(table) - set(found) - elsewhere == set(), "listed, but no longer used"


def test_no_strong_copyleft(table: dict[str, str]) -> None:
    found, _ = runtime()
    said = {name: f"{stated(package)}; {table.get(name, '')}" for name, package in found.items()}
    assert not {name: text for name, text in said.items() if COPYLEFT.search(text)}


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("GNU General Public License v3", True),
        ("License :: OSI Approved :: GNU Affero General Public License v3", True),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License v2 or later", False),
        ("BSD-3-Clause", False),
    ],
)
def test_copyleft_is_recognised(text: str, strong: bool) -> None:
    assert bool(COPYLEFT.search(text)) is strong

"""What the repository may and may not hold."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKSPACE = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
RANGE = ">=0.1,<0.2"


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Files under version control; in an unpacked archive there is nothing to say about them."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip(f"not a git checkout: {listing.stderr.strip()}")
    return [path for line in listing.stdout.splitlines() if (path := ROOT / line).is_file()]


def lines(paths: list[Path]) -> list[tuple[str, str]]:
    """Place and text of every line of every text file."""
    out = []
    for path in paths:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:  # pictures and audio have no lines
            continue
        out += [(f"{path.relative_to(ROOT)}:{i}", line) for i, line in enumerate(text.splitlines(), 1)]
    return out


def test_no_lock_files(tracked: list[Path]) -> None:
    locks = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
    assert not [path for path in tracked if path.name in locks]


def test_no_package_index_addresses(tracked: list[Path]) -> None:
    pattern = re.compile(r"index[-_]url|find[-_]links|://[^\s\"']*/simple\b|://(?:files|registry|deb|mirror)\w*\.")
    here = Path(__file__).relative_to(ROOT)
    assert not [line for line in lines(tracked) if pattern.search(line[1]) and not line[0].startswith(str(here))]


def test_no_paths_of_one_machine(tracked: list[Path]) -> None:
    pattern = re.compile(r"(?:^|[^\w.~}/-])/(?:home|root|work|Users|mnt)/\w|\b[A-Z]:\\\\?Users\b")
    assert not [line for line in lines(tracked) if pattern.search(line[1])]


def test_constraints_are_names_and_versions_only() -> None:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    wrong = [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)]
    assert not wrong


def test_source_files_are_short(tracked: list[Path]) -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked
        if "src" in path.parts and path.suffix in {".py", ".cpp", ".hpp", ".h", ".js"}
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert not long


def test_names_of_test_files_are_unique(tracked: list[Path]) -> None:
    names = Counter(path.name for path in tracked if path.name.startswith("test_") and path.suffix == ".py")
    assert not [name for name, count in names.items() if count > 1]


def test_meta_distribution_asks_for_every_package() -> None:
    expected = {f"jackfield-{path.name}{RANGE}" for path in PLUGINS} | {f"jackfield-core{RANGE}"}
    assert {re.sub(r"\[.*\]", "", line) for line in WORKSPACE["project"]["dependencies"]} == expected


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_plugin_is_packaged_like_any_other(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == f"jackfield-{folder.name}"
    assert project["license"] == "BSD-3-Clause"
    assert project["requires-python"] == WORKSPACE["project"]["requires-python"]
    assert project["urls"]["Issues"], "error messages send people there"
    if offered := project["entry-points"].get("jackfield"):  # otherwise a library, which knows nothing of the core
        assert offered == {folder.name: f"jackfield_{folder.name}"}
        assert f"jackfield-core{RANGE}" in project["dependencies"]
    exact = [line for line in project["dependencies"] if "==" in line]
    assert not exact, "packages are released on their own: ranges, not pins"
    assert (folder / "README.md").read_text().strip()


def test_change_notes_have_a_known_kind(tracked: list[Path]) -> None:
    kinds = "|".join(kind["directory"] for kind in WORKSPACE["tool"]["towncrier"]["type"])
    notes = [path for path in tracked if path.parent.name == "changes" and path.name not in {".gitkeep", "README.md"}]
    assert not [path for path in notes if not re.fullmatch(rf"(?:\+[\w-]+|\d+)\.(?:{kinds})(?:\.\d+)?\.md", path.name)]


def test_change_notes_are_gathered_beside_their_package(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changes = tmp_path / "plugins/stft/changes"
    changes.mkdir(parents=True)
    (changes / "12.feature.md").write_text("Frames can be counted backwards.")
    (changes / "+spelling.doc.md").write_text("Spelling.")
    command = (
        "build --yes --config pyproject.toml --dir plugins/stft --name jackfield-stft --version 0.2.0 --date today"
    )
    subprocess.run([sys.executable, "-m", "towncrier", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    text = (changes.parent / "CHANGES.md").read_text()
    assert "## jackfield-stft 0.2.0 (today)" in text
    assert "- Frames can be counted backwards. (#12)" in text
    assert "- Spelling.\n" in text
    assert not list(changes.glob("*.md"))

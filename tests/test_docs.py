"""Every code block in the documentation runs.

A document is one test: its blocks share a namespace and an empty folder that holds the demo clips as `clips/`.

python  executed; with `>>>` its output is compared too
console lines after `$ ` are run by the shell; what follows them, if anything, is compared with their output
bash    run as one script
toml    must parse
json    must parse

A python or toml block whose first line is a file name in a comment (`# run.toml`) is also saved under that name, for
the blocks after it. In output, `...` stands for anything. A block that cannot run here is preceded by an invisible
comment with the reason: `<!--- skip: next "needs a sound card" -->`.
"""

import doctest
import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import pytest
from sybil import Document, Example, Sybil
from sybil.evaluators.skip import Skipper
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("*/README.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
TESTED = {"python", "console", "bash", "toml", "json"}
# text and csv show what a program printed or what a file looks like; braces are Sphinx directives
SHOWN = {"text", "csv", "html", "makefile"}


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """Run by bash, the tested installation first in the path; a plain terminal of 100 columns."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=env, capture_output=True, text=True, timeout=300, check=False
    )


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block and the output shown under it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        last = next(i for i, line in enumerate(lines) if not line.endswith("\\\n"))
        yield "".join(lines[: last + 1]), "".join(lines[last + 1 :])


def run_console(example: Example) -> str | None:
    if not example.parsed.startswith("$ "):
        return "a console block starts with `$ `"
    for command, expected in commands(example.parsed):
        done = shell(command)
        if done.returncode:
            return f"{command}exit code {done.returncode}\n{done.stdout}{done.stderr}"
        if expected.strip() and not doctest.OutputChecker().check_output(expected, done.stdout, OPTIONS):
            return f"{command}expected:\n{expected}\ngot:\n{done.stdout}{done.stderr}"
    return None


def run_bash(example: Example) -> str | None:
    done = shell(example.parsed)
    return f"exit code {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else None


def parse_toml(example: Example) -> None:
    tomllib.loads(example.parsed)


def parse_json(example: Example) -> None:
    json.loads(example.parsed)


SYBIL = Sybil(
    [
        PythonCodeBlockParser(doctest_optionflags=OPTIONS),
        CodeBlockParser("console", run_console),
        CodeBlockParser("bash", run_bash),
        CodeBlockParser("toml", parse_toml),
        CodeBlockParser("json", parse_json),
        SkipParser(),
    ]
)


def save(example: Example) -> None:
    """Keep a block that names itself as a file of that name."""
    if isinstance(example.parsed, str) and (
        name := re.match(r"# ([\w-]+\.(?:py|toml))$", example.parsed, re.MULTILINE)
    ):
        Path(name[1]).write_text(example.parsed)


def run(document: Document) -> tuple[int, list[str]]:
    """Evaluate every example in order; how many ran, and the reasons of those that did not."""
    ran, skipped = 0, []
    for example in document.examples():
        if isinstance(example.region.evaluator, Skipper):
            action, reason = example.parsed
            assert action == "end" or reason, f"{example.path}:{example.line}: a skipped block must say why"
        try:
            example.evaluate()
        except SkipTest as reason:
            skipped.append(f"line {example.line}: {reason}")
        else:
            if not isinstance(example.region.evaluator, Skipper):
                save(example)
                ran += 1
    return ran, skipped


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "clips"
    runpy.run_path(str(ROOT / "docs/demo/make_clips.py"))["main"](folder)
    return folder


@pytest.fixture
def workplace(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clips").symlink_to(clips)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jackfield.registry._current", None)  # plugins that a page selects are gone after it
    return tmp_path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_in_document_runs(path: Path, workplace: Path) -> None:
    run(SYBIL.parse(path))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_says_a_language_that_is_tested(path: Path) -> None:
    fences = re.findall(r"^ *(?:```+|~~~+)(.*)$", path.read_text(), re.MULTILINE)
    opening = {fence.strip() for fence in fences[::2]}
    assert not {fence for fence in opening if not fence.startswith("{")} - TESTED - SHOWN


def test_blocks_really_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n# seen.py\nx = 20\n```\n\n```python\n>>> x + 1\n21\n```\n\n"
        "```console\n$ cat \\\n  seen.py\n# seen.py\nx = ...\n$ true\n```\n\n"
        '<!--- skip: next "would fail" -->\n\n```bash\nfalse\n```\n'
    )
    ran, skipped = run(SYBIL.parse(page))
    assert (ran, skipped) == (3, ["line 21: would fail"])


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ echo a\nb\n```\n",
        "```console\n$ false\n```\n",
        "```console\necho a\n```\n",
        "```bash\nfalse\ntrue\n```\n",
        "```toml\na = \n```\n",
        "```python\n1 / 0\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "<!--- skip: next -->\n\n```python\n1 / 0\n```\n",
    ],
)
def test_wrong_blocks_fail(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(block)
    with pytest.raises(Exception):  # noqa: B017 - each block fails in its own way
        run(SYBIL.parse(page))


def test_package_of_the_plugin_page_builds(workplace: Path) -> None:
    run(SYBIL.parse(ROOT / "docs/plugins.md"))
    package = workplace / "package"
    package.mkdir()
    for name in ("tremolo.py", "pyproject.toml"):
        (workplace / name).rename(package / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", ".", package]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = workplace.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "tremolo.py" in names
        assert archive.read(entry_points).decode().split("\n")[:2] == ["[jackfield]", "tremolo = tremolo"]

"""Who may import whom, and what may be imported when. `lint-imports` checks the layers inside the core."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import jackfield
from jackfield._dists import by_name
from jackfield.hookspecs import KINDS

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core/src/jackfield"
WORKSPACE = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS = {path.name: path for path in sorted((ROOT / "plugins").iterdir()) if (path / "pyproject.toml").is_file()}
PACKAGES = {name: path / f"src/jackfield_{name}" for name, path in PLUGINS.items()}
# a folder without an entry point "jackfield" is a library that plugins share
LIBRARIES = {
    f"jackfield_{name}"
    for name, path in PLUGINS.items()
    if "jackfield" not in tomllib.loads((path / "pyproject.toml").read_text())["project"].get("entry-points", {})
}
LINT = WORKSPACE["tool"]["ruff"]["lint"]
HEAVY = set(LINT["flake8-tidy-imports"]["banned-module-level-imports"])

# what the core hands out, and the verbs and explanations that plugins add
PUBLIC = {*jackfield.__all__, *by_name("jackfield.commands"), *(f"explain_{t}" for t in by_name("jackfield.explain"))}

Import = tuple[str, tuple[str, ...], int]  # module, names taken from it, line


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.Module, *, only_at_start: bool = False) -> Iterator[Import]:
    """Absolute imports, without those that only type checkers see; `only_at_start`: without those in functions."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, (), node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", tuple(alias.name for alias in node.names), node.lineno
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += node.orelse
        elif not (only_at_start and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            pending += ast.iter_child_nodes(node)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def declared(plugin: Path) -> set[str]:
    """Normalised names of the distributions a plugin declares, extras included."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(x for extra in project.get("optional-dependencies", {}).values() for x in extra),
    ]
    return {normal(re.match(r"[\w.-]+", line)[0]) for line in lines}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_import_collector_sees_what_it_should() -> None:
    tree = ast.parse(
        "import a\n"
        "if TYPE_CHECKING:\n    import t\nelse:\n    import e\n"
        "try:\n    from b import x, y\nexcept E:\n    pass\n"
        "class C:\n    import c\n"
        "def f():\n    import d\n"
        "from . import own\n"
    )
    assert {m for m, _, _ in imports(tree, only_at_start=True)} == {"a", "e", "b", "c"}
    assert {m for m, _, _ in imports(tree)} == {"a", "e", "b", "c", "d"}


@pytest.mark.parametrize("path", [*files(CORE), *(p / "__init__.py" for p in PACKAGES.values())], ids=short)
def test_nothing_heavy_is_imported_at_module_level(path: Path) -> None:
    exempt = [pattern for pattern, rules in LINT["per-file-ignores"].items() if "TID253" in rules]
    if any(fnmatch(short(path), pattern) for pattern in exempt):
        pytest.skip("exempt by name in pyproject.toml, which gives the reason")
    heavy = [(m, line) for m, _, line in imports(parse(path), only_at_start=True) if m.partition(".")[0] in HEAVY]
    assert not heavy


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh process has loaded after running the code."""
    code = f"import sys\ntry:\n    {code}\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("name", ["jackfield", "jackfield.cli", *(path.name for path in PACKAGES.values())])
def test_importing_a_package_loads_nothing_heavy(name: str) -> None:
    assert not HEAVY & loaded(f"import {name}")


@pytest.mark.parametrize("path", files(CORE), ids=short)
def test_core_names_no_plugin(path: Path) -> None:
    named = set(re.findall(rf"jackfield[-_](?:{'|'.join(PLUGINS)})\b", path.read_text()))
    assert not named - set(KINDS), "a hook may be called like a plugin"


@pytest.mark.parametrize("folder", [*PLUGINS.values(), ROOT / "contrib"], ids=short)
def test_plugin_imports_only_public_names_of_the_core(folder: Path) -> None:
    wrong = []
    for path in files(folder):
        public = {"jackfield", *(("jackfield.cli", "jackfield.testing") if "tests" in path.parts else ())}
        for module, names, line in imports(parse(path)):
            if module.partition(".")[0] != "jackfield":
                continue
            missing = set(names) - PUBLIC if module == "jackfield" else set()
            if module not in public or missing:
                wrong.append((f"{short(path)}:{line}", module, sorted(missing)))
    assert not wrong


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugin_imports_only_what_it_declares(plugin: str) -> None:
    # editable installations do not say which packages they hold
    known = {**packages_distributions(), "jackfield": ["jackfield-core"]}
    allowed = declared(PLUGINS[plugin]) | {f"jackfield-{plugin}"}
    wrong = []
    for path in files(PACKAGES[plugin]):
        for module, _, line in imports(parse(path)):
            top = module.partition(".")[0]
            sources = {normal(name) for name in known.get(top, [top])}
            if top not in sys.stdlib_module_names and not sources & allowed:
                wrong.append((f"{short(path)}:{line}", module))
    assert not wrong


def test_import_rules_cover_every_package() -> None:
    rules = WORKSPACE["tool"]["importlinter"]
    everyone = {path.name for path in PACKAGES.values()}
    assert set(rules["root_packages"]) == {"jackfield"} | everyone
    by_name = {contract["id"]: contract for contract in rules["contracts"]}
    assert set(by_name["core-imports-no-plugin"]["forbidden_modules"]) == everyone
    assert set(by_name["plugins-stand-alone"]["modules"]) == everyone - LIBRARIES


def test_kernels_are_the_only_library() -> None:
    assert {"jackfield_kernels"} == LIBRARIES


def test_import_rules_except_only_declared_dependencies() -> None:
    contracts = {contract["id"]: contract for contract in WORKSPACE["tool"]["importlinter"]["contracts"]}
    for line in contracts["plugins-stand-alone"]["ignore_imports"]:
        importer, imported = (part.split(".")[0].removeprefix("jackfield_") for part in line.split(" -> "))
        assert f"jackfield-{imported}" in declared(PLUGINS[importer]), line

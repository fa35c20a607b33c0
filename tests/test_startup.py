"""What the command line may import before it works. The budgets only go down."""

import json
import subprocess
import sys

HEAVY = {"numpy", "scipy", "sklearn", "librosa", "numba", "soundfile", "sounddevice", "soxr", "hdbscan", "matplotlib"}
HEAVY |= {"PIL", "jinja2"}


def modules_of(*args: str) -> set[str]:
    """Modules that one call of the command line imports."""
    code = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['jackfield', *{args!r}]\n"
        "from jackfield.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.strip().splitlines()[-1]))


def test_help_imports_click_alone():
    found = modules_of("--help")
    assert not found & (HEAVY | {"pluggy", "msgspec", "rich", "sqlite3", "filelock", "tomli_w"})
    assert "jackfield.registry" not in found
    assert len(found) <= HELP_MODULES


def test_listing_plugins_imports_no_library():
    found = modules_of("plugins", "list")
    assert not found & (HEAVY | {"msgspec", "rich", "sqlite3", "filelock", "importlib.metadata", "email"})
    assert len(found) <= LIST_MODULES


def test_importing_jackfield_costs_next_to_nothing():
    code = "import sys; before = set(sys.modules); import jackfield; print(len(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 3


# Modules in sys.modules, the interpreter's own and the .pth files' included.
HELP_MODULES = 135
LIST_MODULES = 225

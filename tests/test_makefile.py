"""`make demo` with the tested installation in place of the one that make would create."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLIPS = ROOT / "docs/demo/make_clips.py"


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder like the checkout, with an environment that make takes for finished."""
    installed = Path(sys.executable).parent
    if not shutil.which("make") or not (installed / "jackfield").exists():
        pytest.skip("needs make, and the jackfield command beside the Python that runs the tests")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.stamp-run").touch()
    # All of it: Python goes by the pyvenv.cfg and the lib beside the bin that it was started from.
    for part in installed.parent.iterdir():
        if not part.name.startswith("."):
            (tmp_path / ".venv" / part.name).symlink_to(part)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    return tmp_path


def demo(workplace: Path, *arguments: str) -> str:
    command = ["make", "-f", str(ROOT / "Makefile"), "-o", ".venv/.stamp-run", "demo", *arguments]
    # As from a shell of its own: what an outer make says to inner ones would change what is printed.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, cwd=workplace, env=env, text=True, timeout=120, check=False, **both)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_demo_says_where_command_and_clips_are(workplace: Path) -> None:
    out = demo(workplace)
    assert out.splitlines()[-1] == "the command is .venv/bin/jackfield; the clips are in demo/clips"
    assert (workplace / "demo/run/report.html").exists()


@pytest.mark.parametrize("name", ["Mes clips é ü 太鼓", 'it\'s (1) $HOME & $$ "x"; #2', "a, b `c`"])
def test_demo_takes_a_folder_of_any_name(workplace: Path, name: str) -> None:
    folder = workplace / name
    subprocess.run([sys.executable, CLIPS, folder], check=True, capture_output=True)
    out = demo(workplace, f"CLIPS={folder}")
    assert "group 0: 4 clips" in out
    assert "run folder: " in out
    assert out.splitlines()[-1] == "the command is .venv/bin/jackfield"


def test_demo_knows_the_home_folder(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(workplace))
    subprocess.run([sys.executable, CLIPS, workplace / "my clips"], check=True, capture_output=True)
    assert "group 0: 4 clips" in demo(workplace, "CLIPS=~/my clips")

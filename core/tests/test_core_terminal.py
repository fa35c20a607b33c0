"""What people see at a terminal: progress, groups, tables, colours, and what the shell completes."""

import os
import re
import subprocess
import sys
from contextlib import suppress

import pytest


def on_a_terminal(*args, **env):
    """What a terminal of 100 columns gets to see, and the exit code."""
    import pty

    command = [sys.executable, "-m", "jackfield.cli", *args]
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    main, side = pty.openpty()
    env = {**clean, "TERM": "xterm-256color", "COLUMNS": "100", **env}
    started = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=env)
    os.close(side)
    seen = b""
    # An error is how Linux says that the other side has closed.
    with suppress(OSError):
        while chunk := os.read(main, 65536):
            seen += chunk
    os.close(main)
    return seen.decode(), started.wait()


MINE = ("--no-plugins", "--plugin", "level.py")
COLOR = re.compile(r"\x1b\[[0-9;]*3[0-9]")


def test_a_terminal_shows_progress_and_groups(place):
    command = ("group", "clips", "--preset", "all@1", *MINE)
    seen, code = on_a_terminal(*command, "-o", "out")
    assert code == 0
    assert "reading" in seen
    assert "100%" in seen
    assert "group 0: 2 clips" in seen
    assert COLOR.search(seen)
    plain, code = on_a_terminal(*command, "-o", "plain", NO_COLOR="1")
    assert code == 0
    assert "reading" in plain
    assert not COLOR.search(plain)


def test_a_terminal_shows_tables(place):
    seen, code = on_a_terminal("plugins", "list", *MINE)
    assert code == 0
    assert re.search(r"level .*level\.py .*ok", seen)
    seen, _ = on_a_terminal("plugins", "list", *MINE, NO_COLOR="1")
    assert not COLOR.search(seen)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("jackfield run wah", "file,wah"),
        ("jackfield group cli", "file,cli"),
        ("jackfield run x --plugin le", "file,le"),
        ("jackfield features le", "plain,level"),
        ("jackfield plugins show seri", "plain,serial"),
        ("jackfield ru", "plain,run"),
    ],
)
def test_the_shell_completes_files_and_names(place, words, wanted):
    env = {"_JACKFIELD_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "from jackfield import Selection, select; select(Selection(none=True, files=('level.py',)))\n"
    code += "from jackfield.cli import main; main([])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert wanted in done.stdout.splitlines(), done.stderr

"""Verbs come from any distribution; none can spoil the command line for the others."""

import json
import os
import re
import subprocess
import sys

import pytest


def jackfield(*args, env):
    command = [sys.executable, "-m", "jackfield.cli", *args]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "NO_COLOR": "1", **env}
    )


def distribution(tmp_path, name, entry_points, code=""):
    """A distribution in `tmp_path`, as an environment that finds it."""
    (tmp_path / f"{name}.py").write_text(code)
    info = tmp_path / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])}


LEAVING = """
import click, sys
@click.command("leaving")
def command():
    sys.exit(0)
"""


def test_a_component_cannot_end_the_program_with_exit_0(tmp_path):
    env = distribution(tmp_path, "leaving", "[jackfield.commands]\nleaving = leaving\n", LEAVING)
    done = jackfield("leaving", env=env)
    assert done.returncode == 3
    assert "a component ended the program with exit(0)" in done.stderr
    assert "leaving.py:5" in done.stderr
    assert jackfield("leaving", "--help", env=env).returncode == 0


@pytest.mark.parametrize("code", ["command = 3", "import sys; sys.exit(0)"])
def test_a_verb_that_cannot_be_loaded_is_its_distributions_fault(tmp_path, code):
    env = distribution(tmp_path, "leaving", "[jackfield.commands]\nleaving = leaving\n", code)
    done = jackfield("leaving", env=env)
    assert done.returncode == 3
    assert 'command "leaving" of leaving could not be loaded' in done.stderr


TOLD = '''
1 / 0
def command(
    a: "Callable[[int], str]", *more: object
) -> int:  # a comment
    """Tell A (a text) what B
    is: one.

    More.
    """
'''


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (TOLD, "Tell A what B is"),
        (TOLD.replace('"""', "'''"), "Tell A what B is"),
        ('def command(a):\n    return 1\n\ndef other():\n    """Not this."""\n', "(leaving)"),
        ("command = 3", "(leaving)"),
        (b"# \xff", "(leaving)"),
        (None, "(leaving)"),
    ],
)
def test_help_says_what_a_verb_does_without_importing_it(tmp_path, code, words):
    env = distribution(tmp_path, "leaving", "[jackfield.commands]\nleaving = inner.leaving\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text("1 / 0")
    if code is not None:
        (inner / "leaving.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    done = jackfield("--help", env=env)
    assert re.search(rf"^  leaving +{re.escape(words)}$", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_help_says_what_every_verb_of_the_core_does():
    listed = jackfield("--help", env={}).stdout.partition("Commands:")[2]
    assert "  plan " in listed
    assert "(jackfield-core)" not in listed


def test_help_version_and_completion_exit_0(tmp_path):
    for args in (("--help",), ("--version",), ("run", "--help"), ("plugins", "--help")):
        assert jackfield(*args, env={}).returncode == 0
    words = {"_JACKFIELD_COMPLETE": "bash_complete", "COMP_WORDS": "jackfield sch", "COMP_CWORD": "1"}
    done = jackfield(env=words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "plain,schema\n", "")


def test_malformed_entry_points_hide_no_verb(tmp_path):
    env = distribution(tmp_path, "malformed", "[jackfield.commands]\nno equals sign\n")
    env |= distribution(tmp_path, "leaving", "[jackfield.commands]\nleaving = leaving\n", LEAVING)
    done = jackfield("--help", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "leaving" in done.stdout
    assert "verify" in done.stdout
    assert jackfield("init", env=env).returncode == 0


EXPLAINING = """
import click
from jackfield import output_options, plugin_options, print_json
def explain_answers():
    return {"answer": 42}
@click.command("answers")
@output_options
@plugin_options
def command(as_json, **_):
    print_json(explain_answers()) if as_json else click.echo("42, as everybody knows")
"""


def test_topics_of_explain_come_from_any_distribution(tmp_path):
    env = distribution(tmp_path, "wise", "[jackfield.explain]\nanswers = wise\n", EXPLAINING)
    assert re.search(r"answers +\(wise\)", jackfield("explain", "--help", env=env).stdout)
    assert jackfield("explain", "answers", env=env).stdout == "42, as everybody knows\n"
    assert json.loads(jackfield("explain", "answers", "--json", env=env).stdout) == {"answer": 42}
    wrong = jackfield("explain", "answer", env=env)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert 'did you mean "answers"' in wrong.stderr
    code = "import jackfield; print(jackfield.explain_answers()); jackfield.explain_nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **env})
    assert done.stdout == "{'answer': 42}\n"
    assert "no attribute 'explain_nothing'" in done.stderr


@pytest.mark.parametrize(
    ("code", "said"), [("def about():\n    return {'level': 'v3'}", "v3"), ("1 / 0", "ZeroDivisionError"), ("", None)]
)
def test_doctor_asks_shared_libraries(tmp_path, code, said):
    env = distribution(tmp_path, "sums", "[jackfield.libraries]\nsums = sums\n", code)
    shared = json.loads(jackfield("doctor", "--json", env=env).stdout).get("shared", {})
    assert [said in value for name, value in shared.items() if name.startswith("sums ")] == ([True] if said else [])


PICKY = """
import click
def about():
    raise ValueError("SUMS=V4 is not possible: this processor has none; did you mean \\"v4\\"?")
@click.command("adding")
def command():
    about()
@click.command("filling")
def filling():
    raise MemoryError("Unable to allocate 7 TiB")
"""


def test_what_a_shared_library_cannot_do_is_the_users_to_change(tmp_path):
    groups = "[jackfield.libraries]\nsums = sums\n[jackfield.commands]\nadding = sums\n"
    env = distribution(tmp_path, "sums", groups, PICKY)
    (tmp_path / "run.toml").write_text('inputs = ["*.wav"]\n[[step]]\nuse = "csv-table"\n')
    said = 'error: SUMS=V4 is not possible\n  found: this processor has none\n  help: did you mean "v4"?\n'
    for words in (["adding"], ["plan", str(tmp_path / "run.toml")]):
        done = jackfield(*words, env=env)
        assert (done.returncode, done.stderr) == (2, said)
    assert jackfield("doctor", env=env).returncode == 3


def test_too_little_memory_is_no_bug(tmp_path):
    code = "from types import SimpleNamespace\n" + PICKY + "hungry = SimpleNamespace(command=filling)\n"
    env = distribution(tmp_path, "sums", "[jackfield.commands]\nfilling = sums:hungry\n", code)
    done = jackfield("filling", env=env)
    assert (done.returncode, done.stderr) == (2, "error: not enough memory\n  found: Unable to allocate 7 TiB\n")

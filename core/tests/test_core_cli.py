"""The command line: data on stdout, messages on stderr, exit codes that mean what they say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jackfield import open_results


def jackfield(*args, **options):
    command = [sys.executable, "-m", "jackfield.cli", *args]
    environment = {**os.environ, "NO_COLOR": "1", **options.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment, **options)


MINE = ("--no-plugins", "--plugin", "level.py")


def test_run_prints_places_on_stderr_and_exits_0(place):
    done = jackfield("run", "run.toml", "-o", "out", *MINE)
    assert (done.returncode, done.stdout) == (0, "")
    assert "2 clips read, 0 failed" in done.stderr
    assert jackfield("run", "run.toml", "-o", "out", "-q", *MINE).stderr == ""


def test_json_goes_to_stdout(place):
    done = jackfield("run", "run.toml", "-o", "out", "--json", *MINE)
    assert json.loads(done.stdout)["clips"] == 2


def test_features_are_csv_or_json(place):
    done = jackfield("features", "level", "clips", "--with", "scale=3", "-o", "out", *MINE)
    assert done.stdout.splitlines() == ["path,row,time,level", "clips/1.csv,0,,3.0", "clips/2.csv,0,,6.0"]
    done = jackfield("features", "level", "clips", "--json", "-o", "out2", *MINE)
    assert [row["level"] for row in json.loads(done.stdout)] == [1, 2]


def test_features_whose_columns_differ_share_one_table(place):
    done = jackfield("features", "columns", "clips", "-o", "out", *MINE)
    assert done.stdout.splitlines() == ["path,row,time,two,one", "clips/1.csv,0,,1.0,", "clips/2.csv,0,,2.0,2.0"]
    done = jackfield("features", "columns", "clips", "-o", "out", "--json", *MINE)
    assert [sorted(row) for row in json.loads(done.stdout)] == [
        ["path", "row", "time", "two"],
        ["one", "path", "row", "time", "two"],
    ]


def test_plan_says_what_will_be_done_and_writes_nothing(place):
    before = sorted(place.iterdir())
    done = jackfield("plan", "run.toml", *MINE)
    assert done.returncode == 0
    assert "level: feature level.py:level, inputs → Features" in done.stdout
    dry = jackfield("run", "run.toml", "--dry-run", "--json", *MINE)
    assert json.loads(dry.stdout)["clips"] == 2
    assert [p for p in sorted(place.iterdir()) if p.name != "__pycache__"] == before


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("run", "absent.toml"), 2, "absent.toml cannot be read"),
        (("run", "run.toml", "--set", "level.scael=2"), 2, 'did you mean "scale"'),
        (("run", "run.toml", "--set", "level.scale=-2"), 2, "run.toml:5: step 1"),
        (("run", "run.toml", "--block", "level"), 2, "level.py"),
        (("runn", "run.toml"), 2, 'did you mean "run"'),
        (("run",), 2, "Missing argument"),
        (("features", "level", "nowhere"), 2, 'input "nowhere" matches no file'),
        (("features", "level", "clips", "--with", "scale"), 2, "is not key=value"),
        (("run", "run.toml", "-j", "-1"), 2, "jobs must be 0"),
        (("run", "run.toml", "-o", "run.toml/x"), 74, "cannot be used as a run folder"),
        (("run", "run.toml", "--strict", "--plugin", "broken.py"), 3, "broken.py could not be loaded"),
        (("verify", "clips"), 2, "not the lock file of a run"),
        (("verify", "empty.json"), 2, "not the lock file of a run"),
        (("plan", "executor.toml"), 2, 'executor.toml:3: unknown executor "proceses"'),
        (("run", "executor.toml", "-j", "1"), 2, 'executor.toml:3: unknown executor "proceses"'),
        (("plan", "parameter.toml"), 2, 'parameter.toml:5: unknown parameter "job"'),
        (("features", "apart", "clips"), 2, '"apart" is no feature'),
        (("features", "count", "clips"), 2, '"count" is no feature'),
        (("features", "serial", "clips"), 2, '"serial" is no feature'),
        (("features", "all@1", "clips", "--dry-run"), 2, '"all@1" is no feature'),
        (("plugins", "show", "levl"), 2, 'did you mean "level"'),
    ],
)
def test_mistakes_get_one_clear_error_and_their_exit_code(place, args, code, words):
    (place / "broken.py").write_text("1 / 0\n")
    (place / "empty.json").write_text("{}")
    text = (place / "run.toml").read_text()
    (place / "executor.toml").write_text(text.replace("\n\n", '\n\nexecutor = { use = "proceses" }\n', 1))
    named = '\n\n[executor]\nuse = "processes"\nwith = { job = 2 }\n'
    (place / "parameter.toml").write_text(text.replace("\n\n", named, 1))
    mine = () if len(args) < 2 or args[0] == "runn" else MINE
    done = jackfield(*args, *mine)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_failed_clip_gives_exit_5(place):
    (place / "clips" / "bad.csv").write_text("x\ny\n")
    done = jackfield("run", "run.toml", "-o", "out", *MINE)
    assert done.returncode == 5
    assert "failed: clips/bad.csv" in done.stderr
    assert "errors.csv" in done.stderr


def test_the_failure_limit_gives_exit_4(place):
    (place / "clips" / "bad.csv").write_text("x\ny\n")
    done = jackfield("run", "run.toml", "-o", "out", "--set", "failure_limit=0", *MINE)
    assert done.returncode == 4
    assert "the limit is 0" in done.stderr


def test_interrupted_gives_exit_130(place):
    import signal
    import time

    code = (place / "level.py").read_text()
    (place / "slow.py").write_text(code.replace("import numpy as np", "import numpy as np, time; time.sleep(30)"))
    command = [sys.executable, "-m", "jackfield.cli", "run", "run.toml", "-o", "out", "-j", "2"]
    command += ["--no-plugins", "--plugin", "slow.py"]
    # Tests that were started in the background ignore Ctrl-C, and so would what they start.
    attentive = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), "start_new_session": True}
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **attentive)
    while not list(Path("out").glob("plans/*.json")):
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(started.pid, signal.SIGINT)
    _, err = started.communicate(timeout=20)
    assert started.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err


def test_a_full_disk_gives_exit_74(place):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "jackfield.cli", "schema", "--no-plugins"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_gives_a_config_that_plans(place):
    text = jackfield("init", "--inputs", "clips/*.csv").stdout
    assert 'inputs = ["clips/*.csv"]' in text
    assert "# " in text
    assert jackfield("init", "-o", "new.toml").returncode == 0
    again = jackfield("init", "-o", "new.toml")
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_inspect_says_what_a_file_holds(place):
    (place / "clips" / "bad.csv").write_text("x\ny\n")
    done = jackfield("inspect", "clips", "--json", "--no-plugins")
    facts = {Path(f["path"]).name: f for f in json.loads(done.stdout)}
    assert (facts["1.csv"]["frames"], facts["1.csv"]["at_full_scale"]) == (5, 5)
    assert "not numbers" in facts["bad.csv"]["error"]
    assert done.returncode == 5


LEAVE = '''
from dataclasses import dataclass
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Leave(Component):
    """Leaves."""
    def __call__(self, source: Source) -> Signal:
        raise SystemExit(0)

@hookimpl
def jackfield_readers():
    yield Reader("leave", Leave, suffixes=(".exit",))
'''


def test_one_file_that_nobody_reads_does_not_hide_the_others(place):
    (place / "notes.txt").write_text("")
    (place / "exits.py").write_text(LEAVE)
    (place / "a.exit").write_text("")
    done = jackfield("inspect", "a.exit", "notes.txt", "clips/1.csv", *MINE, "--plugin", "exits.py")
    assert done.returncode == 5
    assert "  frames: 5" in done.stdout
    assert "failed: no reader takes notes.txt" in done.stderr
    assert "failed: reading a.exit failed: SystemExit: 0" in done.stderr


def test_verify_notices_changes(place):
    jackfield("run", "run.toml", "-o", "out", *MINE)
    done = jackfield("verify", "out", *MINE)
    assert (done.returncode, done.stdout) == (0, "")
    (place / "clips" / "2.csv").write_text("7\n" * 5)
    (place / "level.py").write_text((place / "level.py").read_text() + "# changed\n")
    done = jackfield("verify", "out", *MINE)
    assert done.returncode == 5
    assert "other samples" in done.stdout
    assert "plugin level.py" in done.stdout
    assert done.stderr == "differences: 2\n"


def test_plugins_show_documents_a_component(place):
    done = jackfield("plugins", "show", "level", *MINE)
    assert "Signal → Features" in done.stdout
    assert "scale (float, > 0) = 1.0: multiplies the mean" in done.stdout
    data = json.loads(jackfield("plugins", "show", "level", "--json", *MINE).stdout)
    assert data["takes"] == ["Signal"]


def test_the_schema_knows_every_parameter(place):
    schema = json.loads(jackfield("schema", *MINE).stdout)
    steps = {v["properties"]["use"]["enum"][0]: v for v in schema["properties"]["step"]["items"]["oneOf"]}
    assert steps["level"]["properties"]["with"]["properties"]["scale"]["exclusiveMinimum"] == 0
    assert json.loads(jackfield("schema", "--json", *MINE).stdout) == schema


def test_doctor_and_completion_answer(place):
    assert "jackfield-core" in jackfield("doctor", *MINE).stdout
    done = jackfield(env={"_JACKFIELD_COMPLETE": "bash_source"})
    assert "complete" in done.stdout


def test_tracebacks_only_with_vv(place):
    done = jackfield("run", "run.toml", "-o", "run.toml/x", "-vv", *MINE)
    assert "Traceback" in done.stderr
    assert done.returncode == 74


def test_inputs_of_one_name_get_a_folder_each(place):
    for name in ("x", "y"):
        (place / name / "clips").mkdir(parents=True)
        (place / name / "clips" / "1.csv").write_text("1\n")
    folders = set()
    for inputs in ("x/clips", "y/clips", str(place / "y" / "clips")):
        done = jackfield("group", inputs, "--preset", "all@1", "--json", *MINE)
        folders.add(Path(json.loads(done.stdout)["folder"]).name)
    assert len(folders) == 2
    assert all(re.fullmatch("clips-[0-9a-f]{8}", name) for name in folders)


def test_a_folder_may_hold_its_own_runs(place):
    again = [jackfield("group", ".", "--preset", "all@1", "--json", *MINE) for _ in range(2)]
    assert [(done.returncode, json.loads(done.stdout)["clips"]) for done in again] == [(0, 2), (0, 2)]


def test_plans_and_runs_print_what_users_of_a_component_must_know(place):
    command = ("group", "clips", "--preset", "all@1", *MINE)
    planned = jackfield(*command, "--dry-run")
    assert "\n    warning: loudness is all it hears\n" in planned.stdout
    assert json.loads(jackfield(*command, "--dry-run", "--json").stdout)["warnings"] == {
        "apart": "loudness is all it hears"
    }
    done = jackfield(*command, "-o", "out")
    assert 'warning: step "apart": loudness is all it hears' in done.stderr.splitlines()
    assert open_results(place / "out").warnings == {'step "apart"': ("loudness is all it hears",)}


def test_quiet_silences_notes(place):
    command = ("group", "clips", "--preset", "all@1", "-o", "out", *MINE)
    assert "note: all are one" in jackfield(*command).stderr
    done = jackfield(*command, "-q")
    assert (done.stdout.splitlines()[0][:7], done.stderr) == ("group 0", "")


def test_a_file_name_takes_one_line_and_commands_no_terminal(place):
    for name in ("a\nb.csv", "\x1b[31mred.csv"):
        (place / "clips" / name).write_text("3\n")
    (place / "clips" / "bad\n.csv").write_text("x\ny\n")
    done = jackfield("group", "clips", "--preset", "all@1", "-o", "out", *MINE)
    assert done.returncode == 5
    assert done.stdout.startswith(r"group 0: 4 clips, medoid clips/\x1b[31mred.csv")
    names = sorted(line.split()[0] for line in done.stdout.splitlines()[1:])
    assert names == ["clips/1.csv", "clips/2.csv", r"clips/a\nb.csv"]
    assert any(line.startswith("failed: clips/bad\\n.csv: ") for line in done.stderr.splitlines())


def test_file_names_in_no_encoding_are_shown(place):
    for name in (b"\xff.csv", b"\xfe.csv"):
        Path(os.fsdecode(b"clips/" + name)).write_text("1\n" if name[0] == 255 else "x\ny\n")
    done = jackfield("inspect", "clips", "--no-plugins")
    assert r"clips/\udcff.csv" in done.stdout.splitlines()
    assert r"failed: clips/\udcfe.csv" in done.stderr
    assert done.returncode == 5
    facts = json.loads(jackfield("inspect", "clips", "--json", "--no-plugins").stdout)
    assert [os.fsencode(f["path"]) for f in facts[2:]] == [b"clips/\xfe.csv", b"clips/\xff.csv"]
    done = jackfield("features", "level", "clips", "-o", "out", *MINE)
    assert r"clips/\udcff.csv,0,,1.0" in done.stdout.splitlines()
    assert done.returncode == 5


def test_a_reader_who_has_had_enough_gets_no_complaint(place):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "jackfield.cli", "schema", "--no-plugins"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (74, "")

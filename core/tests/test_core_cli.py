"""The command line: data on stdout, messages on stderr, exit codes that mean what they say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = '''
from dataclasses import dataclass
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Level(Component):
    """Mean of the absolute samples."""
    scale: Annotated[float, Param(gt=0, description="multiplies the mean")] = 1.0
    def __call__(self, signal: Signal) -> Features:
        import numpy as np
        return Features(values=self.scale * np.abs(signal.samples).mean(keepdims=True), names=("level",))

@hookimpl
def jackfield_features():
    yield Feature("level", Level)
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "level.py").write_text(PLUGIN)
    (tmp_path / "clips").mkdir()
    for k in (1, 2):
        (tmp_path / "clips" / f"{k}.csv").write_text(f"{k}\n" * 5)
    (tmp_path / "run.toml").write_text('inputs = ["clips"]\n\n[[step]]\nuse = "level"\nwith = { scale = 2.0 }\n')
    return tmp_path


def jackfield(*args, **options):
    command = [sys.executable, "-m", "jackfield.cli", *args]
    environment = {**os.environ, "NO_COLOR": "1", **options.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment, **options)


MINE = ("--no-plugins", "--plugin", "level.py")


def test_run_prints_places_on_stderr_and_exits_0(place):
    done = jackfield("run", "run.toml", "-o", "out", *MINE)
    assert (done.returncode, done.stdout) == (0, "")
    assert "2 clips, 0 failed" in done.stderr
    assert jackfield("run", "run.toml", "-o", "out", "-q", *MINE).stderr == ""


def test_json_goes_to_stdout(place):
    done = jackfield("run", "run.toml", "-o", "out", "--json", *MINE)
    assert json.loads(done.stdout)["clips"] == 2


def test_features_are_csv_or_json(place):
    done = jackfield("features", "level", "clips", "--with", "scale=3", "-o", "out", *MINE)
    assert done.stdout.splitlines() == ["path,row,time,level", "clips/1.csv,0,,3.0", "clips/2.csv,0,,6.0"]
    done = jackfield("features", "level", "clips", "--json", "-o", "out2", *MINE)
    assert [row["level"] for row in json.loads(done.stdout)] == [1, 2]


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
        (("plugins", "show", "levl"), 2, 'did you mean "level"'),
    ],
)
def test_mistakes_get_one_clear_error_and_their_exit_code(place, args, code, words):
    (place / "broken.py").write_text("1 / 0\n")
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

    (place / "slow.py").write_text(PLUGIN.replace("import numpy as np", "import numpy as np, time; time.sleep(30)"))
    command = [sys.executable, "-m", "jackfield.cli", "run", "run.toml", "-o", "out", "-j", "2"]
    command += ["--no-plugins", "--plugin", "slow.py"]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
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


def test_verify_notices_changes(place):
    jackfield("run", "run.toml", "-o", "out", *MINE)
    done = jackfield("verify", "out", *MINE)
    assert (done.returncode, done.stdout) == (0, "")
    (place / "clips" / "2.csv").write_text("7\n" * 5)
    (place / "level.py").write_text(PLUGIN + "# changed\n")
    done = jackfield("verify", "out", *MINE)
    assert done.returncode == 5
    assert "other samples" in done.stdout
    assert "plugin level.py" in done.stdout


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


def test_doctor_and_completion_answer(place):
    assert "jackfield-core" in jackfield("doctor", *MINE).stdout
    done = jackfield(env={"_JACKFIELD_COMPLETE": "bash_source"})
    assert "complete" in done.stdout


def test_tracebacks_only_with_vv(place):
    done = jackfield("run", "run.toml", "-o", "run.toml/x", "-vv", *MINE)
    assert "Traceback" in done.stderr
    assert done.returncode == 74

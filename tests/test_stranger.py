"""A stranger's plugin, installed beside ours and used by every door."""

import json
import os
import subprocess
import sys

import numpy as np

STRANGER = '''\
from dataclasses import dataclass
from typing import Annotated
from jackfield import Component, Param, Signal, Transform, hookimpl


@dataclass(frozen=True, kw_only=True)
class Reverse(Component):
    """The signal backwards, some of it."""

    share: Annotated[float, Param(gt=0, le=1, description="part that is turned round")] = 1.0

    def __call__(self, signal: Signal) -> Signal:
        n = round(self.share * signal.n)
        return signal.replace(samples=signal.samples[:, :n][:, ::-1], note="backwards")


@hookimpl
def jackfield_transforms():
    yield Transform("backwards", Reverse)
'''

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "stranger-backwards"
version = "2.0"
dependencies = ["jackfield-core>=0.1,<0.2"]
[project.entry-points.jackfield]
backwards = "stranger_backwards"
"""


def jackfield(*args, **options):
    command = [sys.executable, "-m", "jackfield.cli", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)


def test_a_strangers_plugin_of_under_twenty_lines_installs_and_runs(tmp_path):
    code = [line for line in STRANGER.splitlines() if line.strip()]
    assert len(code) < 20
    source = tmp_path / "source"
    source.mkdir()
    (source / "stranger_backwards.py").write_text(STRANGER)
    (source / "pyproject.toml").write_text(PROJECT)
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        site,
        source,
    ]
    subprocess.run(install, check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": str(site)}
    listed = jackfield("plugins", "list", env=env)
    assert "stranger-backwards 2.0" in listed.stdout
    schema = json.loads(jackfield("schema", env=env).stdout)
    steps = [s for s in schema["properties"]["step"]["items"]["oneOf"] if "backwards" in s["properties"]["use"]["enum"]]
    assert steps[0]["properties"]["with"]["properties"]["share"]["maximum"] == 1
    np.save(tmp_path / "x.npy", np.arange(4, dtype=np.float32))
    (tmp_path / "run.toml").write_text('inputs = ["x.npy"]\n[[step]]\nuse = "backwards"\nwith = { share = 0.5 }\n')
    done = jackfield("run", "run.toml", "-o", "out", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    code = (
        "import jackfield, numpy as np\n"
        "s = jackfield.Signal(samples=np.arange(4, dtype=np.float32), rate=1)\n"
        "print(jackfield.get('backwards', share=0.5)(s).samples.tolist(),"
        " jackfield.open_results('out')['backwards'][0].samples.tolist())"
    )
    both = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert both.stdout.strip() == "[[1.0, 0.0]] [[1.0, 0.0]]"
    checked = jackfield("plugins", "check", "backwards", env=env)
    assert checked.returncode == 0, checked.stdout

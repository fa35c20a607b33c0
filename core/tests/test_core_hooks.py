"""Every hook's docstring is a whole plugin that runs."""

import re
import textwrap

import numpy as np
import pytest

from jackfield import Groups, Results, config, get, run
from jackfield.discovery import Selection
from jackfield.hookspecs import KINDS, Hooks
from jackfield.registry import registry, select
from jackfield.testing import check_component

HOOKS = sorted(name for name in vars(Hooks) if name.startswith("jackfield_"))


def example(hook: str) -> str:
    doc = textwrap.dedent("    " + (getattr(Hooks, hook).__doc__ or ""))
    found = re.search(r"```python\n(.*?)```", doc, re.DOTALL)
    assert found, f"{hook} shows no plugin"
    return textwrap.dedent(found[1])


@pytest.fixture
def offer(request, tmp_path, monkeypatch):
    """The one offer of a hook's example, loaded as a single-file plugin."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(example(request.param))
    select(Selection(none=True, files=("example.py",)))
    plugin = registry().plugins[-1]
    assert not plugin.faults, plugin.faults
    yield plugin.offers[0]
    select(Selection())


def test_there_are_ten_hooks_with_a_kind_each():
    assert len(HOOKS) == 10
    assert set(HOOKS) == set(KINDS)


@pytest.mark.parametrize("offer", HOOKS, indirect=True)
def test_the_example_offers_what_its_hook_is_for(offer, request):
    assert offer.hook == request.node.callspec.params["offer"]


@pytest.mark.parametrize("offer", [h for h in HOOKS if h != "jackfield_presets"], indirect=True)
def test_the_example_conforms(offer, tmp_path):
    sample = None
    if offer.kind == "reader":
        from jackfield import Source

        np.arange(8, dtype="<i2").tofile(tmp_path / "x.s16")
        sample = Source(str(tmp_path / "x.s16"))
    skip = {"nan": "a length does not depend on what the samples are"} if offer.name == "length" else {}
    check_component(offer.name, sample=sample, skip=skip)


@pytest.mark.parametrize("offer", ["jackfield_presets"], indirect=True)
def test_the_example_preset_is_a_config(offer):
    built = config.parse(offer.toml, offer.name, inputs=("clips",))
    assert built.steps[0].use == "gain"


@pytest.mark.parametrize("offer", ["jackfield_distances"], indirect=True)
def test_the_example_distance_runs_in_a_config(offer, tmp_path):
    (tmp_path / "clips").mkdir()
    for k in range(3):
        np.save(tmp_path / "clips" / f"{k}.npy", np.ones(10 * (k + 1), np.float32))
    results = run(config.parse('inputs = ["clips"]\n[[step]]\nuse = "length"\n'), output="out")
    assert isinstance(results, Results)
    assert results["length"].condensed.tolist() == [10.0, 20.0, 10.0]
    assert results.of(Groups) is None
    assert get("length").triangle


def test_the_example_verb_is_a_command_and_a_function(tmp_path):
    import os
    import subprocess
    import sys

    from jackfield import cli

    code = re.search(r"```python\n(.*?)```", cli.__doc__, re.DOTALL)[1]
    (tmp_path / "loudest.py").write_text(code)
    info = tmp_path / "loudest-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loudest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[jackfield.commands]\nloudest = loudest\n")
    (tmp_path / "x.csv").write_text("1\n-3\n2\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def python(*args):
        done = subprocess.run(
            [sys.executable, *args], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "loudest" in python("-m", "jackfield.cli", "--help")
    assert python("-m", "jackfield.cli", "loudest", "x.csv") == "3.0\n"
    assert '"peak": 3.0' in python("-m", "jackfield.cli", "loudest", "x.csv", "--json")
    assert python("-c", "import jackfield; print(jackfield.loudest('x.csv'))") == "3.0\n"

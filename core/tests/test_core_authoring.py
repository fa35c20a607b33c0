"""What `jackfield plugins new` writes works at once: installed, tested, listed, and all kinds together in one run."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from jackfield import ConfigError, new_plugin
from jackfield.api.authoring import KINDS

STEPS = ("transform", "resampler", "feature", "distance", "clusterer", "output")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a new plugin `made-<kind>` of every kind, all of them installed into `site`."""
    folder = tmp_path_factory.mktemp("authoring")
    for kind in KINDS:
        done = jackfield("plugins", "new", f"made-{kind}", "--kind", kind, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert f"jackfield-made-{kind}/pyproject.toml" in done.stdout.splitlines()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--target", "site"]
    done = subprocess.run(
        [*pip, *(f"./jackfield-made-{kind}" for kind in KINDS)],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def python(*args, cwd, site=None):
    path = os.pathsep.join(filter(None, [site and str(site), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def jackfield(*args, **options):
    return python("-m", "jackfield.cli", *args, **options)


def test_a_new_plugin_passes_its_own_tests(place):
    done = python("-m", "pytest", "-q", cwd=place / "jackfield-made-reader", site=place / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_new_plugins_of_all_kinds_pass_their_tests(place):
    folders = [f"jackfield-made-{kind}/{part}" for kind in KINDS for part in ("src", "tests")]
    # one process for all: their settings are the same
    done = python(
        "-m", "pytest", "-q", "-c", f"{folders[0]}/../pyproject.toml", *folders, cwd=place, site=place / "site"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{2 * len(KINDS) + 1} passed" in done.stdout


def test_new_plugins_are_listed_shown_and_keep_the_rules(place):
    listed = json.loads(jackfield("plugins", "list", "--json", cwd=place, site=place / "site").stdout)
    found = {p["name"]: (p["state"], p["offers"]) for p in listed if p["name"].startswith("made-")}
    assert found == {f"made-{k}": ("ok", [{"kind": k, "name": f"made-{k}"}]) for k in KINDS}
    names = [f"made-{kind}" for kind in KINDS]
    done = jackfield("plugins", "check", *names, "--json", cwd=place, site=place / "site")
    verdicts = json.loads(done.stdout)
    assert not [v for v in verdicts if v["state"] == "failed"]
    assert {v["component"] for v in verdicts if v["state"] == "passed"} == {f"jackfield-{n}:{n}" for n in names}
    done = jackfield("plugins", "check", "made-reader", "-v", cwd=place, site=place / "site")
    skipped = [v for v in verdicts if v["state"] == "skipped" and v["component"].endswith(":made-reader")]
    assert f"1 components, {12 - len(skipped)} checks, {len(skipped)} skipped, 0 failed" in done.stdout
    assert done.stdout.count(": skipped, ") == len(skipped) > 1
    shown = jackfield("plugins", "show", "made-transform", cwd=place, site=place / "site").stdout
    assert "\nA clip shorter than both fades peaks in its middle.\n" in shown
    assert "seconds (float s, > 0) = 0.01: length of each fade" in shown


def test_new_plugins_of_all_kinds_make_one_run(place):
    for k, level in enumerate((1000, 1001, 9000)):
        np.full(8000, level, "<i2").tofile(place / f"{k}.made-reader")
    steps = "".join(f'\n[[step]]\nuse = "made-{kind}"\n' for kind in STEPS)
    (place / "run.toml").write_text(f'inputs = ["*.made-reader"]\n{steps}')
    done = jackfield("run", "run.toml", "-o", "out", "--strict", cwd=place, site=place / "site")
    assert done.returncode == 0, done.stderr
    assert (place / "out/made-output.csv").read_text().splitlines() == [
        "path,seconds", "0.made-reader,1.000", "1.made-reader,1.000", "2.made-reader,1.000",
    ]  # fmt: skip
    done = jackfield("export", "out", "--step", "made-clusterer", "--to", "groups.csv", cwd=place, site=place / "site")
    assert done.returncode == 0, done.stderr
    groups = [line.split(",")[:2] for line in (place / "groups.csv").read_text().splitlines()[1:]]
    assert groups == [["0.made-reader", "0"], ["1.made-reader", "0"], ["2.made-reader", "-1"]]


def test_nothing_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert [path.exists() for path in new_plugin("warmth", folder="empty")] == [True] * 4
    before = (tmp_path / "empty/README.md").read_bytes()
    for taken in ("empty", "empty/README.md"):
        with pytest.raises(ConfigError, match=f"{taken} is there already; name a new folder with -o"):
            new_plugin("other", folder=taken)
    assert (tmp_path / "empty/README.md").read_bytes() == before
    done = jackfield("plugins", "new", "warmth", "-o", "empty/README.md/x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (74, "")
    assert "could not write empty/README.md/x" in done.stderr


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("Warmth", "feature", "small letters"),
        ("warm_th", "feature", "small letters"),
        ("-warmth", "feature", "small letters"),
        ("../warmth", "feature", "small letters"),
        ("signal", "feature", "its class would be Signal"),
        ("path", "output", "its class would be Path"),
        ("core", "feature", "jackfield-core is installed"),
        ("serial", "feature", "by jackfield-core"),
        ("warmth", "featur", 'did you mean "feature"'),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path, monkeypatch, name, kind, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words):
        new_plugin(name, kind)
    assert not list(tmp_path.iterdir())

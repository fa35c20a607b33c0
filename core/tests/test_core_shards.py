"""A run in shards on machines that know nothing of each other: merged, it is the run."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jackfield import Groups, Selection, merge, open_results, run, select
from jackfield.errors import ConfigError
from jackfield.running import FailureLimit, read_note

RUNS = runpy.run_path(str(Path(__file__).with_name("test_core_runs.py")))
place, clip, table = RUNS["place"], RUNS["clip"], RUNS["table"]

# What a merged run must share with a whole one, byte for byte: everything but the bookkeeping of slots and shards.
ALIKE = ("clips.csv", "errors.csv", "labels.txt", "run.lock.json")


@pytest.fixture
def many(place):
    """Six clips and 80 more, so that pairs make three tiles; one of them bad."""
    for value in range(100, 180):
        clip(value)
    clip(13)
    return place


def shards(count, **options):
    return [run("run.toml", output=f"s{k}", shard=(k, count), **options) for k in range(1, count + 1)]


def alike(one, two):
    for name in ALIKE:
        assert Path(one, name).read_bytes() == Path(two, name).read_bytes(), name
    copies = [{p.name: p.read_bytes() for p in Path(run, "copy").iterdir()} for run in (one, two)]
    assert copies[0] == copies[1]


def test_three_shards_merged_are_the_whole_run(many):
    whole = run("run.toml", output="whole")
    parts = shards(3)
    assert sum(len(p.clips) for p in parts) == len(whole.clips) == 86
    assert len({c.path for p in parts for c in p.clips}) == 86
    assert [e.path for p in parts for e in p.errors] == ["clips/clip013.csv"]
    assert min(len(p.clips) for p in parts) > 15
    assert not any(Path(p.folder, "labels.txt").exists() for p in parts)
    merged = merge(["s1", "s2", "s3"], output="merged")
    alike("whole", "merged")
    assert merged.exit_code == 5
    assert np.array_equal(merged["mean"].condensed, whole["mean"].condensed)
    # Every clip but the bad one was read in a shard; the rest is left.
    assert merged.computed == whole.computed - 86
    assert open_results("merged").of(Groups).labels.tolist() == whole.of(Groups).labels.tolist()


def test_a_second_round_shares_out_the_pairs(many):
    run("run.toml", output="whole")
    for part in shards(3):
        assert read_note(part.folder).missing > 50
    names = ["s1", "s2", "s3"]
    second = [merge(names, output=f"t{k}", shard=(k, 3)) for k in (1, 2, 3)]
    assert [read_note(part.folder).missing for part in second] == [0, 0, 0]
    owner = next(k for k, part in enumerate(second) if part.errors)
    # The owner of the bad clip tries it again; besides, three tiles are shared out.
    assert sum(part.computed for part in second) == 3 + 1
    assert second[owner].errors[0].path == "clips/clip013.csv"
    merged = merge(["t1", "t2", "t3"], output="merged")
    alike("whole", "merged")
    assert merge(names, output="alone").computed == merged.computed + 3


def test_a_shard_goes_on_and_is_not_the_run(many):
    first = run("run.toml", output="s1", shard=(1, 3))
    again = run("run.toml", output="s1", shard=(1, 3))
    assert again.computed == len(first.errors)
    with pytest.raises(ConfigError, match=r"no finished run: it holds a shard of one; .*jackfield merge"):
        open_results("s1")
    whole = run("run.toml", output="s1")
    assert len(whole.clips) == 86
    assert not Path("s1/shard.json").exists()
    with pytest.raises(ConfigError, match="holds a whole run: shard 1/3 is part of one"):
        run("run.toml", output="s1", shard=(1, 3))


def test_a_shard_has_its_clips_items_and_its_own_folder(place):
    text = 'inputs = ["clips"]\n[[step]]\nuse = "touchy"\n'
    Path("items.toml").write_text(text)
    parts = [run("items.toml", shard=(k, 2)) for k in (1, 2)]
    assert [p.folder.name[-4:] for p in parts] == ["1of2", "2of2"]
    found = {i: item.samples[0, 0] for p in parts for i, item in zip(p["touchy"].ids, p["touchy"], strict=True)}
    assert sorted(found.values()) == [1, 2, 3, 10, 11, 20]
    merged = merge([p.folder for p in parts])
    assert merged.computed == 0
    assert [item.samples[0, 0] for item in merged["touchy"]] == [1, 2, 3, 10, 11, 20]


def test_shards_that_overlap_or_lack_one_are_fine(many):
    run("run.toml", output="whole")
    run("run.toml", output="half", shard=(1, 2))
    run("run.toml", output="third", shard=(3, 3))
    merge(["half", "third"], output="merged")
    alike("whole", "merged")


def test_clips_mounted_elsewhere_fall_to_the_same_shards(many, monkeypatch):
    run("run.toml", output="whole")
    run("run.toml", output="s1", shard=(1, 2))
    shutil.copytree("clips", "elsewhere/mnt/clips")  # copies keep their time
    for name in ("run.toml", "example.py"):
        shutil.copy(name, "elsewhere/mnt")
    monkeypatch.chdir("elsewhere/mnt")
    there = run("run.toml", inputs=Path.cwd() / "clips", output="s2", shard=(2, 2))
    monkeypatch.chdir(many)
    merged = merge(["s1", "elsewhere/mnt/s2"], output="merged")
    alike("whole", "merged")
    assert len(there.clips) > 20
    run("run.toml", output="s2", shard=(2, 2))
    assert merged.computed == merge(["s1", "s2"], output="near").computed
    turned = merge(["elsewhere/mnt/s2", "s1"], inputs="clips", output="turned")
    assert turned.computed == merged.computed
    assert Path("turned/labels.txt").read_bytes() == Path("whole/labels.txt").read_bytes()


def test_a_merge_that_was_interrupted_goes_on(many):
    shards(2)
    first = merge(["s1", "s2"], output="merged")
    assert merge(["s1", "s2"], output="merged").computed == len(first.errors)


def test_damaged_results_are_left_behind_and_made_anew(many):
    run("run.toml", output="whole")
    shards(3)
    torn = sorted(Path("s2/shards").rglob("*.result"))[:3]
    for path in torn:
        path.write_bytes(path.read_bytes()[:100])
    written = next(Path("s2/copy").iterdir())
    written.write_text("changed")
    merge(["s1", "s2", "s3"], output="merged")
    alike("whole", "merged")
    assert written.read_text() == "changed"


def test_nothing_outside_the_run_folder_is_written(many):
    import sqlite3

    shards(2)
    Path("s2/copy/evil.txt").write_text("evil")
    with sqlite3.connect("s2/ledger.sqlite") as db:
        (text,) = db.execute("SELECT artifact FROM artifacts LIMIT 1").fetchone()
        digest = next(iter(json.loads(text)["files"].values()))
        evil = json.dumps({"files": {"../escaped.txt": digest, "copy/evil.txt": digest}, "media_type": "text/plain"})
        db.execute("INSERT INTO artifacts VALUES ('k', 'copy', ?)", (evil,))
    merge(["s1", "s2"], output="deep/merged")
    assert not Path("deep/escaped.txt").exists()


def test_the_failure_limit_holds_for_a_shard(many):
    clip(14)
    Path("limited.toml").write_text("failure_limit = 1\n" + RUNS["CONFIG"])
    with pytest.raises(FailureLimit):
        run("limited.toml", output="s1", shard=(1, 1))
    assert len(table("s1/errors.csv")) == 2
    assert not Path("s1/shard.json").exists()


# -- what cannot be merged ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1, 0), (-1, -1), (1,), "1/3", (1.0, 2), (True, 2)])
def test_shards_are_counted_from_one(place, shard):
    with pytest.raises(ConfigError, match="shard"):
        run("run.toml", output="s", shard=shard)
    assert not Path("s").exists()


def test_folders_that_cannot_be_merged_are_named(place):
    shards(2)
    run("run.toml", output="whole")
    run("run.toml", output="other", shard=(2, 2), overrides=["close.threshold=3"])
    Path("empty").mkdir()
    for folders, message in {
        (): "nothing to merge",
        ("s1", "s1"): "s1 is given twice",
        ("s1", "./s2/../s1"): "given twice",
        ("s1", "whole"): r"whole holds no finished shard: it holds a whole run",
        ("s1", "empty"): "empty holds no finished shard: it holds no run",
        ("s1", "gone"): "gone holds no finished shard: no such folder",
        ("s1", "other"): r'other: a shard of another config than s1: "close" = .*"threshold": 3.0.*not "close" .*1.5',
    }.items():
        with pytest.raises(ConfigError, match=message):
            merge(folders, output="merged")
    assert not Path("merged").exists()


def test_the_output_is_no_other_folder(place):
    shards(2)
    with pytest.raises(ConfigError, match="s1 is one of the shards"):
        merge(["s1", "s2"], output="s1")
    with pytest.raises(ConfigError, match="clips holds other files"):
        merge(["s1", "s2"], output="clips")
    run("run.toml", output="out", overrides=["close.threshold=3"])
    with pytest.raises(ConfigError, match="another config"):
        merge(["s1", "s2"], output="out")
    assert merge(["s1", "s2"], output="out", force=True).of(Groups).count == 2


def test_other_versions_of_a_plugin_are_refused(place):
    shards(2)
    Path("example.py").write_text(RUNS["PLUGIN"] + "# changed\n")
    select(Selection())
    select(Selection(none=True, files=("example.py",)))
    with pytest.raises(ConfigError, match=r"s1: made by another example\.py than is installed here"):
        merge(["s1", "s2"], output="merged")
    run("run.toml", output="s2", shard=(2, 2), force=True)
    with pytest.raises(ConfigError, match=r"s2: made by another example\.py than s1"):
        merge(["s1", "s2"], output="merged")


def test_an_unfinished_shard_is_refused(place):
    shards(2)
    Path("s2/shard.json").unlink()
    with pytest.raises(ConfigError, match=r"s2 holds no finished shard: its run did not finish; .*goes on"):
        merge(["s1", "s2"], output="merged")
    Path("s2/shard.json").write_text('{"shard": ')
    with pytest.raises(ConfigError, match=r"s2/shard.json cannot be read"):
        merge(["s1", "s2"], output="merged")
    Path("s2/shard.json").write_text('{"shard": 3}')
    with pytest.raises(ConfigError, match=r"s2/shard.json is no note of a shard"):
        merge(["s1", "s2"], output="merged")


def test_a_broken_ledger_is_named(place):
    shards(2)
    Path("s2/ledger.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match=r"s2/ledger.sqlite cannot be read: file is not a database"):
        merge(["s1", "s2"], output="merged")
    Path("s2/ledger.sqlite").unlink()
    with pytest.raises(ConfigError, match=r"s2/ledger.sqlite cannot be read"):
        merge(["s1", "s2"], output="merged")


def test_clips_that_are_not_here_are_asked_for(place, monkeypatch):
    shards(2)
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    with pytest.raises(ConfigError, match=r's1: input "clips" matches no file: .*start this in .*--inputs'):
        merge(["../s1", "../s2"], output="merged")


def test_a_shard_without_clips_is_one_too(place):
    for path in sorted(Path("clips").iterdir())[1:]:
        path.unlink()
    parts = shards(2)
    assert sorted(len(p.clips) for p in parts) == [0, 1]
    assert len(merge(["s1", "s2"], output="merged").clips) == 1


def test_names_that_are_no_text_are_merged(place):
    name = os.fsdecode(b"clips/odd\xff.csv")
    Path(name).write_text("2\n" * 20)
    shards(2)
    assert name in [c.path for c in merge(["s1", "s2"], output="merged").clips]


# -- on the command line -----------------------------------------------------------------------------------------------


def jackfield(verb, *args):
    chosen = ("--no-plugins", "--plugin", "example.py")
    command = [sys.executable, "-m", "jackfield.cli", verb, *args, *chosen]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_line_makes_and_merges_shards(many):
    run("run.toml", output="whole")
    for k in (1, 2):
        done = jackfield("run", "run.toml", "--shard", f"{k}/2", "-o", f"s{k}")
        assert done.returncode == (5 if "clip013" in Path(f"s{k}/errors.csv").read_text() else 0)
        assert f"shard {k}/2: " in done.stderr
        assert "no pairs compared (mean): " in done.stderr
        assert "clips of other shards not in this folder" in done.stderr
    second = jackfield("merge", "s1", "s2", "-o", "t1", "--shard", "1/1")
    assert "its share of the pairs is compared (mean)" in second.stderr
    done = jackfield("merge", "s1", "s2", "-o", "merged", "--json")
    assert (done.returncode, json.loads(done.stdout)["clips"]) == (5, 86)
    alike("whole", "merged")
    alone = jackfield("merge", "s1", "-o", "alone")
    assert "not among these: 2/2; what is missing is computed here" in alone.stderr
    alike("whole", "alone")


@pytest.mark.parametrize("shard", ["0/3", "4/3", "x", "1", "1/", "/3", "-1/3", "1/3/3", "1.0/2", ""])
def test_a_wrong_shard_is_the_users_fault(place, shard):
    done = jackfield("run", "run.toml", "-o", "s", "--shard", shard)
    assert done.returncode == 2
    assert "shard" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("s").exists()


@pytest.mark.parametrize(("folders", "says"), [((), "nothing to merge"), (("clips", "clips"), "given twice")])
def test_a_wrong_merge_is_the_users_fault(place, folders, says):
    done = jackfield("merge", *folders)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert says in done.stderr

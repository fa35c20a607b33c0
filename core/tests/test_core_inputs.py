"""Which files a run is about: nothing twice, nothing left out in silence."""

import os
from pathlib import Path

import pytest

from jackfield.config import load
from jackfield.discovery import Selection
from jackfield.errors import ConfigError
from jackfield.planning import list_inputs
from jackfield.registry import Registry

PLUGIN = '''
from dataclasses import dataclass
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Tape(Component):
    """Reads tapes."""
    def __call__(self, source: Source) -> Signal:
        return Signal(samples=[0.0], rate=1)

@hookimpl
def jackfield_readers():
    yield Reader("tape", Tape, suffixes=(".tape",))
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tape.py").write_text(PLUGIN)
    return tmp_path


def touch(*paths):
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def listed(*patterns, reader=None):
    registry = Registry(Selection(none=True, files=("tape.py",)))
    return [s.path for s in list_inputs(patterns, registry, reader)]


def test_tables_are_taken_only_where_there_is_no_sound(place):
    touch("mixed/a.tape", "mixed/b.csv", "mixed/sub/c.npy", "tables/d.csv", "tables/e.npy")
    assert listed("mixed") == ["mixed/a.tape"]
    assert listed("tables") == ["tables/d.csv", "tables/e.npy"]
    assert listed("mixed", "tables") == ["mixed/a.tape", "tables/d.csv", "tables/e.npy"]
    assert listed("mixed/b.csv", "mixed/*/*.npy") == ["mixed/b.csv", "mixed/sub/c.npy"]
    assert listed("mixed", reader="csv-table") == ["mixed/b.csv"]
    assert listed("tables", reader="tape") == ["tables/d.csv", "tables/e.npy"]


def test_run_folders_are_left_out(place):
    touch("a.csv", "jackfield-runs/x/b.csv", "out/ledger.sqlite", "out/c.csv", "out/deep/d.csv")
    assert listed(".") == ["a.csv"]
    assert listed("out/deep") == ["out/deep/d.csv"]


def test_links_to_folders_are_followed_once(place):
    touch("clips/b/1.csv", "elsewhere/2.csv")
    Path("clips/a").symlink_to(Path("clips/b").absolute())
    Path("clips/loop").symlink_to(Path("clips").absolute())
    Path("clips/other").symlink_to(Path("elsewhere").absolute())
    assert listed("clips") == ["clips/b/1.csv", "clips/other/2.csv"]


def test_a_file_reached_by_two_ways_counts_once(place):
    touch("clips/1.csv", "clips/2.csv")
    Path("clips/3.csv").symlink_to("2.csv")
    assert listed("clips/1.csv", str(place / "clips"), "./clips//1.csv", "clips/../clips/1.csv") == [
        str(place / "clips/2.csv"), str(place / "clips/3.csv"), "clips/1.csv",
    ]  # fmt: skip


def test_a_folder_above_a_link_is_not_the_folder_beside_it(place):
    touch("clips/here.csv", "far/clips/there.csv", "far/deep/x.csv")
    Path("link").symlink_to("far/deep")
    assert listed("link/../clips") == ["link/../clips/there.csv"]
    touch("far/clips/here.csv")
    assert listed("link/../clips/here.csv", "clips/here.csv") == ["clips/here.csv", "link/../clips/here.csv"]


def test_leading_dots_and_doubled_slashes_say_nothing(place):
    touch("clips/1.csv")
    assert listed("./clips//") == listed(".//clips/*.csv") == listed(".") == ["clips/1.csv"]


def test_a_folder_that_cannot_be_searched_is_an_input_that_fails(place, monkeypatch):
    touch("clips/1.csv", "clips/locked/2.csv")
    scandir = os.scandir

    def guarded(folder):
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    assert listed("clips") == ["clips/1.csv", "clips/locked"]
    with pytest.raises(ConfigError, match='input "clips/locked" cannot be searched: Permission denied'):
        listed("clips/locked")


def test_folders_with_the_signs_of_globs_are_found(place):
    touch("cfg [1]/clips/1.csv", "cfg 1/clips/2.csv", "a*/3.csv", "ab/4.csv")
    Path("cfg [1]/run.toml").write_text('inputs = ["clips", "clips/*.csv"]\n[[step]]\nuse = "x"\n', "utf-8")
    assert listed(*load("cfg [1]/run.toml").inputs) == ["cfg [1]/clips/1.csv"]
    assert listed("a*") == ["a*/3.csv"]
    Path("cfg [1]/absent.toml").write_text('inputs = ["no"]\n[[step]]\nuse = "x"\n', "utf-8")
    with pytest.raises(ConfigError, match=r'input "cfg \[1\]/no" matches no file'):
        listed(*load("cfg [1]/absent.toml").inputs)


def test_a_byte_order_mark_before_a_config_is_skipped(place):
    Path("run.toml").write_text('inputs = ["clips"]\n[[step]]\nuse = "x"\n', "utf-8-sig")
    assert load("run.toml").inputs == ("clips",)


def test_a_folder_is_no_clip(tmp_path):
    import jackfield

    with pytest.raises(ConfigError, match="is a folder, not a file; name a file in it"):
        jackfield.read(tmp_path)

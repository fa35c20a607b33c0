"""The ledger: what was noted comes back, whatever a file is called, and trouble with the file is an OutputError."""

import os
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield import Source
from jackfield.errors import OutputError
from jackfield.ledger import Ledger

ABOUT = {"digest": "d1", "rate": 8000.0, "channels": 1, "n": 5}


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("path", ["clips/a.wav", "clips/ä.wav", os.fsdecode(b"clips/\xff\xfe.wav"), "\ud800.wav"])
def test_any_file_name_comes_back(tmp_path, path):
    first = Ledger(tmp_path)
    assert first.slots([path, "other"]) == {path: 0, "other": 1}
    first.decoded(Source(path, size=3, mtime_ns=4), "reader " + path, ABOUT)
    first.item("key", "clip", path, "done", 0.5)
    first.note(path, "reading", [f"{path} is odd"])
    first.wrote("key", "copy", {"files": {path: "digest"}})
    first.close()
    again = Ledger(tmp_path)
    assert again.slots(["new", path]) == {path: 0, "other": 1, "new": 2}
    clip = again.clips("reader " + path)[path]
    assert (clip.path, clip.size, clip.mtime_ns, clip.digest, clip.n_samples) == (path, 3, 4, "d1", 5)
    assert again.notes() == {path: (f"{path} is odd",)}
    assert again.artifact("key") == {"files": {path: "digest"}}
    again.close()


@given(st.dictionaries(st.text(st.characters()), st.integers(), max_size=5))
def test_every_text_is_its_own_path(tmp_path_factory, names):
    made = Ledger(tmp_path_factory.mktemp("ledger"))
    assert list(made.slots(names)) == list(names)
    assert made.slots([]) == {name: k for k, name in enumerate(names)}
    made.close()


def test_a_file_decoded_again_replaces_what_was_known(ledger):
    ledger.decoded(Source("a", size=1, mtime_ns=1), "r", ABOUT)
    ledger.decoded(Source("a", size=2, mtime_ns=2), "r", ABOUT | {"digest": "d2"})
    assert [(c.size, c.digest) for c in ledger.clips("r").values()] == [(2, "d2")]
    assert ledger.clips("other") == {}


def test_notes_are_distinct_and_replaced_by_stage(ledger):
    ledger.note("b", "sketch", ["late", "twice"])
    ledger.note("b", "reading", ["twice", "early", "twice"])
    ledger.note("a", "reading", ["one"])
    assert ledger.notes() == {"a": ("one",), "b": ("twice", "early", "late")}
    ledger.note("b", "reading", ["other"])
    ledger.note("a", "reading", [])
    assert ledger.notes() == {"b": ("other", "late", "twice")}


def test_values_are_kept(ledger):
    assert ledger.get("config") is None
    ledger.put("config", "1")
    ledger.put("config", "2")
    assert ledger.get("config") == "2"
    assert ledger.artifact("none") is None


def test_a_file_that_is_no_ledger_says_what_to_do(tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(OutputError, match=r"ledger\.sqlite cannot be used: file is not a database; delete this file"):
        Ledger(tmp_path)
    with pytest.raises(OutputError, match="unable to open database file; check the disk"):
        Ledger(tmp_path / "absent")


def test_a_ledger_that_breaks_while_it_is_used_says_so(tmp_path):
    ledger = Ledger(tmp_path)
    for k in range(2000):
        ledger.put(f"key {k}", "value")
    ledger.close()
    content = bytearray((tmp_path / "ledger.sqlite").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (tmp_path / "ledger.sqlite").write_bytes(content)
    with pytest.raises(OutputError, match="malformed; delete this file and start again"):
        Ledger(tmp_path).get("key 77")


def test_a_full_disk_says_so(ledger):
    ledger.db.execute("PRAGMA max_page_count=20")
    with pytest.raises(OutputError, match="is full; make room on the disk"):
        ledger.put("key", "x" * 40 * 4096)


def test_a_locked_file_says_so(ledger):
    ledger.db.execute("PRAGMA busy_timeout=1")
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="locked; close the program"):
        ledger.note("a", "reading", ["never kept"])
    with pytest.raises(OutputError, match="locked; close the program"):
        ledger.slots(["a"])
    other.close()

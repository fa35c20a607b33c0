"""Recall by the distance: what a sample says of a proposal, and the search that it makes go further."""

import csv
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_neighbours import NearestNeighbours
from jackfield_neighbours._recall import chosen
from jackfield_neighbours._search import wilson

from jackfield import Candidates, Collection, Features, Groups, Neighbours, Selection, open_results, plan, select


def collection(x) -> Collection:
    items = [Features(values=row[None], names=("x", "y")[: row.size]) for row in np.asarray(x, np.float32)]
    return Collection(tuple(f"clip{k}" for k in range(len(items))), items.__getitem__)


def compared(truth, pairs) -> Neighbours:
    """Pairs compared by the difference of what their clips truly are."""
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    ids = tuple(f"clip{k}" for k in range(len(truth)))
    distance = np.abs(np.subtract(truth[i], truth[j])).astype(np.float32)
    return Neighbours(ids=ids, i=i, j=j, distance=distance, name="truth")


def named(candidates: Candidates) -> set:
    return {*zip(candidates.i.tolist(), candidates.j.tolist(), strict=True)}


def asked(proposer: NearestNeighbours, x, truth) -> tuple[list[Candidates], set]:
    """What is proposed until no more is, as a run asks for it, and all pairs that were compared by then."""
    items, truth = collection(x), np.asarray(truth, np.float64)
    proposals = [proposer(items)]
    audited = compared(truth, named(proposer.audit(items)))
    pairs: set = set()
    while not named(proposals[-1]) <= pairs:
        pairs |= named(proposals[-1])
        pairs |= {*zip(*(a.tolist() for a in proposer.more(compared(truth, pairs))), strict=True)}
        proposals.append(proposer.harder(items, proposals[-1], compared(truth, pairs), audited))
    return proposals, pairs


# Four clips by vector in a row, and two of the far ends that are truly one.
ROW, MISLED = np.arange(8.0)[:, None] ** 1.1, np.array([0.0, 5, 10, 0.1, 20, 25, 30, 35])


def test_what_a_sample_of_all_says_is_what_all_pairs_say():
    truth = np.array([0.0, 0.1, 0.2, 9.0, 0.15, 9.0, 50.0, 60.0])
    proposer, items = NearestNeighbours(k=1, close=0.3, sample=8), collection(ROW)
    # Clips 0, 1 and 2 hang together; 4 is near them and 3 near 5, but between their vectors lies another.
    known = compared(truth, {(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)})
    audited = compared(truth, named(proposer.audit(items)))
    assert len(audited) == 28
    by = proposer.harder(items, proposer(items), known, audited).settings["by"]["truth"]
    # Of 0, 1 and 2, two of three near ones are found; of 4, 3 and 5 none.
    assert by["near"] == 6
    assert by["clips"] == 8
    assert by["pairs"] == 28
    assert by["recall"] == pytest.approx((3 * 2 / 3 + 3 * 0) / 6)
    assert (by["recall_low"], by["recall_high"]) == wilson(2.0, 6)
    # Nearest to 0 is 1, to 1 is 4 (0.05), to 2 is 4 (0.05).
    assert by["rank1"] == pytest.approx(1 / 6)
    assert (by["rank1_low"], by["rank1_high"]) == wilson(1, 6)


def test_of_equally_near_ones_either_is_the_nearest():
    truth = np.array([0.0, 0.1, 50.0, 0.1, 60, 70, 80, 90])
    proposer, items = NearestNeighbours(k=1, close=0.3, sample=8, recall=0.1), collection(ROW)
    audited = compared(truth, named(proposer.audit(items)))
    by = proposer.harder(items, proposer(items), compared(truth, {(0, 1), (1, 2)}), audited).settings["by"]["truth"]
    # Of 0 one of two at the same distance is found; of 1 the one at 0.1, not that at 0; of 3 none.
    assert by["rank1"] == pytest.approx(1 / 3)
    assert by["recall"] == pytest.approx((0.5 + 0.5 + 0) / 3)


def test_where_vectors_mislead_more_neighbours_are_looked_for_until_the_pair_is_found():
    proposals, pairs = asked(NearestNeighbours(k=1, sample=8), ROW, MISLED)
    assert [p.settings["k"] for p in proposals] == [1, 4, 4]
    first, last = (p.settings["by"]["truth"] for p in proposals[1:])
    assert (first["recall"], first["rank1"], first["near"]) == (0.0, 0.0, 2)
    assert (last["recall"], last["rank1"]) == (1.0, 1.0)
    assert (0, 3) in pairs
    assert proposals[-1].settings["notes"][1] == (
        "recall by truth 1.000 (0.342–1.000), rank-1 1.000 (0.342–1.000): of 8 clips compared with all others, 2 are"
        " within 0.3 of one; it was 0.000 with k = 1, now k = 4"
    )


def test_it_looks_no_further_than_it_says_nor_where_that_finds_nothing():
    x = np.arange(40.0)[:, None] ** 1.1
    truth = 10.0 * np.arange(40)
    truth[30] = truth[0] + 0.1
    (first, last), pairs = asked(NearestNeighbours(k=2, sample=40), x, truth)
    assert named(first) == named(last)
    assert (0, 30) not in pairs
    assert "recall by truth 0.000 (0.000–0.658), rank-1 0.000 (0.000–0.658)" in last.settings["notes"][1]
    assert last.settings["notes"][1].endswith("; below 0.99, which no search for up to 8 neighbours betters")
    truth[0] = truth[5] + 0.1  # within reach of eight neighbours; 30 stays beyond them
    truth[30] = truth[0] + 0.1
    proposals, pairs = asked(NearestNeighbours(k=2, sample=40), x, truth)
    assert [p.settings["k"] for p in proposals] == [2, 8, 8]
    assert proposals[-1].settings["by"]["truth"]["recall"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert (0, 5) in pairs
    assert (0, 30) not in pairs


def test_a_target_that_is_met_leaves_the_proposal_as_it_is():
    (first, last), _ = asked(NearestNeighbours(k=1, sample=8, recall=0.5), ROW, [0, 0.1, 5, 5.1, 9, 20, 30, 40])
    assert named(first) == named(last)
    assert last.settings["by"]["truth"]["recall"] == 1
    (only,) = {p.settings["notes"][0] for p in (first, last)}
    assert only.startswith("7 of 28 pairs proposed, each clip's 1 nearest by vector (exact search)")


def test_where_nothing_is_near_nothing_is_known():
    _, last = asked(NearestNeighbours(k=1, sample=3), ROW, 10 * np.arange(8))[0]
    by = last.settings["by"]["truth"]
    assert (by["near"], by["recall_low"], by["recall_high"]) == (0, 0.0, 1.0)
    unknown = "recall by truth unknown: none of 3 clips, compared with all others, is within 0.3 of one"
    assert last.settings["notes"][1] == unknown


def test_pairs_of_clips_that_hang_together_are_found():
    # A chain longer than `most`: its ends are compared with none of each other, but are in one group.
    n = 12
    proposer = NearestNeighbours(k=1, sample=n, close=0.3, most=4)
    proposals, pairs = asked(proposer, np.arange(float(n))[:, None] ** 1.1, 0.1 * np.arange(n))
    assert (0, 3) not in pairs
    assert proposals[-1].settings["by"]["truth"]["recall"] == 1


def test_every_pair_of_the_sample_is_asked_for_once_and_equal_vectors_stand_for_one():
    x = np.concatenate([np.arange(10.0), np.arange(5.0)])[:, None]
    asked_for = NearestNeighbours(sample=3).audit(collection(x))
    assert len(asked_for) == len(named(asked_for)) == 3 * 9 - 3
    assert max(asked_for.j) < 10
    clips, times = np.unique(np.concatenate([asked_for.i, asked_for.j]), return_counts=True)
    assert clips.tolist() == [*range(10)]
    assert sorted(times.tolist()) == [3] * 7 + [9] * 3


@pytest.mark.parametrize(
    ("x", "sample"), [(ROW, 0), (np.full((4, 2), np.nan), 5), (np.zeros((5, 1)), 5), (np.zeros((0, 1)), 5)]
)
def test_no_sample_no_numbers_and_one_vector_ask_for_nothing(x, sample):
    assert len(NearestNeighbours(sample=sample).audit(collection(x))) == 0


def test_other_clips_change_few_of_the_sample():
    x = np.random.default_rng(0).normal(size=(1100, 4)).astype(np.float32)
    before, after = ({*map(bytes, some[chosen(some, 50)])} for some in (x[:1000], x))
    assert len(before) == len(after) == 50
    assert len(before & after) >= 40


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), sample=st.integers(0, 12))
def test_neither_order_nor_names_matter(seed, sample):
    rng = np.random.default_rng(seed)
    x, truth = rng.normal(size=(12, 2)), np.round(3 * rng.random(12), 2)
    order = rng.permutation(12)
    proposer = NearestNeighbours(k=1, sample=sample, close=0.2)
    (here, pairs), (there, turned) = asked(proposer, x, truth), asked(proposer, x[order], truth[order])
    assert [p.settings for p in here] == [p.settings for p in there]
    assert {(min(a, b), max(a, b)) for a, b in order[[*map(list, turned)]].tolist()} == pairs


PLUGIN = '''
from dataclasses import dataclass

from jackfield import Comparison, Component, Distance, Feature, Features, Signal, hookimpl


@dataclass(frozen=True, kw_only=True)
class Seen(Component):
    """First sample."""

    def __call__(self, signal: Signal) -> Features:
        return Features(values=signal.samples[:, :1], names=("seen",))


@dataclass(frozen=True, kw_only=True)
class Truth(Component):
    """Difference of the last samples."""

    symmetric, zero_self, triangle, invariant = True, True, True, ()

    def sketch(self, signal: Signal) -> dict:
        return {"last": signal.samples[0, -1]}

    def compare(self, a: dict, b: dict) -> Comparison:
        with open("compared.txt", "a") as out:
            out.write("x")
        return Comparison(abs(float(a["last"] - b["last"])))


@hookimpl
def jackfield_features():
    yield Feature("seen", Seen)


@hookimpl
def jackfield_distances():
    yield Distance("truth", Truth)
'''

CONFIG = """
inputs = ["clips"]
[[step]]
use = "seen"
[[step]]
use = "neighbours"
with = { above = 0, k = 1, sample = 20 }
[[step]]
use = "truth"
from = ["inputs", "neighbours"]
[[step]]
use = "threshold"
[[step]]
use = "csv"
[[step]]
use = "report"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Clips in rows of ten by what is seen, of each of which the first and the fourth are truly one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "misled.py").write_text(PLUGIN)
    (tmp_path / "run.toml").write_text(CONFIG)
    (tmp_path / "clips").mkdir()
    for k in range(40):
        write(tmp_path, k)
    yield tmp_path
    select(Selection())


def write(folder, k: int, truth: float | None = None) -> None:
    truth = 10.0 * k - (29.9 if k % 10 == 3 else 0) if truth is None else truth
    seen = 1000 * (k // 10) + (k % 10) ** 1.1
    np.save(folder / "clips" / f"{k:02}.npy", np.array([seen, truth], np.float32))


def run(*args: str) -> str:
    command = [sys.executable, "-m", "jackfield.cli", "run", "run.toml", "--plugin", "misled.py", "-j", "1", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def count(folder) -> int:
    """Comparisons made since this was asked last."""
    path = folder / "compared.txt"
    made = len(path.read_text()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return made


def groups(name: str) -> set:
    found = open_results(name).of(Groups)
    return {frozenset(found.ids[k] for k in found.members(g)) for g in range(found.count)}


SAID = r"recall by truth [01]\.\d{3} \(0\.\d{3}–\d\.\d{3}\), rank-1 [01]\.\d{3} \(.*\): of 20 clips compared with all"


def test_a_run_says_how_much_it_finds_and_finds_what_it_missed(folder):
    said = run("-o", "harder", "--set", "neighbours.sample=40")
    assert re.search(r"note: \d+ of 780 pairs proposed, each clip's 4 nearest by vector", said)
    note = next(line for line in said.splitlines() if line.startswith("note: recall by"))
    assert "recall by truth 1.000 (0.676–1.000), rank-1 1.000 (0.676–1.000): of 40 clips" in note
    assert "8 are within 0.3 of one; it was 0.000 with k = 1, now k = 4" in note
    assert groups("harder") == {frozenset({f"clips/{k}0.npy", f"clips/{k}3.npy"}) for k in range(4)}
    results = open_results("harder")
    assert note.removeprefix("note: ") == results.of(Candidates).settings["notes"][1]
    assert results.of(Candidates).settings["by"]["truth"]["recall"] == 1
    assert note.removeprefix("note: ") in (folder / "harder" / "report.html").read_text().replace("&#39;", "'")
    # All pairs were compared, but those that are far are no result.
    assert count(folder) == 780
    with open(folder / "harder" / "pairs.csv") as file:
        assert len([*csv.reader(file)]) - 1 < 200


def test_without_a_sample_nothing_more_is_compared_or_said(folder):
    said = run("-o", "none", "--set", "neighbours.sample=0")
    assert count(folder) == 36
    assert "recall by" not in said
    assert groups("none") == set()
    assert "recall by" not in run("-o", "exact", "--exact")
    assert count(folder) == 780
    assert len(groups("exact")) == 4


def test_what_the_sample_finds_is_kept_though_the_search_does_not(folder):
    for k in range(40):  # out of reach: seventh neighbours
        write(folder, k, 10.0 * k - (69.9 if k == 27 else 0))
    said = run("-o", "kept", "--set", "neighbours.sample=40")
    assert "recall by truth 0.000 (0.000–0.658), rank-1 0.000 (0.000–0.658)" in said
    assert "no search for up to 4 neighbours betters" in said
    assert groups("kept") == {frozenset({"clips/20.npy", "clips/27.npy"})}


def test_the_same_again_computes_nothing_and_a_new_clip_only_its_own_pairs(folder):
    first = run("-o", "out")
    assert re.search(SAID, first)
    before = count(folder)
    again = run("-o", "out")
    assert count(folder) == 0
    assert "0 work items computed" in again
    assert [x for x in first.splitlines() if "note" in x] == [x for x in again.splitlines() if "note" in x]
    write(folder, 40)
    grown = run("-o", "out")
    # Its own with the sample and its neighbours; or, where it comes into the sample itself, with all.
    assert count(folder) <= 40 + 22
    fresh = run("-o", "fresh")
    assert [x for x in grown.splitlines() if "note" in x] == [x for x in fresh.splitlines() if "note" in x]
    assert groups("out") == groups("fresh")
    assert (folder / "out" / "pairs.csv").read_bytes() == (folder / "fresh" / "pairs.csv").read_bytes()
    assert before > 400


def test_the_plan_counts_the_sample(folder):
    select(Selection(files=("misled.py",)))
    assert plan("run.toml").pairs == {"truth": 780}
    assert plan("run.toml", overrides=["neighbours.sample=5"]).pairs == {"truth": 28 + 5 * 40}
    assert plan("run.toml", overrides=["neighbours.sample=0"]).pairs == {"truth": 28}

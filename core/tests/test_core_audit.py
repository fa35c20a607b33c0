"""A proposer that has a sample compared with all, is told what came out, and searches harder."""

import numpy as np
import pytest

from jackfield import Candidates, ComponentError, Groups, PluginError, config, run
from jackfield.api.runs import plan
from jackfield.discovery import Selection
from jackfield.registry import select
from jackfield.testing import check_component

PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from jackfield import (
    Candidates, Clusterer, Collection, Comparison, Component, Distance, Feature, Features, Groups, Neighbours,
    Param, Proposer, Signal, hookimpl,
)


@dataclass(frozen=True, kw_only=True)
class Seen(Component):
    """First sample."""

    def __call__(self, signal: Signal) -> Features:
        return Features(values=signal.samples[:, :1], names=("seen",))


@dataclass(frozen=True, kw_only=True)
class Apart(Component):
    """Items next to each other, and up to `most` apart where the first item shows that more is near."""

    above = 0
    most: Annotated[int, Param(ge=1, description="how far apart at most")] = 4
    sample: Annotated[int, Param(ge=0, description="items compared with all others, 0 or 1")] = 1

    def __call__(self, items: Collection[Features]) -> Candidates:
        return self.apart(items, 1)

    def apart(self, items, most):
        import numpy as np

        order = np.argsort([item.values[0, 0] for item in items], kind="stable").astype(np.int64)
        pairs = np.concatenate([np.stack([order[:-k], order[k:]]) for k in range(1, most + 1)], axis=1)
        i, j = np.sort(pairs, axis=0)
        return Candidates(ids=items.ids, i=i, j=j, settings={"most": most, "notes": (f"up to {most} apart",)})

    def audit(self, items: Collection[Features]) -> Candidates:
        import numpy as np

        others = np.arange(1, len(items.ids) if self.sample else 1)
        return Candidates(ids=items.ids, i=np.zeros_like(others), j=others)

    def harder(self, items, proposed, compared, audited):
        import numpy as np

        assert compared.name == audited.name == "truth"
        assert audited.i.tolist() == [0] * (len(items.ids) - 1)
        near = {*audited.j[audited.distance < 1].tolist()}
        found = {*compared.j[(compared.i == 0) & (compared.distance < 1)].tolist()}
        most = proposed.settings["most"]
        better = self.apart(items, most + 1) if near - found and most < self.most else proposed
        notes = (f"{len(near & found)} of {len(near)} found",)
        return Candidates(ids=items.ids, i=better.i, j=better.j, settings=better.settings | {"notes": notes})

    def more(self, compared: Neighbours):
        near = compared.distance < 1
        return compared.i[near], compared.j[near]

    def expect(self, n: int) -> int:
        return n


@dataclass(frozen=True, kw_only=True)
class Truth(Component):
    """Difference of the last samples."""

    symmetric, zero_self, triangle, invariant = True, True, True, ()

    def sketch(self, signal: Signal) -> dict:
        return {"last": signal.samples[0, -1]}

    def compare(self, a: dict, b: dict) -> Comparison:
        if Path("stop").exists() and abs(a["last"] - b["last"]) > 40:
            raise OSError("stopped")
        with open("compared.txt", "a") as out:
            out.write(f"{a['last']:g}-{b['last']:g} ")
        return Comparison(abs(float(a["last"] - b["last"])))


@dataclass(frozen=True, kw_only=True)
class Linked(Component):
    """Items closer than 1."""

    def __call__(self, distances: Neighbours) -> Groups:
        import numpy as np

        labels = np.arange(len(distances.ids))
        for a, b in zip(distances.i[distances.distance < 1], distances.j[distances.distance < 1]):
            labels[labels == labels[b]] = labels[a]
        return Groups.from_labels(labels, distances)


@hookimpl
def jackfield_features():
    yield Feature("seen", Seen)


@hookimpl
def jackfield_proposers():
    yield Proposer("apart", Apart)


@hookimpl
def jackfield_distances():
    yield Distance("truth", Truth)


@hookimpl
def jackfield_clusterers():
    yield Clusterer("linked", Linked)
'''

CONFIG = """
inputs = ["clips"]
[[step]]
use = "seen"
[[step]]
use = "apart"
[[step]]
use = "truth"
from = ["inputs", "apart"]
[[step]]
use = "linked"
"""

# What eight clips truly are; the first is as the fourth, three apart by what is seen, and as the last.
TRUTH = (0.0, 20, 30, 0.5, 40, 50, 60, 0.25)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asking.py").write_text(PLUGIN)
    (tmp_path / "clips").mkdir()
    for k, value in enumerate(TRUTH):
        np.save(tmp_path / "clips" / f"{k}.npy", np.array([k, value], np.float32))
    select(Selection(none=True, files=("asking.py",)))
    yield tmp_path
    select(Selection())


def compared(folder) -> list[str]:
    """Comparisons made since this was asked last."""
    path = folder / "compared.txt"
    made = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return made


def changed(folder, old: str, new: str) -> None:
    """Select another plugin, in which something stands instead of something else."""
    (folder / "asking.py").unlink()
    (folder / "changed.py").write_text(PLUGIN.replace(old, new))
    select(Selection(none=True, files=("changed.py",)))


def start(output: str, *overrides: str, text: str = CONFIG):
    return run(config.parse(text), output=output, jobs=1, overrides=list(overrides))


def test_it_is_told_what_was_compared_until_it_names_nothing_new(folder):
    results = start("out")
    # Seven neighbours, seven others of the first clip less the one known, then those two, three and four apart.
    made = compared(folder)
    assert len(made) == len({*made}) == 7 + 6 + 5 + 4 + 3
    assert results["apart"].settings == {"most": 4, "notes": ("1 of 2 found",)}
    assert len(results["apart"]) == 7 + 6 + 5 + 4
    # What the sample found beyond that is kept, and what is far is not.
    pairs = {*zip(results["truth"].i.tolist(), results["truth"].j.tolist(), strict=True)}
    near = {(a, b) for a in range(8) for b in range(a + 1, min(a + 5, 8))}
    assert pairs == near | {(0, 7)}
    assert results.of(Groups).labels.tolist() == [0, -1, -1, 0, -1, -1, -1, 0]


def test_what_it_says_last_is_what_is_stored(folder):
    start("out", "apart.most=3")
    from jackfield import open_results

    results = open_results("out")
    assert results["apart"].settings == {"most": 3, "notes": ("1 of 2 found",)}
    assert results.of(Candidates) is results["apart"]


def test_an_empty_sample_asks_for_no_judgement(folder):
    results = start("out", "apart.sample=0")
    assert results["apart"].settings == {"most": 1, "notes": ("up to 1 apart",)}
    assert len(compared(folder)) == 7


def test_the_same_again_and_with_another_clip(folder):
    start("out")
    compared(folder)
    assert start("out").computed == 0
    assert compared(folder) == []
    np.save(folder / "clips" / "8.npy", np.array([8, 90], np.float32))
    grown = start("out")
    assert sorted(compared(folder)) == ["0-90", "0.25-90", "40-90", "50-90", "60-90"]
    fresh = start("fresh")
    for name in ("i", "j", "distance"):
        assert getattr(fresh["truth"], name).tolist() == getattr(grown["truth"], name).tolist()
    assert fresh["apart"].settings == grown["apart"].settings


def test_an_interrupted_run_comes_to_the_same(folder):
    whole = start("whole")
    once = sorted(compared(folder))
    (folder / "stop").touch()
    with pytest.raises(ComponentError, match="stopped"):
        start("out")
    (folder / "stop").unlink()
    begun = len({*compared(folder)})
    assert 0 < begun < len(once)
    resumed = start("out")
    assert resumed["truth"].distance.tolist() == whole["truth"].distance.tolist()
    assert resumed["apart"].settings == whole["apart"].settings
    assert resumed.of(Groups).labels.tolist() == whole.of(Groups).labels.tolist()


def test_clips_with_equal_samples_are_compared_once(folder):
    for k in range(100):
        np.save(folder / "clips" / f"3{k:03}.npy", np.array([3, 0.5], np.float32))
    results = start("out")
    made = compared(folder)
    assert len(made) == len({*made})
    assert (results.of(Groups).labels == 0).sum() == 103


def test_two_distances_ask_it_one_after_the_other(folder):
    text = CONFIG.replace('use = "truth"', 'id = "truth"\nuse = "truth"')
    second = '[[step]]\nid = "other"\nuse = "truth"\nfrom = ["inputs", "apart"]\n'
    changed(folder, 'audited.name == "truth"', 'audited.name in ("truth", "other")')
    results = start("out", text=text + second)
    assert results["other"].distance.tolist() == results["truth"].distance.tolist()


@pytest.mark.parametrize("method", ["audit", "harder"])
def test_a_proposer_that_gives_something_else_is_at_fault(folder, method):
    changed(folder, f"def {method}(self", f"def {method}(self, *_): return 7\n\n    def not_{method}(self")
    with pytest.raises(PluginError, match=r'step "apart" .*returned int, declared Candidates'):
        start("out")


def test_the_plan_counts_the_sample_as_far_as_there_are_pairs(folder):
    assert plan(config.parse(CONFIG)).pairs == {"truth": 8 + 8}
    assert plan(config.parse(CONFIG), overrides=["apart.sample=0"]).pairs == {"truth": 8}
    assert plan(config.parse(CONFIG), overrides=["apart.sample=100"]).pairs == {"truth": 28}


def test_many_pairs_are_handed_out_in_batches(folder, monkeypatch):
    from jackfield.running import _candidates, _comparisons

    whole = start("whole")
    monkeypatch.setattr(_comparisons, "BATCH", 2)
    monkeypatch.setattr(_candidates, "QUICK", 2)
    compared(folder)
    batches = start("batches")
    made = compared(folder)
    assert len(made) == len({*made}) == 25
    assert batches["truth"].distance.tolist() == whole["truth"].distance.tolist()
    assert start("batches").computed == 0


def verdict(folder) -> tuple[str, str]:
    (found,) = (v for v in check_component("apart", raises=False) if v.rule == "asked further")
    return found.state, found.reason


def test_the_kit_asks_further(folder):
    (folder / "changed.py").write_text(
        PLUGIN.replace('== "truth"', '== "kit"').replace("assert audited.i", "audited.i")
    )
    select(Selection(none=True, files=("changed.py",)))
    assert verdict(folder) == ("passed", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def harder(", "def softer(", "no attribute 'harder'"),
        ("def audit(", "def auditor(", "no attribute 'audit'"),
        ("better.i, j=better.j", "better.j, j=better.i", "pairs i < j"),
        (
            "Candidates(ids=items.ids, i=better.i",
            "Candidates(ids=('x',) * 5, i=better.i",
            "other items than it was given",
        ),
        ("compared.i[near], compared.j[near]", "compared.i[near], compared.i[near]", "pairs of two different items"),
        (
            "return Candidates(ids=items.ids, i=better",
            "return 7 or Candidates(ids=items.ids, i=better",
            "int, not Cand",
        ),
        (' found",)', " {__import__('time').perf_counter_ns()}\",)", "its answers differ"),
    ],
)
def test_the_kit_says_what_is_wrong_when_asked_further(folder, old, new, said):
    text = PLUGIN.replace('== "truth"', '== "kit"').replace("assert audited.i", "audited.i")
    assert old in text
    (folder / "changed.py").write_text(text.replace(old, new))
    select(Selection(none=True, files=("changed.py",)))
    state, reason = verdict(folder)
    assert state == "failed"
    assert said in reason

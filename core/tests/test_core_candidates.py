"""Pairs that a proposer names: when it is asked, what is compared, and what a second run does not compare again."""

import numpy as np
import pytest

from jackfield import Candidates, ConfigError, DataError, Distances, Groups, Neighbours, config, merge, run
from jackfield.api.runs import plan
from jackfield.data._grouping import groups_from_labels
from jackfield.discovery import Selection
from jackfield.registry import select

PLUGIN = '''
from dataclasses import dataclass
from typing import Annotated

from jackfield import (
    Candidates, Clusterer, Collection, Comparison, Component, Distance, Feature, Features, Groups, Neighbours,
    Param, Proposer, Signal, hookimpl,
)
from jackfield import Distances


@dataclass(frozen=True, kw_only=True)
class Level(Component):
    """Mean sample."""

    def __call__(self, signal: Signal) -> Features:
        import numpy as np

        return Features(values=np.array([[signal.samples.mean()]], np.float32), names=("level",))


@dataclass(frozen=True, kw_only=True)
class Next(Component):
    """Items next to each other, and, asked for more, those two apart that both are close to the one between."""

    above: Annotated[int, Param(ge=0, description="number of items up to which all pairs are compared")] = 4

    def __call__(self, items: Collection[Features]) -> Candidates:
        import numpy as np

        order = np.argsort([item.values[0, 0] for item in items], kind="stable").astype(np.int64)
        pairs = np.sort(np.stack([order[:-1], order[1:]]), axis=0)
        return Candidates(ids=items.ids, i=pairs[0], j=pairs[1], settings={"notes": ("next to each other",)})

    def more(self, compared: Neighbours):
        import numpy as np

        order = np.argsort(compared.distance, kind="stable")[:2]
        ends = sorted({*compared.i[order].tolist(), *compared.j[order].tolist()})
        return np.array(ends[:1]), np.array(ends[-1:])

    def expect(self, n: int) -> int:
        return n


@dataclass(frozen=True, kw_only=True)
class Gap(Component):
    """Difference of the mean samples."""

    symmetric, zero_self, triangle, invariant = True, True, True, ()

    def sketch(self, signal: Signal) -> dict:
        return {"mean": signal.samples.mean()}

    def compare(self, a: dict, b: dict) -> Comparison:
        with open("compared.txt", "a") as out:
            out.write("x")
        return Comparison(abs(float(a["mean"] - b["mean"])), offset_s=float(a["mean"] - b["mean"]), relation="same")


@dataclass(frozen=True, kw_only=True)
class Linked(Component):
    """Items closer than 1.5 to the next."""

    def __call__(self, distances: Distances | Neighbours) -> Groups:
        import numpy as np

        labels = np.arange(len(distances.ids))
        for a in range(labels.size):
            for b in range(a):
                if isinstance(distances, Distances):
                    d = distances.pair(a, b)
                else:
                    here = (distances.i == b) & (distances.j == a)
                    d = float(distances.distance[here][0]) if here.any() else 9.0
                if d < 1.5:
                    labels[labels == labels[a]] = labels[b]
        return Groups.from_labels(labels, distances)


@hookimpl
def jackfield_features():
    yield Feature("level", Level)


@hookimpl
def jackfield_proposers():
    yield Proposer("next", Next)


@hookimpl
def jackfield_distances():
    yield Distance("gap", Gap)


@hookimpl
def jackfield_clusterers():
    yield Clusterer("linked", Linked)
'''

CONFIG = """
inputs = ["clips"]
[[step]]
use = "level"
[[step]]
use = "next"
[[step]]
use = "gap"
from = ["inputs", "next"]
[[step]]
use = "linked"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "proposing.py").write_text(PLUGIN)
    (tmp_path / "clips").mkdir()
    for name, value in zip("abcdef", (0, 1, 2, 10, 11, 30), strict=True):
        np.save(tmp_path / "clips" / f"{name}.npy", np.full(8, value, np.float32))
    select(Selection(none=True, files=("proposing.py",)))
    yield tmp_path
    select(Selection())


def compared(folder) -> int:
    """Comparisons made since this was asked last."""
    path = folder / "compared.txt"
    count = len(path.read_text()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return count


def test_a_distance_compares_what_is_proposed_and_then_what_follows_from_it(folder):
    results = run(config.parse(CONFIG), output="out", jobs=1)
    pairs = results["gap"]
    assert isinstance(pairs, Neighbours)
    assert isinstance(results["next"], Candidates)
    assert pairs.i.tolist() == [0, 0, 1, 2, 3, 4]
    assert pairs.j.tolist() == [1, 2, 2, 3, 4, 5]
    assert compared(folder) == 6
    assert pairs.distance.tolist() == [1.0, 2.0, 1.0, 8.0, 1.0, 19.0]
    assert pairs.columns["offset_s"].tolist() == [-1.0, -2.0, -1.0, -8.0, -1.0, -19.0]
    assert results.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1]
    assert results.evidence is pairs
    assert results["next"].settings["notes"] == ("next to each other",)


def test_all_pairs_are_compared_up_to_a_number_of_clips_and_where_exact_is_asked_for(folder):
    few = run(config.parse(CONFIG), inputs=["clips/a.npy", "clips/b.npy", "clips/c.npy", "clips/d.npy"], output="few")
    assert [*few] == ["gap", "linked"]
    assert isinstance(few["gap"], Distances)
    assert compared(folder) == 6
    exact = run(config.parse(CONFIG), output="exact", overrides=["exact=true"])
    assert [*exact] == ["gap", "linked"]
    assert compared(folder) == 15
    assert exact.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1]
    with pytest.raises(ConfigError, match="another config"):
        run(config.parse(CONFIG), output="exact")


@pytest.mark.parametrize("exact", ["true", "false"])
def test_clips_with_equal_samples_are_compared_once(folder, exact):
    alone = run(config.parse(CONFIG), output="alone", overrides=[f"exact={exact}"], jobs=1)
    before = compared(folder)
    for k in range(200):
        np.save(folder / "clips" / f"c{k:03}.npy", np.full(8, 2, np.float32))
    many = run(config.parse(CONFIG), output="many", overrides=[f"exact={exact}"], jobs=1)
    # As often as there are blocks that clips are compared by: in each the copies count once, in either direction.
    assert compared(folder) - before <= (80 if exact == "true" else 2)
    names = [f"clips/{name}.npy" for name in "abcdef"]
    label = dict(zip(many.of(Groups).ids, many.of(Groups).labels.tolist(), strict=True))
    assert [label[name] for name in names] == alone.of(Groups).labels.tolist()
    assert {label[f"clips/c{k:03}.npy"] for k in range(200)} == {label["clips/c.npy"]}
    if exact == "true":
        gap, of = many["gap"], many["gap"].ids.index
        place = gap.index(of("clips/c.npy"), of("clips/c007.npy"))
        assert (gap.condensed[place], gap.columns["offset_s"][place]) == (0.0, 0.0)
        place = gap.index(of("clips/c007.npy"), of("clips/e.npy"))
        assert (gap.condensed[place], gap.columns["offset_s"][place]) == (9.0, -9.0)


def test_a_step_that_somebody_else_reads_stays_when_the_proposer_goes(folder):
    text = "exact = true\n" + CONFIG.replace('use = "next"', 'use = "next"\nfrom = "level"')
    text = text.replace('use = "level"', 'id = "other"\nuse = "level"\n[[step]]\nuse = "level"\nfrom = "inputs"')
    assert [*run(config.parse(text), output="both")] == ["other", "gap", "linked"]


def test_a_second_run_compares_only_new_pairs(folder):
    run(config.parse(CONFIG), output="out", jobs=1)
    assert compared(folder) == 6
    assert run(config.parse(CONFIG), output="out", jobs=1).computed == 0
    np.save(folder / "clips" / "g.npy", np.full(8, 32, np.float32))
    grown = run(config.parse(CONFIG), output="out", jobs=1)
    assert compared(folder) == 1
    assert grown.of(Groups).labels.tolist() == [0, 0, 0, 1, 1, -1, -1]
    fresh = run(config.parse(CONFIG), output="fresh", jobs=1)
    for name in ("i", "j", "distance"):
        assert getattr(fresh["gap"], name).tolist() == getattr(grown["gap"], name).tolist()


def test_two_workers_and_shards_come_to_the_same(folder):
    alone = run(config.parse(CONFIG), output="alone", jobs=1)
    pair = run(config.parse(CONFIG), output="pair", jobs=2)
    notes = [(f / "results.json").read_bytes() for f in (alone.folder, pair.folder)]
    assert notes[0] == notes[1]
    parts = [run(config.parse(CONFIG), output=f"part{k}", shard=(k, 2)).folder for k in (1, 2)]
    united = merge(parts, output="united")
    assert united["gap"].distance.tolist() == alone["gap"].distance.tolist()


def test_the_plan_counts_what_will_be_compared(folder):
    assert plan(config.parse(CONFIG)).pairs == {"gap": 6}
    assert plan(config.parse(CONFIG), overrides=["exact=true"]).pairs == {"gap": 15}


def test_the_command_line_forces_all_pairs(folder):
    from click.testing import CliRunner

    from jackfield.cli.run import command

    (folder / "run.toml").write_text(CONFIG)
    said = CliRunner().invoke(command, ["run.toml", "-o", "out", "--plugin", "proposing.py"], standalone_mode=False)
    assert said.exception is None, said.output
    assert "note: next to each other" in said.stderr
    assert compared(folder) == 6
    args = ["run.toml", "-o", "all", "--exact", "--plugin", "proposing.py"]
    said = CliRunner().invoke(command, args, standalone_mode=False)
    assert said.exception is None
    assert "next to each other" not in said.stderr
    assert compared(folder) == 15


def test_candidates_are_pairs_of_two_different_items():
    for i, j in (([1], [0]), ([0], [0]), ([0], [2]), ([-1], [1])):
        with pytest.raises(DataError, match="pairs i < j"):
            Candidates(ids=("a", "b"), i=np.array(i), j=np.array(j))


@pytest.mark.parametrize("seed", range(20))
def test_a_grouping_says_the_same_of_all_pairs_as_a_list_and_as_a_matrix(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 30))
    condensed = np.round(rng.random(n * (n - 1) // 2), 1).astype(np.float32)
    condensed[rng.random(condensed.size) < 0.2] = np.nan
    ids, labels = tuple(map(str, range(n))), rng.integers(-1, 6, n)
    i, j = np.triu_indices(n, 1)
    shuffled = rng.permutation(i.size)
    full = groups_from_labels(labels, Distances(ids=ids, condensed=condensed), 0.0, {})
    pairs = Neighbours(ids=ids, i=i[shuffled], j=j[shuffled], distance=condensed[shuffled])
    listed = groups_from_labels(labels, pairs, 0.0, {})
    for name in ("labels", "medoid", "nearest", "distance", "margin"):
        np.testing.assert_array_equal(listed[name], full[name])
    assert listed["settings"] == full["settings"]

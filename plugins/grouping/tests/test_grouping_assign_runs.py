"""New clips among the groups of runs of every kind: proposed pairs, features, other clusterers, clips that are gone."""

import shutil

import jackfield_grouping._assign
import numpy as np
import pytest
from click.testing import CliRunner
from jackfield_grouping.verbs import assign, command
from scipy.io import wavfile

import jackfield
from jackfield import ConfigError, DataError, Groups, Signal

RATE = 16_000


def beats(seed, at=(0.1, 0.45, 0.9)):
    rng = np.random.default_rng(seed)
    out = np.zeros(round(1.4 * RATE), np.float32)
    for start in at:
        out[round(start * RATE) :][:3000] += 0.2 * rng.normal(size=3000) * np.exp(-np.arange(3000) / 500)
    return out


CLIPS = {"a": beats(1), "b": 0.5 * np.pad(beats(1), (400, 0)), **{f"alone{k}": beats(k, (0.1 * k,)) for k in (2, 3, 4)}}


def write(folder, clips):
    folder.mkdir(exist_ok=True)
    for name, samples in clips.items():
        wavfile.write(folder / f"{name}.wav", RATE, samples.astype(np.float32))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Two copies of one sound, and three others."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "clips", CLIPS)
    return tmp_path


def config(here, name, *steps):
    lines = ['inputs = ["clips"]', *(f"[[step]]\n{step}" for step in steps)]
    (here / f"{name}.toml").write_text("\n".join(lines))
    return jackfield.run(f"{name}.toml", output=name)


def test_proposed_pairs_are_as_good_as_all(here):
    jackfield.group("clips", output="all")
    jackfield.group("clips", output="few", overrides=["neighbours.above=0"])
    new = [0.3 * beats(1)[200:], 2 * beats(3, (0.3,)), beats(7, at=(0.0, 0.2, 0.3, 1.1))]
    few, every = (assign(run, new, rate=RATE) for run in ("few", "all"))
    assert few == every
    assert [one.group for one in few] == [0, -1, -1]
    assert (few[0].comparison.relation, few[1].nearest) == ("identical", "clips/alone3.wav")


def test_however_many_clips_are_alone_the_nearest_is_found(here, monkeypatch):
    jackfield.group("clips", output="run")
    new = [0.3 * beats(1)[200:], *(2 * beats(k, (0.1 * k,)) for k in (2, 3, 4)), np.zeros(RATE, np.float32)]
    whole = assign("run", new, rate=RATE)
    monkeypatch.setattr(jackfield_grouping._assign, "BLOCK", 2)
    monkeypatch.setattr(jackfield_grouping.verbs, "BATCH", 2)
    assert assign("run", new, rate=RATE) == whole
    assert [one.nearest for one in whole[1:4]] == [f"clips/alone{k}.wav" for k in (2, 3, 4)]
    assert all(one.margin > 0 for one in whole[:4])


@pytest.mark.parametrize("above", [2000, 0])
def test_the_clips_of_the_run_may_be_gone_and_the_folder_moved(here, above):
    jackfield.group("clips", output="run", overrides=[f"neighbours.above={above}"])
    shutil.rmtree("clips")
    shutil.move("run", "moved")
    (found,) = assign("moved", [0.3 * beats(1)], rate=RATE)
    assert (found.group, found.comparison.relation) == (0, "identical")


def test_an_exact_copy_of_silence_joins_the_others(here):
    silence = np.zeros(RATE)
    write(here / "clips", {"s1": silence, "s2": silence, "short": silence[:900]})
    groups = jackfield.group("clips", output="run").of(Groups)
    write(here, {"silence": silence, "short": silence[:900], "other": silence[:800]})
    same, short, other = assign("run", ["silence.wav", "short.wav", "other.wav"])
    assert (same.group, same.nearest) == (groups.labels[groups.ids.index("clips/s1.wav")], "clips/s1.wav")
    assert (same.distance, same.comparison.relation) == (0.0, "identical")
    assert (short.group, short.nearest, short.comparison.relation) == (-1, "clips/short.wav", "identical")
    assert (other.group, other.nearest) == (-1, None)


def test_a_distance_of_features_makes_those_of_the_new_clip_first(here):
    write(here / "clips", {"b": 0.95 * beats(1)})  # levels count
    steps = (
        'use = "mono"',
        'use = "mfcc"',
        'use = "dtw"',
        'use = "threshold"\nwith = { threshold = 10.0, near = 40.0 }',
    )
    groups = config(here, "warped", *steps).of(Groups)
    label = dict(zip(groups.ids, groups.labels.tolist(), strict=True))
    write(here, {"new": 0.9 * beats(1)})
    (new,) = assign("warped", ["new.wav"])
    assert new.group == label["clips/a.wav"] == label["clips/b.wav"] >= 0
    assert new.comparison.relation is None
    mono, mfcc, dtw = (jackfield.get(name) for name in ("mono", "mfcc", "dtw"))
    a, b = (mfcc(mono(jackfield.read(path))) for path in ("new.wav", new.nearest))
    assert new.distance == pytest.approx(dtw(a, b).distance, rel=1e-5)
    done = CliRunner().invoke(command, ["warped", "new.wav"])
    assert done.output.startswith(f"new.wav: group {new.group}; nearest is {new.nearest}, distance ")


def test_a_composite_distance_takes_new_clips(here):
    config(here, "mixed", 'use = "composite"', 'use = "threshold"\nwith = { threshold = 0.02 }')
    (found,) = assign("mixed", [beats(1)], rate=RATE)
    assert found.nearest == "clips/a.wav"
    assert found.distance == pytest.approx(0, abs=1e-5)


def test_a_clip_that_the_distance_cannot_compare_fails_alone(here):
    (here / "clips/b.wav").unlink()  # a little longer than the others
    config(here, "level", 'use = "mfcc"', 'use = "euclidean"', 'use = "threshold"\nwith = { threshold = 20.0 }')
    longer, same = assign("level", [np.tile(beats(1), 2), beats(2, (0.2,))], rate=RATE)
    assert isinstance(longer.error, DataError)
    assert 'step "euclidean"' in longer.error.cause
    assert (same.nearest, same.error) == ("clips/alone2.wav", None)


REFUSED = {
    "density": (
        ('use = "pattern"', 'use = "hdbscan"'),
        'its groups are by jackfield-hdbscan:hdbscan ("hdbscan"), which knows no largest distance in a group',
        "group by the clusterer threshold",
    ),
    "number": (
        ('use = "pattern"', 'use = "agglomerative"\nwith = { n_groups = 4 }'),
        'its groups are by jackfield-grouping:agglomerative ("agglomerative"), which knows no largest distance',
        "start the run again with these clips among its inputs",
    ),
    "nothing": (('use = "mfcc"',), "it has no groups", "a config with a clusterer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_run_that_says_of_no_new_clip_where_it_belongs_says_why(here, name):
    steps, evidence, remedy = REFUSED[name]
    config(here, name, *steps)
    with pytest.raises(ConfigError, match=f"{name} cannot take new clips") as refused:
        assign(name, [Signal(samples=beats(1), rate=RATE)])
    assert evidence in refused.value.evidence
    assert remedy in refused.value.remedy


def test_agglomerative_clustering_up_to_a_distance_takes_new_clips(here):
    config(here, "tree", 'use = "pattern"', 'use = "agglomerative"')
    assert [one.group for one in assign("tree", [beats(1), beats(9, (0.2,))], rate=RATE)] == [0, -1]


def test_a_lock_that_cannot_be_read_is_named(here):
    jackfield.group("clips", output="run")
    (here / "run/run.lock.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot take new clips") as refused:
        assign("run", [beats(1)], rate=RATE)
    assert refused.value.evidence.startswith("run.lock.json cannot be read: JSONDecodeError")

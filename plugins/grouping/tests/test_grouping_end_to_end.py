"""The preset on files: names, order and duplicates change nothing; variants apart or together."""

import csv
from pathlib import Path

import numpy as np
import pytest
from jackfield_grouping.verbs import assign
from scipy.io import wavfile

import jackfield

RATE = 16_000


def beats(seed, at=(0.1, 0.45, 0.9)):
    rng = np.random.default_rng(seed)
    out = rng.normal(0, 1e-5, round(1.4 * RATE)).astype(np.float32)
    for start in at:
        out[round(start * RATE) :][:3000] += 0.2 * rng.normal(size=3000) * np.exp(-np.arange(3000) / 500)
    return out


def machine(at):
    """A drum machine: every hit is the same."""
    drum = 0.2 * np.random.default_rng(4).normal(size=2500) * np.exp(-np.arange(2500) / 500)
    out = np.zeros(round(1.4 * RATE))
    for start in at:
        out[round(start * RATE) :][: drum.size] += drum
    return out


def extra(samples):
    out = samples.copy()
    out[12_000:13_000] += 0.1 * np.sin(np.arange(1000) / 3).astype(np.float32)
    return out


CLIPS = {
    "one": beats(1),
    "moved": np.pad(0.5 * beats(1), (400, 0)),
    "noisy": beats(1) + np.random.default_rng(9).normal(0, 0.003, beats(1).size).astype(np.float32),
    "variant": extra(beats(1)),
    "moved variant": np.pad(extra(beats(1)), (300, 0)),
    "other": beats(2, at=(0.0, 0.3, 0.7, 1.0)),
    "cut": beats(2, at=(0.0, 0.3, 0.7, 1.0))[: round(1.1 * RATE)],
    "alone": beats(3, at=(0.2, 0.55, 0.6)),
}
APART = {frozenset({"one", "moved", "noisy"}), frozenset({"variant", "moved variant"}), frozenset({"other", "cut"})}


def grouped(folder: Path, names: dict[str, str], clips=CLIPS, **options) -> set[frozenset[str]]:
    """Groups of two and more, by what the clips are; `names` maps file names to that."""
    (folder / "clips").mkdir(parents=True)
    for file, name in names.items():
        wavfile.write(folder / "clips" / f"{file}.wav", RATE, clips[name].astype(np.float32))
    jackfield.group(folder / "clips", output=folder / "run", **options)
    found: dict[str, set[str]] = {}
    with (folder / "run/groups.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["group"] != "-1":
                found.setdefault(row["group"], set()).add(names[Path(row["path"]).stem])
    return {frozenset(group) for group in found.values()}


def test_variants_are_apart_by_default_and_together_when_asked(tmp_path):
    same = {name: name for name in CLIPS}
    assert grouped(tmp_path / "apart", same) == APART
    together = grouped(tmp_path / "together", same, overrides=["groups.variants=together"])
    assert together == {frozenset({"one", "moved", "noisy", "variant", "moved variant"}), frozenset({"other", "cut"})}


def test_the_plainest_variants_are_together_too(tmp_path):
    """A hit more, which the patterns put at 0.5, where strangers are; other beats of the same drums stay apart."""
    at = (0.1, 0.35, 0.6, 0.85)
    clips = {
        "one": machine(at),
        "soft": 0.3 * machine(at),
        "more": machine((*at, 0.72)),
        "alone": machine((0.0, 0.3, 1.0)),
    }
    assert grouped(tmp_path / "apart", {name: name for name in clips}, clips) == {frozenset({"one", "soft"})}
    together = grouped(
        tmp_path / "together", {name: name for name in clips}, clips, overrides=["groups.variants=together"]
    )
    assert together == {frozenset({"one", "soft", "more"})}


def test_new_clips_go_where_a_grouping_with_them_puts_them(tmp_path):
    at, other = (0.1, 0.35, 0.6, 0.85), (0.0, 0.3, 1.0)
    known = {"one": machine(at), "soft": 0.3 * machine(at), "more": machine((*at, 0.72)), "alone": machine(other)}
    known |= {"talk": beats(1), "talk again": beats(1)[300:]}
    new = {"copy": machine(at), "variant": machine((*at, 0.2)), "of the variant": 0.5 * machine((*at, 0.72))}
    new |= {"of the variant alone": machine((*at, 0.72, 1.1, 1.2)), "stranger": beats(6), "talk more": extra(beats(1))}
    for variants in ("apart", "together"):
        options = {"overrides": [f"groups.variants={variants}"]}
        grouped(tmp_path / variants, {name: name for name in known}, known, **options)
        clips = known | new
        wanted = grouped(tmp_path / f"{variants}-all", {name: name for name in clips}, clips, **options)
        labels = jackfield.open_results(tmp_path / variants / "run").of(jackfield.Groups)
        for name, found in zip(new, assign(tmp_path / variants / "run", list(new.values()), rate=RATE), strict=True):
            of = dict(zip((Path(path).stem for path in labels.ids), labels.labels.tolist(), strict=True))
            with_it = next((group & {*known} for group in wanted if name in group), set())
            assert {of[mate] for mate in with_it} - {-1} == {found.group} - {-1}, (variants, name)


@pytest.mark.parametrize("seed", [1, 2])
def test_names_order_and_duplicates_change_nothing(tmp_path, seed):
    order = np.random.default_rng(seed).permutation([*CLIPS, "noisy", "variant", "cut"])
    names = {f"{k:02}": str(name) for k, name in enumerate(order)}
    assert grouped(tmp_path, names) == APART

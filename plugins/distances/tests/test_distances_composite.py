"""A weighted mean of aspects: against its parts, and in a run."""

import numpy as np
import pytest
from jackfield_distances import Composite, Cosine, Dtw

import jackfield
from jackfield import ConfigError, DataError, Ref, Signal

RATE = 8000
MEL = Ref("log-mel", {"n_mels": 16, "n_fft": 512, "hop": 128, "pool": ["mean"]})
LEVEL = Ref("log-mel", {"n_mels": 1, "n_fft": 512, "hop": 128})
LIGHT = {"timbre": MEL, "pitch_weight": 0, "envelope": LEVEL}


def clip(pitch, seconds=0.5, seed=0):
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.01, t.size)
    return Signal(samples=(np.sin(2 * np.pi * pitch * t) * np.exp(-4 * t) + noise).astype(np.float32), rate=RATE)


CLIPS = [clip(220), clip(222, seed=1), clip(1250, 0.3), clip(1255, 0.35, seed=2)]


def test_it_is_the_weighted_mean_of_its_parts():
    composite = Composite(**LIGHT, timbre_weight=3, envelope_weight=0.5)
    sketches = [composite.sketch(c) for c in CLIPS]
    i, j = np.triu_indices(4, 1)
    columns = composite.pairs(sketches, i, j)
    assert [*columns] == ["distance", "timbre", "envelope"]
    mel, level = ([jackfield.get(ref)(c) for c in CLIPS] for ref in (MEL, LEVEL))
    assert columns["timbre"].tobytes() == Cosine().pairs(mel, i, j)["distance"].tobytes()
    assert columns["envelope"].tobytes() == Dtw(band=0.1).pairs(level, i, j)["distance"].tobytes()
    wanted = (3 * columns["timbre"] + 0.5 * columns["envelope"]) / 3.5
    np.testing.assert_allclose(columns["distance"], wanted, rtol=1e-15)
    alone = [composite.compare(sketches[a], sketches[b]).distance for a, b in zip(i, j, strict=True)]
    assert alone == columns["distance"].tolist()


def test_defaults_compare_all_three_aspects():
    composite = Composite()
    composite.prepare()
    sketches = [composite.sketch(c) for c in CLIPS]
    columns = composite.pairs(sketches, np.array([0, 0]), np.array([1, 2]))
    assert [*columns] == ["distance", "timbre", "pitch", "envelope"]
    for values in columns.values():
        assert 0 < values[0] < values[1]


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000, 384_000])
def test_defaults_take_clips_of_any_rate(rate):
    noise = Signal(samples=np.random.default_rng(0).normal(0, 0.1, rate // 4).astype(np.float32), rate=rate)
    assert Composite()(noise, noise).distance == 0


def test_what_is_undefined_in_one_part_is_undefined():
    composite = Composite(timbre=Ref("rms", {}), timbre_by=Ref("dtw"), pitch_weight=0, envelope_by=Ref("correlation"))
    steady = Signal(samples=np.zeros(RATE, np.float32), rate=RATE)
    assert np.isnan(composite(steady, steady).distance)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match='"timbre_by" of composite must compare Features: "pattern" does not'):
        Composite(timbre_by=Ref("pattern")).prepare()
    with pytest.raises(ConfigError, match='"pitch" of composite must be a feature: Stft gives Grid'):
        Composite(pitch=Ref("stft"), timbre_weight=0).sketch(CLIPS[0])
    with pytest.raises(ConfigError, match='unknown component "chromas"'):
        Composite(pitch=Ref("chromas")).prepare()
    with pytest.raises(ConfigError, match="all weights are 0"):
        Composite(timbre_weight=0, pitch_weight=0, envelope_weight=0)
    unpooled = Composite(timbre=Ref("log-mel", {"n_mels": 16}), pitch_weight=0, envelope_weight=0)
    with pytest.raises(DataError, match="equally many rows"):
        unpooled(CLIPS[0], CLIPS[3])


def test_a_run_reports_every_part(tmp_path):
    for k, c in enumerate(CLIPS):
        np.savetxt(tmp_path / f"{k}.csv", c.samples.T)
    aspects = """{ timbre = { use = "log-mel", with = { n_mels = 16, pool = ["mean"], n_fft = 512, hop = 128 } },
      pitch_weight = 0.0, envelope_weight = 0.01,
      envelope = { use = "log-mel", with = { n_mels = 1, n_fft = 512, hop = 128 } } }"""
    config = tmp_path / "run.toml"
    config.write_text(
        f'inputs = ["{tmp_path}/*.csv"]\nreader = {{ use = "csv-table", with = {{ sample_rate = {RATE}.0 }} }}\n\n'
        f'[[step]]\nuse = "composite"\nwith = {aspects.replace(chr(10), " ")}\n'
    )
    results = jackfield.run(config, output=tmp_path / "out")
    found = results["composite"]
    assert sorted(found.columns) == ["envelope", "timbre"]
    mean = (found.columns["timbre"] + 0.01 * found.columns["envelope"]) / 1.01
    np.testing.assert_allclose(found.condensed, mean, rtol=1e-5)


def test_docstring_examples():
    import doctest

    import jackfield_distances

    result = doctest.testmod(jackfield_distances)
    assert result.attempted >= 20
    assert result.failed == 0

"""Rows, names, coverage, pooling and conversions of the feature."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from jackfield_yamnet import Yamnet
from jackfield_yamnet._rows import classes

import jackfield
from jackfield import ConfigError, DataError, Features, Signal, Spec, get

MODEL = "yamnet_official_int8.tflite"


@pytest.fixture(scope="module")
def component(shared) -> Yamnet:
    return Yamnet(model=str(shared / "models" / MODEL))


@pytest.fixture(scope="module")
def clip() -> Signal:
    return Signal(samples=np.random.default_rng(0).normal(0, 0.1, (2, 3 * 44_100)).astype(np.float32), rate=44_100)


def test_rows_of_any_clip(component, clip):
    found = component(clip)
    assert found.values.shape == (6, 1024)
    assert found.values.dtype == np.float32
    assert (found.frames.rate, found.frames.hop, found.frames.span(0)) == (16_000, 7680, (0, 15_600))
    assert found.names[:2] == ("yamnet-10c95ea3-0", "yamnet-10c95ea3-1")
    assert found.coverage.tolist() == [1, 1, 1, 1, 1, (48_000 - 5 * 7680) / 15_600]
    assert found.history[0].startswith("mono")
    assert found.history[1] == "rate 44100 to 16000 Hz, soxr HQ"
    assert found.history[2].startswith("yamnet 10c95ea3")


def test_conversions_are_those_of_the_named_components(component, clip):
    by_hand = get("samplerate", rate=16_000.0)(get("mono")(clip))
    np.testing.assert_array_equal(component(clip).values, component(by_hand).values)


def test_scores_are_named_by_class(component, clip):
    found = replace(component, values="scores")(clip)
    assert found.names == classes()
    both = replace(component, values="both")(clip)
    np.testing.assert_array_equal(both.values, np.hstack([component(clip).values, found.values]))


@pytest.mark.parametrize("pool", ["mean", "max", "median"])
def test_pooling_is_over_patches(component, clip, pool):
    rows, pooled = component(clip), replace(component, pool=pool)(clip)
    np.testing.assert_allclose(pooled.values[0], getattr(np, pool)(rows.values, axis=0), rtol=1e-6)
    assert pooled.frames is None
    assert pooled.names[0] == f"yamnet-10c95ea3-0_{pool}"
    assert pooled.coverage == pytest.approx([rows.coverage.mean()])


def test_normalized_embeddings_have_length_1(component, clip):
    for pool in (None, "mean"):
        lengths = np.linalg.norm(replace(component, normalize=True, pool=pool)(clip).values, axis=1)
        np.testing.assert_allclose(lengths, 1, rtol=1e-6)
    with pytest.raises(ConfigError, match="scores are not normalized"):
        replace(component, values="scores", normalize=True)


def test_a_short_clip_is_mostly_padding_and_says_so_once(component):
    short = Signal(samples=np.full(3200, 0.1, np.float32), rate=16_000)
    with pytest.warns(UserWarning, match="in 1 of 1 patches of 0.975 s less than 50% is sound") as caught:
        found = component(short)
    assert len(caught) == 1
    assert found.coverage.tolist() == [3200 / 15_600]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        replace(component, min_coverage=0.0)(short)
        component(Signal(samples=np.full(8000, 0.1, np.float32), rate=16_000))


@pytest.mark.parametrize(("samples", "words"), [([], "empty"), ([0.0, np.nan], "finite"), ([np.inf], "finite")])
def test_what_cannot_be_heard_is_refused(component, samples, words):
    with pytest.raises(DataError, match=words):
        component(Signal(samples=np.array(samples, np.float32), rate=16_000))


@pytest.mark.parametrize("n", [3, 7999, 44_100, 132_300])
@pytest.mark.parametrize("pool", [None, "mean"])
def test_prediction_is_what_comes(component, n, pool):
    one = replace(component, pool=pool, min_coverage=0.0)
    spec = one.predict(Spec("Signal", (1, n), 44_100.0))
    found = one(Signal(samples=np.full(n, 0.1, np.float32), rate=44_100))
    assert (spec.shape, spec.frames) == (found.values.shape, found.frames)


def test_travels_without_its_model(component):
    component.prepare()
    again = pickle.loads(pickle.dumps(component))
    assert again == component
    assert "_model" not in vars(again)
    assert len(pickle.dumps(component)) < 1000


def test_two_models_are_not_mixed(shared, component, clip):
    other = Yamnet(model=str(shared / "models/yamnet_net_int8w.onnx"), pool="mean")
    a, b = replace(component, pool="mean")(clip), other(clip)
    assert other.identity() != component.identity()
    for name in ("cosine", "euclidean", "dtw"):
        with pytest.raises(DataError, match=r"yamnet-10c95ea3-0_mean.*yamnet-b894b8cb-0_mean"):
            get(name)(a, b)


def test_the_feature_is_found_by_name(shared, clip):
    found = get("yamnet", model=str(shared / "models" / MODEL), pool="mean")(clip)
    assert isinstance(found, Features)


def test_a_run_knows_its_model(shared, clip, tmp_path, monkeypatch):
    get("wav")(clip, tmp_path / "clips/noise")
    names = []
    for file in (MODEL, MODEL, "yamnet_net_int8w.onnx"):
        monkeypatch.setenv("JACKFIELD_YAMNET", str(shared / "models" / file))
        found = jackfield.features("yamnet", tmp_path / "clips", output=tmp_path / "run", jobs=1, force=True)
        (item,) = found["yamnet"]
        names.append((found.computed > 0, item.names[0]))
    assert names == [(True, "yamnet-10c95ea3-0"), (False, "yamnet-10c95ea3-0"), (True, "yamnet-b894b8cb-0")]

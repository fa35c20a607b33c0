"""The front end and every kind of model against reference numbers of the published network."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from jackfield_yamnet import Yamnet
from jackfield_yamnet._front import log_mel, patches
from jackfield_yamnet._network import Network, opened
from jackfield_yamnet._rows import classes
from jackfield_yamnet._weights import load

from jackfield import Signal

INPUTS = ["zeros_3s", "uniform_noise_3s", "sine440_3s", "chirp_2p37s", "hit_0p3s"]


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "models/yamnet_golden.npz"))


def network(path: Path) -> Network:
    return opened(*load(str(path)))


@pytest.fixture(scope="module")
def published(shared: Path) -> Network:
    return network(shared / "models/yamnet_official_int8.tflite")


@pytest.fixture(scope="module")
def floats(shared: Path) -> Network:
    return network(shared / "models/yamnet_net_int8w.onnx")


@pytest.fixture(scope="module")
def coral(shared: Path) -> Network:
    return network(shared / "models/yamnet_coral_spectra_in_int8.tflite")


@pytest.mark.parametrize("name", INPUTS)
def test_log_mel(golden, name):
    count = len(golden[f"{name}.scores"])
    ours = log_mel(golden[f"{name}.input"], 0, count)
    assert ours.shape == golden[f"{name}.log_mel"].shape
    np.testing.assert_allclose(ours, golden[f"{name}.log_mel"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", INPUTS)
def test_float_network(golden, floats, name):
    scores, embedding = floats.rows(golden[f"{name}.input"], len(golden[f"{name}.scores"]))
    np.testing.assert_allclose(scores, golden[f"{name}.scores"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(embedding, golden[f"{name}.embedding"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", INPUTS)
def test_published_file(golden, published, name):
    scores, embedding = published.rows(golden[f"{name}.input"], len(golden[f"{name}.scores"]))
    scale, zero = golden["official_emb_scale_zero"]
    np.testing.assert_allclose(scores, golden[f"{name}.official_scores"], rtol=0, atol=0.06)
    wanted = (golden[f"{name}.official_emb_i8"] - zero) * scale
    np.testing.assert_allclose(embedding, wanted, rtol=0, atol=scale * 1.001)


@pytest.mark.parametrize("name", INPUTS)
def test_network_of_patches_with_8_bit_weights(golden, coral, name):
    # another quantisation of the same network: what it says first is what the float network says among its first
    scores, embedding = coral.rows(golden[f"{name}.input"], len(golden[f"{name}.scores"]))
    mean = golden[f"{name}.scores"].mean(axis=0)
    assert embedding.shape == (len(scores), 1024)
    assert embedding.min() >= 0
    assert scores.mean(axis=0).argmax() in np.argsort(-mean)[:10]


def test_kinds_are_told_apart_by_what_they_take(published, floats, coral):
    assert (published.kind, published.batch) == ("window", 1)
    assert (floats.kind, floats.batch) == ("patches", 16)
    assert (coral.kind, coral.batch) == ("patches", 1)


def test_class_names_are_those_of_the_published_map(shared):
    lines = (shared / "models/yamnet_class_map.csv").read_text().splitlines()[1:]
    assert [line.split(",", 2)[2].strip('"') for line in lines] == list(classes())


@pytest.mark.parametrize("kind", ["published", "floats", "coral"])
def test_rows_do_not_depend_on_their_neighbours(request, kind):
    model = request.getfixturevalue(kind)
    x = np.random.default_rng(3).normal(0, 0.1, 15_600 + 19 * 7680).astype(np.float32)  # 20 rows: two batches
    scores, embedding = model.rows(x, 20)
    for k in (0, 7, 15, 16, 19):
        alone = x[k * 7680 : k * 7680 + 15_600]
        score, value = model.rows(alone, 1)
        np.testing.assert_allclose(score[0], scores[k], rtol=0, atol=1e-6)
        np.testing.assert_allclose(value[0], embedding[k], rtol=0, atol=1e-6)


def test_batches_leave_no_rows_behind(floats, golden):
    x = golden["uniform_noise_3s.input"]
    for count in (1, 5, 6):
        assert len(floats.rows(x, count)[0]) == count
    np.testing.assert_array_equal(patches(x, 0, 6)[2:4], patches(x, 2, 2))


def test_order_of_clips_does_not_matter(shared, golden):
    component = Yamnet(model=str(shared / "models/yamnet_official_int8.tflite"), min_coverage=0)
    clips = [Signal(samples=golden[f"{name}.input"], rate=16_000) for name in INPUTS]
    there = [component(clip).values for clip in clips]
    back = [component(clip).values for clip in reversed(clips)][::-1]
    for a, b in zip(there, back, strict=True):
        np.testing.assert_array_equal(a, b)


def top(values: np.ndarray, count: int) -> list[str]:
    return [classes()[k] for k in np.argsort(-values)[:count]]


def test_silence_and_a_sine_are_heard(shared, floats, published, golden):
    for model in (floats, published):
        silence, _ = model.rows(np.zeros(48_000, np.float32), 6)
        assert top(silence.mean(axis=0), 1) == ["Silence"]
    sine, _ = floats.rows(golden["sine440_3s.input"], 6)
    assert "Sine wave" in top(sine.mean(axis=0), 10)


@pytest.mark.parametrize("file", ["yamnet_official_int8.tflite", "yamnet_net_int8w.onnx"])
def test_spoken_prompts_are_heard_as_speech(shared, file):
    import csv

    from jackfield import read

    component = Yamnet(model=str(shared / "models" / file), values="scores", pool="mean")
    with open(shared / "data/dev/truth.csv", encoding="utf-8") as table:
        rows = [r for r in csv.DictReader(table) if r["source"].startswith(("asterisk", "alsa"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        first = {r["path"]: top(component(read(shared / "data/dev" / r["path"])).values[0], 1) for r in rows}
    other = {path: name for path, name in first.items() if name != ["Speech"]}
    assert len(first) == 90
    assert len(other) <= 0.05 * len(first), other

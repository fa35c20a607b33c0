import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jackfield_report import HeatMap
from jackfield_report._findings import Findings
from jackfield_report._matrix import ANCHORS, Matrix, ceiling, colours, runs, square_of
from jackfield_report._order import _leaves, _leaves_by_scipy, linkage_order
from jackfield_report._picture import CELL, FRAME, GREY, STRIPE, paint
from PIL import Image, ImageFont

from jackfield import ConfigError, Distances, Groups, Neighbours


def points(n: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).random((n, 3))
    return np.sqrt(((x[:, None] - x) ** 2).sum(-1))


@pytest.mark.parametrize("n", [3, 4, 17, 63])
def test_the_numpy_linkage_gives_scipys_leaves(n: int) -> None:
    for seed in range(5):
        square = points(n, seed)
        assert _leaves(square).tolist() == _leaves_by_scipy(square).tolist()


def test_linkage_below_64_clips_does_without_scipy(monkeypatch) -> None:
    monkeypatch.setattr("jackfield_report._order._leaves_by_scipy", None)
    assert sorted(linkage_order(points(63, 1), np.full(63, -1))) == [*range(63)]
    with pytest.raises(TypeError):
        linkage_order(points(64, 1), np.full(64, -1))


@pytest.mark.parametrize("n", [10, 90])
@given(data=st.data())
def test_groups_stay_whole_and_nobody_is_lost(n: int, data) -> None:
    labels = np.array(data.draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n)))
    square = points(n, data.draw(st.integers(0, 100)))
    square[data.draw(st.integers(0, n - 1))] = np.nan
    square = np.fmin(square, square.T)
    order = linkage_order(square, labels)
    assert sorted(order) == [*range(n)]
    found = [group for _, _, group in runs(labels[order])]
    assert len(found) == len(set(found))


def test_what_is_alike_stands_together() -> None:
    """Six clips, two of a kind each, at the corners of a triangle."""
    x = np.array([0, 10, 20.3, 0.2, 10.1, 20.0])
    order = linkage_order(np.abs(np.subtract.outer(x, x)), np.full(6, -1)).tolist()
    assert [{order[k], order[k + 1]} for k in (0, 2, 4)] == [{2, 5}, {1, 4}, {0, 3}]


def test_codes_hold_the_distance_to_half_a_step(run) -> None:
    found = Findings.of(run)
    matrix = Matrix.of(found, "inputs", 100)
    square = found.distances.square()
    assert matrix.top == 1.0
    assert matrix.ids == found.distances.ids
    assert (matrix.codes == 255).sum() == np.isnan(square).sum() == 8
    known = ~np.isnan(square)
    assert np.abs(matrix.codes[known] / 254 * matrix.top - square[known]).max() <= 0.5 / 254 + 1e-6
    assert matrix.runs == ((0, 2, 0),)


def test_too_many_clips_leave_out_those_with_nothing_in_common(run) -> None:
    matrix = Matrix.of(Findings.of(run), "groups", 3)
    assert [Path(i).stem for i in matrix.ids] == ["kick", "late", "extra"]
    assert matrix.total == 5
    assert matrix.codes.shape == (3, 3)


def test_square_of_compared_pairs() -> None:
    pairs = Neighbours(ids=tuple("abcd"), i=[0, 3], j=[2, 1], distance=np.array([0.5, 0.25], np.float32))
    square = square_of(pairs, np.array([2, 0, 3]))
    np.testing.assert_array_equal(square, [[0, 0.5, np.nan], [0.5, 0, np.nan], [np.nan, np.nan, 0]])


@given(st.floats(1e-6, 1e6))
def test_scale_ends_at_a_round_number_above(value: float) -> None:
    top = ceiling(value)
    assert value <= top <= 2.51 * value
    assert f"{top:.0e}"[0] in "125"


def test_colours_run_from_near_to_far() -> None:
    table = colours()
    assert table.shape == (255, 3)
    assert "#" + table[0].tobytes().hex() == ANCHORS[0]
    assert "#" + table[-1].tobytes().hex() == ANCHORS[-1]
    light = table @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > -0.5).all(), "never darker but by rounding"
    assert (np.diff(light[::5]) > 0).all()


def test_undefined_pairs_are_hatched() -> None:
    pixels = paint(np.array([[0, 255], [255, 0]], np.uint8), 12)
    assert pixels.shape == (24, 24, 3)
    assert {tuple(p) for p in pixels[:12, 12:].reshape(-1, 3).tolist()} == {GREY, STRIPE}
    assert (pixels[:12, :12] == colours()[0]).all()


def test_picture(run) -> None:
    artifact = HeatMap(order="inputs")(run, run.folder)
    assert artifact.paths == ("heatmap.png",)
    content = (run.folder / "heatmap.png").read_bytes()
    picture = Image.open(io.BytesIO(content))
    assert picture.mode == "RGB"
    pixels = np.asarray(picture).astype(int)
    near = np.abs(pixels - colours()[round(0.02 * 254)]).sum(-1) == 0
    assert near.sum() >= 2 * (CELL - 4) ** 2, "the pair that is near, in both halves"
    assert (np.abs(pixels - FRAME).sum(-1) == 0).sum() >= 4 * (2 * CELL - 2), "the group's outline"
    HeatMap(order="inputs")(run, run.folder)
    assert (run.folder / "heatmap.png").read_bytes() == content


def test_large_picture_has_a_pixel_per_clip(tmp_path: Path, build) -> None:
    n = 300
    ids = tuple(f"{k}.wav" for k in range(n))
    distances = Distances(ids=ids, condensed=np.random.default_rng(0).random(n * (n - 1) // 2, np.float32))
    HeatMap(size=100)(build(tmp_path, list(ids), {"d": distances}), tmp_path)
    assert Image.open(tmp_path / "heatmap.png").width > n


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_collections(tmp_path: Path, build, n: int) -> None:
    ids = tuple(f"{k}.wav" for k in range(n))
    distances = Distances(ids=ids, condensed=np.full(n * (n - 1) // 2, np.nan, np.float32))
    HeatMap()(build(tmp_path, list(ids), {"d": distances}), tmp_path)
    assert Image.open(tmp_path / "heatmap.png").size > (100, 100)


@pytest.mark.parametrize("installed", [True, False])
def test_names_beyond_ascii(tmp_path: Path, make, monkeypatch, installed: bool) -> None:
    asked, load = [], ImageFont.truetype

    def truetype(font, *rest, **options):
        if not isinstance(font, str):  # Pillow's own
            return load(font, *rest, **options)
        asked.append(font)
        if not installed:
            raise OSError("cannot open resource")
        return ImageFont.load_default(*rest)

    monkeypatch.setattr(ImageFont, "truetype", truetype)
    HeatMap()(make(tmp_path, ("kick", "großé", "太鼓", "a\nb", "=x")), tmp_path)
    assert asked == ["DejaVuSans.ttf"]


def test_a_run_without_distances_is_refused(run) -> None:
    with pytest.raises(ConfigError, match=r'"heatmap" needs a distance .* steps: threshold'):
        HeatMap()(run.narrowed(("threshold",)), run.folder)


def test_groups_split_by_the_order_of_inputs_are_outlined_wherever_they_are(tmp_path: Path, build) -> None:
    ids = ("a", "b", "c")
    distances = Distances(ids=ids, condensed=np.array([0.9, 0.1, 0.8], np.float32))
    groups = Groups.from_labels(np.array([0, -1, 0]), distances)
    results = build(tmp_path, list(ids), {"d": distances, "g": groups})
    assert Matrix.of(Findings.of(results), "inputs", 9).runs == ((0, 1, 0), (2, 3, 0))
    HeatMap(order="inputs")(results, tmp_path)
    framed = (np.asarray(Image.open(tmp_path / "heatmap.png")).astype(int) == FRAME).all(-1).sum()
    assert framed >= 4 * 4 * (CELL - 2)

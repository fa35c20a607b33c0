"""`explain resize`, the verb, and the pictures."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from jackfield_resize import Resize, _peers, _picture

import jackfield
from jackfield import Axis, ConfigError, DataError, Grid, Signal


def run(*args):
    command = [sys.executable, "-m", "jackfield.cli", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_facts_of_the_known_example():
    facts = jackfield.explain_resize(5, 3, mode="area-torch")
    assert facts.values == (1, 2, 5, 10, 17)
    assert facts.regions == ((0, 2), (1, 4), (3, 5))
    assert np.round(facts.result, 2).tolist() == [1.5, 5.67, 13.5]
    assert facts.drift == pytest.approx((1.5 + 17 / 3 + 13.5) / 3 - 7)
    assert facts.note.startswith("5 / 3 is no integer: 2 elements lie in two regions")
    exact = jackfield.explain_resize(5, 3)
    assert exact.drift == pytest.approx(0, abs=1e-12)
    assert np.allclose(exact.shares, 3 / 5)
    assert exact.weights[1] == pytest.approx((0.2, 0.6, 0.2))
    assert {name: np.round(answer, 2).tolist() for name, answer in exact.answers.items()} == {
        "torch": [1.5, 5.67, 13.5],
        "tensorflow": [1.4, 5.4, 14.2],
        "opencv": [1.4, 5.4, 14.2],
        "pillow box": [1.5, 5, 13.5],
    }


@pytest.mark.parametrize(
    ("n", "m", "mode", "words"),
    [
        (3, 5, "area", "enlarging by area makes steps: regions are smaller than an element"),
        (3, 5, "area-torch", "means of two neighbours; use linear or cubic"),
        (2, 4, "area-torch", "enlarging by area makes steps: every value repeats; use"),
        (2, 4, "area", "enlarging by area makes steps: every value repeats; use"),
        (6, 3, "area-torch", "every element counts the same, so the mean stays"),
        (7, 3, "nearest", "4 of 7 elements are dropped"),
        (9, 2, "linear", "some elements are not looked at: use antialias, or area"),
        (9, 9, "linear", "every element counts the same"),
        (4, 9, "linear", "elements count differently"),
    ],
)
def test_notes(n, m, mode, words):
    assert words in jackfield.explain_resize(n, m, mode=mode).note


def test_wrong_questions():
    with pytest.raises(ConfigError, match="lengths from 1 to 1000: got 0 and 3"):
        jackfield.explain_resize(0, 3)
    with pytest.raises(DataError, match="n finite numbers: 2 numbers, n 3"):
        jackfield.explain_resize(3, 2, values=(1.0, 2.0))
    with pytest.raises(DataError, match="must be numbers: got 'abc'"):
        jackfield.explain_resize(3, 2, values="abc")
    with pytest.raises(ConfigError, match=r"lengths from 1 to 1000: got 5\.5 and 3"):
        jackfield.explain_resize(5.5, 3)
    with pytest.raises(ConfigError, match="lengths from 1 to 1000: got True and 1"):
        jackfield.explain_resize(True, 1)


@pytest.mark.parametrize("name", ["pillow box", "opencv", "torch"])
def test_answers_are_those_of_the_libraries(name):
    rng = np.random.default_rng(0)
    sizes = [(n, m) for n in (1, 2, 3, 5, 7, 10, 16) for m in (1, 2, 3, 5, 8, 11, 25)]
    for n, m in sizes:
        x = rng.random(n).astype("f4")
        np.testing.assert_allclose(_peers.AREA[name](n, m) @ x, library(name)(x, m), atol=1e-6, err_msg=f"{n} to {m}")


def library(name):
    if name == "torch":
        torch = pytest.importorskip("torch")
        return lambda x, m: torch.nn.functional.interpolate(torch.from_numpy(x)[None, None], m, mode="area").numpy()[
            0, 0
        ]
    if name == "opencv":
        cv2 = pytest.importorskip("cv2")
        # both axes must shrink, or both grow
        return lambda x, m: cv2.resize(np.tile(x, (x.size, 1)), (m, m), interpolation=cv2.INTER_AREA)[0]
    image = pytest.importorskip("PIL.Image")
    return lambda x, m: np.asarray(image.fromarray(x[None]).resize((m, 1), image.Resampling.BOX))[0]


def test_table():
    code, out, _ = run("explain", "resize", 5, 3, "--mode", "area")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "5 to 3 by area: 1, 2, 5, 10, 17"
    assert " ".join(lines[1].split()) == "output elements weights area torch tensorflow opencv pillow box"
    assert " ".join(lines[3].split()) == "1 [1, 4) 0.2 0.6 0.2 5.4 5.667 5.4 5.4 5"
    assert lines[-2:] == ["drift of the mean: +0", "every element counts the same, so the mean stays"]


def test_json_and_values():
    _, out, _ = run("explain", "resize", 2, 1, "--values", "1,4", "--json")
    facts = json.loads(out)
    assert (facts["result"], facts["regions"], facts["weights"]) == ([2.5], [[0, 2]], [[0.5, 0.5]])


def test_picture_with_a_bracket_per_region(tmp_path):
    path = tmp_path / "e.svg"
    assert run("explain", "resize", 5, 3, "-o", path)[0] == 0
    # the two answers above and below, the regions' brackets in their own colour
    assert path.read_text().count("stroke: #c0504d") == 3
    first = path.read_bytes()
    code, _, err = run("explain", "resize", 5, 3, "-o", path)
    assert (code, "exists" in err) == (2, True)
    assert run("explain", "resize", 5, 3, "-o", path, "--force")[0] == 0
    assert len(path.read_bytes()) == len(first)
    assert run("explain", "resize", 500, 300, "-o", tmp_path / "e.png")[0] == 0
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")


def brackets(figure):
    """(first, last) element of each bracket of the first panel, along columns and along rows."""
    panel = figure.axes[0]
    lines = [line for line in panel.lines if line.get_color() == _picture.BRACKET]
    across = [line for line in lines if line.get_transform() == panel.get_xaxis_transform()]
    down = [line for line in lines if line not in across]
    columns = [(round(min(x) + 0.4), round(max(x) - 0.4)) for x in (line.get_xdata() for line in across)]
    rows = [(round(min(y) + 0.4), round(max(y) - 0.4)) for y in (line.get_ydata() for line in down)]
    return columns, rows


def drawn(x, **how):
    return brackets(_picture.before_after(x, jackfield.resize(x, **how), Resize(**how)))


def test_brackets_stand_under_what_a_value_is_made_of():
    line = np.arange(20.0)
    assert drawn(line, size=5) == ([(0, 3), (4, 7), (8, 11), (12, 15), (16, 19)], [])
    assert drawn(line, size=5, mode="linear") == ([(1, 2), (5, 6), (9, 10), (13, 14), (17, 18)], [])
    aligned = [(0, 0), (4, 5), (9, 10), (14, 15), (19, 19)]
    assert drawn(line, size=5, mode="linear", align_corners=True) == (aligned, [])
    assert drawn(line, scale=0.27, mode="linear") == ([(1, 2), (5, 6), (8, 9), (12, 13), (16, 17)], [])
    image = np.add.outer(np.arange(6.0), np.arange(9.0))
    assert drawn(image, size=2, axes=0) == ([], [(0, 2), (3, 5)])
    assert drawn(image, size=(3, 3), axes=(1, 0)) == ([(0, 2), (3, 5), (6, 8)], [(0, 1), (2, 3), (4, 5)])
    smooth = {"size": (6, 3), "mode": "bilinear", "antialias": True}
    assert drawn(image, **smooth) == ([(0, 3), (2, 6), (5, 8)], [])
    assert drawn(np.zeros((4, 6, 9)), size=2, axes=0) == ([], [])
    assert drawn(Signal(samples=image, rate=3), size=3) == ([(0, 2), (3, 5), (6, 8)], [])
    assert drawn(Grid(values=image, axes=(Axis("channel"), Axis())), size=3) == ([(0, 2), (3, 5), (6, 8)], [])


def test_facts_are_drawn_where_they_lie():
    facts = jackfield.explain_resize(5, 3, mode="bilinear", align_corners=True)
    figure = _picture.regions(facts)
    assert brackets(figure)[0] == [(0, 0), (2, 2), (4, 4)]
    (answer,) = figure.axes[1].lines
    assert (answer.get_xdata().tolist(), answer.get_label()) == ([0, 2, 4], "bilinear")
    labels = [line.get_label() for line in _picture.regions(jackfield.explain_resize(5, 3)).axes[1].lines]
    assert labels == ["area", "torch", "tensorflow", "opencv", "pillow box"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(4,), (2, 2)])
def test_pictures_of_values_that_are_hard_to_draw(shape):
    for values in ([1e308, -1e308, 1e308, 0], [np.nan] * 4, [np.inf, -np.inf, 1, 2]):
        x = np.reshape(values, shape)
        how = Resize(size=x.shape, mode="nearest")
        assert _picture.rendered(_picture.before_after(x, x, how), "p.png").startswith(b"\x89PNG")


def test_other_modes_stand_alone():
    code, out, _ = run("explain", "resize", 5, 3, "--mode", "bilinear", "--align-corners")
    assert code == 0
    assert " ".join(out.splitlines()[1].split()) == "output elements weights bilinear"
    assert jackfield.explain_resize(5, 3, mode="bilinear", align_corners=True).answers == {}


def test_help_names_every_mode():
    for command in (("resize",), ("explain", "resize")):
        words = " ".join(run(*command, "--help")[1].split())
        assert "area, area-exact, area-torch, nearest, nearest-exact, linear, bilinear, trilinear" in words


def test_arrays_from_file_to_file(tmp_path):
    x = np.random.default_rng(0).random((3, 20, 30)).astype("f4")
    np.save(tmp_path / "x.npy", x)
    options = ["--size", "5,6", "--axes", "1,2", "--mode", "bicubic", "--antialias", "--picture", tmp_path / "p.svg"]
    code, out, err = run("resize", tmp_path / "x.npy", tmp_path / "y.npy", *options)
    assert (code, out) == (0, "")
    assert "3 × 20 × 30 to" in err
    expected = jackfield.resize(x, (5, 6), axes=(1, 2), mode="bicubic", antialias=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)
    assert (tmp_path / "p.svg").read_text().count("stroke: #c0504d") == 5 + 6


def test_tables(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n1;2\n3;5\n\n8;8\n9;9\n")
    assert run("resize", tmp_path / "t.csv", tmp_path / "half.csv", "--scale", "0.5,1")[0] == 0
    assert (tmp_path / "half.csv").read_text() == "2,3.5\n8.5,8.5\n"
    (tmp_path / "c.csv").write_text("1\n2\n5\n10\n17\n")
    code, out, _ = run("resize", tmp_path / "c.csv", tmp_path / "d.csv", "--size", 3, "--json")
    assert (code, json.loads(out)["after"]) == (0, [3])
    np.testing.assert_allclose(np.loadtxt(tmp_path / "d.csv"), [1.4, 5.4, 14.2], atol=1e-15)


def test_recordings_come_through_their_reader(tmp_path):
    import wave

    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((2, 2, 8000, 0, "NONE", ""))
        out.writeframes(np.repeat(np.arange(0, 8000, 1000, dtype="<i2"), 2).tobytes())
    args = (tmp_path / "a.wav", tmp_path / "a.csv", "--scale", 0.5, "--picture", tmp_path / "a.png")
    assert run("resize", *args)[0] == 0
    written = np.loadtxt(tmp_path / "a.csv", delimiter=",")
    assert isinstance(jackfield.read(tmp_path / "a.csv"), Signal)
    np.testing.assert_allclose(written * 32768, np.repeat([[500], [2500], [4500], [6500]], 2, axis=1), atol=0.01)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("x.npy", "y.txt", "--size", "2"), 2, "no suffix that can be written"),
        (("x.npy", "x.npy", "--size", "2"), 2, "exists"),
        (("x.npy", "folder.npy", "--size", "2", "--force"), 74, "no regular file"),
        (("none.npy", "y.npy", "--size", "2"), 2, "no such file"),
        ((".", "y.npy", "--size", "2"), 2, ""),
        (("bad.npy", "y.npy", "--size", "2"), 2, "is not an .npy array"),
        (("bad.csv", "y.npy", "--size", "2"), 2, "is not a table of numbers"),
        (("x.npy", "y.npy", "--size", "two"), 2, "--size takes numbers"),
        (("x.npy", "y.npy", "--size", "0"), 2, "every size must be above 0"),
        (("x.npy", "y.npy"), 2, "either size or scale"),
        (("cube.npy", "y.csv", "--scale", "0.5"), 2, "a table has one axis or two"),
        (("x.npy", "y.npy", "--size", "2", "--axes", "time"), 2, "no axis is called"),
        (("x.npy", "y.npy", "--size", "2", "--axes", "--1"), 2, 'no axis is called "--1"'),
        (("x.npy", "y.npy", "--size", "2", "--axes", "²"), 2, 'no axis is called "²"'),
        (("x.npy", "y.npy", "--scale", "1e308"), 2, "does not fit into memory"),
        (("cube.npy", "y.npy", "--size", "2"), 2, "name the axes that are to be resized\n"),
        (("huge.npy", "y.npy", "--size", "2"), 2, "huge.npy does not fit into memory\n"),
        (("decimal.csv", "y.npy", "--size", "2"), 2, "write decimals with a point"),
        (("cube.npy", "y.csv", "--scale", "0.5", "--picture", "p.svg"), 2, "a table has one axis or two"),
        (("x.npy", "y.npy", "--size", "2", "--picture", "p.gif"), 2, "no suffix that can be written"),
    ],
)
def test_files_that_cannot_be_resized(args, code, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(6.0))
    np.save("cube.npy", np.zeros((4, 4, 4)))
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "bad.npy").write_text("no array")
    (tmp_path / "bad.csv").write_text("a,b\nc,d\n")
    (tmp_path / "decimal.csv").write_text("a;b\n1,5;2,5\n3,5;4,5\n")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (9_000_000_000_000,)}
    )
    (tmp_path / "huge.npy").write_bytes(header.getvalue() + bytes(64))
    found, out, err = run("resize", *args)
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
    assert not {"y.npy", "y.csv", "p.svg"} & set(os.listdir())

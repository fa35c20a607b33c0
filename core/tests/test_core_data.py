"""The data types: checked, read-only, the same after a round trip."""

import csv
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield import (
    Axis,
    Codes,
    Comparison,
    DataError,
    Distances,
    Features,
    FrameGrid,
    Grid,
    Groups,
    Neighbours,
    OutputError,
    Signal,
    as_signal,
    members,
    write_csv,
    write_file,
)
from jackfield.data._storing import load, save


def test_signal_takes_one_channel_as_a_row():
    signal = Signal(samples=np.zeros(441, np.float32), rate=44_100)
    assert (signal.channels, signal.n, signal.seconds) == (1, 441, 0.01)


def test_arrays_are_copied_and_locked():
    mine = np.zeros((2, 10), np.float32)
    signal = Signal(samples=mine, rate=8000)
    mine[:] = 1
    assert not signal.samples.any()
    with pytest.raises(ValueError, match="read-only"):
        signal.samples[0, 0] = 1


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8"])
def test_arrays_get_the_byte_order_of_this_machine(dtype):
    samples = np.arange(5).astype(dtype)
    signal, grid = Signal(samples=samples, rate=8000), Grid(values=samples)
    assert signal.samples.dtype.isnative
    assert grid.values.dtype.isnative
    assert signal.samples[0].tolist() == grid.values.tolist() == [0, 1, 2, 3, 4]


def test_read_only_arrays_are_not_copied():
    mine = np.zeros((1, 10), np.float32)
    mine.flags.writeable = False
    assert np.shares_memory(Signal(samples=mine, rate=1).samples, mine)


def test_arrays_are_read_only_again_after_unpickling():
    signal = pickle.loads(pickle.dumps(Signal(samples=np.ones(4, np.float32), rate=8000)))
    with pytest.raises(ValueError, match="read-only"):
        signal.samples[0, 0] = 2


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros((2, 3, 4), np.float32), 8000, "channels, n"),
        (np.zeros((48_000, 2), np.float32), 8000, "channels first"),
        (np.zeros(4, np.float16), 8000, "float32 or float64"),
        (np.zeros(4, np.int32), 8000, "float32 or float64"),
        (np.array(["a"]), 8000, "numbers"),
        (np.zeros(4, np.float32), 0, "above 0"),
        (np.zeros(4, np.float32), float("inf"), "finite"),
    ],
)
def test_impossible_signals_are_refused(samples, rate, words):
    with pytest.raises(DataError, match=words):
        Signal(samples=samples, rate=rate)


def test_digest_tells_sounds_apart():
    a = np.arange(8, dtype=np.float32)
    base = Signal(samples=a, rate=8000).digest
    assert base == Signal(samples=a[None], rate=8000.0, history=("gain",)).digest
    others = [(a + 1, 8000), (a, 8001), (a.astype(np.float64), 8000), (a.reshape(2, 4), 8000)]
    assert base not in [Signal(samples=s, rate=r).digest for s, r in others]


def test_replace_keeps_the_history():
    signal = Signal(samples=np.zeros(4, np.float32), rate=8000).replace(rate=4000, note="half speed")
    assert signal.history == ("half speed",)
    assert signal.rate == 4000


def test_grid_checks_axes_frames_and_scale():
    frames = FrameGrid.of(64, n_fft=16, hop=16, center=False, rate=1)
    Grid(values=np.zeros((3, 4)), frames=frames)
    for wrong in (
        {"values": np.zeros((3, 5)), "frames": frames},
        {"values": np.zeros(3, complex)},
        {"values": np.zeros(3), "scale": "complex"},
        {"values": np.zeros((3, 4)), "axes": (Axis("x"),)},
        {"values": np.zeros(3), "axes": (Axis("x", coordinates=np.arange(4.0)),)},
    ):
        with pytest.raises(DataError):
            Grid(**wrong)
    grid = Grid(values=np.zeros((2, 3)), axes=(Axis("channel"), Axis("frequency", "Hz", 0.0, 50.0)))
    assert grid.axis("frequency") == 1
    assert grid.axes[1].values(3).tolist() == [0, 50, 100]
    with pytest.raises(DataError, match="axes: channel, frequency"):
        grid.axis("frame")


def test_features_check_names_units_and_coverage():
    values = np.zeros((4, 2), np.float32)
    Features(values=values, names=("a", "b"), coverage=np.ones(4))
    for wrong in ({"names": ("a",)}, {"units": ("Hz",)}, {"coverage": np.ones(3)}):
        with pytest.raises(DataError):
            Features(**({"values": values, "names": ("a", "b")} | wrong))
    with pytest.raises(DataError, match='names must differ: "a" is there twice'):
        Features(values=values, names=("a", "a"))


def test_what_has_a_rate_keeps_it(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(5, np.float32))
    assert as_signal(np.zeros(5, np.float32), rate=8.0).rate == 8
    for item in (tmp_path / "x.npy", Signal(samples=np.zeros(5), rate=1.0)):
        assert as_signal(item).rate == as_signal(item, rate=1).rate == 1
        with pytest.raises(DataError, match=r"has another rate than the one given: 1 Hz, not 8; .* samplerate"):
            as_signal(item, rate=8.0)


def test_codes_must_fit_their_width():
    Codes(values=np.array([[0, 255]]), rate=8000, bits=8, signed=False)
    with pytest.raises(DataError, match="8 bits"):
        Codes(values=np.array([[0, 256]]), rate=8000, bits=8, signed=False)
    with pytest.raises(DataError, match="8 bits"):
        Codes(values=np.array([[128]]), rate=8000, bits=8)


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_distances_agree_with_their_square(n, seed):
    condensed = np.random.default_rng(seed).random(n * (n - 1) // 2).astype(np.float32)
    distances = Distances(ids=tuple(map(str, range(n))), condensed=condensed)
    square = distances.square()
    assert np.array_equal(square, square.T)
    assert np.array_equal(square[np.triu_indices(n, 1)], condensed)
    for i in range(n):
        assert np.array_equal(distances.row(i), square[i])
        for j in range(n):
            assert distances.pair(i, j) == square[i, j]


def test_distances_must_be_whole_and_not_negative():
    with pytest.raises(DataError, match="need 3 values"):
        Distances(ids=("a", "b", "c"), condensed=np.zeros(2, np.float32))
    with pytest.raises(DataError, match="negative"):
        Distances(ids=("a", "b"), condensed=np.array([-0.1], np.float32))


def story() -> Distances:
    """Clips 0, 1, 2 close, 3 near them, 4 far away."""
    place = np.array([0.0, 0.1, 0.2, 0.6, 5.0], np.float32)
    i, j = np.triu_indices(5, 1)
    return Distances(ids=tuple("abcde"), condensed=np.abs(place[i] - place[j]))


def test_groups_have_medoids_margins_and_near_misses():
    groups = Groups.from_labels([7, 7, 7, 3, 4], story(), near=0.55)
    assert groups.labels.tolist() == [0, 0, 0, -1, -1]
    assert groups.medoid.tolist() == [1, 1, 1, -1, -1]
    assert groups.distance[:3].tolist() == pytest.approx([0.1, 0.0, 0.1], abs=1e-6)
    assert groups.margin[2] == pytest.approx(0.4 - 0.1)
    assert groups.nearest.tolist() == [1, 0, 1, 2, 3]
    assert [(int(i), int(j)) for i, j, _ in zip(*groups.near, strict=True)] == [(1, 3), (2, 3)]
    # The near miss is explained against the medoid of the group that it missed.
    assert groups.candidates() == ([0, 2, 3], [1, 1, 1])
    assert groups.members(0) == [1, 0, 2]


def test_what_is_undefined_is_not_called_different():
    distances = Distances(ids=tuple("abc"), condensed=np.array([np.nan, 0.9, np.nan], np.float32))
    groups = Groups.from_labels([-1, -1, -1], distances)
    assert [m.relation for m in members(groups)] == ["different", None, "different"]
    silent = Neighbours(ids=groups.ids, i=np.array([0]), j=np.array([2]), distance=np.array([np.nan], np.float32))
    assert members(groups, silent)[0].relation is None


def test_members_tell_variants_from_strangers():
    groups = Groups.from_labels([0, 0, 0, 1, 2], story(), near=0.55)
    first, second = groups.candidates()
    evidence = Neighbours(
        ids=groups.ids,
        i=np.array(first),
        j=np.array(second),
        distance=np.zeros(3, np.float32),
        columns={"offset_samples": np.array([1.5, np.nan, 4.0]), "polarity": np.array([1.0, -1.0, 1.0])},
        relations=("identical", None, "variant"),
        differs=((), (), ((1.37, 1.55),)),
    )
    rows = members(groups, evidence)
    assert [m.relation for m in rows] == ["identical", "medoid", "same", "variant", "different"]
    assert rows[3].other == "b"
    assert rows[3].evidence == Comparison(
        0.0, offset_samples=4.0, polarity=1, differs=((1.37, 1.55),), relation="variant"
    )
    assert rows[2].evidence.offset_samples is None
    assert rows[4].evidence is None


def test_labels_are_numbered_by_size_and_undefined_pairs_are_far():
    condensed = np.full(10, np.nan, np.float32)
    distances = Distances(ids=tuple("abcde"), condensed=condensed)
    groups = Groups.from_labels([1, 5, 5, 1, 5], distances)
    assert groups.labels.tolist() == [1, 0, 0, 1, 0]
    assert groups.medoid.tolist() == [0, 1, 1, 0, 1]
    assert groups.nearest.tolist() == [-1] * 5


@given(st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_groups_are_the_same_from_both_kinds_of_distances(n, seed):
    rng = np.random.default_rng(seed)
    condensed = rng.random(n * (n - 1) // 2).astype(np.float32)
    ids, labels = tuple(map(str, range(n))), rng.integers(-1, 3, n)
    i, j = np.triu_indices(n, 1)
    dense = Groups.from_labels(labels, Distances(ids=ids, condensed=condensed), near=0.5)
    sparse = Groups.from_labels(labels, Neighbours(ids=ids, i=i, j=j, distance=condensed), near=0.5)
    for name in ("labels", "medoid", "nearest", "distance", "margin"):
        np.testing.assert_array_equal(getattr(dense, name), getattr(sparse, name))
    for a, b in zip(dense.near, sparse.near, strict=True):
        np.testing.assert_array_equal(a, b)


def test_results_survive_the_disk(tmp_path):
    groups = Groups.from_labels([0, 0, 0, 1, 2], story(), near=0.5, settings={"threshold": 0.2, "notes": ("x",)})
    frames = FrameGrid.of(64, n_fft=16, hop=16, center=False, rate=8000)
    things = [
        groups,
        story(),
        Signal(samples=np.ones((2, 4), np.float32), rate=8000, history=("a",)),
        Grid(values=np.zeros((3, 4)), axes=(Axis("f", "Hz", coordinates=np.arange(3.0)), Axis("t")), frames=frames),
        Features(values=np.zeros((4, 1), np.float32), names=("a",), frames=frames),
        FrameGrid(4, Fraction(16, 3), 16, Fraction(-1, 3), 64, 8000),
        {"columns": {"distance": np.zeros(2)}, "relations": (None, "same"), "differs": (((0.1, 0.2),), ())},
    ]
    for k, thing in enumerate(things):
        save(tmp_path / f"{k}.result", thing)
        again = load(tmp_path / f"{k}.result")
        assert type(again) is type(thing)
        assert repr(again) == repr(thing)
    assert load(tmp_path / "0.result").settings == groups.settings
    assert load(tmp_path / "6.result")["differs"] == (((0.1, 0.2),), ())


def test_notebooks_see_a_table():
    html = Signal(samples=np.zeros(4, np.float32), rate=8000, history=("<b>",))._repr_html_()
    assert "<table>" in html
    assert "&lt;b&gt;" in html


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=4))
def test_any_text_survives_a_csv_file(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    write_csv(path, ("a", "b"), rows)
    with open(path, newline="", encoding="utf-8") as file:
        assert list(csv.reader(file, strict=True)) == [["a", "b"], *rows]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="could not write"):
        write_file(tmp_path / "folder", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]

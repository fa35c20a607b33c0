"""Data types as those of xarray and pandas: values, coordinates, units."""

import numpy as np
import pytest

from jackfield import Axis, Features, FrameGrid, Grid

pandas = pytest.importorskip("pandas")
xarray = pytest.importorskip("xarray")

FRAMES = FrameGrid.of(1024, n_fft=256, hop=128, rate=8000)


def spectrogram(**changes):
    values = np.random.default_rng(1).random((2, 129, FRAMES.count))
    axes = (Axis("channel"), Axis("frequency", "Hz", 0.0, 31.25), Axis("frame", "s", FRAMES.time(0), 128 / 8000))
    return Grid(**({"values": values, "axes": axes, "frames": FRAMES, "scale": "power"} | changes))


def test_a_spectrogram_as_a_data_array():
    grid = spectrogram()
    array = grid.to_xarray()
    assert isinstance(array, xarray.DataArray)
    assert array.dims == ("channel", "frequency", "frame")
    assert np.array_equal(array.values, grid.values)
    assert array.coords["frequency"].values[[0, 1, 128]].tolist() == [0.0, 31.25, 4000.0]
    assert array.coords["frame"].values.tolist() == pytest.approx([FRAMES.time(k) for k in range(FRAMES.count)])
    assert array.coords["channel"].values.tolist() == [0, 1]
    assert {name: c.attrs for name, c in array.coords.items()} == {
        "channel": {}, "frequency": {"units": "Hz"}, "frame": {"units": "s"},
    }  # fmt: skip
    assert array.attrs == {"scale": "power"}
    # The names and coordinates serve: the value at 1 kHz in the frame nearest to 50 ms.
    at = array.sel(frequency=1000).sel(frame=0.05, method="nearest")
    assert at.values.tolist() == grid.values[:, 32, 3].tolist()


def test_decibels_say_what_they_are_relative_to():
    assert spectrogram(scale="db", reference=0.5).to_xarray().attrs == {"scale": "db", "reference": 0.5}


def test_unnamed_axes_and_coordinates_of_their_own():
    grid = Grid(values=np.arange(6.0).reshape(2, 3), axes=(Axis(), Axis("band", "mel", coordinates=[1.0, 2.0, 4.0])))
    array = grid.to_xarray()
    assert array.dims == ("axis0", "band")
    assert array.coords["band"].values.tolist() == [1, 2, 4]
    assert array.sel(band=4.0).values.tolist() == [2, 5]


def test_a_complex_transposed_grid_keeps_its_values():
    values = (np.arange(6) + 1j).reshape(3, 2).T
    array = Grid(values=values, scale="complex").to_xarray()
    assert (array.dtype, array.shape) == (np.complex128, (2, 3))
    assert np.array_equal(array.values, values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_as_a_table_by_time(dtype):
    values = np.random.default_rng(2).random((FRAMES.count, 2)).astype(dtype)
    features = Features(values=values, names=("rms", "centroid"), units=("", "Hz"), frames=FRAMES)
    table = features.to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert [*table.columns] == ["rms", "centroid"]
    assert {str(kind) for kind in table.dtypes} == {dtype}
    assert np.array_equal(table.to_numpy(), values)
    assert table.index.name == "seconds"
    assert table.index.tolist() == [FRAMES.time(k) for k in range(FRAMES.count)]
    assert table.attrs == {"units": {"rms": "", "centroid": "Hz"}}
    assert table.loc[0.016:0.032, "rms"].tolist() == values[1:3, 0].tolist()


def test_one_row_for_the_whole_clip_has_no_time():
    table = Features(values=np.array([[1.0, np.nan]]), names=("a", "b")).to_pandas()
    assert table.index.tolist() == [0]
    assert table.isna().to_numpy().tolist() == [[False, True]]
    assert table.attrs == {}


def test_no_frame_at_all():
    frames = FrameGrid.of(0, n_fft=256, hop=128, rate=8000)
    table = Features(values=np.zeros((0, 1), np.float32), names=("a",), frames=frames).to_pandas()
    assert (table.shape, table.index.name) == ((0, 1), "seconds")


def test_tables_can_be_changed_without_changing_what_they_came_from():
    features = Features(values=np.ones((1, 1)), names=("a",))
    table = features.to_pandas()
    table.loc[0, "a"] = 7
    assert features.values.tolist() == [[1.0]]
    grid = Grid(values=np.ones(3))
    array = grid.to_xarray().copy()
    array[0] = 7
    assert grid.values.tolist() == [1, 1, 1]

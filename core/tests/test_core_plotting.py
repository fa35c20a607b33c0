"""Pictures say what the grid says: limits, labels, hatches and pixels are read back."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield import Axis, ConfigError, DataError, FrameGrid, Grid, Origin, PluginError, Signal

pytest.importorskip("matplotlib")


def spectrogram(n=20_000, channels=1, n_fft=512, hop=32, rate=8000, center=True, scale="power", **more):
    frames = FrameGrid.of(n, n_fft=n_fft, hop=hop, center=center, rate=rate)
    bins = 1 + n_fft // 2
    values = np.random.default_rng(0).random((channels, bins, frames.count)).astype(np.float32)
    axes = (
        Axis("channel"),
        Axis("frequency", "Hz", 0.0, rate / n_fft),
        Axis("frame", "s", frames.time(0), hop / rate),
    )
    return Grid(values=values, axes=axes, frames=frames, scale=scale, **more)


def hatched(ax):
    """Seconds from where to where columns are hatched."""
    found = [p.get_extents().transformed(ax.transData.inverted()) for p in ax.patches if p.get_hatch()]
    return [(box.x0, box.x1) for box in found]


def test_axes_come_from_the_grid():
    grid = spectrogram(source=Origin(path="clips/a $ b_1.wav"))
    figure = grid.plot()
    ax, bar = figure.axes
    (top,) = ax.child_axes
    assert ax.get_xlim() == pytest.approx((-16 / 8000, (grid.frames.center(grid.frames.count - 1) + 16) / 8000))
    assert ax.get_ylim() == pytest.approx((0, 4000 + 8000 / 1024))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("frame centre (s)", "frequency (Hz)")
    figure.draw_without_rendering()
    assert top.get_xlabel() == "frame centre (samples)"
    assert np.array(top.get_xlim()) == pytest.approx(8000 * np.array(ax.get_xlim()))
    assert bar.get_ylabel() == "dB re 1"
    assert figure.get_suptitle() == "clips/a $ b_1.wav"
    assert bar.get_ylim()[1] == pytest.approx(10 * np.log10(grid.values[:, 1:].max()), abs=0.1)


def test_frames_that_see_padding_are_hatched():
    grid = spectrogram()
    (ax, _) = grid.plot().axes
    last = grid.frames.count - 1
    (head, tail) = hatched(ax)
    assert head == pytest.approx((-16 / 8000, (7 * 32 + 16) / 8000))
    assert tail == pytest.approx(((grid.frames.inside().stop * 32 - 16) / 8000, (last * 32 + 16) / 8000))


def test_without_padding_nothing_is_hatched():
    (ax, _) = spectrogram(center=False).plot().axes
    assert hatched(ax) == []


def test_channels_are_rows():
    *rows, bar = spectrogram(channels=3).plot().axes
    assert [ax.get_ylabel() for ax in rows] == [f"channel {k}\nfrequency (Hz)" for k in range(3)]
    assert [ax.get_xlabel() for ax in rows] == ["", "", "frame centre (s)"]
    assert [len(ax.child_axes) for ax in rows] == [1, 0, 0]
    assert len(bar.child_axes) == 0


@pytest.mark.parametrize(
    ("scale", "db", "label", "top"),
    [
        ("power", True, "dB re 1", 20.0),
        ("magnitude", True, "dB re 1", 40.0),
        ("complex", True, "dB re 1", 40.0),
        ("power", False, "power", 100.0),
        ("complex", False, "magnitude", 100.0),
        ("db", True, "dB re 1", 100.0),
        ("linear", True, "", 100.0),
    ],
)
def test_the_colour_bar_says_what_is_coloured(scale, db, label, top):
    values = np.array([[100.0, 1.0], [0.0, 2.0]], complex if scale == "complex" else float)
    *_, bar = Grid(values=values, scale=scale).plot(db=db, span_db=60).axes
    assert bar.get_ylabel() == label
    low = top - 60 if label.startswith("dB") else 0.0
    assert bar.get_ylim() == pytest.approx((low, top))


def test_the_reference_is_named():
    *_, bar = spectrogram(scale="magnitude", reference=0.25).plot().axes
    assert bar.get_ylabel() == "dB re 0.25"


@pytest.mark.parametrize("spacing", ["linear", "log", "mel"])
def test_frequencies_are_spaced_as_asked(spacing):
    grid = spectrogram(n_fft=4096, hop=512)
    ax = grid.plot(spacing=spacing).axes[0]
    assert ax.get_yscale() == {"mel": "function"}.get(spacing, spacing)
    low = 0.0 if spacing != "log" else 4000 / 4096
    assert ax.get_ylim() == pytest.approx((low, 4000 + 4000 / 4096))
    (mesh,) = ax.collections
    rows, columns = mesh.get_array().shape
    assert columns == grid.frames.count
    assert 100 < rows <= 481 < grid.values.shape[1]
    # merged rows show the largest value
    skip = 1 if spacing == "log" else 0
    expected = 10 * np.log10(grid.values[0, skip:].max(axis=0))
    assert mesh.get_array().max(axis=0).tolist() == pytest.approx(expected.tolist())


def test_long_clips_are_drawn_by_their_peaks():
    grid = spectrogram(n=500_000, n_fft=64)
    (mesh,) = (ax := grid.plot().axes[0]).collections
    assert mesh.get_array().shape[1] <= 1200 < grid.frames.count
    assert mesh.get_array().max() == pytest.approx(10 * np.log10(grid.values.max()))
    assert len(hatched(ax)) == 2


def test_the_picture_is_a_png_of_its_size():
    file = io.BytesIO()
    spectrogram(channels=2).plot().savefig(file, format="png", dpi=100)
    assert struct.unpack(">II", file.getvalue()[16:24]) == (1200, 810)


@pytest.mark.parametrize("values", [np.zeros((3, 4)), np.full((3, 4), np.nan)])
def test_silence_and_gaps_can_be_drawn(values):
    Grid(values=values, scale="power").plot().savefig(io.BytesIO(), format="png")


def test_a_single_frame_is_a_hop_wide():
    ax = spectrogram(n=512, center=False).plot().axes[0]
    assert ax.get_xlim() == pytest.approx(((256 - 16) / 8000, (256 + 16) / 8000))


def test_silence_is_as_dark_as_it_gets_and_gaps_stay_bare():
    (mesh,) = Grid(values=np.array([[1.0, 0.0], [np.nan, 1e-4]]), scale="power").plot(span_db=50).axes[0].collections
    assert mesh.get_array().filled(np.nan) == pytest.approx(np.array([[0.0, -50.0], [np.nan, -40.0]]), nan_ok=True)
    assert mesh.axes.get_facecolor() == pytest.approx((0.6, 0.6, 0.6, 1))


def test_an_image_counts_its_rows_downwards():
    ax = Grid(values=np.zeros((3, 4)), axes=(Axis("row"), Axis("column"))).plot().axes[0]
    assert ax.get_ylim() == (2.5, -0.5)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.child_axes) == ("column", "row", [])


@pytest.mark.parametrize(
    ("grid", "spacing", "cause"),
    [
        (Grid(values=np.zeros(4)), "linear", "needs two axes"),
        (Grid(values=np.zeros((4, 0))), "linear", "needs two axes"),
        (Grid(values=np.zeros((17, 2, 2))), "linear", "at most 16 panels"),
        (Grid(values=np.zeros((2, 2))), "mel", "only frequencies can be spaced as mel"),
        (Grid(values=np.zeros((1, 2)), axes=(Axis("f", "Hz"), Axis())), "log", "no frequency above 0 Hz"),
    ],
)
def test_what_cannot_be_drawn_is_refused(grid, spacing, cause):
    with pytest.raises(DataError, match=cause):
        grid.plot(spacing=spacing)


@pytest.mark.parametrize(
    "wrong", [{"spacing": "bark"}, {"span_db": 0.0}, {"span_db": float("nan")}, {"span_db": float("inf")}]
)
def test_wrong_requests_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"spacing is one of linear, log, mel: got 'bark'|finite number above 0: got"):
        spectrogram().plot(**wrong)


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PluginError, match=r"pictures need matplotlib: .*; pip install matplotlib"):
        spectrogram().plot()


def test_drawing_leaves_pyplot_alone():
    code = (
        "import sys, numpy\nfrom jackfield import Grid\n"
        "Grid(values=numpy.ones((2, 2))).plot().savefig(sys.stdout.buffer, format='png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=120)
    assert done.stdout.startswith(b"\x89PNG")


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(1, 90), st.sampled_from(["power", "complex"]))
def test_peaks_are_the_largest_of_the_frames_they_cover(n, step, scale):
    frames = FrameGrid.of(n, n_fft=16, hop=3, rate=100)
    values = np.random.default_rng(n).random((2, frames.count)).astype(complex if scale == "complex" else float)
    grid = Grid(values=values, axes=(Axis(), Axis("frame", "s", 0.0, 0.03)), frames=frames, scale=scale)
    peaks = grid.peaks(step)
    assert peaks.scale == ("magnitude" if scale == "complex" else scale)
    assert peaks.values.shape[-1] == peaks.frames.count == -(-frames.count // step)
    for k in range(peaks.frames.count):
        old = range(k * step, min((k + 1) * step, frames.count))
        assert np.array_equal(peaks.values[:, k], np.abs(values[:, old]).max(axis=1))
        start, stop = peaks.frames.span(k)
        assert (start, stop) == (frames.span(old[0])[0], frames.span(old[-1])[1])
        times = grid.axes[1].values(k * step + step)[k * step :]
        assert peaks.axes[1].at(k) == pytest.approx(times.mean())


def test_peaks_of_given_coordinates_stand_at_their_middle():
    grid = Grid(values=np.arange(5.0)[None], axes=(Axis(), Axis("t", coordinates=np.array([0.0, 1, 2, 5, 9]))))
    assert grid.peaks(2).axes[1].coordinates.tolist() == [0.5, 3.5, 9.0]
    assert grid.peaks(2).values.tolist() == [[1.0, 3.0, 4.0]]
    with pytest.raises(DataError, match="at least 1"):
        grid.peaks(0)


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_samples_are_numbered_in_full():
    figure = spectrogram(n=2_000_000, n_fft=64, hop=2048).plot()
    (top,) = figure.axes[0].child_axes
    figure.draw_without_rendering()
    assert "1,000,000" in labels(top.xaxis)
    assert top.xaxis.get_offset_text().get_text() == ""


def test_a_waveform_has_seconds_below_and_samples_above():
    samples = np.array([[0.1, -0.5, 0.3], [0.0, 0.2, 0.1]])
    figure = Signal(samples=samples, rate=8000, source=Origin(path="a $ b.wav")).plot()
    one, two = figure.axes
    figure.draw_without_rendering()
    assert np.array_equal(one.lines[0].get_xydata(), np.stack([np.arange(3) / 8000, samples[0]], axis=1))
    assert np.array_equal(two.lines[0].get_ydata(), samples[1])
    assert (one.get_ylabel(), two.get_ylabel(), two.get_xlabel()) == ("channel 0", "channel 1", "time (s)")
    (top,) = one.child_axes
    assert top.get_xlabel() == "time (samples)"
    assert labels(top.xaxis)[1:-1] == ["0", "1", "2"]
    assert one.get_ylim() == pytest.approx((-0.525, 0.525))
    assert figure.get_suptitle() == "a $ b.wav"


@given(st.integers(1200, 100_000), st.integers(0, 100_000), st.booleans())
@settings(max_examples=15, deadline=None)
def test_no_click_gets_lost_in_a_long_waveform(n, place, broken):
    samples = np.zeros(n, np.float32)
    samples[place % n] = -0.75
    if broken:
        samples[(place + 1) % n] = np.nan
    (ax,) = Signal(samples=samples, rate=100).plot().axes
    drawn = ax.lines[0].get_xydata() if ax.lines else ax.collections[0].get_paths()[0].vertices
    lowest = drawn[np.nanargmin(drawn[:, 1])]
    assert lowest[1] == np.float32(-0.75)
    assert abs(lowest[0] - place % n / 100) <= -(-n // 1200) / 100
    assert ax.get_xlim() == pytest.approx((-0.005, (n - 0.5) / 100))


@pytest.mark.parametrize("samples", [np.zeros(1), np.full(5000, np.nan), np.array([np.inf, 1.0]), np.zeros((16, 3000))])
def test_odd_waveforms_are_drawn(samples):
    figure = Signal(samples=samples, rate=8000).plot()
    figure.savefig(io.BytesIO())
    assert figure.axes[0].get_ylim() == pytest.approx((-1.05, 1.05))


@pytest.mark.parametrize("shape", [(1, 0), (17, 100)])
def test_waveforms_that_cannot_be_drawn_are_refused(shape):
    with pytest.raises(DataError, match=f"1 to 16 channels with samples: got {shape[0]} × {shape[1]}"):
        Signal(samples=np.zeros(shape), rate=8000).plot()

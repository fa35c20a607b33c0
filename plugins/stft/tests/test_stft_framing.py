"""Frame counts and positions: exact numbers, other tools' own answers, and the grid that results."""

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jackfield_stft import Stft
from jackfield_stft._framing import CONVENTIONS, framing

from jackfield import ConfigError, DataError, FrameGrid, Signal

N = 199_488


@pytest.mark.parametrize(
    ("options", "count", "center"),
    [
        ({}, 6235, 0),
        ({"center": False}, 6219, 256),
        ({"center": False, "tail": "pad"}, 6219, 256),
        ({"center": False, "tail": "every"}, 6234, 256),
        ({"compat": "torchaudio"}, 6235, 0),
        ({"compat": "librosa"}, 6235, 0),
        ({"compat": "scipy"}, 6249, -224),
        ({"compat": "scipy-legacy"}, 6235, 0),
        ({"compat": "scipy-legacy", "center": False}, 6219, 256),
        ({"compat": "kaldi"}, 6219, 256),
        ({"compat": "kaldi", "center": True}, 6234, 16),
        ({"compat": "tensorflow"}, 6219, 256),
        ({"compat": "tensorflow", "tail": "every"}, 6234, 256),
    ],
)
def test_the_well_known_counts(options, count, center):
    frames = framing(N, n_fft=512, hop=32, **options)
    assert (frames.count, frames.grid(24_576).center(0)) == (count, center)


def test_frames_that_see_padding():
    frames = framing(N, n_fft=512, hop=32)
    assert frames.valid == range(8, 6227)
    kept = frames.only_valid()
    assert (kept.count, kept.first, kept.before, kept.after) == (6219, 0, 0, 0)
    assert kept.grid(24_576).span(6218) == (198_976, 199_488)
    assert kept.grid(24_576).solve(6219).missing == 0
    assert frames.grid(24_576).padded() == (*range(8), *range(6227, 6235))


@pytest.mark.parametrize("compat", [None, "librosa", "torchaudio"])
def test_the_count_does_not_depend_on_the_window(compat):
    for length in (1, 100, 511):
        frames = framing(N, n_fft=512, hop=32, win_length=length, center=False, compat=compat)
        assert (frames.count, frames.lead) == (6219, (512 - length) // 2)
    assert framing(N, n_fft=512, hop=32, win_length=400, compat="tensorflow").count == 1 + (N - 400) // 32


@settings(max_examples=300, deadline=None)
@given(
    n=st.integers(1, 900),
    win=st.integers(1, 60),
    hop=st.integers(1, 60),
    more=st.integers(0, 30),
    name=st.sampled_from(["hann", "hamming", "blackman", "rect"]),
)
def test_scipys_frames(n, win, hop, more, name):
    from scipy.signal import ShortTimeFFT, get_window

    shape = get_window("boxcar" if name == "rect" else name, win)
    peer = ShortTimeFFT(shape, min(hop, win), 1.0, mfft=win + more)
    if n < win - win // 2:
        return
    frames = framing(n, n_fft=win + more, hop=min(hop, win), win_length=win, window=name, compat="scipy")
    assert (frames.count, frames.grid(1).center(0)) == (peer.p_num(n), peer.p_min * peer.hop)


@settings(max_examples=300, deadline=None)
@given(n=st.integers(1, 900), win=st.integers(1, 60), overlap=st.integers(0, 59), centred=st.booleans())
def test_legacy_scipys_frames(n, win, overlap, centred):
    from scipy.signal import stft

    win = min(win, n)
    overlap = min(overlap, win - 1)
    for tail in ("pad", "drop"):
        with warnings.catch_warnings(action="ignore"):
            _, times, _ = stft(
                np.ones(n), 1.0, "hamming", win, overlap, boundary="zeros" if centred else None, padded=tail == "pad"
            )
        frames = framing(n, n_fft=win, hop=win - overlap, center=centred, tail=tail, compat="scipy-legacy")
        assert frames.count == len(times)
        assert abs(frames.grid(1).center(0) - times[0]) <= 0.5


def test_ten_thousand_random_cases():
    """Every count agrees with frames laid out one by one, and the grid with the spans they were laid on."""
    rng = np.random.default_rng(0)
    for _ in range(10_000):
        n, n_fft, hop = (int(v) for v in rng.integers(1, (300, 65, 40)))
        win, center = int(rng.integers(1, n_fft + 1)), bool(rng.integers(2))
        tail = ("drop", "pad", "every")[rng.integers(3)]
        frames = framing(n, n_fft=n_fft, hop=hop, win_length=win, center=center, tail=tail)
        pad = n_fft // 2 if center else 0
        first, end = -pad, n + pad
        starts = [first]
        while len(starts) < 1000 and starts[-1] < end + hop:
            starts.append(starts[-1] + hop)
        if tail == "drop":
            starts = [s for s in starts if s + n_fft <= end]
        elif tail == "every":
            starts = [s for s in starts if s < n]
        else:
            enough = next(k for k, s in enumerate(starts) if s + n_fft >= end)
            starts = starts[: enough + 1]
        assert frames.count == len(starts), (n, n_fft, hop, win, center, tail)
        grid, lead = frames.grid(100.0), (n_fft - win) // 2
        spans = [(s + lead, s + lead + win) for s in starts]
        assert [grid.span(k) for k in range(grid.count)] == spans
        valid = [k for k, (a, b) in enumerate(spans) if a >= 0 and b <= n]
        assert [*frames.valid] == valid
        assert frames.before == max(0, -first)
        assert frames.after == (max(0, starts[-1] + n_fft - n) if starts else 0)
        if tail == "drop":
            assert frames.needs == FrameGrid.of(n, n_fft=n_fft, hop=hop, window=win, center=center, rate=100.0).needs
            assert grid == FrameGrid.of(n, n_fft=n_fft, hop=hop, window=win, center=center, rate=100.0)


@pytest.mark.parametrize(
    ("compat", "wrong"),
    [
        ("librosa", {"tail": "pad"}),
        ("torchaudio", {"pad_mode": "symmetric"}),
        ("scipy", {"center": False}),
        ("scipy-legacy", {"pad_mode": "reflect"}),
        ("kaldi", {"pad_mode": "constant"}),
        ("tensorflow", {"center": True}),
        ("tensorflow", {"tail": "pad"}),
    ],
)
def test_what_a_tool_cannot_do_is_refused(compat, wrong):
    (name,) = wrong
    with pytest.raises(ConfigError, match=f"{name} contradicts compat: {name} .* has "):
        framing(1000, n_fft=64, hop=16, compat=compat, **wrong)


def test_what_else_is_refused():
    with pytest.raises(ConfigError, match="no such convention"):
        framing(1000, n_fft=64, hop=16, compat="matlab")
    with pytest.raises(ConfigError, match="fit into n_fft"):
        framing(1000, n_fft=64, hop=16, win_length=65)
    with pytest.raises(DataError, match="32 samples; n_fft 64 reflects 32, which takes at least 33"):
        framing(32, n_fft=64, hop=16).check()
    with pytest.raises(DataError, match="shorter than one frame: 63 samples, n_fft 64"):
        framing(63, n_fft=64, hop=16, center=False).check()
    with pytest.raises(DataError, match="signal is empty: 0 samples"):
        framing(0, n_fft=64, hop=16).check()
    with pytest.raises(DataError, match="2 samples, n_fft 64, hop 16; use a smaller hop"):
        framing(2, n_fft=64, hop=16, compat="kaldi", center=True).check(remedy="use a smaller hop")
    for compat in CONVENTIONS:
        assert framing(0, n_fft=64, hop=16, compat=compat).count == 0


@pytest.mark.parametrize(
    ("compat", "remedy"),
    [
        (None, "n_fft, or padding: center=True or tail='every'"),
        ("torchaudio", "n_fft, or padding: center=True"),
        ("librosa", "n_fft, or padding: center=True"),
        ("kaldi", "n_fft, or padding: center=True"),
        ("tensorflow", "n_fft, or padding: tail='every'"),
        ("scipy-legacy", "n_fft"),
    ],
)
def test_the_remedy_for_a_short_clip_is_one_that_the_tool_takes(compat, remedy):
    call = {"n_fft": 64, "hop": 16, "compat": compat}
    with pytest.raises(DataError) as refused:
        framing(63, **call, center=False, tail="drop").check()
    assert refused.value.remedy == f"use a smaller {remedy}"
    for more in ({"center": True}, {"tail": "every"}):
        if f"{next(iter(more))}=" in remedy:
            framing(63, **call | {"center": False} | more).check()


@pytest.mark.parametrize(("compat", "least"), [("scipy", 32), ("scipy-legacy", 63)])
def test_what_a_tool_does_not_take_as_it_is_is_refused(compat, least):
    framing(least, n_fft=64, hop=16, win_length=63, compat=compat).check()
    with pytest.raises(DataError, match=f"too short for compat: .* it takes at least {least}; "):
        framing(least - 1, n_fft=64, hop=16, win_length=63, compat=compat).check()


def test_reflecting_with_the_edge_repeated_goes_on_for_ever_as_in_numpy_and_kaldi():
    samples = np.arange(1.0, 6.0)
    frames = framing(5, n_fft=64, hop=16, pad_mode="symmetric")
    frames.check()
    values = Stft(n_fft=64, hop=16, pad_mode="symmetric", window="rect")(Signal(samples=samples, rate=1)).values
    assert np.allclose(values[0, :, 0], np.fft.rfft(np.pad(samples, 32, mode="symmetric")[:64]))
    framing(10, n_fft=64, hop=16, compat="kaldi", center=True).check()


@settings(max_examples=300)
@example(1, 2, 1, 1, False, "pad", True)
@given(
    st.integers(1, 200),
    st.integers(2, 40),
    st.integers(1, 50),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from(["drop", "pad", "every"]),
    st.booleans(),
)
def test_every_count_is_solved_by_exactly_the_lengths_that_give_it(n, n_fft, hop, window, center, tail, valid):
    def grid(n):
        found = framing(n, n_fft=n_fft, hop=hop, win_length=min(window, n_fft), center=center, tail=tail)
        return (found.only_valid() if valid else found).grid(1000)

    count = grid(n).count
    if count:
        solved = grid(n).solve(count).samples
        assert n in solved
        assert {grid(solved[0]).count, grid(solved[-1]).count} == {count}
        assert solved[0] == 1 or grid(solved[0] - 1).count < count < grid(solved[-1] + 1).count

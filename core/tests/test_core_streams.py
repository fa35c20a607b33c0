"""Signals in blocks: from files, through components, and held against the batch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield
from jackfield import Axis, Component, Features, FrameGrid, Grid, Param, Selection, Signal, select
from jackfield.errors import ConfigError, DataError
from jackfield.testing import check_component
from jackfield.testing._streams import CUTS, cut, difference


@dataclass(frozen=True, kw_only=True)
class Sums(Component):
    """Running sums over `hop` samples, one row of numbers per frame; the last frame may be short."""

    hop: Annotated[int, Param(ge=1, unit="samples", description="samples a frame")] = 7

    def __call__(self, signal: Signal) -> Features:
        frames = self.frames(0, -(-signal.n // self.hop), signal.n, signal.rate)
        padded = np.pad(signal.samples, ((0, 0), (0, frames.count * self.hop - signal.n)))
        sums = padded.reshape(signal.channels, frames.count, self.hop).sum(axis=2).T
        return Features(values=sums, names=tuple(f"channel {c}" for c in range(signal.channels)), frames=frames)

    def frames(self, first: int, count: int, n: int, rate: float) -> FrameGrid:
        return FrameGrid(count, self.hop, self.hop, first * self.hop + self.hop // 2, n, rate)

    def stream(self, rate: float, channels: int) -> "Summing":
        return Summing(self, rate, channels)


class Summing:
    def __init__(self, how: Sums, rate: float, channels: int) -> None:
        self.how, self.rate = how, rate
        self.kept, self.done, self.n = np.zeros((channels, 0), np.float32), 0, 0

    def push(self, block: Signal) -> Features | None:
        self.n += block.n
        self.kept = np.concatenate([self.kept, block.samples], axis=1)
        whole = self.kept.shape[1] // self.how.hop * self.how.hop
        out, self.kept = self.kept[:, :whole], self.kept[:, whole:]
        return self.give(out) if whole else None

    def finish(self) -> Features | None:
        return self.give(self.kept) if self.kept.size else None

    def give(self, samples: np.ndarray) -> Features:
        part = self.how(Signal(samples=samples, rate=self.rate))
        frames = self.how.frames(self.done, part.frames.count, self.n, self.rate)
        self.done += frames.count
        return replace(part, frames=frames)


def noise(n: int, channels: int = 2) -> Signal:
    rng = np.random.default_rng(n)
    return Signal(samples=rng.standard_normal((channels, n)).astype(np.float32), rate=8000)


@given(n=st.integers(1, 60), hop=st.integers(1, 9), sizes=st.lists(st.integers(0, 20), min_size=1).filter(any))
def test_however_a_signal_is_cut_the_parts_are_the_whole(n, hop, sizes):
    whole = Sums(hop=hop)(noise(n))
    parts = list(jackfield.stream(Sums(hop=hop), cut(noise(n), tuple(sizes))))
    assert difference(whole, parts) == ""
    assert np.array_equal(np.concatenate([p.values for p in parts]), whole.values)
    assert parts[-1].frames.n_samples == whole.frames.n_samples == n
    assert sum(p.frames.count for p in parts) == whole.frames.count


def test_parts_come_as_soon_as_they_are_known():
    pulled = []

    def live() -> Iterator[Signal]:
        for k in range(3):
            pulled.append(k)
            yield Signal(samples=np.full((1, 7), k, np.float32), rate=8000)

    parts = jackfield.stream(Sums(hop=7), live())
    assert pulled == []
    assert next(parts).values.tolist() == [[0]]
    assert pulled == [0]
    assert [p.values.tolist() for p in parts] == [[[7]], [[14]]]


def test_what_cannot_be_streamed_says_why():
    class Whole(Component):
        def __call__(self, signal: Signal) -> Signal:
            return signal

    with pytest.raises(ConfigError, match=r"Whole cannot stream: it has no stream\(\); call it on the whole signal"):
        jackfield.stream(Whole(), [])
    with pytest.raises(DataError, match="nothing to stream"):
        list(jackfield.stream(Sums(), []))
    with pytest.raises(DataError, match=r"differs .*: 8000 Hz × 1 after 8000 Hz × 2"):
        list(jackfield.stream(Sums(), [noise(9), noise(9, 1)]))
    with pytest.raises(DataError, match="must be a Signal: got ndarray"):
        list(jackfield.stream(Sums(), [noise(9).samples]))

    class One(Sums):
        channels = "one"

    with pytest.raises(DataError, match="One takes one channel: got 2"):
        list(jackfield.stream(One(), [noise(9)]))


# -- blocks of files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".npy"])
@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_a_reader_without_blocks_gives_them_too(tmp_path, suffix, size):
    values = np.arange(40, dtype=np.float32).reshape(2, 20)
    path = tmp_path / f"x{suffix}"
    np.save(path, values) if suffix == ".npy" else np.savetxt(path, values.T, delimiter=",")
    parts = list(jackfield.blocks(path, size=size))
    assert [p.start for p in parts] == list(range(0, 20, size))
    assert all(p.n == size for p in parts[:-1])
    assert np.array_equal(np.concatenate([p.samples for p in parts], axis=1), values)
    segment = list(jackfield.blocks(path, size=size, start=3, stop=9))
    assert segment[0].start == 3
    assert np.array_equal(np.concatenate([p.samples for p in segment], axis=1), values[:, 3:9])


def test_sound_files_come_in_the_blocks_of_their_reader(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "x.wav"
    soundfile.write(path, np.linspace(-0.5, 0.5, 1000), 8000)
    parts = list(jackfield.blocks(path, size=300))
    assert [(p.start, p.n) for p in parts] == [(0, 300), (300, 300), (600, 300), (900, 100)]
    whole = jackfield.read(path)
    assert np.array_equal(np.concatenate([p.samples for p in parts], axis=1), whole.samples)
    sums = np.concatenate([p.values for p in jackfield.stream(Sums(hop=16), parts)])
    assert np.array_equal(sums, Sums(hop=16)(whole).values)


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_a_block_has_at_least_one_sample(tmp_path, size):
    with pytest.raises(ConfigError, match="at least one sample"):
        jackfield.blocks(tmp_path / "x.npy", size=size)


# -- the kit's rule ----------------------------------------------------------------------------------------------------

PLUGIN = '''
from dataclasses import dataclass
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Late(Component):
    """One sample later."""
    def __call__(self, signal: Signal) -> Signal:
        import numpy as np
        return signal.replace(samples=np.pad(signal.samples, ((0, 0), (1, 0)))[:, :-1], note="later")
    def stream(self, rate, channels):
        return Later()

class Later:
    last = None
    def push(self, block):
        import numpy as np
        last = np.zeros((block.channels, 1), np.float32) if self.last is None else self.last
        known = np.concatenate([last, block.samples], axis=1)
        self.last = known[:, -1:]
        return block.replace(samples=known[:, :-1], note="later")
    def finish(self):
        return None

@hookimpl
def jackfield_transforms():
    yield Transform("late", Late)
'''


def verdict(tmp_path, code):
    path = tmp_path / "late.py"
    path.write_text(code)
    select(Selection())
    select(Selection(none=True, files=(str(path),)))
    try:
        (found,) = (v for v in check_component("late", raises=False) if v.rule == "stream equals batch")
        return found.state, found.reason
    finally:
        select(Selection())


def test_the_kit_holds_streams_against_the_batch(tmp_path):
    assert verdict(tmp_path, PLUGIN) == ("passed", "")


@pytest.mark.parametrize(
    ("right", "wrong", "state", "reason"),
    [
        ("self.last = known[:, -1:]", "pass", "failed", "values differ"),
        ("return None", "return Signal(samples=self.last, rate=8000)", "failed", "from the parts"),
        ('note="later")\n    def finish', 'rate=4000, note="later")\n    def finish', "failed", "rate of the part"),
        ('note="later")\n    def finish', 'start=0, note="later")\n    def finish', "failed", "start of the part"),
        ("return block.replace", "return None\n        block.replace", "failed", "the stream gave nothing"),
        ("return Later()", 'raise ConfigError("not so")', "skipped", "these parameters refuse to stream: not so"),
        ("def stream(", "def streaming(", "skipped", "it has no stream()"),
    ],
)
def test_the_kit_sees_what_is_wrong_with_a_stream(tmp_path, right, wrong, state, reason):
    assert right in PLUGIN
    found = verdict(tmp_path, PLUGIN.replace(right, wrong))
    assert found[0] == state
    assert reason in found[1]


def grid(first: int, count: int, **changes) -> Grid:
    axes = (Axis("frequency", "Hz", 0.0, 100.0), Axis("frame", "s", first / 10, 0.1))
    frames = FrameGrid(count, 10, 20, 10 * first, 10 * (first + count), 100)
    values = np.arange(first, first + count, dtype=np.float64) * np.ones((3, 1))
    return Grid(**({"values": values, "axes": axes, "frames": frames, "scale": "power"} | changes))


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (grid(2, 3), ""),
        (grid(2, 3, scale="magnitude"), "scale of the part from 2 on"),
        (grid(2, 3, frames=grid(0, 3).frames), "frames of the part from 2 on"),
        (grid(2, 3, frames=None), "frames of the part from 2 on"),
        (grid(2, 3, axes=grid(0, 3).axes), "last axis of the part from 2 on"),
        (grid(2, 3, axes=(Axis("bark"), grid(2, 3).axes[1])), "axes of the part from 2 on"),
        (grid(2, 2), "from the parts"),
        (grid(3, 3), "differ"),
    ],
)
def test_grids_are_compared_in_every_respect(second, says):
    found = difference(grid(0, 5), [grid(0, 2), second])
    assert says in found
    assert bool(found) == bool(says)


def test_the_kits_cuts_hold_every_sample():
    for sizes in CUTS:
        parts = list(cut(noise(4000), sizes))
        assert np.array_equal(np.concatenate([p.samples for p in parts], axis=1), noise(4000).samples)

"""Small inputs of every kind that a component can take: ordinary, empty, of one sample, and with NaN."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np

from ..data import (
    Axis,
    Clip,
    Codes,
    Collection,
    Distances,
    Features,
    FrameGrid,
    Grid,
    Groups,
    Neighbours,
    Results,
    Signal,
    Source,
)
from ..planning._inputs import source_of

RATE = 8000
Case = Literal["ordinary", "empty", "one", "nan", "stereo"]


def samples(n: int, channels: int = 1) -> np.ndarray:
    """Two tones and noise, (channels, n) float32, the same every time."""
    noise = np.random.default_rng(7).normal(0, 0.05, (channels, n))
    t = np.arange(n) / RATE
    return (0.4 * np.sin(2 * np.pi * 440 * t) + 0.2 * np.sin(2 * np.pi * 1330 * t) + noise).astype(np.float32)


def _with_nan(values: np.ndarray) -> np.ndarray:
    """NaN in the middle third of the last axis."""
    out, n = values.copy(), values.shape[-1]
    out[..., n // 3 : max(2 * n // 3, n // 3 + 1)] = np.nan
    return out


def signal(case: Case) -> Signal:
    """Half a second at 8 kHz, no sample, one sample, NaN in the middle, or two channels."""
    n = {"empty": 0, "one": 1}.get(case, RATE // 2)
    values = samples(n, 2 if case == "stereo" else 1)
    return Signal(samples=_with_nan(values) if case == "nan" else values, rate=RATE)


def grids(case: Case) -> Iterator[Grid]:
    """A short-time spectrum (channel, frequency, frame) in every scale; a component refuses those it does not take."""
    n_fft, hop = 256, 64
    n = {"empty": 0, "one": 1}.get(case, RATE // 2)
    frames = FrameGrid.of(n, n_fft=n_fft, hop=hop, rate=RATE)
    source = samples(n + n_fft, 2 if case == "stereo" else 1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    cut = [source[:, k * hop : k * hop + n_fft] * window for k in range(frames.count)]
    shape = (source.shape[0], n_fft // 2 + 1, 0)
    spectrum = np.stack([np.fft.rfft(c) for c in cut], axis=-1) if cut else np.zeros(shape, complex)
    spectrum = _with_nan(spectrum) if case == "nan" else spectrum
    power = np.abs(spectrum) ** 2
    axes = (Axis("channel"), Axis("frequency", "Hz", 0.0, RATE / n_fft), Axis("frame", "s", 0.0, hop / RATE))
    scales: dict[Any, np.ndarray] = {
        "power": power,
        "magnitude": np.abs(spectrum),
        "complex": spectrum,
        "db": 10 * np.log10(power + 1e-10),
        "linear": power,
    }
    for scale, values in scales.items():
        yield Grid(values=values, axes=axes, frames=frames, scale=scale)


def features(case: Case) -> Features:
    """24 rows of 5 columns, none, one, or NaN in some."""
    rows = {"empty": 0, "one": 1}.get(case, 24)
    values = np.random.default_rng(3).normal(size=(rows, 5)).astype(np.float32)
    values = _with_nan(values) if case == "nan" else values
    frames = FrameGrid.of(rows * 64, n_fft=64, hop=64, center=False, rate=RATE)
    return Features(values=values, names=tuple("abcde"), frames=frames if frames.count == rows else None)


def distances(case: Case) -> Distances:
    """Two groups of three and two loners, no item, one item, or NaN for some pairs."""
    n = {"empty": 0, "one": 1}.get(case, 8)
    place = np.array([0.0, 0.01, 0.02, 3.0, 3.01, 3.03, 9.0, 20.0])[:n]
    square = np.abs(place[:, None] - place[None, :]).astype(np.float32)
    condensed = square[np.triu_indices(n, 1)]
    if case == "nan":
        condensed[::3] = np.nan
    return Distances(ids=tuple(f"clip{k}.wav" for k in range(n)), condensed=condensed)


def neighbours(case: Case) -> Neighbours:
    """The same pairs as `distances`, as a list."""
    full = distances(case)
    i, j = np.triu_indices(len(full), 1)
    return Neighbours(ids=full.ids, i=i, j=j, distance=full.condensed)


def collection(case: Case, rows: int = 24) -> Collection[Features]:
    """Five items of Features, of some rows each, or none, or one."""
    count = {"empty": 0, "one": 1}.get(case, 5)
    item = features("nan" if case == "nan" else "ordinary")
    items = [Features(values=item.values[k : k + rows], names=item.names) if rows < 24 else item for k in range(count)]
    return Collection(tuple(f"clip{k}.wav" for k in range(count)), lambda k: items[k])


def results(case: Case, folder: Path) -> Results:
    """A finished run over `distances`, with groups and evidence."""
    full = distances(case)
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 3], np.int64)[: len(full)]
    groups = Groups.from_labels(labels, full, near=5.0, settings={"threshold": 0.1, "near": 5.0})
    first, second = groups.candidates()
    pair = np.array([[a, b] for a, b in zip(first, second, strict=True)], np.int64).reshape(-1, 2)
    near = np.array([full.pair(a, b) for a, b in pair], np.float32)
    evidence = Neighbours(
        ids=full.ids,
        i=pair[:, 0],
        j=pair[:, 1],
        distance=near,
        columns={"offset_samples": near * 100.0, "offset_s": near * 100.0 / RATE, "gain_db": near * 0.0},
        relations=tuple("same" for _ in near),
        differs=tuple(((0.1, 0.2),) for _ in near),
    )
    made: dict[str, Any] = {"pattern": full, "groups": groups, "evidence": evidence}
    clips = tuple(Clip(i, i, 1000, 0, f"{k:032x}", RATE, 1, RATE) for k, i in enumerate(full.ids))
    return Results(folder=folder, clips=clips, errors=(), steps=dict.fromkeys(made, "kit"), load=made.__getitem__)


def file(case: Case, suffix: str, folder: Path) -> Source | None:
    """A file with this suffix, if the kit can write such files without a library."""
    path = folder / f"{case}{suffix}"
    n = {"empty": 0, "one": 1}.get(case, 400)
    values = samples(n, 2 if case == "stereo" else 1)
    values = _with_nan(values) if case == "nan" else values
    if suffix == ".wav" and case != "nan":
        with wave.open(str(path), "wb") as out:
            out.setparams((values.shape[0], 2, RATE, 0, "NONE", ""))
            out.writeframes((values.T * 20000).astype("<i2").tobytes())
    elif suffix == ".csv":
        np.savetxt(path, values.T, delimiter=",", fmt="%.9g")
    elif suffix == ".npy":
        np.save(path, values)
    else:
        return None
    return source_of(str(path))


MAKERS: dict[Any, Callable[[Case], Any]] = {
    Signal: signal,
    Features: features,
    Distances: distances,
    Neighbours: neighbours,
    Codes: lambda case: Codes(
        values=(samples({"empty": 0, "one": 1}.get(case, 400)) * 100).astype(np.int16), rate=RATE, bits=16
    ),
}


def inputs(kinds: tuple[Any, ...], case: Case, folder: Path, suffixes: tuple[str, ...]) -> Iterator[Any]:
    """Inputs of the kinds a component takes, for one case; the kit tries them until one is not refused."""
    for kind in kinds:
        if kind in MAKERS:
            yield MAKERS[kind](case)
        elif kind is Grid:
            yield from grids(case)
        elif kind is Results:
            yield results(case, folder)
        elif get_origin(kind) is Collection and get_args(kind) == (Features,):
            yield collection(case)
            yield collection(case, rows=1)
        elif kind is Source:
            yield from (s for suffix in suffixes if (s := file(case, suffix, folder)) is not None)

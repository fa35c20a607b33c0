"""`jackfield explain frames`, and the function `explain_frames`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from jackfield import (
    ConfigError,
    DataError,
    FrameGrid,
    Signal,
    as_signal,
    output_options,
    plugin_options,
    print_json,
    print_table,
)

from ._checks import each, finite, whole
from ._framing import CONVENTIONS, PAD_MODES, Framing, framing
from ._stft import Stft, Window

if TYPE_CHECKING:
    from ._compare import SpectrogramsCompared

# What each tool gives when nothing is said, and the other way it is commonly called
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("torch.stft, torchaudio", {"compat": "torchaudio"}),
    ("torch.stft, torchaudio (center=False)", {"compat": "torchaudio", "center": False}),
    ("librosa.stft", {"compat": "librosa"}),
    ("librosa.stft (center=False)", {"compat": "librosa", "center": False}),
    ("scipy.signal.ShortTimeFFT", {"compat": "scipy"}),
    ("scipy.signal.stft", {"compat": "scipy-legacy"}),
    ("scipy.signal.spectrogram", {"compat": "scipy-legacy", "center": False, "tail": "drop"}),
    ("Kaldi (snip_edges=true)", {"compat": "kaldi"}),
    ("Kaldi (snip_edges=false)", {"compat": "kaldi", "center": True}),
    ("tf.signal.stft", {"compat": "tensorflow"}),
    ("tf.signal.stft (pad_end=True)", {"compat": "tensorflow", "tail": "every"}),
)


@dataclass(frozen=True)
class Tool:
    """What one tool makes of the same samples: its frame count, and where frame 0 and the last one are centred.

    note : why the tool does not give that count after all, "" if it does
    """

    name: str
    grid: FrameGrid
    note: str = ""


@dataclass(frozen=True)
class Place:
    """A sample of the signal and the frame nearest to it.

    sample, seconds : the place
    frames : all frames whose window holds the sample
    frame : the one whose centre is nearest, or the one that was asked for
    center, span, coverage : of that frame, in samples; coverage is the share of it that is signal
    """

    sample: int
    seconds: float
    frames: range
    frame: int
    center: int
    span: tuple[int, int]
    coverage: float

    def __str__(self) -> str:
        inside = f"frames {self.frames[0]}–{self.frames[-1]}" if len(self.frames) > 1 else "no frame"
        inside = f"frame {self.frames[0]}" if len(self.frames) == 1 else inside
        return (
            f"sample {self.sample:,} ({self.seconds:.6g} s) is in {inside}; frame {self.frame} is centred at "
            f"{self.center:,} and covers [{self.span[0]:,}, {self.span[1]:,}), {100 * self.coverage:.4g} % of it signal"
        )


@dataclass(frozen=True)
class FramesExplained:
    """Why a spectrogram has the frames it has.

    grid : the frames; `str(grid.explain())` and `grid.solve(count)` say more of them
    forward : how the count follows from the length, where frames lie, which see padding
    refused : why the transform would not be computed, None if it would
    backward : what would give the observed count, None if none was given
    given_by : the tools that give the observed count from the same samples and settings
    tools : what each tool gives
    places : the frames, samples and times that were asked for
    """

    grid: FrameGrid
    forward: str
    refused: str | None
    observed: int | None
    backward: str | None
    given_by: tuple[str, ...]
    tools: tuple[Tool, ...]
    places: tuple[Place, ...]

    def facts(self) -> dict[str, Any]:
        """All of it as plain data, for JSON."""
        head, tail = self.grid.explain().padded
        solution = self.grid.solve(self.observed) if self.observed else None
        return {
            **_plain(self.grid),
            "forward": self.forward,
            "padded_frames": [[r.start, r.stop] for r in (head, tail) if r],
            "refused": self.refused,
            "observed": self.observed,
            "backward": self.backward,
            "observed_needs_samples": [*_ends(solution.samples)] if solution else None,
            "observed_needs_pad": [*_ends(solution.pad)] if solution else None,
            "samples_missing": solution.missing if solution else None,
            "given_by": list(self.given_by),
            "tools": [{"tool": t.name, **_plain(t.grid), "note": t.note} for t in self.tools],
            "places": [vars(p) | {"frames": [p.frames.start, p.frames.stop]} for p in self.places],
        }


def _plain(grid: FrameGrid) -> dict[str, Any]:
    names = ("count", "hop", "window", "first_center", "n_samples", "rate")
    return {name: getattr(grid, name) for name in names}


def _ends(numbers: range) -> tuple[int, ...]:
    return (numbers[0], numbers[-1]) if numbers else ()


def explain_frames(
    item: Any = None,
    *,
    samples: int | None = None,
    rate: float | None = None,
    n_fft: int = 2048,
    hop: int = 512,
    win_length: int | None = None,
    window: str | None = None,
    center: bool | None = None,
    pad_mode: str | None = None,
    tail: str | None = None,
    compat: str | None = None,
    observed: int | None = None,
    frames: Iterable[int] = (),
    at_samples: Iterable[int] = (),
    at_times: Iterable[float] = (),
) -> FramesExplained:
    """Why a short-time transform has as many frames as it has, and what would give another number.

    item : a Signal, a path, or an array with its `rate`; or else `samples`, the length
    samples, rate : length of the signal, samples per second
    n_fft, hop, win_length, window, center, pad_mode, tail, compat : as in `stft`
    observed : a frame count that somebody got
    frames, at_samples, at_times : frames (any k), samples and finite times in seconds, looked up in both directions

    Raises ConfigError for settings that contradict each other and where neither a clip nor its length is given, and
    DataError for clips that cannot be read.

    >>> found = explain_frames(samples=199_488, rate=24_576, n_fft=512, hop=32, observed=6219)
    >>> found.grid.count, found.given_by[-2:]
    (6235, ('Kaldi (snip_edges=true)', 'tf.signal.stft'))
    >>> print(explain_frames(samples=199_488, rate=24_576, n_fft=512, hop=32, observed=6241).backward)
    6241 needs 199,680…199,711 samples (8.125 s) or pad 96…111: your buffer has 192 samples fewer
    """
    n, rate = _length(item, samples, rate)
    settings: dict[str, Any] = {"n_fft": n_fft, "hop": hop, "win_length": win_length, "window": window}
    # built to be checked
    component = Stft(**settings, center=center, pad_mode=pad_mode, tail=tail, compat=compat)  # type: ignore[arg-type]
    own = component.framing(n)
    grid = own.grid(rate)
    settings["window"] = component.shape[0]
    tools = tuple(_tool(name, call, framing(n, **settings, **call), rate) for name, call in CALLS)
    starts: list[tuple[int, int | None]] = [(grid.center(k), k) for k in each(whole, "frames", frames)]
    starts += [(sample, None) for sample in each(whole, "at_samples", at_samples)]
    starts += [(round(t * rate), None) for t in each(finite, "at_times", at_times)]
    return FramesExplained(
        grid=grid,
        forward=str(grid.explain(own.pad)),
        refused=_refusal(own),
        observed=observed,
        backward=None if observed is None else str(grid.solve(observed)),
        given_by=tuple(t.name for t in tools if t.grid.count == observed and not t.note),
        tools=tools,
        places=tuple(_place(grid, sample, frame) for sample, frame in starts),
    )


def _length(item: Any, samples: int | None, rate: float | None) -> tuple[int, float]:
    if item is not None:
        if samples is not None:
            raise ConfigError("a clip brings its own length", f"samples {samples}", "leave one of them out")
        if rate is not None and isinstance(item, (str, os.PathLike, Signal)):
            raise ConfigError("a clip brings its own rate", f"rate {rate:g}", "leave one of them out")
        signal = item if isinstance(item, Signal) else as_signal(item, rate=rate)
        return signal.n, signal.rate
    if samples is None or rate is None:
        given = f"samples {samples}, rate {rate}"
        raise ConfigError("frames need a clip, or its length and rate", given, "give a clip, or samples and rate")
    samples, rate = whole("samples", samples), finite("rate", rate)
    if samples < 1 or rate <= 0:
        raise ConfigError("a clip has at least one sample and a rate above 0", f"samples {samples}, rate {rate:g}")
    return samples, rate


def _tool(name: str, call: dict[str, Any], frames: Framing, rate: float) -> Tool:
    note, compat = "", call["compat"]
    if compat == "scipy-legacy" and frames.n < frames.window:
        note = f"but makes its window shorter, {frames.n} samples, or refuses"
    elif compat == "scipy-legacy" and frames.hop > frames.window and call.get("tail") != "drop":
        note = "but pads otherwise where hop exceeds the window"
    elif compat in ("torchaudio", "librosa", "scipy") and _refusal(frames):
        note = "but refuses so short a clip"
    return Tool(name, frames.grid(rate), note)


def _refusal(own: Framing) -> str | None:
    try:
        own.check()
    except DataError as error:
        return str(error)
    return None


def _place(grid: FrameGrid, sample: int, frame: int | None) -> Place:
    if frame is None:
        # of two centres equally near, the earlier
        nearest = (2 * (sample - grid.first_center) + grid.hop - 1) // (2 * grid.hop)
        frame = min(max(nearest, 0), max(grid.count - 1, 0))
    return Place(
        sample=sample,
        seconds=sample / grid.rate,
        frames=grid.frames_at(sample),
        frame=frame,
        center=grid.center(frame),
        span=grid.span(frame),
        coverage=grid.coverage(frame),
    )


def compare_spectrograms(a: Any, b: Any, *, hop: int | None = None, tolerance: float = 1e-5) -> SpectrogramsCompared:
    """How spectrogram `b` relates to spectrogram `a`: shift, scale, which frames differ, and why.

    a, b : Grids, or arrays (…, frequency, frame): complex, magnitude, power, or (with values below 0) decibels
    hop : samples between frames; None takes the grids', or looks for a common one
    tolerance : of a frame's values, over the largest; the default allows for float32

    Window and padding are read off complex values whose frames overlap; off magnitudes they cannot be.

    Raises DataError for arrays that are no spectrograms or have different frequencies, ConfigError for a hop or
    tolerance that is none.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> from jackfield_stft import Stft
    >>> noise = Signal(samples=np.random.default_rng(0).standard_normal(4000), rate=8000)
    >>> zeros = Stft(n_fft=256, hop=64, pad_mode="constant")(noise)
    >>> found = compare_spectrograms(Stft(n_fft=256, hop=64)(noise), zeros)
    >>> found.where, found.differs, found.a.pad, found.b.pad
    ('edges', (0, 1, 61, 62), 'reflect', 'zeros')
    """
    from ._compare import compare

    return compare(a, b, hop, tolerance)


@click.command("frames")
@click.argument("clip", required=False, type=click.Path())
@click.option("--samples", type=int, help="Length of the signal, in place of a clip.")
@click.option("--rate", type=float, help="Samples per second, with --samples.")
@click.option("--n-fft", type=int, default=2048, show_default=True, help="Length of the Fourier transform.")
@click.option("--hop", type=int, default=512, show_default=True, help="Samples between frames.")
@click.option("--win-length", type=int, help="Length of the window; default n_fft.")
@click.option("--window", type=click.Choice(get_args(Window)), help="Shape of the window.")
@click.option("--center/--no-center", default=None, help="Frame k on sample k · hop, or beginning there.")
@click.option("--pad-mode", type=click.Choice(PAD_MODES), help="What is found beyond the ends.")
@click.option("--tail", type=click.Choice(["drop", "pad", "every"]), help="What becomes of a last, broken frame.")
@click.option("--compat", type=click.Choice([*CONVENTIONS]), help="Count as this tool does.")
@click.option("--observed", type=int, help="A frame count to be explained.")
@click.option("--frame", "frames", type=int, multiple=True, help="Which samples are in frame K?")
@click.option("--sample", "at_samples", type=int, multiple=True, help="Which frames hold sample S?")
@click.option("--time", "at_times", type=float, multiple=True, help="Which frames hold second T?")
@click.option("--compare", nargs=2, type=click.Path(), metavar="A B", help="Compare two spectrograms (.npy) instead.")
@output_options
@plugin_options
def command(clip: str | None, compare: tuple[str, str] | None, as_json: bool, **options: Any) -> int:
    """How many frames, and why; which samples are in which frame; what would give another count.

    Takes a CLIP, or --samples and --rate. --compare says how two spectrograms relate: shift, scale, padding, window.
    """
    options = {name: value for name, value in options.items() if name not in ("quiet", "verbose")}
    if compare:
        source = click.get_current_context().get_parameter_source
        given = [name for name in ("clip", *options) if source(name) is ParameterSource.COMMANDLINE]
        return _compare(compare, options["hop"] if "hop" in given else None, as_json, {*given} - {"hop"})
    found = explain_frames(clip, **options)
    if as_json:
        print_json({"clip": clip and os.fspath(clip), **found.facts()})
        return 0
    click.echo(found.forward)
    if found.refused:
        click.echo(f"but jackfield refuses it: {found.refused}")
    if found.backward:
        click.echo(found.backward)
        click.echo(_verdict(found))
    for place in found.places:
        click.echo(str(place))
    click.echo("\nthe same samples and settings elsewhere:")
    rows = [(t.name, f"{t.grid.count}", f"{t.grid.first_center} {t.note}".strip()) for t in found.tools]
    print_table(("tool", "frames", "frame 0 centred at"), rows)
    return 0


def _verdict(found: FramesExplained) -> str:
    grid = found.grid
    if found.given_by:
        return f"{found.observed} is what {', '.join(found.given_by)} give{'s' if len(found.given_by) == 1 else ''}"
    return f"no tool below gives {found.observed} frames from {grid.n_samples:,} samples with these settings"


def _compare(paths: tuple[str, str], hop: int | None, as_json: bool, others: set[str]) -> int:
    if others:
        evidence = f"got {', '.join(sorted(others))} as well"
        raise ConfigError("--compare takes two spectrograms, and --hop", evidence, "leave the others out")
    found = compare_spectrograms(*(_load(path) for path in paths), hop=hop)
    if as_json:
        facts = asdict(found)
        for side in ("a", "b"):
            del facts[side]["shape"]
        print_json(facts | {"paths": paths})
        return 0
    click.echo(f"a is {paths[0]}, b is {paths[1]}")
    click.echo(str(found))
    return 0


def _load(path: str) -> Any:
    import numpy as np

    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise DataError(f"{path} cannot be read", error.strerror or str(error)) from error
    except (ValueError, EOFError) as error:
        # NumPy takes what it does not know for a pickle, and says so
        raise DataError(f"{path} is no spectrogram in a .npy file", "", "write one with numpy.save") from error
    if not isinstance(values, np.ndarray):
        raise DataError(f"{path} is no spectrogram in a .npy file", "it holds several arrays", "save one of them")
    return values

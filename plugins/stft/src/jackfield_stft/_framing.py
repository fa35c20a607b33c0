"""Where frames lie, in plain integers: the one place that knows every tool's convention."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jackfield import ConfigError, DataError, FrameGrid

if TYPE_CHECKING:
    import numpy as np

PAD_MODES = ("reflect", "constant", "edge", "symmetric")


@dataclass(frozen=True)
class Convention:
    """What one tool does if nothing is said (the first of each tuple), and what else it can be asked to do.

    in_middle : a window shorter than n_fft sits in the middle of it, and frames are n_fft long; otherwise it sits at
        the front, frames are as long as the window, and zeros follow
    windows : those the tool has, () for any
    """

    tool: str
    center: tuple[bool, ...] = (True, False)
    pad_mode: tuple[str, ...] = PAD_MODES
    tail: tuple[str, ...] = ("drop",)
    in_middle: bool = True
    periodic: tuple[bool, ...] = (True, False)
    windows: tuple[str, ...] = ()
    scaling: tuple[str, ...] = ("none",)


OWN = Convention("jackfield", tail=("drop", "pad", "every"), scaling=("none", "amplitude", "rms", "power", "psd"))
CONVENTIONS = {
    # torch.stft(center=True, pad_mode="reflect"); torchaudio.transforms.Spectrogram calls it
    "torchaudio": Convention("torch.stft, torchaudio", pad_mode=("reflect", "constant", "edge")),
    # librosa 0.10 and later: zeros beyond the ends
    "librosa": Convention("librosa.stft", pad_mode=("constant", "edge", "reflect", "symmetric")),
    "scipy": Convention(
        "scipy.signal.ShortTimeFFT.stft",
        center=(True,),
        pad_mode=("constant", "edge", "reflect"),
        tail=("every",),
        in_middle=False,
    ),
    # boundary="zeros", padded=True; values over the sum of the window
    "scipy-legacy": Convention(
        "scipy.signal.stft", pad_mode=("constant",), tail=("pad", "drop"), in_middle=False, scaling=()
    ),
    # center=False is snip_edges=true. Povey et al., "The Kaldi speech recognition toolkit" (2011), feature-window.cc
    "kaldi": Convention(
        "Kaldi",
        center=(False, True),
        pad_mode=("symmetric",),
        in_middle=False,
        periodic=(False,),
        windows=("povey", "hann", "hamming", "blackman", "rect"),
        scaling=(),
    ),
    # tail="every" is pad_end=True. https://www.tensorflow.org/api_docs/python/tf/signal/stft
    "tensorflow": Convention(
        "tf.signal.stft", center=(False,), pad_mode=("constant",), tail=("drop", "every"), in_middle=False
    ),
}


def convention(compat: str | None) -> Convention:
    """Our own for None; ConfigError for a tool that is not known."""
    if compat is None:
        return OWN
    if compat not in CONVENTIONS:
        raise ConfigError("no such convention", f'compat "{compat}"', f"known: {', '.join(CONVENTIONS)}")
    return CONVENTIONS[compat]


def settle(compat: str | None, name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """`value` if the tool can do it, its default for None; ConfigError where the two contradict."""
    if value is None:
        return choices[0]
    if value not in choices:
        can = " or ".join(str(c).lower() for c in choices)
        raise ConfigError(
            f"{name} contradicts compat",
            f"{name} {str(value).lower()}, {convention(compat).tool} has {can}",
            f"leave {name} or compat out",
        )
    return value


@dataclass(frozen=True)
class Framing:
    """Frames of one signal. Positions are samples of the signal; below 0 and from `n` on they are padding.

    n : length of the signal
    n_fft, hop, window : length of the transform, step, length of the window
    first : sample on which the n_fft samples of frame 0 begin
    lead : samples of n_fft before the window
    length : samples a frame is counted by: n_fft, or the window where zeros fill n_fft up behind it
    count : number of frames
    pad : what is found beyond the ends: "constant" (zeros), "edge", "reflect" (the last sample not repeated) or
        "symmetric" (repeated)
    needs : shortest signal that has a frame 0; count is 1 + (n − needs) // hop
    shortest : shortest signal whose only frame padding fills up, where that is less than `needs`
    least : shortest signal that the tool takes
    whole : frames that see padding were left out
    fillers : settings with which padding would make a frame of too short a signal
    """

    n: int
    n_fft: int
    hop: int
    window: int
    first: int
    lead: int
    length: int
    count: int
    pad: str
    needs: int
    shortest: int | None = None
    least: int = 1
    whole: bool = False
    fillers: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """First sample of frame 0's window."""
        return self.first + self.lead

    @property
    def before(self) -> int:
        """Padded samples needed before the signal."""
        return max(0, -self.first)

    @property
    def after(self) -> int:
        """Padded samples needed behind it."""
        return max(0, self.first + (self.count - 1) * self.hop + self.length - self.n) if self.count else 0

    @property
    def valid(self) -> range:
        """The frames whose window sees no padding."""
        low = max(0, -(self.start // self.hop))
        high = min(self.count, (self.n - self.window - self.start) // self.hop + 1)
        return range(low, max(low, high))

    def only_valid(self) -> Framing:
        """The same without the frames that see padding."""
        kept, skipped = self.valid, self.valid.start * self.hop
        inside = self.start + self.window
        needs, shortest = max(self.needs, inside) + skipped, None
        if self.shortest and not skipped and inside < needs:
            shortest = max(self.shortest, inside)  # only the zeros around the window lie in the padding
        return replace(self, first=self.first + skipped, count=len(kept), needs=needs, shortest=shortest, whole=True)

    def grid(self, rate: float) -> FrameGrid:
        """The same for whoever has to find the way back to samples and seconds."""
        center = self.start + self.window // 2
        return FrameGrid(self.count, self.hop, self.window, center, self.n, rate, self.needs, self.shortest)

    def check(self, remedy: str = "") -> None:
        """Raise DataError where there is no frame, too little signal to reflect, or less than the tool takes.

        remedy : for too few samples, where those that ask have no such parameters
        """
        if not self.n:
            raise DataError("signal is empty", "0 samples", "leave it out")
        reach = max(self.before, self.after) + 1
        if self.count and self.n < reach and self.pad == "reflect":
            evidence = f"{self.n} samples; n_fft {self.n_fft} reflects {reach - 1}, which takes at least {reach}"
            raise DataError("signal is too short to reflect", evidence, "use pad_mode='constant' or a smaller n_fft")
        sizes = f"{self.n} samples, n_fft {self.n_fft}"
        if self.length != self.n_fft:
            sizes += f", window {self.length}"
        if not self.count and self.whole:
            raise DataError("no frame is free of padding", sizes, "leave valid_only out, or use a smaller n_fft")
        if not self.count:
            shorter = f"use a smaller {'n_fft' if self.length == self.n_fft else 'win_length'}"
            padding = f", or padding: {' or '.join(self.fillers)}" if self.fillers else ""
            raise DataError("signal is shorter than one frame", f"{sizes}, hop {self.hop}", remedy or shorter + padding)
        if self.n < self.least:
            remedy = "use a smaller n_fft or win_length, or leave compat out"
            raise DataError("signal is too short for compat", f"{sizes}; it takes at least {self.least}", remedy)


@dataclass(frozen=True)
class Piece:
    """Frames of an array, as `jackfield_kernels` wants them: those of `part` begin at x[start + k · hop].

    x : (channels, n) samples, or conditioned frames end to end
    pad : what is found beyond the ends of x
    energy : (channels, count) of Kaldi's frames, after their mean is taken off, else None
    """

    part: slice
    x: np.ndarray
    start: int
    hop: int
    pad: str
    energy: np.ndarray | None = None

    @property
    def count(self) -> int:
        """Number of frames."""
        return int(self.part.stop - self.part.start)


def framing(
    n: int,
    *,
    n_fft: int,
    hop: int,
    win_length: int | None = None,
    window: str = "hann",
    center: bool | None = None,
    pad_mode: str | None = None,
    tail: str | None = None,
    compat: str | None = None,
) -> Framing:
    """Frames of a signal of `n` samples. None stands for what the tool does by itself.

    tail : "drop" keeps whole frames only (a centred transform's padding counts as signal); "pad" adds zeros, or what
        pad_mode says, until every sample is in a whole frame; "every" keeps each frame that begins before the end
    window : decides a count only in scipy's ShortTimeFFT, which drops a last frame that meets a window's zeros alone

    Raises ConfigError where a parameter contradicts `compat`, and for a window longer than n_fft.

    >>> f = framing(199_488, n_fft=512, hop=32)
    >>> f.count, f.needs, f.first, f.before, f.after
    (6235, 0, -256, 256, 256)
    >>> {tool: framing(199_488, n_fft=512, hop=32, compat=tool).count for tool in CONVENTIONS}
    {'torchaudio': 6235, 'librosa': 6235, 'scipy': 6249, 'scipy-legacy': 6235, 'kaldi': 6219, 'tensorflow': 6219}
    """
    rules = convention(compat)
    centred = settle(compat, "center", center, rules.center)
    pad = settle(compat, "pad_mode", pad_mode, rules.pad_mode)
    tail = settle(compat, "tail", tail, rules.tail)
    win = n_fft if win_length is None else win_length
    if not 1 <= win <= n_fft:
        remedy = "raise n_fft" if win > 0 else "raise win_length"
        raise ConfigError("the window must fit into n_fft", f"win_length {win}, n_fft {n_fft}", remedy)
    length = n_fft if rules.in_middle else win
    lead = (n_fft - win) // 2 if rules.in_middle else 0
    if compat == "scipy":
        first, needs = _short_time_fft(win, hop, window in ("hann", "povey"))
    elif compat == "kaldi" and centred:
        first, needs = hop // 2 - win // 2, hop - hop // 2
    else:
        first = -(length // 2) if centred else 0
        needs = {"drop": length + 2 * first, "pad": length + 2 * first - hop + 1, "every": first + 1}[tail]
    count = 1 + (n - needs) // hop if n >= max(needs, 1) else int(n > 0 and tail == "pad")
    shortest = 1 if tail == "pad" and needs > 1 else None
    # ShortTimeFFT refuses less than half a window; scipy.signal.stft would make its window shorter
    least = {"scipy": -(-win // 2), "scipy-legacy": win}.get(compat or "", 1)
    fillers = ["center=True"] * (True in rules.center) + ["tail='every'"] * ("every" in rules.tail)
    own = Framing(n, n_fft, hop, win, first, lead, length, count, pad, needs, shortest, least)
    return replace(own, fillers=() if least > 1 else tuple(fillers))


def _short_time_fft(win: int, hop: int, zero_at_front: bool) -> tuple[int, int]:
    """Every frame centred on a multiple of `hop` that meets the signal: ShortTimeFFT.p_min and .p_max."""
    middle = win // 2
    early = (win - middle - 1) // hop
    return -middle - early * hop, -early * hop - max(0, middle - 1 - zero_at_front)

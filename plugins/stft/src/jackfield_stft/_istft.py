"""The inverse as a component."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from jackfield import Component, DataError, FrameGrid, Grid, Param, Signal, Spec

from ._framing import Framing
from ._stft import Stft, Window

NOTE = re.compile(r"stft \d+/\d+ \S+ \d+")


@dataclass(frozen=True, kw_only=True)
class Istft(Component):
    """Signal whose short-time Fourier transform is nearest to the given one (least squares).

    Takes the complex Grid of `stft`, whose axes, FrameGrid and history say how it was made; the signal has the stored
    length and start. `istft(stft(x))` is x to 1e-12 in float64. The last note of its history tells the reconstruction
    error: the distance between the given spectrogram and the transform of the result, over the length of the former,
    which is about 1e-16 (float64) unless the spectrogram was changed to something that no signal has.

    A grid without that history is taken as unscaled, with its window, "hann" unless told, in the middle of n_fft and
    any frames that see padding left out of the reconstruction error.

    Raises DataError for grids that are not complex, were made with another window than `window` says, or by
    compat="kaldi", which keeps no means; and where windows leave samples uncovered (NOLA), as a Hann window without
    centring does with sample 0. Source: Griffin and Lim, IEEE Trans. ASSP 32 (1984).

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> x = Signal(samples=np.random.default_rng(0).standard_normal((2, 1000)), rate=8000)
    >>> back = Istft()(Stft(n_fft=256, hop=64)(x))
    >>> bool(np.abs(back.samples - x.samples).max() < 1e-12), back.history[-1][:17]
    (True, 'istft hann error=')
    """

    window: Annotated[Window | None, Param(description="the forward transform's; None: as the grid says")] = None
    periodic: Annotated[bool | None, Param(description="the forward transform's; None: as the grid says")] = None

    def __call__(self, grid: Grid) -> Signal:
        """Transform every channel back."""
        from ._inverse import inconsistency, istft

        frames, frequency = grid.frames, grid.axis("frequency")
        if grid.scale != "complex" or frames is None or grid.values.ndim != 3:
            evidence = f"got {grid.scale}, {grid.values.ndim} axes, {'no ' if frames is None else ''}frames"
            raise DataError("only a complex spectrogram can be transformed back", evidence, "use stft with power=None")
        n_fft = round(frames.rate / (grid.axes[frequency].step or frames.rate))
        bins, half = grid.values.shape[frequency], 1 + n_fft // 2
        if bins not in (half, n_fft):
            raise DataError("the spectrogram does not hold all frequencies", f"{bins} frequencies for n_fft {n_fft}")
        forward, known, start = self._forward(grid, frames, n_fft, onesided=bins == half)
        cut = _framing(forward, frames)
        taper, twins = forward.taper(frames.rate)
        values, turn = grid.values[:, :half], forward.turn
        samples = istft(values, cut, taper, twins=twins, turn=turn)
        inside = slice(None) if known else slice(cut.valid.start, cut.valid.stop)
        shown = cut if known else cut.only_valid()
        error = inconsistency(samples, values[:, :, inside], shown, taper, twins=twins, turn=turn)
        name, periodic = forward.shape
        note = f"istft {name}{'' if periodic else '-symmetric'} error={error:.2g}"
        return Signal(samples=samples, rate=frames.rate, start=start, source=grid.source, history=(*grid.history, note))

    def _forward(self, grid: Grid, frames: FrameGrid, n_fft: int, onesided: bool) -> tuple[Stft, bool, int]:
        """The transform that made the grid, whether its history says so, and the clip's start."""
        words = next((note.split() for note in reversed(grid.history) if NOTE.match(note)), [])
        said = dict(word.split("=", 1) for word in words if "=" in word)
        name: str = self.window or "hann"
        symmetric = self.periodic is False
        if words:
            made, _, ending = words[2].partition("-")
            if (self.window or made, self.periodic in (None, not ending)) != (made, True):
                evidence = f"stft used {words[2]}, istft would use {name}{'-symmetric' if symmetric else ''}"
                remedy = "give istft the window of stft, or none"
                raise DataError("the spectrogram was made with another window", evidence, remedy)
            name, symmetric = made, bool(ending)
        if said.get("compat") == "kaldi":
            evidence = 'compat "kaldi" removes the mean of every frame'
            raise DataError("the spectrogram cannot be transformed back", evidence, "use stft without compat")
        fields: dict[str, Any] = {"n_fft": n_fft, "hop": frames.hop, "win_length": frames.window, "onesided": onesided}
        fields |= {"window": name, "periodic": not symmetric, "pad_mode": said.get("pad")}
        fields |= {key: said[key] for key in ("scaling", "compat") if key in said}
        return Stft(**fields), bool(words), int(words[-1]) if words[-2:-1] == ["from"] else 0

    def predict(self, spec: Spec) -> Spec:
        """A signal as long as the one that was transformed."""
        n = spec.frames.n_samples if spec.frames else 0
        return Spec("Signal", (spec.shape[0], n), spec.rate, itemsize=spec.itemsize // 2)


def _framing(forward: Stft, frames: FrameGrid) -> Framing:
    """The grid's frames with the forward transform's window in n_fft."""
    rule, n = forward.framing(frames.n_samples), frames.n_samples
    first = frames.span(0)[0] - rule.lead
    return Framing(
        n, rule.n_fft, rule.hop, rule.window, first, rule.lead, rule.length, frames.count, rule.pad, frames.needs or 0
    )

"""What nearly every chain needs first: one channel, no silence around it, a known level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from jackfield import Component, Param, Signal, Spec, Transform, hookimpl

__all__ = ["Gain", "Mono", "Trim"]


@dataclass(frozen=True, kw_only=True)
class Mono(Component):
    """Mean of all channels: (channels, n) → (1, n), same dtype, same range.

    The mean, not the sum, so that nothing exceeds the range of its channels. A signal of one channel is returned as it
    is. Where the mix has lost more than 20 dB of the channels' mean energy they cancel, as a stereo recording with one
    side's polarity reversed does: a UserWarning and the history say by how much.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> stereo = Signal(samples=np.array([[0.5, 0.5], [0.1, -0.5]], np.float32), rate=8000)
    >>> Mono()(stereo).samples.tolist()
    [[0.30000001192092896, 0.0]]
    """

    def __call__(self, signal: Signal) -> Signal:
        """Mix to one channel."""
        from ._levels import mono

        return mono(signal)

    def predict(self, spec: Spec) -> Spec:
        """One channel, as long as before."""
        from dataclasses import replace

        return replace(spec, shape=(1, *spec.shape[1:]))


@dataclass(frozen=True, kw_only=True)
class Trim(Component):
    """Silence before the first and after the last loud sample is cut off.

    A sample is loud if any channel's magnitude is above `threshold` dB relative to the clip's peak; everything between
    the first and the last such sample stays, and `padding` seconds before and after it. `start` moves with the cut, so
    that positions still refer to the recording. −60 dB keeps what a decay lets hear in a quiet room and is
    well above 16-bit rounding noise; 8-bit files need −40. A clip of nothing but zeros is left as it is; the history
    says so.

    Raises DataError if a sample is NaN or infinite.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> clip = Signal(samples=np.array([0, 0.0001, 0.5, 0, -0.2, 0, 0], np.float32), rate=10, start=100)
    >>> short = Trim()(clip)
    >>> short.samples.tolist(), short.start
    ([[0.5, 0.0, -0.20000000298023224]], 102)
    >>> Trim(padding=0.1)(clip).n
    5
    """

    threshold: Annotated[
        float, Param(lt=0, unit="dB", description="silence is what stays that far under the peak")
    ] = -60.0
    padding: Annotated[float, Param(ge=0, unit="s", description="how much silence to leave at both ends")] = 0.0

    def __call__(self, signal: Signal) -> Signal:
        """Cut both ends."""
        from ._levels import trim

        return trim(signal, self.threshold, self.padding)


@dataclass(frozen=True, kw_only=True)
class Gain(Component):
    """Level changed by `db`, or set to `db`.

    `to = "input"` amplifies by `db`; "peak" and "rms" amplify all channels alike until the largest magnitude, or the
    root mean square over all channels, is `db` dBFS. 0 dBFS is an amplitude, or an RMS, of 1.0 (not that of a
    full-scale sine). Nothing is clipped: where the result exceeds ±1 the history says by how much. Silence cannot be
    set to a level: it is left as it is, and the history says so.

    Raises DataError if a sample is NaN or infinite, or the result does not fit the dtype.

    >>> import numpy as np
    >>> from jackfield import Signal
    >>> clip = Signal(samples=np.array([0.25, -0.5]), rate=8000)
    >>> Gain(db=-6.0206)(clip).samples.round(4).tolist()
    [[0.125, -0.25]]
    >>> Gain(db=0, to="peak")(clip).samples.tolist()
    [[0.5, -1.0]]
    """

    db: Annotated[float, Param(ge=-300, le=300, unit="dB", description="change, or level to reach")] = 0.0
    to: Annotated[
        Literal["input", "peak", "rms"],
        Param(description="what db changes or sets"),
    ] = "input"

    def __call__(self, signal: Signal) -> Signal:
        """Scale every sample by one factor."""
        from ._levels import gain

        return gain(signal, self.db, self.to)

    def predict(self, spec: Spec) -> Spec:
        """The same shape."""
        return spec


@hookimpl
def jackfield_transforms() -> Iterator[Transform]:
    """Transforms of this plugin."""
    yield Transform("mono", Mono)
    yield Transform("trim", Trim)
    yield Transform("gain", Gain)

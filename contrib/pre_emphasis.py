"""Pre-emphasis: `jackfield plugins show pre-emphasis --plugin contrib/pre_emphasis.py`."""

from dataclasses import dataclass
from typing import Annotated

from jackfield import Component, Param, Signal, Transform, hookimpl


@dataclass(frozen=True, kw_only=True)
class PreEmphasis(Component):
    """Lift high frequencies: y[n] = x[n] - coefficient · x[n - 1], with x[-1] = 0.

    The default, 0.97, is that of HTK and Kaldi at 16 kHz; it evens out the 6 dB per octave by which voiced speech
    falls off. A constant input c becomes (1 - coefficient) · c.

    >>> signal = Signal(samples=[1.0, 1.0, 1.0], rate=16_000.0)
    >>> PreEmphasis(coefficient=0.75)(signal).samples
    array([[1.  , 0.25, 0.25]])
    """

    coefficient: Annotated[float, Param(ge=0, lt=1, description="share of the previous sample taken away")] = 0.97

    def __call__(self, signal: Signal) -> Signal:
        samples = signal.samples.copy()
        samples[:, 1:] -= self.coefficient * signal.samples[:, :-1]
        return signal.replace(samples=samples, note=f"pre-emphasis {self.coefficient:g}")


@hookimpl
def jackfield_transforms():
    yield Transform("pre-emphasis", PreEmphasis)

"""Variational mode decomposition: `jackfield decompose clip.wav --method vmd --plugin contrib/vmd.py`."""

from dataclasses import dataclass
from typing import Annotated

from jackfield import Component, DataError, Decomposition, Grid, Param, PluginError, Signal, Transform, hookimpl


@dataclass(frozen=True, kw_only=True)
class Vmd(Component):
    """Modes of one channel that are each narrow around a frequency of its own, lowest first (vmdpy).

    What the modes leave is the residual, so that all of them add up to the signal. The table gives the mean of their
    power spectrum, the amplitude of a sinusoid of the same power, and no phase (NaN). Memory grows with 500 times the
    signal's length per mode: meant for seconds, not minutes.

    Source: Dragomiretskiy and Zosso, "Variational mode decomposition", IEEE Trans. Signal Processing 62(3) (2014);
    2000 is their `alpha` for well separated modes.
    """

    channels = "one"
    exact = False

    modes: Annotated[int, Param(ge=1, le=64, description="number of modes")] = 4
    alpha: Annotated[float, Param(gt=0, description="weight of narrowness; larger is narrower")] = 2000.0
    tolerance: Annotated[float, Param(gt=0, description="relative change of the modes at which to stop")] = 1e-7

    def prepare(self) -> None:
        try:
            import vmdpy  # noqa: F401
        except ImportError as error:
            raise PluginError("vmd needs vmdpy", str(error), "pip install vmdpy") from error

    def __call__(self, item: Signal | Grid) -> Decomposition:
        import numpy as np

        self.prepare()
        from vmdpy import VMD

        values = item.samples if isinstance(item, Signal) else item.values
        x = values.ravel().astype(np.float64) if values.dtype.kind == "f" else np.zeros(0)
        if x.size != values.shape[-1] or x.size < 4 or not np.isfinite(x).all():
            raise DataError("vmd takes one channel of 4 or more finite real samples", f"{values.dtype} {values.shape}")
        # vmdpy drops the last of an odd number of samples; with one repeated, it drops none of ours.
        even = np.append(x, x[-1:]) if x.size % 2 else x
        modes, _, centre = VMD(even, self.alpha, 0.0, self.modes, 0, 1, self.tolerance)
        modes = modes[np.argsort(centre[-1]), : x.size]
        parts = [mode.reshape(values.shape).astype(values.dtype) for mode in modes]
        rate = item.rate if isinstance(item, Signal) else 1 / (item.axes[-1].step or 1.0)
        return Decomposition.of(values, parts, rate=rate, source=item.source, history=(*item.history, "vmd"))


@hookimpl
def jackfield_transforms():
    yield Transform("vmd", Vmd)

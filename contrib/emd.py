"""Empirical mode decomposition: `jackfield decompose clip.wav --method emd --plugin contrib/emd.py`."""

from dataclasses import dataclass
from typing import Annotated

from jackfield import Component, DataError, Decomposition, Grid, Param, PluginError, Signal, Transform, hookimpl


@dataclass(frozen=True, kw_only=True)
class Emd(Component):
    """Intrinsic mode functions of one channel, fastest first, by sifting (PyEMD, from the distribution EMD-signal).

    Each mode swings around zero with slowly changing amplitude; the trend that is left is the residual, so that all of
    them add up to the signal. Modes have no single frequency: the table gives the mean of their power spectrum, the
    amplitude of a sinusoid of the same power, and no phase (NaN).

    Source: Huang et al., "The empirical mode decomposition and the Hilbert spectrum", Proc. R. Soc. A 454 (1998).
    """

    channels = "one"
    exact = False

    modes: Annotated[int | None, Param(ge=1, description="most modes; None: until nothing oscillates")] = None

    def prepare(self) -> None:
        try:
            import PyEMD  # noqa: F401
        except ImportError as error:
            raise PluginError("emd needs PyEMD", str(error), "pip install EMD-signal") from error

    def __call__(self, item: Signal | Grid) -> Decomposition:
        import numpy as np

        self.prepare()
        from PyEMD import EMD

        values = item.samples if isinstance(item, Signal) else item.values
        x = values.ravel().astype(np.float64) if values.dtype.kind == "f" else np.zeros(0)
        if x.size != values.shape[-1] or x.size < 4 or not np.isfinite(x).all():
            raise DataError("emd takes one channel of 4 or more finite real samples", f"{values.dtype} {values.shape}")
        sift = EMD()
        sift.emd(x, max_imf=self.modes or -1)
        parts = [mode.reshape(values.shape).astype(values.dtype) for mode in sift.get_imfs_and_residue()[0]]
        rate = item.rate if isinstance(item, Signal) else 1 / (item.axes[-1].step or 1.0)
        return Decomposition.of(values, parts, rate=rate, source=item.source, history=(*item.history, "emd"))


@hookimpl
def jackfield_transforms():
    yield Transform("emd", Emd)

"""Pictures of a decomposition: its components with their cumulative sum, and the error over their number."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from jackfield import Decomposition

ROWS = 12
COLUMNS = 1200  # points across; longer signals are drawn as the range of what falls on each


def stacked_picture(some: Decomposition) -> bytes:
    """PNG: one row per component (left), and the sum up to it over the signal (right); the first lane."""
    order = np.argsort(-some.table["energy"], kind="stable")
    shown = order[: ROWS - 1] if len(some) > ROWS else order
    original = _lane(some, some.original)
    total = np.zeros_like(original)
    rows = [(_label(some, int(k)), _lane(some, some.component(int(k)))) for k in shown]
    rest = original - sum((row for _, row in rows), total)
    if len(order) > len(shown) or some.residual is not None:
        more = f"{len(order) - len(shown)} weaker components" if len(order) > len(shown) else ""
        rows.append((" + ".join(filter(None, [more, "residual" if some.residual is not None else ""])), rest))
    figure = Figure(figsize=(12, 1.1 * max(len(rows), 1) + 0.9), layout="constrained")
    grid = figure.subplots(max(len(rows), 1), 2, sharex=True, sharey=True, squeeze=False)
    for (left, right), (label, wave) in zip(grid, rows, strict=False):
        total = total + wave
        _draw(left, some.rate, wave, "C0")
        _draw(right, some.rate, original, "0.8")
        _draw(right, some.rate, total, "C1")
        left.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    lane = "" if original.size == some.original.size else ", first channel"
    grid[0, 0].set_title(f"components{lane}", fontsize=9)
    grid[0, 1].set_title("their sum so far, over the signal", fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("s" if some.rate != 1 else "samples")
    return _png(figure)


def error_picture(some: Decomposition, whole: Decomposition) -> bytes:
    """PNG: RMS of what is still missing, as a share of the signal's, over the number of components, strongest first."""
    # Bins tell the error of any number of them; otherwise only what is there can be added up.
    error = error_curve(whole if _orthogonal(whole) else some)
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    # Nothing missing has no place on a logarithmic scale.
    axes.plot(np.arange(error.size), np.where(error > 0, error, np.nan), drawstyle="steps-post")
    axes.axvline(len(some), color="0.7", linewidth=1)
    axes.set(xlabel="components, strongest first", ylabel="error (RMS, share of the signal)")
    if error.any():
        axes.set_yscale("log")
    if error.size > 200:
        axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    return _png(figure)


def error_curve(some: Decomposition) -> np.ndarray:
    """Error after 0, 1, 2 … of the strongest components: RMS of what is missing over the RMS of the signal."""
    energy = some.table["energy"]
    order = np.argsort(-energy, kind="stable")
    if _orthogonal(some):
        # Parseval: what is missing is the energy of what is not there yet; added from the weakest, nothing cancels.
        missing = np.append(np.cumsum(energy[order][::-1])[::-1], 0.0)
        return np.sqrt(missing / (energy.sum() or 1.0))
    left = some.original.astype(np.result_type(some.original, np.float64))
    errors = [np.linalg.norm(left)]
    for k in order:
        left = left - some.component(int(k))
        errors.append(np.linalg.norm(left))
    return np.array(errors) / (errors[0] or 1.0)


def _orthogonal(some: Decomposition) -> bool:
    """Whether components alone make up the signal and energies add up, as those of Fourier bins do."""
    whole = float(np.sum(np.abs(some.original) ** 2))
    return some.residual is None and abs(float(some.table["energy"].sum()) - whole) <= 1e-9 * whole


def _lane(some: Decomposition, values: np.ndarray) -> np.ndarray:
    lane: np.ndarray = np.moveaxis(values, some.axis, -1).reshape(-1, values.shape[some.axis])[0]
    return lane.real


def _label(some: Decomposition, k: int) -> str:
    amplitude = some.table["amplitude"][k].ravel()[0] if some.table["amplitude"][k].ndim else some.table["amplitude"][k]
    return f"{some.table['frequency'][k]:.5g}{' Hz' if some.rate != 1 else ''}\namplitude {amplitude:.3g}"


def _draw(axes: Any, rate: float, wave: np.ndarray, color: str) -> None:
    if wave.size <= 2 * COLUMNS:
        axes.plot(np.arange(wave.size) / rate, wave, color=color, linewidth=0.8)
        return
    starts = np.linspace(0, wave.size, COLUMNS, endpoint=False).astype(np.int64)
    low, high = np.minimum.reduceat(wave, starts), np.maximum.reduceat(wave, starts)
    # with an edge, or slow waves would be too thin to see
    axes.fill_between(starts / rate, low, high, color=color, linewidth=0.7)


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    FigureCanvasAgg(figure)
    # Without the program's name and version in it, the same picture is the same bytes.
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()

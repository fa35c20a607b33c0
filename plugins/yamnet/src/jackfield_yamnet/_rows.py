"""From a clip to rows: one channel at 16 kHz, the network, pooling."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from jackfield import DataError, Features, PluginError, Signal, get

from ._front import RATE, VERSION, grid

if TYPE_CHECKING:
    from . import Yamnet
    from ._network import Network


def at_16_khz() -> Callable[[Signal], Signal]:
    """What brings a clip to one channel at the network's rate: the components that anybody would take for it."""
    mono, convert = get("mono"), get("samplerate", rate=float(RATE))
    return lambda signal: convert(mono(signal))


def features(component: Yamnet, network: Network, signal: Signal) -> Features:
    """Rows of one clip, see `Yamnet`."""
    if not signal.n:
        raise DataError("the clip is empty", "0 samples")
    if not np.isfinite(signal.samples).all():
        raise DataError("samples must be finite numbers", "some are NaN or infinite", "repair the clip")
    signal = at_16_khz()(signal)
    frames = grid(signal.n)
    scores, embedding = network.rows(signal.samples[0].astype(np.float32, copy=False), frames.count)
    coverage = np.array([frames.coverage(k) for k in range(frames.count)])
    _warn(coverage, component.min_coverage)
    if component.pool:
        statistic = getattr(np, component.pool)
        scores, embedding = (v if v is None else _pooled(statistic, v) for v in (scores, embedding))
        coverage = coverage.mean(keepdims=True)
    values, names = _chosen(component, network.digest, scores, embedding)
    return Features(
        values=values,
        names=names,
        frames=None if component.pool else frames,
        coverage=coverage,
        source=signal.source,
        history=(*signal.history, f"yamnet {network.digest[:8]} by {network.kind}, front end {VERSION}"),
    )


def _pooled(statistic: Callable[..., np.ndarray], values: np.ndarray) -> np.ndarray:
    return statistic(values.astype(np.float64), axis=0, keepdims=True).astype(np.float32)


def _chosen(
    component: Yamnet, digest: str, scores: np.ndarray, embedding: np.ndarray | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    suffix = f"_{component.pool}" if component.pool else ""
    if component.values == "scores":
        return scores, columns("", suffix)
    if embedding is None:
        evidence, remedy = f"it gives scores only (SHA-256 {digest[:8]}…)", 'use values="scores", or another model'
        raise PluginError("the model holds no embedding", evidence, remedy)
    if component.normalize:
        length = np.sqrt(np.square(embedding.astype(np.float64)).sum(axis=1, keepdims=True))
        embedding = (embedding / np.where(length > 0, length, 1.0)).astype(np.float32)
    if component.values == "embedding":
        return embedding, columns(digest[:8], suffix)
    return np.concatenate([embedding, scores], axis=1), columns(digest[:8], suffix) + columns("", suffix)


@lru_cache(maxsize=16)
def columns(model: str, suffix: str) -> tuple[str, ...]:
    """Names of a model's 1024 values, or, for no model, of the 521 classes."""
    names = [f"yamnet-{model}-{k}" for k in range(1024)] if model else classes()
    return tuple(f"{name}{suffix}" for name in names)


@lru_cache(maxsize=1)
def classes() -> tuple[str, ...]:
    """The 521 classes of sounds in the order of the network's scores.

    >>> classes()[0], classes()[494], len(classes())
    ('Speech', 'Silence', 521)
    """
    return tuple((files(__package__) / "classes.txt").read_text(encoding="utf-8").splitlines())


def _warn(coverage: np.ndarray, least: float) -> None:
    few = int((coverage < least).sum())
    if few:
        text = f"in {few} of {len(coverage)} patches of 0.975 s less than {least:.0%} is sound, the rest is padding"
        warnings.warn(text, UserWarning, stacklevel=4)

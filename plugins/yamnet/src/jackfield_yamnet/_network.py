"""The network in a model file, whatever it takes: found out by probing its inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from jackfield import PluginError

from ._front import BANDS, PATCH, PATCH_SAMPLES, STEP_SAMPLES, part, patches

CLASSES, VALUES = 521, 1024
BATCH = 16  # patches at a time: more is no faster and takes more memory

Rows = tuple[np.ndarray, np.ndarray | None]  # (count, 521) scores, (count, 1024) embedding


class Graph(Protocol):
    """A loaded model: one input of `shape` (−1 for any size), scores, and the embedding if there is one.

    run : values of the input's shape → (rows, 521) and (rows, 1024) or None
    """

    shape: tuple[int, ...]

    def run(self, values: np.ndarray) -> Rows:
        """One pass through the network."""
        ...


Feed = Callable[[np.ndarray, int, int], np.ndarray]


@dataclass(frozen=True)
class Network:
    """A model that is ready to run, one clip at a time.

    digest : SHA-256 of the file; kind : what it takes; batch : patches that it takes at a time
    feed : samples, first patch and count → the graph's input
    """

    graph: Graph
    digest: str
    kind: str
    batch: int
    feed: Feed
    lock: Lock

    def rows(self, x: np.ndarray, count: int) -> Rows:
        """Scores and embeddings of the first `count` patches of (n,) float32 samples at 16 kHz."""
        scores, embeddings = [], []
        with self.lock:  # an interpreter has one set of tensors
            for first in range(0, count, self.batch):
                wanted = min(self.batch, count - first)
                score, embedding = self.graph.run(self.feed(x, first, wanted))
                if len(score) != wanted:
                    raise no_yamnet(f"{len(score)} rows for {wanted} patches")
                scores.append(score)
                embeddings.append(embedding)
        rows = [e for e in embeddings if e is not None]
        return np.concatenate(scores), np.concatenate(rows) if rows else None


def opened(content: bytes, digest: str) -> Network:
    """The network in a file's content; PluginError where it is none, or where what runs it is not installed."""
    if content[4:8] == b"TFL3":
        from ._tflite import Tflite as Runtime
    else:
        from ._onnx import Onnx as Runtime
    graph = Runtime(content)
    kind, batch, feed = _interface(graph.shape)
    return Network(graph, digest, kind, batch, feed, Lock())


def _interface(shape: tuple[int, ...]) -> tuple[str, int, Feed]:
    """What an input of this shape is fed with."""
    if shape in ((PATCH_SAMPLES,), (1, PATCH_SAMPLES)):
        return "window", 1, lambda x, first, count: _samples(x, first, count).reshape(shape)
    if shape == (-1,):
        return "waveform", BATCH, _samples
    if shape[1:] in ((PATCH, BANDS), (PATCH, BANDS, 1)) and shape[0] in (-1, 1):
        batch = BATCH if shape[0] == -1 else 1
        return "patches", batch, lambda x, first, count: patches(x, first, count).reshape(count, *shape[1:])
    raise no_yamnet(f"its input is {shape}, not {PATCH_SAMPLES} samples, a waveform or patches of {PATCH} × {BANDS}")


def _samples(x: np.ndarray, first: int, count: int) -> np.ndarray:
    return part(x, first * STEP_SAMPLES, (count - 1) * STEP_SAMPLES + PATCH_SAMPLES)


def no_yamnet(evidence: str) -> PluginError:
    """What to say of a graph that is something else."""
    return PluginError("the model is no YAMNet", evidence, "use the published one")

"""What a clip sounds like: YAMNet's embeddings and class scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from jackfield import Component, ConfigError, Feature, Features, Param, Preset, Signal, Spec, hookimpl

if TYPE_CHECKING:
    from ._network import Network

__all__ = ["Yamnet"]


@dataclass(frozen=True, kw_only=True)
class Yamnet(Component):
    """Embeddings and class scores of YAMNet, Google's network for everyday sounds: a row per 0.975 s, every 0.48 s.

    Takes a Signal of any rate and number of channels: channels are averaged (`mono`) and soxr brings them to 16 kHz
    (`samplerate`); the history says so. Gives columns `yamnet-<model>-0` … `-1023`, the embedding, ≥ 0 and without a
    unit, where <model> are the first 8 hex digits of the model file's SHA-256: embeddings of two models lie in
    unrelated spaces, and distances refuse to mix them. `values="scores"` gives 521 columns named by class (`Speech`,
    `Drum`, …), each in [0, 1] on its own; they are no probabilities and do not add up to 1.

    A clip is padded with zeros to 15,600 + k · 7,680 samples, as the network was published, so that every sample is in
    a row. `coverage` says how much of a row is sound; below `min_coverage` a UserWarning says so too: of a 0.2 s clip
    79 % are padding, and short clips look alike for that alone.

    Three kinds of model file are told apart by their inputs and outputs: TFLite that takes 15,600 samples (what Google
    publishes, 8-bit weights; fetched once, 4.1 MB, where no file is given), TFLite that takes a waveform of any length,
    and TFLite or ONNX that takes log-mel patches (n, 96, 64). Where a TFLite file has no embedding among its outputs,
    its pooled inner tensor is read. Rows do not depend on their neighbours or on how many are computed at a time.

    Raises PluginError where the model or its runtime is missing or wrong, DataError for an empty clip and for samples
    that are not finite, ConfigError where parameters contradict each other.

    Source: Hershey et al., "CNN architectures for large-scale audio classification" (2017);
    https://github.com/tensorflow/models/tree/master/research/audioset/yamnet

    >>> Yamnet(pool="mean", normalize=True)
    Yamnet(model=None, values='embedding', pool='mean', normalize=True, min_coverage=0.5)
    """

    model: Annotated[
        str | None,
        Param(description="model file; None: what JACKFIELD_YAMNET names, or the published file, fetched once"),
    ] = None
    values: Annotated[
        Literal["embedding", "scores", "both"],
        Param(description="1024 columns to compare clips by, 521 named classes, or one after the other"),
    ] = "embedding"
    pool: Annotated[
        Literal["mean", "max", "median"] | None,
        Param(description="one row per clip, this statistic over its rows; None: all rows"),
    ] = None
    normalize: Annotated[bool, Param(description="scale each embedding to length 1, after pooling")] = False
    min_coverage: Annotated[
        float, Param(ge=0, le=1, description="warn of rows of which a smaller share is sound; 0: never")
    ] = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalize and self.values == "scores":
            raise ConfigError("scores are not normalized", "normalize is for embeddings", "leave normalize out")

    def __call__(self, signal: Signal) -> Features:
        """Rows of one clip, or the one they are pooled to."""
        from ._rows import features

        return features(self, self._network, signal)

    def prepare(self) -> None:
        """Find or fetch the model and open it, and find what brings clips to one channel at 16 kHz."""
        from ._rows import at_16_khz

        at_16_khz()
        _ = self._network

    def identity(self) -> str:
        """Digest of the model file, and the version of what stands before the network."""
        from ._front import VERSION

        return f"{self._model[1]} front end {VERSION}"

    @cached_property
    def _model(self) -> tuple[bytes, str]:
        from ._weights import load

        return load(self.model)

    @cached_property
    def _network(self) -> Network:
        from ._network import opened

        content, digest = self._model
        return opened(content, digest)

    def predict(self, spec: Spec) -> Spec:
        """A row per patch at 16 kHz, or one."""
        from ._front import RATE, grid

        frames = grid(round(spec.shape[-1] * RATE / spec.rate))
        columns = {"embedding": 1024, "scores": 521, "both": 1545}[self.values]
        rows = 1 if self.pool else frames.count
        pooled = None if self.pool else frames
        return replace(spec, kind="Features", shape=(rows, columns), frames=pooled, itemsize=4)


@hookimpl
def jackfield_features() -> Iterator[Feature]:
    yield Feature("yamnet", Yamnet)


@hookimpl
def jackfield_presets() -> Iterator[Preset]:
    yield Preset("by-kind@1", Path(__file__).with_name("by-kind@1.toml").read_text(encoding="utf-8"))

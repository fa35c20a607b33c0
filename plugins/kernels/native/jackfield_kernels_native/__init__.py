"""Compiled number loops for `jackfield_kernels`, which is what to import: it chooses, checks and documents."""

from ._kernels import (
    BUILT,
    __version__,
    dtw,
    euclidean,
    euclidean_all,
    has_plan,
    levels,
    mel_bands,
    quantize,
    separable,
    shape,
    stft,
)

__all__ = [
    "BUILT",
    "__version__",
    "dtw",
    "euclidean",
    "euclidean_all",
    "has_plan",
    "levels",
    "mel_bands",
    "quantize",
    "separable",
    "shape",
    "stft",
]

"""Number loops that plugins share: compiled where `jackfield-kernels-native` is installed, NumPy otherwise.

Plain functions of plain arrays. `JACKFIELD_KERNELS=numpy|v2|v3|v4` chooses; `level()` says which runs, `about()` why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._level import about, level

if TYPE_CHECKING:
    from ._calls import mel_bands, stft
    from ._dtw import dtw
    from ._memory import empty
    from ._pairwise import euclidean, euclidean_all
    from ._quantize import quantize, shape
    from ._resize import separable

__all__ = [
    "about",
    "dtw",
    "empty",
    "euclidean",
    "euclidean_all",
    "level",
    "mel_bands",
    "quantize",
    "separable",
    "shape",
    "stft",
]
# the number functions need NumPy, `jackfield doctor` does not
HOMES = {
    "_calls": ("mel_bands", "stft"),
    "_quantize": ("quantize", "shape"),
    "_resize": ("separable",),
    "_dtw": ("dtw",),
    "_memory": ("empty",),
    "_pairwise": ("euclidean", "euclidean_all"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, functions in HOMES.items():
        if name in functions:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Number loops that plugins share: compiled where `jackfield-kernels-native` is installed, NumPy otherwise.

Plain functions of plain arrays. `JACKFIELD_KERNELS=numpy|v2|v3|v4` chooses; `level()` says which runs, `about()` why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._level import about, level

if TYPE_CHECKING:
    from ._calls import mel_bands, stft
    from ._resize import separable

__all__ = ["about", "level", "mel_bands", "separable", "stft"]


def __getattr__(name: str) -> object:
    # the number functions need NumPy, `jackfield doctor` does not
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _calls, _resize

    return getattr(_resize if name == "separable" else _calls, name)

"""Arrays that nobody can change behind a result's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import DataError

if TYPE_CHECKING:
    import numpy as np


def frozen(values: Any, dtypes: tuple[str, ...] = (), ndim: int | None = None, what: str = "array") -> np.ndarray:
    """`values` as a read-only array of native byte order: copied unless it is one already.

    A dtype not among `dtypes` is an error for floats of another width and for non-numbers; integers become the first
    of `dtypes`, since no precision question arises below 2**24.
    """
    import numpy as np

    array = np.asarray(values)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype == object or array.dtype.kind in "OSUV":
        raise DataError(f"{what} must hold numbers", f"got dtype {array.dtype}")
    if dtypes and array.dtype.name not in dtypes:
        if array.dtype.kind not in "iub" or array.dtype.itemsize > 2:
            raise DataError(
                f"{what} must be {' or '.join(dtypes)}", f"got {array.dtype}", f"use .astype({dtypes[0]!r})"
            )
        array = array.astype(dtypes[0])
    if ndim is not None and array.ndim != ndim:
        raise DataError(f"{what} must have {ndim} dimensions", f"got shape {array.shape}")
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def lock(value: Any) -> None:
    """Make every array inside `value` read-only (unpickled arrays come back writable)."""
    import numpy as np

    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict):
        for item in value.values():
            lock(item)
    elif isinstance(value, tuple):
        for item in value:
            lock(item)


def array_digest(array: np.ndarray, *more: object) -> str:
    """Hash of an array's shape, dtype and values, and of whatever else tells it apart."""
    from hashlib import blake2b

    import numpy as np

    h = blake2b(f"{more!r} {array.shape} {array.dtype.str}".encode(), digest_size=16)
    h.update(np.ascontiguousarray(array).data)
    return h.hexdigest()


class Record:
    """Base of the data types: read-only after unpickling, and a table in notebooks."""

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        for value in state.values():
            lock(value)
        self.__dict__.update(state)

    def summary(self) -> dict[str, str]:
        """What a reader wants to see first, as label → text."""
        return {}

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in self.summary().items())
        return f"{type(self).__name__}({inside})"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in self.summary().items())
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"

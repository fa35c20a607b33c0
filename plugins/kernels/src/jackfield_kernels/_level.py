"""Which code does the work, and why; no NumPy here."""

from __future__ import annotations

import os
from functools import cache
from operator import index
from types import ModuleType
from typing import NamedTuple

VARIABLE = "JACKFIELD_KERNELS"
MOST = 1 << 10  # threads: more than machines have cores, few enough to start


class Choice(NamedTuple):
    """A level's name, the compiled module or None for the NumPy twins, the level's number in it, and the reason."""

    name: str
    native: ModuleType | None
    number: int
    why: str


@cache
def choice() -> Choice:
    """What is used from now on in this process: the best there is, or what the environment variable names.

    Raises ValueError for a level that the variable names and that cannot run here.
    """
    native, missing = _native()
    runs = native.levels() if native else ()
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "numpy" or not (wanted or runs):
        return Choice("numpy", None, 0, f"forced by {VARIABLE}" if wanted else missing or _unsupported(native))
    if not wanted:
        return Choice(runs[0], native, 0, "best that this processor runs")
    if wanted not in runs:
        here = missing or f"this processor runs {', '.join(runs) or 'none'} of the compiled {', '.join(native.BUILT)}"
        meant = next((name for name in (*runs, "numpy") if name == wanted.strip().lower()), "")
        remedy = f'did you mean "{meant}"?' if meant else "numpy always is"
        raise ValueError(f"{VARIABLE}={wanted} is not possible: {here}; {remedy}")
    return Choice(wanted, native, runs.index(wanted), f"forced by {VARIABLE}")


def _native() -> tuple[ModuleType | None, str]:
    try:
        import jackfield_kernels_native
    except ModuleNotFoundError as error:
        if error.name != "jackfield_kernels_native":
            raise
        return None, "jackfield-kernels-native is not installed"
    except ImportError as error:
        # a wheel for another system, or half a build: NumPy still works, and `about` tells
        return None, f"jackfield-kernels-native could not be loaded: {error}"
    return jackfield_kernels_native, ""


def _unsupported(native: ModuleType | None) -> str:
    return f"this processor runs none of the compiled levels {', '.join(native.BUILT) if native else ''}"


def team(threads: int) -> int:
    """`threads` as the compiled code takes it; TypeError for no whole number, ValueError below 1."""
    if index(threads) < 1:
        raise ValueError(f"threads must be 1 or more, got {threads}")
    return min(index(threads), MOST)


def level() -> str:
    """Name of the code in use: "numpy", or the compiled level "v2", "v3", "v4" (x86-64) or "neon" (ARM).

    >>> level() in ("numpy", "v2", "v3", "v4", "neon")
    True
    """
    return choice().name


def about() -> dict[str, str]:
    """Facts for `jackfield doctor`: level, the reason for it, and the version of the compiled package if there is one.

    >>> sorted(about())
    ['level', 'native', 'why']
    """
    native, missing = _native()
    return {"level": level(), "why": choice().why, "native": native.__version__ if native else missing}

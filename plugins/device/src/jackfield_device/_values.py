"""Numbers and quantities as people write them."""

from __future__ import annotations

import operator
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from jackfield import ConfigError, DataError, Signal, read

from ._play import FASTEST_HZ

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "": 1.0}
FILES = (".csv", ".npy", ".wav", ".wave", ".aif", ".aiff", ".flac", ".ogg")
# more values than this are a sound and no list
MOST = 10_000_000


def values_of(given: Any) -> tuple[np.ndarray, float | None]:
    """(channels, n) float64, and the values per second where a sound file or a Signal says so."""
    if isinstance(given, Signal):
        return given.samples.astype(np.float64), given.rate
    rate = None
    if isinstance(given, (str, os.PathLike)):
        text = os.fspath(given)
        if text == "-":
            values = parse(_standard_input(), "standard input")
        elif Path(text).suffix.lower() in FILES:
            values, rate = _file(Path(text))
        else:
            values = parse(text, "--values")
    else:
        try:
            values = np.asarray(given, np.float64)
        except (TypeError, ValueError) as error:
            raise DataError("values must be numbers", str(error)) from None
    if values.ndim not in (1, 2) or values.size == 0:
        raise DataError("values must be (n,) or (channels, n)", f"got shape {values.shape}")
    values = np.atleast_2d(values)
    if not np.isfinite(values).all():
        wrong = np.flatnonzero(~np.isfinite(values).all(axis=0))
        raise DataError("values are NaN or infinite", positions(wrong))
    return values, rate


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise DataError(
            "standard input is no text", str(error), "write numbers, or give a .npy or sound file"
        ) from None


def parse(text: str, where: str) -> np.ndarray:
    """Numbers between commas, semicolons or spaces; `1..50:8` is eight values from 1 to 50, `3*20` is 3 twenty times.

    >>> parse("1, 2; 0..1:3  7*2", "here").tolist()
    [1.0, 2.0, 0.0, 0.5, 1.0, 7.0, 7.0]
    """
    parts: list[np.ndarray] = []
    count = 0
    for word in re.split(r"[,;\s]+", text.strip()):
        if match := re.fullmatch(rf"({NUMBER})\.\.({NUMBER}):(\d+)", word):
            first, last, number = float(match[1]), float(match[2]), int(match[3])
            count += number
            part = np.linspace(first, last, number) if number >= 2 and count <= MOST else None
        elif match := re.fullmatch(rf"({NUMBER})\*(\d+)", word):
            count += int(match[2])
            part = np.full(int(match[2]), float(match[1])) if count <= MOST else None
        else:
            count += 1
            part = np.array([float(word)]) if re.fullmatch(NUMBER, word) else None
        if count > MOST:
            raise DataError(f"{where}: more than {MOST} values", remedy="write them to a .npy file")
        if part is None:
            remedy = (
                "write 1,2,3 or 0..50:11 (11 values from 0 to 50) or 3*20 (3 twenty times), a .csv or .npy file, or -"
            )
            raise ConfigError(f"{where}: no number", repr(word[:60]), remedy)
        parts.append(part)
    return np.concatenate(parts)


def _file(path: Path) -> tuple[np.ndarray, float | None]:
    """A sound file with its rate; a table, whose columns are channels and whose single row is one channel."""
    if path.suffix.lower() == ".csv" and path.is_file():
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            first, second = file.readline(), file.readline()
        if not second.strip():
            return parse(first, str(path)), None
    signal = read(path)
    rate = None if path.suffix.lower() in (".csv", ".npy") else signal.rate
    return signal.samples.astype(np.float64), rate


def whole_of(given: Any, what: str, least: int, most: int) -> int:
    """An integer within limits.

    >>> whole_of(np.int64(8), "bits", 2, 32)
    8
    """
    try:
        number = operator.index(given)
    except TypeError:
        raise ConfigError(f"{what} must be a whole number", f"got {given!r}") from None
    if not least <= number <= most:
        raise ConfigError(f"{what} must be {least} to {most}", f"got {number}")
    return number


def rate_of(given: Any) -> float | None:
    """Samples or values per second; None where none is given."""
    if given is None:
        return None
    try:
        rate = float(given)
    except (TypeError, ValueError):
        rate = float("nan")
    if not 0 < rate <= FASTEST_HZ:
        raise ConfigError("the rate is none", f"got {given!r}", f"give Hz up to {FASTEST_HZ:g}")
    return rate


def seconds_of(text: str | float, what: str) -> float:
    """A time: 0.1, "100ms", "0.1 s", "250us".

    >>> seconds_of("100ms", "hold"), seconds_of(0.5, "hold")
    (0.1, 0.5)
    """
    match = re.fullmatch(rf"({NUMBER})\s*(\w*)", str(text).strip())
    if match is None or match[2] not in SECONDS:
        raise ConfigError(f"{what} is no time", f"got {text!r}", "write 100ms, 0.1s or 250us")
    # by division, so that 100 ms is the float nearest to 0.1
    value = float(match[1]) / round(1 / SECONDS[match[2]])
    if not 0 <= value < 1e6:
        raise ConfigError(f"{what} is out of range", f"got {text!r}", "give a time from 0 to a million seconds")
    return value


def range_of(given: Any) -> tuple[float, float, bool]:
    """(lo, hi, whether in volts) of a pair, or of "0:50" or "-1V:1V"."""
    volts = False
    if isinstance(given, str):
        match = re.fullmatch(rf"({NUMBER})\s*(V?):({NUMBER})\s*(V?)", given.strip())
        if match is None or match[2] > match[4]:
            raise ConfigError("the range is no range", f"got {given!r}", "write 0:50, or -1V:1V for volts")
        given, volts = (float(match[1]), float(match[3])), bool(match[4])
    try:
        lo, hi = map(float, given)
    except (TypeError, ValueError):
        raise ConfigError("the range is no pair of numbers", f"got {given!r}", "give (lo, hi)") from None
    if not (np.isfinite(hi - lo) and lo < hi):
        raise ConfigError("the range must rise", f"from {lo:g} to {hi:g}", "write the lower end first: 0:50")
    return lo, hi, volts


def level_of(given: str | float) -> float:
    """dB against full scale: -12, "-12dBFS", "0", or "exact", which is 0.

    >>> level_of("-6 dBFS"), level_of("exact")
    (-6.0, 0.0)
    """
    match = re.fullmatch(rf"({NUMBER})\s*(?:dB(?:FS)?)?", str(given).strip(), re.IGNORECASE)
    if str(given).strip() == "exact":
        return 0.0
    if match is None or not -200 <= float(match[1]) <= 0:
        remedy = "write -12, -12dBFS, 0 or exact"
        raise ConfigError("the level is none", f"got {given!r}, wanted are dBFS from -200 to 0", remedy)
    return float(match[1])


def positions(where: np.ndarray) -> str:
    """How many, and the first ten, counted from 0."""
    more = ", …" if where.size > 10 else ""
    return f"{where.size}, at positions {', '.join(map(str, where[:10]))}{more} (from 0)"

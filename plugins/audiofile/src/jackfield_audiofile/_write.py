"""Writing through libsndfile: integer codes as they are, floats as they are, and proof by reading back.

libsndfile turns floats into PCM by rounding towards minus infinity (its FLAC encoder rounds), which adds a DC of half a
code. So it never sees floats where a file holds codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from jackfield import Codes, DataError, OutputError, Signal, replace_file

FORMATS = {"aiff": "AIFF", "flac": "FLAC", "ogg": "OGG", "rf64": "RF64", "wav": "WAV"}
SUFFIXES = {"aiff": ".aiff", "flac": ".flac", "ogg": ".ogg", "rf64": ".wav", "wav": ".wav"}
MEDIA = {"aiff": "audio/aiff", "flac": "audio/flac", "ogg": "audio/ogg", "rf64": "audio/wav", "wav": "audio/wav"}
# 8-bit WAV is unsigned, 8-bit AIFF and FLAC are signed
EIGHT = {"aiff": "PCM_S8", "flac": "PCM_S8", "rf64": "PCM_U8", "wav": "PCM_U8"}
WIDEST = {"aiff": 32, "flac": 24, "rf64": 32, "wav": 32}
# most channels, highest rate; beyond those of Vorbis libsndfile 1.2.2 does not fail but crashes
LIMITS = {
    "aiff": (1024, 800_000_000),
    "flac": (8, 655_350),
    "ogg": (255, 200_000),
    "rf64": (1024, (1 << 31) - 1),
    "wav": (1024, (1 << 31) - 1),
}
# a FLAC frame states its rate in 16 bits: in Hz, or in tens of Hz
FLAC_HZ = (1 << 16) - 1
# the sizes in a WAV or AIFF header are 32 bits wide; some room for other chunks
WAV_BYTES = (1 << 32) - (1 << 16)
# samples of all channels at a time: libsndfile's Vorbis encoder keeps what it is given on its stack
BLOCK = 1 << 15


@dataclass(frozen=True)
class Content:
    """What goes into a file: (channels, n) values, the dtype libsndfile is handed, and how far codes are shifted up."""

    values: np.ndarray
    dtype: str
    encoding: str
    shift: int = 0
    zero: int = 0

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """First frame and (frames, channels) as libsndfile takes them: codes fill the upper bits of their type."""
        channels, n = self.values.shape
        frames = max(1, BLOCK // channels)
        for a in range(0, n, frames):
            part = self.values[:, a : a + frames]
            if self.dtype.startswith("int"):
                part = (part.astype(np.int64) - self.zero << self.shift).astype(self.dtype)
            yield a, np.ascontiguousarray(part.T, self.dtype)


def write(item: Signal | Codes, to: Path, container: str) -> Path:
    """Write `item` beside its final name, read it back, rename; returns the path: `to` with the container's suffix."""
    codes = isinstance(item, Codes)
    check(container, "Codes" if codes else "Signal", item.values.shape[0] if codes else item.channels, item.rate)
    content = _codes(item, container) if isinstance(item, Codes) else _floats(item, container)
    channels, n = content.values.shape
    if n == 0:
        raise DataError("there is nothing to write", "0 samples")
    if container in ("wav", "aiff") and (size := n * channels * _width(content.encoding)) > WAV_BYTES:
        if container == "aiff":
            raise DataError("aiff holds up to 4 GiB", f"{size:,} bytes", "write wav, which becomes rf64")
        container = "rf64"
    path = to.with_name(to.name + SUFFIXES[container])
    replace_file(path, lambda file: _write(Path(file.name), path, content, round(item.rate), container))
    return path


def check(container: str, kind: str, channels: int, rate: float) -> None:
    """Raise DataError for what a container cannot hold, whatever the values; kind is "Codes" or "Signal"."""
    if container == "ogg" and kind == "Codes":
        raise DataError("Ogg Vorbis holds no codes", remedy="write it before quantize, or as flac")
    if container == "flac" and kind == "Signal":
        raise DataError("FLAC holds integer codes only", remedy="put quantize before it")
    most, fastest = LIMITS[container]
    if channels > most:
        raise DataError(f"{container} holds up to {most} channels", f"got {channels}", "split it, or write wav")
    if rate != round(rate):
        raise DataError("files hold whole rates", f"{rate:g} Hz", "convert it with samplerate first")
    if rate > fastest:
        raise DataError(
            f"{container} holds rates up to {fastest} Hz", f"{rate:g} Hz", "convert it with samplerate first"
        )
    if container == "flac" and rate > FLAC_HZ and rate % 10:
        raise DataError(f"flac holds rates above {FLAC_HZ} Hz in tens of Hz", f"{rate:.0f} Hz", "write wav")


def _codes(item: Codes, container: str) -> Content:
    width = next(w for w in (8, 16, 24, 32) if w >= item.bits)
    if width > WIDEST[container]:
        raise DataError(f"{container} holds codes up to {WIDEST[container]} bits", f"{item.bits} bits", "write wav")
    # libsndfile takes the upper bits of an int16 or int32
    dtype = "int16" if width <= 16 else "int32"
    shift = (16 if width <= 16 else 32) - item.bits
    encoding = EIGHT[container] if width == 8 else f"PCM_{width}"
    return Content(item.values, dtype, encoding, shift, 0 if item.signed else 1 << (item.bits - 1))


def _floats(item: Signal, container: str) -> Content:
    if not np.isfinite(item.samples).all():
        raise DataError("samples are NaN or infinite", f"{int((~np.isfinite(item.samples)).sum())} of them")
    if container == "ogg":
        return Content(item.samples, "float32", "VORBIS")
    double = item.samples.dtype == np.float64
    return Content(item.samples, str(item.samples.dtype), "DOUBLE" if double else "FLOAT")


def _width(encoding: str) -> int:
    """Bytes of a sample; 0 where they vary."""
    return {"FLOAT": 4, "DOUBLE": 8, "VORBIS": 0, "PCM_U8": 1, "PCM_S8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4}[
        encoding
    ]


def _write(beside: Path, path: Path, content: Content, rate: int, container: str) -> None:
    channels = content.values.shape[0]
    try:
        with soundfile.SoundFile(beside, "w", rate, channels, content.encoding, format=FORMATS[container]) as file:
            for _, block in content.blocks():
                file.write(block)
        if container == "aiff":
            _count_aiff(beside, content)
        wrong = _differs(beside, content, rate)
    except (soundfile.LibsndfileError, AssertionError, RuntimeError, TypeError, ValueError) as error:
        # soundfile only asserts that libsndfile took every frame; a full disk shows like that
        raise OutputError(
            f"could not write {path}", str(error) or "not every frame was taken", "is the disk full?"
        ) from error
    if wrong:
        raise OutputError(f"{path} does not hold what was written", wrong, "is the disk full?")


def _count_aiff(beside: Path, content: Content) -> None:
    """libsndfile counts the pad byte after an odd number of bytes as a sample; put both counts right."""
    channels, n = content.values.shape
    size = channels * n * _width(content.encoding)
    if size % 2:
        with open(beside, "r+b") as file:
            head = file.read(1 << 12)
            file.seek(head.index(b"COMM") + 10)
            file.write(n.to_bytes(4, "big"))
            file.seek(head.index(b"SSND") + 4)
            file.write((8 + size).to_bytes(4, "big"))


def _differs(beside: Path, content: Content, rate: int) -> str:
    """What tells the file from what was meant; empty where nothing does."""
    channels, n = content.values.shape
    with soundfile.SoundFile(beside) as file:
        found, wanted = (file.samplerate, file.channels, file.frames), (rate, channels, n)
        if found != wanted:
            return f"rate, channels, frames are {found}, not {wanted}"
        if content.encoding == "VORBIS":
            return ""  # lossy: the samples are not meant to be the same
        for at, block in content.blocks():
            back: Any = file.read(len(block), dtype=content.dtype, always_2d=True)
            if back.tobytes() != block.tobytes():
                return f"samples differ between {at} and {at + len(block)}"
    return ""

"""What a RIFF, RIFX, RF64 or BW64 header promises, against what the file holds.

libsndfile repairs such headers without a word: a file cut short, a recording whose header was never closed and one
that outgrew its 32-bit sizes all read as something shorter than was recorded. So the header is read here first.
Sources: Microsoft/IBM "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), EBU Tech 3306 (RF64),
ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from jackfield import DataError

PCM, FLOAT, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
MAX_CHUNKS = 4096
# what writers put into the size of a chunk whose end they do not know yet: ffmpeg, libsndfile, SoX, arecord
PLACEHOLDERS = (0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000, 0x8000_0000)
Form = tuple[int, int, int, int]  # format tag, channels, rate, bytes of a frame (0 where compressed)


@dataclass(frozen=True)
class Riff:
    """A checked header: every byte of the samples it describes is in the file.

    `frame_bytes` and `frames` are 0 and None for compressed formats, whose frames only the decoder can count. `repair`
    is set where the header was never closed: which bytes belong where, for `Repaired`.
    """

    kind: str
    tag: int
    channels: int
    rate: int
    frame_bytes: int
    data_start: int
    data_bytes: int
    notes: tuple[str, ...] = ()
    repair: tuple[int, bytes] | None = None

    @property
    def frames(self) -> int | None:
        """Samples per channel, or None for compressed formats."""
        return self.data_bytes // self.frame_bytes if self.frame_bytes else None


def probe(file: BinaryIO, size: int) -> Riff | None:
    """The header of a `size`-byte file, or None where it is none of the RIFF family.

    Raises DataError where the header contradicts itself or promises more than the file holds.
    """
    file.seek(0)
    head = file.read(12)
    kind = head[:4].decode("latin-1")
    if kind not in ("RIFF", "RIFX", "RF64", "BW64"):
        return None
    if len(head) < 12 or head[8:] != b"WAVE":
        raise DataError(f"{kind} file is no WAVE file", f"form type is {head[8:]!r}")
    order = ">" if kind == "RIFX" else "<"
    long_data, form = None, None
    for tag, start, length in chunks(file, size, order):
        if tag == b"ds64" and kind in ("RF64", "BW64"):
            long_data = _data_size_64(file.read(min(length, 28)))
        elif tag == b"fmt ":
            form = _form(file.read(min(length, 40, size - start)), length, order)
        elif tag == b"data":
            if form is None:
                raise DataError("WAV file has no format chunk before its data", f"data chunk at byte {start - 8}")
            return _measure(file, size, kind, order, form, start, length if long_data is None else long_data)
    raise DataError("WAV file has no data chunk", f"{size} bytes were searched")


def chunks(file: BinaryIO, size: int, order: str, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """(id, start of content, length) of each chunk from byte `at`; the file stands at the content when it yields."""
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        tag, length = head[:4], struct.unpack(order + "I", head[4:])[0]
        if not all(32 <= c < 127 for c in tag):
            return
        yield tag, at + 8, length
        at += 8 + length + length % 2
        if at >= size:
            return


def _data_size_64(content: bytes) -> int:
    if len(content) < 16:
        raise DataError("RF64 size chunk is cut short", f"{len(content)} bytes of at least 16")
    return int.from_bytes(content[8:16], "little")


def _form(content: bytes, length: int, order: str) -> Form:
    if len(content) < 16:
        raise DataError("WAV format chunk is cut short", f"{len(content)} bytes of at least 16")
    tag, channels, rate, _, frame_bytes, bits = struct.unpack(order + "HHIIHH", content[:16])
    if tag == EXTENSIBLE:
        if len(content) < 26:
            raise DataError("WAV extensible format chunk is cut short", f"{length} bytes of 40")
        tag = struct.unpack(order + "H", content[24:26])[0]
    if channels == 0:
        raise DataError("WAV header declares 0 channels")
    if rate == 0:
        raise DataError("WAV header declares a sample rate of 0 Hz", remedy="set the true rate in the header")
    if tag not in (PCM, FLOAT):
        return tag, channels, rate, 0
    width, rest = divmod(frame_bytes, channels)
    if rest or not width or (bits + 7) // 8 > width:
        evidence = f"{channels} channels of {bits} bits in frames of {frame_bytes} bytes"
        raise DataError("WAV header contradicts itself", evidence, "convert the file again from its original")
    return tag, channels, rate, frame_bytes


def _measure(file: BinaryIO, size: int, kind: str, order: str, form: Form, start: int, promised: int) -> Riff:
    tag, channels, rate, frame_bytes = form
    held = size - start
    notes: tuple[str, ...] = ()
    repair = None
    narrow = kind in ("RIFF", "RIFX")
    if narrow and held - promised >= 1 << 32:
        evidence = f"header promises {promised} bytes, file holds {held}"
        raise DataError("WAV file outgrew its 32-bit sizes", evidence, "rewrite it as RF64 or W64")
    placeholder = promised in PLACEHOLDERS and promised > held
    if narrow and (placeholder or (promised == 0 and _loose(file, size, order, start))):
        notes = (f"length taken from the file's size: header never closed ({promised} bytes declared, {held} held)",)
        promised, repair = held, (start - 4, struct.pack(order + "I", held))
    if promised > held:
        raise _cut(promised, held, frame_bytes)
    if promised == 0:
        raise DataError("WAV file holds no samples", "its data chunk is 0 bytes long")
    if frame_bytes and promised % frame_bytes:
        notes += (f"{promised % frame_bytes} bytes after the last whole frame are left out",)
    if repair is None and (loose := _loose(file, size, order, start + promised + promised % 2)):
        notes += (f"{loose} bytes after the samples belong to no chunk and are left out",)
    return Riff(kind, tag, channels, rate, frame_bytes, start, promised, notes, repair)


def _loose(file: BinaryIO, size: int, order: str, at: int) -> int:
    """Bytes from `at` to the end of the file that belong to no whole chunk; a missing or extra pad byte is none."""
    end = at
    for _, start, length in chunks(file, size, order, at):
        if start + length > size + 1:
            break
        end = start + length
    return size - end if size - end > 1 else 0


def _cut(promised: int, held: int, frame_bytes: int) -> DataError:
    evidence = f"header promises {promised} bytes, file holds {held}"
    if frame_bytes:
        evidence = (
            f"header promises {promised // frame_bytes} frames, file holds {held // frame_bytes}"
            f" ({promised} and {held} bytes)"
        )
    return DataError("WAV file is cut short", evidence, "copy or record it again")


class Repaired(io.RawIOBase):
    """A file with a few bytes of its header put right for whoever reads through this."""

    def __init__(self, file: BinaryIO, at: int, patch: bytes) -> None:
        self.file, self.at, self.patch = file, at, patch
        file.seek(0)

    def readinto(self, buffer: Any) -> int:
        """Read at the present position."""
        begin = self.file.tell()
        data = bytearray(self.file.read(len(buffer)))
        for k, byte in enumerate(self.patch, self.at - begin):
            if 0 <= k < len(data):
                data[k] = byte
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move as in the file itself."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """Present position."""
        return self.file.tell()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

"""Whether a file of another container than RIFF is whole: each keeps its own record of how much was written.

libsndfile reads what is left of a cut AIFF, AU, W64 or Ogg file and says nothing; these checks do. FLAC needs none: its
decoder fails where the stream ends early. MPEG audio is counted in `_mpeg`. Sources: Apple "Audio Interchange File
Format 1.3" and "Core Audio Format 1.0", Sun audio(7), Sony "Wave64", RFC 3533 (Ogg).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from jackfield import DataError

from ._riff import MAX_CHUNKS, chunks

W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
OGG_LAST_PAGE = 4  # header type flag
OGG_PAGE_MAX = 65_307
Chunks = Iterator[tuple[bytes, int, int]]


def check_whole(file: BinaryIO, size: int) -> None:
    """Raise DataError where the container itself says that some of it is missing."""
    file.seek(0)
    magic = file.read(4)
    if magic == b"FORM":
        _measure("AIFF", size, *_find(chunks(file, size, ">"), b"SSND"))
    elif magic in (b".snd", b"dns."):
        _check_au(file, size, ">" if magic == b".snd" else "<")
    elif magic == b"caff":
        _measure("CAF", size, *_find(_caf_chunks(file), b"data"))
    elif magic == b"riff":
        _measure("W64", size, *_find(_w64_chunks(file), W64_DATA))
    elif magic == b"OggS":
        _check_ogg(file, size)


def _find(found: Chunks, wanted: bytes) -> tuple[int, int]:
    return next(((start, length) for tag, start, length in found if tag == wanted), (0, 0))


def _measure(kind: str, size: int, start: int, promised: int) -> None:
    held = size - start
    if promised > held:
        evidence = f"header promises {promised} bytes of samples, file holds {held}"
        raise DataError(f"{kind} file is cut short", evidence, "copy or record it again")


def _check_au(file: BinaryIO, size: int, order: str) -> None:
    head = file.read(8)
    if len(head) == 8:
        start, promised = struct.unpack(order + "II", head)
        _measure("AU", size, start, 0 if promised == 0xFFFF_FFFF else promised)


def _caf_chunks(file: BinaryIO) -> Chunks:
    at = 8
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            return
        tag, length = struct.unpack(">4sq", head)
        yield tag, at + 12, max(length, 0)
        if length < 0:  # −1: up to the end of the file
            return
        at += 12 + length


def _w64_chunks(file: BinaryIO) -> Chunks:
    at = 40
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return
        tag, length = struct.unpack("<16sQ", head)
        if length < 24:
            return
        yield tag, at + 24, length - 24
        at += length + -length % 8


def _check_ogg(file: BinaryIO, size: int) -> None:
    """The last page must be whole and flagged as its stream's last."""
    file.seek(max(0, size - OGG_PAGE_MAX))
    tail = file.read(OGG_PAGE_MAX)
    at = tail.rfind(b"OggS")
    page = tail[at : at + 27]
    if at < 0 or len(page) < 27 or not page[5] & OGG_LAST_PAGE:
        raise DataError("Ogg file is cut short", "its last page is not the stream's end", "copy or record it again")
    promised, held = 27 + page[26] + sum(tail[at + 27 : at + 27 + page[26]]), len(tail) - at
    if held < promised:
        evidence = f"its last page promises {promised} bytes, file holds {held}"
        raise DataError("Ogg file is cut short", evidence, "copy or record it again")

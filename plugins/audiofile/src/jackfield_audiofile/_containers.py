"""Whether an AIFF, AU, CAF or W64 file is whole: each says how many bytes of samples were written.

libsndfile reads what is left of a cut file and says nothing; these checks do. Sources: Apple "Audio Interchange File
Format 1.3" and "Core Audio Format 1.0", Sun audio(7), Sony "Wave64".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from jackfield import DataError

from ._riff import MAX_CHUNKS, chunks

W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
PAD = 8  # most that a chunk is padded by
Chunks = Iterator[tuple[bytes, int, int]]


def check_whole(file: BinaryIO, size: int) -> tuple[str, ...]:
    """Raise DataError where the container itself says that samples are missing; notes on bytes that are left out."""
    file.seek(0)
    magic = file.read(4)
    if magic == b"FORM":
        return _survey("AIFF", chunks(file, size, ">"), b"SSND", size)
    if magic in (b".snd", b"dns."):
        return _survey("AU", _au_chunk(file, size, ">" if magic == b".snd" else "<"), magic, size)
    if magic == b"caff":
        return _survey("CAF", _caf_chunks(file, size), b"data", size)
    if magic == b"riff":
        # libsndfile itself reads on to the end of such a file, so nothing is left out
        _survey("W64", _w64_chunks(file, size), W64_DATA, size)
    return ()


def _survey(kind: str, found: Chunks, wanted: bytes, size: int) -> tuple[str, ...]:
    end = None
    for tag, start, length in found:
        if tag == wanted and length > size - start:
            evidence = f"header promises {length} bytes of samples, file holds {size - start}"
            raise DataError(f"{kind} file is cut short", evidence, "copy or record it again")
        if tag == wanted or (end is not None and start + length <= size + PAD):
            end = start + length
    loose = 0 if end is None else size - end
    return (f"{loose} bytes after the samples belong to no chunk and are left out",) if loose > PAD else ()


def _au_chunk(file: BinaryIO, size: int, order: str) -> Chunks:
    head = file.read(8)
    if len(head) == 8:
        start, length = struct.unpack(order + "II", head)
        yield (b".snd" if order == ">" else b"dns."), start, size - start if length == 0xFFFF_FFFF else length


def _caf_chunks(file: BinaryIO, size: int) -> Chunks:
    at = 8
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            return
        tag, length = struct.unpack(">4sq", head)
        length = size - at - 12 if length < 0 else length  # −1: up to the end of the file
        yield tag, at + 12, length
        at += 12 + length
        if at >= size:
            return


def _w64_chunks(file: BinaryIO, size: int) -> Chunks:
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
        if at >= size:
            return

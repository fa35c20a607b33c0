"""How many MPEG audio frames a file holds, against what its Xing header and libsndfile say.

Without a Xing header libsndfile guesses the length of a variable-rate file from its first frame and stops there: a
file of 20 s was read as 9 s. Frame headers state their own length, so walking them counts the frames exactly.
Sources: ISO/IEC 11172-3 and 13818-3; the Xing and Info headers are as LAME writes them.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import BinaryIO

from jackfield import DataError

KBITS = {  # bit rates by (is MPEG 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = (44_100, 48_000, 32_000)
DIVISOR = {3: 1, 2: 2, 0: 4}  # by the header's version bits: MPEG 1, 2, 2.5
TRIM = 2 * 4095  # most that the two 12-bit fields of a LAME tag can cut off


@dataclass(frozen=True)
class Stream:
    """What was counted: whole audio frames and their samples, frames that a Xing header promises, bytes missing."""

    frames: int
    samples: int
    promised: int | None
    missing: int


def check_mp3(file: BinaryIO, decoded: int) -> tuple[str, ...]:
    """Compare the frames in the file with its Xing header and with the `decoded` samples that libsndfile announces.

    Raises DataError where either would lose sound; notes a cut last frame in a stream that promises nothing.
    """
    # mapped, because the decoder has the file open and relies on its position
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        stream = count(data)
    if stream is None:
        return ("length as the decoder says: no MPEG frame could be counted",)
    if stream.promised is not None and stream.frames < stream.promised:
        evidence = f"header promises {stream.promised} MPEG frames, file holds {stream.frames}"
        raise DataError("MP3 file is cut short", evidence, "copy or download it again")
    if stream.samples - decoded > TRIM:
        evidence = f"file holds {stream.samples} samples, the decoder would stop at {decoded}"
        remedy = "add the missing header: ffmpeg -i in.mp3 -c copy out.mp3"
        raise DataError("MP3 file does not state its length and would be read short", evidence, remedy)
    return (f"last MPEG frame left out: {stream.missing} bytes of it are missing",) if stream.missing else ()


def count(data: bytes | mmap.mmap) -> Stream | None:
    """Walk the frames of an MPEG audio file; None where no frame is found."""
    kind, promised, frames, samples, missing = None, None, 0, 0, 0
    at = _next_frame(data, _after_id3(data), None)
    while at >= 0:
        length, per_frame = _measure(data[at : at + 4])
        missing = max(0, at + length - len(data))
        if missing:
            break
        if kind is None:
            kind, promised = _kind(data[at : at + 4]), _xing(data[at : at + length])
            counts = promised is None  # the frame that carries the Xing header holds no sound
        else:
            counts = True
        frames, samples = frames + counts, samples + counts * per_frame
        at = _next_frame(data, at + length, kind)
    return Stream(frames, samples, promised, missing) if kind else None


def _kind(header: bytes) -> tuple[int, int]:
    """What all frames of a stream have in common: version and layer, sampling rate."""
    return header[1] & 0x1E, header[2] & 0x0C


def _measure(header: bytes) -> tuple[int, int]:
    """(bytes, samples) of the frame that a 4-byte header begins, (0, 0) where it is no header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0, 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bits, rate, pad = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate == 3 or bits in (0, 15):
        return 0, 0
    hertz, bps = RATES[rate] // DIVISOR[version], KBITS[version == 3, layer][bits] * 1000
    if layer == 1:
        return (12 * bps // hertz + pad) * 4, 384
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bps // hertz + pad, samples


def _next_frame(data: bytes | mmap.mmap, at: int, kind: tuple[int, int] | None) -> int:
    """Where the next frame begins from byte `at` on, or −1; after junk a header counts only if another follows it."""
    header = data[at : at + 4]
    if kind is not None and _measure(header)[0] and _kind(header) == kind:
        return at
    while (at := data.find(b"\xff", at)) >= 0:
        header = data[at : at + 4]
        length = _measure(header)[0]
        if length and kind in (None, _kind(header)):
            follower = data[at + length : at + length + 4]
            if at + length == len(data) or (_measure(follower)[0] and _kind(follower) == _kind(header)):
                return at
        at += 1
    return -1


def _after_id3(data: bytes | mmap.mmap) -> int:
    """First byte after an ID3v2 tag, whose size is four 7-bit bytes."""
    if data[:3] != b"ID3":
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _xing(frame: bytes) -> int | None:
    """Audio frames that the Xing or Info header in the stream's first frame promises."""
    at = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if at < 0 or len(frame) < at + 12 or not frame[at + 7] & 1:
        return None
    return int.from_bytes(frame[at + 8 : at + 12], "big")

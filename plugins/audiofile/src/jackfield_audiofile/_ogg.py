"""Whether an Ogg file is whole: its last page states how many samples came before its end.

libsndfile drops damaged pages and reads a cut file up to the cut, without a word. Sources: RFC 3533 (Ogg), RFC 7845
(Opus in Ogg).
"""

from __future__ import annotations

import mmap
from typing import BinaryIO

from jackfield import DataError

LAST_PAGE = 4  # header type flag
PAGE_MAX = 65_307  # bytes: header, 255 lacing values, 255 · 255 bytes of packets
OPUS_RATE = 48_000  # Opus counts at 48 kHz, whatever the rate of the recording
UNKNOWN = 0xFFFF_FFFF_FFFF_FFFF  # granule position of a page on which no packet ends


def check_ogg(file: BinaryIO, decoded: int, rate: int) -> None:
    """Raise DataError where the `decoded` samples that libsndfile announces are not all that were written."""
    # mapped, because the decoder has the file open and relies on its position
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head, tail = data[:PAGE_MAX], data[-PAGE_MAX:]
    at = tail.rfind(b"OggS")
    page = tail[at : at + 27]
    if at < 0 or len(page) < 27 or not page[5] & LAST_PAGE:
        raise DataError("Ogg file is cut short", "its last page is not the stream's end", "copy or record it again")
    promised, held = 27 + page[26] + sum(tail[at + 27 : at + 27 + page[26]]), len(tail) - at
    if held < promised:
        evidence = f"its last page promises {promised} bytes, file holds {held}"
        raise DataError("Ogg file is cut short", evidence, "copy or record it again")
    if page[14:18] != head[14:18]:
        raise DataError("Ogg file holds several streams", remedy="split it, or convert it to one stream")
    end = int.from_bytes(page[6:14], "little")
    samples = 0 if end == UNKNOWN else _samples(head, end, rate)
    if samples > decoded:
        evidence = f"its last page ends at sample {samples}, the decoder would read {decoded}"
        remedy = "copy it again; if it was cut from a longer stream: ffmpeg -i in.ogg -c copy out.ogg"
        raise DataError("Ogg file is damaged or lacks its beginning", evidence, remedy)


def _samples(head: bytes, end: int, rate: int) -> int:
    """Samples at `rate` before granule position `end`; Opus does not play its pre-skip."""
    at = head.find(b"OpusHead", 0, 512)
    if at < 0:
        return end
    return (end - int.from_bytes(head[at + 10 : at + 12], "little")) * rate // OPUS_RATE

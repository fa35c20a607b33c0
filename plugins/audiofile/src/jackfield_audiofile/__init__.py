"""Sound files through libsndfile, with checks of our own in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from jackfield import Component, Param, Reader, Signal, Source, hookimpl

__all__ = ["AudioFile"]

SUFFIXES = (
    *(".wav", ".wave", ".rf64", ".bwf", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
    *(".flac", ".ogg", ".oga", ".opus", ".mp3"),
)


@dataclass(frozen=True, kw_only=True)
class AudioFile(Component):
    """Samples of a sound file at its own rate, all channels, unscaled and never shortened.

    Takes WAV (also RF64, BW64 and big-endian RIFX), W64, AIFF, AU, CAF, FLAC, Ogg Vorbis and Opus, MP3. The samples are
    float32 in [−1, 1) for integer encodings, and what the file holds for float ones; float64 where float32 would lose
    bits (32-bit integers, doubles).

    Every promise of the header is checked against the file before a decoder sees it. A DataError that names the file
    says what is wrong: missing, empty, no regular file, cut short (frames promised and held), outgrown 32-bit sizes, no
    samples, a rate of 0 Hz, NaN or infinite samples (how many, where), an encoding outside the list, a segment outside
    the file. A recording whose header was never closed is read to the end of the file; a warning and the signal's
    history say so.

    >>> import soundfile, tempfile, os
    >>> from jackfield import Source
    >>> path = os.path.join(tempfile.mkdtemp(), "ramp.wav")
    >>> soundfile.write(path, [0.0, 0.25, 0.5, -0.5], 8000, subtype="PCM_16")
    >>> signal = AudioFile()(Source(path))
    >>> signal.samples.tolist(), signal.rate, signal.source.subtype
    ([[0.0, 0.25, 0.5, -0.5]], 8000.0, 'PCM_16')
    >>> AudioFile()(Source(path, start=1, stop=3)).samples.tolist()
    [[0.25, 0.5]]
    """

    max_samples: Annotated[
        int, Param(ge=1, unit="samples", description="refuse to put more samples, of all channels, into one signal")
    ] = 1 << 30  # 4 GiB of float32: six hours of CD sound

    def __call__(self, source: Source) -> Signal:
        """Decode `source`, or the segment of it that `start` and `stop` give."""
        from ._read import read

        return read(source, self.max_samples)

    def probe(self, source: Source) -> dict[str, Any]:
        """Rate (Hz), channels, frames, seconds, format, subtype, notes from the header alone."""
        from ._read import header

        return header(source)

    def blocks(self, source: Source, size: int = 1 << 18) -> Iterator[Signal]:
        """The same sound as consecutive signals of `size` samples per channel; the last one may be shorter."""
        from ._read import blocks

        return blocks(source, size)

    def prepare(self) -> None:
        """Import the decoder, so that a missing library shows before the first clip."""
        import soundfile  # noqa: F401


@hookimpl
def jackfield_readers() -> Iterator[Reader]:
    """The one reader for all sound files."""
    yield Reader("audiofile", AudioFile, suffixes=SUFFIXES)

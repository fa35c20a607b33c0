"""Sound files through libsndfile, with checks of our own in front of it and behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from jackfield import Artifact, Codes, Component, Output, Param, Reader, Signal, Source, Spec, hookimpl

__all__ = ["AudioFile", "Wav"]

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

    def doubts(self, source: Source) -> tuple[str, ...]:
        """What looks wrong about a file that can be read: samples of another width than declared, an absurd rate."""
        from ._read import doubts

        return doubts(source)

    def blocks(self, source: Source, size: int = 1 << 18) -> Iterator[Signal]:
        """The same sound as consecutive signals of `size` samples per channel; the last one may be shorter."""
        from ._read import blocks

        return blocks(source, size)

    def prepare(self) -> None:
        """Import the decoder, so that a missing library shows before the first clip."""
        import soundfile  # noqa: F401


@dataclass(frozen=True, kw_only=True)
class Wav(Component):
    """A sound file that holds exactly what it was given.

    Codes become PCM of the least width that holds them (8, 16, 24, 32 bits; narrower codes fill the upper bits), with
    the container's own sign: 8-bit WAV is unsigned, 8-bit AIFF and FLAC are signed. Samples become FLOAT or DOUBLE, by
    their dtype, in WAV and AIFF; floats never become PCM on the way, since libsndfile would round them down. Every file
    is read back and compared bit for bit before it gets its name; Ogg Vorbis is lossy, so there rate, channels and
    length are compared. A WAV that would outgrow its 32-bit sizes is written as RF64.

    Raises DataError for what a container cannot hold (floats in FLAC, codes in Ogg, a rate that is no whole number or
    too high, more channels than FLAC's 8, Ogg's 255 and 1024 elsewhere, over 4 GiB in AIFF, NaN); OutputError where the
    file cannot be written, which leaves nothing behind.

    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> from jackfield import Codes
    >>> every = Codes(values=np.arange(256)[None], rate=8000, bits=8, signed=False)
    >>> path = Wav()(every, Path(tempfile.mkdtemp()) / "every").paths[0]
    >>> Path(path).name, list(Path(path).read_bytes()[-256:]) == list(range(256))
    ('every.wav', True)
    """

    container: Annotated[
        Literal["aiff", "flac", "ogg", "rf64", "wav"], Param(description="kind of file; wav becomes rf64 over 4 GiB")
    ] = "wav"

    def __call__(self, item: Signal | Codes, to: Path) -> Artifact:
        """Write the file `to` + suffix."""
        from ._write import MEDIA, write

        return Artifact((str(write(item, to, self.container)),), MEDIA[self.container])

    def predict(self, spec: Spec) -> None:
        """DataError for what the container cannot hold, so that a plan can tell."""
        from ._write import check

        check(self.container, spec.kind, spec.shape[0], spec.rate)

    def prepare(self) -> None:
        """Import the encoder, so that a missing library shows before the first clip."""
        import soundfile  # noqa: F401


@hookimpl
def jackfield_readers() -> Iterator[Reader]:
    """The one reader for all sound files."""
    yield Reader("audiofile", AudioFile, suffixes=SUFFIXES)


@hookimpl
def jackfield_outputs() -> Iterator[Output]:
    """The one writer for all sound files."""
    yield Output("wav", Wav)

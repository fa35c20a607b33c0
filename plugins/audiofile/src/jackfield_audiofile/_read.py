"""Reading through libsndfile, behind checks of our own: nothing hangs, nothing is shortened without a word."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import soundfile

from jackfield import DataError, Origin, Signal, Source

from ._containers import check_whole
from ._mpeg import check_mp3
from ._ogg import check_ogg
from ._riff import Repaired, Riff, probe

# Only what these checks cover and what recordings come in: decoders for other formats see little maintenance.
FORMATS = ("AIFF", "AU", "CAF", "FLAC", "MP3", "OGG", "RF64", "W64", "WAV", "WAVEX")
WIDTH = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}
SUBTYPES = (
    *WIDTH,
    *("ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"),
    *("VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"),
)
BLOCK = 1 << 20  # samples of all channels decoded at a time, so that a lying header cannot ask for memory
AGAIN = "copy, record or convert it again, or leave it out"  # of what nothing better can be said
ENDLESS = 1 << 62  # libsndfile's frame count where a FLAC header states none, being from a pipe; it cannot seek then


@dataclass(frozen=True)
class Opened:
    """An open file whose header has been checked."""

    file: Any
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return int(self.file.frames)


def read(source: Source, max_samples: int) -> Signal:
    """Decode the segment of `source` into one Signal."""
    with _opened(source.path) as opened:
        start, stop = _segment(source, opened.frames)
        channels = opened.file.channels
        if (stop - start) * channels > max_samples:
            evidence = f"{stop - start} frames of {channels} channels, limit {max_samples} samples"
            raise DataError("too long for one signal", evidence, "read a segment, read in blocks, or raise max_samples")
        parts = list(_parts(opened, start, stop, max(1, BLOCK // channels)))
        for note in opened.notes:
            warnings.warn(f"{source.path}: {note}", UserWarning, stacklevel=3)
        return _signal(source, opened, _channels_first(parts), start)


def blocks(source: Source, size: int) -> Iterator[Signal]:
    """Decode the segment of `source` as Signals of `size` samples each, the last one shorter."""
    with _opened(source.path) as opened:
        start, stop = _segment(source, opened.frames)
        for part in _parts(opened, start, stop, size):
            yield _signal(source, opened, _channels_first([part]), start)
            start += len(part)


def header(source: Source) -> dict[str, Any]:
    """What the header says: rate, channels, frames, seconds, format, subtype, notes."""
    with _opened(source.path) as opened:
        start, stop = _segment(source, opened.frames)
        rate = float(opened.file.samplerate)
        return {
            "rate": rate,
            "channels": opened.file.channels,
            "frames": stop - start,
            "seconds": (stop - start) / rate,
            "format": opened.file.format,
            "subtype": opened.file.subtype,
            "notes": opened.notes,
        }


def doubts(source: Source) -> tuple[str, ...]:
    """What about the file looks wrong although it can be read; only WAV files are looked at."""
    from ._width import doubts as found

    with _opened(source.path), open(source.path, "rb") as raw:
        riff = probe(raw, os.fstat(raw.fileno()).st_size)
        return found(raw, riff) if riff is not None else ()


@contextmanager
def _opened(path: str) -> Iterator[Opened]:
    """The file, checked and open; whatever goes wrong from here on becomes a DataError that names it."""
    try:
        size = _regular_size(path)
        with open(path, "rb") as raw:
            riff = probe(raw, size)
            notes = check_whole(raw, size) if riff is None else riff.notes
            with _decoder(raw, riff) as file:
                _check_allowed(file)
                if riff is not None:
                    _check_agreement(riff, file)
                elif file.format == "OGG":
                    check_ogg(raw, int(file.frames), file.samplerate)
                elif file.format == "MP3":
                    notes = check_mp3(raw, int(file.frames))
                yield Opened(file, notes)
    except DataError as error:
        raise DataError(f"{path}: {error.cause}", error.evidence, error.remedy or AGAIN) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read", _reason(error), "check its permissions and its disk") from error
    except (soundfile.LibsndfileError, UnicodeError, ValueError, TypeError, MemoryError) as error:
        raise DataError(f"{path}: cannot be read", _reason(error), f"if it is sound at all, {AGAIN}") from error


def _decoder(raw: BinaryIO, riff: Riff | None) -> Any:
    """libsndfile on the open file: what was checked is what is read, and no format is guessed from the file's name."""
    if riff is not None and riff.repair is not None:
        return soundfile.SoundFile(Repaired(raw, *riff.repair))
    os.lseek(raw.fileno(), 0, os.SEEK_SET)  # raw.seek would move within Python's buffer alone
    return soundfile.SoundFile(raw.fileno(), closefd=False)


def _regular_size(path: str) -> int:
    """Size of a regular file that is not empty, before anything opens it: opening a FIFO waits for ever."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            raise DataError(
                "link to a file that is not there", f"target {os.readlink(path)}", "mend or remove it"
            ) from None
        raise DataError("no such file", remedy="check the path, or whether its disk is there") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError("is a folder, not a file", remedy="name the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise DataError("is no regular file", stat.filemode(status.st_mode), "copy the sound into a file first")
    if status.st_size == 0:
        raise DataError("file is empty", "0 bytes")
    return status.st_size


def _check_allowed(file: Any) -> None:
    if file.format not in FORMATS or file.subtype not in SUBTYPES:
        known = f"formats {', '.join(FORMATS)}; encodings {', '.join(SUBTYPES)}"
        raise DataError("encoding is not taken", f"{file.format} {file.subtype}", f"convert it to one of: {known}")
    if file.samplerate < 1:
        raise DataError("header declares a sample rate of 0 Hz", remedy="set the true rate in the header")
    if file.frames < 1:
        raise DataError("file holds no samples")
    if file.frames >= ENDLESS:
        raise DataError("header does not state the length", remedy="rewrite it: ffmpeg -i in.flac out.flac")


def _check_agreement(riff: Riff, file: Any) -> None:
    """Refuse where libsndfile understands a WAV header otherwise than its bytes read."""
    if riff.frames is None:
        return
    width = riff.frame_bytes // riff.channels
    if file.channels != riff.channels or WIDTH.get(file.subtype) != width:
        evidence = f"{riff.channels} channels of {width} bytes, decoder sees {file.channels} of {file.subtype}"
        raise DataError("sample size is not supported", evidence, "convert it to 16, 24 or 32 bits")
    if file.frames != riff.frames:
        evidence = f"file holds {riff.frames} frames, the decoder would read {file.frames}"
        raise DataError("WAV header is misread by the decoder", evidence, "convert it again from its original")


def _segment(source: Source, frames: int) -> tuple[int, int]:
    start, stop = source.start, frames if source.stop is None else source.stop
    if not 0 <= start < stop <= frames:
        evidence = f"samples {start} to {stop} of {frames}"
        raise DataError("segment lies outside the file", evidence, "choose 0 ≤ start < stop ≤ length")
    return start, stop


def _parts(opened: Opened, start: int, stop: int, size: int) -> Iterator[np.ndarray]:
    """(frames, channels) arrays of up to `size` frames; DataError where fewer come than promised."""
    file, at = opened.file, start
    # float32 holds 24 bits exactly; what is wider needs float64
    dtype = "float64" if file.subtype in ("DOUBLE", "PCM_32") else "float32"
    try:
        if start:
            file.seek(start)
        while at < stop:
            wanted = min(size, stop - at)
            part = file.read(wanted, dtype=dtype, always_2d=True)
            if len(part) < wanted:
                # never read on: behind a damaged place the decoder continues as if nothing were missing
                evidence = f"header promises {opened.frames} frames, decoding ended after {at + len(part)}"
                raise DataError("file is damaged or cut short", evidence, "copy or record it again")
            _check_finite(part, at)
            yield part
            at += wanted
    except soundfile.LibsndfileError as error:
        evidence = f"after frame {at} of {opened.frames}: {_reason(error)}"
        raise DataError("decoding failed", evidence, "damaged or cut short; copy or record it again") from error


def _check_finite(part: np.ndarray, at: int) -> None:
    finite = np.isfinite(part)
    if not finite.all():
        first = int((~finite).any(axis=1).argmax())
        evidence = f"{int((~finite).sum())} of {part.size} values from frame {at} on, the first in frame {at + first}"
        raise DataError("samples are NaN or infinite", evidence, "repair the recording or leave it out")


def _channels_first(parts: list[np.ndarray]) -> np.ndarray:
    if len(parts) == 1:
        samples = np.ascontiguousarray(parts[0].T)
    else:
        samples = np.empty((parts[0].shape[1], sum(map(len, parts))), parts[0].dtype)
        np.concatenate([p.T for p in parts], axis=1, out=samples)
    samples.flags.writeable = False
    return samples


def _signal(source: Source, opened: Opened, samples: np.ndarray, start: int) -> Signal:
    decoder = f"libsndfile {soundfile.__libsndfile_version__}"
    origin = Origin(path=source.path, subtype=opened.file.subtype, decoder=decoder)
    rate = float(opened.file.samplerate)
    return Signal(samples=samples, rate=rate, start=start, source=origin, history=opened.notes)


def _reason(error: BaseException) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return f"libsndfile error {error.code} {error.error_string}".strip()
    return f"{type(error).__name__}: {error}"

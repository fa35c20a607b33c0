"""Odd and broken WAV files from other projects' test suites."""

import csv

import numpy as np
import pytest
from jackfield_audiofile import AudioFile

from jackfield import DataError, Source

pytestmark = pytest.mark.filterwarnings("ignore:.*left out:UserWarning")

# Files whose promise differs from what is there: an error, though a lax reader would give something shorter.
MUST_FAIL = {
    "test-44100Hz-le-1ch-4bytes-early-eof.wav": "promises 4410 frames, file holds 236",
    "frogs-01-last-byte-missing.wav": "promises 512736 frames, file holds 512735",
    "pcmwaveformat-24bit-4byte-48kHz-stereo.wav": "sample size is not supported",
    "data_chunk_truncated.wav": "frames, file holds 2240",
    "no_samples.wav": "no samples",
}


def rows(shared):
    folder = shared / "data" / "badwav"
    if not (folder / "badwav.csv").is_file():
        pytest.skip("badwav.csv is not there")
    with open(folder / "badwav.csv", newline="") as file:
        return [(folder / row["file"], row) for row in csv.DictReader(file)]


def test_every_file_is_read_whole_or_refused_clearly(shared):
    wrong = []
    for path, row in rows(shared):
        try:
            signal = AudioFile()(Source(str(path)))
        except DataError as error:
            if row["expect"] == "read" or str(path) not in str(error):
                wrong.append(f"{path.name}: {error}")
            continue
        shape = (str(signal.n), str(signal.channels), f"{signal.rate:g}")
        if row["expect"] == "error" or (
            row["expect"] == "read" and shape != (row["frames"], row["channels"], row["rate"])
        ):
            wrong.append(f"{path.name}: {shape}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_shortened(shared):
    seen = 0
    for path, _ in rows(shared):
        if path.name in MUST_FAIL:
            with pytest.raises(DataError, match=MUST_FAIL[path.name]):
                AudioFile()(Source(str(path)))
            seen += 1
    assert seen == len(MUST_FAIL)


@pytest.mark.filterwarnings("ignore::scipy.io.wavfile.WavFileWarning")
def test_values_equal_scipys(shared):
    from scipy.io import wavfile

    compared = 0
    for path, row in rows(shared):
        if row["expect"] != "read":
            continue
        try:
            _, other = wavfile.read(path)
        except ValueError:
            continue
        other = other.reshape(len(other), -1).T
        if other.dtype.kind == "u":
            other = (other.astype(np.float64) - 128) / 128
        elif other.dtype.kind == "i":
            other = other / 2.0 ** (8 * other.dtype.itemsize - 1)
        assert np.array_equal(AudioFile()(Source(str(path))).samples, other), path.name
        compared += 1
    assert compared > 80


def test_probe_agrees_with_the_samples(shared):
    for path, row in rows(shared):
        if row["expect"] == "read":
            found = AudioFile().probe(Source(str(path)))
            assert (found["frames"], found["channels"], found["rate"]) == (
                int(row["frames"]),
                int(row["channels"]),
                float(row["rate"]),
            )

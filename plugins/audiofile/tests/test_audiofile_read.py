"""What a reader must do with good files, files that lie, and things that are no files."""

import doctest
import os
import struct
import time

import jackfield_audiofile
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_audiofile import SUFFIXES, AudioFile
from jackfield_audiofile._mpeg import count

from jackfield import DataError, Source
from jackfield.testing import check_component

RATE = 44_100
CONTAINERS = {
    "wav": ("WAV", "PCM_16"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_24"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def noise(n, channels=2, seed=0):
    return 0.2 * np.random.default_rng(seed).standard_normal((n, channels))


def written(tmp_path, ending, n=2 * RATE):
    form, subtype = CONTAINERS[ending]
    path = tmp_path / f"clip.{ending}"
    soundfile.write(path, noise(n), 48_000 if ending == "opus" else RATE, format=form, subtype=subtype)
    return path


def read(path, **segment):
    return AudioFile()(Source(str(path), **segment))


def wav(data, *, size=None, riff_size=None, kind=b"RIFF", tag=1, bits=16, rate=8000, after=b""):
    """A mono WAV file as bytes; `size` overrides what the data chunk declares."""
    order = ">" if kind == b"RIFX" else "<"
    width = bits // 8
    form = struct.pack(order + "HHIIHH", tag, 1, rate, rate * width, width, bits)
    size = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack(order + "I", 16) + form + b"data" + struct.pack(order + "I", size) + data + after
    return kind + struct.pack(order + "I", len(body) if riff_size is None else riff_size) + body


@pytest.mark.parametrize("ending", CONTAINERS)
def test_every_container_reads_whole_and_in_segments(tmp_path, ending):
    path = written(tmp_path, ending)
    whole = read(path)
    assert (whole.channels, whole.n, whole.samples.dtype) == (2, 2 * RATE, np.float32)
    assert np.array_equal(whole.samples, soundfile.read(path, dtype="float32")[0].T)
    part = read(path, start=30_000, stop=31_000)
    assert part.start == 30_000
    assert np.array_equal(part.samples, whole.samples[:, 30_000:31_000])
    assert AudioFile().probe(Source(str(path)))["frames"] == whole.n


@pytest.mark.parametrize("ending", CONTAINERS)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.999])
def test_every_container_cut_short_is_refused(tmp_path, ending, share):
    path = written(tmp_path, ending)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"clip\."):
        read(path)


def test_blocks_are_the_signal(tmp_path):
    path = written(tmp_path, "flac")
    parts = list(AudioFile().blocks(Source(str(path), start=100, stop=70_100), size=30_000))
    assert [(p.start, p.n) for p in parts] == [(100, 30_000), (30_100, 30_000), (60_100, 10_000)]
    assert np.array_equal(
        np.concatenate([p.samples for p in parts], axis=1), read(path, start=100, stop=70_100).samples
    )


@pytest.mark.parametrize(
    ("subtype", "dtype", "step"),
    [("PCM_U8", "f4", 2**-7), ("PCM_16", "f4", 2**-15), ("PCM_24", "f4", 2**-23), ("PCM_32", "f8", 2**-31)],
)
def test_integers_are_exact(tmp_path, subtype, dtype, step):
    codes = np.array([-(2**31), -(2**31) + 2**24, 0, 2**24, 2**31 - 2**24], "i4")
    soundfile.write(tmp_path / "a.wav", codes, 8000, subtype=subtype)
    signal = read(tmp_path / "a.wav")
    assert signal.samples.dtype == dtype
    assert np.array_equal(signal.samples[0].astype("f8"), np.floor(codes / 2.0**31 / step) * step)


def test_floats_beyond_full_scale_stay(tmp_path):
    values = np.array([-3.5, 0.1, 7.25])
    soundfile.write(tmp_path / "a.wav", values, 8000, subtype="DOUBLE")
    assert np.array_equal(read(tmp_path / "a.wav").samples[0], values)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_F000])
def test_a_header_never_closed_reads_to_the_end_and_says_so(tmp_path, size):
    samples = np.arange(-500, 500, dtype="<i2")
    (tmp_path / "a.wav").write_bytes(wav(samples.tobytes(), size=size, riff_size=size))
    with pytest.warns(UserWarning, match="never closed .* 2000 held"):
        signal = read(tmp_path / "a.wav")
    assert np.array_equal(signal.samples[0] * 32768, samples)
    assert "never closed" in signal.history[0]


def test_samples_that_a_stale_header_leaves_out_are_stated(tmp_path):
    samples = np.arange(-500, 500, dtype="<i2")
    (tmp_path / "a.wav").write_bytes(wav(samples.tobytes(), size=800))
    with pytest.warns(UserWarning, match="1200 bytes after the samples belong to no chunk and are left out"):
        assert read(tmp_path / "a.wav").n == 400
    odd = wav(samples[:4].tobytes() + b"\1", after=b"\0LIST" + struct.pack("<I", 4) + b"INFO")
    (tmp_path / "a.wav").write_bytes(odd)
    with pytest.warns(UserWarning, match="1 bytes after the last whole frame are left out"):
        assert read(tmp_path / "a.wav").history == ("1 bytes after the last whole frame are left out",)


@pytest.mark.parametrize("ending", ["ogg", "opus"])
def test_an_ogg_with_a_damaged_page_is_refused(tmp_path, ending):
    path = written(tmp_path, ending)
    whole = path.read_bytes()
    for tenth in range(2, 10):
        data = bytearray(whole)
        data[len(data) * tenth // 10] ^= 0xFF
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"last page ends at sample 88200|promises 88200 frames, decoding ended"):
            read(path)


@pytest.mark.parametrize("rate", [8000, 24_000, 48_000])
def test_opus_counts_at_its_own_rate(tmp_path, rate):
    soundfile.write(tmp_path / "a.opus", noise(12_345, 1), rate, format="OGG", subtype="OPUS")
    assert (read(tmp_path / "a.opus").n, read(tmp_path / "a.opus").rate) == (12_345, rate)


def test_an_ogg_of_several_streams_is_refused(tmp_path):
    one, other = written(tmp_path, "ogg").read_bytes(), written(tmp_path, "opus").read_bytes()
    (tmp_path / "both.ogg").write_bytes(one + other)
    with pytest.raises(DataError, match="holds several streams"):
        read(tmp_path / "both.ogg")


@pytest.mark.parametrize(("ending", "mark", "size"), [("au", b".snd", 4), ("aiff", b"SSND", 4), ("caf", b"data", 8)])
def test_what_other_stale_headers_leave_out_is_stated(tmp_path, ending, mark, size):
    path = written(tmp_path, ending, 5000)
    data = bytearray(path.read_bytes())
    place = data.index(mark) + (8 if ending == "au" else 4)
    old = int.from_bytes(data[place : place + size], "big")
    data[place : place + size] = (old - 6000).to_bytes(size, "big")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"60\d\d bytes after the samples"):
        assert read(path).n < 5000


def test_a_flac_of_unknown_length_is_refused(tmp_path):
    path = written(tmp_path, "flac")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # STREAMINFO's 36-bit total: 0 is unknown
    data[22:26] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(DataError, match="does not state the length; rewrite it"):
        read(path)


def test_an_empty_data_chunk_before_other_chunks_is_no_recording(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(b"", after=b"LIST" + struct.pack("<I", 4) + b"INFO"))
    with pytest.raises(DataError, match="holds no samples"):
        read(tmp_path / "a.wav")


def test_a_wrapped_size_is_refused(tmp_path):
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(wav(b"", size=1000))
        file.truncate(44 + (1 << 32) + 1000)  # sparse
    with pytest.raises(DataError, match=r"outgrew its 32-bit sizes: header promises 1000 bytes, file holds 4294968296"):
        read(tmp_path / "a.wav")


def test_a_lying_flac_header_asks_for_no_memory(tmp_path):
    path = written(tmp_path, "flac")
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # the upper bits of STREAMINFO's 36-bit total
    data[22:26] = b"\xff" * 4
    path.write_bytes(data)
    with pytest.raises(DataError, match="68719476735 frames of 2 channels, limit"):
        read(path)
    with pytest.raises(DataError, match="decoding"):
        AudioFile(max_samples=1 << 60)(Source(str(path)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted_and_placed(tmp_path, bad):
    values = np.zeros((1000, 2), "f4")
    values[[300, 400], 1] = bad
    soundfile.write(tmp_path / "a.wav", values, 8000, subtype="FLOAT")
    with pytest.raises(DataError, match=r"2 of 2000 values .* first in frame 300"):
        read(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0}, "sample rate of 0 Hz"),
        ({"size": 4000}, "header promises 2000 frames, file holds 500"),
        ({"kind": b"RIFX", "size": 4000}, "header promises 2000 frames, file holds 500"),
        ({"bits": 12}, "contradicts itself"),
        ({"tag": 0x55}, "cannot be read|not taken"),
    ],
)
def test_headers_that_lie(tmp_path, change, message):
    (tmp_path / "a.wav").write_bytes(wav(bytes(1000), **change))
    with pytest.raises(DataError, match=message):
        read(tmp_path / "a.wav")


def test_a_size_0_rf64_without_its_sizes_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(bytes(1000), kind=b"RF64", size=0xFFFF_FFFF))
    with pytest.raises(DataError, match="file holds 500"):
        read(tmp_path / "a.wav")


def test_a_variable_rate_mp3_without_a_length_is_refused(tmp_path):
    path = written(tmp_path, "mp3", 20 * RATE)
    data = path.read_bytes()
    stream = count(data)
    assert stream is not None
    assert stream.frames == stream.promised
    assert 0 <= stream.samples - 20 * RATE < 8190
    path.write_bytes(data[data.index(b"\xff\xfb", 4) :])
    with pytest.raises(DataError, match=f"file holds {stream.samples} samples"):
        read(path)


def test_an_mp3_between_tags_is_whole(tmp_path):
    path = written(tmp_path, "mp3")
    data = path.read_bytes()
    path.write_bytes(b"ID3\x04\0\0\0\0\x01\x00" + b"\xff" * 128 + data + b"TAG" + bytes(125))
    assert read(path).n == 2 * RATE


def test_segments_outside_are_refused(tmp_path):
    path = written(tmp_path, "wav", 1000)
    for start, stop in ((0, 1001), (1000, None), (-1, 5), (5, 5)):
        with pytest.raises(DataError, match="segment lies outside the file"):
            read(path, start=start, stop=stop)


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "gone.wav")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound at all")
    faults = {
        "pipe.wav": "no regular file",
        "link.wav": r"link to a file that is not there: target .*gone\.wav",
        "gone.wav": "no such file",
        "empty.wav": "is empty",
        "text.wav": "Format not recognised",
        ".": "is a folder",
        "nul\0.wav": "null byte",
        "\ud800.wav": "surrogates not allowed",
    }
    began = time.monotonic()
    for name, message in faults.items():
        with pytest.raises(DataError, match=message) as caught:
            read(os.path.join(tmp_path, name))
        assert caught.value.remedy
    assert time.monotonic() - began < 1


def test_an_unreadable_file_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path, "wav", 100)

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(DataError, match="Permission denied; check its permissions"):
        read(path)


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        (
            "junk.wav",
            b"junk" * 1250,
            "cannot be read: libsndfile error 1 Format not recognised.; if it is sound at all",
        ),
        ("form.wav", b"RIFF\4\0\0\0junk", "RIFF file is no WAVE file: form type is b'junk'"),
        ("empty.wav", b"", "file is empty: 0 bytes"),
        ("cut.flac", b"fLaC" + bytes(100), "cannot be read: libsndfile error"),
    ],
)
def test_every_refusal_says_what_to_do(tmp_path, name, data, cause):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: {cause}")
    assert str(caught.value).endswith("copy, record or convert it again, or leave it out")


def test_encodings_outside_the_list_are_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(8000, 1), 8000, format="VOC", subtype="PCM_16")
    with pytest.raises(DataError, match="encoding is not taken: VOC PCM_16"):
        read(tmp_path / "a.wav")


def test_the_name_does_not_decide_the_format(tmp_path):
    path = written(tmp_path, "wav", 500)
    odd = path.rename(tmp_path / "clip é\udcff.gsm")
    assert read(odd).n == 500


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, 1043), flips=st.lists(st.tuples(st.integers(0, 43), st.integers(0, 255)), max_size=4))
def test_damaged_headers_read_whole_or_fail_clearly(tmp_path_factory, cut, flips):
    data = bytearray(wav(np.arange(500, dtype="<i2").tobytes()))
    for at, value in flips:
        data[at] = value
    path = tmp_path_factory.mktemp("damaged") / "a.wav"
    path.write_bytes(data[: len(data) - cut])
    signal, message = None, ""
    try:
        signal = read(path)
    except DataError as error:
        message = str(error)
    if signal is None:
        assert str(path) in message
    else:
        assert signal.n * signal.channels <= 1000
        assert np.isfinite(signal.samples).all()


def test_suffixes_are_what_readers_declare():
    assert {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".w64", ".caf", ".au"} <= set(SUFFIXES)
    assert all(s == s.lower() and s.startswith(".") for s in SUFFIXES)


def test_six_seconds_read_fast(tmp_path):
    path = written(tmp_path, "wav", 6 * RATE)
    read(path)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        read(path)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.02


def test_component_keeps_the_rules():
    check_component("audiofile")


def test_docstring_examples():
    result = doctest.testmod(jackfield_audiofile)
    assert result.attempted >= 6
    assert result.failed == 0

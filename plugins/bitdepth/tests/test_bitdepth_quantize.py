"""Codes against the definition, known figures of dither, and what SoX makes of the same samples."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_bitdepth import Quantize

from jackfield import ConfigError, DataError, Signal

RATE = 44_100


def signal(samples, rate=RATE):
    return Signal(samples=np.asarray(samples), rate=rate)


@pytest.fixture(scope="module")
def noise():
    return signal(np.random.default_rng(1).normal(0, 0.1, 1_000_000).clip(-1, 1).astype(np.float32))


def errors(clip, **parameters):
    codes = Quantize(**parameters)(clip)
    return codes.values - clip.samples.astype(np.float64) * 2 ** (parameters["bits"] - 1), codes


def test_the_ends_of_the_range():
    ends = signal([-1.0, 0.0, 1.0])
    assert Quantize(bits=8, signed=False)(ends).values.tolist() == [[0, 128, 255]]
    assert Quantize(bits=8)(ends).values.tolist() == [[-128, 0, 127]]
    assert Quantize(bits=32)(ends).values.tolist() == [[-(2**31), 0, 2**31 - 1]]
    assert Quantize(bits=8)(ends).statistics["saturated"] == 1
    assert Quantize(bits=8)(ends).clipped == 0, "full scale is no clip"


@pytest.mark.parametrize(
    ("dither", "rms"), [("none", 12**-0.5), ("rpdf", 6**-0.5), ("tpdf", 0.5), ("tpdf-highpass", 0.5)]
)
def test_the_error_of_every_dither(noise, dither, rms):
    error, codes = errors(noise, bits=8, dither=dither)
    assert np.sqrt(np.mean(error**2)) == pytest.approx(rms, abs=0.005 if dither != "none" else 0.001)
    assert abs(error.mean()) < 0.002
    assert codes.statistics["error_rms_lsb"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-9)
    assert codes.statistics["error_mean_lsb"] == pytest.approx(error.mean(), abs=1e-12)
    assert codes.statistics["noise_floor_dbfs"] == pytest.approx(20 * np.log10(rms / 128), abs=0.1)


def test_triangular_dither_makes_the_error_independent_of_the_signal():
    # a slow ramp through a few codes: mean and power of the error at every fraction of a code
    ramp = np.linspace(-2, 2, 2_000_000) / 128
    error, _ = errors(signal(ramp), bits=8, dither="tpdf")
    parts = error.reshape(80, -1)
    assert np.abs(parts.mean(axis=1)).max() < 0.02
    assert np.abs(parts.var(axis=1) - 0.25).max() < 0.02
    plain, _ = errors(signal(ramp), bits=8, dither="none")
    assert np.abs(plain.reshape(80, -1).mean(axis=1)).max() > 0.4


def test_a_sine_below_one_code_survives_dither_alone():
    n = 441_000
    turn = np.exp(-2j * np.pi * 441 * np.arange(n) / RATE)
    quiet = signal(0.4 / 128 * np.sin(2 * np.pi * 441 * np.arange(n) / RATE))
    heard = 2 * abs(np.mean(Quantize(bits=8, dither="tpdf")(quiet).values[0] * turn))
    assert heard == pytest.approx(0.40, abs=0.01)
    assert not Quantize(bits=8, dither="none")(quiet).values.any()


def test_highpass_dither_is_blue():
    silence = signal(np.zeros(2**18))
    # high and low halves of the band; rounding adds its white third
    for dither, low, high in (("tpdf", 0.9, 1.1), ("tpdf-highpass", 2, 3)):
        power = np.abs(np.fft.rfft(Quantize(bits=8, dither=dither)(silence).values[0])) ** 2
        assert low < power[-(2**16) :].mean() / power[1 : 2**16].mean() < high


@pytest.mark.parametrize("curve", ["second-order", "lipshitz-5", "wannamaker-9"])
def test_shaped_noise_follows_its_curve(curve):
    from jackfield_bitdepth._shaping import TAPS

    quiet = signal(np.random.default_rng(0).normal(0, 0.05, 2**17))
    error, _ = errors(quiet, bits=8, dither=curve)
    frequency = np.fft.rfftfreq(1024)
    wanted = np.abs(1 - sum(c * np.exp(-2j * np.pi * frequency * (k + 1)) for k, c in enumerate(TAPS[curve]))) ** 2
    # the fed-back error holds dither and rounding: 1/4 LSB², white
    found = (np.abs(np.fft.rfft(error[0].reshape(-1, 1024) * np.hanning(1024))) ** 2).mean(axis=0)
    found /= (np.hanning(1024) ** 2).sum() * 0.25
    assert 10 * np.log10(found[5:-5] / wanted[5:-5]) == pytest.approx(0, abs=2.0)
    # no curve lowers noise everywhere: the mean over frequency, in decibels, is 0 (Gerzon and Craven 1989)
    assert np.mean(10 * np.log10(wanted[1:-1])) == pytest.approx(0, abs=0.3)


def test_curves_made_for_one_rate_refuse_others():
    with pytest.raises(DataError, match=r"44\.1 and 48 kHz, the rate is 8000 Hz"):
        Quantize(bits=8, dither="lipshitz-5")(signal([0.1], 8000))
    assert Quantize(bits=8, dither="second-order")(signal([0.1], 8000)).values.shape == (1, 1)


def test_auto_dithers_where_the_width_shrinks():
    codes16 = np.random.default_rng(0).integers(-32768, 32768, 5000).astype(np.int16)
    fine = signal((codes16 / 32768).astype(np.float32))
    same = Quantize(bits=16)(fine)
    assert (same.dither, same.seed) == ("none", None)
    assert np.array_equal(same.values[0], codes16)
    assert (Quantize(bits=24)(fine).values == codes16.astype(np.int32) * 256).all()
    shrunk = Quantize(bits=8)(fine)
    assert (shrunk.dither, shrunk.seed) == ("tpdf", 0)


def test_the_seed_makes_the_codes():
    clip = signal(np.random.default_rng(0).normal(0, 0.1, (2, 4000)))
    a, again, b = (Quantize(bits=8, seed=s)(clip).values for s in (1, 1, 2**40 + 1))
    assert np.array_equal(a, again)
    assert not np.array_equal(a, b)
    left, right = Quantize(bits=8)(signal(np.zeros((2, 4000)) + 0.3 / 128)).values
    assert not np.array_equal(left, right), "channels are dithered apart"


def test_clips_are_an_error_unless_told_otherwise():
    loud = signal(np.r_[np.zeros(100), np.full(30, 1.5), np.zeros(5), -1.25, 1.0])
    with pytest.raises(DataError, match=r"31 beyond ±1, peak \+3.52 dBFS; samples 100, .*119, …"):
        Quantize(bits=8)(loud)
    limited = Quantize(bits=8, clips="clip")(loud)
    assert limited.clipped == 31
    assert limited.clip_positions == tuple(range(100, 120))
    assert limited.values[0, 99:131].tolist() == [limited.values[0, 99], *[127] * 30, limited.values[0, 130]]
    assert limited.values[0, 135] == -128
    assert abs(limited.statistics["error_rms_lsb"]) < 0.6, "clips are no rounding errors"
    scaled = Quantize(bits=8, clips="normalise", dither="none")(loud)
    assert scaled.clipped == 0
    assert scaled.statistics["gain_db"] == pytest.approx(-3.522, abs=0.001)
    assert scaled.values[0, 110] == 127
    assert scaled.values[0, -1] == round(128 / 1.5)
    quiet = signal([0.5])
    assert Quantize(bits=8, clips="normalise")(quiet).statistics["gain_db"] == 0, "nothing is made louder"


def test_nan_is_refused():
    with pytest.raises(DataError, match="1 of them"):
        Quantize(bits=8)(signal([0.1, np.nan]))


def test_dither_beyond_the_range_is_counted_apart():
    edge = signal(np.full(10_000, 127.4 / 128))
    codes = Quantize(bits=8, dither="tpdf")(edge)
    assert codes.clipped == 0
    assert 2000 < codes.statistics["saturated"] < 5000
    assert codes.values.max() == 127


@pytest.mark.parametrize("name", ["ramp", "tone"])
def test_sox_differs_only_by_rounding_halves_up(shared, name):
    fine, rate = soundfile.read(shared / f"golden/sox8/{name}16.wav", dtype="int16")
    ours = Quantize(bits=8, dither="none")(signal((fine / 32768).astype(np.float32), rate)).values[0]
    for suffix in ("wav", "aiff"):
        theirs = soundfile.read(shared / f"golden/sox8/{name}8.{suffix}", dtype="int16")[0] >> 8
        different = ours != theirs
        halves = fine % 256 == 128
        assert not (different & ~halves).any()
        assert np.array_equal(different, halves & (ours % 2 == 0) & (ours < 127) & (theirs == ours + 1))


def test_soundfile_floors_where_codes_round(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 100_000)
    soundfile.write(tmp_path / "floor.wav", noise, RATE, subtype="PCM_U8")
    floored = soundfile.read(tmp_path / "floor.wav", dtype="int16")[0] / 256
    assert np.mean(floored - noise * 128) == pytest.approx(-0.5, abs=0.01)
    assert abs(errors(signal(noise), bits=8, dither="none")[0].mean()) < 0.005


@given(
    st.integers(2, 32),
    st.sampled_from(["auto", "none", "rpdf", "tpdf", "tpdf-highpass", "second-order", "lipshitz-5"]),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
    st.lists(st.integers(1, 50), min_size=1, max_size=6),
    st.integers(0, 2**63 - 1),
)
@settings(max_examples=150, deadline=None)
def test_a_stream_gives_the_codes_of_the_whole(bits, dither, signed, dtype, sizes, seed):
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-1, 1, (2, sum(sizes))).astype(dtype)
    samples[:, : sizes[0]] = np.round(samples[:, : sizes[0]] * 2) / 2  # what needs no dither, for a while
    how = Quantize(bits=bits, dither=dither, signed=signed, seed=seed)
    whole = how(signal(samples))
    stream, at, parts = how.stream(RATE, 2), 0, []
    for size in sizes:
        parts.append(stream.push(signal(samples[:, at : at + size])))
        at += size
    parts.append(stream.finish())
    found = [p for p in parts if p is not None]
    assert np.array_equal(np.concatenate([p.values for p in found], axis=1), whole.values)
    assert found[-1].dither == whole.dither
    assert found[-1].statistics == pytest.approx(whole.statistics, rel=1e-6, abs=1e-6)
    half = 2 ** (bits - 1)
    assert whole.values.min() >= (-half if signed else 0)
    assert whole.values.max() <= (half - 1 if signed else 2 * half - 1)


def test_a_stream_cannot_be_normalised():
    with pytest.raises(ConfigError, match="peak is known at its end"):
        Quantize(bits=8, clips="normalise").stream(RATE, 1)


def test_what_a_stream_refuses():
    stream = Quantize(bits=8).stream(RATE, 1)
    for block in (signal(np.zeros((2, 4))), signal(np.zeros(4), rate=8000), np.zeros(4)):
        with pytest.raises(DataError, match="a block differs from the stream"):
            stream.push(block)
    assert stream.push(signal(np.full(4, 0.3))).values.shape == (1, 4)
    assert stream.finish() is None
    for call in (stream.finish, lambda: stream.push(signal(np.zeros(4)))):
        with pytest.raises(DataError, match="the stream is finished"):
            call()

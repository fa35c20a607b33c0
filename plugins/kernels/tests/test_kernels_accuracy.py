"""Accuracy, reference values of other libraries, short inputs, broken samples, and what is refused."""

import numpy as np
import pytest
from jackfield_kernels import euclidean, mel_bands, stft

RNG = np.random.default_rng(1)


def speech(rng, n):
    """Harmonics that fall off, over noise."""
    pitch, k = rng.uniform(0.005, 0.02), np.arange(1, 12)[:, None]
    return (np.cos(2 * np.pi * pitch * k * np.arange(n) + rng.uniform(0, 6, k.shape)) / k).sum(0) + noise(rng, n) / 100


def noise(rng, n):
    return rng.standard_normal(n)


def tone(rng, n):
    return np.cos(2 * np.pi * rng.uniform(0, 0.5) * np.arange(n) + rng.uniform(0, 6))


@pytest.mark.parametrize("n_fft", [32, 50, 96, 240, 400, 480, 512, 1000, 1024, 1536, 2048, 4096, 33, 62, 127, 1022])
@pytest.mark.parametrize("power", [None, 1, 2])
@pytest.mark.parametrize("clip", [noise, tone, speech])
def test_error_in_float32(level, n_fft, power, clip):
    window, settings = np.hanning(n_fft), {"start": -(n_fft // 2), "count": 33, "pad": "reflect", "power": power}
    errors = []
    for seed in range(5):
        x = clip(np.random.default_rng(seed), n_fft * 9).astype("f4")
        truth = stft(x.astype("f8"), window.astype("f4").astype("f8"), n_fft // 4, **settings)
        got = stft(x, window, n_fft // 4, **settings)
        errors.append(np.abs(got - truth).max() / np.abs(truth).max())
    # v2 has no fused multiply-add
    assert np.median(errors) <= (3.5e-7 if level == "v2" else 3e-7)
    # a square doubles relative errors: a tone in an unlucky phase comes to a little more
    assert max(errors) <= (4e-7 if power == 2 else 3e-7)


@pytest.mark.parametrize("frames", ["512/32/512", "400/160/400", "1024/256/600", "384/100/384"])
@pytest.mark.parametrize("pad", ["reflect", "constant"])
def test_torch(level, shared, frames, pad):
    golden = np.load(shared / "golden/stft.npz")
    n_fft, hop, length = map(int, frames.split("/"))
    window = np.zeros(n_fft)
    window[(n_fft - length) // 2 :][:length] = np.hanning(length + 1)[:-1]
    for name, start in (("center", -(n_fft // 2)), ("nocenter", 0)):
        if (name, pad) == ("nocenter", "constant"):
            continue  # nothing is padded: the same as with reflect
        truth = golden[f"torch/{frames}/{name}/{pad}"]
        got = stft(golden["x"], window, hop, start=start, count=truth.shape[-1], pad=pad)
        np.testing.assert_allclose(got, truth, atol=6e-7 * np.abs(truth).max())


def test_librosa_mfcc(level, shared):
    import librosa
    from scipy.fft import dct

    golden = np.load(shared / "golden/mfcc.npz")
    truth = golden["librosa/default"].T
    weights = librosa.filters.mel(sr=int(golden["rate"]), n_fft=2048, n_mels=128, dtype=np.float64)
    settings = {"start": -1024, "count": len(truth), "log": "db", "top_db": 80.0}
    rows = dct(np.eye(128), axis=0, norm="ortho")[:20]
    got = mel_bands(golden["y"], np.hanning(2049)[:-1], 512, weights, dct=rows, **settings)
    assert np.abs(got - truth).max() <= 4e-7 * np.abs(truth).max()


@pytest.mark.parametrize("n", [0, 1, 2, 31, 33])
@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("pad", ["constant", "reflect", "edge", "symmetric"])
def test_signals_shorter_than_a_frame(level, n, count, pad):
    x, window = RNG.standard_normal((3, n)).astype("f4"), np.ones(64)
    call = {"start": -40, "count": count, "pad": pad}
    if count and not n and pad != "constant":
        with pytest.raises(ValueError, match="no samples to pad from"):
            stft(x, window, 20, **call)
        return
    got = stft(x, window, 20, **call)
    assert got.shape == (3, 33, count)
    padded = np.pad(x, ((0, 0), (40, 200)), mode=pad) if n else np.zeros((3, 240))
    for k in range(count):
        np.testing.assert_allclose(got[..., k], np.fft.rfft(padded[:, 20 * k :][:, :64]), atol=2e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_broken_samples_spoil_their_own_frames_alone(level, bad):
    x = RNG.standard_normal(6400).astype("f4")
    clean = stft(x, np.ones(64), 64, count=100, power=2)
    x[64 * 7 + 3] = x[64 * 50] = bad
    broken = stft(x, np.ones(64), 64, count=100, power=2)
    spoilt = ~np.isfinite(broken).all(axis=0)
    assert np.flatnonzero(spoilt).tolist() == [7, 50]
    assert broken[:, ~spoilt].tobytes() == clean[:, ~spoilt].tobytes()


@pytest.mark.parametrize("log", ["db", "ln"])
def test_logarithm_over_its_whole_range(level, log):
    amplitude = np.float32(10.0) ** np.arange(-18, 19, 0.25, dtype="f4")
    x = np.repeat(amplitude, 32)
    got = mel_bands(x, np.ones(32) / 32, 32, np.eye(1, 17), count=len(amplitude), log=log, floor=1.2e-38)
    power = amplitude.astype("f8")[:, None] ** 2
    truth = 10 * np.log10(power) if log == "db" else np.log(power)
    np.testing.assert_allclose(got, truth, rtol=3e-7, atol=2e-6)


def test_views_are_taken_as_they_are(level):
    x = RNG.standard_normal((5000, 4)).astype("f4")
    window, call = np.hanning(128), {"count": 70, "power": 2}
    dense = stft(np.ascontiguousarray(x.T), window, 64, **call)
    np.testing.assert_array_equal(stft(x.T, window, 64, **call), dense)
    wide = np.zeros((4, 65, 100), "f4")
    stft(x.T[::2], window, 64, out=wide[::2, :, 10:80], **call)
    np.testing.assert_array_equal(wide[::2, :, 10:80], dense[::2])
    assert not wide[1::2].any()
    assert not wide[..., :10].any()
    assert not wide[..., 80:].any()


@pytest.mark.parametrize("power", [None, 2])
@pytest.mark.parametrize(("n_fft", "count"), [(64, 20), (512, 1100)])
def test_out_may_lie_in_memory_in_any_order(level, power, n_fft, count):
    x, window = np.random.default_rng(0).standard_normal((2, 500)).astype("f4"), np.hanning(n_fft)
    wanted = stft(x, window, 16, count=count, power=power)
    spread = np.zeros((2, n_fft // 2 + 1, 2 * count), wanted.dtype)
    np.testing.assert_array_equal(stft(x, window, 16, count=count, power=power, out=spread[..., ::2]), wanted)
    assert not spread[..., 1::2].any()


@pytest.mark.parametrize(("power", "count"), [(None, 9_000), (2, 17_000)])
def test_large_results_are_those_of_their_parts(level, power, count):
    x, window, part = RNG.standard_normal(40_000).astype("f4"), np.hanning(512), 1000
    whole = stft(x, window, 2, count=count, power=power)
    assert whole.nbytes > 2**24
    for first in range(0, count, part):
        frames = stft(x, window, 2, start=2 * first, count=part, power=power)
        np.testing.assert_array_equal(frames, whole[:, first : first + part])


def test_what_is_refused(level):
    x, window = np.zeros((2, 3, 1000), "f4"), np.ones(64)
    wrong = [
        ({"hop": 0}, "hop must be 1 or more, got 0"),
        ({"hop": 10**20}, "frames reach beyond 64-bit positions"),
        ({"start": -(10**20)}, "frames reach beyond 64-bit positions"),
        ({"count": -1}, "count must be 0 or more"),
        ({"threads": 0}, "threads must be 1 or more"),
        ({"pad": "wrap"}, "pad must be one of constant, edge, reflect, symmetric"),
        ({"power": 3}, "power must be None, 1 or 2"),
        ({"power": 2.0}, r"power must be None, 1 or 2, got 2\.0"),
        ({"out": np.empty((2, 3, 33, 6), "c8")}, "out must be"),
        ({"out": np.empty((2, 3, 33, 5), "f4")}, "out must be"),
        ({"out": np.empty((3, 2, 33, 5), "c8").swapaxes(0, 1)}, "leading axes of out"),
        ({"window": np.ones((2, 32))}, "window must be"),
        ({"window": np.ones(0)}, "window must be"),
    ]
    for change, message in wrong:
        with pytest.raises(ValueError, match=message):
            stft(x, **{"window": window, "hop": 16, "count": 5} | change)
    for dtype in ("i2", "f2", "c8"):
        with pytest.raises(TypeError, match="must be float32 or float64"):
            stft(x.astype(dtype), window, 16, count=5)
    read_only = np.empty((2, 3, 33, 5), "c8")
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        stft(x, window, 16, count=5, out=read_only)
    with pytest.raises(TypeError, match="float"):
        stft(x, window, 16, count=5, threads=1.5)
    with pytest.raises(TypeError, match="window must be real, got complex64"):
        stft(x, window.astype("c8"), 16, count=5)
    with pytest.raises(ValueError, match=r"power must be 1 or 2 .*, got 2\.0"):
        mel_bands(x, window, 16, np.eye(33), count=5, power=2.0)


def test_lists_are_arrays_and_any_number_of_threads_is_a_limit(level):
    x = [0.0, 1.0, 2.0, 3.0]
    wanted = stft(np.array(x), np.ones(4), 2, count=1)
    assert np.array_equal(stft(x, [1.0] * 4, 2, count=1, threads=2**40), wanted)
    assert wanted[:, 0].tolist() == [6, -2 + 2j, -2]
    many = np.ones((1, 4), "f4")
    assert np.array_equal(stft(many, np.ones(4), 2, count=1, threads=2**40)[0, :, 0], [4, 0, 0])
    assert euclidean(np.eye(2), [0], [1], threads=2**40).tolist() == [2**0.5]

"""`stft` against its plain definition: for each frame and bin a sum, in float64."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_kernels import stft

RNG = np.random.default_rng(0)


def define(x, window, hop, start, count, pad, power):
    """The definition, slowly: pad as NumPy does, cut each frame, multiply by the matrix of the transform."""
    n_fft, x = len(window), x.astype("f8")
    before, after = max(0, -start), max(0, start + (count - 1) * hop + n_fft - len(x))
    frames = np.pad(x, (before, after), mode=pad)[before + start :]
    bins = np.arange(n_fft // 2 + 1)[:, None] * np.arange(n_fft) % n_fft
    matrix = np.exp(-2j * np.pi / n_fft * bins)
    values = [matrix @ (frames[k * hop : k * hop + n_fft] * window) for k in range(count)]
    values = np.stack(values, axis=1) if count else np.empty((len(matrix), 0), complex)
    return values if power is None else np.abs(values) ** power


def error(values, truth):
    return np.abs(values - truth).max(initial=0.0) / np.abs(truth).max(initial=1e-300)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_frames_of_any_signal(level, data):
    n_fft = data.draw(st.sampled_from([1, 2, 3, 32, 50, 64, 96, 100, 127, 160, 240, 256, 400, 512, 640]))
    n, channels = data.draw(st.integers(1, 700)), data.draw(st.integers(1, 3))
    hop, count = data.draw(st.integers(1, 150)), data.draw(st.integers(0, 90))
    start = data.draw(st.integers(-500, 700))
    pad = data.draw(st.sampled_from(["constant", "reflect", "edge", "symmetric"]))
    power, dtype = data.draw(st.sampled_from([None, 1, 2])), data.draw(st.sampled_from(["f4", "f8"]))
    layout, threads = data.draw(st.sampled_from(["none", "C", "F"])), data.draw(st.integers(1, 3))
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    x, window = rng.standard_normal((channels, n)).astype(dtype), rng.random(n_fft)
    shape = (channels, n_fft // 2 + 1, count)
    out_dtype = dtype if power else f"c{2 * x.itemsize}"
    out = {"none": None, "C": np.full(shape, np.nan, out_dtype)}.get(
        layout, np.full((channels, count, shape[1]), np.nan, out_dtype).swapaxes(1, 2)
    )
    got = stft(x, window, hop, start=start, count=count, pad=pad, power=power, threads=threads, out=out)
    assert got.shape == shape
    assert got.dtype == out_dtype
    assert out is None or got is out
    truth = np.stack([define(row, window, hop, start, count, pad, power) for row in x])
    # a single frame may be an unlucky one, and a square doubles its relative errors
    single = 1e-6 if power == 2 else 5e-7
    assert error(got, truth) <= (single if dtype == "f4" else 1e-13)

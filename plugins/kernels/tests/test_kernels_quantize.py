"""Rounding with dither: every level gives the codes of the twin, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield_kernels import quantize, quantize_twin, shape

DTYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32")


@given(
    dtype=st.sampled_from(DTYPES),
    real=st.sampled_from(["float32", "float64"]),
    bits=st.integers(2, 32),
    dither=st.sampled_from(["none", "rpdf", "tpdf", "tpdf-highpass"]),
    seed=st.integers(0, 2**63 - 1),
    start=st.sampled_from([0, 1, 12_345, 2**32 - 100, 2**33 + 7]),
    channels=st.integers(1, 3),
    n=st.integers(0, 200),
    threads=st.integers(1, 3),
)
@settings(max_examples=300, deadline=None)
def test_codes_are_the_twins(level, dtype, real, bits, dither, seed, start, channels, n, threads):
    bits = min(bits, 8 * np.dtype(dtype).itemsize)
    x = np.random.default_rng(seed).uniform(-1.1, 1.1, (channels, n)).astype(real)
    codes, wanted = np.empty(x.shape, dtype), np.empty(x.shape, dtype)
    kept = quantize(x, codes, bits=bits, dither=dither, seed=seed, start=start, threads=threads)
    assert kept == quantize_twin.quantize(x, wanted, bits=bits, dither=dither, seed=seed, start=start)
    assert np.array_equal(codes, wanted)


def test_blocks_and_threads_give_the_codes_of_the_whole(level):
    x = np.random.default_rng(0).uniform(-1, 1, (2, 3_000_000)).astype(np.float32)
    whole, other = np.empty(x.shape, np.int16), np.empty(x.shape, np.int16)
    quantize(x, whole, bits=12, dither="tpdf", seed=5)
    quantize(x, other, bits=12, dither="tpdf", seed=5, threads=2)
    assert np.array_equal(whole, other)
    for a in range(0, x.shape[1], 700_001):  # slices of rows: not contiguous
        quantize(x[:, a : a + 700_001], other[:, a : a + 700_001], bits=12, dither="tpdf", seed=5, start=a)
    assert np.array_equal(whole, other)


def test_halves_go_to_even_and_ends_stay_in_range(level):
    x = np.array([[-1.5, -1, -2.5 / 128, -0.5 / 128, 0.5 / 128, 1.5 / 128, 2.5 / 128, 1, 2]], np.float32)
    codes = np.empty(x.shape, np.int8)
    assert quantize(x, codes, bits=8) == 3
    assert codes.tolist() == [[-128, -128, -2, 0, 0, 2, 2, 127, 127]]


def test_dither_is_what_its_name_says(level):
    n = 1 << 20
    rows = {kind: quantize_twin.noise(kind, 7, 0, 0, n) for kind in ("rpdf", "tpdf", "tpdf-highpass")}
    for kind, (top, variance) in {"rpdf": (0.5, 1 / 12), "tpdf": (1, 1 / 6), "tpdf-highpass": (1, 1 / 6)}.items():
        assert np.abs(rows[kind]).max() <= top
        assert rows[kind].var() == pytest.approx(variance, rel=0.01)
        assert abs(rows[kind].mean()) < 0.002
        lags = [np.mean(rows[kind][k:] * rows[kind][: n - k]) / variance for k in (1, 2, 3)]
        assert lags == pytest.approx([-0.5 if kind == "tpdf-highpass" else 0, 0, 0], abs=0.01)


@given(
    seed=st.integers(0, 2**32),
    n=st.integers(0, 300),
    cut=st.integers(0, 300),
    bits=st.integers(2, 24),
    taps=st.sampled_from([(), (1.0,), (2.0, -1.0), (2.033, -2.165, 1.959, -1.590, 0.6149)]),
)
@settings(max_examples=100, deadline=None)
def test_shaping_is_the_twins_and_goes_on_from_block_to_block(level, seed, n, cut, bits, taps):
    x, taps = np.random.default_rng(seed).uniform(-1, 1, (2, n)), np.array(taps)
    wanted, codes = np.empty(x.shape, np.uint32), np.empty(x.shape, np.uint32)
    errors = np.zeros((2, taps.size))
    kept = quantize_twin.shape(x, wanted, bits=bits, taps=taps, errors=errors, seed=seed, start=0)
    mine, cut = np.zeros((2, taps.size)), min(cut, n)
    found = sum(
        shape(x[:, a:b], codes[:, a:b], bits=bits, taps=taps, errors=mine, seed=seed, start=a)
        for a, b in ((0, cut), (cut, n))
    )
    assert (found, codes.tolist(), mine.tolist()) == (kept, wanted.tolist(), errors.tolist())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": np.zeros((1, 3), np.int16)}, "float32 or float64"),
        ({"x": np.zeros((1, 4), np.float32)}, r"\(1, 4\) and \(1, 3\)"),
        ({"out": np.zeros((1, 3), np.float32)}, "out integers"),
        ({"bits": 9}, "2 to 8 for uint8"),
        ({"bits": 1}, "2 to 8 for uint8"),
        ({"dither": "tpfd"}, "one of none, rpdf, tpdf"),
        ({"start": -1}, "0 or more"),
        ({"threads": 0}, "1 or more"),
    ],
)
def test_nonsense_is_refused(level, change, said):
    fine = {"x": np.zeros((1, 3), np.float32), "out": np.zeros((1, 3), np.uint8), "bits": 8}
    with pytest.raises((TypeError, ValueError), match=said):
        quantize(**fine | change)

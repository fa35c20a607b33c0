"""Memory of large results: reused once nothing looks at it, and never before."""

import gc

import numpy as np
import pytest
from jackfield_kernels import _memory, empty, stft

LARGE = 9 << 20  # float32 numbers: 36 MB

pytestmark = pytest.mark.skipif(not _memory.KEEPS, reason="this system has no MADV_FREE")


@pytest.fixture(autouse=True)
def _nothing_kept():
    _memory._kept.clear()
    yield
    _memory._kept.clear()


def address(array):
    return array.__array_interface__["data"][0]


def test_the_next_result_lies_where_the_last_one_did():
    first = empty((3, LARGE // 3), np.float32)
    first[:] = 1.0
    at = address(first)
    del first
    second = empty((LARGE,), np.float32)
    assert address(second) == at
    assert second.flags.writeable
    assert second.flags.c_contiguous


def test_memory_in_use_is_left_alone():
    first = empty((LARGE,), np.float32)
    first[:] = 7.0
    view = first[100:200].reshape(10, 10).T
    del first
    gc.collect()
    second = empty((LARGE,), np.float32)
    second[:] = 8.0
    assert (view == 7.0).all()
    assert not np.may_share_memory(view, second)


def test_only_what_fits_is_reused_and_one_block_kept():
    sizes = (LARGE, 2 * LARGE)
    blocks = [empty((size,), np.float32) for size in sizes]
    del blocks
    assert len(_memory._kept) == 1
    small = empty((LARGE - 1024,), np.float32)  # the 72 MB would serve it badly, or the 36 MB well
    assert len(_memory._kept) == 0
    assert small.size == LARGE - 1024
    del small
    huge = empty((3 * LARGE,), np.float32)
    assert len(_memory._kept) == 0, "what does not fit must be freed before more is taken"
    assert huge.nbytes == 12 * LARGE


def test_small_results_and_other_systems_are_numpys(monkeypatch):
    assert empty((4, 5), np.complex64).flags.owndata
    monkeypatch.setattr(_memory, "KEEPS", False)
    assert empty((LARGE,), np.float32).flags.owndata


def test_no_room_is_a_memory_error():
    with pytest.raises(MemoryError):
        empty((1 << 50,), np.float64)


def test_spectra_in_reused_memory_are_the_same():
    x = np.random.default_rng(0).standard_normal(1 << 22, dtype=np.float32)
    settings = {"start": -512, "count": 17_000, "power": 2}
    first = stft(x, np.hanning(1024), 250, **settings)
    kept, at = first.copy(), address(first)
    del first
    again = stft(x, np.hanning(1024), 250, **settings)
    assert address(again) == at
    assert np.array_equal(again, kept)

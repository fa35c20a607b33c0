"""Threads are kept from call to call: callers at once, and processes that fork, still get the same numbers."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from jackfield_kernels import separable

IMAGE = np.random.default_rng(0).random((3, 500, 600), dtype=np.float32)
EVERY_OTHER = np.arange(300, dtype=np.int64) * 2, np.full((300, 2), 0.5, np.float32)


def halved(threads: int) -> bytes:
    return separable(IMAGE, [None, None, EVERY_OTHER], threads=threads).tobytes()


def test_callers_at_once_get_what_one_gets(level):
    alone = halved(1)
    with ThreadPoolExecutor(4) as pool:
        assert all(each == alone for each in pool.map(halved, [1, 2, 3, 4] * 50))


FORKED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from test_kernels_threads import halved
alone = halved(2)
child = os.fork()
if not child:
    os._exit(0 if halved(2) == alone == halved(3) else 1)
sys.exit(os.waitpid(child, 0)[1] or halved(2) != alone)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, __file__.rpartition("/")[0]], timeout=60, check=False
    )
    assert done.returncode == 0

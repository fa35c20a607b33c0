"""Every test that takes `level` runs over the NumPy twins and each compiled level that this machine has."""

from collections.abc import Iterator

import pytest
from jackfield_kernels import _level

NATIVE, _ = _level._native()
LEVELS = ("numpy", *(NATIVE.levels() if NATIVE else ()))


@pytest.fixture(scope="session", params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_level.VARIABLE, request.param)
        _level.choice.cache_clear()
        yield request.param
    _level.choice.cache_clear()

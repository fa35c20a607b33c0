"""Fixtures shared by every test in the workspace."""

import ctypes.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent


SHARED = Path(os.environ.get("JACKFIELD_SHARED", ROOT.parent / "shared"))
# no test fetches a model: it is the one beside the checkout, or there is none
os.environ.setdefault("JACKFIELD_YAMNET", str(SHARED.absolute() / "models/yamnet_official_int8.tflite"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data beside the checkout (recorded clips, golden outputs); tests skip where it is absent."""
    if not (SHARED / "golden").is_dir():
        pytest.skip(f"reference data not found in {SHARED} (set JACKFIELD_SHARED)")
    return SHARED


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def portaudio() -> str | None:
    return ctypes.util.find_library("portaudio")


SYSTEM = {"chromium": chromium, "portaudio": portaudio}


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    """`require("chromium")` gives the path of a system program or library.

    Where it is absent the test skips, or fails if the environment variable JACKFIELD_REQUIRE (comma-separated
    names) says that it must be there.
    """
    demanded = {name for name in os.environ.get("JACKFIELD_REQUIRE", "").split(",") if name}
    if unknown := demanded - set(SYSTEM):
        raise pytest.UsageError(f"JACKFIELD_REQUIRE names {sorted(unknown)}; known: {sorted(SYSTEM)}")

    def find(name: str) -> str:
        found = SYSTEM[name]()
        if found is None:
            (pytest.fail if name in demanded else pytest.skip)(f"{name} not found: `make {name}` installs it")
        return found

    return find

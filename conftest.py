"""Fixtures shared by every test in the workspace."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data beside the checkout (recorded clips, golden outputs); tests skip where it is absent."""
    folder = Path(os.environ.get("JACKFIELD_SHARED", ROOT.parent / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip(f"reference data not found in {folder} (set JACKFIELD_SHARED)")
    return folder

"""Fixtures of the core's tests."""

import sys

import pytest


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on sys.path into which distributions are put by hand."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(dist, code, *, plugin=None, version="1.2.3", module=None):
        name = dist.replace("-", "_")
        module = module or f"made_{name}"
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\nSummary: made by hand\n"
            f"Project-URL: Issues, https://example.org/{dist}\n"
        )
        (info / "entry_points.txt").write_text(f"[jackfield]\n{plugin or name} = {module}\n")
        (tmp_path / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return info

    return put

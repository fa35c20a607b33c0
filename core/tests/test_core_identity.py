"""Identities say which code runs: the plugin's own, and that of the plugins that it is built on."""

import sys

import pytest

from jackfield import __version__ as version
from jackfield.discovery import Selection
from jackfield.errors import PluginError
from jackfield.registry import Registry


def plugins(**selection):
    return {p.distribution: p for p in Registry(Selection(**selection)).plugins}


@pytest.fixture
def editable(site, tmp_path):
    """`editable(name, requires)`: a package in an editable installation, with numbers in a private module."""

    def put(dist, *requires):
        name = dist.replace("-", "_")
        info = site(dist, "")
        (tmp_path / f"made_{name}.py").unlink()
        package = tmp_path / f"made_{name}"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "_numbers.py").write_text("one = 1\n")
        (info / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///somewhere"}')
        with open(info / "METADATA", "a") as file:
            file.writelines(f"Requires-Dist: {line}\n" for line in requires)
        return package / "_numbers.py"

    return put


def afresh():
    """The identities that a new process would find."""
    for name in [n for n in sys.modules if n.startswith("made_")]:
        del sys.modules[name]
    return {name: p.identity() for name, p in plugins().items()}


def test_an_installed_plugin_is_its_version(site):
    site("plain-one", "")
    assert afresh()["plain-one"] == "1.2.3"


def test_an_editable_plugin_is_its_sources(editable):
    numbers = editable("made-a")
    before = afresh()["made-a"]
    assert before.startswith("1.2.3+")
    assert afresh()["made-a"] == before
    numbers.write_text("one = 2\n")
    assert afresh()["made-a"] not in (before, "1.2.3")
    numbers.write_text("one = 1\n")
    assert afresh()["made-a"] == before
    numbers.rename(numbers.with_name("_renamed.py"))
    assert afresh()["made-a"] != before
    numbers.with_name(".#_numbers.py").symlink_to("nobody@nowhere")
    assert afresh()["made-a"] != before


def test_a_plugin_is_also_what_it_is_built_on(editable, site):
    editable("top", "Middle_One[extra]>=1; python_version > '3'", "numpy", "jackfield-core<9", "not-installed")
    editable("middle-one", "bottom (>=1)", "plain.one")
    bottom = editable("bottom", "top")
    site("plain-one", "")
    before = afresh()
    assert before["top"].count("+") == 3
    own = {name: before[name].partition(" on ")[0] for name in ("top", "bottom", "middle-one")}
    assert before["top"] == (
        f"{own['top']} on bottom {own['bottom']}, jackfield-core {version}, "
        f"middle-one {own['middle-one']}, plain-one 1.2.3"
    )
    assert before["plain-one"] == "1.2.3"
    bottom.write_text("one = 2\n")
    after = afresh()
    assert all(after[name] != before[name] for name in ("top", "middle-one", "bottom"))
    assert after["plain-one"] == before["plain-one"]


def test_a_blocked_plugin_still_counts_where_another_is_built_on_it(editable):
    editable("top", "bottom")
    editable("bottom")
    by_name = plugins(block=("bottom",))
    assert f"bottom {by_name['bottom'].identity()}" in by_name["top"].identity()


def test_a_shared_library_counts_for_those_that_are_built_on_it(editable, tmp_path):
    editable("top", "numbers")
    library = editable("numbers")
    (entry_points,) = tmp_path.glob("numbers-*.dist-info/entry_points.txt")
    entry_points.write_text("[jackfield.libraries]\nnumbers = made_numbers\n")
    before = afresh()
    assert "numbers 1.2.3+" in before["top"]
    assert "numbers" not in before, "it is no plugin"
    library.write_text("one = 2\n")
    assert afresh()["top"] != before["top"]
    entry_points.write_text("[jackfield.libraries]\nno equals sign\n")
    assert "numbers" not in afresh()["top"]


def test_code_edited_after_loading_is_noticed(editable, site):
    site("plain-one", "")
    numbers = editable("bottom")
    editable("top", "bottom")
    by_name = plugins()
    numbers.write_text("one = 1.5\n")
    for name in ("top", "bottom"):
        with pytest.raises(
            PluginError, match=r"bottom 1\.2\.3 has changed since it was loaded: _numbers\.py; start again"
        ):
            by_name[name].identity()
    # Another registry in this process still runs the old code.
    by_name = plugins(block=("plain-one",))
    with pytest.raises(PluginError, match="has changed since it was loaded"):
        by_name["top"].identity()
    numbers.unlink()
    with pytest.raises(PluginError, match="has changed since it was loaded"):
        by_name["top"].identity()


def test_code_edited_after_its_digest_was_taken_is_noticed(editable):
    numbers = editable("bottom")
    by_name = plugins()
    assert by_name["bottom"].identity() == by_name["bottom"].identity()
    numbers.write_text("one = 1.5\n")
    with pytest.raises(PluginError, match="has changed since it was loaded"):
        by_name["bottom"].identity()


def test_an_edited_file_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("")
    by_name = plugins(files=("mine.py",))
    before = by_name["mine.py"].identity()
    (tmp_path / "mine.py").write_text("# changed\n")
    with pytest.raises(PluginError, match=r"mine\.py has changed since it was loaded: mine\.py; start again"):
        by_name["mine.py"].identity()
    # A single file is executed anew by every registry.
    by_name = plugins(files=("mine.py",))
    assert by_name["mine.py"].identity() != before
    (tmp_path / "mine.py").unlink()
    with pytest.raises(PluginError, match="has changed since it was loaded"):
        by_name["mine.py"].identity()


def test_listing_reads_no_sources(editable, monkeypatch):
    import builtins

    numbers = editable("bottom")
    opened, real = [], builtins.open
    monkeypatch.setattr(builtins, "open", lambda file, *a, **k: opened.append(str(file)) or real(file, *a, **k))
    by_name = plugins()
    assert str(numbers) not in opened
    by_name["bottom"].identity()
    assert str(numbers) in opened

"""One broken plugin never harms another, and every fault names its distribution, version and remedy."""

import pytest

from jackfield.discovery import Selection
from jackfield.errors import ConfigError, PluginError
from jackfield.registry import Registry

GOOD = '''
from dataclasses import dataclass
from jackfield import Component, Signal, Transform, hookimpl

@dataclass(frozen=True, kw_only=True)
class Same(Component):
    """Changes nothing."""
    def __call__(self, signal: Signal) -> Signal:
        return signal

@hookimpl
def jackfield_transforms():
    yield Transform("NAME", Same)
'''


@pytest.fixture
def site(site):
    """A folder of distributions in which two work."""
    site("good-one", GOOD.replace("NAME", "same-one"))
    site("good-two", GOOD.replace("NAME", "same-two"))
    return site


def plugins(**selection):
    found = Registry(Selection(**selection))
    return found, {p.distribution: p for p in found.plugins}


def with_field(field):
    """The good plugin with one more line in its component."""
    imports = "from typing import Annotated\nfrom jackfield import Param\n"
    return imports + GOOD.replace("    def __call__", f"    {field}\n    def __call__")


BROKEN = {
    "broken": ("raise ValueError('out of order')", "ValueError: out of order", "report it at https://example.org"),
    "dependency missing": ("import no_such_library_42", "No module named", "pip install no_such_library_42"),
    "exit at import": ("import sys; sys.exit(3)", "SystemExit: 3", "report it at"),
    "syntax": ("def (", "SyntaxError", "report it at"),
    "misspelt hook": (GOOD.replace("_transforms", "_transform"), "unknown hook", 'did you mean "jackfield_transforms"'),
    "hook without mark": (GOOD.replace("@hookimpl", ""), "without @hookimpl", "put @hookimpl above it"),
    "hook with arguments": (GOOD.replace("_transforms()", "_transforms(wrong)"), "was refused", "report it at"),
    "hook that fails": (GOOD.replace("yield Transform", "1 / 0; yield Transform"), "ZeroDivisionError", "report it at"),
    "hook that exits": (GOOD.replace("yield Transform", "raise SystemExit; yield 1, Transform"), "SystemExit", ""),
    "class for descriptor": (GOOD.replace('yield Transform("NAME", Same)', "yield Same"), "yields type", "Transform"),
    "wrong descriptor": (
        GOOD.replace("Transform, hookimpl", "Feature as Transform, hookimpl"), "yields Feature", "expected Transform",
    ),
    "class of its own kind": (GOOD.replace("Same(Component)", "Same"), "is no component", "derive it from jackfield"),
    "no dataclass": (GOOD.replace("@dataclass(frozen=True, kw_only=True)", ""), "no dataclass of its own", "@datacl"),
    "not frozen": (GOOD.replace("frozen=True", "frozen=False"), "is not frozen", "put @dataclass(frozen=True"),
    "no Param": (with_field("n: int = 3"), '"n" has no description', "Param("),
    "empty description": (
        with_field("n: Annotated[int, Param(description=' ')] = 3"), '"n" has no description', "Param(",
    ),
    "unknown annotation": (with_field("n: 'Nowhere' = 3"), "cannot be read (NameError", "put right its annotations"),
    "twice the same": (
        GOOD + '    yield Transform("NAME", Same)\n', 'yields Transform "NAME" twice', "give one another name",
    ),
    "hostile attribute": (
        "class Odd:\n    def __call__(self): ...\n    __getattr__ = lambda *_: 1 / 0\njackfield_readers = Odd()\n",
        "was refused: division by zero", "report it at",
    ),
    "no class": (GOOD.replace('"NAME", Same', '"x", "Same"'), "without a class", "report it at"),
    "bad name": (GOOD.replace('"NAME"', '"a:b"'), "wrong name", "report it at"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_faulty_plugin_is_named_and_harms_no_other(site, fault):
    code, evidence, remedy = BROKEN[fault]
    site("faulty-one", code)
    found, by_name = plugins()
    plugin = by_name["faulty-one"]
    assert plugin.status == "faulty"
    text = str(plugin.faults[0])
    assert text.startswith("faulty-one 1.2.3 ")
    assert evidence in text
    assert remedy in text
    assert by_name["good-one"].status == by_name["good-two"].status == "ok"
    assert found.find("same-one").plugin.distribution == "good-one"
    with pytest.raises(PluginError, match=r"faulty-one 1\.2\.3"):
        found.check()


def test_two_distributions_with_one_plugin_name_are_both_refused(site):
    site("copy-a", GOOD.replace("NAME", "copied"), plugin="copied")
    site("copy-b", GOOD.replace("NAME", "copied"), plugin="copied", version="9.0")
    found, by_name = plugins()
    assert by_name["copy-a"].status == by_name["copy-b"].status == "faulty"
    assert "so does copy-b 9.0" in str(by_name["copy-a"].faults[0])
    assert "--block" in str(by_name["copy-a"].faults[0])
    assert found.find("same-two")


def test_blocking_one_of_two_with_one_name_lets_the_other_work(site, monkeypatch):
    site("copy-a", GOOD.replace("NAME", "copied"), plugin="copied")
    site("copy-b", GOOD.replace("NAME", "copied"), plugin="copied")
    found, by_name = plugins(block=("copy-a",))
    assert by_name["copy-a"].status == "blocked"
    assert by_name["copy-b"].status == "ok"
    assert found.find("copied").plugin.distribution == "copy-b"


def test_blocked_plugins_are_not_imported(site, monkeypatch):
    site("loud", "raise RuntimeError('imported')")
    _, by_name = plugins(block=("loud",))
    assert (by_name["loud"].status, by_name["loud"].faults) == ("blocked", [])
    monkeypatch.setenv("JACKFIELD_BLOCK", "loud, good-one")
    _, by_name = plugins()
    assert by_name["loud"].status == by_name["good-one"].status == "blocked"


def test_only_and_none_leave_the_builtin_plugin(site):
    found, by_name = plugins(only=("good-one",))
    working = {p.distribution for p in found.plugins if p.status == "ok"}
    assert working == {"good-one", "jackfield-core"}
    assert by_name["good-two"].status == "not selected"
    found, _ = plugins(none=True)
    assert {p.distribution for p in found.plugins if p.status == "ok"} == {"jackfield-core"}
    with pytest.raises(ConfigError, match=r"good-one 1\.2\.3 is not selected"):
        found.find("good-one:same-one")


def test_a_single_file_is_a_plugin(site, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(GOOD.replace("NAME", "my-own"))
    found, by_name = plugins(files=(str(file),))
    assert found.find("my-own").plugin.name == "mine"
    _, by_name = plugins(files=(str(tmp_path / "absent.py"),))
    assert "no such file" in str(by_name[str(tmp_path / "absent.py")].faults[0])


def test_an_ambiguous_name_is_an_error_only_when_used(site):
    site("good-three", GOOD.replace("NAME", "same-one"))
    found, _ = plugins()
    with pytest.raises(ConfigError, match="good-one:same-one, good-three:same-one"):
        found.find("same-one")
    assert found.find("good-three:same-one").plugin.distribution == "good-three"
    assert found.find("good_three:same-one").plugin.distribution == "good-three"


def test_a_distribution_found_twice_counts_once(site, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    info = other / "good_one-1.2.3.dist-info"
    info.mkdir()
    for file in (tmp_path / "good_one-1.2.3.dist-info").iterdir():
        (info / file.name).write_text(file.read_text())
    monkeypatch.syspath_prepend(str(other))
    _, by_name = plugins()
    assert by_name["good-one"].status == "ok"


def test_unknown_names_say_what_to_install(site):
    found, _ = plugins(none=True)
    with pytest.raises(ConfigError, match=r'unknown clusterer "hdbscan".*jackfield-hdbscan'):
        found.find("hdbscan", ("clusterer",))
    with pytest.raises(ConfigError, match='did you mean "serial"'):
        found.find("serail")


def test_a_faulty_plugin_that_is_needed_explains_itself(site):
    site("jackfield-yamnet", "import no_such_library_42", plugin="yamnet", version="0.3.0")
    found, _ = plugins()
    with pytest.raises(PluginError, match=r"jackfield-yamnet 0\.3\.0 could not be loaded.*no_such_library_42"):
        found.find("jackfield-yamnet:yamnet")


@pytest.mark.parametrize("value", ["(1, 2)", "object()", "None"])
def test_an_entry_point_must_name_a_module(site, value):
    info = site("odd-one", f"thing = {value}\n")
    (info / "entry_points.txt").write_text("[jackfield]\nodd = made_odd_one:thing\n")
    _, by_name = plugins()
    assert 'odd-one 1.2.3 has an entry point "odd" that names no module' in str(by_name["odd-one"].faults[0])
    assert by_name["good-one"].status == "ok"


UNREADABLE = {
    "entry point without value": ("entry_points.txt", b"[jackfield]\nfoo\n", "ValueError"),
    "entry points not UTF-8": ("entry_points.txt", b"[jackfield]\nfoo = made_odd_one\n# \xff\n", "UnicodeDecodeError"),
    "metadata not UTF-8": ("METADATA", b"Metadata-Version: 2.1\nName: odd-one\nSummary: \xff\n", "UnicodeDecodeError"),
    "no name": ("METADATA", b"Metadata-Version: 2.1\nVersion: 1.2.3\n", "no Name"),
    "no version": ("METADATA", b"Metadata-Version: 2.1\nName: odd-one\n", "no Version"),
    "no metadata": ("METADATA", None, ""),
    "odd record of its origin": ("direct_url.json", b"[", "JSONDecodeError"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_distribution_that_cannot_be_read_harms_no_other(site, fault):
    file, content, evidence = UNREADABLE[fault]
    info = site("odd-one", GOOD)
    (info / file).unlink(missing_ok=True)
    if content is not None:
        (info / file).write_bytes(content)
    found, by_name = plugins()
    text = str(by_name["odd-one"].faults[0])
    assert text.startswith("odd-one 1.2.3 cannot be read: odd_one-1.2.3.dist-info: ")
    assert evidence in text
    assert text.endswith("pip install --force-reinstall odd-one")
    assert found.find("same-one").plugin.distribution == "good-one"
    assert by_name["odd-one"].identity() == "1.2.3"
    _, by_name = plugins(block=("odd-one",))
    assert (by_name["odd-one"].status, by_name["odd-one"].faults) == ("blocked", [])


def test_a_broken_distribution_of_somebody_else_is_none_of_ours(site):
    info = site("odd-one", GOOD)
    (info / "entry_points.txt").write_bytes(b"[console_scripts]\n\xff\n")
    _, by_name = plugins()
    assert "odd-one" not in by_name


def test_a_subclass_without_new_parameters_needs_no_decorator(site):
    more = (
        "class Other(Same):\n    known = 3\n@hookimpl\ndef jackfield_features():\n    yield Feature('other', Other)\n"
    )
    site("sub-one", GOOD.replace("NAME", "sub").replace("import Comp", "import Feature, Comp") + more)
    found, _ = plugins()
    assert found.find("other").plugin.status == "ok"
    site("sub-two", GOOD.replace("NAME", "sup").replace("import Comp", "import Feature, Comp")
         + more.replace("known", "known: int").replace("'other'", "'else'"))  # fmt: skip
    found, by_name = plugins()
    assert by_name["sub-two"].status == "faulty"
    with pytest.raises(
        PluginError, match=r'sub-two 1\.2\.3 yields Feature "else" whose class is no dataclass of its own'
    ):
        found.find("else")
    with pytest.raises(PluginError, match="no dataclass of its own"):
        found.find("sub-two:else", ("feature",))
    assert found.find("sup").plugin.distribution == "sub-two"


@pytest.mark.parametrize("content", [None, "1 / 0\n", GOOD.replace("_transforms", "_transform")])
def test_a_file_that_was_asked_for_must_work(tmp_path, content):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    found, by_name = plugins(files=(str(path),))
    assert by_name[str(path)].status == "faulty"
    with pytest.raises(PluginError, match=r"mine\.py .*(; correct .*mine\.py, or leave out --plugin|did you mean)"):
        found.find("serial")
    with pytest.raises(PluginError, match=r"mine\.py"):
        found.reader_for("a.csv")
    found, by_name = plugins(files=(str(path),), block=("mine",))
    assert by_name[str(path)].status == "blocked"
    assert found.find("serial")


TWO_KINDS = """
@hookimpl
def jackfield_features():
    yield Feature("NAME", Same)
"""


def test_one_name_for_two_kinds_can_be_told_apart_by_the_kind(site):
    code = (GOOD + TWO_KINDS).replace("NAME", "rawx").replace("import Comp", "import Feature, Comp")
    site("raw-one", code)
    found, _ = plugins()
    assert found.find("rawx", ("feature",)).offer.kind == "feature"
    assert found.find("raw-one:rawx", ("transform", "reader")).offer.kind == "transform"
    with pytest.raises(
        PluginError,
        match=r"raw-one 1\.2\.3 offers (transform|feature) raw-one:rawx, (feature|transform) raw-one:rawx; "
        r"it has to rename all but one; report it at https://example\.org/raw-one",
    ):
        found.find("rawx")
    site("raw-two", GOOD.replace("NAME", "rawx"))
    found, _ = plugins()
    with pytest.raises(ConfigError, match="transform raw-two:rawx; use a full name that is offered once"):
        found.find("rawx")
    assert found.find("raw-two:rawx")


def test_two_plugins_of_one_distribution_are_told_apart_by_their_names(site, tmp_path):
    info = site("pair", GOOD.replace("NAME", "same"))
    (tmp_path / "made_second.py").write_text(GOOD.replace("NAME", "same"))
    (info / "entry_points.txt").write_text("[jackfield]\nfirst = made_pair\nsecond = made_second\n")
    found, _ = plugins()
    with pytest.raises(ConfigError, match="offered as first:same, second:same"):
        found.find("same")
    assert found.find("second:same").plugin.name == "second"


@pytest.mark.parametrize("option", ["block", "only"])
def test_unknown_plugin_names_are_refused(site, option, monkeypatch):
    with pytest.raises(ConfigError, match=f'--{option}: no plugin is called "god-one"; did you mean "good-one"'):
        plugins(**{option: ("god-one",)})
    monkeypatch.setenv("JACKFIELD_BLOCK", "not-installed-here")
    assert plugins(**{option: ("good-one",)})

"""One broken plugin never harms another, and every fault names its distribution, version and remedy."""

import sys

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

    put("good-one", GOOD.replace("NAME", "same-one"))
    put("good-two", GOOD.replace("NAME", "same-two"))
    return put


def plugins(**selection):
    found = Registry(Selection(**selection))
    return found, {p.distribution: p for p in found.plugins}


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
    entry = found.find("my-own")
    assert entry.plugin.name == "mine"
    before = entry.plugin.identity()
    file.write_text(GOOD.replace("NAME", "my-own") + "# changed\n")
    assert entry.plugin.identity() != before
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
        found.find("yamnet")

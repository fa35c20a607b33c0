"""What goes wrong in components and in run folders, and that it never costs a result."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from jackfield import Groups, config, file_stems, open_results, run
from jackfield.data import Features
from jackfield.discovery import Selection
from jackfield.errors import ComponentError, ConfigError, DataError, OutputError, PluginError
from jackfield.registry import select

HEAD = """
import os, sys, warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated
import jackfield
from jackfield import *

"""


def component(name, body, *, fields="", base="Component"):
    indented = "\n".join("    " + line for line in body.strip("\n").splitlines())
    head = f'@dataclass(frozen=True, kw_only=True)\nclass {name}({base}):\n    """Made for a test."""\n'
    return f"{head}{fields}\n{indented}\n\n"


def hook(kind, descriptor, **offers):
    lines = "\n".join(f'    yield {descriptor}("{name}", {cls})' for name, cls in offers.items())
    return f"@hookimpl\ndef jackfield_{kind}():\n{lines}\n\n"


PEAK = component(
    "Peak",
    """
def __call__(self, signal: Signal) -> Features:
    import numpy as np
    return Features(values=np.abs(signal.samples).max(keepdims=True), names=("peak",), source=signal.source)
""",
) + hook("features", "Feature", peak="Peak")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Three clips (NPY; clip k is full of k) and a way to use plugin code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    for k in (1, 2, 3):
        np.save(f"clips/{k}.npy", np.full(20, k, np.float32))

    def use(code, name="made"):
        Path(f"{name}.py").write_text(HEAD + code)
        sys.modules.pop(f"jackfield_file_{name}", None)
        select(Selection())
        select(Selection(none=True, files=(f"{name}.py",)))

    yield use
    select(Selection())


def steps(*uses, inputs="clips/*.npy", **options):
    text = f'inputs = ["{inputs}"]\n' + "".join(f"{k} = {v}\n" for k, v in options.items())
    return config.parse(text + "".join(f"[[step]]\n{use}\n" for use in uses), "run.toml")


# -- components that fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_component_that_ends_the_program_is_a_failed_clip(place, jobs):
    place(component("Quit", "def __call__(self, signal: Signal) -> Signal:\n    sys.exit(0)") + hook(
        "transforms", "Transform", quit="Quit"))  # fmt: skip
    results = run(steps('use = "quit"'), output="out", jobs=jobs)
    assert [f.cause for f in results.errors] == ["SystemExit: 0"] * 3
    assert results.exit_code == 5


def test_prepare_runs_on_the_instance_that_computes(place):
    place(component("Careful", """
def prepare(self):
    object.__setattr__(self, "ready", True)
def __call__(self, signal: Signal) -> Signal:
    assert self.ready
    return signal
""") + hook("transforms", "Transform", careful="Careful"))  # fmt: skip
    assert not run(steps('use = "careful"'), output="out", jobs=1).errors
    assert not run(steps('use = "careful"'), output="out2", jobs=2).errors


@pytest.mark.parametrize("error", ["OSError('no sound card')", "ValueError('odd')", "SystemExit(2)"])
def test_a_prepare_that_fails_stops_the_run_at_once(place, error):
    body = f"def prepare(self):\n    raise {error}\ndef __call__(self, signal: Signal) -> Signal:\n    return signal"
    place(component("Unready", body) + hook("transforms", "Transform", unready="Unready"))
    with pytest.raises(PluginError, match=r'"unready" .* cannot run'):
        run(steps('use = "unready"'), output="out")
    assert not Path("out").exists()


def test_a_distance_that_fails_is_named(place):
    compare = "def compare(self, a: Features, b: Features) -> Comparison:\n    return "
    both = component("Bad", compare + "1 / 0") + component("Negative", compare + "Comparison(-1.0)")
    place(PEAK + both + hook("distances", "Distance", bad="Bad", negative="Negative"))
    with pytest.raises(ComponentError, match=r'step "bad" .*could not compare: ZeroDivisionError'):
        run(steps('use = "peak"', 'use = "bad"'), output="out")
    with pytest.raises(PluginError, match=r'step "negative" .*negative distance'):
        run(steps('use = "peak"', 'use = "negative"'), output="out2")


def test_either_of_two_declared_kinds_is_fine(place):
    place(component("Either", """
def __call__(self, signal: Signal) -> Grid | Features:
    return Features(values=signal.samples[:, :1], names=("first",))
""") + hook("features", "Feature", either="Either"))  # fmt: skip
    assert isinstance(run(steps('use = "either"'), output="out")["either"][0], Features)


def test_a_sketch_of_objects_is_refused(place):
    place(component("Odd", """
def sketch(self, signal: Signal) -> Sketch:
    return {"x": None}
def compare(self, a: Sketch, b: Sketch) -> Comparison:
    return Comparison(0.0)
""") + hook("distances", "Distance", odd="Odd"))  # fmt: skip
    with pytest.raises(PluginError, match="other than numbers into its sketch"):
        run(steps('use = "odd"'), output="out")


def test_a_predict_that_fails_is_told_by_the_plan(place):
    import jackfield

    place(component("Blind", """
def predict(self, spec):
    return 1 / 0
def __call__(self, signal: Signal) -> Signal:
    return signal
""") + hook("transforms", "Transform", blind="Blind"))  # fmt: skip
    forecast = jackfield.plan(steps('use = "blind"'))
    assert "ZeroDivisionError" in forecast.predictions[0].fault


# -- keys --------------------------------------------------------------------------------------------------------------

INNER = component("Inner", """
def __call__(self, signal: Signal) -> Features:
    import numpy as np
    return Features(values=np.full((1, 1), VALUE), names=("v",))
""") + hook("features", "Feature", inner="Inner")  # fmt: skip
OUTER = component(
    "Outer",
    "def __call__(self, signal: Signal) -> Features:\n    return jackfield.get(self.inner)(signal)",
    fields='    inner: Annotated[Ref, Param(description="does the work")] = Ref("inner")',
) + hook("features", "Feature", outer="Outer")


def test_a_component_inside_another_is_part_of_its_key(place):
    def made(value):
        Path("inner.py").write_text(HEAD + f"VALUE = {value}.0\n" + INNER)
        Path("outer.py").write_text(HEAD + OUTER)
        for name in ("inner", "outer"):
            sys.modules.pop(f"jackfield_file_{name}", None)
        select(Selection())
        select(Selection(none=True, files=("inner.py", "outer.py")))
        return run(steps('use = "outer"'), output="out")["outer"][0].values[0, 0]

    assert made(1) == 1
    assert made(2) == 2
    with pytest.raises(ConfigError, match=r'run\.toml:.*unknown component "nosuch"'):
        run(steps('use = "outer"\nwith = { inner = { use = "nosuch" } }'), output="out2")


def test_clips_of_the_same_name_in_another_folder_are_other_clips(place, tmp_path, monkeypatch):
    place(PEAK)
    for name, value in (("one", 1), ("two", 2)):
        (tmp_path / name / "clips").mkdir(parents=True)
        np.save(tmp_path / name / "clips/x.npy", np.full(5, value, np.float32))
        os.utime(tmp_path / name / "clips/x.npy", ns=(1, 1))
        (tmp_path / name / "made.py").write_text(HEAD + PEAK)
    for name, value in (("one", 1), ("two", 2)):
        monkeypatch.chdir(tmp_path / name)
        found = run(steps('use = "peak"'), output=tmp_path / "out")
        assert found["peak"][0].values[0, 0] == value


def test_clips_with_equal_samples_keep_their_own_names(place):
    place(PEAK)
    np.save("clips/4.npy", np.full(20, 1, np.float32))
    found = run(steps('use = "peak"'), output="out")["peak"]
    assert [item.source.path for item in found] == [f"clips/{k}.npy" for k in (1, 2, 3, 4)]


def test_an_own_id_is_never_given_to_another_step(place):
    place(component("Mono", "def __call__(self, signal: Signal) -> Signal:\n    return signal") + component(
        "One", "channels = 'one'\ndef __call__(self, signal: Signal) -> Signal:\n    return signal"
    ) + hook("transforms", "Transform", mono="Mono", one="One"))  # fmt: skip
    from jackfield.planning import build_plan
    from jackfield.registry import registry

    plan = build_plan(
        steps('use = "one"', 'use = "one"\nid = "mono"\nfrom = "inputs"', 'use = "one"\nfrom = "mono"'), registry()
    )
    assert [(s.id, s.inputs) for s in plan.steps] == [
        ("mono-2", ("inputs",)),
        ("one", ("mono-2",)),
        ("mono", ("mono-2",)),
        ("mono-3", ("mono",)),
        ("one-2", ("mono-3",)),
    ]


@pytest.mark.parametrize("name", ["shards", "plans", "clips.csv", "a/b", "..", "inputs"])
def test_step_ids_that_would_name_other_files_are_refused(place, name):
    place(PEAK)
    with pytest.raises(ConfigError, match="cannot be the id of a step"):
        run(steps(f'use = "peak"\nid = "{name}"'), output="out")


# -- files -------------------------------------------------------------------------------------------------------------


def test_names_for_output_files_never_collide():
    found = file_stems(["a.wav", "a.flac", "a.wav.wav", "A.wav", "take.1.wav", "take.2.wav", "x/a.wav"])
    assert len({name.casefold() for name in found.values()}) == 7
    assert not any("." in name for name in found.values())


def test_two_outputs_that_write_one_file_are_refused(place):
    place(component("Say", """
def __call__(self, results: Results, to: Path) -> Artifact:
    (to / "said.txt").write_text(self.text)
    return Artifact(("said.txt",), "text/plain")
""", fields='    text: Annotated[str, Param(description="what")] = "x"')
          + hook("outputs", "Output", say="Say") + PEAK)  # fmt: skip
    with pytest.raises(ConfigError, match=r'said\.txt is written twice in one run: by "say" and by "say-2"'):
        run(steps('use = "peak"', 'use = "say"', 'use = "say"\nwith = { text = "y" }'), output="out")


def test_an_output_on_a_full_disk_is_an_output_error(place):
    place(component("Full", """
def __call__(self, results: Results, to: Path) -> Artifact:
    with open("/dev/full", "w") as file:
        file.write("x" * 100000)
    return Artifact(("x",), "text/plain")
""") + hook("outputs", "Output", full="Full") + PEAK)  # fmt: skip
    with pytest.raises(OutputError, match="No space left"):
        run(steps('use = "peak"', 'use = "full"'), output="out")


def test_torn_files_in_a_run_folder_are_made_anew(place):
    place(PEAK)
    first = run(steps('use = "peak"'), output="out")
    for shard in Path("out/shards").rglob("*.result"):
        shard.write_bytes(shard.read_bytes()[:50])
    open_results("out")
    text = HEAD + PEAK  # a clusterer that reads the torn items
    text += component("All", """
def __call__(self, items: Collection[Features]) -> Groups:
    import numpy as np
    n = len([item.values for item in items])
    ids = items.ids
    condensed = np.zeros(n * (n - 1) // 2, np.float32)
    return Groups.from_labels(np.zeros(n, np.int64), Distances(ids=ids, condensed=condensed))
""") + hook("clusterers", "Clusterer", all="All")  # fmt: skip
    place(text.replace(HEAD, ""))
    again = run(steps('use = "peak"', 'use = "all"'), output="out", force=True)
    assert again.of(Groups).labels.tolist() == [0, 0, 0]
    assert len(first.clips) == len(again.clips) == 3
    assert not list(Path("out").rglob("*.part"))


def test_a_clusterer_of_features_groups_them(place):
    place(PEAK + component("Signals", """
def __call__(self, items: Collection[Signal]) -> Groups:
    import numpy as np
    n = len(items)
    assert [float(s.samples[0, 0]) for s in items] == [1, 2, 3]
    return Groups.from_labels(np.arange(n), Distances(ids=items.ids, condensed=np.ones(n * (n - 1) // 2, np.float32)))
""") + hook("clusterers", "Clusterer", signals="Signals"))  # fmt: skip
    results = run(steps('use = "signals"'), output="out")
    assert results.of(Groups).labels.tolist() == [-1, -1, -1]
    assert list(results) == ["signals"]


# -- what was noticed stays noticed ------------------------------------------------------------------------------------


def test_warnings_are_kept_for_later_runs(place):
    place(component("Warn", """
def __call__(self, signal: Signal) -> Signal:
    if signal.samples[0, 0] == 2:
        warnings.warn("two is close to three")
    return signal
""") + hook("transforms", "Transform", warn="Warn"))  # fmt: skip
    np.save("clips/9.npy", np.full(20, 2, np.float32))
    both = {"clips/2.npy": ("two is close to three",), "clips/9.npy": ("two is close to three",)}
    assert run(steps('use = "warn"'), output="out").warnings == both
    assert run(steps('use = "warn"'), output="out").warnings == both
    assert open_results("out").warnings == both


def test_a_stopped_run_keeps_its_tables_and_says_that_it_is_not_finished(place):
    code = component("Picky", """
def __call__(self, signal: Signal) -> Signal:
    if signal.samples[0, 0] > 2:
        raise DataError("too loud")
    return signal
""") + hook("transforms", "Transform", picky="Picky")  # fmt: skip
    place(code)
    run(steps('use = "picky"', inputs="clips/1.npy"), output="out")
    from jackfield.running import FailureLimit

    with pytest.raises(FailureLimit):
        run(steps('use = "picky"', failure_limit=0), output="out")
    assert len(Path("out/clips.csv").read_text().splitlines()) == 3
    with pytest.raises(ConfigError, match="no finished run"):
        open_results("out")


def test_a_clip_that_fails_in_a_later_comparison_stays_in_the_collections(place):
    place(component("Value", """
def sketch(self, signal: Signal) -> Sketch:
    return {"v": signal.samples[0, 0]}
def compare(self, a: Sketch, b: Sketch) -> Comparison:
    return Comparison(abs(float(a["v"]) - float(b["v"])))
""") + component("Look", """
def sketch(self, signal: Signal) -> Sketch:
    if signal.samples[0, 0] == 3:
        raise DataError("three is blurred")
    return {"v": signal.samples[0, 0]}
def compare(self, a: Sketch, b: Sketch) -> Comparison:
    return Comparison(0.0)
""") + component("One", """
def __call__(self, distances: Distances) -> Groups:
    import numpy as np
    return Groups.from_labels(np.zeros(len(distances), np.int64), distances)
""") + hook("distances", "Distance", value="Value", look="Look")
          + hook("clusterers", "Clusterer", one="One"))  # fmt: skip
    look = 'use = "look"\nfrom = ["inputs", "one"]'
    results = run(steps('use = "value"', 'use = "one"', look), output="out")
    assert [c.id for c in results.clips] == list(results.of(Groups).ids)
    assert [f.cause for f in results.errors] == ["three is blurred"]
    assert len(results["look"]) == 1
    assert results.exit_code == 5


def test_errors_and_data_errors_keep_their_kind(place):
    place(component("Refuse", "def __call__(self, signal: Signal) -> Signal:\n    raise DataError('no', 'never', 'go')")
          + hook("transforms", "Transform", refuse="Refuse"))  # fmt: skip
    results = run(steps('use = "refuse"'), output="out")
    assert {(f.error, f.cause, f.evidence, f.remedy) for f in results.errors} == {("DataError", "no", "never", "go")}
    assert issubclass(DataError, Exception)


def test_a_plugin_edited_while_the_process_lives_is_noticed(place):
    place(PEAK)
    run(steps('use = "peak"'), output="out")
    Path("made.py").write_text(HEAD + PEAK + "\n# edited\n")
    with pytest.raises(PluginError, match="changed"):
        run(steps('use = "peak"'), output="out")


def test_an_output_that_lacks_what_it_needs_is_refused_before_the_run(place):
    place(PEAK + component("Table", """
needs = ("clusterer", "distance")
def __call__(self, results: Results, to: Path) -> Artifact:
    return Artifact((), "text/csv")
""") + hook("outputs", "Output", table="Table"))  # fmt: skip
    with pytest.raises(
        ConfigError, match=r'run\.toml:4: step 2: output "table" needs a clusterer or a distance: got peak'
    ):
        run(steps('use = "peak"', 'use = "table"'), output="out")
    assert not Path("out").exists()


def test_many_clips_with_one_fault_or_warning_are_counted(place, capsys):
    from jackfield.cli._printing import finish

    place(component("Refuse", "def __call__(self, signal: Signal) -> Signal:\n    raise DataError('no', 'never', 'go')")
          + component("Warn", "def __call__(self, s: Signal) -> Signal:\n    warnings.warn('hm')\n    return s")
          + hook("transforms", "Transform", refuse="Refuse", warn="Warn"))  # fmt: skip
    for k in range(4, 9):
        np.save(f"clips/{k}.npy", np.full(20, k, np.float32))
    assert finish(run(steps('use = "warn"'), output="warned"), False, False) == 0
    warned = [f"warning: clips/{k}.npy: hm" for k in (1, 2, 3)]
    assert capsys.readouterr().err.splitlines()[:4] == [*warned, "warning: 5 clips more in the same way"]
    assert finish(run(steps('use = "refuse"'), output="out"), False, False) == 5
    said = capsys.readouterr().err.splitlines()
    assert said[:4] == [
        *(f"failed: clips/{k}.npy: no: never; go" for k in (1, 2, 3)),
        "failed: 5 clips more in the same way",
    ]
    assert len(Path("out/errors.csv").read_text().splitlines()) == 9

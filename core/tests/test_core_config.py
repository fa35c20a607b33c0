"""Every config error says where it is."""

import tomllib
from dataclasses import replace

import pytest

from jackfield._toml_lines import line_of
from jackfield.config import RunConfig, StepConfig, load, override, parse
from jackfield.discovery import Selection
from jackfield.errors import ConfigError
from jackfield.params import Ref
from jackfield.planning import build_plan
from jackfield.registry import Registry

GOOD = """\
inputs = ["clips/*.csv"]

[[step]]
use = "half"
with = { factor = 0.5 }

[[step]]
use = "spread"

[[step]]
use = "apart"
"""

PLUGIN = '''
from dataclasses import dataclass
from typing import Annotated
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Half(Component):
    """Scales."""
    factor: Annotated[float, Param(gt=0, description="scale")] = 0.5
    def __call__(self, signal: Signal) -> Signal:
        return signal.replace(samples=signal.samples * self.factor, note="scaled")

@dataclass(frozen=True, kw_only=True)
class Spread(Component):
    """One number."""
    def __call__(self, signal: Signal) -> Features:
        return Features(values=signal.samples.std(axis=1, keepdims=True), names=("std",))

@dataclass(frozen=True, kw_only=True)
class Apart(Component):
    """Difference of features."""
    def compare(self, a: Features, b: Features) -> Comparison:
        return Comparison(float(abs(a.values[0, 0] - b.values[0, 0])))

@dataclass(frozen=True, kw_only=True)
class Random(Component):
    """Has a seed."""
    seed: Annotated[int, Param(description="of the noise")] = 0
    def __call__(self, signal: Signal) -> Signal:
        return signal

@dataclass(frozen=True, kw_only=True)
class Absent(Component):
    """Needs a library."""
    def prepare(self) -> None:
        import no_such_library_42
    def __call__(self, signal: Signal) -> Signal:
        return signal

@hookimpl
def jackfield_transforms():
    yield Transform("half", Half)
    yield Transform("random", Random)
    yield Transform("absent", Absent)

@hookimpl
def jackfield_features():
    yield Feature("spread", Spread)

@hookimpl
def jackfield_distances():
    yield Distance("apart", Apart)
'''


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "example.py").write_text(PLUGIN)
    return Registry(Selection(none=True, files=(str(tmp_path / "example.py"),)))


def plan(registry, text, **options):
    return build_plan(parse(text, "run.toml", **options), registry)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('use = "spread"', 'use = "spreed"', r'run.toml:8: unknown component "spreed"; did you mean "spread"\?'),
        ("factor = 0.5", "facter = 0.5", r'run.toml:5: step 1 \(use = "half"\): unknown parameter "facter"'),
        ("factor = 0.5", "factor = -1", r'run.toml:5: step 1 .*"factor" of Half is wrong: got -1'),
        ('use = "spread"', 'usee = "spread"', 'run.toml:8: unknown key "usee"'),
        ('use = "spread"', 'from = "x"', r"run.toml:7: the step needs use"),
        ('use = "apart"', 'use = "apart"\nfrom = "nobody"', 'run.toml:12: from = "nobody": no earlier step'),
        ('use = "apart"', 'use = "apart"\nfrom = "inputs"', "wants Features, got Signal from the inputs"),
        ('use = "spread"', 'use = "serial"', 'run.toml:8: "serial" is no step: it is the name of: executor'),
        ('inputs = ["clips/*.csv"]', "inputs = 3", "run.toml:1: \"inputs\" must be a text"),
        ('inputs = ["clips/*.csv"]', "", "run.toml: the config has no inputs"),
        ("inputs", "seed = true\ninputs", 'run.toml:1: "seed" must be an integer'),
        ("inputs", "sed = 1\ninputs", 'run.toml:1: unknown key "sed" in the config; did you mean "seed"'),
        ("[[step]]\nuse = \"half\"", "[[step]\nuse = \"half\"", "run.toml:3: not valid TOML"),
    ],
)  # fmt: skip
def test_errors_are_located(registry, old, new, words):
    with pytest.raises(ConfigError, match=words):
        plan(registry, GOOD.replace(old, new, 1))


def test_steps_form_a_chain(registry):
    built = plan(registry, GOOD)
    assert [(s.id, s.inputs, s.level, s.result.__name__) for s in built.steps] == [
        ("half", ("inputs",), "clip", "Signal"),
        ("spread", ("half",), "clip", "Features"),
        ("apart", ("spread",), "collection", "Distances"),
    ]
    # The distance compares the features as they are, so these are kept; the halved signal is not.
    assert built.stored() == ("spread",)


def test_equal_steps_have_one_digest(registry):
    text = GOOD + '\n[[step]]\nid = "again"\nuse = "half"\nfrom = "inputs"\nwith = { factor = 0.5 }\n'
    steps = plan(registry, text).steps
    assert steps[0].digest == steps[3].digest
    other = plan(
        registry,
        text.replace(
            'id = "again"\nuse = "half"\nfrom = "inputs"\nwith = { factor = 0.5 }',
            'id = "again"\nuse = "half"\nfrom = "inputs"\nwith = { factor = 0.4 }',
        ),
    ).steps
    assert other[0].digest != other[3].digest


def test_repeated_steps_get_their_own_ids(registry):
    text = 'inputs = ["x"]\n' + '[[step]]\nuse = "half"\n' * 3
    assert [s.id for s in plan(registry, text).steps] == ["half", "half-2", "half-3"]
    with pytest.raises(ConfigError, match=r'run\.toml:.*two steps have the id "a"'):
        plan(registry, 'inputs = ["x"]\n' + '[[step]]\nuse = "half"\nid = "a"\n' * 2)


def test_overrides_reach_steps_and_the_top(registry):
    built = plan(registry, GOOD, overrides=("half.factor=0.25", "seed=9"))
    assert built.steps[0].component.factor == 0.25
    assert built.config.seed == 9
    with pytest.raises(ConfigError, match='no step is called "hafl"; did you mean "half"'):
        plan(registry, GOOD, overrides=("hafl.factor=1",))
    with pytest.raises(ConfigError, match="is not key=value"):
        plan(registry, GOOD, overrides=("factor",))
    with pytest.raises(
        ConfigError, match=r'unknown key "factor" in the config: .*; a parameter of a step is --set half'
    ):
        plan(registry, GOOD, overrides=("factor=1",))


def test_the_seed_reaches_every_component_that_has_one(registry):
    text = 'inputs = ["x"]\nseed = 5\n[[step]]\nuse = "random"\n[[step]]\nuse = "random"\nwith = { seed = 1 }\n'
    assert [s.component.seed for s in plan(registry, text).steps] == [5, 1]


def test_a_missing_library_fails_before_anything_runs(registry):
    from jackfield.errors import PluginError

    with pytest.raises(PluginError, match=r"absent.*pip install no_such_library_42"):
        plan(registry, 'inputs = ["x"]\n[[step]]\nuse = "absent"\n')


@pytest.mark.parametrize(
    ("keys", "line"),
    [(("a",), 1), (("t", "b"), 4), (("step", 0), 6), (("step", 1, "with", "deep"), 11), (("step", 1, "with"), 10),
     (("step", 0, "with", "n"), 8), (("nothing",), None), (("t", "c", "d"), 5)],
)  # fmt: skip
def test_lines_of_keys(keys, line):
    text = 'a = """\nb = 1\n"""\n'.replace("\n", " ").strip() + "\n\n[t]\nb = 2\nc.d = 1\n[[step]]\nuse = 1\n"
    text += "with = { n = 3, m = 4 }\n[[step]]\n[step.with]\ndeep = 1\n"
    tomllib.loads(text)
    assert line_of(text, keys) == line


@pytest.mark.parametrize("overrides", [(), ("half.factor=0.25",)])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('inputs = ["x"]\n\n[step]\nuse = "half"\n', r"run.toml:3: \[step\] is one table.*write \[\[step\]\]"),
        ('inputs = ["x"]\nstep = 3\n', r"run.toml:2: the config has no \[\[step\]\]"),
        ('inputs = ["x"]\n[[step]]\nuse = "half"\nwith = 3\n', 'run.toml:4: "with" must be a table of parameters'),
    ],
)  # fmt: skip
def test_malformed_steps_are_located_with_overrides_too(text, words, overrides):
    with pytest.raises(ConfigError, match=words):
        parse(text, "run.toml", overrides=overrides)


def test_a_config_keeps_its_overrides_and_takes_more(tmp_path):
    (tmp_path / "run.toml").write_text(GOOD)
    first = load(tmp_path / "run.toml", overrides=("half.factor=0.25", "seed=3"))
    assert first.overrides == ("half.factor=0.25", "seed=3")
    second = override(replace(first, failure_limit=2), ("seed=4",))
    assert (second.steps[0].with_, second.seed, second.failure_limit) == ({"factor": 0.25}, 4, 2)
    assert second.overrides == ("half.factor=0.25", "seed=3", "seed=4")
    assert second.inputs == first.inputs == (str(tmp_path / "clips/*.csv"),)
    assert override(first, inputs=("here",)).inputs == ("here",)
    assert first.steps[0].with_ == {"factor": 0.25}


def test_a_config_may_be_put_together_in_python(registry):
    config = RunConfig(("clips",), (StepConfig("half"), StepConfig("spread", from_=("inputs",))), seed=2)
    built = build_plan(override(config, ("half.factor=0.25",)), registry)
    assert [(s.id, s.inputs) for s in built.steps] == [("half", ("inputs",)), ("spread", ("inputs",))]
    assert (built.steps[0].component.factor, built.config.seed) == (0.25, 2)
    with pytest.raises(ConfigError, match='<config>: "seed" must be an integer'):
        override(replace(config, seed="two"))
    with pytest.raises(ConfigError, match="the config has no inputs"):
        override(replace(config, inputs=()))


def test_an_override_names_the_steps_there_are():
    with pytest.raises(ConfigError, match=r'--set half\.factor: more than one step is called "half"'):
        parse('inputs = ["x"]\n' + '[[step]]\nuse = "half"\n' * 2, overrides=("half.factor=1",))


def test_run_and_plan_take_a_config_from_python(tmp_path, monkeypatch, registry):
    import jackfield

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jackfield.registry._current", registry)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "1.csv").write_text("2\n4\n")
    config = RunConfig(("clips",), (StepConfig("half"), StepConfig("spread")))
    assert jackfield.plan(config, overrides=["half.factor=0.25"]).plan.steps[0].component.factor == 0.25
    once = jackfield.run(override(config, ("half.factor=0.25",)), output="out")
    assert once["spread"][0].values.tolist() == [[0.25]]
    assert jackfield.run(config, overrides=["half.factor=0.25"], seed=0, output="out").computed == 0
    (tmp_path / "run.toml").write_text(GOOD.replace('[[step]]\nuse = "apart"\n', ""))
    loaded = load("run.toml", overrides=("half.factor=0.125",), inputs=("clips",))
    assert jackfield.run(loaded, output="other")["spread"][0].values.tolist() == [[0.125]]
    executor = Ref("processes", {"job": 2})
    with pytest.raises(ConfigError, match='<config>: unknown parameter "job"'):
        jackfield.plan(replace(config, executor=executor))
    with pytest.raises(ConfigError, match='"apart" is no feature: it is a distance that gives Comparison'):
        jackfield.features("apart", "clips")

"""Parameters are checked alike however a component is built."""

import copy
import pickle
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from jackfield import Collection, Component, ConfigError, DataError, Grid, Param, PluginError, Ref, Signal
from jackfield.components import describe, gives, takes, to_config


@dataclass(frozen=True, kw_only=True)
class Example(Component):
    """Everything a parameter can be."""

    n_fft: Annotated[int, Param(ge=2, unit="samples", description="window length")] = 512
    window: Annotated[Literal["hann", "hamming"], Param(description="window shape")] = "hann"
    ratio: Annotated[float | None, Param(gt=0, lt=1, description="share")] = None
    names: Annotated[tuple[str, ...], Param(max_length=2, description="labels")] = ()
    inner: Annotated[Ref | None, Param(description="component inside")] = None
    path: Annotated[str, Param(description="file")] = ""

    @cached_property
    def table(self) -> list:
        return [self.n_fft]

    def __call__(self, signal: Signal) -> Signal:
        return signal


@dataclass(frozen=True, kw_only=True)
class OneChannel(Component):
    """Takes one channel."""

    level: Annotated[float, Param(description="in dB")]
    channels = "one"

    def __call__(self, signal: Signal) -> Signal:
        """Nothing."""
        return signal


@dataclass(frozen=True, kw_only=True)
class Choosy(Component):
    """Choices inside a union, and inside a list."""

    order: Annotated[Literal[1, 2] | None, Param(description="power or magnitude")] = None
    pool: Annotated[tuple[Literal["max", "mean"], ...] | None, Param(description="statistics")] = None


def test_values_are_converted_and_frozen():
    built = Example(n_fft=np.int64(64), ratio=np.float32(0.5), names=["a"], path=Path("x.wav"))
    assert (type(built.n_fft), built.n_fft) == (int, 64)
    assert (type(built.ratio), built.names, built.path) == (float, ("a",), "x.wav")


def test_integers_are_taken_as_floats_and_equal_parameters_are_equal():
    assert OneChannel(level=3) == OneChannel(level=3.0)
    assert hash(Example(names=["a"])) == hash(Example(names=("a",)))
    assert Example() != Example(n_fft=256)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_fft": 1}, r'"n_fft" of Example is wrong: got 1, expected `int` >= 2; n_fft: window length'),
        ({"n_fft": 2.5}, "got 2.5"),
        ({"n_fft": True}, "got True"),
        ({"n_fft": "512"}, "got '512'"),
        ({"window": "han"}, "got 'han'"),
        ({"ratio": 1.0}, "expected `float` < 1.0"),
        ({"ratio": float("nan")}, "not a number"),
        ({"names": ("a", "b", "c")}, "length <= 2"),
        ({"inner": 3}, "got 3"),
    ],
)
def test_wrong_values_are_refused(wrong, words):
    with pytest.raises(ConfigError, match=words):
        Example(**wrong)


def test_unknown_and_missing_parameters_are_named():
    with pytest.raises(ConfigError, match='unknown parameter "nfft" of Example; did you mean "n_fft"'):
        Example(nfft=3)
    with pytest.raises(ConfigError, match='OneChannel needs parameter "level": in dB'):
        OneChannel()


def test_components_cannot_be_changed():
    with pytest.raises(AttributeError):
        Example().n_fft = 3


def test_pickles_keep_the_parameters_and_nothing_else():
    built = Example(n_fft=64)
    assert built.table == [64]
    for again in (pickle.loads(pickle.dumps(built)), copy.deepcopy(built)):
        assert again == built
        assert "table" not in vars(again)


def test_a_component_for_one_channel_names_mono():
    stereo = Signal(samples=np.zeros((2, 4), np.float32), rate=8000)
    with pytest.raises(DataError, match="mono"):
        OneChannel(level=0)(stereo)
    mono = Signal(samples=np.zeros((1, 4), np.float32), rate=8000)
    assert OneChannel(level=0)(mono) is mono


def test_kinds_come_from_annotations():
    assert (takes(Example), gives(Example)) == ((Signal,), (Signal,))

    @dataclass(frozen=True, kw_only=True)
    class Silent(Component):
        """No annotations."""

        def __call__(self, signal):
            return signal

    with pytest.raises(PluginError, match="must annotate"):
        takes(Silent)


def test_refs_survive_config():
    built = Example(inner=Ref("mfcc", {"n_mfcc": 13}))
    assert to_config(built)["inner"] == {"use": "mfcc", "with": {"n_mfcc": 13}}
    assert Example(**to_config(built)) == built


def test_descriptions_say_bounds_units_and_defaults():
    lines = {f.name: f.describe() for f in describe(Example)}
    assert lines["n_fft"] == "n_fft (int samples, ≥ 2) = 512: window length"
    assert lines["window"] == "window ('hann' | 'hamming') = 'hann': window shape"


def test_a_parameter_without_description_is_the_plugins_fault():
    @dataclass(frozen=True, kw_only=True)
    class Odd(Component):
        """Says nothing of its parameter."""

        values: int = 3

        def __call__(self, signal: Signal) -> Signal:
            return signal

    with pytest.raises(PluginError, match='"values" of Odd has no description'):
        Odd()


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("clips/a.wav", r"Example takes Signal: got str; use jackfield\.read"),
        (Path("a.wav"), "use jackfield.read"),
        (np.zeros(4), r"got ndarray; use jackfield\.Signal\(samples"),
        (Grid(values=np.zeros(4)), "^Example takes Signal: got Grid$"),
        (None, "^Example takes Signal: got NoneType$"),
    ],
)
def test_items_of_other_kinds_are_told_what_to_become(item, words):
    with pytest.raises(DataError, match=words):
        Example()(item)


def test_annotations_of_any_form_say_what_is_taken():
    class Either(Component):
        def __call__(self, item: "Signal | Grid") -> "Grid":
            return item

    class Anything(Component):
        def __call__(self, item: Any) -> Any:
            return item

    class Many(Component):
        def __call__(self, item: Collection[Grid]) -> Grid:
            return item

    class Untold(Component):
        def __call__(self, item):
            return item

    grid = Grid(values=np.zeros(4))
    assert Either()(grid) is grid
    with pytest.raises(DataError, match=r"^Either takes Signal or Grid: got ndarray; use jackfield\.Signal"):
        Either()(grid.values)
    assert [kind()(3) for kind in (Anything, Many, Untold)] == [3, 3, 3]


def test_a_subclass_is_what_its_base_is():
    class Louder(Signal):
        pass

    louder = Louder(samples=np.zeros(4), rate=8000)
    assert Example()(louder) is louder


def test_wrong_choices_are_told_the_right_ones():
    with pytest.raises(ConfigError, match=r"got 'hamm', known: hann, hamming; did you mean \"hamming\""):
        Example(window="hamm")
    with pytest.raises(ConfigError, match=r'write a list: \["a"\]'):
        Example(names="a")
    with pytest.raises(ConfigError, match=r"got 3, known: 1, 2; order: power or magnitude"):
        Choosy(order=3)
    with pytest.raises(ConfigError, match=r"got \('mean', 'mux'\), known: max, mean; did you mean \"max\""):
        Choosy(pool=("mean", "mux"))

"""A sum of parts: selection, residual, proof, storage; with parts that are neither orthogonal nor sinusoids."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield import ConfigError, DataError, Decomposition
from jackfield.data._storing import load, save


def parts_of(n: int, count: int, seed: int, dtype: type = np.float64) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(n).astype(dtype), list(rng.standard_normal((count, n)).astype(dtype))


def test_components_and_residual_add_up():
    x, parts = parts_of(6, 2, 0)
    whole = Decomposition.of(x, parts)
    assert len(whole) == 2
    assert [p.shape for p in whole] == [(6,)] * 3
    np.testing.assert_allclose(sum(whole), x, atol=1e-15)
    np.testing.assert_allclose(whole.sum(), x, atol=1e-15)
    np.testing.assert_allclose(whole.table["energy"], [np.sum(p**2) for p in parts])
    assert np.isnan(whole.table["phase"]).all()


def test_what_does_not_fit_is_refused():
    x, parts = parts_of(6, 2, 0)
    whole = Decomposition.of(x, parts)
    with pytest.raises(DataError, match="shaped like the input"):
        Decomposition(original=x, columns=whole.table, component=parts.__getitem__, residual=x[:3])
    with pytest.raises(DataError, match="shaped like the input"):
        Decomposition.of(x, [x[:3]])
    with pytest.raises(DataError, match="shaped like the input"):
        Decomposition.of(x, [x, x[:3]])
    given = {"original": x, "columns": whole.table, "component": parts.__getitem__}
    for wrong, words in (
        ({"axis": 1}, "axis must be one of the input's: got 1, which has 1"),
        ({"axis": -2}, "axis"),
        ({"axis": 0.0}, "axis"),
        ({"rate": 0}, "rate"),
        ({"rate": "fast"}, "rate"),
        ({"rate": float("inf")}, "rate"),
    ):
        with pytest.raises(DataError, match=words):
            Decomposition(**given, **wrong)
        with pytest.raises(DataError, match=words):
            Decomposition.of(x, parts, **wrong)
    with pytest.raises(DataError, match="lacks columns: frequency, amplitude, phase"):
        Decomposition(original=x, columns={"energy": np.ones(2)}, component=parts.__getitem__)
    short = {**whole.table, "energy": np.ones(3)}
    with pytest.raises(DataError, match="one length"):
        Decomposition(original=x, columns=short, component=parts.__getitem__)


@given(st.integers(1, 40), st.integers(0, 9), st.integers(0, 99), st.sampled_from([np.float32, np.float64]))
def test_any_choice_keeps_the_sum(n, count, seed, dtype):
    x, parts = parts_of(n, count, seed, dtype)
    whole = Decomposition.of(x, parts)
    chosen = [whole.components(top=1 + seed % 5), whole.components(energy=0.7), whole.components(bands=[(0.0, 0.2)])]
    for some in [whole, *chosen]:
        assert some.proof.holds, some.proof
        np.testing.assert_allclose(some.sum(), x, atol=40 * np.finfo(dtype).eps)
        assert [*some][-1].shape == x.shape


def test_the_strongest_come_first():
    scales = (1.0, 3.0, 2.0)
    whole = Decomposition.of(np.zeros(8), [s * np.cos(np.pi * np.arange(8)) for s in scales])
    some = whole.components(top=2)
    np.testing.assert_allclose(some.table["energy"], [72, 32])
    np.testing.assert_allclose([p[0] for p in some], [3, 2, -5])
    np.testing.assert_allclose(whole.components(energy=9 / 14).table["energy"], [72])
    np.testing.assert_allclose(whole.components(energy=1).table["energy"], [72, 32, 8])


def test_a_proof_sees_a_wrong_component():
    x, parts = parts_of(50, 3, 1)
    whole = Decomposition.of(x, parts)
    wrong = Decomposition(
        original=x, columns=whole.table, component=lambda k: parts[k] + 1e-9 * (k == 1), residual=whole.residual
    )
    assert whole.proof.holds
    assert not wrong.proof.holds
    assert wrong.proof.error == pytest.approx(1e-9, rel=1e-3)


def test_choices_that_make_no_sense():
    whole = Decomposition.of(*parts_of(8, 3, 2))
    for wrong, words in [
        ({}, "one of top, energy and bands"),
        ({"top": 1, "energy": 0.5}, "one of top, energy and bands"),
        ({"top": 0}, "1 or more"),
        ({"energy": 1.5}, "share"),
        ({"bands": [(0.2, 0.1)]}, "low < high"),
        ({"bands": [(0, 0.2), (0.1, 0.3)]}, "overlap"),
        ({"top": 2.5}, "integer"),
        ({"top": "2"}, "integer"),
        ({"energy": "most"}, "share"),
        ({"energy": float("nan")}, "share"),
        *(({"bands": bands}, "pairs") for bands in (5, (0, 0.1), "ab", [(0, 0.1, 0.2)], [("low", "high")])),
    ]:
        with pytest.raises(ConfigError, match=words):
            whole.components(**wrong)


def test_memory_is_forecast_and_refused_with_the_way_out():
    columns = {name: np.ones(1_440_001) for name in ("frequency", "amplitude", "phase", "energy")}
    minute = np.zeros(2_880_000)
    whole = Decomposition(original=minute, columns=columns, component=lambda k: minute)
    assert whole.nbytes == 1_440_001 * minute.nbytes
    for refused in (whole.stack, whole.held, lambda: whole.proof):
        with pytest.raises(DataError, match=r"top=10.*bands.*iterate"):
            refused()
    with pytest.raises(DataError, match=r"1,440,001 of 23,040,000 bytes each, 33\.2 TB"):
        whole.stack()
    assert whole.components(top=1).stack().shape == (1, minute.size)
    assert next(iter(whole)) is minute


def test_stored_and_pickled_results_are_the_same(tmp_path):
    x, parts = parts_of(20, 4, 3)
    whole = Decomposition(original=x, columns=Decomposition.of(x, parts).table, component=lambda k: parts[k], rate=8.0)
    save(tmp_path / "d.result", whole)
    for again in (load(tmp_path / "d.result"), pickle.loads(pickle.dumps(whole))):
        assert again.rate == 8
        assert {k: v.tolist() for k, v in again.table.items() if k != "phase"} == {
            k: v.tolist() for k, v in whole.table.items() if k != "phase"
        }
        assert all(np.array_equal(a, b) for a, b in zip(again, parts, strict=True))
        with pytest.raises(ValueError, match="read-only"):
            again.component(0)[0] = 1


def test_rows_name_component_and_lane():
    x = np.zeros((2, 8))
    rows = list(Decomposition.of(x, [np.ones((2, 8))]).rows())
    assert [(r["component"], r["lane"], r["energy"]) for r in rows] == [(0, 0, 16), (0, 1, 16)]
    assert rows[0]["share"] == 0.5, "the residual holds as much"

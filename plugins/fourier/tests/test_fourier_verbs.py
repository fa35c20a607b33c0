"""`decompose` and `explain decompose`: from Python and from the command line, down to the files."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from jackfield_fourier import explain, verbs
from jackfield_fourier._picture import error_curve

import jackfield
from jackfield import ConfigError, DataError, Decomposition, OutputError, Signal, decompose, explain_decompose

RATE = 8000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    t = np.arange(4001) / RATE
    noise = np.random.default_rng(0).normal(0, 0.02, (2, t.size))
    x = np.stack([0.4 * np.cos(2 * np.pi * 220 * t), 0.2 * np.sin(2 * np.pi * 1000.7 * t)]) + noise
    soundfile.write(tmp_path / "clip.wav", np.round(x.T * 32767).astype(np.int16), RATE)
    return tmp_path / "clip.wav"


def call(*args: object, code: int = 0) -> str:
    done = CliRunner().invoke(verbs.command, [str(a) for a in args], standalone_mode=False)
    if done.exception:
        raise done.exception
    assert done.return_value == code
    return done.stdout


def test_arrays_of_any_shape_and_kind():
    rng = np.random.default_rng(1)
    for x, axis in [
        (rng.standard_normal(50), None),
        (rng.integers(-9, 9, (20, 3)), 0),
        (rng.standard_normal((4, 5, 6)).astype(np.float32), 1),
        (rng.standard_normal((5, 8)) * 1j, -1),
        ([1.0, 2.0, 4.0], None),
        (rng.standard_normal(30).astype(np.float16), None),
        (rng.standard_normal(30).astype(np.longdouble), None),
    ]:
        whole = decompose(x, axis=axis)
        assert whole.component(1).shape == np.shape(x)
        assert whole.proof.holds
        assert whole.table["frequency"][1] == pytest.approx(1 / np.shape(x)[-1 if axis is None else axis])


def test_both_readings_of_a_2d_signal_are_printed():
    with pytest.raises(DataError) as caught:
        decompose(np.zeros((256, 64)))
    assert "axis 0 = 256 samples × 64 channels?" in str(caught.value)
    assert "axis 1 = 64 samples × 256 channels?" in str(caught.value)


def test_rates_and_signals(clip):
    x = np.zeros((2, 100))
    assert decompose(x, axis=1, rate=49.0).rate == 49
    assert decompose(Signal(samples=x, rate=49.0)).table["frequency"][-1] == 24.5
    assert decompose(clip).shape == (2, 4001)
    for wrong, words in [
        (lambda: decompose(clip, rate=8000), "its own"),
        (lambda: decompose(x, axis=1, rate=-1), "above 0"),
        (lambda: decompose(x, axis=1, method="mono"), "does not decompose: it gives Signal"),
        (lambda: decompose(x, axis=1, rate="fast"), "rate must be a number above 0: got 'fast'"),
        (lambda: decompose(x, axis=2), "no axis 2"),
        (lambda: decompose(x, axis="time"), "axis must be a whole number: got 'time'"),
        (lambda: decompose([[1.0], [2.0, 3.0]], axis=0), "only an array"),
        (lambda: decompose(np.zeros(4, "M8[s]")), "only numbers"),
        (lambda: decompose(np.float64(3)), "single number"),
    ]:
        with pytest.raises((ConfigError, DataError), match=words):
            wrong()


@pytest.mark.parametrize("method", ["dft", "bands", "peaks", "esprit"])
def test_every_method_by_name(method):
    x = np.random.default_rng(0).standard_normal((64, 2))
    whole = decompose(x, axis=0, method=method)
    assert whole.history[-1].startswith(method)
    assert whole.proof.relative < 1e-13


@pytest.mark.parametrize(
    "choice",
    [["--top", "5"], ["--energy", "0.9"], ["--bands", "0,500,2000"], ["--method", "peaks"], ["--method", "bands"], []],
)
def test_written_sounds_add_up_to_the_clip(clip, choice, tmp_path):
    call(clip, *choice, "-o", tmp_path / "out", "-q")
    sounds = sorted((tmp_path / "out").glob("*.wav"))
    assert len(sounds) > 2
    assert {soundfile.info(path).subtype for path in sounds} == {"DOUBLE"}
    total = sum(soundfile.read(path, dtype="float64")[0] for path in sounds)
    wanted = soundfile.read(clip, dtype="float64")[0]
    assert np.abs(total - wanted).max() <= 1e-15
    assert np.array_equal(np.round(total * 32768), wanted * 32768), "every 16-bit value comes back"


def test_table_and_pictures(clip, tmp_path):
    call(clip, "--top", 3, "-o", tmp_path / "out", "-q")
    rows = list(csv.DictReader((tmp_path / "out/table.csv").open()))
    assert [(r["file"], r["channel"]) for r in rows[:3]] == [
        ("component-01.wav", "1"), ("component-01.wav", "2"), ("component-02.wav", "1")]  # fmt: skip
    first = soundfile.read(tmp_path / "out/component-01.wav")[0]
    assert float(rows[0]["frequency"]) == pytest.approx(220, abs=1)
    assert float(rows[0]["energy"]) == pytest.approx(np.sum(first**2))
    for name in ("components.png", "error.png"):
        assert (tmp_path / "out" / name).read_bytes()[:4] == b"\x89PNG"
    call(clip, "--method", "bands", "-o", tmp_path / "bands", "-q")
    assert {r["phase"] for r in csv.DictReader((tmp_path / "bands/table.csv").open())} == {""}


def test_nothing_is_replaced_without_force(clip, tmp_path):
    call(clip, "--top", 9, "-o", tmp_path / "out", "-q")
    with pytest.raises(ConfigError, match=r"component-01\.wav.*--force"):
        call(clip, "--top", 2, "-o", tmp_path / "out")
    call(clip, "--top", 2, "-o", tmp_path / "out", "--force", "-q")
    sounds = sorted(path.name for path in (tmp_path / "out").glob("*.wav"))
    assert sounds == ["component-01.wav", "component-02.wav", "residual.wav"]


@pytest.mark.parametrize("method", ["dft", "peaks"])
def test_silence_has_pictures_too(method, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(100), RATE)
    call(tmp_path / "silence.wav", "--method", method, "-o", tmp_path / "parts")
    for name in ("components.png", "error.png"):
        assert (tmp_path / "parts" / name).read_bytes().startswith(b"\x89PNG")


def test_printed_and_json(clip):
    text = call(clip, "--top", 2, "-q")
    assert text.splitlines()[0].split() == ["component", "channel", "Hz", "amplitude", "phase", "energy"]
    assert "residual:" in text
    data = json.loads(call(clip, "--method", "peaks", "--with", "count=2", "--json"))
    assert [row["component"] for row in data["components"]] == [1, 1, 2, 2]
    assert data["proof"]["error"] <= data["proof"]["bound"]
    assert len(json.loads(call(clip, "--json"))["components"]) == 2 * verbs.TOP


def test_sums_that_take_long_are_left_out(clip, monkeypatch):
    monkeypatch.setattr(verbs, "PROVED", 3 * 2 * 4001)
    assert json.loads(call(clip, "--top", 3, "--json"))["proof"] is not None
    assert json.loads(call(clip, "--top", 4, "--json"))["proof"] is None


def test_wrong_options(clip, tmp_path):
    for options, words in [
        (["--with", "count"], "KEY=VALUE"),
        (["--with", "cuont=3", "--method", "peaks"], "count"),
        (["--bands", "a,b"], "Hz"),
        (["--bands", "5"], "two"),
        (["--top", "3", "--energy", "0.5"], "one of"),
        (["--energy", "0.9999", "-o", tmp_path / "many"], "too many"),
    ]:
        with pytest.raises(ConfigError, match=words):
            call(clip, *options)
    assert not (tmp_path / "many").exists()
    np.savetxt(tmp_path / "odd.csv", np.arange(9.0))
    odd = Signal(samples=np.arange(9.0), rate=10.5)
    from jackfield_fourier._folder import write_folder

    with pytest.raises(OutputError, match="whole number"):
        write_folder(decompose(odd), decompose(odd), tmp_path / "odd", False)


def test_error_curve_falls_to_nothing():
    x = np.random.default_rng(2).standard_normal(100)
    for whole in (decompose(x), decompose(x).components(top=20), decompose(x, method="peaks", count=3)):
        curve = error_curve(whole)
        assert curve.size == len(whole) + 1
        assert curve[0] == pytest.approx(1)
        assert np.all(np.diff(curve) <= 1e-12)
    direct = [np.linalg.norm(x - sum(list(decompose(x).components(top=k))[:k])) for k in (5, 51)]
    np.testing.assert_allclose(error_curve(decompose(x))[[5, 51]] * np.linalg.norm(x), direct, atol=1e-12)


def test_leakage_of_a_tone_between_bins():
    def tone(cycles: float) -> np.ndarray:
        return np.cos(2 * np.pi * cycles * np.arange(256) / 256)

    between, on = explain_decompose(tone(10.5)), explain_decompose(tone(10))
    assert (between.holding, on.holding) == (38, 1)
    assert between.sentences == ("a tone of 10.5 cycles falls between bins: 38 bins hold 99 %; try peaks or esprit",)
    assert on.sentences == ("1 of 129 bins hold 99 % of the energy",)
    assert abs(between.between) == pytest.approx(0.5, abs=1e-6)
    assert explain_decompose(np.zeros(8)).sentences == ("every sample is 0",)
    noise = explain_decompose(np.random.default_rng(0).standard_normal(256))
    assert "bins hold" in noise.sentences[0]
    assert "tone" not in noise.sentences[0]


def test_one_sided_spectra_are_explained():
    x = np.cos(2 * np.pi * 5 * np.arange(64) / 64)
    kept = np.fft.fft(x)
    kept[33:] = 0
    found = explain_decompose(np.fft.ifft(kept))
    assert found.one_sided
    assert "one of each ±f pair: half the amplitude" in found.sentences[-1]
    assert np.allclose(2 * np.fft.ifft(kept).real, x), "what the sentence says"
    assert decompose(np.fft.ifft(kept)).table["amplitude"].max() == pytest.approx(0.5)
    for both in (x, x + 1j * np.roll(x, 3) ** 2):
        assert not explain_decompose(both).one_sided


def test_explain_from_the_command_line(clip):
    def said(*args: str) -> str:
        done = CliRunner().invoke(explain.command, args, standalone_mode=False)
        if done.exception:
            raise done.exception
        return done.stdout

    assert "38 bins hold 99 %" in said("--cycles", "10.5")
    assert json.loads(said("--cycles", "10.5", "--json"))["holding"] == 38
    assert "strongest tone" in said(str(clip))
    for wrong in ([], [str(clip), "--cycles", "1"], ["--cycles", "1", "--samples", "0"]):
        with pytest.raises(ConfigError):
            said(*wrong)


def test_results_of_a_run_are_kept_and_add_up(clip, tmp_path):
    config = tmp_path / "run.toml"
    config.write_text('inputs = ["clip.wav"]\n[[step]]\nuse = "dft"\nwith = { top = 4 }\n')
    whole = jackfield.run(config, output=tmp_path / "run")["dft"][0]
    assert isinstance(whole, Decomposition)
    assert len(whole) == 4
    assert whole.proof.holds
    assert np.array_equal(whole.original, jackfield.read(clip).samples)


def test_a_plan_says_what_would_not_fit(clip, tmp_path):
    t = np.arange(60 * RATE)
    soundfile.write(tmp_path / "long.wav", (1000 * np.sin(t)).astype(np.int16), RATE)
    config = 'inputs = ["long.wav"]\n[[step]]\nuse = "dft"\n'
    (tmp_path / "run.toml").write_text(config)
    assert "would not fit into memory: 240,001 of" in jackfield.plan(tmp_path / "run.toml").fault
    (tmp_path / "run.toml").write_text(config + "with = { top = 3 }\n")
    assert jackfield.plan(tmp_path / "run.toml").predictions[0].spec.shape == (4, 1, t.size)

"""What two spectrograms say of each other, on spectrograms whose making is known."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from jackfield_stft import Db, Stft
from jackfield_stft.explain import command, compare_spectrograms

from jackfield import ConfigError, DataError, Signal

SETTINGS = {"n_fft": 256, "hop": 64}


@pytest.fixture(scope="module")
def clip():
    rng = np.random.default_rng(5)
    n = 8000
    tone = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 3000, n)) / 8000)
    return Signal(samples=(0.3 * tone + 0.05 * rng.standard_normal(n)).astype(np.float32), rate=8000)


def test_torch_and_librosa_differ_in_sixteen_frames(shared):
    golden = np.load(shared / "golden" / "stft.npz")
    found = compare_spectrograms(golden["torch/512/32/512/center/reflect"], golden["librosa/512/32"])
    assert (found.where, found.differs) == ("edges", (*range(8), *range(180, 188)))
    assert (found.shift, found.exponent, found.phase) == (0, 1.0, "same")
    assert found.factor == pytest.approx(1, rel=1e-8)
    assert found.error <= 2e-7
    assert (found.a.window, found.a.hop, found.a.pad) == ("hann 512", 32, "reflect")
    assert (found.b.window, found.b.hop, found.b.pad) == ("hann 512", 32, "zeros")
    assert "16 of the 188 frames differ, 0–7 and 180–187: only the edges, so the padding" in str(found)


def test_the_well_known_clip_differs_in_sixteen_of_6235_frames():
    noise = Signal(samples=np.random.default_rng(1).standard_normal(199_488).astype(np.float32), rate=24_576)
    one, two = (Stft(n_fft=512, hop=32, compat=tool)(noise) for tool in ("torchaudio", "librosa"))
    found = compare_spectrograms(one, two)
    assert found.differs == (*range(8), *range(6227, 6235))
    assert "16 of the 6235 frames differ, 0–7 and 6227–6234: only the edges" in str(found)


@pytest.mark.parametrize(
    ("other", "shift", "count"),
    [("torch/512/32/512/nocenter/reflect", -8, 172), ("scipy/512/32", 7, 188), ("scipy-legacy/512/32", 0, 188)],
)
def test_shifts_between_tools(shared, other, shift, count):
    golden = np.load(shared / "golden" / "stft.npz")
    b = golden[other]
    b = b[0] if b.ndim == 3 else b
    found = compare_spectrograms(golden["torch/512/32/512/center/constant"][0], b)
    assert (found.shift, found.compared, found.where) == (shift, count, "nowhere")
    assert found.phase == ("turned" if other.startswith("scipy/") else "same")
    assert found.b.turned is other.startswith("scipy/")
    legacy = other.startswith("scipy-legacy")
    assert found.factor == pytest.approx(1 / 256 if legacy else 1, rel=1e-6)
    assert found.factor_is == ("1 over the window's sum" if legacy else None)


@pytest.mark.parametrize("pad", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "rect", "povey"])
def test_padding_and_window_are_read_off_complex_values(clip, pad, window):
    made = Stft(**SETTINGS, pad_mode=pad, window=window)(clip)
    bare = compare_spectrograms(made.values, made.values, hop=64).a
    assert (bare.window, bare.hop, bare.pad) == (f"{window} 256", 64, {"constant": "zeros"}.get(pad, pad))
    assert compare_spectrograms(made, made).a.window == bare.window
    assert compare_spectrograms(made.values, made.values).a.hop == 64  # found, not told


@pytest.mark.parametrize("win_length", [100, 201, 255])
@pytest.mark.parametrize("periodic", [True, False])
def test_short_windows_are_measured(clip, win_length, periodic):
    made = Stft(**SETTINGS, window="hamming", win_length=win_length, periodic=periodic)(clip)
    found = compare_spectrograms(made, made).a
    assert found.window == f"{'' if periodic else 'symmetric '}hamming {win_length}"


def test_frames_between_frames_are_told_to_the_sample(shared):
    golden = np.load(shared / "golden" / "stft.npz")
    found = compare_spectrograms(
        golden["torch/400/160/400/center/reflect"], golden["torch/400/160/400/nocenter/reflect"]
    )
    # frame k begins at 160 k − 200 in one and at 160 k in the other
    assert (found.shift, found.lag, found.where) == (-1, 40, "everywhere")
    assert "frame k of a is frame k − 1 of b, which begins 40 samples later: -1.25 frames in all" in str(found)
    assert str(found).splitlines()[2].endswith("everywhere, so where frames begin")


def test_another_hop_is_named(clip):
    found = compare_spectrograms(Stft(n_fft=256, hop=64)(clip), Stft(n_fft=256, hop=32)(clip))
    assert (found.a.hop, found.b.hop, found.lag) == (64, 32, None)
    assert "everywhere, so the hop" in str(found)


def test_other_sounds_have_no_lag(clip):
    noise = Signal(samples=np.random.default_rng(9).standard_normal(clip.samples.shape), rate=8000)
    found = compare_spectrograms(Stft(**SETTINGS)(clip), Stft(**SETTINGS)(noise))
    assert (found.where, found.lag) == ("everywhere", None)
    assert "the window, n_fft, hop or the signal" in str(found)


def test_another_window_differs_everywhere(clip):
    found = compare_spectrograms(Stft(**SETTINGS)(clip), Stft(**SETTINGS, window="hamming")(clip))
    assert (found.where, len(found.differs)) == ("everywhere", found.compared)
    assert (found.a.window, found.b.window, found.lag) == ("hann 256", "hamming 256", 0)
    assert "everywhere, so the window" in str(found)


@pytest.mark.parametrize(("gain", "name"), [(1 / 32_768, "1 over 32768 (16-bit units)"), (0.3, None)])
def test_gain_is_a_scale(clip, gain, name):
    quiet = clip.replace(samples=clip.samples * np.float32(gain), note="gain")
    found = compare_spectrograms(Stft(**SETTINGS)(clip), Stft(**SETTINGS)(quiet))
    assert found.factor == pytest.approx(gain, rel=1e-5)
    assert (found.where, found.factor_is) == ("nowhere", name)


@pytest.mark.parametrize(
    ("make", "phase"),
    [(lambda z: -z, "inverted"), (np.conj, "conjugate"), (lambda z: z * np.exp(2j), "different")],
)
def test_phases_are_named(clip, make, phase):
    values = Stft(**SETTINGS)(clip).values
    assert compare_spectrograms(values, make(values)).phase == phase


def test_one_changed_spot_is_inside(clip):
    samples = clip.samples.copy()
    samples[0, 4000:4010] += 0.5
    found = compare_spectrograms(Stft(**SETTINGS)(clip), Stft(**SETTINGS)(clip.replace(samples=samples, note="click")))
    # frame k covers [64 k − 128, 64 k + 128)
    assert (found.where, found.differs) == ("inside", (61, 62, 63, 64))


@pytest.mark.parametrize(("powers", "exponent"), [((1, 1), 1.0), ((1, 2), 2.0), ((2, 1), 0.5), ((2, 2), 1.0)])
def test_magnitude_and_power_are_told_apart(clip, powers, exponent):
    one, two = (Stft(**SETTINGS, power=p)(clip).values for p in powers)
    found = compare_spectrograms(one, two)
    assert (found.exponent, found.where, found.phase) == (exponent, "nowhere", None)
    assert found.factor == pytest.approx(1, rel=1e-4)
    assert found.a.window is None


def test_decibels_are_taken_back(clip):
    loud = Stft(**SETTINGS, power=2)(clip)
    found = compare_spectrograms(Db(floor=-200)(loud), loud)
    assert (found.exponent, found.where) == (2.0, "nowhere")


@pytest.mark.parametrize("shift", [-9, 0, 5])
def test_shifts_of_the_signal_are_found(clip, shift):
    start = max(0, -shift) * 64
    a = clip.replace(samples=clip.samples[:, max(0, shift) * 64 : max(0, shift) * 64 + 6000], note="cut")
    b = clip.replace(samples=clip.samples[:, start : start + 6000], note="cut")
    found = compare_spectrograms(Stft(**SETTINGS)(a), Stft(**SETTINGS)(b))
    assert (found.shift, found.where) == (shift, "edges" if shift else "nowhere")


@pytest.mark.parametrize("values", [np.zeros((5, 6)), np.ones((5, 6)), np.zeros((5, 1), complex)])
def test_empty_and_flat_spectrograms_are_equal_to_themselves(values):
    found = compare_spectrograms(values, values)
    assert (found.shift, found.factor, found.where, found.differs) == (0, 1.0, "nowhere", ())


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((5, 6)), np.zeros((6, 6)), r"different frequencies or channels: \(5,\) and \(6,\)"),
        (np.zeros(5), np.zeros(5), "real or complex"),
        (np.zeros((5, 6), int), np.zeros((5, 6)), "int64"),
        (np.full((5, 6), np.nan), np.zeros((5, 6)), "finite values: 30 of a's are not"),
    ],
)
def test_what_is_no_spectrogram_is_refused(a, b, message):
    with pytest.raises(DataError, match=message):
        compare_spectrograms(a, b)


def test_a_single_channel_need_not_be_counted(clip):
    one = np.asarray(Stft(**SETTINGS, power=2)(clip).values)
    assert one.shape[0] == 1
    assert compare_spectrograms(one, one[0]).where == "nowhere"
    with pytest.raises(DataError) as refused:
        compare_spectrograms(np.concatenate([one, one]), one)
    assert refused.value.remedy == "compare one channel of each"


def test_the_command_compares_files(tmp_path, clip):
    for name, pad in (("a", "reflect"), ("b", "constant")):
        np.save(tmp_path / f"{name}.npy", Stft(**SETTINGS, pad_mode=pad)(clip).values)
    paths = [str(tmp_path / "a.npy"), str(tmp_path / "b.npy")]
    text = CliRunner().invoke(command, ["--compare", *paths], standalone_mode=False).output
    assert "4 of the 126 frames differ, 0–1 and 124–125: only the edges, so the padding" in text
    assert "b: window hann 256 in n_fft 256, hop 64, zeros before the start" in text
    facts = json.loads(CliRunner().invoke(command, ["--compare", *paths, "--json"], standalone_mode=False).output)
    assert (facts["differs"], facts["where"], facts["a"]["pad"]) == ([0, 1, 124, 125], "edges", "reflect")
    (tmp_path / "b.npy").write_bytes(b"no array")
    done = CliRunner().invoke(command, ["--compare", *paths], standalone_mode=False)
    assert isinstance(done.exception, DataError)
    assert str(done.exception).endswith("b.npy is no spectrogram in a .npy file; write one with numpy.save")
    done = CliRunner().invoke(command, ["--compare", paths[0], "nowhere.npy"], standalone_mode=False)
    assert str(done.exception) == "nowhere.npy cannot be read: No such file or directory"


def test_equal_values_have_no_scale_that_needs_a_name():
    alike = np.random.default_rng(0).standard_normal((1, 50))
    # the window of n_fft 2 sums to 1, by chance
    assert compare_spectrograms(alike, alike).factor_is is None


@pytest.mark.parametrize("wrong", [{"hop": 0}, {"hop": "3"}, {"tolerance": -1.0}, {"tolerance": float("nan")}])
def test_hops_and_tolerances_that_are_none_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"at least 1|0 or more|finite number|whole number"):
        compare_spectrograms(np.ones((5, 6)), np.ones((5, 6)), **wrong)


def test_one_sided_densities_differ_in_scale_alone():
    """scipy.signal.spectrogram(scaling="density") of 8000 Hz: 2 over rate and the window's energy, 1 at the ends."""
    noise = Signal(samples=np.random.default_rng(2).standard_normal(8000), rate=8000)
    plain = Stft(**SETTINGS, center=False, power=2)(noise)
    density = Stft(**SETTINGS, center=False, power=2, scaling="psd")(noise).values
    energy = np.square(np.hanning(257)[:-1]).sum()
    for a, b, factor, ends in (
        (plain.values, density, 2 / (8000 * energy), 0.5),
        (density, plain.values, 8000 * energy / 2, 2.0),
    ):
        found = compare_spectrograms(a, b)
        assert (found.where, found.ends, found.exponent) == ("nowhere", ends, 1.0)
        assert found.factor == pytest.approx(factor, rel=1e-9)
    assert "but 2 of that at 0 Hz and half the rate: a counts every other frequency's negative twin" in str(found)


@pytest.mark.parametrize(("scaling", "twins"), [("amplitude", 2.0), ("rms", 2**0.5)])
def test_one_sided_amplitudes_show_window_and_padding(clip, scaling, twins):
    scaled = Stft(**SETTINGS, scaling=scaling)(clip)
    found = compare_spectrograms(Stft(**SETTINGS, pad_mode="constant")(clip), scaled)
    assert (found.where, found.differs, found.phase) == ("edges", (0, 1, 124, 125), "same")
    assert found.ends == pytest.approx(1 / twins)
    assert found.factor == pytest.approx(twins / 128, rel=1e-6)
    assert (found.b.window, found.b.hop, found.b.pad, found.b.twins) == ("hann 256", 64, "reflect", twins)
    assert compare_spectrograms(scaled, scaled).ends == 1


@pytest.mark.parametrize("power", [None, 2])
def test_silence_is_told(clip, power):
    grid = Stft(**SETTINGS, power=power)(clip).values
    silent = np.zeros_like(grid)
    for a, b, name in ((grid, silent, "b"), (silent, grid, "a")):
        found = compare_spectrograms(a, b)
        assert (found.silent, found.where, len(found.differs)) == ((name,), "everywhere", 126)
        assert f"\n{name} is silent: 0 everywhere\n126 of the 126 frames differ" in str(found)
    assert "\na and b are silent: 0 everywhere\nall 126 frames are equal" in str(compare_spectrograms(silent, silent))

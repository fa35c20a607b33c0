"""librosa's features against librosa called directly, and what their frames promise."""

import doctest
import subprocess
import sys
import warnings

import jackfield_librosa
import numpy as np
import pytest
from jackfield_librosa import (
    Chroma,
    Cqt,
    OnsetStrength,
    Rms,
    SpectralBandwidth,
    SpectralCentroid,
    SpectralContrast,
    SpectralFlatness,
    SpectralRolloff,
    Tempogram,
    Tonnetz,
    ZeroCrossings,
)
from jackfield_librosa._constant_q import C1, HANN_BANDWIDTH

import jackfield
from jackfield import ConfigError, DataError, Signal, Spec
from jackfield.testing import check_component

librosa = pytest.importorskip("librosa")
RATE = 22_050
NAMES = sorted(f.name for f in jackfield_librosa.jackfield_features())


def clip(n=RATE, dtype="f4", rate=RATE, seed=0):
    """A chord that decays, in noise."""
    t = np.arange(n) / rate
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.2, 659.3)) * np.exp(-3 * (t % 0.5))
    noise = np.random.default_rng(seed).standard_normal(n)
    return Signal(samples=(0.1 * chord + 0.01 * noise).astype(dtype), rate=rate)


F = librosa.feature
CALLS = [
    (Chroma(), lambda y: F.chroma_stft(y=y, sr=RATE)),
    (
        Chroma(n_fft=1024, hop=256, tuning=0.2, n_chroma=24, norm="sum"),
        lambda y: F.chroma_stft(y=y, sr=RATE, n_fft=1024, hop_length=256, tuning=0.2, n_chroma=24, norm=1),
    ),
    (Chroma(transform="cqt"), lambda y: F.chroma_cqt(y=y, sr=RATE)),
    (
        Chroma(transform="cqt", f_min=110.0, n_octaves=5, bins_per_octave=24, hop=300, norm="euclidean", tuning=0),
        lambda y: F.chroma_cqt(
            y=y, sr=RATE, fmin=110.0, n_octaves=5, bins_per_octave=24, hop_length=300, norm=2, tuning=0
        ),
    ),
    (SpectralCentroid(), lambda y: F.spectral_centroid(y=y, sr=RATE)),
    (SpectralCentroid(n_fft=999, hop=77), lambda y: F.spectral_centroid(y=y, sr=RATE, n_fft=999, hop_length=77)),
    (SpectralBandwidth(), lambda y: F.spectral_bandwidth(y=y, sr=RATE)),
    (SpectralBandwidth(p=3.0), lambda y: F.spectral_bandwidth(y=y, sr=RATE, p=3.0)),
    (SpectralContrast(), lambda y: F.spectral_contrast(y=y, sr=RATE)),
    (
        SpectralContrast(f_min=100.0, n_bands=5, quantile=0.1, linear=True),
        lambda y: F.spectral_contrast(y=y, sr=RATE, fmin=100.0, n_bands=5, quantile=0.1, linear=True),
    ),
    (SpectralRolloff(), lambda y: F.spectral_rolloff(y=y, sr=RATE)),
    (SpectralRolloff(share=0.5), lambda y: F.spectral_rolloff(y=y, sr=RATE, roll_percent=0.5)),
    (SpectralFlatness(), lambda y: F.spectral_flatness(y=y)),
    (SpectralFlatness(power=1.0, floor=1e-6), lambda y: F.spectral_flatness(y=y, power=1.0, amin=1e-6)),
    (Tonnetz(), lambda y: F.tonnetz(y=y, sr=RATE)),
    (Tonnetz(transform="stft"), lambda y: F.tonnetz(sr=RATE, chroma=F.chroma_stft(y=y, sr=RATE))),
    (ZeroCrossings(), lambda y: F.zero_crossing_rate(y)),
    (
        ZeroCrossings(frame_length=401, hop=160, threshold=0.01),
        lambda y: F.zero_crossing_rate(y, frame_length=401, hop_length=160, threshold=0.01),
    ),
    (Rms(), lambda y: F.rms(y=y, dtype=y.dtype)),
    (Rms(frame_length=401, hop=160), lambda y: F.rms(y=y, frame_length=401, hop_length=160, dtype=y.dtype)),
    (OnsetStrength(), lambda y: librosa.onset.onset_strength(y=y, sr=RATE)[None]),
    (
        OnsetStrength(n_fft=1024, hop=220, n_mels=40, lag=2, max_size=3),
        lambda y: librosa.onset.onset_strength(y=y, sr=RATE, n_fft=1024, hop_length=220, n_mels=40, lag=2, max_size=3)[
            None
        ],
    ),
    (Tempogram(), lambda y: F.tempogram(y=y, sr=RATE)),
    (
        Tempogram(win_length=33, hop=256, norm="none"),
        lambda y: F.tempogram(y=y, sr=RATE, win_length=33, hop_length=256, norm=None),
    ),
    (Cqt(), lambda y: np.abs(librosa.cqt(y, sr=RATE))),
    (
        Cqt(f_min=55.0, n_bins=70, bins_per_octave=24, hop=384, filter_scale=0.5, tuning=0.3),
        lambda y: np.abs(
            librosa.cqt(
                y, sr=RATE, fmin=55.0, n_bins=70, bins_per_octave=24, hop_length=384, filter_scale=0.5, tuning=0.3
            )
        ),
    ),
]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("component", "call"), CALLS, ids=lambda x: type(x).__name__)
def test_equals_librosa_bit_for_bit(component, call, dtype):
    signal = clip(15_000, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = call(signal.samples[0]).T
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = component(signal)
    told = component.predict(Spec("Signal", (1, 15_000), RATE, itemsize=np.dtype(dtype).itemsize))
    assert np.array_equal(features.values, wanted)
    assert features.values.dtype == wanted.dtype
    assert (told.kind, told.shape, told.bytes) == ("Features", wanted.shape, features.values.nbytes)
    assert told.frames == features.frames
    assert len(features.names) == len(set(features.names)) == len(features.units)
    assert features.history == (repr(component),)


# Whatever ties a row to the whole clip is switched off.
ALONE = [
    Chroma(tuning=0),
    OnsetStrength(top_db=float("inf")),
    OnsetStrength(top_db=float("inf"), hop=300, lag=2, n_fft=2000),
    Rms(),
    Rms(frame_length=1001),
    SpectralBandwidth(),
    SpectralCentroid(),
    SpectralContrast(linear=True),
    SpectralFlatness(n_fft=1001, hop=100),
    SpectralRolloff(),
    Tempogram(top_db=float("inf"), win_length=8, norm="none"),
    Tempogram(top_db=float("inf"), win_length=7, norm="none"),
    Tonnetz(transform="stft", tuning=0),
    ZeroCrossings(),
    ZeroCrossings(frame_length=1001),
]


@pytest.mark.parametrize("component", ALONE, ids=lambda c: type(c).__name__)
def test_a_row_is_made_of_the_samples_in_reach_and_of_no_others(component):
    signal = clip(12_000, "f8")
    features = component(signal)
    k = features.values.shape[0] // 2
    before, after = component.reach(RATE)
    low, high = features.frames.center(k) - before, features.frames.center(k) + after
    assert 0 < low < high < signal.n
    start, stop = features.frames.span(k)
    assert start <= low < high <= stop
    assert start == low or stop == high

    def row(first, last):
        samples = signal.samples.copy()
        samples[0, first:last] += 3.0 * (-1.0) ** np.arange(last - first)
        return component(Signal(samples=samples, rate=RATE)).values[k]

    kept = features.values[k]
    assert np.abs(row(0, low) - kept).max() < 1e-9
    assert np.abs(row(high, signal.n) - kept).max() < 1e-9
    # the periodic window over onset strengths begins with a 0
    margin = 100 + component.hop * isinstance(component, Tempogram)
    assert np.abs(row(0, low + margin) - kept).max() > 1e-6
    assert np.abs(row(high - 100, signal.n) - kept).max() > 1e-6


@pytest.mark.parametrize("component", [Cqt(), Chroma(transform="cqt", tuning=0, norm="none")], ids=["cqt", "chroma"])
def test_constant_q_rows_are_centred_and_as_long_as_the_lowest_filter(component):
    click = np.zeros(4 * RATE)
    click[80 * 512] = 1.0
    features = component(Signal(samples=click, rate=RATE))
    values, frames = features.values, features.frames
    assert frames.center(80) == 80 * 512
    energy = values**2 / (values**2).sum(0)
    assert np.abs(frames.hop * np.arange(frames.count) @ energy - 80 * 512).max() < 40, "rows lie around the click"
    inside = [k for k in range(frames.count) if frames.span(k)[0] < 80 * 512 < frames.span(k)[1]]
    outside = np.delete(np.arange(frames.count), inside)
    assert values[outside].max() < 0.02 * values[80].min()
    quarter = frames.window // 4 // 512
    if isinstance(component, Cqt):
        assert values[[80 - quarter, 80 + quarter], 0].min() > 0.4 * values[80, 0], "a Hann window's half"


@pytest.mark.parametrize(
    ("rate", "hop", "n"),
    [(44_100, 512, 1023), (44_100, 512, 1024), (96_000, 1024, 3071), (22_050, 77, 2000), (48_000, 4096, 4095)],
)
def test_rows_of_the_constant_q_transform_are_counted_as_librosa_does(rate, hop, n):
    signal = clip(n, rate=rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = librosa.cqt(signal.samples[0], sr=rate, hop_length=hop).shape[1]
    told = Cqt(hop=hop).predict(Spec("Signal", (1, n), rate))
    assert Cqt(hop=hop)(signal).frames == told.frames
    assert told.shape == (wanted, 84)


def test_twelve_features():
    assert len(NAMES) == len(set(NAMES)) == len(jackfield_librosa.__all__) == 12


def test_constants_are_librosas():
    assert librosa.filters.window_bandwidth("hann") == HANN_BANDWIDTH
    assert librosa.note_to_hz("C1") == C1


@pytest.mark.parametrize("component", [Rms(), ZeroCrossings(), SpectralCentroid(n_fft=1001, hop=99), Chroma(tuning=0)])
def test_coverage_is_the_frame_grids(component):
    features = component(clip(5000))
    assert features.coverage.tolist() == [features.frames.coverage(k) for k in range(features.frames.count)]


def test_coverage_of_onsets_counts_what_they_are_made_of():
    features = OnsetStrength()(clip(10_000))
    assert features.coverage[:6].tolist() == [0, 0, 0, 0.6, 0.8, 1]
    assert not features.values[:3].any()
    assert features.coverage[-1] == 1, "the last row looks back"


def test_a_hit_shows_at_its_own_time():
    samples = 1e-3 * np.random.default_rng(0).standard_normal(RATE)
    samples[11_000:] += np.random.default_rng(1).standard_normal(RATE - 11_000)
    features = OnsetStrength()(Signal(samples=samples, rate=RATE))
    assert abs(features.frames.center(int(features.values.argmax())) - 11_000) <= 512


def test_statistics_run_over_frames():
    rows = SpectralContrast()(clip(8000)).values
    pool = ("mean", "std", "min", "max", "median", "p10", "p95")
    pooled = SpectralContrast(pool=pool)(clip(8000))
    wanted = [rows.mean(0), rows.std(0), rows.min(0), rows.max(0), *np.percentile(rows, (50, 10, 95), axis=0)]
    assert np.abs(pooled.values[0] - np.concatenate(wanted)).max() < 1e-12
    assert (pooled.names[0], pooled.names[-1]) == ("contrast_0Hz_mean", "contrast_6400Hz_p95")
    assert pooled.units == ("dB",) * 49
    assert pooled.frames is None
    told = SpectralContrast(pool=pool).predict(Spec("Signal", (1, 8000), RATE))
    assert (told.shape, told.frames, told.bytes) == ((1, 49), None, pooled.values.nbytes)


def test_columns_and_units():
    assert [(c().columns(), c().unit) for c in (Rms, ZeroCrossings, SpectralRolloff, OnsetStrength)] == [
        (("rms",), ""),
        (("zero_crossings",), ""),
        (("rolloff",), "Hz"),
        (("onset",), "dB"),
    ]
    assert Chroma().columns()[::11] == ("chroma_C", "chroma_B")
    assert SpectralContrast(linear=True).unit == ""
    assert [f"cqt_{hz:.6g}Hz" for hz in librosa.cqt_frequencies(84, fmin=C1)] == list(Cqt().columns())


@pytest.mark.parametrize("name", NAMES)
def test_bad_clips_get_one_clear_error(name):
    component = jackfield.get(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in (0, 1):
            with pytest.raises(DataError, match=f"too short: {n} samples"):
                component(clip(n))
        for value in (np.nan, np.inf):
            samples = clip(9000).samples.copy()
            samples[0, [500, 600]] = value
            with pytest.raises(DataError, match="not finite: 2 of 9000 samples, the first is 500"):
                component(Signal(samples=samples, rate=RATE))


@pytest.mark.parametrize("name", NAMES)
def test_a_drum_hit_of_50_ms_has_rows_or_says_why_not(name):
    component, hit = jackfield.get(name), clip(RATE // 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if name in ("onset-strength", "tempogram"):
            with pytest.raises(DataError, match=r"1102 samples, \w+ takes at least 1536"):
                component(hit)
            return
        features = component(hit)
    assert features.values.shape[0] == 3
    assert np.isfinite(features.values).all()
    assert features.coverage.max() < 0.6


def test_silence_makes_no_noise():
    silence = Signal(samples=np.zeros(9000, "f4"), rate=RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(np.isfinite(jackfield.get(name)(silence).values).all() for name in NAMES)


@pytest.mark.parametrize("component", [Rms(), SpectralFlatness(), OnsetStrength()], ids=lambda c: type(c).__name__)
def test_overflow_is_an_error_and_no_noise(component):
    loud = Signal(samples=1e25 * clip(9000).samples, rate=RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"overflow: \w+ of samples up to \S+e\+24"):
            component(loud)


def test_what_is_refused():
    with pytest.raises(DataError, match=r"exceeds half the rate: 84 filters from 32.7032 Hz end at 4122, .* 4000"):
        Cqt()(clip(8000, rate=8000))
    with pytest.raises(DataError, match="exceeds half the rate"):
        Cqt().predict(Spec("Signal", (1, 8000), 8000))
    with pytest.raises(DataError, match=r"set transform=.stft."):
        Tonnetz()(clip(8000, rate=8000))
    with pytest.raises(DataError, match="begins at 6400 Hz, half the rate is 4000 Hz"):
        SpectralContrast()(clip(8000, rate=8000))
    with pytest.raises(DataError, match=r"bins are 344.5 Hz apart, f_min is 200 Hz"):
        SpectralContrast(n_fft=64)(clip())
    with pytest.raises(DataError, match="mel bands hold no frequency bin"):
        OnsetStrength(n_fft=256)(clip())
    with pytest.raises(ConfigError, match=r'n_octaves belongs to .*, or set transform="cqt"'):
        Chroma(n_octaves=5)
    with pytest.raises(ConfigError, match="n_fft belongs to the other transform"):
        Tonnetz(n_fft=1024)
    with pytest.raises(ConfigError, match="bins_per_octave 36, pitch classes 24"):
        Chroma(transform="cqt", n_chroma=24)
    for wrong in ({"pool": ()}, {"pool": ("p50",)}, {"hop": 0}, {"n_fft": 1}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            SpectralCentroid(**wrong)


@pytest.mark.parametrize("name", NAMES)
def test_component_keeps_the_rules(name):
    assert sum(v.state == "passed" for v in check_component(name)) == 10


def test_librosa_is_imported_only_when_something_runs():
    code = (
        "import sys, jackfield; from jackfield import Spec\n"
        "heavy = lambda: {'librosa', 'numba', 'numpy'} & set(sys.modules)\n"
        f"parts = [jackfield.get(name) for name in {NAMES}]\n"
        "shapes = [part.predict(Spec('Signal', (1, 44100), 22050.0)).shape for part in parts]\n"
        "before = heavy(); parts[0].prepare(); print(not before, sorted(heavy()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == "True ['librosa', 'numba', 'numpy']", done.stderr


def test_docstring_examples():
    result = doctest.testmod(jackfield_librosa)
    assert result.attempted >= 50
    assert result.failed == 0

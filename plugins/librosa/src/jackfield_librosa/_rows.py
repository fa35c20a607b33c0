"""librosa's functions, one per feature, and what is made of their rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from librosa import ParameterError, cqt, power_to_db
from librosa import feature as lf
from librosa.onset import onset_strength

from jackfield import DataError, Features, FrameGrid, Signal

from ._base import Rows

NORMS = {"max": np.inf, "sum": 1, "euclidean": 2, "none": None}


def _chroma(c: Any, y: np.ndarray, sr: float, **options: Any) -> np.ndarray:
    if c.transform == "stft":
        return lf.chroma_stft(y=y, sr=sr, n_fft=c.n_fft, hop_length=c.hop, tuning=c.tuning, **options)
    return lf.chroma_cqt(
        y=y,
        sr=sr,
        hop_length=c.hop,
        fmin=c.f_min,
        n_octaves=c.n_octaves,
        bins_per_octave=c.bins_per_octave,
        tuning=c.tuning,
        **options,
    )


def _onsets(c: Any, y: np.ndarray, sr: float) -> np.ndarray:
    bands = lf.melspectrogram(y=y, sr=sr, n_fft=c.n_fft, hop_length=c.hop, n_mels=c.n_mels, fmax=sr / 2)
    levels = power_to_db(np.abs(bands), top_db=c.top_db)
    return onset_strength(S=levels, sr=sr, n_fft=c.n_fft, hop_length=c.hop, lag=c.lag, max_size=c.max_size)


def _tempogram(c: Any, y: np.ndarray, sr: float) -> np.ndarray:
    rises = _onsets(c, y, sr)
    return lf.tempogram(onset_envelope=rises, sr=sr, hop_length=c.hop, win_length=c.win_length, norm=NORMS[c.norm])


def _frames(c: Any) -> dict[str, Any]:
    return {"n_fft": c.n_fft, "hop_length": c.hop}


# What differs: (component, samples (n,), rate) → (columns, rows), or (rows,).
ROWS: dict[str, Callable[[Any, np.ndarray, float], np.ndarray]] = {
    "Chroma": lambda c, y, sr: _chroma(c, y, sr, n_chroma=c.n_chroma, norm=NORMS[c.norm]),
    "Cqt": lambda c, y, sr: np.abs(
        cqt(
            y,
            sr=sr,
            hop_length=c.hop,
            fmin=c.f_min,
            n_bins=c.n_bins,
            bins_per_octave=c.bins_per_octave,
            tuning=c.tuning,
            filter_scale=c.filter_scale,
        )
    ),
    "OnsetStrength": _onsets,
    "Rms": lambda c, y, sr: lf.rms(y=y, frame_length=c.frame_length, hop_length=c.hop, dtype=y.dtype),
    "SpectralBandwidth": lambda c, y, sr: lf.spectral_bandwidth(y=y, sr=sr, p=c.p, **_frames(c)),
    "SpectralCentroid": lambda c, y, sr: lf.spectral_centroid(y=y, sr=sr, **_frames(c)),
    "SpectralContrast": lambda c, y, sr: lf.spectral_contrast(
        y=y, sr=sr, fmin=c.f_min, n_bands=c.n_bands, quantile=c.quantile, linear=c.linear, **_frames(c)
    ),
    "SpectralFlatness": lambda c, y, sr: lf.spectral_flatness(y=y, amin=c.floor, power=c.power, **_frames(c)),
    "SpectralRolloff": lambda c, y, sr: lf.spectral_rolloff(y=y, sr=sr, roll_percent=c.share, **_frames(c)),
    "Tempogram": _tempogram,
    "Tonnetz": lambda c, y, sr: lf.tonnetz(sr=sr, chroma=_chroma(c, y, sr)),
    "ZeroCrossings": lambda c, y, sr: lf.zero_crossing_rate(
        y, frame_length=c.frame_length, hop_length=c.hop, threshold=c.threshold
    ),
}


def rows(component: Rows, y: np.ndarray, rate: float) -> np.ndarray:
    """(rows, columns) of finite samples (n,), in the dtype librosa gives."""
    name = type(component).__name__
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # what padding does to short clips is said by the coverage; an estimate without peaks is librosa's 0
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        warnings.filterwarnings("ignore", message="Trying to estimate tuning")
        warnings.filterwarnings("error", message="Empty filters")
        try:
            found = ROWS[name](component, y, rate)
        except ParameterError as error:
            raise DataError(
                f"librosa refuses {name} of this clip", f"{y.size} samples at {rate:g} Hz, {error}"
            ) from None
        except UserWarning:
            evidence = f"{name} at {rate:g} Hz"
            raise DataError("mel bands hold no frequency bin", evidence, "lower n_mels or raise n_fft") from None
    if not np.isfinite(found).all():
        evidence = f"{name} of samples up to {np.abs(y).max():.3g}"
        raise DataError("the numbers overflow", evidence, "scale the clip to a peak near 1")
    return np.atleast_2d(found).T


def features(component: Rows, signal: Signal, frames: FrameGrid) -> Features:
    """Rows of one channel with what they are, and where; pooled, if the component says so."""
    y = signal.samples[0]
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        evidence = f"{bad.size} of {y.size} samples, the first is {bad[0]}"
        raise DataError("the clip holds values that are not finite", evidence, "repair the clip or leave it out")
    values, names = rows(component, y, signal.rate), component.columns()
    # where the tuning is estimated, it may decide how often librosa halves the rate, and so on one row more or less
    frames = replace(frames, count=len(values))
    covered = coverage(frames, component.reach(signal.rate), component.blank())
    if component.pool:
        values, covered = pooled(values, component.pool), covered.mean(keepdims=True)
        names = tuple(f"{name}_{statistic}" for statistic in component.pool for name in names)
    return Features(
        values=values,
        names=names,
        units=(component.unit,) * len(names),
        frames=None if component.pool else frames,
        coverage=covered,
        source=signal.source,
        history=(*signal.history, repr(component)),
    )


def coverage(frames: FrameGrid, reach: tuple[int, int], blank: int) -> np.ndarray:
    """(count,) share of signal in the samples each row is made of; the rest is padding."""
    before, after = reach
    centers = frames.hop * np.arange(frames.count)
    inside = np.minimum(centers + after, frames.n_samples) - np.maximum(centers - before, 0)
    share: np.ndarray = np.maximum(inside, 0) / (before + after)
    share[:blank] = 0
    return share


STATISTICS: dict[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
}


def pooled(values: np.ndarray, statistics: tuple[str, ...]) -> np.ndarray:
    """(1, columns · len(statistics)) of (rows, columns): each statistic over the rows, one after the other."""

    def one(name: str) -> np.ndarray:
        wide = values.astype(np.float64)
        return np.percentile(wide, int(name[1:]), axis=0) if name not in STATISTICS else STATISTICS[name](wide, axis=0)

    return np.concatenate([one(name) for name in statistics])[None].astype(values.dtype)

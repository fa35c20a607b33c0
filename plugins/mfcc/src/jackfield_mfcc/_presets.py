"""What each tool's cepstra are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jackfield import DataError


@dataclass(frozen=True)
class Preset:
    """Values of the parameters that are not given.

    n_fft, hop : None where they follow from the rate: 25 ms, rounded up to a power of two, every 10 ms
    slopes : whether the sides of mel triangles are straight in Hz or in mel
    unit, floor : of a band's level, and the least power it is taken of
    """

    n_fft: int | None = 2048
    hop: int | None = 512
    n_mels: int = 128
    f_min: float = 0.0
    scale: Literal["htk", "slaney"] = "slaney"
    norm: Literal["none", "slaney"] = "slaney"
    n_mfcc: int = 20
    lifter: int = 0
    compat: Literal["kaldi", "librosa"] = "librosa"
    slopes: Literal["hz", "mel"] = "hz"
    unit: Literal["dB", "ln"] = "dB"
    floor: float = 1e-10


PRESETS = {
    "librosa": Preset(),
    "htk": Preset(scale="htk", norm="none"),
    # compute-mfcc-feats by default, without dither; levels are natural logarithms of at least FLT_EPSILON
    "kaldi": Preset(
        n_fft=None,
        hop=None,
        n_mels=23,
        f_min=20.0,
        scale="htk",
        norm="none",
        n_mfcc=13,
        lifter=22,
        compat="kaldi",
        slopes="mel",
        unit="ln",
        floor=2.0**-23,
    ),
}


def lengths(
    preset: str, rate: float, n_fft: int | None, hop: int | None, win_length: int | None
) -> tuple[int, int, int]:
    """n_fft, hop and window in samples; Kaldi's are 25 and 10 ms (feature-window.h) where they are not given."""
    if preset == "kaldi":
        win_length, hop = win_length or max(3, int(rate * 0.001 * 25)), hop or max(1, int(rate * 0.001 * 10))
        n_fft = n_fft or 1 << (win_length - 1).bit_length()
    assert n_fft
    assert hop
    return n_fft, hop, win_length or n_fft


def enough(count: int, width: int) -> None:
    """DataError where `count` frames are too few for derivatives that see `width` of them."""
    if count < width:
        evidence = f"{count} frame{'' if count == 1 else 's'}, delta_width {width}"
        raise DataError("too few frames for deltas", evidence, "use a smaller delta_width or hop")

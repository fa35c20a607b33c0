"""A pair costs one inverse FFT: what else a comparison needs is made once for every clip, or found without."""

import numpy as np
import pytest
from jackfield_align import Align, Pattern, _band, _recording

from jackfield import Signal

RATE = 16_000


@pytest.fixture
def transforms(monkeypatch):
    """Lengths of the inverse transforms, without those of clips in a band, which are made once."""
    lengths, inverse, passing = [], np.fft.irfft, _band.band_pass

    def counted(x, n=None, *more, **options):
        lengths.append(n)
        return inverse(x, n, *more, **options)

    def band_pass(*given):
        before = len(lengths)
        passed = passing(*given)
        del lengths[before:]
        return passed

    monkeypatch.setattr(np.fft, "irfft", counted)
    for name in ("ifft", "irfftn", "ifftn", "hfft"):
        monkeypatch.setattr(np.fft, name, None)
    monkeypatch.setattr(_recording, "band_pass", band_pass)
    return lengths


def clips():
    """A loop, copies of it, with other phases and of other bandwidth too, variants, another sound, and silence."""
    rng = np.random.default_rng(0)
    hit = rng.normal(size=3200) * np.exp(-np.arange(3200) / 500)
    loop = np.zeros(2 * RATE)
    for start in (0, 6000, 12_000, 20_000):
        loop[start : start + hit.size] += hit
    more = loop.copy()
    more[16_000 : 16_000 + hit.size] += 0.7 * hit
    spectrum, hertz = np.fft.rfft(loop), np.fft.rfftfreq(loop.size, 1 / RATE)
    steep = 1 / (1 + (300 / np.maximum(hertz, 1)) ** 8)
    phases = np.exp(1j * np.cumsum(rng.normal(0, 0.1, hertz.size)))
    narrow, turned, noisy = (np.fft.irfft(spectrum * shape, loop.size) for shape in (steep, phases, 1))
    noisy += rng.normal(0, 0.1 * loop.std(), loop.size)
    late = np.pad(narrow, (1777, 0))
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    made = (loop, 0.5 * late, noisy, turned, more, late[9000:], tone, rng.normal(size=900), np.zeros(RATE))
    return [Signal(samples=(0.1 * x).astype(np.float32), rate=RATE) for x in made]


def test_waveforms_take_one_inverse_transform(transforms):
    align = Align()
    sketches = [align.sketch(clip) for clip in clips()]
    relations = set()
    for k, a in enumerate(sketches):
        for b in sketches[k:]:
            before = len(transforms)
            relations.add(align.compare(a, b).relation)
            assert len(transforms) - before <= 1
    assert relations == {"identical", "same", "variant", "different", None}


@pytest.mark.parametrize("pattern", [Pattern(), Pattern(variants=1.0)])
def test_patterns_take_one_whether_waveforms_settle_them_or_not(transforms, pattern):
    sketches = [pattern.sketch(clip) for clip in clips()]
    i, j = np.triu_indices(len(sketches))
    transforms.clear()
    found = pattern.pairs(sketches, i, j)
    assert len(transforms) <= len(i)
    assert max(transforms) < RATE  # of frames: waveforms take none
    assert {pattern.compare(sketches[0], other).relation for other in sketches[:5]} >= {"identical", "same", "variant"}
    assert np.isnan(found["distance"]).sum() == len(sketches)

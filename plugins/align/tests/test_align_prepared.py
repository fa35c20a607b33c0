"""What `align` makes of a clip serves all pairs that the clip is in."""

import numpy as np
from jackfield_align import Align, Pattern, _kept, _match, _recording

from jackfield import Signal

RATE = 8000


def sketches(count):
    rng = np.random.default_rng(0)
    return [Align().sketch(Signal(samples=rng.normal(0, 0.1, RATE), rate=RATE)) for _ in range(count)]


def counted(monkeypatch):
    """Sketches of which recordings were made, one entry each time."""
    made = []

    class Counted(_recording.Recording):
        def __init__(self, sketch, band=None):
            made.append(id(sketch))
            super().__init__(sketch, band)

    monkeypatch.setattr(_recording, "Recording", Counted)
    return made


def test_a_recording_is_made_once_for_all_its_pairs(monkeypatch):
    clips, made = sketches(6), counted(monkeypatch)
    aligner = Align()
    together = [aligner.compare(a, b) for a in clips for b in clips]
    assert sorted(k for k in made if k in map(id, clips)) == sorted(map(id, clips))
    assert len(made) == len(set(made))  # parts of them in a band too
    assert repr(together) == repr([Align().compare(a, b) for a in clips for b in clips])


def test_only_the_latest_recordings_are_kept(monkeypatch):
    clips, made = sketches(4), counted(monkeypatch)
    monkeypatch.setattr(_kept, "KEPT_BYTES", 1)
    recordings = Align()._recordings
    for clip in (*clips, clips[-1], clips[0]):
        recordings(clip).at(RATE)
    assert made == [id(clip) for clip in (*clips, clips[0])]


def test_clips_of_one_pair_each_are_not_kept_for_ever(monkeypatch):
    clips = sketches(12)
    alone = _recording.Recording(clips[0])
    alone.at(RATE)
    monkeypatch.setattr(_kept, "KEPT_BYTES", 4 * alone.nbytes)
    aligner = Align()
    for a, b in zip(clips[::2], clips[1::2], strict=True):
        aligner.compare(a, b)
    kept = aligner._recordings
    assert 2 <= len(kept.made) <= 5
    assert kept.nbytes <= sum(recording.nbytes for recording, _ in kept.made.values())


def test_sketches_of_kept_recordings_stay_and_so_do_their_ids():
    recordings = Align()._recordings
    for k in range(20):
        (sketch,) = sketches(1)
        assert recordings(sketch).sketch is sketch, k


def test_pairs_of_patterns_keep_no_more_waveforms_than_allowed(monkeypatch):
    pattern, kept = Pattern(), []
    clip = np.random.default_rng(0).normal(0, 0.1, RATE)
    clips = [pattern.sketch(Signal(samples=clip + k * 1e-3, rate=RATE)) for k in range(5)]
    i, j = np.triu_indices(5, 1)
    whole = pattern.pairs(clips, i, j)["distance"]

    class Watched(_kept.Kept):
        def __call__(self, *given):
            thing = super().__call__(*given)
            kept.append(len(self.made))
            return thing

    monkeypatch.setattr(_kept, "KEPT_BYTES", 1)
    monkeypatch.setattr(_match, "Kept", Watched)
    np.testing.assert_array_equal(pattern.pairs(clips, i, j)["distance"], whole)
    assert max(kept) <= 3

"""Every component of every plugin keeps the kit's rules."""

import pytest

from jackfield.hookspecs import Descriptor
from jackfield.registry import registry
from jackfield.testing import RULES, check_component

COMPONENTS = sorted(e.full_name for e in registry().entries if isinstance(e.offer, Descriptor))


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_conforms(name, request):
    if name.endswith(":yamnet"):
        request.getfixturevalue("shared")  # its model is no part of the repository
    verdicts = check_component(name)
    assert len(verdicts) == len(RULES) == 12
    assert sum(v.state == "passed" for v in verdicts) >= 4, verdicts


def test_no_first_party_plugin_is_faulty():
    assert {p.label: [str(f) for f in p.faults] for p in registry().plugins if p.faults} == {}


# What the first-party plugins are to offer, by kind; the names are public and do not change.
NAMES = {
    "transform": "stft istft mel db mono trim gain dft bands peaks esprit quantize",
    "feature": "fingerprint mfcc log-mel chroma cqt onset-strength rms spectral-bandwidth spectral-centroid "
    "spectral-contrast spectral-flatness spectral-rolloff tempogram tonnetz yamnet zero-crossings",
    "distance": "pattern align euclidean cosine correlation dtw composite",
    "proposer": "neighbours",
    "clusterer": "threshold agglomerative hdbscan",
    "resampler": "hold resize samplerate",
    "output": "csv device heatmap report labels wav",
    "executor": "serial processes",
    "preset": "by-kind@1 near-duplicates@1",
}


@pytest.mark.parametrize("kind", NAMES)
def test_the_names_of_first_party_components(kind):
    assert sorted(e.offer.name for e in registry().of_kind(kind)) == sorted(NAMES[kind].split())

"""MFCC of one minute against librosa."""

import librosa
import numpy as np
from ab import compare
from jackfield_mfcc import Mfcc

from jackfield import Signal

RATE = 22_050
SAMPLES = np.random.default_rng(1).standard_normal(60 * RATE).astype(np.float32)


def main() -> None:
    signal, ours = Signal(samples=SAMPLES, rate=float(RATE)), Mfcc(n_mfcc=20)
    candidates = {
        "librosa": lambda: librosa.feature.mfcc(y=SAMPLES, sr=RATE, n_mfcc=20),
        "jackfield": lambda: ours(signal),
    }
    np.testing.assert_allclose(ours(signal).values.T, candidates["librosa"](), atol=0.01)
    compare(f"MFCC, 60 s at {RATE} Hz, 20 coefficients, float32", candidates)


if __name__ == "__main__":
    main()

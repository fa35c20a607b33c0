"""Short-time Fourier transform of one minute against librosa, SciPy and torch."""

import librosa
import numpy as np
import torch
from ab import compare
from jackfield_stft import Stft
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from jackfield import Signal

RATE = 44_100
SAMPLES = np.random.default_rng(1).standard_normal(60 * RATE).astype(np.float32)


def main() -> None:
    signal, tensor = Signal(samples=SAMPLES, rate=float(RATE)), torch.from_numpy(SAMPLES)
    for n_fft, hop in ((2048, 512), (512, 128)):
        ours = Stft(n_fft=n_fft, hop=hop)
        window = torch.hann_window(n_fft)
        theirs = ShortTimeFFT(hann(n_fft, sym=False).astype(np.float32), hop, fs=1)
        candidates = {
            "torch.stft": lambda n=n_fft, h=hop, w=window: torch.stft(tensor, n, h, window=w, return_complex=True),
            "jackfield": lambda f=ours: f(signal),
            "librosa.stft": lambda n=n_fft, h=hop: librosa.stft(SAMPLES, n_fft=n, hop_length=h, pad_mode="reflect"),
            "scipy ShortTimeFFT": lambda f=theirs: f.stft(SAMPLES),
        }
        reference = candidates["torch.stft"]().numpy()
        np.testing.assert_allclose(ours(signal).values[0], reference, atol=2e-4 * np.abs(reference).max())
        compare(f"STFT, 60 s at {RATE} Hz, n_fft {n_fft}, hop {hop}, float32", candidates)


if __name__ == "__main__":
    main()

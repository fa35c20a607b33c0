"""Samples to 8-bit codes with triangular dither: the compiled loop against its NumPy twin and against SoX.

SoX is timed by the processor time of its own process, start-up, reading and writing taken off by the difference between
a long file and a short one. It is left out where it is not installed (Debian package `sox`).
"""

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from ab import compare
from jackfield_kernels import level, quantize, quantize_twin

RATE, MINUTES = 44_100, 5


def sound(seconds: int) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal((1, RATE * seconds)) * 0.2).clip(-1, 1).astype(np.float32)


def against_twin() -> float:
    """Median ratio twin / compiled; returns seconds per sample of the compiled loop."""
    x = sound(60 * MINUTES)
    codes, slow = np.empty(x.shape, np.uint8), np.empty(x.shape, np.uint8)
    kept = quantize(x, codes, bits=8, dither="tpdf", seed=1)
    assert kept == quantize_twin.quantize(x, slow, bits=8, dither="tpdf", seed=1, start=0)
    assert np.array_equal(codes, slow)
    inside = (codes > 0) & (codes < 255)
    error = codes[inside] - 128.0 - 128.0 * x[inside].astype(float)
    assert abs(error.mean()) < 0.002
    assert abs(np.sqrt(np.mean(error**2)) - 0.5) < 0.005
    per_sample = 0.0
    for threads in (1, 2):
        rows = compare(f"{MINUTES} min at 44.1 kHz to 8 bits, tpdf, level {level()}", {
            "quantize": lambda threads=threads: quantize(x, codes, bits=8, dither="tpdf", seed=1, threads=threads),
            "NumPy twin": lambda: quantize_twin.quantize(x, slow, bits=8, dither="tpdf", seed=1, start=0),
        }, threads=threads)  # fmt: skip
        print(f"  {rows[1].ratio:.1f} times the twin's speed")
        per_sample = per_sample or rows[0].median / x.size
    return per_sample


def against_sox(ours: float) -> None:
    if not shutil.which("sox"):
        print("SoX is not installed: left out")
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for seconds in (60, 600):
            files[seconds] = Path(folder) / f"{seconds}.wav"
            soundfile.write(files[seconds], (sound(seconds)[0] * 32767).astype(np.int16), RATE, subtype="PCM_16")
        plain, dithered = (
            median(_sox(files[600], *effect) - _sox(files[60], *effect) for _ in range(7)) / (540 * RATE)
            for effect in ((), ("dither",))
        )
    print(f"SoX, user time a sample: {dithered * 1e9:.2f} ns, {plain * 1e9:.2f} of it for files and rounding; "
          f"quantize {ours * 1e9:.2f} ns")  # fmt: skip
    print(f"  {dithered / ours:.1f} times SoX's speed in all, {(dithered - plain) / ours:.1f} times that of its dither")


def _sox(path: Path, *effect: str) -> float:
    """User time of one conversion, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    out = path.with_suffix(".out.wav")
    command = ["sox", *([] if effect else ["-D"]), path, "-b", "8", "-e", "unsigned-integer", out, *effect]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    against_sox(against_twin())

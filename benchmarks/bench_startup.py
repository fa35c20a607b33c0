"""Cold starts, in milliseconds over `python -c pass`; medians of interleaved runs in fresh processes."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

RUNS = 11
CLI = "from jackfield.cli import main; main()"
NUMBERS = """
import numpy as np
from time import perf_counter
clip, window, times = np.zeros(44_100, np.float32), np.hanning(2048), [perf_counter()]
import jackfield_kernels
times.append(perf_counter())
jackfield_kernels.about()
times.append(perf_counter())
jackfield_kernels.stft(clip, window, 512, count=80, power=2)
times.append(perf_counter())
jackfield_kernels.stft(clip, window, 512, count=80, power=2)
print(*np.diff([*times, perf_counter()]) * 1000)
"""
STEPS = "import of jackfield_kernels", "its compiled code", "first spectrogram", "second spectrogram"


def clips(folder: Path) -> None:
    """Four clips of one second of noise bursts."""
    rng = random.Random(4)
    for k in range(4):
        with wave.open(str(folder / f"{k}.wav"), "wb") as out:
            out.setparams((1, 2, 22050, 0, "NONE", ""))
            out.writeframes(b"".join(rng.randint(-9000, 9000).to_bytes(2, "little", signed=True) for _ in range(22050)))


def numbers() -> None:
    """Print what the first number costs once NumPy is there."""
    env = os.environ.copy()
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # else the sources would be compiled each time
    call = [sys.executable, "-c", NUMBERS]
    runs = [subprocess.run(call, env=env, check=True, capture_output=True, text=True).stdout for _ in range(RUNS)]
    for step, *times in zip(STEPS, *(run.split() for run in runs), strict=True):
        print(f"{step:28} {statistics.median(map(float, times)):7.1f} ms")


def main() -> None:
    """Print a table of cold starts with their targets."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        clips(folder / "clips")
        calls = {
            "python -c pass": ["-c", "pass"],
            "jackfield --help": ["-c", CLI, "--help"],
            "jackfield plugins list": ["-c", CLI, "plugins", "list"],
        }
        times: dict[str, list[float]] = {call: [] for call in [*calls, "jackfield group (4 clips)"]}
        for run in range(RUNS):
            order = [*times]
            random.Random(run).shuffle(order)
            for call in order:
                args = calls.get(call) or ["-c", CLI, "group", str(folder / "clips"), "-o", str(folder / f"run{run}")]
                began = time.perf_counter()
                subprocess.run([sys.executable, *args], check=True, capture_output=True)
                times[call].append(1000 * (time.perf_counter() - began))
    base = statistics.median(times["python -c pass"])
    targets = {"jackfield --help": 130, "jackfield plugins list": 350, "jackfield group (4 clips)": 3000}
    for call, values in times.items():
        over = statistics.median(values) - base
        target = f"  target {targets[call]}" if call in targets else ""
        print(f"{call:28} {statistics.median(values):7.0f} ms  (+{over:.0f}){target}")
    numbers()


if __name__ == "__main__":
    main()

"""Cold starts, in milliseconds over `python -c pass`; medians of interleaved runs in fresh processes."""

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


def clips(folder: Path) -> None:
    """Four clips of one second of noise bursts."""
    rng = random.Random(4)
    for k in range(4):
        with wave.open(str(folder / f"{k}.wav"), "wb") as out:
            out.setparams((1, 2, 22050, 0, "NONE", ""))
            out.writeframes(b"".join(rng.randint(-9000, 9000).to_bytes(2, "little", signed=True) for _ in range(22050)))


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


if __name__ == "__main__":
    main()

"""From files to groups and their report: synthesised short clips, every fifth a planted copy, by `jackfield group`.

`python benchmarks/scale_clips.py [CLIPS] [WORKERS]`; 10,000 clips and 2 workers unless told otherwise. Up to 2000, all
pairs would be compared. Making the clips is not timed. Memory is what the processes hold, looked at every tenth of a
second: the largest, and all together. The forecast is that of `--dry-run`, made before; its time, which is for one
process, is divided by the workers.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from jackfield import Groups, open_results

RATE = 16_000


def original(rng: np.random.Generator) -> np.ndarray:
    """Half a second to one and a half of three to six hits, each with its own pitch, noise and decay."""
    out = np.zeros(int(rng.uniform(0.5, 1.5) * RATE))
    starts = np.sort(rng.uniform(0, out.size * 0.8, rng.integers(3, 7))).astype(int)
    for start in starts - starts[0]:
        t = np.arange(min(RATE // 4, out.size - start)) / RATE
        tone = np.sin(2 * np.pi * rng.uniform(80, 3000) * t * (1 - rng.uniform(0, 1) * t))
        noise = rng.normal(size=t.size)
        noise = np.convolve(noise, [1, rng.uniform(-0.9, 0.9)], "same")
        mix = rng.uniform(0, 1)
        out[start : start + t.size] += ((1 - mix) * tone + mix * noise) * np.exp(-t / rng.uniform(0.01, 0.08))
    return out


def copy(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same, later, at another level, and with noise 25…35 dB under it."""
    moved = np.pad(clip, (int(rng.uniform(0, 0.15) * RATE), int(rng.uniform(0, 0.05) * RATE)))
    noise = np.sqrt(np.mean(clip**2)) * 10 ** (-rng.uniform(25, 35) / 20)
    return (moved + rng.normal(0, noise, moved.size)) * 10 ** (rng.uniform(-12, 0) / 20)


def synthesise(folder: Path, n: int) -> list[tuple[str, str]]:
    """Write the clips; returns the planted pairs (copy, original)."""
    folder.mkdir()
    pairs = []
    for k in range(n):
        rng = np.random.default_rng([7, k - 4 if k % 5 == 4 else k])
        clip = original(rng)
        if k % 5 == 4:
            clip = copy(clip, np.random.default_rng([8, k]))
            pairs.append((f"{k:06d}.wav", f"{k - 4:06d}.wav"))
        with wave.open(str(folder / f"{k:06d}.wav"), "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", ""))
            out.writeframes(np.rint(clip / np.abs(clip).max() * 30_000).astype("<i2").tobytes())
    return pairs


def family(pid: int) -> list[int]:
    """A process and all it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def resident(pid: int) -> list[int]:
    """Bytes of memory that a process and each it started hold."""
    sizes = [0]
    for one in family(pid):
        try:
            sizes.append(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended in the meantime
    return sizes


def watched(*command: str) -> tuple[float, float, int, int]:
    """Seconds that a command took, those of its processors, the memory of its largest process and of all, in bytes."""
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    began, largest, together = time.perf_counter(), 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            sizes = resident(process.pid)
            largest, together = max(largest, *sizes), max(together, sum(sizes))
            time.sleep(0.1)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    busy = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
    return time.perf_counter() - began, busy, largest, together


def main(n: int, workers: int) -> None:
    """Make the clips, ask for a forecast, run, and say what came out."""
    jackfield = [sys.executable, "-m", "jackfield.cli"]
    with tempfile.TemporaryDirectory(prefix="jackfield-") as at:
        os.chdir(at)
        pairs = synthesise(Path("clips"), n)
        plan = subprocess.run([*jackfield, "group", "clips", "--dry-run", "--json"], check=True, capture_output=True)
        forecast = json.loads(plan.stdout)
        load = os.getloadavg()[0]
        run = [*jackfield, "group", "clips", "-o", "run", "-j", str(workers), "-q"]
        seconds, busy, largest, together = watched(*run)
        results = open_results("run")
        groups = results.of(Groups)
        label = {os.path.basename(i): int(k) for i, k in zip(groups.ids, groups.labels, strict=True)}
        found = np.mean([label[a] == label[b] >= 0 for a, b in pairs])
        mixed = sum(len(groups.members(k)) > 2 for k in range(groups.count))
        told = results["neighbours"].settings
        compared = f"{len(results['pattern']):,} + {told['by']['pattern']['pairs']:,} of the sample"
        print("| clips | workers | s | forecast | CPU s | MiB of one | forecast | of all | pairs | forecast | found |")
        print("|" + 11 * "---|")
        wait, memory, named = forecast["seconds"] / workers, forecast["ram"] / 2**20, forecast["pairs"]["pattern"]
        print(f"| {n:,} | {workers} | {seconds:.0f} | {wait:.0f} | {busy:.0f} | {largest / 2**20:.0f} | {memory:.0f} "
              f"| {together / 2**20:.0f} | {compared} | {named:,} | {found:.2%} |", flush=True)  # fmt: skip
        print(f"\n{groups.count} groups, {mixed} with strangers; {'; '.join(told['notes'])}")
        again, *_ = watched(*run)
        print(f"the same again: {again:.1f} s; load of the machine before: {load:.1f}")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(given[0] if given else 10_000, given[1] if len(given) > 1 else 2)

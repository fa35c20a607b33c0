"""YAMNet: times real time, cold start and memory; how well `by-kind@1` finds kinds, beside mean MFCC.

Models and clips with truth are looked for in the folder JACKFIELD_SHARED, or `shared` beside the checkout.
"""

import csv
import fnmatch
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from jackfield_yamnet import Yamnet

import jackfield
from jackfield import Distances, Features, Signal

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("JACKFIELD_SHARED", HERE.parents[1] / "shared"))
MODELS = {
    "published, 8-bit, LiteRT": SHARED / "models/yamnet_official_int8.tflite",
    "float, ONNX Runtime": SHARED / "models/yamnet_net_int8w.onnx",
}
MINUTES = 10


def noise(minutes: float) -> np.ndarray:
    """Noise at 16 kHz."""
    return np.random.default_rng(0).normal(0, 0.1, round(minutes * 960_000)).astype(np.float32)


def bare(path: Path, x: np.ndarray):
    """What the runtime takes without us: LiteRT, the same windows, nothing else."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    index = interpreter.get_input_details()[0]["index"]

    def work() -> None:
        for first in range(0, len(x) - 15_599, 7680):
            interpreter.set_tensor(index, x[first : first + 15_600])
            interpreter.invoke()

    return work


def times() -> None:
    """Half a minute against the bare runtime, so that a round is short."""
    from ab import compare

    x = noise(0.5)
    clip, work = Signal(samples=x, rate=16_000), {"LiteRT alone": bare(next(iter(MODELS.values())), x)}
    for name, path in MODELS.items():
        component = Yamnet(model=str(path), values="both")
        work[name] = lambda component=component: component(clip)
    for row in compare("YAMNet, 30 s at 16 kHz", work, rounds=7):
        print(f"    {row.name}: {30 / row.median:.0f} times real time, {30 / row.least:.0f} at best")


def one(path: str) -> None:
    """In a process of its own: ten minutes through one model, and the most memory that took."""
    component, clip = Yamnet(model=path, values="both"), Signal(samples=noise(MINUTES), rate=16_000)
    component.prepare()
    begin, used = time.perf_counter(), time.process_time()
    component(clip)
    wall, used = 60 * MINUTES / (time.perf_counter() - begin), 60 * MINUTES / (time.process_time() - used)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {MINUTES} min: {wall:.0f} times real time ({used:.0f} of processor time), {memory:.0f} MB at most")


def cold() -> None:
    """`jackfield tag` of one second in a fresh process, and ten minutes in another."""
    with tempfile.TemporaryDirectory() as folder:
        jackfield.get("wav")(Signal(samples=noise(1 / 60), rate=16_000), Path(folder) / "clip")
        for name, path in MODELS.items():
            taken = []
            for _ in range(5):
                begin = time.perf_counter()
                command = ["-m", "jackfield.cli", "tag", f"{folder}/clip.wav", "--model", str(path)]
                subprocess.run([sys.executable, *command], check=True, capture_output=True)
                taken.append(time.perf_counter() - begin)
            print(f"{name}: `jackfield tag` of 1 s from cold: {np.median(taken):.2f} s ({min(taken):.2f} at best)")
            subprocess.run([sys.executable, __file__, str(path)], check=True)


def truth() -> list[dict[str, str]]:
    """Rows of the reference clips, each with its `sound`: the kind of sound that kinds.csv says."""
    with open(SHARED / "data/dev/truth.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(HERE / "kinds.csv", encoding="utf-8") as file:
        kinds = list(csv.DictReader(file))
    for row in rows:
        fits = (k["kind"] for k in kinds if k["source"] == row["source"] and fnmatch.fnmatch(row["item"], k["item"]))
        row["sound"] = next(fits)  # the first line that fits
    return rows


def grouped(items: list[Features], distance: str, smallest: int) -> np.ndarray:
    """Labels by HDBSCAN, as in the preset; who is alone gets a label of its own."""
    i, j = np.triu_indices(len(items), 1)
    condensed = jackfield.get(distance).pairs(items, i, j)["distance"].astype(np.float32)
    distances = Distances(ids=tuple(map(str, range(len(items)))), condensed=condensed)
    labels = jackfield.get("hdbscan", min_cluster_size=smallest)(distances).labels.copy()
    alone = labels < 0
    labels[alone] = len(items) + np.arange(alone.sum())
    return labels


def preset_size() -> int:
    """min_cluster_size of by-kind@1."""
    steps = {step["use"]: step.get("with", {}) for step in tomllib.loads(jackfield.init("by-kind@1"))["step"]}
    assert steps["yamnet"] == {"pool": "mean"}
    return steps["hdbscan"]["min_cluster_size"]


def embedded(clips: list[Signal], path: Path) -> list[Features]:
    """Mean embeddings, as in the preset."""
    component = Yamnet(model=str(path), pool="mean", min_coverage=0.0)
    return [component(clip) for clip in clips]


def cepstra(clips: list[Signal]) -> list[Features]:
    """Mean MFCC at 22,050 Hz: the widely used recipe, over frames."""
    mono, rate = jackfield.get("mono"), jackfield.get("samplerate", rate=22_050.0)
    mfcc = jackfield.get("mfcc", n_mfcc=20, pool=("mean",))
    return [mfcc(rate(mono(clip))) for clip in clips]


def together(labels: np.ndarray, names: list[str], found: str) -> str:
    """How many groups the clips of one kind are in, and what share of the pairs in them are of that kind."""
    inside = np.array([name == found for name in names])
    sizes, own = Counter(labels.tolist()), Counter(labels[inside].tolist())
    groups = [g for g in own if sizes[g] > 1]
    largest = max((own[g] for g in groups), default=0)
    alone = int(inside.sum()) - sum(own[g] for g in groups)
    return f"{found}: {largest} of {inside.sum()} in the largest of {len(groups)} groups, {alone} alone"


def accuracy() -> None:
    """Adjusted Rand index against kinds and against families."""
    from sklearn.metrics import adjusted_rand_score

    rows = truth()
    clips = [jackfield.read(SHARED / "data/dev" / row["path"]) for row in rows]
    sounds, families = [row["sound"] for row in rows], [row["family"] for row in rows]
    mfcc = cepstra(clips)
    ways = {f"YAMNet {name}, cosine": (embedded(clips, path), "cosine") for name, path in MODELS.items()}
    ways |= {f"mean MFCC, {distance}": (mfcc, distance) for distance in ("cosine", "euclidean")}
    print(f"adjusted Rand index on {len(rows)} clips: {dict(Counter(sounds))}, {len(set(families))} families")
    for name, (items, distance) in ways.items():
        for smallest in (2, 5, 10):
            labels = grouped(items, distance, smallest)
            kind, family = adjusted_rand_score(sounds, labels), adjusted_rand_score(families, labels)
            print(f"  {name:<42} groups of {smallest:>2} or more: kinds {kind:.2f}, families {family:.2f}")
            if smallest == preset_size():
                print(*(f"      {together(labels, sounds, sound)}" for sound in sorted(set(sounds))), sep="\n")


def main() -> None:
    """Everything that the files at hand allow."""
    warnings.simplefilter("ignore", UserWarning)
    if not all(path.is_file() for path in MODELS.values()):
        print(f"YAMNet: no models in {SHARED / 'models'} (set JACKFIELD_SHARED)")
        return
    times()
    cold()
    accuracy()


if __name__ == "__main__":
    one(sys.argv[1]) if len(sys.argv) > 1 else main()

"""Makes a set of almost-the-same clips, with its truth, from any recordings: what docs/accuracy.md is checked on.

python benchmarks/heldout.py RECORDINGS OUT [--units 100] [--seed 0] writes OUT/clips and OUT/truth.csv for
accuracy.py.

Recordings below RECORDINGS are drawn, a name of its first folders each time a source. Some are left alone, some get
copies (gain, noise, silence or a cut at an end, 8 bit, other rates, MP3, Ogg, and GSM and G.722 where they are of 8 or
16 kHz) and variants (their sound again, another one mixed in or put behind, a hit muted, reversed, another pitch),
which may be copied too. Recordings in one folder whose names differ only in numbers and strength are takes of one
sound. Recordings that are equal but for level, silence and rounding count once; the rest are taken for strangers, so
folders with copies under other names give a wrong truth.

Clips last 30 ms to 6 s. ffmpeg codes them.
"""

import argparse
import csv
import hashlib
import itertools
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

RECORDED = ("original", "singleton", "take")  # kinds of clips that are recordings as they are
SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".aiff", ".aif"}
SHORTEST, LONGEST = 0.03, 6.0  # seconds
GUESTS = 120  # recordings that are only put into others
AUDIBLE = 0.08  # seconds of another sound
TAKES = 4  # at most, of one sound
STRENGTH = re.compile(r"\d+|softest|soft|medium|med|hardest|hard|lite|light|loud")
Random = np.random.Generator


@dataclass(frozen=True)
class Clip:
    """Samples (n, channels), and what truth.csv says of them."""

    samples: np.ndarray
    rate: int
    item: str
    kind: str = "original"
    role: str = "base"
    params: str = ""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def peak(self) -> float:
        return float(np.abs(self.samples).max(initial=0.0))

    def of(self, samples: np.ndarray, kind: str, params: str, rate: int | None = None) -> "Clip":
        """Another clip made of this one, scaled down where it would be cut off."""
        samples = np.asarray(samples, np.float64).reshape(len(samples), -1)
        samples = samples * min(1.0, 0.999 / max(float(np.abs(samples).max(initial=0.0)), 1e-9))
        return replace(self, samples=samples, rate=rate or self.rate, kind=kind, params=params)


def resampled(clip: Clip, rate: int) -> np.ndarray:
    return soxr.resample(clip.samples, clip.rate, rate, "VHQ")


def coded(clip: Clip, suffix: str, *options: str) -> np.ndarray:
    """Through an encoder and back; what the decoder puts at the end is kept."""
    with tempfile.TemporaryDirectory() as folder:
        wav, code, back = (Path(folder) / name for name in ("a.wav", f"code.{suffix}", "b.wav"))
        soundfile.write(wav, clip.samples, clip.rate, "PCM_16")
        for given, made, how in ((wav, code, options), (code, back, ())):
            subprocess.run(["ffmpeg", "-loglevel", "error", "-i", given, *how, made], check=True)
        return soundfile.read(back, always_2d=True)[0]


def noise(clip: Clip, db: float, pink: bool, random: Random) -> np.ndarray:
    white = random.normal(size=clip.samples.shape)
    if pink:
        spectrum = np.fft.rfft(white, axis=0)
        white = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1))[:, None], len(white), axis=0)
    level = np.sqrt((clip.samples**2).mean() / (white**2).mean()) * 10 ** (-db / 20)
    return clip.samples + level * white


def silence(clip: Clip, seconds: float) -> np.ndarray:
    return np.zeros((round(seconds * clip.rate), clip.samples.shape[1]))


# -- copies ------------------------------------------------------------------------------------------------------------


def copy(clip: Clip, kind: str, random: Random) -> Clip | None:
    """A copy of some kind, or None where the clip cannot be had as such."""
    x, rate = clip.samples, clip.rate
    if kind == "gain":
        db = float(random.uniform(-14, -3))
        return clip.of(x * 10 ** (db / 20), kind, f"{db:.1f}dB")
    if kind in ("noise20", "noise30"):
        pink = bool(random.integers(2))
        return clip.of(
            noise(clip, float(kind[-2:]), pink, random), kind, f"{kind[-2:]}dB {'pink' if pink else 'white'}"
        )
    if kind == "prepend":
        seconds = float(np.exp(random.uniform(np.log(0.005), np.log(0.4))))
        return clip.of(np.concatenate([silence(clip, seconds), x]), kind, f"+{1000 * seconds:.0f}ms")
    if kind == "cuthead":
        seconds = min(float(random.uniform(0.002, 0.025)), 0.05 * clip.seconds)
        return clip.of(x[round(seconds * rate) :], kind, f"-{1000 * seconds:.0f}ms")
    if kind == "trimtail":
        seconds = min(0.36, float(random.uniform(0.1, 0.22)) * clip.seconds)
        return clip.of(x[: -round(seconds * rate)], kind, f"-{1000 * seconds:.0f}ms tail")
    if kind == "resample":
        other = 2 * rate if rate < 20_000 else rate // 2
        there = clip.of(resampled(clip, other), kind, "", other)
        return clip.of(resampled(there, rate)[: len(x)], kind, f"{rate}->{other}->{rate}")
    if kind == "rate":
        other = 44_100 if rate > 44_100 else 22_050
        return None if rate == other else clip.of(resampled(clip, other), kind, f"{rate}->{other}", other)
    if kind == "q8":
        if clip.peak < 0.05:
            return None
        return clip.of(np.clip(np.round(x * 127), -128, 127) / 128, kind, "u8")
    if kind == "mp3":
        bits = 24 if rate < 16_000 else int(random.choice([64, 96, 128]))
        known = clip.seconds > 0.1 and rate in (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
        return clip.of(coded(clip, "mp3", "-b:a", f"{bits}k"), kind, f"mp3 {bits}k") if known else None
    if kind == "ogg":
        return clip.of(coded(clip, "ogg", "-c:a", "libvorbis"), kind, "ogg vorbis")
    if rate not in (8000, 16_000) or x.shape[1] > 1:
        return None
    narrow = 16_000 if kind == "g722" else 8000
    wide = clip if rate == narrow else clip.of(resampled(clip, narrow), kind, "", narrow)
    return clip.of(coded(wide, "wav" if kind == "gsm" else "g722", "-c:a", CODECS[kind]), kind, kind, narrow)


CODECS = {"gsm": "gsm_ms", "g722": "g722"}
COPIES = [kind for kind in ("gain", "resample", "rate", "mp3") for _ in range(2)]
COPIES += ["noise20", "noise30", "q8", "prepend", "trimtail", "ogg", "cuthead", "gsm", "g722"]


def copies(clip: Clip, count: int, random: Random) -> list[Clip]:
    kinds = dict.fromkeys(random.permutation(COPIES).tolist())
    made = (copy(clip, kind, random) for kind in kinds)
    return list(itertools.islice((one for one in made if one is not None), count))


# -- variants ----------------------------------------------------------------------------------------------------------


def heard(clip: Clip) -> tuple[int, int]:
    """First and last sample within 30 dB of the peak."""
    loud = np.flatnonzero(np.abs(clip.samples).max(axis=1) > 0.03 * clip.peak)
    return int(loud[0]), int(loud[-1]) + 1


def mixed(clip: Clip, other: np.ndarray, at: int, whole: bool) -> np.ndarray:
    """Another sound added from a sample on; `whole` lets it go on after the clip."""
    length = max(len(clip.samples), at + len(other)) if whole else len(clip.samples)
    out = np.zeros((length, clip.samples.shape[1]))
    out[: len(clip.samples)] = clip.samples
    out[at : at + len(other)] += other[: length - at]
    return out


def guest(clip: Clip, other: Clip, seconds: float, level: float) -> np.ndarray:
    """The first part of another recording, faded out, at a level under the clip's peak."""
    mono = replace(other, samples=other.samples.mean(axis=1, keepdims=True))
    if not mono.peak:
        mono = replace(other, samples=other.samples[:, :1])
    first, last = heard(mono)
    part = replace(mono, samples=mono.samples[first : min(last, first + round(seconds * other.rate))])
    part = np.repeat(resampled(part, clip.rate), clip.samples.shape[1], axis=1)
    fade = min(len(part), round(0.01 * clip.rate))
    part[len(part) - fade :] *= np.linspace(1, 0, fade)[:, None]
    return part * (level * clip.peak / max(float(np.abs(part).max()), 1e-9))


def loudest(clip: Clip, seconds: float) -> tuple[int, int, float]:
    """The steepest rise after the first third, a stretch of so many seconds from there, its share of mean power."""
    hop = round(0.01 * clip.rate)
    levels = np.add.reduceat((clip.samples**2).sum(axis=1), np.arange(0, len(clip.samples), hop))
    rises = np.diff(np.sqrt(levels))
    first = len(rises) // 3
    start = (first + int(rises[first:].argmax())) * hop
    stop = min(len(clip.samples), start + round(seconds * clip.rate))
    return start, stop, float((clip.samples[start:stop] ** 2).mean() / (clip.samples**2).mean())


def variant(clip: Clip, kind: str, other: Clip | None, random: Random) -> Clip | None:
    """A variant of some kind, or None where it would not be heard."""
    x, rate, name = clip.samples, clip.rate, f"variant_{kind}"
    level = float(random.uniform(0.45, 0.85))
    if kind == "double_end":
        at = max(0.1, float(random.uniform(0.45, 1.0)) * clip.seconds)
        params = f"own hit again at {at:.3f}s"
        return clip.of(mixed(clip, level * x[heard(clip)[0] :], round(at * rate), True), name, params)
    if kind in ("insert", "append") and other is None:
        return None
    if kind == "insert":
        part = guest(clip, other, 0.4, level)
        at = float(random.uniform(0.2, 0.7)) * clip.seconds
        heard_in = (clip.seconds - at) * rate
        good = min(len(part), heard_in) >= AUDIBLE * rate
        return clip.of(mixed(clip, part, round(at * rate), False), name, f"{other.item} at {at:.3f}s") if good else None
    if kind == "append":
        if clip.seconds > LONGEST - 0.2:
            return None
        part = guest(clip, other, LONGEST - clip.seconds, level)
        good = len(part) >= AUDIBLE * rate
        return clip.of(np.concatenate([x, silence(clip, 0.05), part]), name, other.item) if good else None
    if kind == "drop_hit":
        start, stop, share = loudest(clip, float(random.uniform(0.12, 0.2)))
        muted = x.copy()
        muted[start:stop] = 0
        params = f"muted {start / rate:.3f}-{stop / rate:.3f}s"
        return clip.of(muted, name, params) if clip.seconds > 1 and share > 0.3 else None
    if kind == "reverse":
        return clip.of(x[::-1], name, "reversed")
    up = 3 if random.integers(2) else -3
    return clip.of(soxr.resample(x, rate * 2 ** (up / 12), rate), name, f"{up:+d} semitones (speed too)")


VARIANTS = ["double_end"] * 3 + ["insert"] * 3 + ["append"] * 2 + ["drop_hit"] * 3 + ["reverse", "pitch"]


# -- the set -----------------------------------------------------------------------------------------------------------


def named(folder: Path) -> list[list[Path]]:
    """Recordings by sound: takes of one, or one alone."""
    found: dict[str, list[Path]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        name = STRENGTH.sub("", path.stem.lower())
        takes = len(re.findall("[a-z]", name)) >= 2
        found.setdefault(f"{path.parent}/{name}" if takes else str(path), []).append(path)
    return list(found.values())


class Recordings:
    """Reads recordings, those that were read before under another name, or hold nothing, as None."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, set[str]()

    def __call__(self, path: Path) -> Clip | None:
        try:
            with soundfile.SoundFile(path) as file:
                samples, rate = file.read(round(LONGEST * file.samplerate), always_2d=True), file.samplerate
        except soundfile.LibsndfileError as error:
            print(f"left out: {error}")
            return None
        clip = Clip(samples[:, :2], rate, path.relative_to(self.folder).as_posix())
        if clip.seconds < SHORTEST or clip.peak < 1e-4:
            return None
        clip = clip.of(clip.samples, "original", "")  # lossy codecs exceed 1
        first, last = heard(clip)
        coarse = np.round(clip.samples[first:last, 0] / clip.peak * 100).astype(np.int8)
        digest = hashlib.sha256(coarse.tobytes()).hexdigest()
        if digest in self.known:
            return None
        self.known.add(digest)
        return clip


def families(folder: Path, units: int, random: Random) -> list[list[list[Clip]]]:
    """Families of groups of clips: takes, recordings alone, and, as many, recordings with copies and variants."""
    found, read = named(folder), Recordings(folder)
    sounds = [found[k] for k in random.permutation(len(found))]
    guests = [
        clip for clip in map(read, (sound[0] for sound in sounds[: min(GUESTS, len(sounds) // 3)])) if clip is not None
    ]
    sounds = sounds[min(GUESTS, len(sounds) // 3) :]
    takes = [sound for sound in sounds if len(sound) > 1][: round(0.15 * units)]
    singles = (sound for sound in sounds if len(sound) == 1)
    drawn: list[list[list[Clip]]] = []
    for sound in itertools.chain(takes, singles):
        some = random.permutation(len(sound))[:TAKES]
        base, *rest = [clip for clip in map(read, (sound[k] for k in some)) if clip is not None] or [None]
        if base is None:
            continue
        if rest and random.random() < 0.4:
            groups = [[replace(base, kind="take", role="take")]]
        elif not rest and len(drawn) % 2:
            groups = [[replace(base, kind="singleton", role="singleton")]]
        else:
            groups = [[base, *copies(base, int(random.integers(1, 6)), random)]]
            for kind in random.choice(VARIANTS, random.integers(0, 3), replace=False).tolist():
                other = guests.pop() if guests and kind in ("insert", "append") else None
                made = variant(base, kind, other, random)
                if made is not None:
                    made = replace(made, role="variant")
                    groups.append([made, *copies(made, int(random.choice([0, 0, 1, 2])), random)])
        drawn.append(groups + [[replace(take, kind="take", role="take")] for take in rest])
        if len(drawn) == units:
            break
    return drawn


FIELDS = ["path", "group", "kind", "source", "family", "role", "parent", "params", "item", "licence"]
FIELDS += ["rate", "channels", "seconds"]


def write(drawn: list[list[list[Clip]]], out: Path, random: Random) -> int:
    """Clips under opaque names, and truth.csv."""
    (out / "clips").mkdir(parents=True)
    total = sum(len(group) for groups in drawn for group in groups)
    names = iter(f"clips/c{k:04d}" for k in random.permutation(total))
    rows, count = [], 0
    for f, groups in enumerate(drawn):
        for group in groups:
            for clip in group:
                suffix, subtype = (".wav", "PCM_U8") if clip.kind == "q8" else (".flac", "PCM_16")
                path = next(names) + suffix
                codes = np.round(clip.samples * 32767).astype(np.int16)
                if clip.kind == "q8":
                    codes = (np.round(clip.samples * 128).astype(np.int16)) << 8
                soundfile.write(out / path, codes, clip.rate, subtype)
                where = {
                    "path": path,
                    "group": f"g{count:04d}",
                    "family": f"f{f:04d}",
                    "source": clip.item.split("/")[0],
                }
                facts = {name: getattr(clip, name) for name in ("kind", "role", "params", "item", "rate")}
                where["source"] = clip.item.split("/")[0]
                rows.append({**where, **facts, "channels": clip.samples.shape[1], "seconds": f"{clip.seconds:.3f}"})
            count += 1
    with (out / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, restval="")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: str(row["path"])))
    return total


def main() -> None:
    """Make a set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--units", type=int, default=100, help="recordings, or families of takes, drawn")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    random = np.random.default_rng(asked.seed)
    drawn = families(asked.recordings, asked.units, random)
    print(f"{write(drawn, asked.out, random)} clips of {len(drawn)} recordings in {asked.out}")


if __name__ == "__main__":
    main()

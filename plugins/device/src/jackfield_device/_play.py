"""From a sound to the bytes of a stream, and its way to a device."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from jackfield import Codes, ConfigError, DataError, OutputError, Signal, replace_file, write_file

from . import Playing
from ._supervise import carry_out

if TYPE_CHECKING:
    from . import Device

# below the first no player takes a rate, and what was meant is a hold; above the second none is one
SLOWEST_HZ, FASTEST_HZ = 1000.0, 1e9


@dataclass(frozen=True)
class Stream:
    """Interleaved samples as a device takes them."""

    data: bytes
    dtype: str
    rate: float
    channels: int
    frames: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * np.dtype(self.dtype).itemsize

    @property
    def silence(self) -> int:
        """The byte that silence is made of."""
        return 128 if self.dtype == "uint8" else 0


def stream_of(item: Signal | Codes) -> Stream:
    """Bytes to send, of the narrowest stream that holds them; DataError for what no device can play."""
    if not isinstance(item, (Codes, Signal)):
        raise DataError(
            "only a Signal or Codes can be played", f"got {type(item).__name__}", "give it a rate: Signal(…)"
        )
    values = item.values if isinstance(item, Codes) else item.samples
    if values.shape[1] == 0:
        raise DataError("there is nothing to play", "0 samples")
    if item.rate < SLOWEST_HZ:
        remedy = 'hold every sample longer: `jackfield emit --hold`, or jackfield.get("hold", rate=48000)'
        raise DataError("no device plays so slowly", f"{item.rate:g} Hz", remedy)
    if item.rate > FASTEST_HZ:
        raise DataError("no device plays so fast", f"{item.rate:g} Hz", "convert it with samplerate")
    dtype, values = _integers(item) if isinstance(item, Codes) else ("float32", _floats(values))
    data = np.ascontiguousarray(values.T, np.dtype(dtype).newbyteorder("<")).tobytes()
    return Stream(data, dtype, item.rate, values.shape[0], values.shape[1])


def _integers(codes: Codes) -> tuple[str, np.ndarray]:
    width = next(w for w in (8, 16, 32) if w >= codes.bits)
    # streams of 8 bits are unsigned on every system that has them
    dtype = "uint8" if width == 8 else f"int{width}"
    if (codes.values.dtype, codes.bits, codes.signed) == (np.dtype(dtype), width, width > 8):
        return dtype, codes.values
    zero = 0 if codes.signed else 1 << (codes.bits - 1)
    values = codes.values.astype(np.int64) - zero << (width - codes.bits)
    return dtype, values + (128 if width == 8 else 0)


def _floats(samples: np.ndarray) -> np.ndarray:
    wrong = samples.size - int(np.isfinite(samples).sum())
    if wrong:
        raise DataError("samples are NaN or infinite", f"{wrong} of them", "repair the clip")
    beyond = int((np.abs(samples) > 1).sum())
    if beyond:
        peak = 20 * np.log10(float(np.abs(samples).max()))
        raise DataError("samples beyond ±1 would clip", f"{beyond} of them, peak {peak:+.2f} dBFS", "lower the level")
    return samples


def play_item(
    item: Signal | Codes, device: str, tail: float, patience: float, *, raw: Path | None = None, force: bool = False
) -> Playing:
    """See `jackfield_device.play`; `raw` is where "file:" goes, which owns what is there."""
    stream = stream_of(item)
    order = {
        "do": "play",
        "samplerate": stream.rate,
        "channels": stream.channels,
        "dtype": stream.dtype,
        "frame_bytes": stream.frame_bytes,
        "frames": stream.frames,
        "tail": round(tail * stream.rate),
        "silence": stream.silence,
        "patience": patience,
        **sink_of(device),
    }
    seconds = stream.frames / stream.rate + tail
    path = None
    if order["sink"] == "file":
        path = raw if device == "file:" else Path(order["path"])
        if path is None:
            raise ConfigError('"file:" needs a name here', remedy="write file:out.raw")
        _check_target(path, stream, order["tail"], force or path is raw)
        done = _to_file(path, order | {"shown": str(path)}, stream.data, seconds)
    else:
        with _alone(order):
            done = carry_out(order, stream.data, seconds)
    if (done["frames"], done["sha256"]) != (stream.frames, hashlib.sha256(stream.data).hexdigest()):
        evidence = f"{done['frames']} of {stream.frames} frames, SHA-256 {done['sha256']}"
        raise OutputError("the player did not send what it was given", evidence, "report it")
    name = done.get("opened", device)
    if done["underflows"]:
        warnings.warn(f"{name} ran dry {done['underflows']} times: the sound has gaps", stacklevel=3)
    return Playing(
        device=name,
        rate=stream.rate,
        channels=stream.channels,
        dtype=stream.dtype,
        frames=stream.frames,
        tail_frames=order["tail"],
        underflows=done["underflows"],
        sha256=done["sha256"],
        file=None if path is None else str(path),
    )


def play_to(item: Signal | Codes, how: Device, to: Path) -> tuple[str, ...]:
    """Play, and write the report; the paths of what was written."""
    raw = to.with_name(to.name + ".raw")
    done = play_item(item, how.device, how.tail, how.patience, raw=raw)
    # the same sound gives the same report, wherever the run folder lies
    about = {**asdict(done), "file": done.file and os.path.basename(done.file)}
    report = to.with_name(to.name + ".played.json")
    write_file(report, (json.dumps(about, indent=1) + "\n").encode())
    # "file:PATH" is meant from where the user is, the paths of a run from its folder
    return (str(report),) if done.file is None else (str(report), os.path.abspath(done.file))


def sink_of(device: str) -> dict[str, Any]:
    """What the name of a device means."""
    kind, colon, path = device.partition(":")
    if device == "null":
        return {"sink": "null", "device": "null"}
    if kind == "file" and colon:
        return {"sink": "file", "device": device, "path": path}
    if not device.strip():
        raise ConfigError("the name of a device is empty", remedy='write "default"')
    return {"sink": "card", "device": None if device == "default" else int(device) if device.isdecimal() else device}


def check(device: str, patience: float) -> None:
    """ConfigError or PluginError where a device cannot be used."""
    order = sink_of(device)
    if order["sink"] == "card":
        look = {"do": "devices", "channels": 2, "dtype": "float32", "patience": patience}
        carry_out({**look, "device": order["device"]})


def _check_target(path: Path, stream: Stream, tail: int, force: bool) -> None:
    """A file is written over only by itself: a run that goes on may find what it wrote before it stopped."""
    if os.path.lexists(path) and not path.is_file():
        raise OutputError(f"{path} is no regular file", remedy="choose another name")
    if force or not path.exists():
        return
    wanted = len(stream.data) + tail * stream.frame_bytes
    if path.stat().st_size != wanted or not path.read_bytes().startswith(stream.data):
        remedy = 'choose another name, force it, or write "file:" for a file of its own for every clip'
        raise ConfigError(f"{path} exists and holds something else", remedy=remedy)


def _to_file(path: Path, order: dict[str, Any], data: bytes, seconds: float) -> dict[str, Any]:
    done: dict[str, Any] = {}
    replace_file(path, lambda file: done.update(carry_out(order | {"path": file.name}, data, seconds)))
    return done


def _alone(order: dict[str, Any]) -> AbstractContextManager[Any]:
    """Workers share a card one after the other: mixed, no clip would arrive as it is."""
    if order["sink"] != "card":
        return nullcontext()
    user = getattr(os, "getuid", lambda: 0)()
    name = hashlib.sha256(f"{user} {order['device']}".encode()).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"jackfield-device-{name}.lock")

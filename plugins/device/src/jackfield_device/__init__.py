"""Sound cards, behind a process that is watched: what was sent is counted, what fails is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from jackfield import Artifact, Codes, Component, Output, Param, Signal, hookimpl

__all__ = ["Device", "Playing", "play"]


@dataclass(frozen=True)
class Playing:
    """What a device was sent.

    device : its name, "null", or "file:PATH"; file : the file written, if any
    rate : samples per second; channels; dtype : of the stream: uint8, int16, int32, float32
    frames : samples per channel of the sound; tail_frames : of silence after it
    underflows : how often the card ran dry, which is heard as a gap
    sha256 : of the sound's bytes as they were handed over, frames of little-endian samples
    """

    device: str
    rate: float
    channels: int
    dtype: str
    frames: int
    tail_frames: int
    underflows: int
    sha256: str
    file: str | None = None


def play(
    item: Signal | Codes, device: str = "default", *, tail: float = 0.25, patience: float = 5.0, force: bool = False,
) -> Playing:  # fmt: skip
    """Play a sound and return when it was heard, or raise: see `Device`, whose parameters these are.

    force : let "file:PATH" write over another file

    >>> import numpy as np
    >>> done = play(Signal(samples=np.zeros(800, np.float32), rate=8000), "null")
    >>> done.frames, done.tail_frames, done.dtype
    (800, 2000, 'float32')
    """
    from ._play import play_item

    how = Device(device=device, tail=tail, patience=patience)
    return play_item(item, how.device, how.tail, how.patience, force=force)


@dataclass(frozen=True, kw_only=True)
class Device(Component):
    """A sound card that gets exactly the samples it is given, or says what went wrong.

    Codes are sent as uint8, int16 or int32 (narrower and 24-bit codes fill the upper bits), Signals as float32 (which
    rounds float64). PortAudio's dither is off, so that a stream of a width that the card takes arrives bit for bit;
    what a mixer or the system's volume does behind it cannot be seen from here.

    device : "default"; a number or a part of the name, as `jackfield devices` lists them; "null", which takes the time
        that the sound lasts and counts; "file:PATH", which gets the bytes that a card would; "file:" for a file beside
        the report
    tail : silence after the sound, so that cards and amplifiers do not cut off its end
    patience : how long a device may do nothing. Sounds are played by a process of its own, which is ended then

    Writes `<clip>.played.json`: device, rate, channels, dtype, frames, tail, underflows, SHA-256 of what was sent. Two
    clips never play on one card at once, with any number of workers.

    Raises PluginError where PortAudio is missing or cannot be started, ConfigError where the device is not there,
    DataError for what it does not take: a rate, channels, samples beyond ±1, NaN, no samples; OutputError where it dies
    or hangs.

    >>> import numpy as np, tempfile
    >>> to = Path(tempfile.mkdtemp()) / "clip"
    >>> codes = Codes(values=np.arange(256)[None], rate=8000, bits=8, signed=False)
    >>> written = Device(device="file:")(codes, to).paths
    >>> [Path(path).name for path in written], list(Path(written[1]).read_bytes()[:256]) == list(range(256))
    (['clip.played.json', 'clip.raw'], True)
    """

    device: Annotated[str, Param(description='"default", number or part of a name, "null", "file:PATH" or "file:"')] = (
        "default"
    )
    tail: Annotated[float, Param(ge=0.2, le=60, unit="s", description="silence after the sound")] = 0.25
    patience: Annotated[float, Param(ge=0.5, le=600, unit="s", description="of a device that does nothing")] = 5.0

    example = {"device": "null"}

    def __call__(self, item: Signal | Codes, to: Path) -> Artifact:
        """Play, and write `to` + ".played.json"."""
        from ._play import play_to

        return Artifact(play_to(item, self, to), "application/json")

    def prepare(self) -> None:
        """Look whether the device is there, so that its absence shows before the first clip."""
        from ._play import check

        check(self.device, self.patience)


@hookimpl
def jackfield_outputs() -> Iterator[Output]:
    """Every device, by its name."""
    yield Output("device", Device)

"""`jackfield emit --values …`, and the function of the same name: exactly these values, on a card or in a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import click

from jackfield import Codes, ConfigError, output_options, plugin_options, print_json, say

from . import Playing

if TYPE_CHECKING:
    import numpy as np

CONTAINERS = {".wav": "wav", ".wave": "wav", ".rf64": "rf64", ".aif": "aiff", ".aiff": "aiff", ".flac": "flac"}
SAFE_DBFS, RAMP_S, FILE_HZ = -12.0, 0.005, 48_000.0


@dataclass(frozen=True)
class Emission:
    """What was sent or written, and what it stands for.

    to : as given; path : of the file written; playing : what the device was sent
    values : per channel; hold_s : time of each; shape : between them
    rate, channels, frames : of the sound, ramps left out; ramp_frames : before and after it
    lo, hi : the values at −gain and +gain; level_dbfs : 20 · log10(gain)
    bits, signed : of the codes; lsb : the step of a value from one code to the next
    volts : (at lo, at hi) where a calibration says so
    left_after_hold : share of a step that an output with a corner of 5 Hz shows at the end of a hold
    dc : mean of the sound, full scale is 1
    notes : what else there is to know
    codes : (channels, ramp_frames + frames + ramp_frames)
    """

    to: str
    path: str | None
    values: int
    hold_s: float
    shape: str
    rate: float
    channels: int
    frames: int
    ramp_frames: int
    lo: float
    hi: float
    level_dbfs: float
    bits: int
    signed: bool
    lsb: float
    volts: tuple[float, float] | None
    left_after_hold: float
    dc: float
    notes: tuple[str, ...]
    playing: Playing | None
    codes: Codes = field(repr=False)

    def codes_to_values(self, codes: Codes | np.ndarray | None = None) -> np.ndarray:
        """The inverse map: the values that codes of this width stand for; of its own, without the ramps."""
        from ._emission import Map, decoded

        if codes is None:
            codes = self.codes.values[:, self.ramp_frames : self.ramp_frames + self.frames]
        return decoded(codes, self.bits, Map(self.lo, self.hi, 10 ** (self.level_dbfs / 20)))


def emit(
    values: Any, *, to: str | os.PathLike[str] = "device", hold: str | float | None = None,
    range: str | tuple[float, float] | None = None, rate: float | None = None, level: str | float | None = None,
    ramp: str | float | None = None, shape: Literal["hold", "linear", "smooth"] = "hold", repeat: int = 1,
    bits: int = 16, calibration: str | os.PathLike[str] | None = None, force: bool = False,
) -> Emission:  # fmt: skip
    """Put out exactly these values, one after the other.

    values : numbers, (n,) or (channels, n); text such as "1,2,3", "0..50:11" (11 values from 0 to 50), "3*20" (3 twenty
        times); a .csv file (columns are channels), .npy file or sound file; "-" for standard input
    to : "device" (the default card), "device:NAME", "null", "file:PATH" (raw bytes), or a .wav, .aiff or .flac file
    hold : time of each value: 0.1, "100ms". A sound file that is slower than any player gives it by its rate
    range : (lo, hi) or "0:50", mapped linearly to [−1, 1]; left out, the values' own. "-1V:1V", with a calibration:
        values are volts, and nothing may lie beyond
    rate : samples per second; left out, the device's own or a common one at which a hold is a whole number of samples,
        and 48000 for files. Below 1000 it means values per second, and becomes a hold
    level : dBFS of the ends of the range, −12 by default, which spares ears and amplifiers; "exact" is 0 without ramps
    ramp : time of a smooth start from silence before the first value and of the end after the last, so that nothing
        clicks; 5 ms on devices, none in files
    shape : "hold" (steps), "linear" (straight lines from value to value), "smooth" (band-limited, by soxr)
    repeat : how often all of them; bits : width of the codes, 2…32; they are rounded, never dithered
    calibration : TOML file with the volts at full scale of a device, see `full_scale_volts`
    force : write over an existing file

    Raises ConfigError for a wrong option, DataError for values outside the range (which, where) and curves beyond full
    scale, OutputError where a file or device fails or a card runs dry, PluginError without PortAudio.

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/steps.wav"
    >>> done = emit([1, 2, 3, 2, 10, 4, 1, 50, 20, 1], hold="100ms", range=(0, 50), to=path, level="exact")
    >>> done.frames, done.rate, done.codes_to_values()[0, ::4800].round(2).tolist()
    (48000, 48000.0, [1.0, 2.0, 3.0, 2.0, 10.0, 4.0, 1.0, 50.0, 20.0, 1.0])
    """
    from . import _sending, _values

    if not isinstance(to, (str, os.PathLike)):
        raise ConfigError("values go to a device or a file", f"got {to!r}", "write device, or out.wav")
    target = _sending.target_of(os.fspath(to), CONTAINERS, force)
    repeat, bits = _values.whole_of(repeat, "repeat", 1, _values.MOST), _values.whole_of(bits, "bits", 2, 32)
    rate = _values.rate_of(rate)
    if shape not in ("hold", "linear", "smooth"):
        raise ConfigError("the shape is none", f"got {shape!r}", "known: hold, linear, smooth")
    return _sending.send(
        _values.values_of(values), target, hold=hold, span=range, rate=rate, level=level, ramp=ramp, shape=shape,
        repeat=repeat, bits=bits, calibration=calibration,
    )  # fmt: skip


@click.command("emit")
@click.option("--values", required=True, help="1,2,3 or 0..50:11 or 3*20, a .csv, .npy or sound file, or -")
@click.option("--hold", help="Time of each value: 100ms, 0.1s, 250us.")
@click.option(
    "--range", "span", metavar="LO:HI", help="Mapped to full scale; default the values' own; -1V:1V in volts."
)
@click.option("--to", default="device", show_default=True, help="device, device:NAME, null, file:RAW, or out.wav")
@click.option("--rate", type=float, help="Samples per second; default what the device likes, 48000 in files.")
@click.option("--level", help="dBFS of the range's ends; default -12; exact: 0 without ramps.")
@click.option("--ramp", help="Start from and end in silence; default 5ms on devices, 0 in files.")
@click.option("--shape", type=click.Choice(["hold", "linear", "smooth"]), default="hold", show_default=True)
@click.option("--repeat", type=int, default=1, show_default=True, help="How often all values.")
@click.option("--bits", type=int, default=16, show_default=True, help="Width of the codes, 2 to 32; no dither.")
@click.option("--calibration", type=click.Path(), metavar="FILE.toml", help="Volts at full scale of the device.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@output_options
@plugin_options
def command(span: str | None, as_json: bool, quiet: bool, verbose: int, **options: Any) -> int:
    """Put out exactly the given values: mapped linearly, held for a time, on a sound card or in a file."""
    done = emit(range=span, **options)
    for note in done.notes:
        say(f"note: {note}", quiet)
    if as_json:
        print_json(_facts(done))
    elif not quiet:
        for line in _lines(done):
            click.echo(line)
    return 0


def _facts(done: Emission) -> dict[str, Any]:
    shown = {name: value for name, value in vars(done).items() if name != "codes"}
    return {**shown, "playing": done.playing and asdict(done.playing)}


def _lines(done: Emission) -> Sequence[str]:
    gain = 10 ** (done.level_dbfs / 20)
    ramps = f" and {done.ramp_frames} before and after, to and from silence" if done.ramp_frames else ""
    lines = [
        f"{done.path or done.to}: {done.values} values × {done.hold_s * 1000:g} ms = {done.frames} frames{ramps}; "
        f"{done.channels} {'channel' if done.channels == 1 else 'channels'}, {done.rate:g} Hz, {done.bits} bits",
        f"  {done.lo:g} is {-gain:+.4f}, {done.hi:g} is {gain:+.4f} of full scale ({done.level_dbfs:g} dBFS); "
        f"a code is {done.lsb:.3g}",
    ]
    if done.volts:
        lines.append(f"  {done.lo:g} is {done.volts[0]:+.4f} V, {done.hi:g} is {done.volts[1]:+.4f} V")
    if done.playing:
        p = done.playing
        lines.append(f"  {p.device} took {p.frames} frames of {p.dtype} and {p.tail_frames} of silence, none late")
    return lines

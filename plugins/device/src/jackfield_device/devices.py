"""`jackfield devices`, and the function of the same name: what can be played on, and at which rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import click

from jackfield import ConfigError, output_options, plugin_options, print_json, print_table, say

DTYPES = ("uint8", "int16", "int32", "float32")


@dataclass(frozen=True)
class SoundDevice:
    """A device that plays.

    index : its number, for `--to device:3`; name : of which a part is enough; host : the sound system it belongs to
    channels : the most it takes; default_rate : its own, Hz; rates : those common ones that it takes, Hz; none where it
        is busy or unplugged
    default : whether it is the one that sounds go to
    """

    index: int
    name: str
    host: str
    channels: int
    default_rate: float
    rates: tuple[int, ...]
    default: bool


def devices(
    device: str | None = None, *, channels: int = 2, dtype: str = "float32", patience: float = 10.0
) -> tuple[SoundDevice, ...]:
    """Devices that play, with the rates that they take. They are asked by a process of its own.

    device : one of them, by number or part of its name, or "default"; left out, all
    channels, dtype : rates are those for so many channels (or as many as it has) of such samples
    patience : seconds that a device may take to answer

    Raises PluginError where PortAudio is missing or cannot be started, ConfigError where `device` is not there or
    nothing can be asked so, OutputError where a device hangs.
    """
    from ._play import sink_of
    from ._player import ALL
    from ._supervise import carry_out

    if channels < 1 or patience <= 0 or dtype not in DTYPES:
        evidence = f"channels {channels}, patience {patience}, dtype {dtype}"
        raise ConfigError("devices cannot be asked so", evidence, f"dtypes: {', '.join(DTYPES)}")
    wanted = ALL if device is None else sink_of(device)["device"]
    order = {"do": "devices", "device": wanted, "channels": channels, "dtype": dtype, "patience": patience}
    found = carry_out(order)["devices"]
    return tuple(SoundDevice(**{**row, "rates": tuple(row["rates"])}) for row in found)


@click.command("devices")
@output_options
@plugin_options
def command(as_json: bool, quiet: bool, **_: Any) -> int:
    """List the sound devices that play, with their rates and channels; exit 3 where PortAudio is missing.

    Beside these, "null" takes a sound's time and counts its frames, and "file:PATH" keeps the bytes of the stream;
    neither needs PortAudio.
    """
    found = devices()
    if as_json:
        print_json([asdict(device) for device in found])
        return 0
    if found:
        header = ("number", "device", "channels", "own rate", "rates", "through")
        print_table(header, (_row(device) for device in found))
    else:
        say("PortAudio is there, but no device that plays; the devices null and file:PATH need none", quiet)
    return 0


def _row(device: SoundDevice) -> tuple[str, ...]:
    rates = " ".join(map(str, device.rates)) or "none now: busy or unplugged"
    number = f"{device.index}{' (default)' if device.default else ''}"
    return number, device.name, str(device.channels), f"{device.default_rate:g}", rates, device.host

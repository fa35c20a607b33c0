"""How many volts a device's full scale is, as somebody measured it."""

from __future__ import annotations

import os
import tomllib
from typing import Any

from jackfield import ConfigError

EXAMPLE = 'write [[device]], name = "USB Audio", volts_at_full_scale = 1.41'


def full_scale_volts(path: str | os.PathLike[str], device: str | None) -> float:
    """Volts at full scale of the entry whose name is a part of the device's; for files, of the only entry.

    The file holds, for each device, `[[device]]` with `name` and `volts_at_full_scale`: the voltage at the socket for
    a sample of 1.0, all volume controls as they will be.
    """
    try:
        with open(path, "rb") as file:
            entries = tomllib.load(file).get("device", [])
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML", str(error)) from None
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path} describes no device", remedy=EXAMPLE)
    known = [_entry(path, entry) for entry in entries]
    fitting = [volts for name, volts in known if device is None or name.lower() in device.lower()]
    if len(fitting) != 1:
        wanted = "the file's" if device is None else f'"{device}"'
        names = ", ".join(name for name, _ in known)
        evidence = f"{len(fitting)} of {len(known)} entries are for {wanted} output: {names}"
        raise ConfigError(f"{path} does not say which calibration to use", evidence, EXAMPLE)
    return fitting[0]


def _entry(path: Any, entry: Any) -> tuple[str, float]:
    known = {"name", "volts_at_full_scale"}
    if not isinstance(entry, dict) or set(entry) != known or not isinstance(entry["name"], str):
        raise ConfigError(f"{path}: a device needs a name and volts_at_full_scale", repr(entry)[:80], EXAMPLE)
    volts = entry["volts_at_full_scale"]
    if isinstance(volts, bool) or not isinstance(volts, (int, float)) or not 0 < volts < 1000:
        raise ConfigError(f"{path}: volts_at_full_scale of {entry['name']} is no voltage", repr(volts), EXAMPLE)
    return entry["name"], float(volts)

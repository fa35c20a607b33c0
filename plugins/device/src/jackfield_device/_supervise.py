"""Starting the player, waiting no longer than its sound lasts, and saying what became of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from jackfield import ConfigError, DataError, JackfieldError, OutputError, PluginError

from ._player import ALL

PLAYER = Path(__file__).with_name("_player.py")
# cards have clocks of their own, and systems are slow at times
SLOWER = 1.25


def carry_out(order: dict[str, Any], data: bytes = b"", seconds: float = 0.0) -> dict[str, Any]:
    """The player's last message, for an order that takes `seconds`; whatever goes wrong is raised, with its name."""
    # -P: no module of the folder where the user happens to be
    command = [sys.executable, "-P", str(PLAYER), json.dumps(order)]
    pipe = subprocess.PIPE
    player = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    late = False
    try:
        try:
            # its own alarm rings first, unless it is frozen as a whole
            out, err = player.communicate(data, timeout=seconds * SLOWER + 3 * order["patience"])
        except subprocess.TimeoutExpired:
            late = True
            player.kill()
            out, err = player.communicate(timeout=order["patience"])
    except subprocess.TimeoutExpired:  # not even killed: it waits inside the kernel for its device
        out, err = b"", b""
    finally:
        player.kill()
    said = [json.loads(line) for line in out.splitlines() if line.startswith(b"{") and line.endswith(b"}")]
    message = {key: value for line in said for key, value in line.items()}
    if late or (player.returncode and b"Timeout (" in err):
        raise _hangs(order, message)
    if "fault" in message:
        raise _fault(order, message)
    if player.returncode or not message.get("done"):
        raise _death(order, message, player.returncode or 0, err)
    return message


def _hangs(order: dict[str, Any], message: dict[str, Any]) -> JackfieldError:
    evidence = f"{_progress(order, message)} nothing for {order['patience']:g} s; the player was ended"
    name = f'sound device "{message["asked"]}"' if "asked" in message else _named(order)
    return OutputError(f"{name} hangs", evidence, "restart the sound server, or choose another device")


def _fault(order: dict[str, Any], message: dict[str, Any]) -> JackfieldError:
    kind, text = message["fault"], message["text"]
    if kind == "portaudio":
        remedy = "install it (Debian: apt install libportaudio2), or use the devices null and file:PATH"
        return PluginError("sound cards need PortAudio, which is not there", text, remedy)
    if kind == "device":
        return ConfigError(f"{_named(order)} is not there", text, "`jackfield devices` lists what is")
    if kind == "format":
        wanted = f"{order['samplerate']:g} Hz, {order['channels']} channels, {order['dtype']}: {text}"
        remedy = "`jackfield devices` lists rates and channels; convert with samplerate, mono or quantize"
        return DataError(f"{_named(order)} does not take this sound", wanted, remedy)
    if kind == "died":
        evidence = f"{_progress(order, message)} {text}"
        return OutputError(f"{_named(order)} died while it played", evidence, "is it still connected?")
    return OutputError(f"{_named(order)} could not be written", f"{_progress(order, message)} {text}")


def _death(order: dict[str, Any], message: dict[str, Any], code: int, err: bytes) -> JackfieldError:
    """The player itself ended: by a signal, or by a mistake in it."""
    with suppress(ValueError):
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    words = err.decode(errors="replace").strip().splitlines()[-1:]
    evidence = " ".join([f"its process ended with {name}:" if words else f"its process ended with {name}", *words])
    if order.get("sink") == "card" or order["do"] == "devices":
        if "loaded" not in message:
            config = os.environ.get("ALSA_CONFIG_PATH")
            remedy = f"ALSA_CONFIG_PATH is {config}: is it there?" if config else "is ALSA's configuration installed?"
            return PluginError("the sound system could not be started", evidence, remedy)
        return OutputError(f"{_named(order)} died while it played", f"{_progress(order, message)} {evidence}")
    return PluginError("the player failed", evidence, "report it")


def _progress(order: dict[str, Any], message: dict[str, Any]) -> str:
    if order["do"] == "devices":
        return "asked for its rates,"
    if "opened" not in message and order["sink"] == "card":
        return "while it was opened,"
    return f"{message.get('frames', 0)} of {order['frames']} frames were taken, then"


def _named(order: dict[str, Any]) -> str:
    if order["do"] == "play" and order["sink"] == "file":
        return order["shown"]
    names = {None: "the default sound device", ALL: "the sound system"}
    return names.get(order["device"], f'sound device "{order["device"]}"')

"""The player: a process of its own that puts bytes from standard input on a sound card, into a file, or nowhere.

A sound system can freeze, abort or crash, and takes its process along; so it gets one that nobody misses. Started as a
script with its order, a JSON object, as argument; what it did, it says in JSON lines on standard output. It imports
nothing but the standard library, and sounddevice for cards.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import sys
import time
from typing import Any

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
# in place of a device: every one
ALL = "*"


class Fault(Exception):
    """Something that the one who ordered has to know: its kind, and words of the library or the system."""


def say(**message: Any) -> None:
    """One line for the supervisor."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def portaudio() -> Any:
    """The module sounddevice, which starts PortAudio when imported."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise Fault("portaudio", str(error)) from error
    say(loaded=sounddevice.get_portaudio_version()[1])
    return sounddevice


class Card:
    """A sound card. PortAudio hands samples on as they are only with its dither switched off."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.sd = sd = portaudio()
        settings = {key: order[key] for key in ("device", "channels", "dtype", "samplerate")}
        try:
            name = sd.query_devices(order["device"], "output")["name"]
        except (ValueError, sd.PortAudioError) as error:
            raise Fault("device", str(error)) from error
        try:
            self.stream = sd.RawOutputStream(latency="high", dither_off=True, **settings)
        except (ValueError, sd.PortAudioError) as error:
            raise Fault("format", str(error)) from error
        say(opened=name)

    def write(self, block: bytes) -> bool:
        """Play; true where the card ran dry before."""
        try:
            if self.stream.stopped:
                self.stream.start()
            return bool(self.stream.write(block))
        except self.sd.PortAudioError as error:
            raise Fault("died", str(error)) from error

    def finish(self) -> None:
        """Wait until everything was heard."""
        try:
            self.stream.stop()
            self.stream.close()
        except self.sd.PortAudioError as error:
            raise Fault("died", str(error)) from error


class File:
    """The bytes a card would have got, as a file."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.file = open(order["path"], "wb")  # noqa: SIM115 - open as long as the sound lasts

    def write(self, block: bytes) -> bool:
        """Never runs dry."""
        self.file.write(block)
        return False

    def finish(self) -> None:
        """Flush, and hear of a full disk."""
        self.file.close()


class Null:
    """Nowhere, in the time that a card would take."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.second = order["samplerate"] * order["frame_bytes"]
        self.until = time.monotonic()

    def write(self, block: bytes) -> bool:
        """Sleep for as long as the block lasts."""
        self.until += len(block) / self.second
        time.sleep(max(0.0, self.until - time.monotonic()))
        return False

    def finish(self) -> None:
        """Nothing is left to wait for."""


SINKS = {"card": Card, "file": File, "null": Null}


def play(order: dict[str, Any]) -> None:
    """`frames` from standard input, then `tail` frames of silence, so that the end is heard and not cut off."""
    alarm(order["patience"])
    sink = SINKS[order["sink"]](order)
    frame, left = order["frame_bytes"], order["frames"]
    block, digest, underflows = max(1, int(order["samplerate"] / 10)), hashlib.sha256(), 0
    while left:
        faulthandler.cancel_dump_traceback_later()
        data = sys.stdin.buffer.read(min(block, left) * frame)
        if len(data) < min(block, left) * frame:
            raise Fault("input", "the sound ended before its length")
        alarm(order["patience"])
        underflows += sink.write(data)
        digest.update(data)
        left -= len(data) // frame
        say(frames=order["frames"] - left)
    silence, tail = bytes([order["silence"]]) * frame, order["tail"]
    while tail:
        alarm(order["patience"])
        sink.write(silence * min(block, tail))
        tail -= min(block, tail)
    alarm(order["patience"])
    sink.finish()
    say(done=True, frames=order["frames"], underflows=underflows, sha256=digest.hexdigest())


def devices(order: dict[str, Any]) -> None:
    """Every output device (or the one named) with the rates that it takes for `channels` channels of `dtype`."""
    alarm(order["patience"])
    sd = portaudio()
    try:
        default = sd.query_devices(kind="output")["index"]
    except sd.PortAudioError:
        default = None
    try:
        wanted = order["device"]
        found = sd.query_devices() if wanted == ALL else [sd.query_devices(wanted, "output")]
    except (ValueError, sd.PortAudioError) as error:
        raise Fault("device", str(error)) from error
    rows = []
    for about in found:
        if about["max_output_channels"]:
            say(asked=about["name"])
            alarm(order["patience"])
            channels = min(order["channels"], about["max_output_channels"])
            takes = {"device": about["index"], "channels": channels, "dtype": order["dtype"]}
            rows.append({
                "index": about["index"],
                "name": about["name"],
                "host": sd.query_hostapis(about["hostapi"])["name"],
                "channels": about["max_output_channels"],
                "default_rate": about["default_samplerate"],
                "rates": [rate for rate in RATES if accepted(sd, samplerate=rate, **takes)],
                "default": about["index"] == default,
            })  # fmt: skip
    say(done=True, devices=rows)


def accepted(sd: Any, **settings: Any) -> bool:
    """Whether a device would play this."""
    try:
        sd.check_output_settings(**settings)
    except sd.PortAudioError:
        return False
    return True


def alarm(seconds: float) -> None:
    """End this process unless called again in time; a thread in C sees to it, whatever the sound system blocks."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def main(order: dict[str, Any]) -> None:
    """Do it, and leave at once: PortAudio's own farewell may hang where its device did."""
    try:
        {"play": play, "devices": devices}[order["do"]](order)
    except Fault as fault:
        say(fault=fault.args[0], text=fault.args[1])
    except OSError as error:
        say(fault="file", text=error.strerror or str(error))
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""The way of an emission: where to, how fast, how loud; then out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jackfield import Codes, ConfigError, DataError, OutputError, get, write_as

from . import play
from ._calibration import full_scale_volts
from ._emission import CORNER_HZ, RATES, Map, best_rate, coded, left_after, shaped
from ._play import SLOWEST_HZ, sink_of
from ._values import level_of, range_of, seconds_of
from .devices import SoundDevice, devices
from .emit import FILE_HZ, RAMP_S, SAFE_DBFS, Emission

# of all channels, of which several float64 copies are held; shorter than any sample lasts
MOST_SAMPLES, SHORTEST_S = 1 << 28, 1e-9


@dataclass(frozen=True)
class Target:
    """A device by its name, or a file with its container."""

    to: str
    device: str | None = None
    path: Path | None = None
    container: str = ""
    force: bool = False


def target_of(to: str, containers: dict[str, str], force: bool) -> Target:
    """What `to` means; ConfigError where that is nothing, or would write over a file."""
    kind, _, name = to.partition(":")
    if kind == "device":
        return Target(to, device=name or "default")
    if to == "null" or kind == "file":
        return Target(to, device=to, force=force)
    path = Path(to)
    container = containers.get(path.suffix.lower())
    if container is None:
        known = ", ".join(containers)
        remedy = "write device, device:NAME, null, file:out.raw, or out.wav"
        raise ConfigError(f"{to}: neither a device nor a kind of file that holds codes", f"known: {known}", remedy)
    if os.path.lexists(path) and not path.is_file():
        raise OutputError(f"{path} is no regular file", remedy="choose another name")
    if path.exists() and not force:
        raise ConfigError(f"{path} exists", remedy="choose another name, or --force to write over it")
    return Target(to, path=path, container=container, force=force)


def send(
    given: tuple[np.ndarray, float | None], target: Target, *, hold: Any, span: Any, rate: float | None, level: Any,
    ramp: Any, shape: str, repeat: int, bits: int, calibration: Any,
) -> Emission:  # fmt: skip
    """See `emit`."""
    values, own_rate = given
    _check_size(values.size * repeat, f"{values.size:,} values, {repeat:,} times")
    values = np.tile(values, repeat)
    notes: list[str] = []
    hold_s, rate = _times(hold, rate, own_rate, notes)
    card = _card(target, values.shape[0], bits)
    if rate is None:
        supported = card.rates if card else RATES
        rate = best_rate(hold_s, supported, card.default_rate if card else FILE_HZ)
    if target.path is not None and rate != round(rate):
        raise ConfigError("files hold whole rates", f"{rate:g} Hz")
    volts = None if calibration is None else full_scale_volts(calibration, card.name if card else None)
    scale, level_db = _scale(values, span, level, volts, notes)
    exact = isinstance(level, str) and level.strip() == "exact"
    ramp_s = seconds_of(ramp, "ramp") if ramp is not None else 0.0 if exact or target.path else RAMP_S
    seconds = values.shape[1] * hold_s + 2 * ramp_s
    _check_size(seconds * rate * len(values), f"{seconds:g} s at {rate:g} Hz, {len(values)} channels")
    signal = shaped(scale.samples(values), hold_s, rate, shape)
    if shape == "hold" and abs(hold_s * rate - round(hold_s * rate)) > 1e-6:
        notes.append(f"{hold_s * rate:g} samples are no whole number: {signal.history[-1]}")
    codes, ramp_frames = coded(signal, ramp_s, bits, level_db)
    dc = float(signal.samples.mean())
    notes += _coupling(hold_s, dc, scale)
    path, playing = _out(codes, target)
    return Emission(
        to=target.to,
        path=path,
        values=values.shape[1],
        hold_s=hold_s,
        shape=shape,
        rate=rate,
        channels=values.shape[0],
        frames=signal.n,
        ramp_frames=ramp_frames,
        lo=scale.lo,
        hi=scale.hi,
        level_dbfs=level_db,
        bits=bits,
        signed=codes.signed,
        lsb=(scale.hi - scale.lo) / 2 / scale.gain / (1 << (bits - 1)),
        volts=None if volts is None else (-volts * scale.gain, volts * scale.gain),
        left_after_hold=left_after(hold_s),
        dc=dc,
        notes=tuple(notes),
        playing=playing,
        codes=codes,
    )


def _check_size(samples: float, evidence: str) -> None:
    if samples > MOST_SAMPLES:
        raise DataError("the sound does not fit into memory", evidence, "hold, ramp or repeat less, or lower the rate")


def _times(hold: Any, rate: float | None, own_rate: float | None, notes: list[str]) -> tuple[float, float | None]:
    """(seconds per value, samples per second or None): what is too slow for a player is a hold."""
    slow = rate if rate is not None and rate < SLOWEST_HZ else None
    if slow is None and hold is None and own_rate is not None:
        if own_rate >= SLOWEST_HZ:
            return 1 / own_rate, rate or own_rate
        slow = own_rate
    elif slow is not None:
        rate = None
    if slow is not None:
        if hold is not None and abs(seconds_of(hold, "hold") * slow - 1) > 1e-9:
            evidence = f"{slow:g} values per second, each held for {hold}"
            raise ConfigError("rate and hold contradict each other", evidence, "leave --rate out")
        notes.append(f"no player takes a rate of {slow:g} Hz: it became a hold of {1000 / slow:g} ms per value")
        return 1 / slow, rate
    if hold is None:
        raise ConfigError("how long is each value to last?", remedy="write --hold 100ms")
    seconds = seconds_of(hold, "hold")
    if seconds < SHORTEST_S:
        raise ConfigError("a value cannot be held for no time", remedy="write --hold 100ms")
    return seconds, rate


def _card(target: Target, channels: int, bits: int) -> SoundDevice | None:
    """The card that will play, and what it takes; None for files and devices that take everything."""
    if target.device is None or sink_of(target.device)["sink"] != "card":
        return None
    dtype = "uint8" if bits <= 8 else "int16" if bits <= 16 else "int32"
    (card,) = devices(target.device, channels=channels, dtype=dtype)
    if channels > card.channels:
        raise DataError(f'sound device "{card.name}" has {card.channels} channels', f"values are for {channels}")
    if not card.rates:
        raise OutputError(f'sound device "{card.name}" takes no sound now', "busy or unplugged")
    return card


def _scale(values: np.ndarray, span: Any, level: Any, volts: float | None, notes: list[str]) -> tuple[Map, float]:
    """The map of values to samples, and its level in dBFS."""
    if span is None and values.min() == values.max():
        raise ConfigError("equal values have no range of their own", f"all are {values.min():g}", "give --range LO:HI")
    lo, hi, in_volts = range_of((values.min(), values.max()) if span is None else span)
    if span is None:
        notes.append(f"no range given: {lo:g} to {hi:g}, the least and greatest value, became full scale")
    if not in_volts:
        level_db = level_of(SAFE_DBFS if level is None else level)
        return Map(lo, hi, 10 ** (level_db / 20)), level_db
    if volts is None:
        remedy = "give --calibration, with the volts that the device's full scale was measured to be"
        raise ConfigError("a range in volts needs a calibration", f"{lo:g} V to {hi:g} V", remedy)
    if level is not None and level_of(level) != 0:
        raise ConfigError("volts leave no level to choose", f"level {level}", "leave --level or the V out")
    if max(-lo, hi) > volts:
        raise ConfigError("the device does not reach these volts", f"{lo:g} V to {hi:g} V, full scale is {volts:g} V")
    Map(lo, hi, 1.0).samples(values)  # within the limits that were asked for
    return Map(-volts, volts, 1.0), 0.0


def _coupling(hold: float, dc: float, scale: Map) -> list[str]:
    """What a sound card's output makes of held values: few pass DC."""
    left, steady = left_after(hold), -np.log(0.99) / (2 * np.pi * CORNER_HZ)
    some_dc = abs(dc) >= 0.01 * scale.gain
    if left > 0.99 and not some_dc:
        return []
    mean = f", and the mean of all, {dc:+.3f} of full scale, does not come out" if some_dc else ""
    return [
        f"outputs of sound cards are AC-coupled: behind a corner of {CORNER_HZ:g} Hz a step has lost {1 - left:.1%} "
        f"after {hold * 1000:g} ms (1 % after {steady * 1000:.2g} ms){mean}; "
        "steady voltages need an interface with DC-coupled outputs"
    ]


def _out(codes: Codes, target: Target) -> tuple[str | None, Any]:
    """Play or write; (path, what was played)."""
    if target.path is None:
        assert target.device is not None
        done = play(codes, target.device, force=target.force)
        if done.underflows:
            evidence = f"{done.underflows} times in {done.frames} frames: there were gaps between the values"
            raise OutputError(f'sound device "{done.device}" ran dry', evidence, "try again with less going on")
        return done.file, done
    write_as(target.path, lambda stem: get("wav", container=target.container)(codes, stem))
    return str(target.path), None

"""Names and evidence as people read them."""

from __future__ import annotations

import os

from jackfield import Comparison


def shared_folder(paths: list[str]) -> str:
    """The deepest folder that holds all files; empty where there is none, as on two drives.

    >>> shared_folder(["/clips/a/kick.wav", "/clips/b/kick.wav"])
    '/clips'
    """
    folders = {os.path.dirname(os.path.abspath(path)) for path in paths}
    one_drive = len({os.path.splitdrive(folder)[0] for folder in folders}) == 1
    return os.path.commonpath(folders) if one_drive else ""


def inside(paths: list[str]) -> list[str]:
    """Paths below the folder that all of them share.

    >>> inside(["clips/a/kick.wav", "clips/b/kick.wav"])
    ['a/kick.wav', 'b/kick.wav']
    """
    base = shared_folder(paths)
    return [os.path.relpath(os.path.abspath(path), base) for path in paths] if base else paths


def shortened(text: str, most: int) -> str:
    """At most `most` characters, the middle left out: a name's end tells as much as its start.

    >>> shortened("drum-loop-take-12.wav", 12)
    'drum...2.wav'
    """
    if len(text) <= most:
        return text
    kept = most - 3
    return text[: kept - kept // 2 - 1] + "..." + text[-(kept // 2 + 1) :]


def offset(seconds: float | None) -> str:
    """When a's material starts against b's; nothing where that is not known.

    >>> offset(0.0125), offset(-1.5), offset(0.00001), offset(None)
    ('12.5 ms later', '1.500 s earlier', '0 ms', '')
    """
    if seconds is None:
        return ""
    if abs(seconds) < 0.00005:
        return "0 ms"
    size = f"{abs(seconds):.3f} s" if abs(seconds) >= 1 else f"{1000 * abs(seconds):.1f} ms"
    return f"{size} {'later' if seconds > 0 else 'earlier'}"


def gain(db: float | None) -> str:
    """Level of a against b; nothing where that is not known.

    >>> gain(-6.02), gain(0.01), gain(None)
    ('6.0 dB softer', '0 dB', '')
    """
    if db is None:
        return ""
    if abs(db) < 0.05:
        return "0 dB"
    return f"{abs(db):.1f} dB {'louder' if db > 0 else 'softer'}"


def extent(diameter: float | None, nearest: int, distance: float | None) -> str:
    """How large a group is, and how far from others; what is not known is left out.

    >>> extent(0.12, 3, 0.35), extent(0.12, -1, None), extent(None, -1, None)
    ('diameter 0.120, 0.350 from group 3', 'diameter 0.120', '')
    """
    parts = [] if diameter is None else [f"diameter {diameter:.3f}"]
    return ", ".join(parts + ([] if distance is None else [f"{distance:.3f} from group {nearest}"]))


def describe(relation: str | None, found: Comparison | None) -> str:
    """The evidence of one pair in a line, from a's side; what is no difference is left out.

    >>> describe("variant", Comparison(0.1, offset_s=0.03, gain_db=0, polarity=-1, differs=((1.37, 1.55),)))
    'variant, 30.0 ms later, polarity inverted, differs at 1.37–1.55 s'
    """
    parts = [relation or ""]
    if found is not None:
        parts += [offset(found.offset_s), gain(found.gain_db)]
        parts += ["polarity inverted"] if found.polarity == -1 else []
        if found.differs:
            parts.append("differs at " + ", ".join(f"{start:.2f}–{stop:.2f} s" for start, stop in found.differs))
    return ", ".join(part for part in parts if part not in ("", "0 ms", "0 dB"))

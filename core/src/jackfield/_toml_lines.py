"""Line numbers for keys of a TOML text, which tomllib does not give."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*(?P<key>[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?P<rest>(\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")
_STRING = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)


def line_of(text: str, keys: tuple[str | int, ...]) -> int | None:
    """Line (from 1) where the deepest known part of the key path stands; None if not even its first key is there.

    >>> line_of("a = 1\\n[[step]]\\nuse = 'x'\\nwith = { n = 2 }", ("step", 0, "with", "n"))
    4
    """
    # Newlines inside multi-line strings stay, so that lines keep their numbers; their text must not look like keys.
    masked = _STRING.sub(lambda m: '""' + "\n" * m.group().count("\n"), text)
    best, depth = None, 0
    for number, path in _paths(masked):
        common = 0
        while common < min(len(path), len(keys)) and path[common] == keys[common]:
            common += 1
        if common > depth and common == len(path):
            best, depth = number, common
    if best is None or depth == len(keys) or not isinstance(keys[-1], str):
        return best
    return _inside(masked, best, keys[depth:]) or best


def _paths(text: str) -> list[tuple[int, tuple[str | int, ...]]]:
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    found: list[tuple[int, tuple[str | int, ...]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = ()
            parts = [p.strip().strip("\"'") for p in header[2].split(".")]
            for depth, part in enumerate(parts):
                table = (*table, part)
                if header[1] == "[[" and depth == len(parts) - 1:
                    counts[table] = counts.get(table, -1) + 1
                    found.append((number, table))
                if table in counts:
                    table = (*table, counts[table])
            found.append((number, table))
        elif key := _KEY.match(line):
            more = [p.strip() for p in key["rest"].split(".") if p.strip()]
            found.append((number, (*table, key["key"].strip("\"'"), *more)))
    return found


def _inside(text: str, line: int, keys: tuple[str | int, ...]) -> int | None:
    """Line of a key of an inline table that begins on `line`, before the next header."""
    for number, content in enumerate(text.splitlines()[line - 1 :], line):
        if number > line and _HEADER.match(content):
            return None
        if re.search(rf"""(?<![\w-])["']?{re.escape(str(keys[-1]))}["']?\s*=""", content):
            return number
    return None

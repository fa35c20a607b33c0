"""Fetching one file over HTTP: whole and as expected, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pooch
import requests

from jackfield import PluginError

from ._weights import ways

MOST_BYTES = 64 << 20  # a server that never ends must not fill the disk
Told = Callable[[int, int | None], Any]


def fetch(path: Path, url: str, digest: str, *, timeout: float = 20.0) -> Path:
    """`url` as the file `path`, whose SHA-256 must be `digest`; nothing is left behind where that fails.

    timeout : seconds without a byte after which a connection counts as broken

    A download that breaks off is resumed where it broke. Raises PluginError with the ways to do without it.
    """
    pooch.get_logger().setLevel("WARNING")
    made = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    try:
        with _bar() as told:
            download = Resuming(timeout, told)
            return Path(pooch.retrieve(url, f"sha256:{digest}", path.name, path.parent, downloader=download))
    except (requests.RequestException, ValueError, OSError) as error:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise PluginError("the YAMNet model could not be fetched", _reason(error), ways()) from None


@dataclass(frozen=True)
class Resuming:
    """A downloader for pooch that goes on where a connection broke, as long as each brings something.

    timeout : seconds without a byte; told : called with the bytes so far and the bytes in all
    """

    timeout: float
    told: Told

    def __call__(self, url: str, output_file: str | os.PathLike[str], pooch: Any, check_only: bool = False) -> None:
        """Write what is at `url` to `output_file`."""
        with open(output_file, "wb") as file:
            while True:
                before = file.tell()
                try:
                    return self._rest(url, file)
                except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                    if file.tell() == before:
                        raise

    def _rest(self, url: str, file: IO[bytes]) -> None:
        have = file.tell()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, stream=True, timeout=self.timeout, headers=headers) as answer:
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content:
                have = 0
                file.seek(0)
                file.truncate()
            length = answer.headers.get("Content-Length")
            for chunk in answer.iter_content(1 << 14):
                file.write(chunk)
                if file.tell() > MOST_BYTES:
                    raise ValueError(f"more than {MOST_BYTES >> 20} MiB")
                self.told(file.tell(), have + int(length) if length else None)


@contextmanager
def _bar() -> Iterator[Told]:
    """Progress on a terminal's standard error, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = TextColumn("fetching YAMNet"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _reason(error: Exception) -> str:
    """What went wrong, in a few words."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server says {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "the server does not answer"
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        return "no connection" if "NewConnection" in repr(error) or "NameResolution" in repr(error) else "it broke off"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "what came is another file: its SHA-256 is not the published one"
    return str(error).splitlines()[0]

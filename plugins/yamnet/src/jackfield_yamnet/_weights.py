"""Where the model file is, and how it gets there."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import platformdirs

from jackfield import PluginError

# What MediaPipe's audio classifier uses: 8-bit weights, whatever the folder is called. Apache-2.0.
BASE = "https://storage.googleapis.com/mediapipe-models/audio_classifier/yamnet/float32/1/"
NAME = "yamnet.tflite"
SHA256 = "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de"
VARIABLE = "JACKFIELD_YAMNET"


def load(model: str | None) -> tuple[bytes, str]:
    """Content and SHA-256 of the model file that is named, or else of the published one.

    model : path; None: what the variable JACKFIELD_YAMNET names, else the user's cache, to which it is fetched once

    Raises PluginError where there is none, and for a file that cannot be a model.
    """
    named = model or os.environ.get(VARIABLE)
    content = _read(Path(named)) if named else _published()
    digest = sha256(content).hexdigest()
    if named:
        _check(named, content)
    return content, digest


def cache() -> Path:
    """The user's folder for the fetched file."""
    return platformdirs.user_cache_path("jackfield")


def _published() -> bytes:
    path = cache() / NAME
    if path.is_file() and sha256(content := _read(path)).hexdigest() == SHA256:
        return content
    from ._download import fetch

    return _read(fetch(path, BASE + NAME, SHA256))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PluginError(f"no YAMNet model at {path}", error.strerror or str(error), ways()) from None


def _check(path: str, content: bytes) -> None:
    start = content[:256].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise PluginError(f"{path} is a web page, not a model", remedy="fetch the file itself")
    if len(content) < 1024:
        raise PluginError(f"{path} is no model", f"{len(content)} bytes", "fetch it again")


def ways() -> str:
    """How to provide the model by hand."""
    return f"name a model file by model= or {VARIABLE}, or put {BASE}{NAME} to {cache() / NAME}"

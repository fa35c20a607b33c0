"""Beginning a plugin: `jackfield plugins new`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import ConfigError, OutputError, did_you_mean
from ..registry import registry

KINDS = ("feature", "distance", "clusterer", "resampler", "transform", "output", "reader")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# names of classes, besides Jackfield's own, that a plugin's module could not do without
TAKEN = ("Annotated", "False", "Iterator", "None", "Path", "True")


def new_plugin(name: str, kind: str = "feature", folder: str | os.PathLike[str] | None = None) -> tuple[Path, ...]:
    """Write a plugin that works and is ready to be changed; the files that were written.

    It is a whole distribution, `jackfield-<name>`: a component of the kind with parameter, docstring and example, its
    entry point, a README, and a test that holds it against the conformance kit.

    name : of component and plugin; small letters and digits, with hyphens between
    kind : one of "feature", "distance", "clusterer", "resampler", "transform", "output", "reader"
    folder : new or empty; left out, `jackfield-<name>` here

    Raises ConfigError where the name is taken by something installed or cannot be one, or the folder holds anything,
    and OutputError where it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.relative_to(folder).as_posix() for path in new_plugin("loudness", folder=folder)]
    ['pyproject.toml', 'README.md', 'src/jackfield_loudness/__init__.py', 'tests/test_loudness.py']
    """
    if kind not in KINDS:
        raise ConfigError(f'no template for the kind "{kind}"', remedy=did_you_mean(kind, KINDS))
    texts = _texts(_free(name), kind)
    root = Path(folder or f"jackfield-{name}")
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise ConfigError(f"{root} is there already", remedy="name a new folder with -o")
        for place, text in texts.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"could not write {root}", error.strerror or str(error)) from error
    return tuple(root / place for place in texts)


def _free(name: str) -> str:
    """`name`, if a new plugin can have it."""
    import jackfield

    cause = f'"{name}" cannot be the name of a plugin'
    if not NAME.fullmatch(name):
        raise ConfigError(cause, remedy="small letters and digits, with hyphens between")
    if _class(name) in (*jackfield.__all__, *TAKEN):
        raise ConfigError(cause, f"its class would be {_class(name)}, a name that its module needs")
    from .._dists import distributions

    installed = {dist.name.lower(): dist.name for dist in distributions()}
    if own := installed.get(f"jackfield-{name}"):
        raise ConfigError(f'the name "{name}" is taken', f"{own} is installed")
    for entry in registry().entries:
        if name in (entry.offer.name, entry.plugin.name):
            raise ConfigError(f'the name "{name}" is taken', f"by {entry.plugin.label}")
    return name


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _texts(name: str, kind: str) -> dict[str, str]:
    """File of the new distribution → its content."""
    from importlib.resources import files
    from string import Template

    from .. import __version__

    major, minor = __version__.split(".")[:2]
    words = {
        "name": name,
        "kind": kind,
        "Class": _class(name),
        "module": f"jackfield_{name.replace('-', '_')}",
        "distribution": f"jackfield-{name}",
        "range": f">={major}.{minor},<{major}.{int(minor) + 1}",
    }
    template = files("jackfield") / "template"
    places = {
        "pyproject.toml": "pyproject.toml.txt",
        "README.md": "README.md.txt",
        f"src/{words['module']}/__init__.py": f"{kind}.py.txt",
        f"tests/test_{name.replace('-', '_')}.py": "test_reader.py.txt" if kind == "reader" else "test.py.txt",
    }
    return {
        place: Template((template / file).read_text(encoding="utf-8")).substitute(words)
        for place, file in places.items()
    }

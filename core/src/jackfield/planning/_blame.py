"""Whose fault it is when a component fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .._dists import by_name
from ..discovery import LIBRARIES
from ..errors import ComponentError, ConfigError, JackfieldError, PluginError


@contextmanager
def blamed(label: str, doing: str = "failed") -> Iterator[None]:
    """Let every error inside name the component that raised it.

    Errors raised on purpose keep their kind and get the label in front. Anything else, a component that tries to end
    the program included, becomes a ComponentError with the place in the component's code.
    """
    try:
        yield
    except JackfieldError as error:
        raise type(error)(f"{label} {doing}: {error.cause}", error.evidence, error.remedy) from error
    except (Exception, SystemExit) as error:
        raise unexpected(error, f"{label} {doing}: ") from error


def unexpected(error: BaseException, front: str = "") -> ComponentError:
    """An exception that a component did not mean to raise, as an error that says where it came from."""
    if isinstance(error, MemoryError):
        return ComponentError(f"{front}not enough memory", str(error))
    return ComponentError(f"{front}{type(error).__name__}: {error}", place(error), "please report it")


def place(error: BaseException) -> str:
    """File and line where an exception was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


def check_libraries() -> None:
    """ConfigError where a library that plugins share cannot do what the environment asks of it.

    Its `about()` then raises a ValueError. Whatever else is wrong with it, those that need it fail by it, and say so.
    """
    for _, entry in sorted(by_name(LIBRARIES).items()):
        try:
            getattr(entry.load(), "about", dict)()
        except ValueError as error:
            cause, _, rest = str(error).partition(": ")
            evidence, _, remedy = rest.partition("; ")
            raise ConfigError(cause, evidence, remedy) from error
        except (Exception, SystemExit):
            continue


def prepared(component: object, label: str) -> None:
    """Let a component look for its libraries and models; PluginError names what is missing."""
    prepare = getattr(component, "prepare", None)
    if prepare is None:
        return
    try:
        prepare()
    except JackfieldError:
        raise
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ImportError) else None
        remedy = f"pip install {missing}" if missing else "see what its documentation says it needs"
        raise PluginError(f"{label} cannot run", f"{type(error).__name__}: {error}", remedy) from error

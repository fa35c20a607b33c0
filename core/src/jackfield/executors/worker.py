"""What runs in a worker process: one JSON line in, one out, until the input ends."""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any, BinaryIO

from .. import errors

ERRORS: dict[str, type[errors.JackfieldError]] = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.JackfieldError)
}
READY = b"ready\n"


def answer(line: bytes) -> dict[str, Any]:
    """Carry out one call and say how it went."""
    try:
        call = json.loads(line)
        module, _, name = call["call"].partition(":")
        return {"result": getattr(import_module(module), name)(*call["args"], **call["kwargs"])}
    except errors.JackfieldError as error:
        details = {"cause": error.cause, "evidence": error.evidence, "remedy": error.remedy}
        return {"error": type(error).__name__, **details}
    except (Exception, SystemExit) as error:
        import traceback

        text = "".join(traceback.format_exception(error)[-3:]).strip()
        return {"error": "", "cause": f"{type(error).__name__}: {error}", "evidence": text, "remedy": ""}


def main() -> None:
    """Serve calls from standard input."""
    calls, replies = os.fdopen(_private(0), "rb"), os.fdopen(_private(1), "wb")
    # A plugin or a program that it starts may read standard input and print: it finds nothing there, and what it
    # prints goes to standard error, so that it can neither swallow calls nor talk between the replies.
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    try:
        _say(replies, READY)
        for line in calls:
            _say(replies, json.dumps(answer(line)).encode() + b"\n")
    except BrokenPipeError:
        # The driver is gone; what was computed lies in the run folder for the next one.
        os._exit(0)


def _private(descriptor: int) -> int:
    copy = os.dup(descriptor)
    os.set_inheritable(copy, False)
    return copy


def _say(replies: BinaryIO, line: bytes) -> None:
    replies.write(line)
    replies.flush()


if __name__ == "__main__":
    main()

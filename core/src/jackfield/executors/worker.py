"""What runs in a worker process: one JSON line in, one out, until the input ends."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from .. import errors

ERRORS: dict[str, type[errors.JackfieldError]] = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.JackfieldError)
}


def answer(line: str) -> dict[str, Any]:
    """Carry out one call and say how it went."""
    try:
        call = json.loads(line)
        module, _, name = call["call"].partition(":")
        return {"result": getattr(import_module(module), name)(*call["args"], **call["kwargs"])}
    except errors.JackfieldError as error:
        details = {"cause": error.cause, "evidence": error.evidence, "remedy": error.remedy}
        return {"error": type(error).__name__, **details}
    except Exception as error:
        import traceback

        text = "".join(traceback.format_exception(error)[-3:]).strip()
        return {"error": "", "cause": f"{type(error).__name__}: {error}", "evidence": text, "remedy": ""}


def main() -> None:
    """Serve calls from standard input."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a plugin prints goes to standard error, never between the replies.
    os.dup2(2, 1)
    for line in sys.stdin:
        text = json.dumps(answer(line)) + "\n"
        try:
            replies.write(text)
            replies.flush()
        except BrokenPipeError:
            # The driver is gone; what was computed lies in the run folder for the next one.
            os._exit(0)


if __name__ == "__main__":
    main()

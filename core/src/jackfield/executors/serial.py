"""One item after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any

from ..errors import JackfieldError


class SerialExecutor(futures.Executor):
    """Computes on submission, in the caller's thread."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        """Run now; the future is done when it returns."""
        future: futures.Future[Any] = futures.Future()
        try:
            future.set_result(function(*args, **kwargs))
        except SystemExit as error:
            # Raised again by `result()` it would end the program, which no component may.
            future.set_exception(JackfieldError(f"SystemExit: {error}", "a component tried to end the program"))
        except Exception as error:
            future.set_exception(error)
        return future

"""Worker processes under our own supervision.

The standard pool gives up all results when one worker is killed. Here every worker has one item at a time and one
thread in this process that watches it: when the worker dies, only that item's future fails, with WorkerLost, and a
new worker takes its place. Workers are started by `python -m`, not by fork or spawn, so that neither threads here nor
an unguarded script of the caller can trip them.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

from ..errors import JackfieldError, WorkerLost
from .worker import ERRORS

# One thread per worker and library: workers are the parallelism, and sums must not depend on the machine's cores.
SINGLE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")}


class ProcessesExecutor(futures.Executor):
    """A concurrent.futures.Executor over `jobs` worker processes (0 = one per processor this process may use)."""

    def __init__(self, jobs: int = 0) -> None:
        self.jobs = jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0] * 2)
        self._queue: queue.SimpleQueue[tuple[futures.Future[Any], str] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._watch, daemon=True) for _ in range(self.jobs)]
        self._workers: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        """Queue a call of a module-level function with JSON arguments."""
        if self._closed:
            raise RuntimeError("submit after shutdown")
        name = f"{function.__module__}:{function.__qualname__}"
        future: futures.Future[Any] = futures.Future()
        self._queue.put((future, json.dumps({"call": name, "args": args, "kwargs": kwargs})))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop the workers; with `cancel_futures` at once, otherwise after what is queued."""
        self._closed = True
        if cancel_futures:
            while not self._queue.empty():
                if entry := self._queue.get():
                    entry[0].cancel()
            for worker in list(self._workers):
                worker.kill()
        for _ in self._threads:
            self._queue.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _watch(self) -> None:
        worker: subprocess.Popen[bytes] | None = None
        while entry := self._queue.get():
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            if worker is not None and worker.poll() is not None:
                # Killed between two items: nothing was lost with it.
                self._workers.discard(worker)
                worker = None
            worker = worker or self._start()
            reply = self._ask(worker, call)
            if reply:
                _settle(future, json.loads(reply))
            else:
                code = worker.wait()
                self._workers.discard(worker)
                worker = None
                future.set_exception(WorkerLost("a worker process died", _ending(code)))
        if worker is not None:
            assert worker.stdin is not None
            worker.stdin.close()
            worker.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "jackfield.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | SINGLE_THREAD,
            # Ctrl-C on a terminal goes to a whole process group; the driver answers it for everybody.
            process_group=0 if os.name == "posix" else None,
        )
        self._workers.add(worker)
        return worker

    @staticmethod
    def _ask(worker: subprocess.Popen[bytes], call: str) -> bytes:
        """The worker's answer; empty when it died."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(call.encode() + b"\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except (BrokenPipeError, ValueError):
            return b""
        return line if line.endswith(b"\n") else b""


def _ending(code: int) -> str:
    import signal

    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _settle(future: futures.Future[Any], reply: dict[str, Any]) -> None:
    if "error" not in reply:
        future.set_result(reply["result"])
        return
    known = ERRORS.get(reply["error"])
    details = (reply["cause"], reply["evidence"], reply["remedy"])
    future.set_exception(known(*details) if known else JackfieldError(*details))

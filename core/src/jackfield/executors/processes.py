"""Worker processes under our own supervision.

The standard pool gives up all results when one worker is killed. Here every worker has one item at a time and one
thread in this process that watches it: when the worker dies, only that item's future fails, with WorkerLost, and a
new worker takes its place. Workers are started by `python -m`, not by fork or spawn, so that neither threads here nor
an unguarded script of the caller can trip them.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

from ..errors import JackfieldError, PluginError, WorkerLost
from .worker import ERRORS, READY

# One thread per worker and library: workers are the parallelism, and sums must not depend on the machine's cores.
SINGLE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")}

# Memory of arrays that come and go, one per comparison, is kept for the next one (glibc): given back to the system each
# time, it costs a fifth of the processor's time to get it again, page by page.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(16 << 20)}

CANNOT_START, WITHOUT = "worker processes cannot start", "compute without them: -j 1"


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Worker(subprocess.Popen[bytes]):
    """One worker process; what it says on standard error goes on to ours, and the last lines are kept."""

    def __init__(self) -> None:
        super().__init__(
            [sys.executable, "-P", "-m", "jackfield.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=KEEP_MEMORY | os.environ | SINGLE_THREAD,
            # Ctrl-C on a terminal goes to a whole process group; the driver answers it for everybody.
            process_group=0 if os.name == "posix" else None,
        )
        self._said = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.stderr is not None
        while said := os.read(self.stderr.fileno(), 1 << 16):
            self._said = (self._said + said)[-2000:]
            # Whatever becomes of our standard error, the worker's must be emptied, or it would wait for ever.
            with contextlib.suppress(OSError):
                os.write(2, said)

    def await_ready(self) -> None:
        """Return when the worker can work; PluginError with its last words if it never could."""
        assert self.stdout is not None
        # What an installation prints while Python starts comes before the word we wait for.
        if not any(line == READY for line in self.stdout):
            code = self.wait()
            self._listener.join(1)
            words = " | ".join(self._said.decode(errors="replace").strip().splitlines()[-3:])
            raise PluginError(CANNOT_START, words or _ending(code), WITHOUT)

    def dismiss(self) -> None:
        """Let the worker end, and its last words arrive."""
        assert self.stdin is not None
        with contextlib.suppress(OSError):
            self.stdin.close()
        self.wait()
        # A process that the worker left behind may hold the other end open.
        self._listener.join(1)


class ProcessesExecutor(futures.Executor):
    """A concurrent.futures.Executor over `jobs` worker processes (0 = one per processor this process may use)."""

    def __init__(self, jobs: int = 0) -> None:
        self.jobs = jobs or processors()
        self._queue: queue.SimpleQueue[tuple[futures.Future[Any], str] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._watch, daemon=True) for _ in range(self.jobs)]
        self._workers: set[Worker] = set()
        self._closed = self._stopped = False
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
            self._stopped = True
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
        worker: Worker | None = None
        while entry := self._queue.get():
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            if worker is not None and worker.poll() is not None:
                # Killed between two items: nothing was lost with it.
                self._remove(worker)
                worker = None
            # Whatever happens here, somebody waits for the future.
            try:
                if worker is None:
                    worker = self._start()
                    worker.await_ready()
                if reply := self._ask(worker, call):
                    _settle(future, json.loads(reply))
                    continue
                error: Exception = WorkerLost("a worker process died", _ending(worker.wait()))
            except Exception as unforeseen:
                error = unforeseen
            if worker is not None:
                self._remove(worker)
                worker = None
            future.set_exception(error)
        if worker is not None:
            worker.dismiss()

    def _start(self) -> Worker:
        try:
            worker = Worker()
        except OSError as error:
            raise PluginError(CANNOT_START, str(error), WITHOUT) from error
        self._workers.add(worker)
        # Stopped while it was being started: whoever stops kills those that he finds, and has not found this one.
        if self._stopped:
            worker.kill()
        return worker

    def _remove(self, worker: Worker) -> None:
        """Have done with a worker that died or talks nonsense."""
        worker.kill()
        worker.dismiss()
        self._workers.discard(worker)

    @staticmethod
    def _ask(worker: Worker, call: str) -> bytes:
        """The worker's answer; empty when it died."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(call.encode() + b"\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except (OSError, ValueError):
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
    known = ERRORS.get(reply["error"], JackfieldError)
    future.set_exception(known(reply["cause"], reply["evidence"], reply["remedy"]))

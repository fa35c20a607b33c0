"""Executors: every future is settled, and nothing that a component does to its process harms another's."""

import os
import sys
import textwrap
import threading

import pytest

from jackfield import config, run
from jackfield.discovery import Selection
from jackfield.errors import DataError, JackfieldError, PluginError, WorkerLost
from jackfield.executors import processes
from jackfield.executors.processes import ProcessesExecutor
from jackfield.executors.serial import SerialExecutor
from jackfield.executors.worker import answer
from jackfield.hookspecs import Hooks
from jackfield.registry import select

PLUGIN = """
from dataclasses import dataclass
from jackfield import *

@dataclass(frozen=True, kw_only=True)
class Warn(Component):
    def __call__(self, signal: Signal) -> Features:
        import warnings
        import numpy as np
        warnings.warn(f"first sample {signal.samples[0, 0]:g}")
        return Features(values=np.float32(signal.samples[:, :1]), names=("first",))

@hookimpl
def jackfield_features():
    yield Feature("warn", Warn)
"""

# What a worker imports: functions of a module in a folder on its path.
TASKS = """
import os, subprocess, sys

def double(x):
    return 2 * x

def environment(name):
    return os.environ[name]

def refuse():
    from jackfield import DataError
    raise DataError("no good", "3 < 4", "take 5")

def stop(code):
    sys.exit(code)

def die():
    print("last words", file=sys.stderr, flush=True)
    os.abort()

def rest(seconds):
    import time
    time.sleep(seconds)

def talk(text):
    print(text)
    print(text, file=sys.stderr, end="", flush=True)
    subprocess.run(["sh", "-c", f"echo child {text}"], check=True)

def shout(n):
    os.write(2, n * b"x")

def swallow():
    return subprocess.run(["cat"], stdout=subprocess.PIPE, check=True).stdout.decode() + sys.stdin.read()

def open_descriptors():
    code = "import os; print(*[k for k in range(3, 64) if os.path.exists(f'/proc/self/fd/{k}')])"
    return subprocess.run([sys.executable, "-c", code], close_fds=False, stdout=subprocess.PIPE).stdout.decode()
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """The module of tasks, importable here and in workers."""
    (tmp_path / "made_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delitem(sys.modules, "made_tasks", raising=False)
    import made_tasks

    return made_tasks


@pytest.fixture(params=[SerialExecutor, lambda: ProcessesExecutor(1)], ids=["serial", "processes"])
def executor(request):
    with request.param() as made:
        yield made


def test_calls_give_results_and_errors(tasks, executor):
    assert executor.submit(tasks.double, 21).result(60) == 42
    with pytest.raises(DataError, match="no good: 3 < 4; take 5"):
        executor.submit(tasks.refuse).result(60)
    with pytest.raises((TypeError, JackfieldError), match="double"):
        executor.submit(tasks.double).result(60)


def test_a_component_cannot_end_the_program(tasks, executor):
    with pytest.raises(JackfieldError, match="SystemExit: 7"):
        executor.submit(tasks.stop, 7).result(60)
    assert executor.submit(tasks.double, 1).result(60) == 2


def test_ctrl_c_is_not_kept_in_a_future(monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SerialExecutor().submit(interrupt)
    monkeypatch.setattr(os, "interrupt", interrupt, raising=False)
    with pytest.raises(KeyboardInterrupt):
        answer(b'{"call": "os:interrupt", "args": [], "kwargs": {}}')


def test_a_worker_that_dies_costs_one_item(tasks):
    with ProcessesExecutor(1) as executor:
        lost, after = executor.submit(tasks.die), executor.submit(tasks.double, 4)
        with pytest.raises(WorkerLost, match="a worker process died: killed by SIGABRT"):
            lost.result(60)
        assert after.result(60) == 8


def test_workers_compute_in_one_thread(tasks):
    with ProcessesExecutor(1) as executor:
        assert executor.submit(tasks.environment, "OMP_NUM_THREADS").result(60) == "1"


def test_what_workers_print_goes_to_standard_error(tasks, capfd):
    with ProcessesExecutor(2) as executor:
        executor.submit(tasks.talk, "hello").result(60)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("hello") == 3
    assert "child hello\n" in err


def test_a_full_pipe_of_messages_stops_nobody(tasks, capfd):
    with ProcessesExecutor(1) as executor:
        executor.submit(tasks.shout, 300_000).result(60)
    assert len(capfd.readouterr().err) == 300_000


def test_standard_input_of_a_worker_is_empty(tasks):
    executor = ProcessesExecutor(1)
    try:
        first, *others = [executor.submit(tasks.swallow), *(executor.submit(tasks.double, k) for k in range(3))]
        assert first.result(10) == ""
        assert [f.result(10) for f in others] == [0, 2, 4]
    finally:
        executor.shutdown(cancel_futures=True)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open descriptors are listed in /proc")
def test_programs_started_by_a_worker_do_not_get_its_pipes(tasks):
    with ProcessesExecutor(1) as executor:
        opened = executor.submit(tasks.open_descriptors).result(60).split()
    # The one descriptor left is that of the folder /proc/self/fd being looked through, where there is one.
    assert len(opened) <= 1, opened


@pytest.mark.parametrize("executable", ["/no/such/python", "/"])
def test_workers_that_cannot_be_started_fail_every_item(tasks, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    with ProcessesExecutor(2) as executor:
        for future in [executor.submit(tasks.double, k) for k in range(4)]:
            with pytest.raises(PluginError, match=r"worker processes cannot start: .*; compute without them: -j 1"):
                future.result(60)


def test_workers_that_cannot_import_say_why(tasks, tmp_path, capfd):
    (tmp_path / "jackfield.py").write_text("raise ImportError('half an installation')\n")
    with ProcessesExecutor(1) as executor:
        for _ in range(2):
            with pytest.raises(PluginError, match=r"worker processes cannot start: .*half an installation"):
                executor.submit(tasks.double, 1).result(60)
    assert "half an installation" in capfd.readouterr().err


def test_what_an_installation_prints_at_start_does_no_harm(tasks, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('welcome')\n")
    with ProcessesExecutor(1) as executor:
        assert executor.submit(tasks.double, 3).result(60) == 6


def test_nonsense_from_a_worker_settles_the_future(tasks, monkeypatch):
    replies = iter([b"no json\n", b"{}\n"])
    monkeypatch.setattr(ProcessesExecutor, "_ask", staticmethod(lambda worker, call: next(replies)))
    with ProcessesExecutor(1) as executor:
        with pytest.raises(ValueError, match="Expecting value"):
            executor.submit(tasks.double, 1).result(60)
        with pytest.raises(KeyError, match="result"):
            executor.submit(tasks.double, 1).result(60)


def test_cancelling_ends_at_once(tasks):
    executor = ProcessesExecutor(1)
    waiting = [executor.submit(tasks.swallow), *(executor.submit(tasks.double, k) for k in range(50))]
    executor.shutdown(wait=True, cancel_futures=True)
    assert all(f.done() for f in waiting)
    assert any(f.cancelled() for f in waiting)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(tasks.double, 1)
    assert not [t for t in executor._threads if t.is_alive()]


def test_a_worker_that_starts_while_all_are_stopped_is_stopped_too(tasks, monkeypatch):
    starting, go = threading.Event(), threading.Event()

    class Late(processes.Worker):
        def __init__(self):
            starting.set()
            go.wait(60)
            super().__init__()

    monkeypatch.setattr(processes, "Worker", Late)
    executor = ProcessesExecutor(1)
    future = executor.submit(tasks.rest, 60)
    starting.wait(60)
    executor.shutdown(wait=False, cancel_futures=True)
    go.set()
    # a worker that nobody stopped would answer, after a minute's rest
    assert isinstance(future.exception(30), (PluginError, WorkerLost))


def test_no_jobs_are_as_many_as_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert processes.processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert ProcessesExecutor().jobs == processes.processors() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processes.processors() == 1


def test_a_worker_alone_ends_with_its_driver():
    worker = processes.Worker()
    worker.await_ready()
    before = threading.active_count()
    worker.dismiss()
    assert worker.returncode == 0
    assert threading.active_count() == before - 1


def test_the_executor_of_the_hooks_example_carries_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = textwrap.dedent(Hooks.jackfield_executors.__doc__.split("```python\n")[1].split("```")[0])
    (tmp_path / "pool.py").write_text(text)
    (tmp_path / "warn.py").write_text(PLUGIN)
    (tmp_path / "clips").mkdir()
    for k in range(8):
        (tmp_path / "clips" / f"{k}.csv").write_text(f"{k}\n")
    select(Selection(none=True, files=("pool.py", "warn.py")))
    try:
        set_up = config.parse('inputs = ["clips"]\nexecutor = { use = "pool" }\n[[step]]\nuse = "warn"\n')
        results = run(set_up, output="out")
        assert [float(f.values[0, 0]) for f in results["warn"]] == list(range(8))
        assert results.warnings == {f"clips/{k}.csv": (f"first sample {k}",) for k in range(8)}
    finally:
        select(Selection())

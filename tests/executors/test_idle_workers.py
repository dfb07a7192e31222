"""Workers that serve one search after another: what they keep, what ends them, and who may use them."""

from __future__ import annotations

import _thread
import builtins
import decimal
import gc
import locale
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsklearn_search.executors import ProcessExecutor, Task, end_idle_workers
from hpsklearn_search.executors._shipping import LARGE
from hpsklearn_search.executors.processes import _executor, _idle, _reset, _worker

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="there, workers end with their search"),
]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say")


@pytest.fixture(autouse=True)
def no_idle_workers() -> Iterator[None]:
    """Each test begins with none, and leaves none."""
    end_idle_workers()
    yield
    end_idle_workers()


def perform(payload: Callable[[], Any]) -> Any:
    """Call the payload."""
    return payload()


def values(*payloads: Callable[[], Any], function: Any = perform, **options: Any) -> list[Any]:
    """What a search of one worker returns for payloads, one after another."""
    executor = ProcessExecutor(1, **options)
    executor.start(function)
    try:
        return [value_of(executor, payload) for payload in payloads]
    finally:
        executor.close()


def value_of(executor: ProcessExecutor, payload: Any, part: int = 0) -> Any:
    """What the function returns for one payload."""
    executor.submit(Task(0, part, payload))
    (finished,) = executor.wait(timeout=60)
    assert finished.failure is None, finished.failure
    return finished.value


def pids(n_workers: int, **options: Any) -> list[int]:
    """The processes that serve a search of `n_workers`."""
    executor = ProcessExecutor(n_workers, n_threads=1, **options)
    executor.start(perform)
    try:
        return [value_of(executor, os.getpid, part) for part in range(n_workers)]
    finally:
        executor.close()


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_the_next_search_has_the_same_workers() -> None:
    """A search that needs fewer uses some, and the others go on waiting."""
    first = pids(3)
    assert pids(1) == first[:1]
    assert set(pids(3)) == set(first)


def test_a_worker_serves_one_search_at_a_time() -> None:
    """Two searches that run at once share no worker; the next one has one of them."""
    outer, inner = ProcessExecutor(1), ProcessExecutor(1)
    outer.start(perform)
    inner.start(perform)
    used = [value_of(executor, os.getpid) for executor in (outer, inner)]
    outer.close()
    inner.close()
    assert used[0] != used[1]
    assert values(os.getpid)[0] in used


def raise_error() -> None:
    """Fail as a fit may."""
    raise ValueError("this fit fails on request")


def test_a_fit_that_raises_does_not_cost_the_worker() -> None:
    """It is the candidate that failed."""
    executor = ProcessExecutor(1)
    executor.start(perform)
    pid = value_of(executor, os.getpid)
    executor.submit(Task(1, 0, raise_error))
    assert executor.wait(timeout=60)[0].failure is not None
    executor.close()
    assert values(os.getpid) == [pid]


# ---------------------------------------------------------------------- what a fit has changed
def take_two_threads() -> None:
    """Limit the numerical libraries for good."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(2)


def configure_joblib() -> None:
    """Choose a number of jobs for good."""
    from joblib import parallel_config

    parallel_config(backend="threading", n_jobs=7)


def jobs() -> int:
    """joblib's number of jobs."""
    from joblib import effective_n_jobs

    return int(effective_n_jobs(None))


def blas_threads() -> list[int]:
    """The numbers of threads of the numerical libraries."""
    from threadpoolctl import threadpool_info

    return [library["num_threads"] for library in threadpool_info()]


def umask() -> int:
    """The mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "environment": (lambda: os.environ.update(COLOUR="red"), lambda: os.environ.get("COLOUR")),
    "directory": (lambda: os.chdir("/"), os.getcwd),
    "path": (lambda: sys.path.append("/somewhere"), lambda: list(sys.path)),
    "floating point errors": (lambda: np.seterr(all="raise"), np.geterr),
    "warning filters": (lambda: warnings.simplefilter("error"), lambda: len(warnings.filters)),
    "joblib's configuration": (configure_joblib, jobs),
    "threads": (take_two_threads, blas_threads),
    "locale": (lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"), lambda: locale.setlocale(locale.LC_ALL)),
    "logging": (lambda: logging.basicConfig(level="DEBUG"), lambda: (logging.root.level, len(logging.root.handlers))),
    "signals": (lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN), lambda: signal.getsignal(signal.SIGTERM)),
    "recursion": (lambda: sys.setrecursionlimit(5000), sys.getrecursionlimit),
    "garbage": (gc.disable, gc.isenabled),
    "umask": (lambda: os.umask(0o077), umask),
    "decimal numbers": (lambda: setattr(decimal.getcontext(), "prec", 5), lambda: decimal.getcontext().prec),
    "blocked signals": (
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]),
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, []),
    ),
    "a timer": (
        lambda: signal.setitimer(signal.ITIMER_REAL, 900),
        lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0,
    ),
    "the timeout of sockets": (lambda: socket.setdefaulttimeout(0.5), socket.getdefaulttimeout),
    "the hook of exceptions": (lambda: setattr(sys, "excepthook", print), lambda: sys.excepthook is print),
    "the hook of threads": (lambda: setattr(threading, "excepthook", print), lambda: threading.excepthook is print),
    "builtins": (lambda: setattr(builtins, "colour", "red"), lambda: hasattr(builtins, "colour")),
    "switches of threads": (lambda: sys.setswitchinterval(0.5), sys.getswitchinterval),
    "the main module": (
        lambda: setattr(sys.modules["__main__"], "colour", "red"),
        lambda: getattr(sys.modules["__main__"], "colour", None),
    ),
}


def in_thread_of(change: Callable[[], Any]) -> Callable[[], None]:
    """The change without what it returns, which need not be picklable."""

    def apply() -> None:
        change()

    return apply


OFTEN = [
    "blocked signals",
    "a timer",
    "the timeout of sockets",
    "the hook of exceptions",
    "builtins",
    "environment",
    "directory",
    "floating point errors",
    "warning filters",
    "threads",
    "the main module",
]


@pytest.mark.parametrize(
    "kind", [*OFTEN, *(pytest.param(kind, marks=pytest.mark.slow) for kind in CHANGES if kind not in OFTEN)]
)
def test_what_a_fit_changes_does_not_reach_the_next_search(kind: str) -> None:
    """The next search finds what the first one found."""
    change, read = CHANGES[kind]
    before, _, changed = values(read, in_thread_of(change), read, n_threads=1)
    assert changed != before, "this test could not fail"
    assert values(read, n_threads=1) == [before]


def test_what_is_put_back_does_not_cost_the_worker() -> None:
    """The next search has the same process."""

    def change() -> int:
        for kind in ("blocked signals", "a timer", "the timeout of sockets", "the hook of exceptions"):
            CHANGES[kind][0]()
        return os.getpid()

    assert values(change, n_threads=1) == values(os.getpid, n_threads=1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can change its group")
def test_a_group_of_a_fit_does_not_reach_the_next_search() -> None:
    """Files of the next search belong to the user's own group."""
    group = os.getegid()
    assert values(lambda: os.setegid(65534), os.getegid, n_threads=1) == [None, 65534]
    assert values(os.getegid, n_threads=1) == [group]


def test_a_seed_of_a_fit_does_not_reach_the_next_search() -> None:
    """The global random numbers of numpy and of the standard library start anew."""

    def seed() -> None:
        random.seed(0)
        np.random.seed(0)

    def draw() -> list[float]:
        return [random.random(), np.random.rand()]

    _, first = values(seed, draw)
    assert first == [random.Random(0).random(), np.random.RandomState(0).rand()]
    (second,) = values(draw)
    assert second[0] != first[0]
    assert second[1] != first[1]


def start_a_thread() -> None:
    """Leave a thread behind."""
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()


def start_a_bare_thread() -> None:
    """Leave a thread behind that `threading` does not know."""
    _thread.start_new_thread(time.sleep, (1000,))


def start_a_process() -> int:
    """Leave a process behind."""
    return subprocess.Popen(["sleep", "1000"]).pid


def start_an_orphan() -> int:
    """Leave a process behind whose parent has ended."""
    command = ["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def open_a_file() -> None:
    """Leave a file open."""
    sys.modules["os"].kept = os.open(os.devnull, os.O_RDONLY)  # type: ignore[attr-defined]


@pytest.mark.parametrize("leave", [start_a_thread, start_a_bare_thread, start_a_process, start_an_orphan, open_a_file])
def test_a_worker_ends_with_what_a_fit_left_behind(leave: Callable[[], Any]) -> None:
    """A thread, a process, an orphan or an open file: neither it nor the worker outlives the search."""
    if sys.platform != "linux" and leave is start_an_orphan:
        pytest.skip("only Linux lists the processes of a group")
    pid, left = values(os.getpid, leave)
    assert not is_alive(pid)
    assert left is None or wait_until(lambda: not is_alive(left))


def maps(pid: int) -> str:
    """The files that a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text()


@on_linux
def test_a_waiting_worker_holds_no_data(tmp_path: Path) -> None:
    """The files are gone, and not mapped any more."""
    big = np.ones(LARGE)
    total, pid = values(lambda: 1, os.getpid, function=lambda payload: (payload(), big)[0], temp_folder=str(tmp_path))
    assert total == 1
    assert is_alive(pid)
    assert str(tmp_path) not in maps(pid)
    assert list(tmp_path.iterdir()) == []


@on_linux
def test_a_worker_ends_whose_libraries_keep_the_data(tmp_path: Path) -> None:
    """Else the data would stay in memory until the next search."""

    class Keep:
        """A function that leaves its data in a module."""

        def __init__(self) -> None:
            self.big = np.ones(LARGE)

        def __call__(self, payload: Any) -> int:
            sys.modules["os"].kept = self.big  # type: ignore[attr-defined]
            return os.getpid()

    (pid,) = values(int, function=Keep(), temp_folder=str(tmp_path))
    assert not is_alive(pid)


@on_linux
def test_a_small_copy_that_a_module_keeps_does_not_end_a_worker() -> None:
    """It stays until the worker ends, as the documentation says."""

    def keep() -> int:
        sys.modules["os"].kept = np.ones(LARGE)  # type: ignore[attr-defined]
        return os.getpid()

    (pid,) = values(keep, n_threads=1)
    assert values(lambda: (os.getpid(), len(sys.modules["os"].kept)), n_threads=1) == [(pid, LARGE)]  # type: ignore[attr-defined]


@on_linux
def test_memory_that_has_grown_ends_a_worker(tmp_path: Path) -> None:
    """It is measured without what the files of the search took."""
    now = _reset.private_memory()
    assert now > 0
    assert not _reset.keeps_data(str(tmp_path), now)
    assert _reset.keeps_data(str(tmp_path), now - 2 * _reset.MAX_GROWTH)


# ---------------------------------------------------------------------- what has changed here
@pytest.mark.parametrize("kind", ["environment", "directory", "path", "cores"])
def test_a_worker_starts_anew_where_it_would_inherit_something_else(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has the environment, the directory, the path and the cores of this process, whatever it had before."""
    (pid,) = values(os.getpid)
    if kind == "environment":
        monkeypatch.setenv("COLOUR", "red")
    elif kind == "directory":
        monkeypatch.chdir(tmp_path)
    elif kind == "path":
        monkeypatch.syspath_prepend(str(tmp_path))
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    again, *found = values(os.getpid, lambda: os.environ.get("COLOUR"), os.getcwd, lambda: list(sys.path))
    assert again != pid
    assert not is_alive(pid)
    assert found[:2] == [os.environ.get("COLOUR"), os.getcwd()]
    assert (str(tmp_path) in found[2]) == (kind == "path")


def test_a_module_that_was_edited_is_imported_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has loaded the old one ends."""
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "edited_between_searches.py"

    def version() -> int:
        import edited_between_searches  # type: ignore[import-not-found]

        return int(edited_between_searches.VERSION)

    file.write_text("VERSION = 1")
    assert values(version, version) == [1, 1]
    file.write_text("VERSION = 22")
    assert values(version) == [22]


CELLS = """
from hpsklearn_search.executors import ProcessExecutor, Task

def values():
    executor = ProcessExecutor(1)
    executor.start(Model())
    executor.submit(Task(0, 0, None))
    (finished,) = executor.wait(60)
    executor.close()
    return finished.value

class Model:
    def __call__(self, payload):
        import os
        return os.getpid(), CONSTANT, [name for name in ("colour", "weight") if hasattr(Model, name)]

CONSTANT = 1
Model.colour = "red"
first = values()

CONSTANT = 2
del Model.colour
Model.weight = 3
second = values()

class Model:
    def __call__(self, payload):
        import os
        return os.getpid(), "a new class", []

third = values()
print(len({first[0], second[0], third[0]}), *(value[1:] for value in (first, second, third)))
"""


def run_python(source: str) -> subprocess.CompletedProcess[str]:
    """Run a program with a deadline."""
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=90)


def test_a_cell_that_is_run_again_counts() -> None:
    """The same worker sees the new value of a global variable, the class as it was changed, and a new class."""
    done = run_python(CELLS)
    assert done.stdout.strip() == "1 (1, ['colour']) (2, ['weight']) ('a new class', [])"
    assert (done.stderr, done.returncode) == ("", 0)


# ---------------------------------------------------------------------- the end of waiting workers
def test_waiting_workers_can_be_ended() -> None:
    """At once, and twice does no harm."""
    waiting = pids(2)
    assert all(is_alive(pid) for pid in waiting)
    end_idle_workers()
    end_idle_workers()
    assert not any(is_alive(pid) for pid in waiting)


def test_a_worker_waits_for_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a search it ends by itself, and so it does if its owner has closed the pipe."""
    ours, other = connection.Pipe()
    config = _worker.WorkerConfig("function", "progress", "log", "crash")
    ours.send(config)
    assert _worker._next_search(other) == config
    monkeypatch.setattr(_worker, "IDLE_SECONDS", 0.0)
    assert _worker._next_search(other) is None
    ours.close()
    assert _worker._next_search(other) is None
    other.close()


def test_a_waiting_worker_that_was_killed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next search does not notice."""
    monkeypatch.setattr(_executor, "MAX_FAILED_STARTS", 1)
    (pid,) = pids(1)
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(pid))
    assert pids(1, max_retries=0) != [pid]


def test_a_worker_that_ends_when_it_is_asked_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its death comes after the next search has chosen it, and is no failed start."""
    monkeypatch.setattr(_executor, "MAX_FAILED_STARTS", 1)
    (pid,) = pids(1)
    os.kill(pid, signal.SIGSTOP)
    executor = ProcessExecutor(1, n_threads=1, max_retries=0)
    executor.start(perform)
    os.kill(pid, signal.SIGKILL)
    assert value_of(executor, os.getpid) != pid
    executor.close()


def test_a_worker_ends_silently_if_its_search_is_over_before_it_begins(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As after Ctrl-C in the first milliseconds: the files are gone already."""
    (pid,) = pids(1)
    (child,) = _idle._IDLE_WORKERS._children
    child.pipe.send(
        _worker.WorkerConfig(*(str(tmp_path / "gone" / name) for name in ("f", "progress", "log", "crash")))
    )
    assert wait_until(lambda: not is_alive(pid))
    assert capfd.readouterr().err == ""


def test_a_function_that_a_used_worker_cannot_load_is_loaded_by_a_new_one() -> None:
    """An error in loading counts only where a new process makes it."""
    (used,) = values(os.getpid)

    class Refuses:
        """A function that one process cannot load."""

        def __reduce__(self) -> Any:
            return lambda: 1 / 0 if os.getpid() == used else perform, ()

    assert values(os.getpid, function=Refuses()) != [used]


def test_a_worker_that_was_killed_in_time_does_not_come_back() -> None:
    """A task over its time takes its worker with it."""
    executor = ProcessExecutor(1, task_timeout=0.5)
    executor.start(perform)
    pid = value_of(executor, os.getpid)
    executor.submit(Task(1, 0, lambda: time.sleep(1000)))
    assert executor.wait(timeout=60)[0].failure is not None
    executor.close()
    assert values(os.getpid) != [pid]


class SlowToForget:
    """A function that hangs when it is forgotten."""

    def __call__(self, payload: Any) -> int:
        """The process."""
        return os.getpid()

    def __del__(self) -> None:
        if "popen_loky" in " ".join(sys.orig_argv):
            time.sleep(1000)


def test_a_worker_that_cannot_forget_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close does not wait for it for ever."""
    monkeypatch.setattr(_executor, "GRACE", 0.2)
    (pid,) = values(int, function=SlowToForget())
    assert not is_alive(pid)


def in_thread(function: Callable[[], Any]) -> Any:
    """What a function returns that runs in a thread of its own."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


@on_linux
def test_a_worker_belongs_to_a_thread() -> None:
    """Linux ends it with the thread that started it; other threads leave it alone."""
    (mine,) = pids(1)
    (other,) = in_thread(lambda: pids(1))
    assert other != mine
    assert wait_until(lambda: not is_alive(other))
    assert pids(1) == [mine]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_leaves_our_workers_alone() -> None:
    """It starts its own, ends them, and ours go on waiting."""
    (mine,) = pids(1)
    ours, other = connection.Pipe()
    child = os.fork()
    if child == 0:
        try:
            other.send(pids(1))
            end_idle_workers()
        finally:
            os._exit(0)
    assert ours.poll(60)
    assert ours.recv() != [mine]
    os.waitpid(child, 0)
    assert pids(1) == [mine]


SEARCHED = """
import os, sys, time
from hpsklearn_search.executors import ProcessExecutor, Task

executor = ProcessExecutor(2, temp_folder=sys.argv[1])
executor.start(lambda payload: payload())
pids = []
for part in range(2):
    executor.submit(Task(0, part, os.getpid))
    (finished,) = executor.wait(60)
    pids.append(finished.value)
executor.close()
print(*pids, flush=True)
{end}
"""
ENDS = {
    "returns": "",
    "raises": "raise ValueError('the script failed')",
    "exits": "sys.exit(3)",
    "forks": "if os.fork() == 0: sys.exit(0)\nos.wait()",
    "killed": "time.sleep(1000)",
}


@pytest.mark.skipif(sys.platform != "linux", reason="it looks for processes in /proc")
@pytest.mark.parametrize("end", ENDS)
def test_waiting_workers_go_with_their_owner(end: str, tmp_path: Path) -> None:
    """However the program ends, they are gone at once, and nothing is written but what the program says."""
    source = SEARCHED.format(end=ENDS[end])
    command = [sys.executable, "-W", "ignore:This process", "-c", source, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        waiting = [int(pid) for pid in program.stdout.readline().split()]
        if end == "killed":
            assert len(waiting) == 2
            assert all(is_alive(pid) for pid in waiting)
            program.kill()
        errors = program.communicate(timeout=60)[1]
    assert wait_until(lambda: not any(is_alive(pid) for pid in waiting))
    assert list(tmp_path.iterdir()) == []
    assert errors == "" or (end == "raises" and errors.endswith("ValueError: the script failed\n"))

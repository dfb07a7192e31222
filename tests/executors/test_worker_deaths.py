"""Workers that crash, hang, or never start: which task fails, and what the user sees."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search.executors import Finished, ProcessExecutor, Task
from hpsklearn_search.executors.processes import _executor

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="the ways to die here are signals"),
]


def segfault() -> None:
    """Read at address zero."""
    ctypes.string_at(0)


def hang_without_yielding() -> None:
    """Hold the interpreter lock for ever, as a fit in C may."""
    ctypes.PyDLL(None).pause()


def hang_ignoring_sigterm() -> None:
    """Sleep for ever, and ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


WAYS_TO_DIE: dict[str, tuple[Callable[[], Any], str]] = {
    "exit": (lambda: os._exit(7), "exited with code 7"),
    "abort": (os.abort, "SIGABRT"),
    "segfault": (segfault, "SIGSEGV"),
    "kill": (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
}
WAYS_TO_HANG: dict[str, Callable[[], Any]] = {
    "sleep": lambda: time.sleep(1000),
    "lock": hang_without_yielding,
    "deaf": hang_ignoring_sigterm,
}


def perform(payload: Any) -> Any:
    """Call what is callable, return the rest."""
    return payload() if callable(payload) else payload


@pytest.fixture
def executors() -> Iterator[list[ProcessExecutor]]:
    """Executors put into the list are closed, whatever happens."""
    opened: list[ProcessExecutor] = []
    yield opened
    for executor in opened:
        executor.close()


def run_all(executor: ProcessExecutor, payloads: list[Any]) -> list[Finished]:
    """What comes of each payload, in their order."""
    todo = [Task(trial, 0, payload) for trial, payload in enumerate(payloads)][::-1]
    done: dict[int, Finished] = {}
    waiting = 0
    while todo or waiting:
        while todo and waiting < executor.capacity:
            executor.submit(todo.pop())
            waiting += 1
        for finished in executor.wait(timeout=60):
            done[finished.task.trial] = finished
            waiting -= 1
    return [done[trial] for trial in sorted(done)]


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize(
    "n_workers", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)]
)
def test_a_dead_worker_fails_its_own_task_only(n_workers: int, executors: list[ProcessExecutor]) -> None:
    """A task that kills its worker is recorded as crashed with the cause; the other tasks succeed."""
    executors.append(executor := ProcessExecutor(n_workers, max_retries=0))
    executor.start(perform)
    payloads = [healthy_or_not for way, _ in WAYS_TO_DIE.values() for healthy_or_not in (1, way, 2)]
    done = run_all(executor, payloads)
    assert [f.value for f in done] == [1, None, 2] * len(WAYS_TO_DIE)
    for finished, (_, cause) in zip(done[1::3], WAYS_TO_DIE.values(), strict=True):
        assert finished.failure is not None
        assert finished.failure.status == "crashed"
        assert cause in finished.failure.message


def test_a_fatal_signal_leaves_the_stack(executors: list[ProcessExecutor]) -> None:
    """The failure of a segfault shows where in the Python code it happened."""
    executors.append(executor := ProcessExecutor(1, max_retries=0))
    executor.start(perform)
    (done,) = run_all(executor, [segfault])
    assert done.failure is not None
    assert "Segmentation fault" in done.failure.traceback
    assert "segfault" in done.failure.traceback


def test_a_task_is_tried_again_after_a_death(tmp_path: Path, executors: list[ProcessExecutor]) -> None:
    """If a worker is killed once from outside, its task runs a second time and succeeds."""
    marker = tmp_path / "been here"

    def die_once() -> str:
        if marker.exists():
            return "survived"
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
        return "unreachable"

    executors.append(executor := ProcessExecutor(2))
    executor.start(perform)
    done = run_all(executor, [die_once, 1, 2])
    assert [f.value for f in done] == ["survived", 1, 2]


def test_retries_are_counted(tmp_path: Path, executors: list[ProcessExecutor]) -> None:
    """With max_retries=2 a deadly task runs three times, and the message says so."""
    log = tmp_path / "runs"

    def die() -> None:
        with log.open("a") as file:
            file.write("x")
        os._exit(1)

    executors.append(executor := ProcessExecutor(1, max_retries=2))
    executor.start(perform)
    (done,) = run_all(executor, [die])
    assert log.read_text() == "xxx"
    assert done.failure is not None
    assert "3 times" in done.failure.message


def test_the_death_of_an_idle_worker_fails_no_task(executors: list[ProcessExecutor]) -> None:
    """A worker killed between two tasks is replaced, and the next task is not blamed."""
    executors.append(executor := ProcessExecutor(1, max_retries=0))
    executor.start(lambda payload: os.getpid())
    first = run_all(executor, [None])[0].value
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(first))
    (done,) = run_all(executor, [None])
    assert done.failure is None
    assert done.value != first


class DiesOnLoading:
    """A function that kills the process that loads it."""

    def __call__(self, payload: Any) -> Any:
        """Never reached."""

    def __getstate__(self) -> dict[str, int]:
        return {"x": 1}

    def __setstate__(self, state: Any) -> None:
        sys.stderr.write("\x1b[2Jthe library says goodbye, token='abc'\n")
        sys.stderr.flush()
        os._exit(11)


def test_workers_that_never_start_end_the_search_with_their_stderr(executors: list[ProcessExecutor]) -> None:
    """Five deaths in a row before any task was received: an error that quotes the worker's stderr, without secrets."""
    executors.append(executor := ProcessExecutor(2))
    executor.start(DiesOnLoading())
    with pytest.raises(RuntimeError, match=r"(?s)5 worker processes in a row.*code 11.*says goodbye") as caught:
        run_all(executor, [1])
    assert "\x1b" not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_files_that_somebody_removed_are_named(tmp_path: Path, executors: list[ProcessExecutor]) -> None:
    """If the folder is cleaned while a search runs, the next death of a worker ends it with a sentence that helps."""
    executors.append(executor := ProcessExecutor(1, max_retries=0, temp_folder=str(tmp_path)))
    executor.start(perform)
    assert run_all(executor, [3])[0].value == 3
    (folder,) = tmp_path.iterdir()
    shutil.rmtree(folder)
    assert run_all(executor, [4])[0].value == 4  # a living worker needs it no more
    with pytest.raises(FileNotFoundError, match=r"another program removed .* temp_folder of joblib") as caught:
        run_all(executor, [lambda: os._exit(7)])
    assert str(folder) in str(caught.value)


def test_files_removed_before_the_workers_have_read_them_are_named(
    tmp_path: Path, executors: list[ProcessExecutor]
) -> None:
    """A worker that starts without its files gives the same sentence."""
    executors.append(executor := ProcessExecutor(1, temp_folder=str(tmp_path)))
    executor.start(perform)
    (folder,) = tmp_path.iterdir()
    shutil.rmtree(folder)
    with pytest.raises(FileNotFoundError, match=r"another program removed"):
        run_all(executor, [4])


class Unloadable:
    """A function that cannot be loaded elsewhere."""

    def __call__(self, payload: Any) -> Any:
        """Never reached."""

    def __reduce__(self) -> Any:
        return int, ("not a number",)


def test_a_function_that_cannot_be_loaded_says_why(executors: list[ProcessExecutor]) -> None:
    """An exception while the function is loaded is no crash; it is quoted at once."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(Unloadable())
    with pytest.raises(RuntimeError, match=r"(?s)cannot load the function.*not a number"):
        run_all(executor, [1])


@pytest.mark.parametrize(
    "n_workers", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)]
)
def test_hung_tasks_are_killed_in_time(n_workers: int, executors: list[ProcessExecutor]) -> None:
    """A task over its time ends as a timeout, however deaf its worker; the others finish."""
    executors.append(executor := ProcessExecutor(n_workers, task_timeout=1.0))
    executor.start(perform)
    done = run_all(executor, [0, *WAYS_TO_HANG.values(), 4])
    assert [f.value for f in done] == [0, None, None, None, 4]
    for finished in done[1:-1]:
        assert finished.failure is not None
        assert (finished.failure.status, finished.failure.kind) == ("timeout", "TimeoutError")
        assert finished.seconds >= 1.0


def test_the_clock_starts_with_the_function(executors: list[ProcessExecutor]) -> None:
    """A timeout far below what a worker needs to start kills no healthy task."""
    executors.append(executor := ProcessExecutor(2, task_timeout=0.2))
    executor.start(perform)
    assert [f.failure for f in run_all(executor, list(range(8)))] == [None] * 8


def start_a_child(has_session: bool) -> list[int]:
    """Start a process, perhaps in a session of its own."""
    return [subprocess.Popen(["sleep", "1000"], start_new_session=has_session).pid]


def start_a_grandchild(has_session: bool) -> list[int]:
    """Start a process that starts one, perhaps in a session of its own, and waits for it."""
    command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
    shell = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=has_session)
    assert shell.stdout is not None
    return [shell.pid, int(shell.stdout.readline())]


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only a group can be killed")


@pytest.mark.parametrize("start", [start_a_child, start_a_grandchild])
@pytest.mark.parametrize("has_session", [False, pytest.param(True, marks=on_linux)])
def test_a_timeout_kills_the_children_of_a_fit(
    has_session: bool, start: Callable[[bool], list[int]], tmp_path: Path, executors: list[ProcessExecutor]
) -> None:
    """Processes that the hung fit had started end too."""
    started = tmp_path / "started"

    def start_and_hang() -> None:
        started.write_text(" ".join(map(str, start(has_session))))
        time.sleep(1000)

    executors.append(executor := ProcessExecutor(1, task_timeout=2.0))
    executor.start(perform)
    (done,) = run_all(executor, [start_and_hang])
    assert done.failure is not None
    assert done.failure.status == "timeout"
    assert wait_until(lambda: not any(is_alive(int(pid)) for pid in started.read_text().split()))


@pytest.mark.skipif(sys.platform != "linux", reason="needs a descriptor of the process itself")
def test_a_death_is_noticed_while_a_forked_child_lives(executors: list[ProcessExecutor]) -> None:
    """A child that inherited all of the worker's pipes does not hide its death."""

    def fork_and_die() -> None:
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(3)

    executors.append(executor := ProcessExecutor(1, max_retries=0))
    executor.start(perform)
    (done,) = run_all(executor, [fork_and_die])
    assert done.failure is not None
    assert "code 3" in done.failure.message


def test_cancel_kills_what_runs(executors: list[ProcessExecutor]) -> None:
    """The tasks of a cancelled trial are returned, their workers die, the others go on."""
    executors.append(executor := ProcessExecutor(2))
    executor.start(lambda payload: time.sleep(payload) or os.getpid())
    executor.submit(Task(0, 0, 1000))
    executor.submit(Task(1, 1, 0.5))
    assert executor.cancel(trial=0) == [Task(0, 0, None)]
    executor.submit(Task(2, 0, 0))
    done = []
    while len(done) < 2:
        done += executor.wait(timeout=60)
    assert {f.task.trial for f in done} == {1, 2}
    assert executor.cancel() == []


class Picky(Exception):
    """An exception that cannot be built from its args."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


def raise_picky() -> None:
    """Raise what cannot be pickled."""
    raise Picky(reason="so")


def raise_plain() -> None:
    """Raise what can be pickled."""
    raise ZeroDivisionError("a plain one")


def test_exceptions_come_back_where_they_can(executors: list[ProcessExecutor]) -> None:
    """An exception comes back with its traceback as cause, or as text only."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(perform)
    plain, picky = (f.failure for f in run_all(executor, [raise_plain, raise_picky]))
    assert plain is not None
    assert picky is not None
    assert isinstance(plain.exception, ZeroDivisionError)
    assert "raise_plain" in str(plain.exception.__cause__)
    assert picky.exception is None
    assert (picky.kind, picky.message) == ("Picky", "so")


class Endless:
    """A payload that never finishes arriving."""

    def __reduce__(self) -> Any:
        return time.sleep, (1000,)


def test_a_worker_that_never_begins_is_replaced(
    executors: list[ProcessExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payload that hangs while it is unpickled is given up after the time allowed for a start."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(perform)
    assert run_all(executor, [1])[0].value == 1
    monkeypatch.setattr(_executor, "START_TIMEOUT", 0.5)
    executor.submit(Task(0, 0, Endless()))
    (done,) = executor.wait(timeout=60)
    assert done.failure is not None
    assert done.failure.status == "timeout"

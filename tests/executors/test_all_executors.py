"""The promises of the Protocol, held against every executor."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config

from hpsklearn_search.executors import (
    Executor,
    FakeExecutor,
    Finished,
    Function,
    JoblibExecutor,
    ProcessExecutor,
    SerialExecutor,
    SparkTrials,
    Task,
)


def joblib_executor(backend: str, n_jobs: int = 2) -> JoblibExecutor:
    """An executor made under a joblib configuration."""
    with parallel_config(backend=backend, n_jobs=n_jobs):
        return JoblibExecutor()


class WithUsedWorkers(ProcessExecutor):
    """An executor whose workers have served another function."""

    def start(self, function: Function) -> None:
        """Run something else first."""
        first = ProcessExecutor(self.capacity)
        first.start(fail_as_asked)
        run_all(first, [Task(part, part, "raise") for part in range(self.capacity)])
        first.close()
        super().start(function)
        assert all(slot.worker is not None and slot.worker.is_reused for slot in self._slots)


EXECUTORS: dict[str, Callable[[], Executor]] = {
    "serial": SerialExecutor,
    "serial-limited": lambda: SerialExecutor(n_threads=1),
    "fake": lambda: FakeExecutor(capacity=3, order=0),
    "processes": lambda: ProcessExecutor(2),
    "processes-used": lambda: WithUsedWorkers(2),
    "joblib-threading": lambda: joblib_executor("threading", 3),
    "joblib-multiprocessing": lambda: joblib_executor("multiprocessing"),
}


REMOTE = ["processes", "processes-used", "joblib-multiprocessing"]
"""Those that pickle what they send, besides Spark."""


@pytest.fixture(params=[*EXECUTORS, pytest.param("spark", marks=pytest.mark.spark)])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Each executor in turn, closed at the end."""
    if request.param == "spark":
        made = SparkTrials(2, spark_session=request.getfixturevalue("spark")).open_executor()
    else:
        made = EXECUTORS[request.param]()
    yield made
    made.close()


def run_all(executor: Executor, tasks: list[Task]) -> dict[tuple[int, int], Finished]:
    """Submit tasks as the loop does, never more than the capacity; the results, by trial and part."""
    todo, done = tasks[::-1], {}
    waiting = 0
    while todo or waiting:
        while todo and waiting < executor.capacity:
            executor.submit(todo.pop())
            waiting += 1
        for finished in executor.wait(timeout=60):
            key = finished.task.trial, finished.task.part
            assert key not in done, "a task finished twice"
            done[key] = finished
            waiting -= 1
    return done


def square(payload: float) -> float:
    """A function to run."""
    return payload**2


def fail_as_asked(payload: str) -> str:
    """A function that fails in the way its payload names."""
    if payload == "raise":
        raise ValueError("this fit fails on request")
    if payload == "exit":
        sys.exit(0)
    return payload


def test_every_task_finishes_once_with_its_value(executor: Executor) -> None:
    """More tasks than capacity: each comes back exactly once, with its own result and its time."""
    executor.start(square)
    done = run_all(executor, [Task(trial, part, 10 * trial + part) for trial in range(6) for part in range(3)])
    assert {key: f.value for key, f in done.items()} == {(t, p): (10 * t + p) ** 2 for t in range(6) for p in range(3)}
    assert all(f.failure is None and f.seconds >= 0 for f in done.values())


@pytest.mark.parametrize(("how", "kind"), [("raise", "ValueError"), ("exit", "SystemExit")])
def test_what_the_function_raises_is_data(executor: Executor, how: str, kind: str) -> None:
    """An exception, and sys.exit in a worker, becomes a failure with its traceback; the next task runs as usual."""
    if how == "exit" and isinstance(executor, SerialExecutor):
        pytest.skip("in this process sys.exit ends the program")
    executor.start(fail_as_asked)
    done = run_all(executor, [Task(0, 0, how), Task(1, 0, "fine")])
    failure = done[0, 0].failure
    assert failure is not None
    assert (failure.status, failure.kind) == ("fail", kind)
    assert "fail_as_asked" in failure.traceback
    assert done[1, 0].value == "fine"


def test_lambdas_and_closures_can_be_sent(executor: Executor) -> None:
    """What cannot be imported by name can be the function, a payload and a result."""
    offset = 7
    executor.start(lambda payload: (payload(1) + offset, lambda: offset))
    value = run_all(executor, [Task(0, 0, lambda x: x + 1)])[0, 0].value
    assert value[0] == 9
    assert value[1]() == 7


class Picky(Exception):
    """An exception that cannot be built from its args."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


class Unreadable:
    """A value that can be pickled, but not unpickled."""

    def __reduce__(self) -> Any:
        return int, ("not a number",)


class Broken(Exception):
    """An exception that can be neither pickled nor shown."""

    def __reduce__(self) -> Any:
        raise Broken

    def __str__(self) -> str:
        raise TypeError("no text")


class BrokenValue:
    """A value whose pickling raises such an exception."""

    def __reduce__(self) -> Any:
        raise Broken


class Untraceable(Exception):
    """An exception whose cause can neither be read nor set."""

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise LookupError("no cause")


def return_or_raise(payload: str) -> Any:
    """Return or raise what cannot be pickled."""
    errors = {"picky": lambda: Picky(reason="so"), "broken": Broken, "untraceable": lambda: Untraceable("lost")}
    if payload in errors:
        raise errors[payload]()
    values = {"lock": threading.Lock, "unreadable": Unreadable, "broken value": BrokenValue, "exits": ExitsOnReading}
    return values[payload]() if payload in values else payload


class ExitsOnReading:
    """A value that ends the process that unpickles it."""

    def __reduce__(self) -> Any:
        return sys.exit, (3,)


NOT_PICKLABLE = {
    "lock": ("PicklingError", r"what the function returned cannot be sent back: TypeError: cannot pickle"),
    "broken value": ("PicklingError", "what the function returned cannot be sent back: Broken"),
    "unreadable": ("UnpicklingError", "what the function returned cannot be read in this process: ValueError"),
    "exits": ("UnpicklingError", "what the function returned cannot be read in this process: SystemExit"),
    "picky": ("Picky", "^so$"),
    "broken": ("Broken", "cannot be shown"),
    "untraceable": ("Untraceable", "^lost$"),
}


@pytest.mark.parametrize("executor", [*REMOTE, pytest.param("spark", marks=pytest.mark.spark)], indirect=True)
def test_what_cannot_come_back_is_a_failure_that_says_so(executor: Executor) -> None:
    """Values and exceptions that cannot be pickled or unpickled fail their own tasks only."""
    executor.start(return_or_raise)
    payloads = [*NOT_PICKLABLE, "fine"]
    done = run_all(executor, [Task(trial, 0, payload) for trial, payload in enumerate(payloads)])
    for trial, (kind, text) in enumerate(NOT_PICKLABLE.values()):
        failure = done[trial, 0].failure
        assert failure is not None
        assert (failure.status, failure.kind) == ("fail", kind)
        assert re.search(text, failure.message), failure.message
    assert done[len(NOT_PICKLABLE), 0].value == "fine"


@pytest.mark.parametrize("executor", [*REMOTE, pytest.param("spark", marks=pytest.mark.spark)], indirect=True)
def test_a_payload_that_cannot_be_pickled_fails_its_task_only(executor: Executor) -> None:
    """The task never starts; the next one runs."""
    executor.start(square)
    done = run_all(executor, [Task(0, 0, threading.Lock()), Task(1, 0, 3)])
    assert done[0, 0].failure is not None
    assert done[0, 0].failure.kind == "TypeError"
    assert done[1, 0].value == 9


def test_large_arrays_arrive_equal(executor: Executor) -> None:
    """Arrays above a megabyte are the same for the function, in whatever way they were sent."""
    rng = np.random.default_rng(0)
    wide, fortran = rng.normal(size=(500, 600)), np.asfortranarray(rng.normal(size=(500, 600)))

    def checksum(_: Any) -> tuple[float, float, bool]:
        return float(wide[3] @ wide[4]), float(fortran[:, 5].sum()), bool(fortran.flags.f_contiguous)

    executor.start(checksum)
    assert run_all(executor, [Task(0, 0, None)])[0, 0].value == checksum(None)


def test_cancelled_tasks_never_finish(executor: Executor) -> None:
    """What cancel returns does not come out of wait; everything else does."""
    executor.start(square)
    tasks = [Task(trial, 0, trial) for trial in range(executor.capacity)]
    for task in tasks:
        executor.submit(task)
    gone = executor.cancel(trial=0)
    finished = []
    while len(finished) + len(gone) < len(tasks):
        finished += executor.wait(timeout=60)
    assert {t.trial for t in gone} | {f.task.trial for f in finished} == {t.trial for t in tasks}
    assert {t.trial for t in gone} <= {0}
    assert executor.wait(timeout=0) == []


def test_cancel_without_a_trial_is_for_all(executor: Executor) -> None:
    """After cancel(), nothing is left; payloads that cannot be compared do not matter."""
    executor.start(square)
    for trial in range(executor.capacity):
        executor.submit(Task(trial, 0, np.arange(3)))
    gone = executor.cancel()
    assert len(gone) <= executor.capacity
    executor.submit(Task(9, 0, 3.0))
    rest = []
    while len(rest) + len(gone) < executor.capacity + 1:
        rest += executor.wait(timeout=60)
    assert [f.value for f in rest if f.task.trial == 9] == [9.0]


def test_wait_without_tasks_returns_nothing(executor: Executor) -> None:
    """Nothing submitted, nothing to wait for: no hang."""
    executor.start(square)
    assert executor.wait(timeout=0.01) == []


def test_close_is_safe_twice_and_with_tasks_under_way(executor: Executor) -> None:
    """Closing with a task submitted, then again, raises nothing."""
    executor.start(square)
    executor.submit(Task(0, 0, 2))
    executor.close()
    executor.close()


def test_close_before_start_is_safe(executor: Executor) -> None:
    """An executor that never started can be closed."""
    executor.close()


def test_capacity_is_at_least_one(executor: Executor) -> None:
    """The loop may always submit one task."""
    executor.start(square)
    assert executor.capacity >= 1

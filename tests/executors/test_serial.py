"""What only the serial executor promises."""

from __future__ import annotations

import pytest

from hpsklearn_search.executors import FakeExecutor, SerialExecutor, Task
from hpsklearn_search.trials import Failure


def interrupt(_: object) -> None:
    """A function during which the user presses Ctrl-C."""
    raise KeyboardInterrupt


class Stop(BaseException):
    """What a program raises to stop, in a signal handler for example."""


@pytest.mark.parametrize("stop", [SystemExit(3), Stop()])
def test_what_is_no_exception_of_the_function_is_raised(stop: BaseException) -> None:
    """SystemExit means this process, so it is no failure; cancel then names the task that was running."""

    def stop_now(_: object) -> None:
        raise stop

    executor = SerialExecutor()
    executor.start(stop_now)
    executor.submit(Task(3, 0, None))
    with pytest.raises(type(stop)):
        executor.wait()
    assert executor.cancel() == [Task(3, 0, None)]


def fail(_: object) -> None:
    """A function that fails."""
    raise ValueError("no")


def test_ctrl_c_is_raised_and_its_task_counts_as_unfinished() -> None:
    """KeyboardInterrupt is no failure of the fit; cancel then names the task that was under way."""
    executor = SerialExecutor()
    executor.start(interrupt)
    executor.submit(Task(3, 0, None))
    with pytest.raises(KeyboardInterrupt):
        executor.wait()
    assert executor.cancel() == [Task(3, 0, None)]


def test_a_failure_keeps_its_exception() -> None:
    """The failure has what the function raised, so that it can be raised again."""
    executor = SerialExecutor()
    executor.start(fail)
    executor.submit(Task(0, 0, None))
    (finished,) = executor.wait()
    assert finished.failure is not None
    assert isinstance(finished.failure.exception, ValueError)


def test_threads_are_limited_while_the_function_runs() -> None:
    """With n_threads=1 every loaded BLAS and OpenMP library has one thread, and its own number afterwards."""
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def counts(_: object = None) -> set[int]:
        return {library["num_threads"] for library in threadpoolctl.threadpool_info()}

    with threadpoolctl.threadpool_limits(2):
        executor = SerialExecutor(n_threads=1)
        executor.start(counts)
        executor.submit(Task(0, 0, None))
        (finished,) = executor.wait()
        assert finished.value == {1}
        assert counts() == {2}


def test_the_fake_finishes_out_of_order_and_as_seeded() -> None:
    """The same seed gives the same order, and it is not the order of submission."""

    def order(seed: int) -> list[int]:
        executor = FakeExecutor(capacity=20, order=seed)
        executor.start(lambda payload: payload)
        for trial in range(20):
            executor.submit(Task(trial, 0, None))
        finished = []
        while batch := executor.wait():
            finished += [f.task.trial for f in batch]
        return finished

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == list(range(20)) != order(1)


def test_the_fake_fails_on_request() -> None:
    """A failure that `fail` returns is the result of the task."""
    executor = FakeExecutor(fail=lambda task: Failure("timeout", "TimeoutError", "too slow") if task.part else None)
    executor.start(lambda payload: payload)
    executor.submit(Task(0, 0, "x"))
    executor.submit(Task(0, 1, "x"))
    first, second = executor.wait(), executor.wait()
    assert first[0].value == "x"
    assert str(second[0].failure) == "TimeoutError: too slow"

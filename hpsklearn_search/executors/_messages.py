"""The way of a task through bytes: run the function on a pickled payload, pack the result, unpack it again.

>>> from ._shipping import dumps
>>> answer = run_message(lambda payload: payload + 1, dumps(41))
>>> unpack(Task(0, 0, 41), answer).value
42
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import replace

from ..trials import STATUS_FAIL, Failure
from ._protocol import Finished, Function, Task
from ._run import run_task
from ._shipping import dumps


def run_message(function: Function, message: bytes, *, on_start: Callable[[], None] = lambda: None) -> bytes:
    """Call the function with a pickled payload; any exception, also one of pickling, becomes a failure."""
    try:
        payload = pickle.loads(message)
        on_start()
        finished = run_task(function, Task(0, 0, payload))
    except BaseException as error:
        finished = Finished(Task(0, 0, None), failure=Failure.of(error), seconds=0.0)
    try:
        return pack(finished)
    except BaseException as error:
        failure = Failure(
            STATUS_FAIL,
            "PicklingError",
            f"what the function returned cannot be sent back: {type(error).__name__}: {error}",
            traceback.format_exc(),
        )
        return pack(replace(finished, value=None, failure=failure))


def pack(finished: Finished) -> bytes:
    """The result without its task, as bytes; raises if the value cannot be pickled."""
    failure, exception = finished.failure, None
    if failure is not None and failure.exception is not None:
        exception = _dumps_or_none(failure.exception)
        failure = replace(failure, exception=None)
    # The exception is pickled twice, so that one that cannot be read does not make the whole answer unreadable.
    return dumps((finished.value, failure, finished.seconds, exception))


def _dumps_or_none(exception: BaseException) -> bytes | None:
    try:
        return dumps(exception)
    except Exception:  # its text, which the failure has, must do
        return None


def unpack(task: Task, answer: bytes | memoryview) -> Finished:
    """The result of `task`; a failure also if this process cannot read it."""
    try:
        value, failure, seconds, exception = pickle.loads(answer)
    except Exception as error:
        return Finished(task, failure=Failure.of(error))
    if exception is not None:
        failure = replace(failure, exception=_unpack_exception(exception, failure.traceback))
    return Finished(task, value, failure, seconds)


class WorkerTraceback(Exception):
    """The traceback of an exception in a worker, as text; shown as the cause of the exception here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _unpack_exception(pickled: bytes, text: str) -> Exception | None:
    try:
        exception = pickle.loads(pickled)
    except Exception:  # its class has another __init__ than its args fit
        return None
    if not isinstance(exception, Exception):
        return None
    exception.__cause__ = WorkerTraceback(text)
    return exception

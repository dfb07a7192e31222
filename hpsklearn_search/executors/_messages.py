"""The way of a task through bytes: run the function on a pickled payload, pack the result, unpack it again.

>>> from ._shipping import dumps
>>> answer = run_message(lambda payload: payload + 1, dumps(41))
>>> unpack(Task(0, 0, 41), answer).value
42
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
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
        finished = Finished(Task(0, 0, None), failure=Failure.of(error))
    try:
        return pack(finished)
    except BaseException as error:
        failure = _lost_value("PicklingError", "cannot be sent back", error)
        return pack(replace(finished, value=None, failure=failure))


def _lost_value(kind: str, text: str, error: BaseException) -> Failure:
    reason = Failure.of(error)  # it can show any error, also one whose text cannot be had
    return Failure(STATUS_FAIL, kind, f"what the function returned {text}: {reason}", reason.traceback)


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
    except BaseException:  # its text, which the failure has, must do
        return None


def unpack(task: Task, answer: bytes | memoryview) -> Finished:
    """The result of `task`; a failure also if this process cannot read it."""
    try:
        value, failure, seconds, exception = pickle.loads(answer)
    except (Exception, SystemExit) as error:
        return Finished(task, failure=_lost_value("UnpicklingError", "cannot be read in this process", error))
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
    except (Exception, SystemExit):  # often, args do not fit the __init__ of its class
        return None
    if not isinstance(exception, Exception):
        return None
    with suppress(Exception):  # its class may have a __cause__ that cannot be set
        exception.__cause__ = WorkerTraceback(text)
    return exception

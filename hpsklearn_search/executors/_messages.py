"""A task's way through bytes: run what a message asks for, pack what came of it, unpack that again.

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


def run_message(
    function: Function, message: bytes, *, keep: bool = False, on_begin: Callable[[], None] = lambda: None
) -> bytes:
    """Call the work with a pickled payload; whatever is raised on the way, in pickling too, is a failure.

    Parameters
    ----------
    work : callable
        Called with the payload.
    message : bytes
        The pickled payload.
    keep : bool, default=False
        Send an exception that can be pickled as such, besides its text.
    on_begin : callable, optional
        Called between unpickling and the work.

    Returns
    -------
    bytes
        For `unpack`.
    """
    try:
        payload = pickle.loads(message)
        on_begin()
        finished = run_task(function, Task(0, 0, payload), keep=keep)
    except BaseException as error:
        finished = Finished(Task(0, 0, None), failure=Failure.of(error), seconds=0.0)
    try:
        return pack(finished)
    except BaseException as error:
        failure = Failure(
            STATUS_FAIL,
            "PicklingError",
            f"what the work returned cannot be sent back: {type(error).__name__}: {error}",
            traceback.format_exc(),
        )
        return pack(replace(finished, value=None, failure=failure))


def unpack(task: Task, answer: bytes | memoryview) -> Finished:
    """What came of `task`; a failure too if this process cannot read it."""
    try:
        value, failure, seconds, exception = pickle.loads(answer)
    except Exception as error:
        return Finished(task, failure=Failure.of(error))
    if exception is not None:
        failure = replace(failure, exception=_unpack_exception(exception, failure.traceback))
    return Finished(task, value, failure, seconds)


def pack(finished: Finished) -> bytes:
    """What came of a task, without the task, as bytes; raises if the value cannot be pickled."""
    failure, exception = finished.failure, None
    if failure is not None and failure.exception is not None:
        exception = _dumps_or_none(failure.exception)
        failure = replace(failure, exception=None)
    return dumps((finished.value, failure, finished.seconds, exception))


def _dumps_or_none(exception: BaseException) -> bytes | None:
    try:
        return dumps(exception)
    except Exception:  # its text must do
        return None


class WorkerTraceback(Exception):
    """The traceback of an exception in a worker, as text; shown as the cause of the exception here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _unpack_exception(pickled: bytes, text: str) -> Exception | None:
    """The exception that a worker sent, with its traceback as cause; None if it cannot be had in this process."""
    try:
        exception = pickle.loads(pickled)
    except Exception:
        return None
    if not isinstance(exception, Exception):
        return None
    exception.__cause__ = WorkerTraceback(text)
    return exception

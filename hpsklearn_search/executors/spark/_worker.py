"""What runs in a Python worker of Spark: one task, on work that the worker unpickles once.

Everything that the work raises is caught, and its result pickled, before Spark sees either: to Spark
a task that raises is one to repeat, up to four times.

>>> import pickle
>>> from .._messages import unpack
>>> call = SparkCall("a search", retries=1)
>>> unpack(Task(0, 0, "four"), call.run(lambda: pickle.dumps(len), pickle.dumps("four"), 0, "a-tag")).value
4
>>> str(unpack(Task(0, 0, "four"), call.run(lambda: b"", pickle.dumps("four"), 2, "a-tag")).failure)
'TrialCrashed: its worker died in 2 attempts'
"""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ...trials import STATUS_CRASHED, STATUS_TIMEOUT, Failure
from .._messages import pack, run_message
from .._protocol import Finished, Function, Task

_WORKS: OrderedDict[str, Function] = OrderedDict()
"""The works of the latest searches, by key; a worker process serves many tasks, one at a time."""

KEPT = 2

GRACE = 1.0
"""Seconds between the interrupt of a task that takes too long and the end of its worker."""


@dataclass(frozen=True)
class SparkCall:
    """What a worker has to know to run the tasks of one search; small, travels with every task.

    Attributes
    ----------
    key : str
        Name of the search, unlike that of any other.
    retries : int
        How often a task may be begun again after its worker died.
    timeout : float or None
        Seconds after which the work is interrupted.
    path : tuple of str
        Where the caller finds modules; folders that exist here are searched, too.
    """

    key: str
    retries: int
    timeout: float | None = None
    path: tuple[str, ...] = field(default_factory=lambda: tuple(filter(None, sys.path)))

    def run(self, fetch: Callable[[], bytes], payload: bytes, attempt: int, tag: str) -> bytes:
        """Run one task.

        Parameters
        ----------
        fetch : callable
            Returns the pickled work; called once per worker process.
        payload : bytes
            The pickled payload.
        attempt : int
            How often the task was begun before.
        tag : str
            Name of the task, unlike that of any other.

        Returns
        -------
        bytes
            For `unpack`.
        """
        if self.timeout is not None and attempt > 0 and was_ended(tag):
            return pack(Finished(Task(0, 0, None), failure=too_long(self.timeout)))
        if attempt > self.retries:
            # A fit that takes its worker with it (out of memory, say) must not empty the cluster.
            return pack(Finished(Task(0, 0, None), failure=lost(attempt)))

        def function(data: Any) -> Any:
            loaded = self._function(fetch)
            with time_limit(self.timeout, tag):
                return loaded(data)

        return run_message(function, payload, keep=True)

    def _function(self, fetch: Callable[[], bytes]) -> Function:
        if self.key in _WORKS:
            _WORKS.move_to_end(self.key)
            return _WORKS[self.key]
        sys.path.extend(folder for folder in self.path if folder not in sys.path and os.path.isdir(folder))
        # Spark caps BLAS and OpenMP at the task's cores; the same for joblib in an estimator with n_jobs=-1.
        os.environ.setdefault("LOKY_MAX_CPU_COUNT", os.environ.get("OMP_NUM_THREADS", "1"))
        gc.unfreeze()  # what an earlier search left
        function: Function = pickle.loads(fetch())
        _WORKS[self.key] = function
        while len(_WORKS) > KEPT:
            _WORKS.popitem(last=False)
        # Spark's daemon collects garbage after every task: with scikit-learn loaded, 60 ms in which nothing is found.
        gc.collect()
        gc.freeze()
        return function


# ---------------------------------------------------------------------- limits of time
class TaskTimeout(BaseException):
    """Raised in the midst of work that takes too long; no Exception, so that no fit takes it for its own."""


@contextmanager
def time_limit(seconds: float | None, tag: str) -> Iterator[None]:
    """Interrupt what runs too long; what cannot be interrupted, as a long call into C, ends with its process.

    The process leaves a file in that case, from which `was_ended` knows it from one that crashed.

    Parameters
    ----------
    seconds : float or None
        None sets no limit.
    tag : str
        Name of the task.

    Raises
    ------
    TaskTimeout
        In the block, when its time is over.
    """
    if seconds is None:
        yield
        return
    with open(_trace(tag), "w") as trace:
        faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=trace)
        try:
            with _alarm(seconds):
                yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            _forget(tag)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not can_interrupt():
        yield
        return
    before = signal.signal(signal.SIGALRM, _overtime)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def can_interrupt() -> bool:
    """Whether this thread gets signals, on a system that has alarms."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _overtime(number: int, frame: Any) -> None:
    raise TaskTimeout


def was_ended(tag: str) -> bool:
    """Whether a process of this machine was ended because of the time that task `tag` took."""
    try:
        with open(_trace(tag)) as trace:
            found = trace.read().startswith("Timeout")
    except OSError:
        return False
    _forget(tag)
    return found


def _trace(tag: str) -> str:
    return os.path.join(tempfile.gettempdir(), tag)


def _forget(tag: str) -> None:
    with suppress(OSError):
        os.remove(_trace(tag))


# ---------------------------------------------------------------------- what went wrong
def too_long(timeout: float | None) -> Failure:
    """The failure of a task that took more than its time."""
    return Failure(STATUS_TIMEOUT, "TimeoutError", f"took longer than {timeout} s")


def lost(attempts: int, reason: str = "") -> Failure:
    """The failure of a task whose worker died, again and again."""
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return Failure(STATUS_CRASHED, "TrialCrashed", f"its worker died in {tries}", reason)

"""What runs in a Python worker of Spark: one task, on work that the worker unpickles once.

Everything that the work raises is caught, and its result pickled, before Spark sees either: to Spark
a task that raises is one to repeat, up to four times.

>>> import pickle
>>> call = SparkCall("a search", retries=1)
>>> reply = call.run(lambda: pickle.dumps(len), pickle.dumps("four"), attempt=0)
>>> pickle.loads(reply)[0]
4
>>> str(pickle.loads(call.run(lambda: b"", pickle.dumps("four"), attempt=2))[1])
'TrialCrashed: its worker died in 2 attempts'
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..trials import STATUS_CRASHED, STATUS_TIMEOUT, Failure
from ._protocol import Task, Work
from ._run import run_task
from ._shipping import dumps

__all__ = ["SparkCall", "lost", "too_long"]

_WORKS: OrderedDict[str, Work] = OrderedDict()
"""The works of the latest searches, by key; a worker process serves many tasks, one at a time."""

KEPT = 2


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

    def run(self, fetch: Callable[[], bytes], payload: bytes, attempt: int) -> bytes:
        """Run one task.

        Parameters
        ----------
        fetch : callable
            Returns the pickled work; called once per worker process.
        payload : bytes
            The pickled payload.
        attempt : int
            How often the task was begun before.

        Returns
        -------
        bytes
            The pickled triple (value, failure or None, seconds).
        """
        if attempt > self.retries:
            # A fit that takes its worker with it (out of memory, say) must not empty the cluster.
            return pickle.dumps((None, lost(attempt), float("nan")))
        finished = run_task(lambda data: self._in_time(self._work(fetch), pickle.loads(data)), Task(0, 0, payload))
        failure = finished.failure
        if failure is not None and failure.kind == Overtime.__name__:
            failure = too_long(self.timeout)
        try:
            return dumps((finished.value, failure, finished.seconds))
        except Exception as error:
            return pickle.dumps((None, Failure.of(error), finished.seconds))

    def _in_time(self, work: Work, payload: Any) -> Any:
        """Call `work`, interrupted when its time is over; code that never returns to Python is left to the driver."""
        if self.timeout is None or not can_interrupt():
            return work(payload)
        before = signal.signal(signal.SIGALRM, _overtime)
        signal.setitimer(signal.ITIMER_REAL, self.timeout)
        try:
            return work(payload)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _work(self, fetch: Callable[[], bytes]) -> Work:
        if self.key in _WORKS:
            _WORKS.move_to_end(self.key)
            return _WORKS[self.key]
        sys.path.extend(folder for folder in self.path if folder not in sys.path and os.path.isdir(folder))
        # Spark caps BLAS and OpenMP at the task's cores; the same for joblib in an estimator with n_jobs=-1.
        os.environ.setdefault("LOKY_MAX_CPU_COUNT", os.environ.get("OMP_NUM_THREADS", "1"))
        work: Work = pickle.loads(fetch())
        _WORKS[self.key] = work
        while len(_WORKS) > KEPT:
            _WORKS.popitem(last=False)
        return work


def can_interrupt() -> bool:
    """Whether this thread gets signals, on a system that has alarms."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


class Overtime(BaseException):
    """Raised in the midst of work that takes too long; no Exception, so that no fit takes it for its own."""


def _overtime(number: int, frame: Any) -> None:
    raise Overtime


def too_long(timeout: float | None) -> Failure:
    """The failure of a task that took more than its time."""
    return Failure(STATUS_TIMEOUT, "TimeoutError", f"took longer than {timeout} s")


def lost(attempts: int, reason: str = "") -> Failure:
    """The failure of a task whose worker died, again and again."""
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return Failure(STATUS_CRASHED, "TrialCrashed", f"its worker died in {tries}", reason)

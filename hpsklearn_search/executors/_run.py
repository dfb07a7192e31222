"""One task, run here and now: what the function returns and what it raises are both data.

>>> finished = run_task(lambda payload: 1 / payload, Task(0, 0, 0))
>>> str(finished.failure), finished.value
('ZeroDivisionError: division by zero', None)
"""

from __future__ import annotations

import time

from ..trials import Failure
from ._protocol import Finished, Function, Task


class TaskTimeout(BaseException):
    """Raised inside a function that takes too long; no Exception, so that no fit catches it."""


def run_task(function: Function, task: Task, caught: type[BaseException] = BaseException) -> Finished:
    """Call the function in this thread; what is `caught` becomes a failure, but KeyboardInterrupt never does."""
    value, failure = None, None
    started_at = time.perf_counter()
    try:
        value = function(task.payload)
    except KeyboardInterrupt:
        raise
    except caught as error:
        # A SystemExit does not stay attached, so that nobody raises it again by accident.
        failure = Failure.of(error, keep=isinstance(error, Exception))
    return Finished(task, value, failure, time.perf_counter() - started_at)

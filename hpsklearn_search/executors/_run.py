"""One task, run here and now: what the function returns and what it raises are both data.

>>> finished = run_task(lambda payload: 1 / payload, Task(0, 0, 0))
>>> str(finished.failure), finished.value
('ZeroDivisionError: division by zero', None)
"""

from __future__ import annotations

import time

from ..trials import Failure
from ._protocol import Finished, Function, Task


def run_task(function: Function, task: Task) -> Finished:
    """Call the function with the payload of `task`, in this thread; only KeyboardInterrupt is raised."""
    value, failure = None, None
    started_at = time.perf_counter()
    try:
        value = function(task.payload)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a fit must not end the user's program
        # A SystemExit does not stay attached, so that nobody raises it again by accident.
        failure = Failure.of(error, keep=isinstance(error, Exception))
    return Finished(task, value, failure, time.perf_counter() - started_at)

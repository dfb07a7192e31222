"""One task, run here and now: what it returns and what it raises are both data.

>>> finished = run_task(lambda payload: 1 / payload, Task(0, 0, 0))
>>> str(finished.failure), finished.value
('ZeroDivisionError: division by zero', None)
"""

from __future__ import annotations

import time

from ..trials import Failure
from ._protocol import Finished, Function, Task


def run_task(function: Function, task: Task, *, keep: bool = False) -> Finished:
    """Call `work` with the payload of `task`, in this thread.

    Parameters
    ----------
    work : callable
        Called once.
    task : Task
        Whose payload it gets.
    keep : bool, default=False
        Leave an Exception attached to the failure, traceback and all, so that it can be raised again;
        never a SystemExit, which nobody may raise again by accident.

    Returns
    -------
    Finished
        With the value, or with the failure if the work raised; ``sys.exit()`` counts as raising.

    Raises
    ------
    KeyboardInterrupt
        The one exception that is never the work's own.
    """
    value, failure = None, None
    began = time.perf_counter()
    try:
        value = function(task.payload)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a fit must not end the user's program
        failure = Failure.of(error, keep=keep and isinstance(error, Exception))
    return Finished(task, value, failure, time.perf_counter() - began)

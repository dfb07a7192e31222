"""One task after another, in the calling process.

>>> from ._protocol import Task
>>> executor = SerialExecutor()
>>> executor.start(lambda payload: payload + 1); executor.submit(Task(0, 0, 41))
>>> executor.wait()[0].value
42
"""

from __future__ import annotations

import time
from collections import deque

from ..trials import Failure
from ._protocol import Finished, Task, Work

__all__ = ["SerialExecutor"]


class SerialExecutor:
    """Runs a task inside `wait`.

    Parameters
    ----------
    keep_exceptions : bool, default=False
        Whether a failure keeps the exception that caused it, to be raised again.
    """

    def __init__(self, keep_exceptions: bool = False) -> None:
        self.keep_exceptions = keep_exceptions
        self._queue: deque[Task] = deque()
        self._work: Work | None = None

    @property
    def capacity(self) -> int:
        """One task at a time."""
        return 1

    def start(self, work: Work) -> None:
        """Remember what to run."""
        self._work = work

    def submit(self, task: Task) -> None:
        """Put a task behind those that wait."""
        self._queue.append(task)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Run the next task, however long it takes."""
        if not self._queue:
            return []
        assert self._work is not None, "start() comes before wait()"
        task = self._queue.popleft()
        start = time.perf_counter()
        try:
            value = self._work(task.payload)
        except (Exception, SystemExit) as error:
            failure = Failure.of(error, keep=self.keep_exceptions)
            return [Finished(task, failure=failure, seconds=time.perf_counter() - start)]
        return [Finished(task, value, seconds=time.perf_counter() - start)]

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Drop the tasks that wait."""
        dropped = [task for task in self._queue if trial is None or task.trial == trial]
        self._queue = deque(task for task in self._queue if task not in dropped)
        return dropped

    def close(self) -> None:
        """Let go of the work, and the data in it."""
        self._work = None
        self._queue.clear()

"""The simplest executor: this process, one task at a time.

>>> executor = SerialExecutor()
>>> executor.start(lambda payload: payload**2)
>>> executor.submit(Task(trial=0, part=0, payload=3))
>>> [finished.value for finished in executor.wait()]
[9]
>>> executor.close()
"""

from __future__ import annotations

from collections import deque

from .._threads import ThreadCap
from ._protocol import Finished, Function, Task
from ._run import run_task


class SerialExecutor:
    """Runs a task inside `wait`, in the calling process and thread.

    Parameters
    ----------
    keep_exceptions : bool, default=False
        Attach what the work raised to the failure, as ``Failure.exception``, for whoever wants to
        raise it again. Its traceback holds the work's data alive.
    threads : int, default=None
        Cap on the BLAS and OpenMP threads while a task runs. None leaves them alone.
    """

    batch_folds = False

    def __init__(self, keep_exceptions: bool = False, threads: int | None = None) -> None:
        self._keep = keep_exceptions
        self._threads = threads
        self._queue: deque[Task] = deque()
        self._function: Function | None = None
        self._cap = ThreadCap(None)

    @property
    def capacity(self) -> int:
        """One."""
        return 1

    def start(self, function: Function) -> None:
        """Remember the work; nothing is shipped."""
        self._function = function
        self._cap = ThreadCap(self._threads)

    def submit(self, task: Task) -> None:
        """Put a task in the queue; `wait` runs it."""
        if self._function is None:
            raise RuntimeError("submit() before start(): the executor does not know the work yet")
        self._queue.append(task)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Run the next task. It cannot be interrupted, so `timeout` has no effect."""
        if not self._queue or self._function is None:
            return []
        with self._cap.held():
            finished = run_task(self._function, self._queue[0], keep=self._keep)
        self._queue.popleft()  # not before: after Ctrl-C the task is still one that will never finish
        return [finished]

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Forget the queued tasks of one trial, or all; they are returned."""
        queued = list(self._queue)
        self._queue = deque(task for task in queued if trial is not None and task.trial != trial)
        return [task for task in queued if trial is None or task.trial == trial]

    def close(self) -> None:
        """Forget the work and the queue."""
        self._queue.clear()
        self._function = None

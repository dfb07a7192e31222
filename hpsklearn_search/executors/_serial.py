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
    """Runs a task inside `wait`, with at most `n_threads` BLAS and OpenMP threads (None: as many as they like)."""

    batch_folds = False
    capacity = 1

    def __init__(self, n_threads: int | None = None) -> None:
        self._n_threads = n_threads
        self._queue: deque[Task] = deque()
        self._function: Function | None = None
        self._cap = ThreadCap(None)

    def start(self, function: Function) -> None:
        self._function = function
        # Not in __init__: by now the libraries that the function uses are loaded.
        self._cap = ThreadCap(self._n_threads)

    def submit(self, task: Task) -> None:
        if self._function is None:
            raise RuntimeError("submit() was called before start(): the executor has no function to run")
        self._queue.append(task)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Run the next task. It cannot be interrupted, so `timeout` has no effect."""
        if not self._queue or self._function is None:
            return []
        with self._cap.held():
            # A SystemExit is often that of a signal handler, and means this process; so it is raised, as hyperopt does.
            finished = run_task(self._function, self._queue[0], caught=Exception)
        self._queue.popleft()  # not before: after Ctrl-C, `cancel` must still return the task
        return [finished]

    def cancel(self, trial: int | None = None) -> list[Task]:
        tasks = list(self._queue)
        self._queue = deque(task for task in tasks if trial is not None and task.trial != trial)
        return [task for task in tasks if trial is None or task.trial == trial]

    def close(self) -> None:
        self._queue.clear()
        self._function = None

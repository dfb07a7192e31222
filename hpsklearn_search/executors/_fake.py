"""An executor for tests: tasks finish out of order, and fail on request.

>>> def fail_trial_1(task):
...     return Failure("crashed", "TrialCrashed", "on request") if task.trial == 1 else None
>>> executor = FakeExecutor(capacity=3, order=0, fail=fail_trial_1)
>>> executor.start(lambda payload: payload)
>>> for trial in range(3):
...     executor.submit(Task(trial, 0, trial))
>>> finished = [f for _ in range(3) for f in executor.wait()]
>>> sorted((f.task.trial, f.value) for f in finished if f.failure is None)
[(0, 0), (2, 2)]
>>> executor.close()
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..trials import Failure
from ._protocol import Finished, Function, Task
from ._run import run_task


class FakeExecutor:
    """Runs tasks in this process, in a random order from `order` (None: the order of submission)."""

    # `fail` is asked about each task that is about to finish: if it returns a `Failure`, that is the
    # result and the task does not run. A task above the capacity is an AssertionError.

    batch_folds = False

    def __init__(
        self,
        capacity: int = 2,
        order: int | np.random.Generator | None = None,
        fail: Callable[[Task], Failure | None] | None = None,
    ) -> None:
        self.capacity = capacity
        self._rng = None if order is None else np.random.default_rng(order)
        self._fail = fail
        self._function: Function | None = None
        self._waiting: list[Task] = []
        self.submitted: list[Task] = []
        self.most_waiting = 0
        self.closed = 0

    def start(self, function: Function) -> None:
        self._function = function

    def submit(self, task: Task) -> None:
        assert self._function is not None, "submit() before start()"
        assert len(self._waiting) < self.capacity, "more tasks than the capacity"
        self._waiting.append(task)
        self.submitted.append(task)
        self.most_waiting = max(self.most_waiting, len(self._waiting))

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Finish some of the waiting tasks, at least one if there is one."""
        return [self._finish(self._waiting.pop(index)) for index in self._next_indices()]

    def _next_indices(self) -> list[int]:
        """Where the next tasks to finish are in the list, each index valid once the tasks before are removed."""
        n = len(self._waiting)
        if self._rng is None or n == 0:
            return [0] * min(n, 1)
        return [int(self._rng.integers(n - gone)) for gone in range(int(self._rng.integers(1, n + 1)))]

    def _finish(self, task: Task) -> Finished:
        failure = self._fail(task) if self._fail is not None else None
        if failure is not None:
            return Finished(task, failure=failure)
        assert self._function is not None
        return run_task(self._function, task)

    def cancel(self, trial: int | None = None) -> list[Task]:
        tasks = self._waiting
        self._waiting = [task for task in tasks if trial is not None and task.trial != trial]
        return [task for task in tasks if trial is None or task.trial == trial]

    def close(self) -> None:
        self._waiting.clear()
        self._function = None
        self.closed += 1

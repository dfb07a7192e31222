"""An executor for tests of whatever stands above: out of order, and failing on request.

>>> def unlucky(task):
...     return Failure("crashed", "TrialCrashed", "on request") if task.trial == 1 else None
>>> executor = FakeExecutor(capacity=3, order=0, fail=unlucky)
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
    """Runs tasks in this process, in an order that no clock decides.

    Parameters
    ----------
    capacity : int, default=2
        How many tasks may wait at once; a further one raises AssertionError, since the loop then
        broke its promise.
    order : int or numpy.random.Generator, default=None
        Source of the order in which tasks finish, one or several at a time. None: one at a time,
        first come, first served.
    fail : callable, default=None
        Called with each task that is about to finish; a `Failure` that it returns is what comes of
        the task, which then does not run. None lets it run.

    Attributes
    ----------
    submitted : list of Task
        Every task so far, in order.
    most_waiting : int
        How many were waiting at once, at most.
    closed : int
        How often `close` was called.
    """

    batch_folds = False

    def __init__(
        self,
        capacity: int = 2,
        order: int | np.random.Generator | None = None,
        fail: Callable[[Task], Failure | None] | None = None,
    ) -> None:
        self._capacity = capacity
        self._rng = None if order is None else np.random.default_rng(order)
        self._fail = fail
        self._function: Function | None = None
        self._waiting: list[Task] = []
        self.submitted: list[Task] = []
        self.most_waiting = 0
        self.closed = 0

    @property
    def capacity(self) -> int:
        """As many as asked for."""
        return self._capacity

    def start(self, function: Function) -> None:
        """Remember the work."""
        self._function = function

    def submit(self, task: Task) -> None:
        """Let a task wait; it runs when its turn to finish comes."""
        assert self._function is not None, "submit() before start()"
        assert len(self._waiting) < self._capacity, "more tasks than the capacity"
        self._waiting.append(task)
        self.submitted.append(task)
        self.most_waiting = max(self.most_waiting, len(self._waiting))

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Finish some of the waiting tasks, at least one if there is one."""
        return [self._finish(self._waiting.pop(at)) for at in self._turns()]

    def _turns(self) -> list[int]:
        """Where the next tasks to finish stand, each place valid once those before are gone."""
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
        """Forget the waiting tasks of one trial, or all; they are returned."""
        waiting = self._waiting
        self._waiting = [task for task in waiting if trial is not None and task.trial != trial]
        return [task for task in waiting if trial is None or task.trial == trial]

    def close(self) -> None:
        """Forget the work and what waits."""
        self._waiting.clear()
        self._function = None
        self.closed += 1

"""The interface between the loop and the place where functions run.

An executor receives one *function* (perhaps heavy with data) and then many small *tasks*. It returns
the tasks that have finished, in any order. It reads no point and no score, and uses the number of a trial only to
cancel its tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from ..trials import Failure

# Called with the payload of a task, where the executor runs it. It must return plain values.
Function: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Task:
    """One call of the function: part `part` of trial `trial`, which is its identity.

    The payload is small and can be pickled.
    """

    trial: int
    part: int
    payload: Any = field(compare=False)


@dataclass(frozen=True)
class Finished:
    """A task that ended, with the value that the function returned or the failure that prevented it.

    ``seconds`` is how long the function ran (NaN if it never started).
    """

    task: Task
    value: Any = None
    failure: Failure | None = None
    seconds: float = float("nan")


class Executor(Protocol):
    """Where tasks run.

    The loop calls `start` once, then `submit` and `wait` in any order from one thread, and `close`
    at the end, whatever happened. It never has more than `capacity` tasks submitted and unfinished.
    """

    batch_folds: bool  # Whether the folds of a trial should travel as one task wherever that keeps all workers busy.

    @property
    def capacity(self) -> int:
        """How many tasks run at once; may change between calls."""

    def start(self, function: Function) -> None:
        """Get ready to run the function; send it, with its data, to each worker once."""

    def submit(self, task: Task) -> None:
        """Start a task; must not block."""

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Block until a task has finished, at most `timeout` seconds; all that finished, or [].

        An exception that the function raises is data: a `Finished` with a failure. KeyboardInterrupt
        in this process is raised.
        """

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Stop the tasks of one trial, or all, as far as possible; the tasks that will never finish."""

    def close(self) -> None:
        """Release every worker and file; safe to call twice."""

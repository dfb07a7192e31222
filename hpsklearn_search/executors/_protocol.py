"""The seam between the loop and where work runs.

An executor receives the *work* once (a callable, perhaps heavy with data) and then small *tasks*;
it hands back what finished, in any order. It neither knows trials nor scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from ..trials import Failure

Function: TypeAlias = Callable[[Any], Any]
"""Called with a task's payload, where the executor runs it. What it returns must be plain values."""


@dataclass(frozen=True)
class Task:
    """One unit of work: part `part` of trial `trial`, which is its identity; the payload is small and picklable."""

    trial: int
    part: int
    payload: Any = field(compare=False)


@dataclass(frozen=True)
class Finished:
    """A task that ended, with the value that the work returned or the failure that prevented it.

    ``seconds`` is how long the work ran, where it ran (NaN if it never did).
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

    batch_folds: bool
    """Whether the folds of a trial should travel as one task wherever that keeps all workers busy."""

    @property
    def capacity(self) -> int:
        """How many tasks run at once; may change between calls."""

    def start(self, function: Function) -> None:
        """Get ready to run `work`; ship it, with its data, once per worker."""

    def submit(self, task: Task) -> None:
        """Begin a task; must not block."""

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Block until a task has finished, at most `timeout` seconds; all that finished, or [].

        An exception that the work raises is data, a `Finished` with a failure. KeyboardInterrupt
        in this process is raised.
        """

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Stop the tasks of one trial, or all, as far as possible; the tasks that will never finish."""

    def close(self) -> None:
        """Release every worker and file; safe to call twice."""

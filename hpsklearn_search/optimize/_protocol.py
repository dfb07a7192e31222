"""What the loop asks of an objective, and of those who watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from ..executors import Finished, Task, Work
from ..trials import Outcome, Trial, Trials

__all__ = ["Callback", "Objective", "Order", "Stopper", "check_callback"]

Stopper: TypeAlias = Callable[[Trials], "str | None"]
"""Called with the trials known so far; the reason to stop, or None."""


class Order(Protocol):
    """Which part of all the open trials runs next, where that depends on how other trials do."""

    def choose(self, queue: Iterable[Task]) -> Task | None:
        """One of the tasks that wait; None while all of them wait for trials that run."""

    def release(self) -> None:
        """No further trial will come, and nothing runs: let those that wait for others go on."""


class Objective(Protocol):
    """What a trial consists of, and what its parts amount to."""

    @property
    def order(self) -> Order | None:
        """Who says which part comes next; None for the one that waits longest."""

    @property
    def work(self) -> Work:
        """What an executor runs; shipped once per worker."""

    def tasks(self, trial: Trial, *, whole: bool = False) -> Sequence[Any]:
        """The payloads of the trial's parts, in order; with `whole` better one part for all."""

    def is_decided(self, trial: Trial, parts: Mapping[int, Finished]) -> bool:
        """Whether the parts that have finished settle the trial, so that the others need not run."""

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome:
        """What the finished parts amount to."""

    def check(self, trial: Trial) -> None:
        """Raise what must end the search; called when the trial, with its outcome, is recorded."""


class Callback:
    """Watches a search; every method does nothing until overridden.

    All methods are called in the process and thread that runs the search. An exception raised in
    one of them ends the search, with the results so far kept.

    What a search tells about itself at its begin is a mapping: ``total`` (of trials, None if there is
    no limit), ``kind`` (the name of the class or function that searches), ``settings`` (its arguments),
    ``values`` (``values(point)`` is what the labels or parameters of a trial stand for, option values
    instead of indices), and in `HyperoptSearchCV` ``sample`` (``sample(n)`` is the first n rows of X).

    Examples
    --------
    >>> class Count(Callback):
    ...     n = 0
    ...     def on_trial_end(self, trials, trial):
    ...         self.n += 1
    >>> from hpsklearn_search import HyperoptSearchCV
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> count = Count()
    >>> search = HyperoptSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, max_evals=2, cv=3, callbacks=[count])
    >>> _ = search.fit(*load_iris(return_X_y=True))
    >>> count.n
    2
    """

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Before the first suggestion; `search` describes the search."""

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """A trial was suggested."""

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool | None:
        """A trial is recorded, with its outcome; return True to end the search."""
        return None

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """After the last trial, however the search ended; `HyperoptSearchCV` makes its table and refits after it."""

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """Last of all, also where the search never began.

        Parameters
        ----------
        fitted : HyperoptSearchCV or None
            With ``cv_results_``, ``best_*`` and the refitted model, as far as it got; None in `fmin`.
        error : BaseException or None
            What the caller is about to receive instead of a result.
        """


def check_callback(callback: Any) -> Callback:
    """`callback`, if it is one.

    Raises
    ------
    TypeError
        If it is a class, or something else.
    """
    if isinstance(callback, type) or not hasattr(callback, "on_trial_end"):
        raise TypeError(f"callbacks must be instances of Callback, as in callbacks=[MyCallback()]; got {callback!r}")
    return callback  # type: ignore[no-any-return]

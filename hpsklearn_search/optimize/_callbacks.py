"""`Callback`, the base of what observes a search, and the two that a search adds without being asked.

>>> class Last(Callback):
...     def on_finish(self, fitted, error):
...         print("finished with", repr(error))
>>> with notify_on_finish([Last()]):
...     pass
finished with None
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from .._texts import public_repr, public_text
from ..executors._streams import safe_logger
from ..space import public_point
from ..trials import Trial, Trials

logger = safe_logger(__name__)


class Callback:
    """Observes a search; every method does nothing until overridden.

    All methods are called in the process and thread that runs the search. If one of them raises an
    exception, the search ends, and the results so far are kept.

    Examples
    --------
    >>> class Count(Callback):
    ...     n = 0
    ...
    ...     def on_trial_end(self, trials, trial):
    ...         self.n += 1
    >>> from hpsklearn_search import HyperoptSearchCV
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> count = Count()
    >>> search = HyperoptSearchCV(
    ...     LogisticRegression(),
    ...     {"C": [0.1, 1.0]},
    ...     max_evals=2,
    ...     cv=3,
    ...     callbacks=[count],
    ... )
    >>> _ = search.fit(*load_iris(return_X_y=True))
    >>> count.n
    2
    """

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Before the first suggestion.

        Parameters
        ----------
        trials : Trials
            The record of the search, which may have earlier trials.
        search : mapping
            What the search is. ``"total"`` is the number of trials, or None if there is no limit. ``"kind"`` is
            the name of the class or function that searches, and ``"settings"`` has its arguments. ``"values"``
            is a function: ``values(point)`` returns the values of a trial by label or parameter name, with
            options instead of indices. `HyperoptSearchCV` adds ``"sample"``, where ``sample(n)`` returns the
            first n rows of X, and ``"data"``, the pair of X and y.
        """

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """A trial was suggested, and its evaluation begins.

        Parameters
        ----------
        trials : Trials
            The record of the search.
        trial : Trial
            The new trial, without an outcome.
        """

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool | None:
        """A trial is recorded with its outcome.

        Parameters
        ----------
        trials : Trials
            The record of the search, with this trial.
        trial : Trial
            The trial: ``trial.point`` has its values, and ``trial.outcome`` its loss or failure.

        Returns
        -------
        bool or None
            True ends the search.
        """
        return None

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """After the last trial, however the search ended, and before `HyperoptSearchCV` refits.

        Parameters
        ----------
        trials : Trials
            The record of the search.
        reason : str
            Why the search ended, as ``stop_reason_`` says it: ``"max_evals"``.
        """

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """At the very end, even if the search never began.

        Parameters
        ----------
        fitted : HyperoptSearchCV or None
            The search, with the attributes that it has by now: ``cv_results_``, ``best_*`` and the refitted
            model. In `fmin` it is None.
        error : BaseException or None
            The exception that ends the search; None if there is none.
        """


class LogLines(Callback):
    """A warning for each trial that raised or lost its worker, and a line at the end (level INFO)."""

    # Where logging is not configured, Python shows warnings on stderr and nothing else.
    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        failure = None if trial.outcome is None else trial.outcome.failure
        if failure is not None:
            text = public_text(str(failure))
            point = public_point(trial.point, trials.record.secrets)
            logger.warning("trial %s at %s failed: %s", trial.tid, point, text)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        logger.info("search ended (%s) after %d trials, best loss %s", reason, len(trials.record), trials.best_loss)


def check_callback(callback: Any) -> Callback:
    """`callback`, or a TypeError if it is a class or something else."""
    if isinstance(callback, type) or not hasattr(callback, "on_trial_end"):
        raise TypeError(
            f"callbacks must be instances of Callback, as in callbacks=[MyCallback()]; got {public_repr(callback)}. "
            "A function becomes a method: class MyCallback(Callback): def on_trial_end(self, trials, trial): ..."
        )
    return callback  # type: ignore[no-any-return]


@contextmanager
def notify_on_finish(callbacks: Sequence[Callback], fitted: Any = None) -> Iterator[None]:
    """Call ``on_finish`` of each callback when the block ends, with the exception that ends it."""
    for callback in callbacks:
        check_callback(callback)
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        # The stack calls them all, also if one of them raises.
        with ExitStack() as stack:
            for callback in reversed(callbacks):
                stack.callback(callback.on_finish, fitted, error)

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

from .._texts import printable, public_repr, without_secrets
from ..executors._streams import safe_logger
from ..trials import Trial, Trials

logger = safe_logger(__name__)


class Callback:
    """Observes a search; every method does nothing until overridden.

    All methods are called in the process and thread that runs the search. An exception raised in
    one of them ends the search, with the results so far kept.

    The argument `search` of `on_search_begin` is a dict that describes the search: ``total`` (the number
    of trials, None if there is no limit), ``kind`` (the name of the class or function that searches),
    ``settings`` (its arguments), ``values`` (``values(point)`` gives the values of a trial by label or
    parameter name, with options instead of indices), and in `HyperoptSearchCV` ``sample`` (``sample(n)``
    gives the first n rows of X) and ``data``, the pair of X and y.

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
        """Before the first suggestion; `search` describes the search."""

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """A trial was suggested."""

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool | None:
        """A trial is recorded, with its outcome; return True to end the search."""
        return None

    def on_search_end(self, trials: Trials, reason: str) -> None:
        """After the last trial, however the search ended; `HyperoptSearchCV` makes its table and refits after it."""

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """At the very end, even if the search never began.

        Parameters
        ----------
        fitted : HyperoptSearchCV or None
            With ``cv_results_``, ``best_*`` and the refitted model, as far as it got; None in `fmin`.
        error : BaseException or None
            The exception that the caller is about to receive.
        """


class LogLines(Callback):
    """A warning for each trial that raised or lost its worker, and a line at the end (level INFO)."""

    # Where logging is not configured, Python shows warnings on stderr and nothing else.
    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        failure = None if trial.outcome is None else trial.outcome.failure
        if failure is not None:
            text = printable(without_secrets(str(failure)), keep="\n\t")
            logger.warning("trial %s at %s failed: %s", trial.tid, public_repr(trial.point), text)

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

"""Functions for ``early_stop_fn``.

>>> from hpsklearn_search import Trials, fmin, hp, rand
>>> from hpsklearn_search.hyperopt import early_stop
>>> trials = Trials()
>>> stop = early_stop.no_progress_loss(5)
>>> _ = fmin(lambda x: 1.0, hp.uniform("x", 0, 1), rand.suggest, 100, trials=trials, early_stop_fn=stop,
...          show_progressbar=False)
>>> len(trials)
5
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from .._keywords import Meant, explain_keywords

__all__ = ["no_progress_loss"]

_MEANT: Meant = {
    **dict.fromkeys(("patience", "n_iter_no_change", "early_stopping_rounds", "n", "count"), "iteration_stop_count"),
    **dict.fromkeys(("tol", "min_delta", "percent"), "percent_increase"),
}


@explain_keywords(_MEANT)
def no_progress_loss(
    iteration_stop_count: int = 20, percent_increase: float = 0.0
) -> Callable[..., tuple[bool, list[Any]]]:
    """A function for ``early_stop_fn`` that stops when the best loss has not fallen for a while.

    Parameters
    ----------
    iteration_stop_count : int, default=20
        How many trials in a row may pass without progress. A failed trial counts too.
    percent_increase : float, default=0.0
        The fall of the best loss that counts as progress, in percent of its absolute value.

    Returns
    -------
    callable
        ``stop(trials, best_loss=None, iteration_no_progress=0) -> (stop, [best_loss, iteration_no_progress])``.

    Raises
    ------
    TypeError, ValueError
        If an argument is no number, or too small.
    """
    _check(iteration_stop_count, percent_increase)

    def stop(trials: Any, best_loss: float | None = None, iteration_no_progress: int = 0) -> tuple[bool, list[Any]]:
        loss = trials.best_loss
        if loss is not None and best_loss is None:
            return False, [loss, 1]  # the first trial counts, as in hyperopt
        if loss is not None and best_loss is not None and loss < best_loss - abs(best_loss) * percent_increase / 100:
            return False, [loss, 0]
        return iteration_no_progress + 1 >= iteration_stop_count, [best_loss, iteration_no_progress + 1]

    return stop


def _check(count: Any, percent: Any) -> None:
    if isinstance(count, bool) or not isinstance(count, numbers.Integral):
        raise TypeError(f"iteration_stop_count must be a whole number of trials, got {count!r}")
    if count < 1:
        raise ValueError(f"iteration_stop_count must be at least 1, got {count!r}")
    if isinstance(percent, bool) or not isinstance(percent, numbers.Real):
        raise TypeError(f"percent_increase must be a number of percent, got {percent!r}")
    if not float(percent) >= 0:
        raise ValueError(f"percent_increase must not be negative, got {percent!r}")

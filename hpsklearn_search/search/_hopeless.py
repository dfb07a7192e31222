"""A search whose first candidates all fail with the same error ends, because the next ones would fail too.

>>> from hpsklearn_search.trials import Outcome, Trials
>>> trials, stop = Trials(), stop_if_hopeless(lambda fold: "score")
>>> reasons = []
>>> for number in range(N_HOPELESS):
...     _ = trials.record.add({})
...     folds = ({"fit_error": "ValueError: no such column", "test_scores": 0.0},)
...     _ = trials.record.finish(number, Outcome("fail", folds=folds))
...     reasons.append(stop(trials))
>>> reasons
[None, None, None, None, 'all_failed']
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..optimize import Stopper
from ..trials import STATUS_FAIL, Trial, Trials
from ._score_errors import cure, fold_error
from ._tracebacks import headline, whole

N_HOPELESS = 5
ALL_FAILED = "all_failed"

MetricName = Callable[[Mapping[str, Any]], str]


def stop_if_hopeless(metric_name: MetricName) -> Stopper:
    """Stop when all folds of the first five candidates that finish failed with one and the same error."""
    start = time.time()
    is_decided = False

    def stop(trials: Trials) -> str | None:
        nonlocal is_decided
        if is_decided:
            return None
        finished = [trial for trial in trials._visible() if trial.is_finished]
        # Those of a save file are not enough: the cause of their errors may be gone.
        n_new = sum(trial.finished >= start for trial in finished)
        is_decided = n_new >= N_HOPELESS or any(map(_has_succeeded, finished))
        return ALL_FAILED if is_decided and common_error(finished, metric_name) is not None else None

    return stop


def _has_succeeded(trial: Trial) -> bool:
    return trial.is_finished and not trial.has_failed


def common_error(trials: Sequence[Trial], metric_name: MetricName) -> str | None:
    """The error of every fold of `trials`, if it is one and the same; a timeout or a crash is none."""
    errors = [error for trial in trials for error in _errors(trial, metric_name)]
    # Words are sorted, because a message may print a set, whose order differs between processes.
    distinct = {None if error is None else tuple(sorted(error.split())) for error in errors}
    return errors[0] if len(distinct) == 1 else None


def _errors(trial: Trial, metric_name: MetricName) -> list[str | None]:
    outcome = trial.outcome
    if outcome is None or outcome.status != STATUS_FAIL or not outcome.folds:
        return [None]
    tracebacks = [fold_error(fold, metric_name(fold)) for fold in outcome.folds]
    return [None if traceback is None else whole(traceback) for traceback in tracebacks]


def raise_if_hopeless(trials: Sequence[Trial], scoring: Any, metric_name: MetricName) -> None:
    """Raise the error that ended the search; warn where a candidate that had begun before succeeded after all."""
    errors = Counter(error for trial in trials for error in _errors(trial, metric_name) if error is not None)
    error = headline(errors.most_common(1)[0][0])
    text = f"The search ended after {len(trials)} candidates, because every fold of {N_HOPELESS} failed with {error!r}."
    if any(map(_has_succeeded, trials)):
        warnings.warn(text, UserWarning, stacklevel=5)
        return
    folds = [fold for trial in trials if trial.outcome is not None for fold in trial.outcome.folds]
    is_of_scorer = all(fold["fit_error"] is None for fold in folds)
    raise ValueError(f"{text} {cure(scoring, metric_name(folds[0]))}" if is_of_scorer else text)

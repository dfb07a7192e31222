"""Errors of scorers: scikit-learn turns them into a warning and a number, and here they are kept as text.

>>> scorer = KeepingErrors(lambda estimator, X, y: 1 / 0)
>>> with score_errors() as errors:
...     scorer(None, None, None)
Traceback (most recent call last):
    ...
ZeroDivisionError: division by zero
>>> errors["score"].strip().endswith("ZeroDivisionError: division by zero")
True
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from traceback import format_exc
from typing import Any

from sklearn.metrics import get_scorer, get_scorer_names

from .._texts import public_repr

SINGLE = "score"
"""The name of a single metric, as in the columns of ``cv_results_``."""

_running = threading.local()  # the errors of the fold that this thread runs


@contextmanager
def score_errors() -> Iterator[dict[str, str]]:
    """Collect the errors of scorers in the block: ``{metric: traceback}``."""
    errors: dict[str, str] = {}
    outer, _running.errors = getattr(_running, "errors", None), errors
    try:
        yield errors
    finally:
        _running.errors = outer  # of the fold of another search, in which this one runs


def keep_error(metric: str, text: str) -> None:
    errors = getattr(_running, "errors", None)
    if errors is not None:
        errors[metric] = text


class KeepingErrors:
    """A single scorer that keeps the error that it raises."""

    def __init__(self, scorer: Any) -> None:
        self.scorer = scorer

    def __repr__(self) -> str:
        return public_repr(self.scorer)  # messages of scikit-learn contain it

    def __call__(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.scorer(estimator, *args, **kwargs)
        except Exception:
            keep_error(SINGLE, format_exc())
            raise


def fold_error(fold: Mapping[str, Any], metric: str) -> str | None:
    """The traceback of the fit, or of the scorer of `metric`, in the result of a fold; None if both succeeded."""
    errors: Mapping[str, str] = fold.get(SCORE_ERRORS, {})
    fit_error: str | None = fold["fit_error"]
    # A callable that should return several scores and raised left a single number.
    single = None if isinstance(fold["test_scores"], dict) else errors.get(SINGLE)
    return fit_error or errors.get(metric) or single


SCORE_ERRORS = "score_errors"
"""In the result of a fold: the errors of the scorers that failed."""


# ---------------------------------------------------------------------- what would be right
def cure(scoring: Any, metric: str) -> str:
    """The line that would be right where the scorer of `metric` fails in every fold."""
    given = scoring.get(metric) if isinstance(scoring, Mapping) else metric if metric != SINGLE else scoring
    if inspect.isfunction(given) and _takes_predictions(given):
        return f"{given.__name__} is a function of (y_true, y_pred) and no scorer; write scoring={_scorer_of(given)}"
    if isinstance(given, str):
        names = get_scorer_names()
        fitting = [f"{given}{ending}" for ending in ("_ovr", "_macro", "_weighted") if f"{given}{ending}" in names]
        choice = " or ".join(f"scoring={name!r}" for name in fitting) or "another scorer"
        return f"scoring={public_repr(given)} does not fit these data or this estimator; try {choice}"
    return f"scoring={public_repr(given)} must work as scorer(estimator, X, y)"


def _takes_predictions(function: Any) -> bool:
    # A scorer gets the estimator first, a metric the true values.
    first = next(iter(inspect.signature(function).parameters), "")
    return first.startswith(("y", "labels", "true", "target", "actual"))


def _scorer_of(metric: Any) -> str:
    for name in get_scorer_names():
        scorer = get_scorer(name)
        if getattr(scorer, "_score_func", None) is metric and not scorer._kwargs:
            return repr(name)
    return f"make_scorer({metric.__name__})"

"""The highest value that a scorer can return, where that is known.

It is known for scikit-learn's scorers with their own arguments, and for a ``score`` method that is
scikit-learn's accuracy or R squared. Everything else may return any number.

>>> from sklearn.linear_model import LogisticRegression
>>> from sklearn.metrics import accuracy_score, get_scorer, make_scorer
>>> highest_score(get_scorer("neg_log_loss"), LogisticRegression())
0.0
>>> highest_score(make_scorer(accuracy_score, normalize=False), LogisticRegression()) is None  # it counts
True
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from numbers import Number
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.metrics import get_scorer, get_scorer_names

from ..space import Point
from ._compat import is_passthrough_scorer
from ._parameters import ParameterSpace
from .early_stopping import METRICS_OF_SCORER, EarlyStopping

# adjusted_mutual_info is missing: where its denominator is nearly 0, rounding takes it far above 1.
_AT_MOST_ONE = (
    "accuracy", "balanced_accuracy", "top_k_accuracy", "average_precision", "roc_auc", "f1", "precision", "recall",
    "jaccard", "matthews_corrcoef", "r2", "explained_variance", "d2_absolute_error_score", "adjusted_rand_score",
    "rand_score", "normalized_mutual_info_score", "homogeneity_score", "completeness_score", "v_measure_score",
    "fowlkes_mallows_score", "d2_log_loss_score", "d2_brier_score",
)  # fmt: skip
# Those of them that are never negative.
_AT_LEAST_ZERO = (
    "accuracy", "balanced_accuracy", "top_k_accuracy", "average_precision", "roc_auc", "f1", "precision", "recall",
    "jaccard", "rand_score", "normalized_mutual_info_score", "homogeneity_score", "completeness_score",
    "v_measure_score", "fowlkes_mallows_score",
)  # fmt: skip
# No value that scikit-learn accepts for these arguments lifts a metric above its bound.
_HARMLESS = {"adjusted", "average", "k", "labels", "max_fpr", "multi_class", "pos_label", "zero_division"}
# Modules whose classifiers and regressors have accuracy, or R squared, as their score.
_SCORE_MODULES = ("sklearn.base", "sklearn.dummy", "sklearn.neighbors._classification", "catboost.core")


def bound_by_candidate(
    scorer: Any, estimator: Any, parameters: ParameterSpace, settings: Mapping[str, Any]
) -> Callable[[Point], float | None]:
    """A function of a point: the highest score that its candidate can have on a fold; None where it is not known."""
    if not _are_weights(settings["score_params"]):
        return lambda point: None
    base = highest_score(scorer, estimator)
    if not is_passthrough_scorer(scorer):
        return lambda point: base

    def bound(point: Point) -> float | None:
        params = parameters.params(point)
        if all(value is None or isinstance(value, Number | str) for value in params.values()):
            return base
        try:  # a candidate may bring another estimator, with a score method of its own
            candidate = clone(estimator).set_params(**clone(params, safe=False))
        except Exception:
            return None  # its folds fail with this error
        return highest_score(scorer, candidate)

    return bound


def highest_score(scorer: Any, estimator: Any) -> float | None:
    """1 for accuracy and its like, 0 for a negated error, None where it is not known."""
    if is_passthrough_scorer(scorer):
        return 1.0 if _has_bounded_score(estimator) else None
    if type(scorer) is not type(get_scorer("accuracy")):
        return None
    if scorer._sign < 0:
        return 0.0 if _is_named(scorer, "neg_") else None
    return 1.0 if _is_named(scorer, *_AT_MOST_ONE) else None


def lowest_score(scorer: Any, estimator: Any) -> float | None:
    """0 for accuracy and its like, None where it is not known or there is no lowest."""
    if is_passthrough_scorer(scorer):
        return 0.0 if is_classifier(estimator) and _has_bounded_score(estimator) else None
    is_own = type(scorer) is type(get_scorer("accuracy")) and scorer._sign > 0 and not scorer._kwargs.get("adjusted")
    return 0.0 if is_own and _is_named(scorer, *_AT_LEAST_ZERO) else None


def metrics_for(scorer: Any, estimator: Any, settings: Mapping[str, Any]) -> Container[str]:
    """The metrics of boosters that stand for the score; empty if there is none."""
    if any(name.endswith("sample_weight") for name in (*settings["fit_params"], *(settings["score_params"] or ()))):
        return ()  # the evaluation set and the score may have different weights
    if is_passthrough_scorer(scorer):
        own = "accuracy" if is_classifier(estimator) else "r2"
        return METRICS_OF_SCORER[own] if _has_bounded_score(estimator) else ()
    if type(scorer) is not type(get_scorer("accuracy")):
        return ()
    known = METRICS_OF_SCORER.keys() & set(get_scorer_names())  # scikit-learn 1.5 lacks some
    names = [name for name in known if _is_equal(scorer, get_scorer(name))]
    return METRICS_OF_SCORER[names[0]] if names else ()


def check_score_threshold(threshold: float, scorer: Any, estimator: Any) -> None:
    """Raise ValueError for a threshold that every score reaches, or none."""
    lowest, highest = lowest_score(scorer, estimator), highest_score(scorer, estimator)
    if lowest is not None and threshold <= lowest:
        better = f"score_threshold={-threshold:g}" if -1 <= threshold < 0 else "a larger one"
        raise ValueError(
            f"score_threshold={threshold:g}: the first candidate would end the search, because no score of this metric "
            f"is below {lowest:g}. A threshold is a score and not a loss; write {better}"
        )
    if highest is not None and threshold > highest:
        fraction = f"score_threshold={threshold / 100:g}" if 1 < threshold <= 100 and highest == 1 else None
        error = f"score_threshold={-threshold:g} for an error of {threshold:g}"
        raise ValueError(
            f"score_threshold={threshold:g}: no candidate would end the search, because no score of this metric is "
            f"above {highest:g}; write {fraction or error}"
        )


def _has_bounded_score(estimator: Any) -> bool:
    """Whether the estimator's ``score`` is scikit-learn's accuracy or R squared."""
    module = getattr(getattr(type(estimator), "score", None), "__module__", None)
    if module in ("sklearn.pipeline", "imblearn.pipeline"):  # the score of the last step
        return _has_bounded_score(estimator.steps[-1][1])
    if module == EarlyStopping.__module__:
        return _has_bounded_score(estimator.estimator)
    return module in _SCORE_MODULES and (is_classifier(estimator) or is_regressor(estimator))


def _is_named(scorer: Any, *prefixes: str) -> bool:
    """Whether one of scikit-learn's scorers with these names has the same metric, sign and arguments."""
    named = [get_scorer(name) for name in get_scorer_names() if name.startswith(prefixes)]
    return any(_is_equal(scorer, other) for other in named)


def _is_equal(scorer: Any, other: Any) -> bool:
    return (
        scorer._score_func is other._score_func
        and scorer._sign == other._sign
        and _essential(scorer._kwargs) == _essential(other._kwargs)
    )


def _essential(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    # Compared as text: an array among the arguments has no truth value.
    return {name: repr(value) for name, value in kwargs.items() if name not in _HARMLESS}


def _are_weights(score_params: Mapping[str, Any]) -> bool:
    """Whether the scorer gets only weights, none negative (with negative weights the bound does not hold)."""
    return all(name == "sample_weight" and np.min(value) >= 0 for name, value in (score_params or {}).items())

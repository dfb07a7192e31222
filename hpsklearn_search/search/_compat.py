"""Every private name of scikit-learn that the library touches, in one place.

Checked in scikit-learn 1.5.0, 1.5.2, 1.6.1, 1.7.2, 1.8.0 and 1.9.1:

- ``model_selection._validation._fit_and_score``: the same keywords throughout; 1.9 adds ``caller`` and ``callback_ctx``
- ``model_selection._validation._insert_error_scores``, ``_warn_or_raise_about_fit_failures``
- ``model_selection._search.BaseSearchCV``: ``_get_scorers``, ``_get_routed_params_for_fit``,
  ``_check_refit_for_multimetric``, ``_select_best_index``, ``_format_results``
- ``utils._param_validation``: ``HasMethods``, ``Interval``, ``StrOptions``, ``validate_parameter_constraints``
- ``base._fit_context``; ``utils.validation``: ``_check_method_params``, ``_num_samples``
- ``metrics._scorer``: ``_MultimetricScorer`` (``_scorers``, ``_raise_exc``), ``_BaseScorer``, ``_PassthroughScorer``
- ``model_selection._validation._score``, ``utils.metaestimators._safe_split``, ``utils._safe_indexing``
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from sklearn.base import _fit_context
from sklearn.metrics._scorer import _BaseScorer, _PassthroughScorer
from sklearn.metrics._scorer import _MultimetricScorer as _Bundle
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _score,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_parameter_constraints
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params, _num_samples, indexable

__all__ = [
    "HAS_CALLBACKS",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_method_params",
    "fit_and_score",
    "fit_context",
    "indexable",
    "insert_error_scores",
    "is_multimetric_scorer",
    "is_passthrough_scorer",
    "is_scikit_learn_scorer",
    "num_samples",
    "refusing_text",
    "requires_y",
    "safe_indexing",
    "safe_split",
    "score",
    "scorers_by_name",
    "validate_parameters",
    "warn_or_raise_about_fit_failures",
]

HAS_CALLBACKS = "callback_ctx" in signature(_fit_and_score).parameters
"""Whether this scikit-learn (1.9 and later) has the callback protocol."""

check_method_params = _check_method_params
fit_and_score = _fit_and_score
fit_context = _fit_context
insert_error_scores = _insert_error_scores
num_samples = _num_samples
safe_indexing = _safe_indexing
safe_split = _safe_split
score = _score
validate_parameters = validate_parameter_constraints
warn_or_raise_about_fit_failures = _warn_or_raise_about_fit_failures


def is_multimetric_scorer(scorer: Any) -> bool:
    """Whether `scorer` is scikit-learn's bundle of several named scorers."""
    return isinstance(scorer, _Bundle)


def is_passthrough_scorer(scorer: Any) -> bool:
    """Whether `scorer` calls the ``score`` method of the estimator."""
    return type(scorer) is _PassthroughScorer


class _MultimetricScorer(_Bundle):
    """A bundle that tells a scorer which returns text from one that raised, whose traceback is text, too.

    Messages of scikit-learn name it, hence its name.
    """

    def __call__(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        scores = super().__call__(estimator, *args, **kwargs)
        for name, score in scores.items():
            if isinstance(score, str) and "Traceback (most recent call last)" not in score:
                raise ValueError(f"scoring must return a number, got {score} ({type(score)}) instead. (scorer={name})")
        return scores


def refusing_text(scorer: Any) -> Any:
    """A scorer that raises where one of a bundle returns text, as scikit-learn does for a single scorer."""
    if not isinstance(scorer, _Bundle):
        return scorer
    return _MultimetricScorer(scorers=scorer._scorers, raise_exc=scorer._raise_exc)


def is_scikit_learn_scorer(scorer: Any) -> bool:
    """Whether `scorer` looks at an estimator through its predictions, or its ``score`` method, alone."""
    if isinstance(scorer, _Bundle):
        return all(map(is_scikit_learn_scorer, scorer._scorers.values()))
    return isinstance(scorer, _BaseScorer | _PassthroughScorer)


def requires_y(estimator: Any) -> bool:
    """Whether `estimator` says that it cannot be fitted without a target."""
    try:
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later
    except ImportError:
        tags: dict[str, Any] = estimator._get_tags() if hasattr(estimator, "_get_tags") else {}
        return bool(tags.get("requires_y", False))
    return bool(get_tags(estimator).target_tags.required)


def scorers_by_name(scorer: Any) -> Any:
    """What ``scorer_`` holds: a dict for several metrics, the scorer itself for one."""
    return scorer._scorers if isinstance(scorer, _Bundle) else scorer

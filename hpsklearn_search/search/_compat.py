"""Most private names of scikit-learn that the library uses.

Attributes of scorers are read in `_metric_bounds`, the callback context in `_task_tree`.

Checked in scikit-learn 1.5.0, 1.5.2, 1.6.1, 1.7.2, 1.8.0 and 1.9.1:

- ``model_selection._validation._fit_and_score``: the same keywords throughout; 1.9 adds ``caller`` and ``callback_ctx``
- ``model_selection._validation._insert_error_scores``, ``_warn_or_raise_about_fit_failures``
- ``model_selection._search.BaseSearchCV``: ``_get_scorers``, ``_get_routed_params_for_fit``,
  ``_check_refit_for_multimetric``, ``_select_best_index``, ``_format_results``
- ``utils._param_validation``: ``HasMethods``, ``Interval``, ``InvalidParameterError``, ``StrOptions``,
  ``validate_parameter_constraints``
- ``base._fit_context``; ``utils.validation``: ``_check_method_params``, ``_num_samples``
- ``metrics._scorer``: ``_MultimetricScorer`` (``_scorers``, ``_raise_exc``), ``_PassthroughScorer``
- ``model_selection._validation._score``, ``utils._safe_indexing``
"""

from __future__ import annotations

from inspect import signature
from traceback import format_exc
from types import FunctionType
from typing import Any

from sklearn.base import _fit_context
from sklearn.metrics import get_scorer
from sklearn.metrics._scorer import _MultimetricScorer as _Bundle
from sklearn.metrics._scorer import _PassthroughScorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _score,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_method_params, _num_samples, indexable

from .._secrets_in_texts import without_secrets
from .._texts import hide_secrets, printable
from ..executors._streams import print_safely
from ._score_errors import KeepingErrors, keep_error

__all__ = [
    "HAS_CALLBACKS",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "check_method_params",
    "fit_and_score",
    "fit_context",
    "indexable",
    "insert_error_scores",
    "is_multimetric_scorer",
    "is_pairwise",
    "is_passthrough_scorer",
    "num_samples",
    "requires_y",
    "returns_one_score",
    "safe_indexing",
    "score",
    "scorers_by_name",
    "strict_scorer",
    "validate_parameters",
    "warn_or_raise_about_fit_failures",
]

HAS_CALLBACKS = "callback_ctx" in signature(_fit_and_score).parameters  # in scikit-learn 1.9 and later

check_method_params = _check_method_params


def _print_line(*values: Any, **options: Any) -> None:
    lines = (printable(str(value), keep="\n") for value in values)  # an option may be a text from elsewhere
    print_safely(*lines, **options)


def _public_traceback() -> str:
    return without_secrets(format_exc())


def _with_names(function: Any, **names: Any) -> Any:
    """A routine of scikit-learn that finds other functions by these global names."""
    # Replacing sys.stdout, or the functions in scikit-learn's module, would disturb other threads.
    copy = FunctionType(function.__code__, {**function.__globals__, **names}, argdefs=function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


# Their warnings show the error of a scorer; what they print neither fails the fold nor moves the cursor.
score = _with_names(_score, format_exc=_public_traceback)
fit_and_score = _with_names(_fit_and_score, _score=score, print=_print_line)

fit_context = _fit_context
insert_error_scores = _insert_error_scores
num_samples = _num_samples
safe_indexing = _safe_indexing


def validate_parameters(constraints: Any, params: Any, caller_name: str) -> None:
    """scikit-learn's check of parameters; its error shows the value."""
    try:
        validate_parameter_constraints(constraints, params, caller_name=caller_name)
    except InvalidParameterError as error:
        hide_secrets(error)
        raise


warn_or_raise_about_fit_failures = _warn_or_raise_about_fit_failures


def is_multimetric_scorer(scorer: Any) -> bool:
    """Whether `scorer` is scikit-learn's bundle of several scorers."""
    return isinstance(scorer, _Bundle)


def is_passthrough_scorer(scorer: Any) -> bool:
    """Whether `scorer` calls the ``score`` method of the estimator."""
    return type(scorer) is _PassthroughScorer


def returns_one_score(scorer: Any) -> bool:
    """Whether `scorer` is scikit-learn's own for one metric; a function of the user's may return several scores."""
    return isinstance(scorers_by_name(scorer), type(get_scorer("accuracy")) | _PassthroughScorer)


class _MultimetricScorer(_Bundle):  # messages of scikit-learn name it
    """A bundle that raises where one of its scorers returns text."""

    def __call__(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        scores = super().__call__(estimator, *args, **kwargs)
        for name, score in scores.items():
            if isinstance(score, str) and "Traceback (most recent call last)" in score:
                scores[name] = without_secrets(score)  # scikit-learn warns with this text
                keep_error(name, scores[name])
            elif isinstance(score, str):
                raise ValueError(f"scoring must return a number, got {score} ({type(score)}) instead. (scorer={name})")
        return scores


def strict_scorer(scorer: Any) -> Any:
    """A scorer whose errors are kept, and that raises where one of a bundle returns text."""
    if not isinstance(scorer, _Bundle):
        return KeepingErrors(scorer)
    return _MultimetricScorer(scorers=scorer._scorers, raise_exc=scorer._raise_exc)


def requires_y(estimator: Any) -> bool:
    """Whether `estimator` says that it cannot be fitted without a target."""
    try:
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later
    except ImportError:
        tags: dict[str, Any] = estimator._get_tags() if hasattr(estimator, "_get_tags") else {}
        return bool(tags.get("requires_y", False))
    return bool(get_tags(estimator).target_tags.required)


def is_pairwise(estimator: Any) -> bool:
    """Whether `estimator` takes a square matrix of kernel values or distances between samples."""
    try:
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later
    except ImportError:
        return bool(estimator._get_tags()["pairwise"]) if hasattr(estimator, "_get_tags") else False
    return bool(get_tags(estimator).input_tags.pairwise)


def scorers_by_name(scorer: Any) -> Any:
    """What ``scorer_`` holds: a dict for several metrics, the scorer itself for one."""
    if isinstance(scorer, _Bundle):
        return scorer._scorers
    return scorer.scorer if isinstance(scorer, KeepingErrors) else scorer

"""The highest value that a scorer can return, where that is known."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer, get_scorer_names

_AT_MOST_ONE = (
    "accuracy", "balanced_accuracy", "top_k_accuracy", "average_precision", "roc_auc", "f1", "precision", "recall",
    "jaccard", "matthews_corrcoef", "r2", "explained_variance", "d2_absolute_error_score", "adjusted_rand_score",
    "rand_score", "adjusted_mutual_info_score", "normalized_mutual_info_score", "homogeneity_score",
    "completeness_score", "v_measure_score", "fowlkes_mallows_score", "d2_log_loss_score", "d2_brier_score",
)  # fmt: skip


def highest_score(scorer: Any, estimator: Any) -> float | None:
    """1 for accuracy and its like, 0 for a negated error, None where it is not known."""
    while hasattr(estimator, "steps"):  # a pipeline's score is that of its last step
        estimator = estimator.steps[-1][1]
    function = getattr(scorer, "_score_func", None)
    if function is None:  # the scorer may call the estimator's own score: accuracy or R squared in scikit-learn's
        is_passthrough = type(scorer).__name__ == "_PassthroughScorer"
        method = getattr(type(estimator), "score", None)
        is_inherited = getattr(method, "__module__", "").startswith("sklearn.base")
        is_bounded = is_passthrough and is_inherited and (is_classifier(estimator) or is_regressor(estimator))
        return 1.0 if is_bounded else None
    if getattr(scorer, "_sign", 1) < 0:
        return 0.0 if any(function is error for error in _functions("neg_")) else None
    return 1.0 if any(function is metric for metric in _functions(*_AT_MOST_ONE)) else None


def _functions(*prefixes: str) -> list[Any]:
    return [get_scorer(name)._score_func for name in get_scorer_names() if name.startswith(prefixes)]

"""Metrics of boosters that can be compared between candidates, and the scores that they stand for.

A metric is listed only if no parameter of the booster changes its scale, as the `alpha` of a quantile loss would. On
the same rows, what is best by a metric is best by the scores beside it, but for the average over folds.
"""

from __future__ import annotations

from typing import Any

# The boosters' names of a metric, and the names of scikit-learn's scorers.
_RELATED: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("binary_logloss", "multi_logloss", "logloss", "mlogloss", "Logloss", "MultiClass", "log_loss"),
        ("neg_log_loss", "d2_log_loss_score"),
    ),
    (
        ("l2", "rmse", "RMSE", "squared_error"),
        ("r2", "neg_mean_squared_error", "neg_root_mean_squared_error"),
    ),
    (("l1", "mae", "MAE", "absolute_error"), ("neg_mean_absolute_error", "d2_absolute_error_score")),
    (("auc", "AUC"), ("roc_auc", "roc_auc_ovr")),
    (("binary_error", "multi_error", "error", "merror", "Accuracy"), ("accuracy",)),
)
METRICS_OF_SCORER = {name: frozenset((*metrics, *scorers)) for metrics, scorers in _RELATED for name in scorers}
_COMPARABLE = frozenset().union(*METRICS_OF_SCORER.values())
_HIGHER_IS_BETTER = ("auc", "AUC", "Accuracy")  # scikit-learn's scorers have the sign of a score


def is_comparable(metric: Any) -> bool:
    """Whether values of a booster's metric, or of a scorer, mean the same for every candidate."""
    return isinstance(metric, str) and metric in _COMPARABLE


def sign_of(metric: str) -> int:
    """What makes a loss of a booster's metric."""
    return -1 if metric in _HIGHER_IS_BETTER else 1

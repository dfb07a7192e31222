"""Which candidates the folds can tell apart from the best one.

The scores of two candidates on the same k folds are compared by the corrected resampled t-test (Nadeau and
Bengio, Machine Learning 52, 2003): with d the mean difference, s^2 its variance over the folds, and n_test and
n_train the numbers of rows in a fold's parts,

    t = d / sqrt((1/k + n_test/n_train) s^2),   with k - 1 degrees of freedom.                     (1)

Scores that count rows, such as accuracies, have steps of a row: on few folds, equal candidates often differ by
the same step on each. With w the score of no error minus that of no success, s^2 is at least

    s^2 >= |d| (w - |d|) / n_test,                                                                 (2)

the variance of a difference of which single rows decide, if one candidate is right wherever the other is. All
candidates are compared with the best, so the p-values are corrected by Holm's method (1979).

>>> scores = np.array([[0.9, 0.8, 0.9, 0.8, 0.9], [0.8, 0.9, 0.8, 0.9, 0.8], [0.1, 0.2, 0.1, 0.2, 0.1]])
>>> comparison = compare_with(0, scores, ratio=0.25)
>>> comparison.is_same.tolist(), comparison.difference.round(2).tolist()
([True, True, False], [0.0, 0.02, 0.72])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from ..space import brief
from ..space._typing import BoolArray, FloatArray


@dataclass(frozen=True)
class Comparison:
    """The differences of n candidates to the best one; NaN where they share fewer than two folds."""

    difference: FloatArray  # mean score of the best minus that of each candidate, over their common folds
    error: FloatArray  # the standard error of the difference, by the root in equation (1)
    half_width: FloatArray  # of the confidence interval of each difference alone
    p_value: FloatArray  # by Holm's method
    is_same: BoolArray  # whether the folds cannot tell the candidate apart from the best; False where p is NaN
    is_worse: BoolArray  # whether they can; False where p is NaN


def compare_with(
    best: int, scores: FloatArray, ratio: float, alpha: float = 0.05, n_test: float = np.inf, width: float = 1.0
) -> Comparison:
    """Compare rows of `scores`, shape (n, k), with row `best`; `ratio` is n_test/n_train, the rest is for (2)."""
    differences = scores[best] - scores
    k = np.count_nonzero(~np.isnan(differences), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(differences, axis=1) / np.where(k > 1, k, np.nan)
        variance = np.nansum((differences - mean[:, None]) ** 2, axis=1) / (k - 1)
        variance = np.maximum(variance, np.abs(mean) * np.maximum(width - np.abs(mean), 0.0) / n_test)
        error = np.sqrt((1.0 / k + ratio) * variance)
        freedom = np.maximum(k - 1, 1)
        p = np.where(error > 0, 2 * student.sf(np.abs(mean) / error, freedom), np.where(mean == 0, 1.0, 0.0))
    p[np.isnan(mean)] = np.nan
    p[best] = 1.0
    p_value = _holm(p, skip=best)
    return Comparison(mean, error, student.isf(alpha / 2, freedom) * error, p_value, p_value > alpha, p_value <= alpha)


def _holm(p: FloatArray, skip: int) -> FloatArray:
    """Holm's adjusted p-values of all but row `skip`, which is not a comparison."""
    adjusted: FloatArray = p.copy()
    rows = np.array([row for row in np.argsort(p, kind="stable") if row != skip and not np.isnan(p[row])], dtype=int)
    factors = np.arange(len(rows), 0, -1)
    adjusted[rows] = np.minimum(np.maximum.accumulate(p[rows] * factors), 1.0) if len(rows) else []
    return adjusted


def check_alpha(alpha: Any) -> None:
    """Raise ValueError unless `alpha` is a probability."""
    if isinstance(alpha, bool) or not isinstance(alpha, float | int) or not 0 < alpha < 1:
        raise ValueError(f"alpha is a probability between 0 and 1, got {brief(alpha)}; write alpha=0.05")

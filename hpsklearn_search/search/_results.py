"""From finished trials to ``cv_results_``, made once, in order of suggestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ..trials import STATUS_CANCELLED, Trial

__all__ = ["finished_trials", "flat_folds", "rank_without_infinities"]


def finished_trials(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that have a row in the table."""
    return [trial for trial in trials if trial.outcome is not None and trial.outcome.status != STATUS_CANCELLED]


def flat_folds(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The results of all folds, candidate by candidate, as scikit-learn's formatting wants them."""
    return [dict(fold) for trial in trials if trial.outcome is not None for fold in trial.outcome.folds]


def rank_without_infinities(results: dict[str, Any]) -> Mapping[str, Any]:
    """Let infinite mean scores share the last rank, as NaN does: only a finite number can win."""
    for key in [key for key in results if key.startswith("mean_test_")]:
        means = np.asarray(results[key])
        if not np.isinf(means).any():
            continue
        finite = np.isfinite(means)
        worst = means[finite].min() - 1 if finite.any() else 0.0
        ranks = rankdata(-np.where(finite, means, worst), method="min")
        results[key.replace("mean_", "rank_", 1)] = ranks.astype(np.int32)
    return results

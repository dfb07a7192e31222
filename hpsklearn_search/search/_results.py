"""From finished trials to ``cv_results_``, made once, in order of suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ..trials import STATUS_CANCELLED, Trial

ASKED_TO_STOP = "asked_to_stop"
"""In the result of a fold: whether a callback of scikit-learn asked to end the search."""

BEST_ITERATIONS = "best_iterations"
"""In the result of a fold: where each booster that stops early was best."""


DERIVED_PARAMS = "derived_params"
"""In the result of a fold: parameters that boosters derived, and that a refit must be given."""


def finished_trials(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that have a row in the table."""
    finished = [(trial, trial.outcome) for trial in trials if trial.outcome is not None]
    # One whose error ended the search may have none of its folds, counted from the first, to show.
    return [trial for trial, outcome in finished if outcome.status != STATUS_CANCELLED and outcome.folds]


def flat_folds(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The results of all folds that ran, candidate by candidate."""
    return [_plain(fold) for trial in trials if trial.outcome is not None for fold in trial.outcome.folds]


def _plain(fold: Mapping[str, Any]) -> dict[str, Any]:
    """What scikit-learn's table is made of."""
    return {key: value for key, value in fold.items() if key not in (BEST_ITERATIONS, DERIVED_PARAMS)}


def first_failure(trials: Sequence[Trial], params_of: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> str:
    """Why the first candidate failed, in a line: what was raised, and what that came from."""
    trial = next(trial for trial in trials if any(fold["fit_error"] for fold in flat_folds([trial])))
    error = next(fold["fit_error"] for fold in flat_folds([trial]) if fold["fit_error"])
    raised = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception)\b.*)", error, flags=re.MULTILINE)[::-1]
    reasons = ", from ".join(dict.fromkeys(raised)) or error.strip().splitlines()[-1]
    return f"Candidate {trial.number}, {dict(params_of(trial.point))!r}, failed with {reasons}"


def padded_folds(trials: Sequence[Trial], n_splits: int) -> list[dict[str, Any]]:
    """The results of `n_splits` folds for every candidate, with NaN for those that racing left out."""
    return [fold for trial in trials if trial.outcome is not None for fold in _padded(trial.outcome.folds, n_splits)]


def _padded(folds: Sequence[Mapping[str, Any]], n_splits: int) -> list[dict[str, Any]]:
    missing = n_splits - len(folds)
    if not missing:
        return [_plain(fold) for fold in folds]
    scores = folds[0]["test_scores"]
    nothing = dict.fromkeys(scores, np.nan) if isinstance(scores, dict) else np.nan
    # The times of the folds that ran stand in for the others, so that means are those of what ran.
    times = {key: float(np.mean([fold[key] for fold in folds])) for key in ("fit_time", "score_time")}
    empty = {"fit_error": None, "test_scores": nothing, "n_test_samples": 0, **times}
    return [*map(_plain, folds), *(dict(empty) for _ in range(missing))]


def add_partial_columns(results: dict[str, Any], trials: Sequence[Trial], metric: str) -> None:
    """Racing's own columns: how many folds ran, and the mean test score over them."""
    counts = [len(trial.outcome.folds) if trial.outcome is not None else 0 for trial in trials]
    results["n_splits_run"] = np.array(counts, dtype=np.int64)
    n_splits = max(counts)
    scores = np.array([results[f"split{i}_test_{metric}"] for i in range(n_splits)])
    ran = np.arange(n_splits)[:, None] < np.array(counts)
    results["mean_test_score_partial"] = np.where(ran, scores, 0.0).sum(axis=0) / np.maximum(counts, 1)


def add_iteration_columns(results: dict[str, Any], trials: Sequence[Trial], n_splits: int) -> None:
    """Where every fold of a booster that stops early was best, and the median; none if nobody stops early."""
    folds = [trial.outcome.folds if trial.outcome is not None else () for trial in trials]
    found = [[fold.get(BEST_ITERATIONS, {}) for fold in of_trial] for of_trial in folds]
    paths = dict.fromkeys(path for of_trial in found for fold in of_trial for path in fold)
    for path in paths:
        suffix = f"_{path}" if len(paths) > 1 else ""
        table = np.full((len(trials), n_splits), np.nan)
        for row, of_trial in zip(table, found, strict=True):
            row[: len(of_trial)] = [fold.get(path, np.nan) for fold in of_trial]
        for i in range(n_splits):
            results[f"split{i}_best_iteration{suffix}"] = table[:, i]
        known = ~np.isnan(table).all(axis=1)
        results[f"median_best_iteration{suffix}"] = np.full(len(trials), np.nan)
        results[f"median_best_iteration{suffix}"][known] = np.round(np.nanmedian(table[known], axis=1))


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

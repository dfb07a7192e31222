"""From finished trials to ``cv_results_``: made once, in order of suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from .._texts import printable, public_repr
from ..trials import STATUS_CANCELLED, Trial
from ._limits import N_BYTES, WITHIN_LIMITS, Limits
from ._score_errors import SCORE_ERRORS, fold_error
from ._tracebacks import headline
from .early_stopping import BEST_CASE

# Keys of the result of a fold, in addition to those of scikit-learn:
ASKED_TO_STOP = "asked_to_stop"  # whether a callback of scikit-learn asked to end the search
BEST_ITERATIONS = "best_iterations"  # the best iteration of each booster that stops early
CURVE = "curve"  # the best validation loss of a booster that stops early, and its best case if it was stopped
RUN = "run"  # which worker ran the fold, and when it started
DERIVED_PARAMS = "derived_params"  # parameters that boosters derived, and that a refit must be given
_OWN_KEYS = (ASKED_TO_STOP, BEST_ITERATIONS, CURVE, DERIVED_PARAMS, N_BYTES, RUN, SCORE_ERRORS)


def was_stopped(fold: Mapping[str, Any]) -> bool:
    """Whether the fit of a fold was stopped because its curve could not reach the best candidate's."""
    return BEST_CASE in fold.get(CURVE, {})


def finished_trials(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that have a row in the table."""
    finished = [(trial, trial.outcome) for trial in trials if trial.outcome is not None]
    # A trial whose error ended the search may lack the first fold, and then it has no folds to show.
    return [trial for trial, outcome in finished if outcome.status != STATUS_CANCELLED and outcome.folds]


def flat_folds(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The results of all folds that ran, candidate by candidate."""
    return [_sklearn_part(fold) for trial in trials if trial.outcome is not None for fold in trial.outcome.folds]


def _sklearn_part(fold: Mapping[str, Any]) -> dict[str, Any]:
    # scikit-learn would make a column of every key.
    part = {key: value for key, value in fold.items() if key not in _OWN_KEYS}
    # It prints the error, which may come from a save file of somebody else.
    return {**part, "fit_error": part["fit_error"] and printable(part["fit_error"], keep="\n\t")}


def fold_runs(trials: Sequence[Trial]) -> list[tuple[int, str, float, float]]:
    """Of each fold with a time: row of its candidate, worker, start after the first fold, duration; in seconds."""
    folds = [(i, fold) for i, trial in enumerate(trials) if trial.outcome is not None for fold in trial.outcome.folds]
    runs = [(i, fold[RUN], fold["fit_time"] + fold["score_time"]) for i, fold in folds if RUN in fold]
    first = min((run["began"] for _, run, _ in runs), default=0.0)
    return [(i, run["worker"], run["began"] - first, seconds) for i, run, seconds in runs]


def first_failure(trials: Sequence[Trial], params_of: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> str:
    """Why the first failed candidate failed, in one line: the exception, and those that caused it."""
    trial = next(trial for trial in trials if any(fold["fit_error"] for fold in flat_folds([trial])))
    error = next(fold["fit_error"] for fold in flat_folds([trial]) if fold["fit_error"])
    raised = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception)\b.*)", error, flags=re.MULTILINE)[::-1]
    reasons = ", from ".join(dict.fromkeys(raised)) or headline(error)
    return f"Candidate {trial.number}, {public_repr(dict(params_of(trial.point)))}, failed with {reasons}"


def padded_folds(trials: Sequence[Trial], n_splits: int) -> list[dict[str, Any]]:
    """The results of `n_splits` folds for every candidate, with NaN for folds that racing left out or stopped."""
    folds = [fold for trial in trials if trial.outcome is not None for fold in _padded(trial.outcome.folds, n_splits)]
    return _with_all_metrics(folds)


def _padded(folds: Sequence[Mapping[str, Any]], n_splits: int) -> list[dict[str, Any]]:
    missing = n_splits - len(folds)
    scores = folds[0]["test_scores"] if folds else np.nan
    no_scores = dict.fromkeys(scores, np.nan) if isinstance(scores, dict) else np.nan
    folds = [{**fold, "test_scores": no_scores} if was_stopped(fold) else fold for fold in folds]
    if not missing:
        return [_sklearn_part(fold) for fold in folds]
    # The missing folds get the mean times of the others, so that the means in the table are of folds that ran.
    times = {key: float(np.mean([fold[key] for fold in folds])) for key in ("fit_time", "score_time")}
    empty = {"fit_error": None, "test_scores": no_scores, "n_test_samples": 0, **times}
    return [*map(_sklearn_part, folds), *(dict(empty) for _ in range(missing))]


def _with_all_metrics(folds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The folds, with a score by name also where a callable that returns several scores raised."""
    # There scikit-learn's fold routine left one number, and its table would end with a TypeError.
    metrics = next((fold["test_scores"] for fold in folds if isinstance(fold["test_scores"], dict)), None)
    if metrics is None:
        return folds
    numbers = [(fold, key) for fold in folds for key in ("test_scores", "train_scores") if key in fold]
    for fold, key in numbers:
        if not isinstance(fold[key], dict):
            fold[key] = dict.fromkeys(metrics, fold[key])
    return folds


def add_partial_columns(results: dict[str, Any], trials: Sequence[Trial], metric: str) -> None:
    """Add racing's own columns: how many folds ran to their end, and the mean test score over those that began."""
    folds = [trial.outcome.folds if trial.outcome is not None else () for trial in trials]
    counts = [sum(not was_stopped(fold) for fold in of_trial) for of_trial in folds]
    results["n_splits_run"] = np.array(counts, dtype=np.int64)
    scores = np.array([results[f"split{i}_test_{metric}"] for i in range(max(map(len, folds)))])
    for row, of_trial in enumerate(folds):
        if of_trial and was_stopped(of_trial[-1]):
            stopped = of_trial[-1]["test_scores"]  # that of the model when it was stopped
            scores[len(of_trial) - 1, row] = stopped[metric] if isinstance(stopped, dict) else stopped
    n_begun = np.array(list(map(len, folds)))
    began = np.arange(len(scores))[:, None] < n_begun
    results["mean_test_score_partial"] = np.where(began, scores, 0.0).sum(axis=0) / np.maximum(n_begun, 1)


def add_iteration_columns(results: dict[str, Any], trials: Sequence[Trial], n_splits: int) -> None:
    """Add the best iteration of every fold, and their median, for each booster that stops early."""
    folds = [trial.outcome.folds if trial.outcome is not None else () for trial in trials]
    iterations = [[fold.get(BEST_ITERATIONS, {}) for fold in of_trial] for of_trial in folds]
    paths = dict.fromkeys(path for of_trial in iterations for fold in of_trial for path in fold)
    for path in paths:
        suffix = f"_{path}" if len(paths) > 1 else ""
        table = np.full((len(trials), n_splits), np.nan)
        for row, of_trial in zip(table, iterations, strict=True):
            row[: len(of_trial)] = [fold.get(path, np.nan) for fold in of_trial]
        for i in range(n_splits):
            results[f"split{i}_best_iteration{suffix}"] = table[:, i]
        has_any = ~np.isnan(table).all(axis=1)
        results[f"median_best_iteration{suffix}"] = np.full(len(trials), np.nan)
        results[f"median_best_iteration{suffix}"][has_any] = np.round(np.nanmedian(table[has_any], axis=1))


def add_limit_columns(results: dict[str, Any], trials: Sequence[Trial], limits: Limits) -> None:
    """Add which candidates are within all limits, and the mean size of a fold's model where a limit asks for it."""
    results[WITHIN_LIMITS] = np.array(
        [not trial.has_failed and all(excess <= 0 for excess in trial.excess) for trial in trials]
    )
    if N_BYTES in limits.columns:
        folds = [trial.outcome.folds if trial.outcome is not None else () for trial in trials]
        sizes = [[fold[N_BYTES] for fold in of_trial if N_BYTES in fold] for of_trial in folds]
        results[N_BYTES] = np.array([np.mean(of_trial) if of_trial else np.nan for of_trial in sizes])


def rank_losers_last(results: dict[str, Any], trials: Sequence[Trial]) -> Mapping[str, Any]:
    """Rank candidates outside a limit after the others, and failed ones last, as with NaN.

    Neither `error_score` nor infinity can win; failed candidates share their rank.
    """
    is_outside = np.array([trial.is_outside for trial in trials])
    for key in [key for key in results if key.startswith("mean_test_")]:
        means = np.asarray(results[key])
        can_win = np.isfinite(means) & ~has_failed(trials, key.removeprefix("mean_test_"))
        if not can_win.any():
            can_win = np.isfinite(means)  # then the scores decide among the failed candidates, as in GridSearchCV
        if np.isnan(means[~can_win]).all() and not is_outside.any():
            continue  # scikit-learn ranks NaN last
        by_score = rankdata(-np.where(can_win, means, -np.inf), method="min")
        ranks = rankdata(by_score + len(means) * (is_outside * 1 + ~can_win), method="min")
        results[key.replace("mean_", "rank_", 1)] = ranks.astype(np.int32)
    return results


def has_failed(trials: Sequence[Trial], metric: str) -> NDArray[np.bool_]:
    """Which trials have a fold whose fit or score of the metric failed."""
    folds = [trial.outcome.folds if trial.outcome is not None else () for trial in trials]
    return np.array([any(fold_error(fold, metric) for fold in of_trial) for of_trial in folds])

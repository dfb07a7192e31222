"""The candidates of a search and their scores, as arrays with one entry per candidate.

>>> results = {"param_C": [0.01, 1.0, 100.0], "mean_test_score": [0.5, 0.9, float("nan")]}
>>> candidates = Candidates.from_cv_results(results)
>>> candidates.scores.tolist(), candidates.failed.tolist(), candidates.columns["C"].is_log
([0.5, 0.9, nan], [False, False, True], True)
>>> candidates.best_so_far().tolist()
[0.5, 0.9, 0.9]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._texts import public_repr
from ..space._typing import BoolArray, FloatArray, IntArray
from ._columns import Column, make_column


@dataclass(frozen=True)
class Candidates:
    """The candidates of a search, in order of suggestion; all arrays have shape (n,)."""

    columns: dict[str, Column]  # by the names of the parameters in ``best_params_``
    scores: FloatArray  # mean test score, NaN if the candidate failed, over the finished folds if it was pruned
    failed: BoolArray
    pruned: BoolArray
    metric: str  # "score" if there is only one
    seconds: FloatArray  # from the start of the search to the end of the candidate
    outside: BoolArray  # outside of a limit of the search, so that it cannot win
    is_wall_clock: bool = False  # else `seconds` are a sum of fit and score times

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def from_cv_results(
        cls, cv_results: Mapping[str, Any], metric: str | None = None, log: Mapping[str, bool] | None = None
    ) -> Candidates:
        """The candidates in ``cv_results_``; without an entry in `log`, a scale is guessed from the values."""
        metric = _metric(cv_results, metric)
        scores = np.array(cv_results[f"mean_test_{metric}"], dtype=float)
        pruned = np.zeros(len(scores), dtype=bool)
        if "n_splits_run" in cv_results:
            n_splits = np.asarray(cv_results["n_splits_run"])
            pruned = np.isnan(scores) & (n_splits < n_splits.max()) & (n_splits > 0)
            scores = np.where(pruned, np.asarray(cv_results["mean_test_score_partial"], dtype=float), scores)
        scores = np.where(np.isfinite(scores), scores, np.nan)
        names = [key.removeprefix("param_") for key in cv_results if str(key).startswith("param_")]
        columns = {name: make_column(name, cv_results[f"param_{name}"], (log or {}).get(name)) for name in names}
        failed = np.isnan(scores)
        within = np.array(cv_results.get("within_limits", np.ones(len(scores))), dtype=bool)
        outside = ~within & ~failed & ~pruned
        return cls(columns, scores, failed, pruned, metric, _seconds_of_work(cv_results, len(scores)), outside)

    @classmethod
    def from_search(cls, search: Any, metric: str | None = None) -> Candidates:
        """The candidates of a fitted search, of this package or of scikit-learn."""
        if not hasattr(search, "fit"):
            kind = type(search).__name__
            cure = "; for a table write from_cv_results(cv_results)" if isinstance(search, Mapping) else ""
            raise TypeError(f"from_search needs a fitted search, such as a HyperoptSearchCV, got {kind}{cure}")
        check_is_fitted(search, "cv_results_")
        if metric is None and getattr(search, "multimetric_", False):
            names = [getattr(search, "objective_metric", None), search.refit]
            metric = next((name for name in names if isinstance(name, str)), None)
        has_trials = hasattr(search, "trials_")  # scikit-learn's searches record neither scales nor times
        results = search._public_results() if has_trials else search.cv_results_
        candidates = cls.from_cv_results(results, metric, search._log_scales() if has_trials else {})
        seconds = search._seconds_on_the_clock() if has_trials else None
        if seconds is None or len(seconds) != len(candidates):
            return candidates
        return replace(candidates, seconds=seconds, is_wall_clock=True)

    # ------------------------------------------------------------------ views
    @property
    def complete(self) -> BoolArray:
        """Which candidates have a score over all folds, and could win."""
        return ~self.failed & ~self.pruned & ~self.outside

    @property
    def best(self) -> int | None:
        """The index of the best complete candidate, the first of equal ones; None if there is none."""
        if not self.complete.any():
            return None
        return int(np.argmax(np.where(self.complete, self.scores, -np.inf)))

    def kinds(self, floor: float) -> dict[str, BoolArray]:
        """How each candidate is drawn on an axis that ends at `floor`; every candidate has one kind."""
        below = ~self.failed & (self.scores < floor)
        return {
            "candidate": self.complete & ~below,
            "outside": self.outside & ~below,
            "pruned": self.pruned & ~below,
            "below": below,
            "failed": self.failed,
        }

    def best_so_far(self, order: Sequence[int] | IntArray | None = None) -> FloatArray:
        """The best score up to each candidate, NaN before the first score."""
        scores = np.where(self.complete, self.scores, -np.inf)
        running = np.maximum.accumulate(scores if order is None else scores[np.asarray(order)])
        return np.where(np.isfinite(running), running, np.nan)

    def column(self, name: str) -> Column:
        """A parameter by name; raises ValueError if it was not searched."""
        if name not in self.columns:
            raise ValueError(f"parameter {public_repr(name)} was not searched; choose from {list(self.columns)}")
        return self.columns[name]

    def varying(self) -> list[str]:
        """Names of the parameters that have more than one value; all names if none has."""
        names = [name for name, column in self.columns.items() if column.n_distinct > 1]
        return names or list(self.columns)


def robust_minimum(scores: FloatArray) -> float:
    """The lower end of an axis of scores; a few very bad scores lie below it.

    >>> robust_minimum(np.array([0.8, 0.85, 0.86, 0.9, -1e6])) > 0.5
    True
    """
    finite = scores[~np.isnan(scores)]
    if not len(finite):
        return 0.0
    # A score is very bad if it is below the better 60 % by more than three times their range.
    best, middle = finite.max(), np.quantile(finite, 0.4)
    floor = middle - 3.0 * max(best - middle, 1e-12 + 1e-6 * abs(best))
    return float(finite[finite >= floor].min())


# ---------------------------------------------------------------------- columns of cv_results_
def _metric(cv_results: Mapping[str, Any], metric: str | None) -> str:
    metrics = [key.removeprefix("mean_test_") for key in cv_results if str(key).startswith("mean_test_")]
    metrics = [name for name in metrics if name != "score_partial"]  # of racing, no metric
    if metric is None and metrics:
        return metrics[0]
    if metric not in metrics:
        raise ValueError(f"metric {metric!r} is not in cv_results_; it has {metrics}")
    return str(metric)


def _seconds_of_work(cv_results: Mapping[str, Any], n: int) -> FloatArray:
    times = [np.asarray(cv_results.get(key, np.zeros(n)), dtype=float) for key in ("mean_fit_time", "mean_score_time")]
    folds = {match[1] for key in cv_results if (match := re.match(r"split(\d+)_test_", str(key)))}
    return np.cumsum(np.nan_to_num(times[0] + times[1])) * max(len(folds), 1)

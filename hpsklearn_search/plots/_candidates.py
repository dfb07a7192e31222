"""What a search tried and what came of it, as arrays: one entry a candidate. No plotting library here.

>>> results = {"param_C": [0.01, 1.0, 100.0], "mean_test_score": [0.5, 0.9, float("nan")]}
>>> tried = Candidates.from_cv_results(results)
>>> tried.scores.tolist(), tried.failed.tolist(), tried.columns["C"].is_log
([0.5, 0.9, nan], [False, False, True], True)
>>> tried.best_so_far().tolist()
[0.5, 0.9, 0.9]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._typing import BoolArray, FloatArray, IntArray
from ._columns import Column, column


@dataclass(frozen=True)
class Candidates:
    """The candidates of a search, in order of suggestion.

    Attributes
    ----------
    columns : dict of Column
        Every searched parameter, by its name in ``best_params_``.
    scores : ndarray of shape (n,)
        Mean test score; NaN where the candidate failed; of one that racing stopped, over the folds it ran.
    failed, stopped : ndarray of bool, shape (n,)
        Which have no finite score; which were given up by racing.
    metric : str
        The metric, ``"score"`` for the only one.
    seconds : ndarray of shape (n,)
        When each finished, from the start of the search; of a search that does not record it, the seconds
        of fitting and scoring until then.
    is_wall_clock : bool
        Whether `seconds` were read from a clock.
    """

    columns: dict[str, Column]
    scores: FloatArray
    failed: BoolArray
    stopped: BoolArray
    metric: str
    seconds: FloatArray
    is_wall_clock: bool = False

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def from_cv_results(
        cls, cv_results: Mapping[str, Any], metric: str | None = None, log: Mapping[str, bool] | None = None
    ) -> Candidates:
        """The candidates in a table like ``GridSearchCV``'s.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_``, or a data frame of it.
        metric : str, default=None
            Of several metrics the one to show; by default the first.
        log : mapping, default=None
            Which numeric parameters have a logarithmic scale; of others it is guessed from their values.

        Raises
        ------
        ValueError
            If there is no such metric; the message names those there are.
        """
        metric = _metric(cv_results, metric)
        scores = np.array(cv_results[f"mean_test_{metric}"], dtype=float)
        stopped = np.zeros(len(scores), dtype=bool)
        if "n_splits_run" in cv_results:
            ran = np.asarray(cv_results["n_splits_run"])
            stopped = np.isnan(scores) & (ran < ran.max()) & (ran > 0)
            scores = np.where(stopped, np.asarray(cv_results["mean_test_score_partial"], dtype=float), scores)
        scores = np.where(np.isfinite(scores), scores, np.nan)
        names = [key.removeprefix("param_") for key in cv_results if str(key).startswith("param_")]
        columns = {name: column(name, cv_results[f"param_{name}"], (log or {}).get(name)) for name in names}
        return cls(columns, scores, np.isnan(scores), stopped, metric, _seconds_of_work(cv_results, len(scores)))

    @classmethod
    def from_search(cls, search: Any, metric: str | None = None) -> Candidates:
        """The candidates of a fitted search, ours or one of scikit-learn's.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            Fitted.
        metric : str, default=None
            Of several metrics the one to show; by default the one that was optimised or refitted on.
        """
        check_is_fitted(search, "cv_results_")
        if metric is None and getattr(search, "multimetric_", False):
            named = [getattr(search, "objective_metric", None), search.refit]
            metric = next((name for name in named if isinstance(name, str)), None)
        is_ours = hasattr(search, "trials_")  # scikit-learn's searches know no scales and no times
        found = cls.from_cv_results(search.cv_results_, metric, search._log_scales() if is_ours else {})
        seconds = search._seconds_on_the_clock() if is_ours else None
        if seconds is None or len(seconds) != len(found):
            return found
        return cls(found.columns, found.scores, found.failed, found.stopped, found.metric, seconds, is_wall_clock=True)

    # ------------------------------------------------------------------ views
    @property
    def complete(self) -> BoolArray:
        """Which have a score over all folds, shape (n,)."""
        return ~self.failed & ~self.stopped

    @property
    def best(self) -> int | None:
        """The row of the best complete candidate, the earliest of equals; None if there is none."""
        if not self.complete.any():
            return None
        return int(np.argmax(np.where(self.complete, self.scores, -np.inf)))

    def best_so_far(self, order: Sequence[int] | IntArray | None = None) -> FloatArray:
        """The best score up to each candidate, NaN before the first, shape (n,)."""
        scores = np.where(self.complete, self.scores, -np.inf)
        running = np.maximum.accumulate(scores if order is None else scores[np.asarray(order)])
        return np.where(np.isfinite(running), running, np.nan)

    def column(self, name: str) -> Column:
        """A parameter by name.

        Raises
        ------
        ValueError
            If it was not searched; the message names those that were.
        """
        if name not in self.columns:
            raise ValueError(f"parameter {name!r} was not searched; choose from {list(self.columns)}")
        return self.columns[name]

    def varying(self) -> list[str]:
        """Names of the parameters that have more than one value."""
        found = [name for name, column in self.columns.items() if column.n_distinct > 1]
        return found or list(self.columns)


def robust_minimum(scores: FloatArray) -> float:
    """Where an axis of scores may begin, so that a few hopeless candidates do not squeeze the others.

    Parameters
    ----------
    scores : ndarray
        Finite scores, and NaN.

    Examples
    --------
    >>> robust_minimum(np.array([0.8, 0.85, 0.86, 0.9, -1e6])) > 0.5
    True
    """
    known = scores[~np.isnan(scores)]
    if not len(known):
        return 0.0
    best, middle = known.max(), np.quantile(known, 0.4)
    return float(max(known.min(), middle - 3.0 * max(best - middle, 1e-12 + 1e-6 * abs(best))))


# ---------------------------------------------------------------------- reading a table, or a search
def _metric(cv_results: Mapping[str, Any], metric: str | None) -> str:
    known = [key.removeprefix("mean_test_") for key in cv_results if str(key).startswith("mean_test_")]
    known = [name for name in known if name != "score_partial"]
    if metric is None and known:
        return known[0]
    if metric not in known:
        raise ValueError(f"metric {metric!r} is not in cv_results_; it has {known}")
    return str(metric)


def _seconds_of_work(cv_results: Mapping[str, Any], n: int) -> FloatArray:
    times = [np.asarray(cv_results.get(key, np.zeros(n)), dtype=float) for key in ("mean_fit_time", "mean_score_time")]
    folds = {match[1] for key in cv_results if (match := re.match(r"split(\d+)_test_", str(key)))}
    return np.cumsum(np.nan_to_num(times[0] + times[1])) * max(len(folds), 1)

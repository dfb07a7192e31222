"""A fitted search as the rules of advice see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from .._secret_names import is_secret_name
from ..space import Parameter, Space
from ..space._typing import FloatArray
from ..suggest import Outlook, parameter_importances
from ._advice import Evidence
from ._describe import Setting, parameter_names, settings
from ._kept_folds import KeptFolds
from ._largest_count import largest_count
from ._metric_bounds import highest_score, lowest_score
from ._parameters import ParameterSpace

# On pure noise the importances sum to less than this in 95 of 100 searches.
NOISE = 0.05


def metric_of(search: Any) -> str:
    """The name of the optimised metric, as it stands in the columns of the table."""
    return _first_in_table(search, search.objective_metric, search.refit)


def refit_metric_of(search: Any) -> str:
    """The name of the metric of ``best_score_``."""
    return _first_in_table(search, search.refit, search.objective_metric)


def _first_in_table(search: Any, *chosen: Any) -> str:
    names = [key.removeprefix("mean_test_") for key in search.cv_results_ if key.startswith("mean_test_")]
    return next((name for name in chosen if isinstance(name, str) and name in names), names[0])


def fold_scores(results: Mapping[str, Any], metric: str) -> FloatArray:
    """The scores of each candidate on each fold, shape (n, k); NaN where a fold did not run or failed."""
    pattern = re.compile(rf"split(\d+)_test_{re.escape(metric)}$")
    columns = sorted((int(match[1]), key) for key in results if (match := pattern.match(key)))
    return np.column_stack([np.asarray(results[key], dtype=float) for _, key in columns])


def evidence_of(search: Any, kept_folds: KeptFolds) -> Evidence:
    """Everything that advice needs from a fitted search."""
    results, rows, metric = search.cv_results_, search._rows(), metric_of(search)
    parameters = ParameterSpace.of(search)
    direct: dict[str, list[Setting]] = {}
    for setting in settings(parameters):
        direct.setdefault(setting.label, []).append(setting)
    has_failed = np.array([trial.has_failed for trial in rows])
    cannot_win = has_failed | np.array([trial.is_outside for trial in rows])
    means = np.asarray(results[f"mean_test_{metric}"], dtype=float)
    scores = np.where(cannot_win[:, None], np.nan, fold_scores(results, metric))
    return Evidence(
        params=results["params"],
        scores=scores,
        means=np.where(cannot_win | ~np.isfinite(means), np.nan, means),
        has_failed=has_failed,
        reasons=[
            trial.outcome.failure.without_numbers if trial.has_failed and trial.outcome.failure else ""
            for trial in rows
        ],
        seconds=np.asarray(results["mean_fit_time"]) + np.asarray(results["mean_score_time"]),
        units=np.array([parameters.space.encode(trial.point) for trial in rows]).reshape(len(rows), -1),
        labels=parameters.space.labels,
        names=parameter_names(parameters),
        settings={label: found[0] for label, found in direct.items() if len(found) == 1 and _is_plain(found[0])},
        find_importances=lambda: _importances(search, parameters.space),
        find_outlook=lambda: Outlook.of(search.trials_.history(parameters.space)),
        test_per_train=kept_folds.test_per_train,
        n_test=kept_folds.n_test,
        width=width_of_scores(search, scores, metric),
        highest=_bounds(search, metric)[1],
        estimator=search.estimator,
        find_largest=lambda parameter: largest_count(
            getattr(search, "best_estimator_", search.estimator), parameter, kept_folds.smallest_train
        ),
    )


def width_of_scores(search: Any, scores: FloatArray, metric: str) -> float:
    """The score of no error minus that of no success, if scores count rows; else 0."""
    lowest, highest = _bounds(search, metric)
    return 0.0 if _is_smooth(search, lowest, highest) else _width(scores, lowest, highest, search._kept_folds.n_test)


def _bounds(search: Any, metric: str) -> tuple[float | None, float | None]:
    """The lowest and the highest score of the metric; None where they are not known, or where all candidates failed."""
    if not hasattr(search, "scorer_"):
        return None, None
    scorer = search.scorer_[metric] if isinstance(search.scorer_, dict) else search.scorer_
    return lowest_score(scorer, search.estimator), highest_score(scorer, search.estimator)


def _is_smooth(search: Any, lowest: float | None, highest: float | None) -> bool:
    """Whether single rows are not right or wrong, as in scikit-learn's errors, and in most metrics of no classifier."""
    return highest == 0.0 or (lowest is None and not is_classifier(search.estimator))


def _width(scores: FloatArray, lowest: float | None, highest: float | None, n_test: float) -> float:
    """The score of no error minus that of no success, of a metric that counts rows."""
    if highest == 1.0:
        return 1.0 if lowest == 0.0 else 2.0  # its lowest score is not known
    # Of a metric of the user's, the scores tell the scale: shares, per cent, numbers of rows.
    finite = scores[np.isfinite(scores)]
    is_number = bool(len(finite)) and bool(np.all(finite == np.round(finite)))
    return float(max(1.0, n_test if is_number else 0.0, np.abs(finite).max(initial=0.0)))


def _is_plain(setting: Setting) -> bool:
    """Whether the label is the parameter's own value, and no secret number, which the figures would show."""
    return setting.is_direct and not (isinstance(setting.node, Parameter) and is_secret_name(setting.parameter))


def _importances(search: Any, space: Space) -> dict[str, float]:
    """The shares of the parameters; zeros where all together decide too little to be told from chance."""
    try:
        decided = parameter_importances(search.trials_, space, normalize=False)
    except ValueError:  # too few candidates have a score
        return {}
    total = sum(decided.values())
    return {label: share / total if total >= NOISE else 0.0 for label, share in decided.items()}

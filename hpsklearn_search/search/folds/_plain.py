"""One fold of one candidate on numpy arrays, with nothing routed and no callbacks.

scikit-learn's own fold routine finds out several times a fold from which of many libraries each array comes.
For fits that take a millisecond that is most of the time; here it is found out once a search. Scores are the
same to the last bit, and errors have the same effect.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from .._compat import is_multimetric_scorer, score, scorers_by_name


def is_plain(X: Any, y: Any, settings: Mapping[str, Any]) -> bool:
    """Whether `run_plain_fold` does for these data what scikit-learn's routine would."""
    is_special = settings["fit_params"] or settings["score_params"] or settings["return_train_score"]
    if is_special or settings["verbose"] > 1:
        return False
    # A square X may be a kernel or a matrix of distances, which scikit-learn cuts by rows and columns.
    if type(X) is not np.ndarray or X.ndim == 0 or (X.ndim > 1 and X.shape[0] == X.shape[1]):
        return False
    return y is None or type(y) is np.ndarray


def run_plain_fold(
    estimator: Any, X: Any, y: Any, split: tuple[Any, Any], params: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Fit a clone on the train part and score it on the test part; the result of scikit-learn's fold routine."""
    set_parameters(estimator, clone(params, safe=False))
    train, test = map(np.asarray, split)
    scorer, error_score = settings["scorer"], settings["error_score"]
    start = time.time()
    error, scores, score_time = None, error_score, 0.0
    try:
        _fit(estimator, X[train], None if y is None else y[train])
        fit_time = time.time() - start
    except Exception:
        if error_score == "raise":
            raise
        fit_time = time.time() - start
        error = traceback.format_exc()
        if is_multimetric_scorer(scorer):
            scores = dict.fromkeys(scorers_by_name(scorer), error_score)
    else:
        # Only now, when the train part is freed, so that a fold never needs memory for both.
        scores = score(estimator, X[test], None if y is None else y[test], scorer, {}, error_score)
        score_time = time.time() - start - fit_time
    return {
        "fit_error": error,
        "test_scores": scores,
        "n_test_samples": int(test.sum()) if test.dtype == bool else len(test),
        "fit_time": fit_time,
        "score_time": score_time,
    }


def set_parameters(estimator: Any, params: Mapping[str, Any]) -> None:
    """What ``estimator.set_params`` does, for a fresh clone."""
    # It inspects a signature. Where it would only set attributes, setting them takes a tenth of the time.
    attributes, kind = getattr(estimator, "__dict__", {}), type(estimator)
    sets_attributes = getattr(kind, "set_params", None) is BaseEstimator.set_params
    if sets_attributes and kind.get_params is BaseEstimator.get_params and all(name in attributes for name in params):
        for name, value in params.items():
            setattr(estimator, name, value)
    else:
        estimator.set_params(**params)


def _fit(estimator: Any, X: Any, y: Any) -> None:
    if y is None:
        estimator.fit(X)
    else:
        estimator.fit(X, y)

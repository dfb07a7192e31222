"""One fold of one candidate, where everything is plain: arrays of numpy, nothing routed, nobody listening.

scikit-learn's own fold routine asks each array, several times a fold, which of many libraries it comes
from. For fits that take a millisecond that is most of the time; here it is asked once a search. Results are
the same to the last bit, and so is what becomes of an error.
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
    """Whether `run_plain_fold` does for this job what scikit-learn's routine would.

    Parameters
    ----------
    X, y : data
        Plain arrays of numpy; not a square X, which may be a matrix of distances that is cut both ways.
    settings : mapping
        Keywords of scikit-learn's fold routine.
    """
    is_special = settings["fit_params"] or settings["score_params"] or settings["return_train_score"]
    if is_special or settings["verbose"] > 1:
        return False
    if type(X) is not np.ndarray or X.ndim == 0 or (X.ndim > 1 and X.shape[0] == X.shape[1]):
        return False
    return y is None or type(y) is np.ndarray


def run_plain_fold(
    estimator: Any, X: Any, y: Any, split: tuple[Any, Any], params: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Fit on the train part, score on the test part.

    Parameters
    ----------
    estimator : estimator
        A clone, which is used up.
    X, y : ndarray
        All of the data; `y` may be None.
    split : (train, test)
        Indices of the two parts.
    params : mapping
        The candidate's parameters.
    settings : mapping
        Keywords of scikit-learn's fold routine.

    Returns
    -------
    dict
        ``fit_error, test_scores, n_test_samples, fit_time, score_time``, as from scikit-learn's routine.
    """
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
        # Sliced only now: the train part is gone, so that a fold never needs both at once.
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
    """``estimator.set_params``, which inspects a signature, in short where that only sets attributes.

    Parameters
    ----------
    estimator : estimator
        A fresh clone, whose own attributes are its parameters.
    params : mapping
        ``{name: value}``.
    """
    own, kind = getattr(estimator, "__dict__", {}), type(estimator)
    sets_attributes = getattr(kind, "set_params", None) is BaseEstimator.set_params
    if sets_attributes and kind.get_params is BaseEstimator.get_params and all(name in own for name in params):
        for name, value in params.items():
            setattr(estimator, name, value)
    else:
        estimator.set_params(**params)


def _fit(estimator: Any, X: Any, y: Any) -> None:
    if y is None:
        estimator.fit(X)
    else:
        estimator.fit(X, y)

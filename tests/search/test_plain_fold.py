"""The plain fold routine: it differs from scikit-learn's own in nothing but time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import check_scoring
from sklearn.metrics.pairwise import linear_kernel
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV
from hpsklearn_search.search._compat import fit_and_score
from hpsklearn_search.search.folds._plain import is_plain, run_plain_fold, set_parameters

X, y = load_breast_cancer(return_X_y=True)
X, y = X[::4], y[::4]
SPLITS = list(StratifiedKFold(3).split(X, y))
PIPELINE = make_pipeline(StandardScaler(), SVC())


class ScoreFails(ClassifierMixin, BaseEstimator):
    """Fits, and cannot be scored."""

    def fit(self, X, y):
        """Nothing."""
        return self

    def score(self, X, y):
        """Fail."""
        raise ZeroDivisionError("no score")


def settings_for(estimator: object, scoring: object = None, error_score: object = np.nan) -> dict[str, object]:
    """Keywords of the fold routine."""
    return {
        "scorer": check_scoring(estimator, scoring),
        "fit_params": {},
        "score_params": {},
        "return_train_score": False,
        "error_score": error_score,
        "verbose": 0,
    }


@pytest.mark.parametrize(
    ("estimator", "params", "scoring"),
    [
        (PIPELINE, {"svc__C": 3.0}, None),
        (PIPELINE, {"svc": LogisticRegression(max_iter=5)}, "roc_auc"),
        (PIPELINE, {"svc__C": 3.0}, ["accuracy", "roc_auc"]),
        (PIPELINE, {"svc__C": -1.0}, None),
        (PIPELINE, {"svc__C": -1.0}, ["accuracy", "roc_auc"]),
        (ScoreFails(), {}, None),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_fold_is_that_of_scikit_learn(estimator: object, params: dict[str, object], scoring: object) -> None:
    """Scores, counts and the kind of error are the same, whether the fit succeeds, fails or cannot be scored."""
    settings = settings_for(estimator, scoring, -7.0)
    for train, test in SPLITS:
        expected = fit_and_score(
            clone(estimator), X, y, train=train, test=test, parameters=params, return_n_test_samples=True,
            return_times=True, **settings,
        )  # fmt: skip
        result = run_plain_fold(clone(estimator), X, y, (train, test), params, settings)
        assert result.keys() == expected.keys()
        assert result["test_scores"] == expected["test_scores"]
        assert result["n_test_samples"] == expected["n_test_samples"]
        last_lines = [str(fold["fit_error"]).strip().splitlines()[-1] for fold in (result, expected)]
        assert last_lines[0] == last_lines[1]


class Doubling(SVC):
    """Has its own `set_params`."""

    def set_params(self, C):
        """Take twice the value."""
        return super().set_params(C=2 * C)


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        (SVC(), {"C": 3.0, "kernel": "linear"}),
        (SVC(), {}),
        (PIPELINE, {"svc__C": 3.0}),
        (PIPELINE, {"svc": LogisticRegression()}),
        (Doubling(), {"C": 3.0}),
    ],
    ids=str,
)
def test_parameters_are_set_as_set_params_does(estimator: object, params: dict[str, object]) -> None:
    """Also where the estimator has its own `set_params`."""
    result, expected = clone(estimator), clone(estimator)
    set_parameters(result, params)
    expected.set_params(**params)
    assert repr(result.get_params()) == repr(expected.get_params())


@pytest.mark.parametrize("name", ["gama", "fit", "svc__C"])
def test_what_is_no_parameter_is_refused_as_set_params_does(name: str) -> None:
    """In its own words, also where there is a method of that name."""
    with pytest.raises(ValueError, match="Invalid parameter"):
        set_parameters(SVC(), {name: 1})


def test_an_error_is_raised_where_that_is_asked_for() -> None:
    """``error_score="raise"`` lets the fit's own exception through."""
    with pytest.raises(ValueError, match="C"):
        run_plain_fold(clone(PIPELINE), X, y, SPLITS[0], {"svc__C": -1.0}, settings_for(PIPELINE, error_score="raise"))


@pytest.mark.parametrize(
    ("X", "y", "changed"),
    [
        (sparse.csr_array(X), y, {}),
        (X.tolist(), y, {}),
        (X, y.tolist(), {}),
        (linear_kernel(X), y, {}),
        (X, y, {"fit_params": {"sample_weight": y}}),
        (X, y, {"return_train_score": True}),
        (X, y, {"verbose": 2}),
    ],
)
def test_what_is_not_plain_is_left_to_scikit_learn(X: object, y: object, changed: dict[str, object]) -> None:
    """Other containers, a square X, routed parameters, training scores and messages are not handled here."""
    assert not is_plain(X, y, {**settings_for(PIPELINE), **changed})


def test_a_precomputed_kernel_is_cut_both_ways() -> None:
    """A search over a kernel matrix scores as one over the rows that it was made of."""
    options = {"cv": 3, "max_evals": 2, "refit": False}
    space = {"C": [0.1, 1.0]}
    scaled = StandardScaler().fit_transform(X)
    rows = HyperoptSearchCV(SVC(kernel="linear"), space, **options).fit(scaled, y)
    kernel = HyperoptSearchCV(SVC(kernel="precomputed"), space, **options).fit(linear_kernel(scaled), y)
    np.testing.assert_allclose(kernel.cv_results_["mean_test_score"], rows.cv_results_["mean_test_score"])

"""Spaces of the estimator: the same table as a grid search, masks, and errors before the first fit."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_iris(return_X_y=True)
PIPELINE = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(max_iter=1000))])


class Counted(ClassifierMixin, BaseEstimator):
    """A classifier that counts how often it was fitted."""

    fits: ClassVar[list[int]] = []

    def __init__(self, depth: int = 1) -> None:
        self.depth = depth

    def fit(self, X: Any, y: Any) -> Counted:
        """Count."""
        self.fits.append(self.depth)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (SVC(), {"kernel": ["rbf", "linear"], "C": [0.1, 1, 10]}),
        (SVC(), [{"kernel": ["linear"], "C": [1, 10]}, {"kernel": ["rbf"], "gamma": np.logspace(-2, 0, 3)}]),
        (PIPELINE, {"scale": [StandardScaler(), "passthrough"], "model__C": [0.1, 1.0]}),
        (DecisionTreeClassifier(random_state=0), {"max_depth": [None, 2], "class_weight": [None, {0: 1, 1: 2, 2: 1}]}),
    ],
)
def test_a_small_grid_gives_the_table_of_a_grid_search(estimator: Any, grid: Any) -> None:
    """Keys, order, values, types and masks are equal, apart from times."""
    theirs = GridSearchCV(estimator, grid, cv=3).fit(X, y)
    ours = HyperoptSearchCV(estimator, grid, cv=3).fit(X, y)
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    assert repr(ours.cv_results_["params"]) == repr(theirs.cv_results_["params"])
    for key, expected in theirs.cv_results_.items():
        if key != "params" and "time" not in key:
            assert ours.cv_results_[key].dtype == expected.dtype, key
            assert repr(ours.cv_results_[key]) == repr(expected), key
    assert repr(ours.best_params_) == repr(theirs.best_params_)


def test_an_inactive_parameter_is_masked() -> None:
    """Each row shows the parameters of its own branch."""
    space = {
        "model": hp.choice(
            "model",
            [
                {"model": LogisticRegression(), "model__C": loguniform(1e-2, 1e2)},
                {"model": DecisionTreeClassifier(), "model__max_depth": hp.uniformint("depth", 1, 5)},
            ],
        )
    }
    results = HyperoptSearchCV(PIPELINE, space, max_evals=12, cv=3, random_state=0).fit(X, y).cv_results_
    is_tree = np.array([isinstance(model, DecisionTreeClassifier) for model in results["param_model"]])
    assert 0 < is_tree.sum() < 12
    assert np.ma.getmaskarray(results["param_model__C"]).tolist() == is_tree.tolist()
    assert np.ma.getmaskarray(results["param_model__max_depth"]).tolist() == (~is_tree).tolist()
    assert all(type(params["model__max_depth"]) is int for params in results["params"] if "model__max_depth" in params)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"dept": [1, 2]}, "Did you mean 'depth'"),
        ([{"depth": [1, 2]}, {"dept": [1]}], "Did you mean 'depth'"),
        ({"m": hp.choice("m", [{"depth": 1}, {"dept": 2}])}, "Did you mean 'depth'"),
        ({"depth": [1, 2], "m": hp.choice("m", [{"depth": 1}])}, "set twice"),
        ({"depth": []}, "non-empty"),
        ({"depth": 3}, "needs to be a list"),
        ([], "No fits were performed"),
    ],
)
def test_a_bad_space_is_refused_before_the_first_fit(space: Any, message: str) -> None:
    """Nothing has been fitted when the error is raised."""
    Counted.fits.clear()
    with pytest.raises((ValueError, TypeError), match=message):
        HyperoptSearchCV(Counted(), space, max_evals=5, cv=3).fit(X, y)
    assert Counted.fits == []


def test_one_label_on_two_parameters_is_refused_before_the_first_fit() -> None:
    """Two nodes with one label cannot be told apart in the record."""
    Counted.fits.clear()
    space = {"depth": hp.choice("m", [hp.uniformint("d", 1, 3), hp.uniformint("d", 4, 9)])}
    with pytest.raises(ValueError, match="'d' is used for two nodes"):
        HyperoptSearchCV(Counted(), space, max_evals=5, cv=3).fit(X, y)
    assert Counted.fits == []

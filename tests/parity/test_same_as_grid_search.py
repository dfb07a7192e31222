"""The same job in `GridSearchCV` and in `HyperoptSearchCV`: all that a user can see of both is compared."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import DBSCAN, KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, LeaveOneGroupOut, PredefinedSplit, TimeSeriesSplit
from sklearn.neighbors import KernelDensity, KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, KernelCenterer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hpsklearn_search import HyperoptSearchCV
from tests.search.side_by_side import Breaks, assert_same_table

X, y = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 5]}
TEXTS = ["one two", "two three", "three four", "four one", "one one", "two two"] * 5
FRAME = pd.DataFrame({"n": [1.0, np.nan, 3.0, 4.0, 5.0] * 6, "c": list("abcab") * 6})
COLUMNS = ColumnTransformer([("n", SimpleImputer(), ["n"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["c"])])
HALF = np.arange(30) % 2
GROUPS = np.arange(150) % 5
WEIGHTS = np.arange(442) % 3 + 1.0

OURS_ALONE = {
    "trials_",
    "n_trials_",
    "best_loss_",
    "stop_reason_",
    "importances_",
    "space_",
    "advice_",
    "splits_",
    "baseline_score_",
}
"""Fitted attributes that GridSearchCV does not have."""

METHODS = ("predict", "predict_proba", "decision_function", "transform", "score_samples")


class Mean(ClassifierMixin, BaseEstimator):
    """Takes only arrays of three dimensions."""

    def __init__(self, level: float = 0.5) -> None:
        self.level = level

    def fit(self, X: Any, y: Any) -> Mean:
        """Check the number of dimensions."""
        assert X.ndim == 3
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Predict whether the mean of a sample is above the level."""
        return (X.mean(axis=(1, 2)) > self.level).astype(int)


class Hoards(ClassifierMixin, BaseEstimator):
    """Appends to the list that is its parameter, and predicts how long the list was."""

    def __init__(self, seen: Any = None) -> None:
        self.seen = seen

    def fit(self, X: Any, y: Any) -> Hoards:
        """Append to the option."""
        self.classes_, self.length_ = np.unique(y), len(self.seen)
        self.seen.append(0)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the length before the fit."""
        return np.full(len(X), self.length_ % 3)


def two_metrics(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    """A scorer of several metrics."""
    return {"a": estimator.score(X, y), "b": 1.0}


def fails_at_five(estimator: Any, X: Any, y: Any) -> float:
    """A scorer that fails for one candidate."""
    if estimator.max_depth == 5:
        raise ValueError("five")
    return float(estimator.score(X, y))


def n_clusters(estimator: Any, X: Any) -> int:
    """A scorer without y, for an estimator that can neither predict nor score."""
    return len(set(estimator.fit_predict(X)))


def polars_frame() -> Any:
    """The irises."""
    polars = pytest.importorskip("polars")
    return polars.DataFrame({f"x{i}": X[:, i] for i in range(4)})


# ---------------------------------------------------------------------- jobs
JOBS: dict[str, tuple[Any, Any, Any, Any, dict[str, Any]]] = {
    # kinds of estimator
    "classifier": (TREE, {"max_depth": [1, 2, 3], "criterion": ["gini", "entropy"]}, X, y, {}),
    "regressor": (Ridge(), {"alpha": [0.1, 1.0, 10.0]}, *DIABETES, {"scoring": "neg_mean_squared_error"}),
    "clusterer": (KMeans(n_init=1, random_state=0), {"n_clusters": [2, 3]}, X, None, {}),
    "clusterer with labels": (
        KMeans(n_init=1, random_state=0), {"n_clusters": [2, 3]}, X, y, {"scoring": "adjusted_rand_score"}
    ),
    "clusterer that cannot predict": (DBSCAN(), {"eps": [0.3, 0.8]}, X, None, {"scoring": n_clusters}),
    "transformer": (PCA(), {"n_components": [1, 2]}, X, None, {}),
    "density": (KernelDensity(), {"bandwidth": [0.1, 1.0]}, X, None, {}),
    "selection in a pipeline": (make_pipeline(SelectKBest(), SVC()), {"selectkbest__k": [1, 2, "all"]}, X, y, {}),
    # data
    "a pandas frame": (
        TREE, DEPTHS, pd.DataFrame(X, columns=list("abcd")), pd.Series(y).map(dict(enumerate("xyz"))), {}
    ),
    "a polars frame": (make_pipeline(StandardScaler(), SVC()), {"svc__C": [1, 2]}, polars_frame, y, {}),
    "lists": (SVC(), {"C": [1, 2]}, X.tolist(), y.tolist(), {}),
    "a sparse matrix": (LogisticRegression(), {"C": [0.1, 1]}, sparse.csr_matrix(X), y, {"cv": 3}),
    "a sparse array, by coordinates": (LogisticRegression(), {"C": [0.1, 1]}, sparse.coo_array(X), y, {"cv": 3}),
    "NaN": (
        HistGradientBoostingClassifier(max_iter=3), {"max_depth": [2, 3]}, np.where(X > 6, np.nan, X), y, {"cv": 3}
    ),
    "texts": (make_pipeline(CountVectorizer(), SVC()), {"svc__C": [1, 2]}, TEXTS, HALF, {"cv": 3}),
    "a frame with text and NaN": (make_pipeline(COLUMNS, SVC()), {"svc__C": [1, 2]}, FRAME, HALF, {"cv": 3}),
    "three dimensions": (Mean(), {"level": [0.4, 0.5]}, np.random.default_rng(0).random((40, 3, 4)), [0, 1] * 20, {}),
    "strings as classes": (TREE, {"max_depth": [1, 2]}, X, np.array(list("abc"))[y], {}),
    "a precomputed kernel": (SVC(kernel="precomputed"), {"C": [0.1, 1]}, X @ X.T, y, {}),
    "a precomputed kernel in a pipeline": (
        make_pipeline(KernelCenterer(), SVC(kernel="precomputed")), {"svc__C": [0.1, 1]}, X @ X.T, y, {}
    ),
    "many labels": (KNeighborsClassifier(), {"n_neighbors": [1, 3]}, *make_multilabel_classification(60), {"cv": 3}),
    "several targets": (DecisionTreeRegressor(random_state=0), {"max_depth": [1, 2]}, X, X[:, :2], {"cv": 3}),
    # scoring and refit
    "train scores": (TREE, DEPTHS, X, y, {"return_train_score": True}),
    "a list of metrics": (TREE, DEPTHS, X, y, {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"}),
    "a tuple of metrics": (TREE, DEPTHS, X, y, {"scoring": ("accuracy", "f1_macro"), "refit": "f1_macro"}),
    "a dict of metrics": (
        TREE, DEPTHS, X, y,
        {"scoring": {"b": "accuracy", "a": make_scorer(f1_score, average="macro"), "c": lambda e, X, y: 1.0},
         "refit": "a", "return_train_score": True},
    ),
    "metrics without refit": (TREE, DEPTHS, X, y, {"scoring": {"a": "accuracy", "b": "f1_macro"}, "refit": False}),
    "metrics with a callable refit": (
        TREE, DEPTHS, X, y, {"scoring": ["accuracy", "f1_macro"], "refit": lambda results: 1}
    ),
    "a callable of several metrics": (TREE, DEPTHS, X, y, {"scoring": two_metrics, "refit": "a"}),
    "a callable that gives an integer": (TREE, DEPTHS, X, y, {"scoring": lambda e, X, y: 1}),
    "a callable refit": (TREE, DEPTHS, X, y, {"refit": lambda results: np.int64(1)}),
    "no refit": (TREE, DEPTHS, X, y, {"refit": False}),
    "scores that are all NaN": (TREE, DEPTHS, X, y, {"scoring": lambda e, X, y: np.nan}),
    # spaces
    "a list of grids": (SVC(), [{"kernel": ["rbf"], "gamma": [0.1, 1]}, {"kernel": ["linear"]}, {}], X, y, {}),
    "whole estimators": (
        Pipeline([("scale", "passthrough"), ("clf", SVC())]),
        {"scale": [StandardScaler(), "passthrough", None], "clf": [SVC(C=2), LogisticRegression(max_iter=500)]},
        X, y, {},
    ),
    "estimators and their parameters": (
        Pipeline([("scale", StandardScaler()), ("clf", SVC())]),
        [{"clf": [SVC(), LogisticRegression()], "clf__C": [0.1, 1]}, {"clf": [TREE], "clf__max_depth": [1, 2]}],
        X, y, {},
    ),
    "lists of steps": (
        Pipeline([("clf", SVC())]), {"steps": [[("scale", StandardScaler()), ("clf", SVC())], [("t", TREE)]]}, X, y, {}
    ),
    "a dropped column": (
        make_pipeline(ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", PCA(1), [2, 3])]), SVC()),
        {"columntransformer__b": ["drop", "passthrough", PCA(2)]}, X, y, {},
    ),
    "dicts": (TREE, {"class_weight": [None, {0: 2, 1: 1, 2: 1}, "balanced"]}, X, y, {}),
    "tuples, lists and numbers": (
        MLPClassifier(max_iter=3, random_state=0), {"hidden_layer_sizes": [(5,), (5, 3), [4], 7]}, X, y, {"cv": 2}
    ),
    "functions": (
        make_pipeline(FunctionTransformer(), SVC()),
        {"functiontransformer__func": [None, np.log1p, lambda X: 2 * X]}, X, y, {},
    ),
    "kernels": (
        GaussianProcessClassifier(optimizer=None), {"kernel": [None, RBF(2.0), RBF() + WhiteKernel()]}, X[::3], y[::3],
        {"cv": 2},
    ),
    "arrays of options": (SVC(), {"C": np.logspace(-1, 1, 3), "kernel": np.array(["rbf", "linear"])}, X, y, {}),
    "options that fits spoil": (Hoards(), {"seen": [[1], [1, 2]]}, X, y, {}),
    # folds
    "groups": (TREE, DEPTHS, X, y, {"cv": GroupKFold(5), "params": {"groups": GROUPS}}),
    "groups in a list": (TREE, DEPTHS, X, y, {"cv": LeaveOneGroupOut(), "params": {"groups": GROUPS.tolist()}}),
    "groups that nobody needs": (TREE, DEPTHS, X, y, {"params": {"groups": GROUPS}}),
    "time series": (Ridge(), {"alpha": [1, 2]}, *DIABETES, {"cv": TimeSeriesSplit(3)}),
    "folds in a list": (TREE, DEPTHS, X, y, {"cv": list(KFold(3, shuffle=True, random_state=0).split(X))}),
    "folds as masks": (TREE, DEPTHS, X, y, {"cv": [(GROUPS > 0, GROUPS == 0), (GROUPS > 1, GROUPS <= 1)]}),
    "folds by sample": (TREE, DEPTHS, X, y, {"cv": PredefinedSplit(GROUPS - 1)}),
    # parameters of fit
    "sample_weight": (Ridge(), {"alpha": [1, 200]}, *DIABETES, {"params": {"sample_weight": WEIGHTS}}),
    "sample_weight to a step": (
        make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1, 200]}, *DIABETES,
        {"params": {"ridge__sample_weight": WEIGHTS.tolist()}},
    ),
    "sample_weight and metrics": (
        Ridge(), {"alpha": [1, 200]}, *DIABETES,
        {"scoring": ["r2", "neg_mean_absolute_error"], "refit": "r2", "params": {"sample_weight": WEIGHTS}},
    ),
    # failures
    "failing candidates": (Breaks(), {"x": [0.1, 0.9]}, X, y, {}),
    "failing candidates, a number": (Breaks(), {"x": [0.9, 0.1]}, X, y, {"error_score": 0, "return_train_score": True}),
    "failing candidates, several metrics": (
        Breaks(), {"x": [0.1, 0.9]}, X, y, {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"}
    ),
    "failing candidates, a callable of several metrics": (
        Breaks(), {"x": [0.9, 0.1]}, X, y, {"scoring": two_metrics, "refit": "a", "error_score": -1.0}
    ),
    "failing scores": (TREE, DEPTHS, X, y, {"scoring": fails_at_five, "return_train_score": True}),
    "failing scores of one metric": (
        TREE, DEPTHS, X, y, {"scoring": {"a": "accuracy", "b": fails_at_five}, "refit": "a"}
    ),
    # errors
    "no metric": (TREE, DEPTHS, X, y, {"scoring": []}),
    "a metric twice": (TREE, DEPTHS, X, y, {"scoring": ["accuracy", "accuracy"], "refit": "accuracy"}),
    "a metric that is no scorer": (TREE, DEPTHS, X, y, {"scoring": [f1_score], "refit": "f1"}),
    "refit of no metric": (TREE, DEPTHS, X, y, {"scoring": ["accuracy", "f1_macro"]}),
    "refit of another metric": (TREE, DEPTHS, X, y, {"scoring": ["accuracy"], "refit": "f1"}),
    "refit of none of a callable's metrics": (TREE, DEPTHS, X, y, {"scoring": two_metrics}),
    "refit that is no index": (TREE, DEPTHS, X, y, {"refit": lambda results: "first"}),
    "refit out of range": (TREE, DEPTHS, X, y, {"refit": lambda results: 5}),
    "a score that is text": (TREE, DEPTHS, X, y, {"scoring": lambda e, X, y: "good"}),
    "too many folds": (TREE, DEPTHS, X, y, {"cv": 1000}),
    "one fold": (TREE, DEPTHS, X, y, {"cv": 1}),
    "no folds": (TREE, DEPTHS, X, y, {"cv": []}),
    "folds by a name": (TREE, DEPTHS, X, y, {"cv": "five"}),
    "folds of other data": (TREE, DEPTHS, X, y, {"cv": [(np.arange(100), np.arange(100, 200))]}),
    "lengths": (TREE, DEPTHS, X, y[:-1], {}),
    "lengths of the groups": (TREE, DEPTHS, X, y, {"cv": GroupKFold(5), "params": {"groups": GROUPS[1:]}}),
    "no groups": (TREE, DEPTHS, X, y, {"cv": GroupKFold(2)}),
    "one class": (LogisticRegression(), {"C": [1, 2]}, X, np.zeros(150), {}),
    "an unknown parameter of fit": (Ridge(), {"alpha": [1]}, *DIABETES, {"params": {"weight": 3}}),
    "an unknown parameter": (TREE, {"max_dept": [1, 2]}, X, y, {}),
    "an empty list": (TREE, {"max_depth": []}, X, y, {}),
    "a string": (TREE, {"criterion": "gini"}, X, y, {}),
    "a number": (TREE, {"max_depth": 3}, X, y, {}),
    "two dimensions of options": (TREE, {"max_depth": np.array([[1, 2]])}, X, y, {}),
    "a grid that is none": (TREE, [{"max_depth": [1]}, 3], X, y, {}),
    "no estimator": (3, DEPTHS, X, y, {}),
    "a wrong error_score": (TREE, DEPTHS, X, y, {"error_score": "give up"}),
    "a wrong verbose": (TREE, DEPTHS, X, y, {"verbose": "a lot"}),
    "a wrong n_jobs": (TREE, DEPTHS, X, y, {"n_jobs": "2"}),
    "a wrong refit": (TREE, DEPTHS, X, y, {"refit": 3.5}),
    "a wrong cv": (TREE, DEPTHS, X, y, {"cv": 2.5}),
    "all fail": (Breaks(), {"x": [0.8, 0.9]}, X, y, {}),
    "all fail, a number": (Breaks(), {"x": [0.9]}, X, y, {"error_score": 0}),
    "the first failure": (Breaks(), {"x": [0.1, 0.9]}, X, y, {"error_score": "raise"}),
}  # fmt: skip

with sklearn.config_context(enable_metadata_routing=True):
    WEIGHTED = Ridge().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    R2 = get_scorer("r2").set_score_request(sample_weight=True)
    WEIGHTED_SCALER = StandardScaler().set_fit_request(sample_weight=True)
    R2_OF_OTHERS = get_scorer("r2").set_score_request(sample_weight="other")

ALPHAS = {"alpha": [1, 200]}
ROUTED: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "to fit and score": (WEIGHTED, ALPHAS, {"params": {"sample_weight": WEIGHTS}}),
    "to a scorer": (WEIGHTED, ALPHAS, {"scoring": R2, "params": {"sample_weight": WEIGHTS}}),
    "under another name": (
        WEIGHTED, ALPHAS, {"scoring": R2_OF_OTHERS, "params": {"sample_weight": WEIGHTS, "other": WEIGHTS[::-1]}}
    ),
    "to one metric, not asked by the other": (
        WEIGHTED, ALPHAS, {"scoring": {"a": R2, "b": "r2"}, "refit": "a", "params": {"sample_weight": WEIGHTS}}
    ),
    "to the folds": (
        WEIGHTED, ALPHAS, {"cv": GroupKFold(3), "params": {"sample_weight": WEIGHTS, "groups": np.arange(442) % 4}}
    ),
    "to steps": (
        make_pipeline(WEIGHTED_SCALER, WEIGHTED), {"ridge__alpha": [1, 200]}, {"params": {"sample_weight": WEIGHTS}}
    ),
    "not asked for": (Ridge(), ALPHAS, {"params": {"sample_weight": WEIGHTS}}),
    "known to nobody": (WEIGHTED, ALPHAS, {"params": {"weight": WEIGHTS}}),
    "to folds that take none": (WEIGHTED, ALPHAS, {"params": {"groups": np.arange(442) % 4}}),
}  # fmt: skip


# ---------------------------------------------------------------------- comparing
def words(text: object) -> str:
    """A message without the name of the class, lines of code, numbers, and hints that only our message has."""
    said = str(text).replace("GridSearchCV", "HyperoptSearchCV").replace("param_grid", "space")
    said = re.sub(r"Traceback \(most recent.*?\n(?=\S)", "", said, flags=re.DOTALL)
    said = re.sub(r"Did you mean '\w+'\? ?|, in fold \d+ of cv", "", said)
    return " ".join(re.sub(r"0x[0-9a-f]+|\d\.\d+", "", said).split())


@contextmanager
def collected_warnings(messages: list[tuple[type, str]]) -> Iterator[None]:
    """Collect the warnings, except for those that only our search gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    only_ours = ("smaller than max_evals", "although it failed in a fold")
    said = [w for w in caught if not any(text in str(w.message) for text in only_ours)]
    # A warning that quotes the search is compared as far as the quotation.
    messages += sorted((w.category.__name__, words(w.message).partition("(estimator=")[0]) for w in said)  # type: ignore[misc]


def run(search: Any, data: Any, target: Any, params: dict[str, Any]) -> tuple[BaseException | None, list[Any]]:
    """The error of a fit, if any, and its warnings."""
    messages: list[Any] = []
    with collected_warnings(messages):
        try:
            search.fit(data, target, **params) if target is not None else search.fit(data, **params)
        except Exception as error:
            return error, messages
    return None, messages


def answer(search: Any, method: str, data: Any) -> str:
    """What a method returns, or its error."""
    try:
        return repr(getattr(search, method)(data))
    except Exception as error:
        return f"{type(error).__name__}: {words(error)}"


def fitted_attributes(search: Any) -> dict[str, Any]:
    """The public fitted attributes."""
    names = [name for name in dir(search) if name.endswith("_") and not name.startswith("_")]
    return {name: getattr(search, name) for name in names if name not in OURS_ALONE and hasattr(search, name)}


def assert_same(estimator: Any, grid: Any, data: Any, target: Any, options: dict[str, Any]) -> None:
    """Assert that both searches end with the same result, or with the same error."""
    params = options.get("params", {})
    settings = {name: value for name, value in options.items() if name != "params"}
    theirs, ours = GridSearchCV(estimator, grid, **settings), HyperoptSearchCV(estimator, grid, **settings)
    their_error, their_warnings = run(theirs, data, target, params)
    our_error, our_warnings = run(ours, data, target, params)
    if their_error is not None:
        assert our_error is not None, f"they raise {their_error!r}"
        assert isinstance(our_error, type(their_error)), (their_error, our_error)
        assert words(our_error).startswith(words(their_error))  # ours may go on to say which candidate it was
        return
    assert our_error is None, our_error
    assert our_warnings == their_warnings
    assert_same_table(ours.cv_results_, theirs.cv_results_)
    our_attributes, their_attributes = fitted_attributes(ours), fitted_attributes(theirs)
    assert set(our_attributes) == set(their_attributes)
    for name, value in their_attributes.items():
        assert type(our_attributes[name]) is type(value), name
        if name not in ("cv_results_", "refit_time_"):
            assert repr(our_attributes[name]) == repr(value), name
    for method in METHODS:
        assert hasattr(ours, method) == hasattr(theirs, method), method
        assert answer(ours, method, data) == answer(theirs, method, data), method


@pytest.mark.parametrize("job", JOBS)
def test_a_grid_gives_what_gridsearchcv_gives(job: str) -> None:
    """Table, types, masks, attributes, methods and warnings are equal, or the class and message of the error."""
    estimator, grid, data, target, options = JOBS[job]
    assert_same(estimator, grid, data() if callable(data) else data, target, options)


@pytest.mark.parametrize("job", ROUTED)
def test_metadata_goes_where_gridsearchcv_routes_it(job: str) -> None:
    """Routing sends it to fit, score, folds and steps, or raises the same error."""
    estimator, grid, options = ROUTED[job]
    with sklearn.config_context(enable_metadata_routing=True):
        assert_same(estimator, grid, *DIABETES, options)


ARRAY_JOBS: dict[str, tuple[Any, Any, Any, Any]] = {
    "classifier": (LinearDiscriminantAnalysis(), {"tol": [1e-4, 1e-3]}, X, y),
    "regressor": (Ridge(solver="svd"), {"alpha": [1.0, 2.0]}, *DIABETES),
    "transformer": (PCA(svd_solver="full"), {"n_components": [1, 2]}, X, None),
}


@pytest.mark.parametrize("job", ARRAY_JOBS)
def test_arrays_of_the_array_api_stay_what_they_are(monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    """The search does not convert them."""
    estimator, grid, data, target = ARRAY_JOBS[job]
    strict = pytest.importorskip("array_api_strict")
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # scikit-learn insists
    with sklearn.config_context(array_api_dispatch=True):
        assert_same(estimator, grid, strict.asarray(data), None if target is None else strict.asarray(target), {})


@pytest.mark.parametrize("estimator", [SVC(), PCA(), KMeans(random_state=0), make_pipeline(PCA(), Ridge())], ids=str)
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("is_fitted", [True, False])
@pytest.mark.filterwarnings("ignore")
def test_methods_and_attributes_are_there_when_gridsearchcv_has_them(
    estimator: Any, refit: bool, is_fitted: bool
) -> None:
    """The error of a missing one is the same, before and after a fit, with and without refit."""
    name, value = min(estimator.get_params(deep=False).items())
    searches = [search(estimator, {name: [value]}, refit=refit) for search in (GridSearchCV, HyperoptSearchCV)]
    if is_fitted:
        searches = [search.fit(X, y) for search in searches]
    for method in (*METHODS, "score", "inverse_transform"):
        theirs, ours = (answer(search, method, X) for search in searches)
        assert ours == theirs, method
    for name in ("classes_", "n_features_in_", "best_estimator_", "best_index_"):
        assert hasattr(searches[0], name) == hasattr(searches[1], name), name


@pytest.mark.filterwarnings("ignore")
def test_a_failed_candidate_with_a_high_error_score_wins_in_gridsearchcv_alone() -> None:
    """The one difference in ranks: with a negated error, error_score=0 would be the best score."""
    options = {"scoring": "neg_mean_absolute_error", "error_score": 0, "cv": 3, "refit": False}
    theirs = GridSearchCV(Breaks(), {"x": [0.9, 0.1]}, **options).fit(X, y)
    ours = HyperoptSearchCV(Breaks(), {"x": [0.9, 0.1]}, max_evals=2, **options).fit(X, y)
    np.testing.assert_array_equal(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    assert (theirs.best_params_, ours.best_params_) == ({"x": 0.9}, {"x": 0.1})
    assert (list(theirs.cv_results_["rank_test_score"]), list(ours.cv_results_["rank_test_score"])) == ([1, 2], [2, 1])


def test_an_empty_space_is_one_candidate_in_gridsearchcv_alone() -> None:
    """There it fits the estimator as it is; here it is refused, because nothing would be searched."""
    assert GridSearchCV(SVC(), {}).fit(X, y).cv_results_["params"] == [{}]
    with pytest.raises(ValueError, match=r"^space=\{\} is empty, so there is nothing to search"):
        HyperoptSearchCV(SVC(), {}).fit(X, y)


def test_an_unknown_metric_has_a_message_of_its_own() -> None:
    """Of the same class; GridSearchCV's message is a set of all names, in an order that differs between runs."""
    errors = []
    for search in (GridSearchCV, HyperoptSearchCV):
        with pytest.raises(ValueError, match="accuracies") as caught:
            search(SVC(), {"C": [1]}, scoring="accuracies").fit(X, y)
        errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[1]) == "scoring='accuracies' is unknown. Did you mean scoring='accuracy'?"


def test_a_class_for_an_estimator_is_refused() -> None:
    """The message is that of the newest scikit-learn."""
    with pytest.raises(TypeError, match=r"Expected an estimator instance \(SVC\(\)\), got estimator class instead"):
        HyperoptSearchCV(SVC, {"C": [1]}).fit(X, y)


def test_a_missing_target_is_refused_before_the_first_fit() -> None:
    """GridSearchCV finds it out in every fit, and says that all of them failed."""
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        HyperoptSearchCV(TREE, DEPTHS).fit(X)


def test_names_of_features_are_kept_and_compared() -> None:
    """A fit on a frame sets feature_names_in_, and an array then gets the warning of scikit-learn."""
    frame = pd.DataFrame(X, columns=list("abcd"))
    search = HyperoptSearchCV(SVC(), {"C": [1, 2]}, max_evals=2).fit(frame, y)
    assert list(search.feature_names_in_) == list("abcd")
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        search.predict(X)


def test_a_fit_that_changes_an_option_changes_a_copy() -> None:
    """The list of the caller, the table and the best parameters do not change."""
    option = [1]
    search = HyperoptSearchCV(Hoards(), {"seen": [option, [1, 2]]}, max_evals=2, cv=3).fit(X, y)
    assert option == [1]
    assert [params["seen"] for params in search.cv_results_["params"]] == [[1], [1, 2]]


@pytest.mark.parametrize("transform", ["pandas", "polars"])
def test_set_output_reaches_the_transformer(transform: str) -> None:
    """It does before and after the fit, and from a pipeline around the search."""
    library = pytest.importorskip(transform)
    search = HyperoptSearchCV(PCA(), {"n_components": [1, 2]}, max_evals=2)
    around = make_pipeline(search, SVC()).set_output(transform=transform)
    assert isinstance(around.fit(X, y)[:-1].transform(X), library.DataFrame)
    search = HyperoptSearchCV(PCA(), {"n_components": [1, 2]}, max_evals=2).fit(X)
    assert isinstance(search.set_output(transform=transform).transform(X), library.DataFrame)
    assert not hasattr(HyperoptSearchCV(SVC(), {}), "set_output")

"""A ready space has the parameters that have an effect with the estimator's other ones, and no others."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder
from sklearn.svm import SVC

from hpsklearn_search import spaces
from hpsklearn_search.spaces._ranges import Data
from hpsklearn_search.spaces._suggest import _given_by_one_name, _ranges_of

X, y = (part[::3] for part in load_breast_cancer(return_X_y=True))
X = X[:, :6] / X[:, :6].max(axis=0)


def made(kind: Any, **params: Any) -> Any:
    """The estimator, where this version of scikit-learn knows the parameters."""
    if not set(params) <= set(kind().get_params()):
        pytest.skip(f"{kind.__name__} has no {sorted(params)} in this version")
    return kind(**params)


def lightgbm(**params: Any) -> Any:
    """A small booster that does the same in each fit."""
    kind = pytest.importorskip("lightgbm").LGBMClassifier
    return kind(**{"n_estimators": 10, "verbosity": -1, "n_jobs": 1, "random_state": 0, **params})


def catboost(**params: Any) -> Any:
    """A small booster that writes no files."""
    kind = pytest.importorskip("catboost").CatBoostClassifier
    quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1, "random_seed": 0}
    return kind(**{"iterations": 10, **quiet, **params})


def neighbours(**params: Any) -> Callable[[], Any]:
    """Nearest neighbours with a metric of their own."""
    return lambda: KNeighborsClassifier(**params)


SETTINGS: dict[str, Callable[[], Any]] = {
    "components by chance": lambda: PCA(5, svd_solver="randomized", random_state=0),
    "components by arpack": lambda: PCA(5, svd_solver="arpack"),
    "components of sparse rows": PCA,
    "truncated by arpack": lambda: TruncatedSVD(algorithm="arpack"),
    "goss": lambda: lightgbm(boosting_type="goss", subsample_freq=1),
    "goss as a strategy": lambda: lightgbm(data_sample_strategy="goss", subsample_freq=1),
    "goss by another name": lambda: lightgbm(boosting="goss", bagging_freq=1),
    "random forest": lambda: lightgbm(boosting_type="rf", subsample_freq=1, subsample=0.5),
    "random forest of columns": lambda: lightgbm(boosting="rf", colsample_bytree=0.5),
    "rows of each tree": lambda: lightgbm(bagging_freq=1),
    "all rows in each tree": lambda: lightgbm(bagging_freq=0, subsample_freq=1),
    "bernoulli": lambda: catboost(bootstrap_type="Bernoulli"),
    "no bootstrap": lambda: catboost(bootstrap_type="No"),
    "minimal variance": lambda: catboost(bootstrap_type="MVS"),
    "two classes": catboost,
    "bayesian": lambda: catboost(bootstrap_type="Bayesian"),
    "network without batches": lambda: MLPClassifier(max_iter=20, solver="lbfgs", random_state=0),
    "euclidean": neighbours(metric="euclidean"),
    "manhattan": neighbours(metric="manhattan"),
    "cosine": neighbours(metric="cosine"),
    "chebyshev": neighbours(metric="chebyshev"),
    "power of the metric": neighbours(metric_params={"p": 1}),
    "power": neighbours(),
    "no penalty": lambda: made(LogisticRegression, penalty=None),
    "ridge of cosines": lambda: KernelRidge(kernel="cosine"),
    "ridge of sums": lambda: KernelRidge(kernel="additive_chi2"),
    "ridge with gamma": lambda: KernelRidge(kernel="laplacian"),
    "linear approximation": lambda: Nystroem(kernel="linear", random_state=0),
    "approximated cosines": lambda: Nystroem(kernel="cosine", random_state=0),
    "approximation with gamma": lambda: Nystroem(kernel="polynomial", random_state=0),
    "discriminants of eigenvalues": lambda: made(QuadraticDiscriminantAnalysis, solver="eigen"),
}


def ends(name: str, node: Any) -> list[Any]:
    """Both ends of a range, or all options; a booster gets few iterations."""
    if name in ("n_estimators", "iterations"):
        return [10, 30]
    law = node.distribution
    return [law.low, law.high] if hasattr(law, "low") else list(node.options)


def predictions(model: Any, rows: Any) -> Any:
    """What a fitted model says of the rows."""
    methods = ("predict_proba", "predict", "transform")
    return next(getattr(model, method) for method in methods if hasattr(model, method))(rows)


def has_effect(estimator: Any, name: str, values: list[Any], rows: Any) -> bool:
    """Whether all values can be fitted, and do not all give the same predictions."""
    outcomes = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for value in values:
            try:
                outcomes.append(predictions(clone(estimator).set_params(**{name: value}).fit(rows, y), rows))
            except Exception:  # each library has errors of its own
                return False
    return not all(np.array_equal(outcomes[0], other) for other in outcomes)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_ready_space_has_exactly_the_parameters_that_have_an_effect(setting: str) -> None:
    """They can be fitted at both ends of their range, and differ there. For the others, one of the two is false."""
    estimator = SETTINGS[setting]()
    rows = csr_array(X) if setting == "components of sparse rows" else X
    # A step of a pipeline may get no parameter at all.
    of_pipeline = spaces.suggest(Pipeline([("it", estimator), ("last", SVC())]), rows, y, size="large")
    space = {name.removeprefix("it__"): node for name, node in of_pipeline.items() if name.startswith("it__")}
    data, given = Data(len(y) // 2, X.shape[1]), _given_by_one_name(estimator)
    nodes = {each.parameter: each.node(data, given) for each in _ranges_of(estimator)} | space
    effective = [name for name, node in nodes.items() if has_effect(estimator, name, ends(name, node), rows)]
    assert effective == [name for name in nodes if name in space]


@pytest.mark.parametrize("strategy", ["most_frequent", "constant"])
def test_a_column_of_texts_is_not_imputed_by_its_mean(strategy: str) -> None:
    """The strategy stays, and the reason is said."""
    pipeline = make_pipeline(SimpleImputer(strategy=strategy), OneHotEncoder(), LogisticRegression())
    space = spaces.suggest(pipeline, np.array([["a"], ["b"]] * 30, dtype=object))
    assert set(space) == {"logisticregression__C", "logisticregression__class_weight"}
    assert space.left_alone["simpleimputer"] == "SimpleImputer has a range with other parameters"


@pytest.mark.parametrize("step", [OneHotEncoder(), KBinsDiscretizer(3), TfidfVectorizer()])
def test_components_of_sparse_columns_are_no_share(step: Any) -> None:
    """Nothing is known of their number, so that the parameter is left out."""
    assert "pca__n_components" not in spaces.suggest(make_pipeline(step, PCA(), SVC()), X)


def test_components_of_dense_columns_are_a_share() -> None:
    """An encoder may return a usual table."""
    pipeline = make_pipeline(OneHotEncoder(sparse_output=False), PCA(), SVC())
    assert spaces.suggest(pipeline, X)["pca__n_components"].distribution.high < 1


IGNORED = ["num_leaf", "max_leaves", "max_leaf", "max_leaf_nodes", "min_data_per_leaf", "l2_regularization"]


@pytest.mark.parametrize("name", [*IGNORED, "l1_regularization"])
def test_a_name_that_lightgbm_ignores_takes_no_parameter_away(name: str) -> None:
    """LightGBM uses the default of its class then."""
    value = 3
    rows = predictions(lightgbm().fit(X, y), X)
    assert np.array_equal(predictions(lightgbm(**{name: value}).fit(X, y), X), rows)
    assert set(spaces.suggest(lightgbm(**{name: value}), size="large")) == set(spaces.suggest(lightgbm(), size="large"))

"""The ranges: for each class of estimator its parameters, those that usually decide most first.

They follow Probst and others, "Tunability" (2019), Bischl and others, "Hyperparameter optimization" (2023,
with the spaces of mlr3tuningspaces), Feurer and others, "auto-sklearn" (2015, 2022), Komer and others,
"hyperopt-sklearn" (2014), Grinsztajn and others (2022) and Erickson and others, "TabArena" (2025). Where these
differ, the range covers most of them, and was checked on the tables of ``tests/benchmarks/real_tables.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from .. import hp
from . import _effects as effects

SMALL, MEDIUM, LARGE = SIZES = ("small", "medium", "large")


@dataclass(frozen=True)
class Data:
    """What is known of the rows that reach a step."""

    n_rows: int | None = None  # of the smallest training part
    n_features: int | None = None
    is_sparse: bool = False


Factory: TypeAlias = "Callable[[Data, Mapping[str, Any]], Any]"


@dataclass(frozen=True)
class Range:
    """A parameter, the smallest size of a space that has it, and what makes its node."""

    parameter: str
    size: str
    node: Factory  # of the data and the estimator's parameters; None as result: nothing can be said without the data
    has_effect: Callable[[Mapping[str, Any]], bool] = lambda given: True  # with the estimator's other parameters

    def is_in(self, size: str) -> bool:
        """Whether a space of `size` has this parameter."""
        return SIZES.index(self.size) <= SIZES.index(size)


def _plain(make: Callable[..., Any], low: float, high: float, data: Data, given: Mapping[str, Any]) -> Any:
    return make(low, high)


def _counted(low: int, high: int, most: str, share: float, data: Data, given: Mapping[str, Any]) -> Any:
    """A whole number up to `high`, and up to a share of what the data have of `most`."""
    n = getattr(data, most)
    high = high if n is None else max(low + 1, min(high, int(share * n)))
    return hp.loguniformint(low, high)


def _up_to(most: int | None) -> Any:
    return None if most is None or most < 2 else hp.loguniformint(1, most)


def _of_features(data: Data, given: Mapping[str, Any]) -> Any:
    return _up_to(data.n_features)


def _components(solver: str, data: Data) -> Any:
    """A count of components: there are no more than rows, and arpack finds only fewer than rows and columns."""
    if data.n_features is None:
        return None
    most = data.n_features if data.n_rows is None else min(data.n_features, data.n_rows)
    return _up_to(most - 1 if solver == "arpack" else most)


def _components_of_svd(data: Data, given: Mapping[str, Any]) -> Any:
    return _components(given["algorithm"], data)


def _components_of_pls(data: Data, given: Mapping[str, Any]) -> Any:
    return _components("nipals", data)


def _components_of_pca(data: Data, given: Mapping[str, Any]) -> Any:
    """A share of the variance where the solver takes one; scikit-learn's own choice for sparse data is arpack."""
    solver = "arpack" if data.is_sparse and given["svd_solver"] == "auto" else given["svd_solver"]
    return _components(solver, data) if solver in ("arpack", "randomized") else hp.uniform(0.5, 0.999)


def uniform(low: float, high: float) -> Factory:
    return partial(_plain, hp.uniform, low, high)


def log(low: float, high: float) -> Factory:
    return partial(_plain, hp.logrange, low, high)


def whole(low: int, high: int) -> Factory:
    return partial(_plain, hp.uniformint, low, high)


def log_whole(low: int, high: int) -> Factory:
    return partial(_plain, hp.loguniformint, low, high)


def up_to_rows(low: int, high: int, share: float) -> Factory:
    return partial(_counted, low, high, "n_rows", share)


def _power(data: Data, given: Mapping[str, Any]) -> Any:
    """Of the distance of neighbours: scikit-learn has only two of them for sparse rows."""
    return hp.choice([1, 2]) if data.is_sparse else hp.uniform(1, 3)


def _knots(data: Data, given: Mapping[str, Any]) -> Any:
    """Periodic splines need more knots than their degree, which is at most 3 in a ready space."""
    fewest = max(4, given["degree"] + 1) if given["extrapolation"] == "periodic" else 3
    return hp.uniformint(fewest, max(12, fewest + 2))


def options(*values: Any) -> Factory:
    return lambda data, given: hp.choice(list(values))


def _sampled(low: float) -> Factory:
    """A share of rows or columns: a random forest of LightGBM refuses all of both."""
    return lambda data, given: hp.uniform(low, 0.95 if effects.is_random_forest(given) else 1.0)


_FOREST = (
    Range("max_features", SMALL, uniform(0.1, 1.0)),
    Range("min_samples_leaf", SMALL, up_to_rows(1, 60, 0.1)),
    Range("max_samples", MEDIUM, uniform(0.3, 1.0), effects.bootstraps),
    Range("n_estimators", MEDIUM, log_whole(50, 500)),
    Range("max_depth", LARGE, log_whole(2, 40)),
    Range("min_samples_split", LARGE, up_to_rows(2, 60, 0.1)),
)
_TREE = (
    Range("min_samples_leaf", SMALL, up_to_rows(1, 100, 0.2)),
    Range("max_depth", SMALL, log_whole(1, 30)),
    Range("ccp_alpha", MEDIUM, log(1e-6, 0.1)),
    Range("max_features", MEDIUM, uniform(0.2, 1.0)),
    Range("min_samples_split", LARGE, up_to_rows(2, 100, 0.2)),
)
_HIST_GRADIENT_BOOSTING = (
    Range("learning_rate", SMALL, log(0.01, 0.5)),
    Range("max_leaf_nodes", SMALL, log_whole(3, 128)),
    Range("max_iter", MEDIUM, log_whole(20, 500)),
    Range("min_samples_leaf", MEDIUM, up_to_rows(2, 100, 0.1)),
    Range("l2_regularization", MEDIUM, log(1e-4, 100.0)),
    Range("max_features", LARGE, uniform(0.3, 1.0)),
)
_GRADIENT_BOOSTING = (
    Range("learning_rate", SMALL, log(0.01, 0.5)),
    Range("max_depth", SMALL, log_whole(1, 10)),
    Range("n_estimators", MEDIUM, log_whole(20, 500)),
    Range("subsample", MEDIUM, uniform(0.4, 1.0)),
    Range("max_features", MEDIUM, uniform(0.1, 1.0)),
    Range("min_samples_leaf", LARGE, up_to_rows(1, 60, 0.1)),
)
_LIGHTGBM = (
    Range("learning_rate", SMALL, log(0.01, 0.5), effects.learns_in_steps),
    Range("num_leaves", SMALL, log_whole(3, 128)),
    Range("n_estimators", MEDIUM, log_whole(20, 500)),
    Range("min_child_samples", MEDIUM, up_to_rows(2, 100, 0.1)),
    Range("colsample_bytree", MEDIUM, _sampled(0.3)),
    Range("reg_lambda", MEDIUM, log(1e-3, 100.0)),
    Range("subsample", MEDIUM, _sampled(0.4), effects.draws_rows),
    Range("reg_alpha", LARGE, log(1e-3, 100.0)),
)


_XGBOOST = (
    Range("learning_rate", SMALL, log(0.01, 0.5)),
    Range("max_depth", SMALL, log_whole(1, 12), effects.grows_trees),
    Range("n_estimators", MEDIUM, log_whole(20, 500)),
    Range("min_child_weight", MEDIUM, log(0.1, 100.0), effects.grows_trees),
    Range("subsample", MEDIUM, uniform(0.4, 1.0), effects.grows_trees),
    Range("colsample_bytree", MEDIUM, uniform(0.3, 1.0), effects.grows_trees),
    Range("reg_lambda", MEDIUM, log(1e-2, 100.0)),
    Range("reg_alpha", LARGE, log(1e-3, 100.0)),
    Range("gamma", LARGE, log(1e-3, 10.0), effects.grows_trees),
)
_CATBOOST = (
    Range("learning_rate", SMALL, log(0.01, 0.5)),
    Range("depth", SMALL, whole(2, 9)),
    Range("iterations", MEDIUM, log_whole(50, 1000)),
    Range("l2_leaf_reg", MEDIUM, log(0.5, 50.0)),
    Range("random_strength", LARGE, log(0.01, 10.0)),
    Range("bagging_temperature", LARGE, uniform(0.0, 2.0), effects.is_bayesian),
)
_SUPPORT_VECTORS = (
    Range("C", SMALL, log(1e-2, 1e3)),
    Range("gamma", SMALL, log(1e-4, 10.0), effects.has_gamma),
    Range("kernel", MEDIUM, options("rbf", "poly", "sigmoid"), effects.has_gamma),
    Range("coef0", LARGE, uniform(-1.0, 1.0), effects.has_gamma),
)
_NEIGHBORS = (
    Range("n_neighbors", SMALL, up_to_rows(1, 60, 0.5)),
    Range("weights", SMALL, options("uniform", "distance")),
    Range("p", MEDIUM, _power, effects.has_power),
)
_MLP = (
    Range("learning_rate_init", SMALL, log(1e-4, 0.1), effects.trains_in_batches),
    Range("alpha", SMALL, log(1e-6, 10.0)),
    Range("hidden_layer_sizes", MEDIUM, options((32,), (100,), (200,), (32, 32), (100, 100))),
    Range("batch_size", MEDIUM, up_to_rows(16, 256, 0.5), effects.trains_in_batches),
    Range("activation", LARGE, options("relu", "tanh")),
)
_SGD = (
    Range("alpha", SMALL, log(1e-7, 0.1)),
    Range("penalty", SMALL, options("l2", "l1", "elasticnet")),
    Range("learning_rate", MEDIUM, options("optimal", "invscaling", "adaptive")),
    Range("eta0", MEDIUM, log(1e-3, 1.0)),
    Range("average", LARGE, options(False, True)),
)
_CLASS_WEIGHT = Range("class_weight", MEDIUM, options(None, "balanced"))
_RIDGE = (Range("alpha", SMALL, log(1e-3, 1e4)),)
_LASSO = (Range("alpha", SMALL, log(1e-5, 10.0)),)
_TEXTS = (
    Range("ngram_range", SMALL, options((1, 1), (1, 2))),
    Range("min_df", SMALL, log_whole(1, 10)),
    Range("max_df", MEDIUM, uniform(0.4, 1.0)),
)
_BAGGING = (
    Range("max_samples", SMALL, uniform(0.3, 1.0)),
    Range("max_features", SMALL, uniform(0.3, 1.0)),
    Range("n_estimators", LARGE, log_whole(10, 100)),
)
_ADA_BOOST = (Range("learning_rate", SMALL, log(0.01, 2.0)), Range("n_estimators", SMALL, log_whole(20, 500)))
_GENERALIZED = (Range("alpha", SMALL, log(1e-5, 10.0)),)  # of Poisson on ten real tables, the best was inside on nine
_COUNTS = (Range("alpha", SMALL, log(1e-3, 10.0)), Range("fit_prior", MEDIUM, options(True, False)))

RANGES: Mapping[str, Sequence[Range]] = {
    "RandomForestClassifier": _FOREST,
    "RandomForestRegressor": _FOREST,
    "ExtraTreesClassifier": _FOREST,
    "ExtraTreesRegressor": _FOREST,
    "DecisionTreeClassifier": (*_TREE, Range("criterion", LARGE, options("gini", "entropy"))),
    "DecisionTreeRegressor": _TREE,
    "HistGradientBoostingClassifier": _HIST_GRADIENT_BOOSTING,
    "HistGradientBoostingRegressor": _HIST_GRADIENT_BOOSTING,
    "GradientBoostingClassifier": _GRADIENT_BOOSTING,
    "GradientBoostingRegressor": _GRADIENT_BOOSTING,
    "LGBMModel": _LIGHTGBM,
    "XGBModel": _XGBOOST,
    "CatBoost": _CATBOOST,
    "AdaBoostClassifier": _ADA_BOOST,
    "AdaBoostRegressor": _ADA_BOOST,
    "BaggingClassifier": _BAGGING,
    "BaggingRegressor": _BAGGING,
    "SVC": (*_SUPPORT_VECTORS, _CLASS_WEIGHT),
    "SVR": (*_SUPPORT_VECTORS, Range("epsilon", SMALL, log(1e-3, 1.0))),
    "LinearSVC": (Range("C", SMALL, log(1e-4, 1e3)), _CLASS_WEIGHT),
    "LinearSVR": (Range("C", SMALL, log(1e-4, 1e3)), Range("epsilon", SMALL, log(1e-3, 1.0))),
    "LogisticRegression": (Range("C", SMALL, log(1e-4, 1e3), effects.is_penalised), _CLASS_WEIGHT),
    "Ridge": _RIDGE,
    "RidgeClassifier": (*_RIDGE, _CLASS_WEIGHT),
    "KernelRidge": (
        Range("alpha", SMALL, log(1e-5, 10.0)),
        Range("gamma", SMALL, log(1e-4, 10.0), effects.has_gamma),
    ),
    # An ElasticNet comes before its base class: Lasso is an ElasticNet in scikit-learn.
    "Lasso": _LASSO,
    "ElasticNet": (*_LASSO, Range("l1_ratio", SMALL, uniform(0.05, 1.0))),
    "HuberRegressor": (Range("alpha", SMALL, log(1e-6, 10.0)), Range("epsilon", SMALL, uniform(1.05, 3.0))),
    "QuantileRegressor": (Range("alpha", SMALL, log(1e-5, 10.0)),),
    "PoissonRegressor": _GENERALIZED,
    "GammaRegressor": _GENERALIZED,
    "TweedieRegressor": _GENERALIZED,
    "PLSRegression": (Range("n_components", SMALL, _components_of_pls),),
    "KNeighborsClassifier": _NEIGHBORS,
    "KNeighborsRegressor": _NEIGHBORS,
    "MLPClassifier": _MLP,
    "MLPRegressor": _MLP,
    "SGDClassifier": (*_SGD, _CLASS_WEIGHT),
    "SGDRegressor": _SGD,
    "GaussianNB": (Range("var_smoothing", SMALL, log(1e-12, 1.0)),),
    "MultinomialNB": _COUNTS,
    "BernoulliNB": _COUNTS,
    "CategoricalNB": _COUNTS,
    "ComplementNB": (Range("alpha", SMALL, log(1e-3, 10.0)), Range("norm", MEDIUM, options(False, True))),
    "QuadraticDiscriminantAnalysis": (Range("reg_param", SMALL, uniform(0.0, 1.0), effects.shrinks_by_reg_param),),
    # Steps before the last one.
    "SimpleImputer": (Range("strategy", MEDIUM, options("mean", "median"), effects.imputes_numbers),),
    "KNNImputer": (
        Range("n_neighbors", SMALL, log_whole(1, 30)),
        Range("weights", MEDIUM, options("uniform", "distance")),
    ),
    "OneHotEncoder": (Range("min_frequency", LARGE, log_whole(1, 50), effects.groups_rare_categories),),
    "PCA": (Range("n_components", SMALL, _components_of_pca),),
    "TruncatedSVD": (Range("n_components", SMALL, _components_of_svd),),
    "SelectKBest": (Range("k", SMALL, _of_features),),
    "SelectPercentile": (Range("percentile", SMALL, whole(5, 100)),),
    "PolynomialFeatures": (
        Range("degree", SMALL, options(1, 2)),
        Range("interaction_only", LARGE, options(False, True)),
    ),
    "SplineTransformer": (Range("n_knots", SMALL, _knots), Range("degree", MEDIUM, options(2, 3))),
    "KBinsDiscretizer": (Range("n_bins", SMALL, log_whole(2, 30)),),
    "Nystroem": (
        Range("gamma", SMALL, log(1e-4, 10.0), effects.has_gamma),
        Range("n_components", MEDIUM, up_to_rows(20, 300, 0.5)),
    ),
    "CountVectorizer": (*_TEXTS, Range("binary", LARGE, options(False, True))),
    "TfidfVectorizer": (*_TEXTS, Range("sublinear_tf", LARGE, options(False, True))),
    "TfidfTransformer": (Range("sublinear_tf", MEDIUM, options(False, True)),),
}

NOTHING_TO_TUNE = frozenset({
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "PowerTransformer",
    "QuantileTransformer", "OrdinalEncoder", "TargetEncoder", "LabelBinarizer", "FunctionTransformer",
    "VarianceThreshold", "MissingIndicator", "LinearRegression", "DummyClassifier", "DummyRegressor",
})  # fmt: skip

KEEPS_COLUMNS = frozenset({
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "PowerTransformer",
    "QuantileTransformer", "OrdinalEncoder", "KNNImputer", "SimpleImputer",
})  # fmt: skip

MAKES_SPARSE = frozenset({
    "CountVectorizer", "TfidfVectorizer", "HashingVectorizer", "TfidfTransformer",
})  # fmt: skip

MAKES_DENSE = frozenset({"PCA", "TruncatedSVD", "Nystroem"})

"""Estimator families with generous spaces, from which the learned first points come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from hpsklearn_search import hp

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """An estimator class and the parameters that are tuned.

    `relative` ones are divided by the number of columns. Those `of_target` grow with the standard deviation of y,
    which is 1 in the tables: see the losses of SVR and Lasso.
    """

    make: Callable[..., Any]
    space: Mapping[str, Any]
    fixed: Mapping[str, Any]
    is_scaled: bool = False
    relative: tuple[str, ...] = ()
    of_target: tuple[str, ...] = ()

    def estimator(self, values: Values, n_features: int) -> Any:
        """The estimator with a configuration of the space."""
        absolute = {name: value / n_features if name in self.relative else value for name, value in values.items()}
        if "layers" in absolute:
            absolute["hidden_layer_sizes"] = (int(absolute.pop("width")),) * int(absolute.pop("layers"))
        inner = self.make(**{**self.fixed, **absolute})
        return make_pipeline(StandardScaler(), inner) if self.is_scaled else inner

    def defaults(self) -> Any:
        """The estimator as the class makes it."""
        inner = self.make(**self.fixed)
        return make_pipeline(StandardScaler(), inner) if self.is_scaled else inner


TREE = {
    "max_depth": hp.loguniformint("max_depth", 1, 40),
    "min_samples_split": hp.loguniformint("min_samples_split", 2, 100),
    "min_samples_leaf": hp.loguniformint("min_samples_leaf", 1, 80),
    "max_features": hp.uniform("max_features", 0.1, 1.0),
}
FOREST = {
    **TREE,
    "n_estimators": hp.loguniformint("n_estimators", 10, 150),
    "max_samples": hp.uniform("max_samples", 0.3, 1.0),
}
HIST_GRADIENT_BOOSTING = {
    "learning_rate": hp.logrange("learning_rate", 0.005, 1.0),
    "max_iter": hp.loguniformint("max_iter", 10, 200),
    "max_leaf_nodes": hp.loguniformint("max_leaf_nodes", 2, 128),
    "min_samples_leaf": hp.loguniformint("min_samples_leaf", 1, 100),
    "l2_regularization": hp.logrange("l2_regularization", 1e-6, 100.0),
    "max_features": hp.uniform("max_features", 0.2, 1.0),
}
GRADIENT_BOOSTING = {
    "learning_rate": hp.logrange("learning_rate", 0.005, 1.0),
    "n_estimators": hp.loguniformint("n_estimators", 10, 200),
    "max_depth": hp.loguniformint("max_depth", 1, 12),
    "min_samples_leaf": hp.loguniformint("min_samples_leaf", 1, 80),
    "subsample": hp.uniform("subsample", 0.3, 1.0),
    "max_features": hp.uniform("max_features", 0.1, 1.0),
}
LIGHTGBM = {
    "learning_rate": hp.logrange("learning_rate", 0.005, 1.0),
    "n_estimators": hp.loguniformint("n_estimators", 10, 200),
    "num_leaves": hp.loguniformint("num_leaves", 2, 128),
    "min_child_samples": hp.loguniformint("min_child_samples", 1, 100),
    "reg_lambda": hp.logrange("reg_lambda", 1e-4, 100.0),
    "reg_alpha": hp.logrange("reg_alpha", 1e-4, 100.0),
    "subsample": hp.uniform("subsample", 0.3, 1.0),
    "colsample_bytree": hp.uniform("colsample_bytree", 0.2, 1.0),
}
XGBOOST = {
    "learning_rate": hp.logrange("learning_rate", 0.005, 1.0),
    "n_estimators": hp.loguniformint("n_estimators", 10, 200),
    "max_depth": hp.loguniformint("max_depth", 1, 14),
    "min_child_weight": hp.logrange("min_child_weight", 0.1, 100.0),
    "gamma": hp.logrange("gamma", 1e-4, 10.0),
    "reg_lambda": hp.logrange("reg_lambda", 1e-3, 100.0),
    "reg_alpha": hp.logrange("reg_alpha", 1e-4, 100.0),
    "subsample": hp.uniform("subsample", 0.3, 1.0),
    "colsample_bytree": hp.uniform("colsample_bytree", 0.2, 1.0),
}
CATBOOST = {
    "learning_rate": hp.logrange("learning_rate", 0.005, 1.0),
    "iterations": hp.loguniformint("iterations", 10, 200),
    "depth": hp.uniformint("depth", 1, 9),
    "l2_leaf_reg": hp.logrange("l2_leaf_reg", 0.1, 100.0),
    "random_strength": hp.logrange("random_strength", 0.01, 10.0),
    "bagging_temperature": hp.uniform("bagging_temperature", 0.0, 2.0),
    "rsm": hp.uniform("rsm", 0.2, 1.0),
}
SUPPORT_VECTORS = {
    "C": hp.logrange("C", 1e-3, 1e4),
    "gamma": hp.logrange("gamma", 1e-4, 30.0),
    "kernel": hp.choice("kernel", ["rbf", "rbf", "rbf", "poly", "sigmoid"]),
}
MLP = {
    "width": hp.loguniformint("width", 8, 128),
    "layers": hp.uniformint("layers", 1, 3),
    "alpha": hp.logrange("alpha", 1e-7, 10.0),
    "learning_rate_init": hp.logrange("learning_rate_init", 1e-4, 0.1),
    "batch_size": hp.loguniformint("batch_size", 16, 200),
    "activation": hp.choice("activation", ["relu", "tanh"]),
}
NEIGHBORS = {
    "n_neighbors": hp.loguniformint("n_neighbors", 1, 60),
    "weights": hp.choice("weights", ["uniform", "distance"]),
    "p": hp.uniform("p", 1.0, 3.0),
}
SGD = {
    "alpha": hp.logrange("alpha", 1e-7, 1.0),
    "penalty": hp.choice("penalty", ["l2", "l1", "elasticnet"]),
    "l1_ratio": hp.uniform("l1_ratio", 0.0, 1.0),
    "learning_rate": hp.choice("learning_rate", ["optimal", "adaptive", "invscaling"]),
    "eta0": hp.logrange("eta0", 1e-3, 1.0),
    "average": hp.choice("average", [False, True]),
}
SEED = {"random_state": 0}


def families(task: str) -> dict[str, Family]:
    """All families of a task, ``"classification"`` or ``"regression"``, by the name of the estimator's class."""
    is_class = task == "classification"

    def one(classifier: Any, regressor: Any, space: Values, fixed: Values = SEED, **more: Any) -> Family:
        return Family(classifier if is_class else regressor, space, fixed, **more)

    found = {
        "Linear": one(
            LogisticRegression, Ridge, LOGISTIC if is_class else RIDGE, LINEAR if is_class else {}, is_scaled=True
        ),
        "KNeighbors": one(KNeighborsClassifier, KNeighborsRegressor, NEIGHBORS, {}, is_scaled=True),
        "DecisionTree": one(
            DecisionTreeClassifier, DecisionTreeRegressor, {**TREE, "ccp_alpha": hp.logrange("ccp_alpha", 1e-6, 0.1)}
        ),
        "SupportVectors": one(
            SVC,
            SVR,
            SVC_SPACE if is_class else SVR_SPACE,
            BOUNDED,
            is_scaled=True,
            relative=("gamma",),
            of_target=() if is_class else ("C", "epsilon"),
        ),
        "LightGBM": one(
            *_lazy("lightgbm", "LGBM"), LIGHTGBM, {**SEED, "n_jobs": 1, "verbosity": -1, "subsample_freq": 1}
        ),
        "HistGradientBoosting": one(
            HistGradientBoostingClassifier, HistGradientBoostingRegressor, HIST_GRADIENT_BOOSTING
        ),
        "XGBoost": one(*_lazy("xgboost", "XGB"), XGBOOST, {**SEED, "n_jobs": 1}),
        "RandomForest": one(RandomForestClassifier, RandomForestRegressor, FOREST),
        "ExtraTrees": one(ExtraTreesClassifier, ExtraTreesRegressor, FOREST, {**SEED, "bootstrap": True}),
        "GradientBoosting": one(GradientBoostingClassifier, GradientBoostingRegressor, GRADIENT_BOOSTING),
        "SGD": one(SGDClassifier, SGDRegressor, SGD, {**SEED, "max_iter": 100}, is_scaled=True),
        "CatBoost": one(*_lazy("catboost", "CatBoost"), CATBOOST, CAT_FIXED),
        "MLP": one(MLPClassifier, MLPRegressor, MLP, {**SEED, "max_iter": 60}, is_scaled=True),
    }
    if is_class:
        found["RidgeClassifier"] = Family(RidgeClassifier, RIDGE, {}, is_scaled=True)
    else:
        found["Lasso"] = Family(
            Lasso, {"alpha": hp.logrange("alpha", 1e-5, 10.0)}, {}, is_scaled=True, of_target=("alpha",)
        )
        found["ElasticNet"] = Family(ElasticNet, ELASTIC, {}, is_scaled=True, of_target=("alpha",))
    return found


LINEAR = {"max_iter": 300}
BOUNDED = {"max_iter": 20_000}  # a polynomial kernel with a large C may take hours
LOGISTIC = {"C": hp.logrange("C", 1e-5, 1e4), "class_weight": hp.choice("class_weight", [None, "balanced"])}
RIDGE = {"alpha": hp.logrange("alpha", 1e-4, 1e5)}
ELASTIC = {"alpha": hp.logrange("alpha", 1e-5, 10.0), "l1_ratio": hp.uniform("l1_ratio", 0.0, 1.0)}
SVC_SPACE = {**SUPPORT_VECTORS, "class_weight": hp.choice("class_weight", [None, "balanced"])}
SVR_SPACE = {**SUPPORT_VECTORS, "epsilon": hp.logrange("epsilon", 1e-3, 1.0)}
CAT_FIXED = {**SEED, "thread_count": 1, "verbose": 0, "allow_writing_files": False}


def _lazy(module: str, prefix: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Classifier and regressor of an optional library, imported when one is made."""

    def make(kind: str, **values: Any) -> Any:
        return getattr(__import__(module), prefix + kind)(**values)

    return partial(make, "Classifier"), partial(make, "Regressor")

"""How to stop each library of boosted trees early, and how to read its best iteration.

A booster is recognised by the library of one of its base classes, so that subclasses work. Iterations are
counted from 1: ``best_iteration`` is the number of trees (of rounds, with several classes) of the best model.

>>> from sklearn.ensemble import HistGradientBoostingRegressor
>>> type(booster_of(HistGradientBoostingRegressor())).__name__
'HistGradientBoosting'
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Part:
    """Some rows of the training data, with their weights, if any."""

    X: Any
    y: Any
    weight: Any = None


class Booster(Protocol):
    """What early stopping needs from a library."""

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, fit_params: Mapping[str, Any]) -> None:
        """Fit on `train` until the metric on `held_out` has not improved for `patience` iterations."""

    def best_iteration(self, estimator: Any) -> int:
        """The number of iterations of the best model, after `fit`."""

    def set_iterations(self, estimator: Any, n_iterations: int) -> None:
        """Set the number of iterations, and switch early stopping off."""


class LightGBM:
    """``LGBMClassifier``, ``LGBMRegressor``, ``LGBMRanker``."""

    aliases = (
        "num_iterations", "num_iteration", "n_iter", "num_tree", "num_trees", "num_round", "num_rounds", "nrounds",
        "num_boost_round", "max_iter",
    )  # fmt: skip

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, fit_params: Mapping[str, Any]) -> None:
        from lightgbm import early_stopping

        stop = early_stopping(patience, first_metric_only=True, verbose=False)
        # The new names, eval_X and eval_y, do not encode the labels of a classifier (LightGBM 4.7).
        has_eval_set = "eval_set" in signature(estimator.fit).parameters
        new_names = {"eval_X": held_out.X, "eval_y": held_out.y}
        evaluation = {"eval_set": [(held_out.X, held_out.y)]} if has_eval_set else new_names
        weights = {} if held_out.weight is None else {"eval_sample_weight": [held_out.weight]}
        options = {**fit_params, "callbacks": [*(fit_params.get("callbacks") or ()), stop]}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*eval_set.* deprecated")
            estimator.fit(train.X, train.y, **_weights(train), **evaluation, **weights, **options)

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.best_iteration_)

    def set_iterations(self, estimator: Any, n_iterations: int) -> None:
        aliases = [name for name in self.aliases if name in estimator.get_params()]
        estimator.set_params(**dict.fromkeys(["n_estimators", *aliases], n_iterations))


class XGBoost:
    """``XGBClassifier``, ``XGBRegressor``, ``XGBRanker``."""

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, fit_params: Mapping[str, Any]) -> None:
        estimator.set_params(early_stopping_rounds=patience)
        weights = {} if held_out.weight is None else {"sample_weight_eval_set": [held_out.weight]}
        options = {"verbose": False, **fit_params}
        estimator.fit(train.X, train.y, **_weights(train), eval_set=[(held_out.X, held_out.y)], **weights, **options)

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.best_iteration) + 1

    def set_iterations(self, estimator: Any, n_iterations: int) -> None:
        estimator.set_params(n_estimators=n_iterations, early_stopping_rounds=None)


class CatBoost:
    """``CatBoostClassifier``, ``CatBoostRegressor``."""

    aliases = ("iterations", "n_estimators", "num_boost_round", "num_trees")
    verbosity_names = ("verbose", "logging_level", "silent", "verbose_eval")

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, fit_params: Mapping[str, Any]) -> None:
        params = {**estimator.get_params(), **fit_params}
        quiet = {} if any(name in params for name in self.verbosity_names) else {"verbose": False}
        options = {**fit_params, **quiet, "early_stopping_rounds": patience, "use_best_model": True}
        evaluation = (held_out.X, held_out.y) if held_out.weight is None else self._pool(held_out, params)
        estimator.fit(train.X, train.y, **_weights(train), eval_set=evaluation, **options)

    def _pool(self, part: Part, params: Mapping[str, Any]) -> Any:
        from catboost import Pool  # the only way to weight an evaluation set

        names = ("cat_features", "text_features", "embedding_features")
        return Pool(part.X, part.y, weight=part.weight, **{name: params[name] for name in names if name in params})

    def best_iteration(self, estimator: Any) -> int:
        return int(estimator.best_iteration_) + 1

    def set_iterations(self, estimator: Any, n_iterations: int) -> None:
        aliases = [name for name in self.aliases if name in estimator.get_params()]
        estimator.set_params(**dict.fromkeys(aliases or ["iterations"], n_iterations))
        if "early_stopping_rounds" in estimator.get_params():
            estimator.set_params(early_stopping_rounds=None)


class HistGradientBoosting:
    """scikit-learn's ``HistGradientBoostingClassifier`` and ``-Regressor``, from version 1.7 on."""

    def fit(self, estimator: Any, train: Part, held_out: Part, patience: int, fit_params: Mapping[str, Any]) -> None:
        if "X_val" not in signature(estimator.fit).parameters:
            raise TypeError(
                f"{type(estimator).__name__} takes no evaluation set before scikit-learn 1.7; there, use its own "
                "early_stopping=True without EarlyStopping, or another booster"
            )
        estimator.set_params(early_stopping=True, n_iter_no_change=patience)
        weights = {} if held_out.weight is None else {"sample_weight_val": held_out.weight}
        estimator.fit(train.X, train.y, **_weights(train), X_val=held_out.X, y_val=held_out.y, **weights, **fit_params)

    def best_iteration(self, estimator: Any) -> int:
        # validation_score_[0] is the score before the first tree.
        return max(1, int(np.argmax(estimator.validation_score_)))

    def set_iterations(self, estimator: Any, n_iterations: int) -> None:
        estimator.set_params(max_iter=n_iterations, early_stopping=False)


_LIBRARIES: dict[str, Booster] = {
    "lightgbm": LightGBM(),
    "xgboost": XGBoost(),
    "catboost": CatBoost(),
    "sklearn.ensemble._hist_gradient_boosting": HistGradientBoosting(),
}


def booster_of(estimator: Any) -> Booster:
    """The adapter for the library that `estimator` comes from; TypeError if there is none."""
    for base in type(estimator).__mro__:
        for prefix, booster in _LIBRARIES.items():
            if base.__module__ == prefix or base.__module__.startswith(f"{prefix}."):
                return booster
    raise TypeError(
        f"EarlyStopping needs a booster of LightGBM, XGBoost or CatBoost, or a HistGradientBoosting estimator, got "
        f"{type(estimator).__name__}; in a pipeline wrap its last step: EarlyStopping(LGBMClassifier(...))"
    )


def _weights(part: Part) -> dict[str, Any]:
    return {} if part.weight is None else {"sample_weight": part.weight}

"""Which models can stop early, and how.

A booster is recognised by the library of one of its base classes, so that subclasses work, and other models by their
methods.

>>> from sklearn.ensemble import HistGradientBoostingRegressor
>>> from sklearn.neural_network import MLPClassifier
>>> [type(booster_of(model)).__name__ for model in (HistGradientBoostingRegressor(), MLPClassifier())]
['HistGradientBoosting', 'PartialFit']
"""

from __future__ import annotations

from typing import Any

from ._boosters import Booster, CatBoost, HistGradientBoosting, LightGBM, XGBoost
from ._rounds import GradientBoosting, PartialFit

LIBRARIES: dict[str, Booster] = {
    "lightgbm": LightGBM(),
    "xgboost": XGBoost(),
    "catboost": CatBoost(),
    "sklearn.ensemble._hist_gradient_boosting": HistGradientBoosting(),
    "sklearn.ensemble._gb": GradientBoosting(),
}


def booster_of(estimator: Any) -> Booster:
    """The adapter for the library that `estimator` comes from; TypeError if it cannot stop early."""
    if isinstance(estimator, type):
        name = estimator.__name__
        raise TypeError(f"EarlyStopping needs an estimator, got the class {name}; write EarlyStopping({name}())")
    for base in type(estimator).__mro__:
        for prefix, booster in LIBRARIES.items():
            if base.__module__ == prefix or base.__module__.startswith(f"{prefix}."):
                booster.check(estimator)
                return booster
    if PartialFit.can_fit(estimator):
        return PartialFit()
    raise TypeError(
        "EarlyStopping needs a booster or a classifier or regressor with partial_fit and max_iter, got "
        f"{type(estimator).__name__}; in a pipeline wrap its last step, in another meta-estimator its inner one: "
        "EarlyStopping(LGBMClassifier(...))"
    )

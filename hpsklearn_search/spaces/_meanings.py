"""The number that a value without one stands for, such as ``max_features="sqrt"``.

>>> from sklearn.ensemble import RandomForestClassifier
>>> number_meant(RandomForestClassifier(), "max_features", "sqrt", Features(16))
Meaning(number=0.28125, is_exact=True)
>>> number_meant(RandomForestClassifier(), "criterion", "gini", Features()) is None
True
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NamedTuple

from .._classes import class_names

UNLIMITED = 1e9
# What the classes put in the place of None, by their documentation.
DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "XGBModel": {
        "n_estimators": 100, "learning_rate": 0.3, "max_depth": 6, "min_child_weight": 1.0, "subsample": 1.0,
        "colsample_bytree": 1.0, "reg_lambda": 1.0, "reg_alpha": 0.0, "gamma": 0.0,
    },
    "CatBoost": {
        "iterations": 1000, "learning_rate": 0.03, "depth": 6, "l2_leaf_reg": 3.0, "random_strength": 1.0,
        "bagging_temperature": 1.0, "rsm": 1.0,
    },
}  # fmt: skip
# CatBoost's learning rate depends on the data, and no longer if l2_leaf_reg is set.
ESTIMATES = frozenset({("CatBoost", "learning_rate"), ("CatBoost", "l2_leaf_reg")})
# Other names by which a library takes a parameter. LightGBM prefers them, XGBoost does not, and CatBoost refuses both.
OTHER_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "LGBMModel": {
        "n_estimators": (
            "num_iterations", "num_iteration", "n_iter", "num_tree", "num_trees", "num_round", "num_rounds", "nrounds",
            "num_boost_round", "max_iter",
        ),
        "min_child_samples": ("min_data_in_leaf", "min_data", "min_samples_leaf"),
        "colsample_bytree": ("feature_fraction", "sub_feature"),
        "subsample": ("bagging_fraction", "sub_row", "bagging"),
        "reg_lambda": ("lambda_l2", "lambda"),
        "reg_alpha": ("lambda_l1",),
        "subsample_freq": ("bagging_freq",),
        "boosting_type": ("boosting", "boost"),
    },
    "XGBModel": {
        "learning_rate": ("eta",), "reg_lambda": ("lambda",), "reg_alpha": ("alpha",), "gamma": ("min_split_loss",),
    },
    "CatBoost": {
        "learning_rate": ("eta",), "depth": ("max_depth",), "l2_leaf_reg": ("reg_lambda",),
        "iterations": ("n_estimators", "num_boost_round", "num_trees"),
    },
}  # fmt: skip
OF_TREES = (None, "gbtree", "dart")  # XGBoost's linear booster has other defaults
WITHOUT_LIMIT: Mapping[str, tuple[Any, ...]] = {
    "max_depth": (None, -1, 0),  # LightGBM writes -1, XGBoost 0
    "max_leaf_nodes": (None,),
    "num_leaves": (None,),
}


class Meaning(NamedTuple):
    """A number, and whether the estimator with it is the same one."""

    number: float
    is_exact: bool = True


@dataclass(frozen=True)
class Features:
    """What is known of the columns of X."""

    n: int | None = None
    X: Any = None

    @classmethod
    def of(cls, X: Any) -> Features:
        """Count the columns of a table."""
        shape = getattr(X, "shape", None)
        return cls() if shape is None or len(shape) != 2 else cls(shape[1], X)

    def variance(self) -> float | None:
        """Of all entries together; it takes a pass over X, so it is computed where it is asked for."""
        is_numeric = getattr(getattr(self.X, "dtype", None), "kind", "O") in "fiu"
        return float(self.X.var()) if is_numeric and hasattr(self.X, "var") else None  # a sparse matrix has none


def all_given_otherwise(estimator: Any) -> dict[str, Any]:
    """What was given under other names, by the names that the ranges have."""
    names = {name: others for kind in class_names(estimator) for name, others in OTHER_NAMES.get(kind, {}).items()}
    params = estimator.get_params(deep=False) if names else {}
    given = {
        name: next((params[each] for each in others if params.get(each) is not None), None)
        for name, others in names.items()
    }
    return {name: value for name, value in given.items() if value is not None}


def is_share_or_count(estimator: Any, name: str) -> bool:
    """Whether an integer of the parameter is a count and another number a share, so that 1 is not 1.0.

    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> is_share_or_count(DecisionTreeClassifier(), "max_features"), is_share_or_count(Ridge(), "alpha")
    (True, False)
    """
    constraints = getattr(estimator, "_parameter_constraints", {}).get(name, ())
    kinds = [getattr(constraint, "type", None) for constraint in constraints if not isinstance(constraint, str)]
    return any(getattr(kind, "__name__", "") == "RealNotInt" for kind in kinds)


def is_count(value: Any) -> bool:
    """Whether a number of such a parameter is a count."""
    return isinstance(value, Integral)


def number_meant(
    estimator: Any, name: str, value: Any, features: Features, *, is_share: bool = True, is_scaled: bool = True,
    sees_all_columns: bool = True,
) -> Meaning | None:  # fmt: skip
    """The number that `value` of a parameter stands for, None if it is not known.

    A share of the columns becomes their number unless `is_share`; `is_scaled` says that X has a variance of 1, and
    `sees_all_columns` that the estimator gets the columns of X.
    """
    other = all_given_otherwise(estimator).get(name) if value is None else None
    if other is not None:
        return Meaning(float(other)) if isinstance(other, Real) else None
    if value is None:
        for kind in class_names(estimator):
            if name in DEFAULTS.get(kind, {}):
                is_exact = (kind, name) not in ESTIMATES and getattr(estimator, "booster", None) in OF_TREES
                return Meaning(DEFAULTS[kind][name], is_exact)
    if name in WITHOUT_LIMIT and value in WITHOUT_LIMIT[name]:
        return Meaning(UNLIMITED)
    if name == "max_samples" and value is None:
        return Meaning(1.0)
    if name == "batch_size" and value == "auto":
        return Meaning(200.0)  # or all rows, if there are fewer
    if name == "max_features" and is_share_or_count(estimator, name):
        meaning = _max_features(value, features.n, is_share=is_share)
        return meaning and Meaning(meaning.number, sees_all_columns or meaning.number == 1.0)
    if name == "gamma" and value in ("scale", "auto"):
        return _gamma(value, features, is_scaled=is_scaled)
    return None


def _max_features(value: Any, n: int | None, *, is_share: bool) -> Meaning | None:
    """The share or the count of `n` columns that `value` stands for, None if it is one of this kind already."""
    if value is None and is_share:
        return Meaning(1.0)
    if not n:
        return None
    if value is None:
        return Meaning(n)
    if isinstance(value, str):
        count = max(1, int(math.sqrt(n) if value == "sqrt" else math.log2(n)))
    elif is_count(value) is not is_share:
        return None
    else:
        count = value if is_share else max(1, int(value * n))
    return Meaning(min(1.0, (count + 0.5) / n) if is_share else count)  # int(share * n) is the count again


def _gamma(value: str, features: Features, *, is_scaled: bool) -> Meaning | None:
    variance = 1.0 if is_scaled or value == "auto" else features.variance()
    # The columns that reach the estimator may be others, and "scale" is of the rows of a fold.
    return Meaning(1.0 / (features.n * variance), is_exact=False) if features.n and variance else None

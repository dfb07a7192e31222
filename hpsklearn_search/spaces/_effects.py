"""When a parameter has an effect, beside the other parameters that were given.

>>> has_gamma({"kernel": "rbf"}), has_gamma({"kernel": "linear"})
(True, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._meanings import OF_TREES

KERNELS_WITH_GAMMA = ("rbf", "poly", "polynomial", "sigmoid", "laplacian", "chi2")


def has_gamma(given: Mapping[str, Any]) -> bool:
    """Whether the kernel is one that uses gamma."""
    return given["kernel"] in KERNELS_WITH_GAMMA


def grows_trees(given: Mapping[str, Any]) -> bool:
    """Whether a booster of XGBoost is not the linear one."""
    return given["booster"] in OF_TREES


def is_random_forest(given: Mapping[str, Any]) -> bool:
    """Whether a model of LightGBM averages its trees."""
    return given["boosting_type"] in ("rf", "random_forest")


def learns_in_steps(given: Mapping[str, Any]) -> bool:
    """Whether a model of LightGBM has a learning rate."""
    return not is_random_forest(given)


def draws_rows(given: Mapping[str, Any]) -> bool:
    """Whether LightGBM draws rows by chance: goss chooses them by their gradients, and refuses a share."""
    is_goss = "goss" in (given["boosting_type"], given["data_sample_strategy"])
    return (given["subsample_freq"] or 0) > 0 and not is_goss


def is_bayesian(given: Mapping[str, Any]) -> bool:
    """Whether CatBoost weights rows at random; its choice without `bootstrap_type` depends on the target."""
    return bool(given["bootstrap_type"] == "Bayesian")


def bootstraps(given: Mapping[str, Any]) -> bool:
    """Whether each tree of a forest gets rows of its own."""
    return bool(given["bootstrap"])


def has_power(given: Mapping[str, Any]) -> bool:
    """Whether the distance of neighbours is one with a power `p`, which `metric_params` do not set."""
    return given["metric"] == "minkowski" and "p" not in (given["metric_params"] or ())


def trains_in_batches(given: Mapping[str, Any]) -> bool:
    """Whether a network has batches and a learning rate."""
    return bool(given["solver"] != "lbfgs")


def is_penalised(given: Mapping[str, Any]) -> bool:
    """Whether a logistic regression has a penalty; a subclass without the parameter has the usual one."""
    return given.get("penalty", "l2") is not None


def shrinks_by_reg_param(given: Mapping[str, Any]) -> bool:
    """Whether a quadratic discriminant analysis uses `reg_param`; before scikit-learn 1.8 it has no `solver`."""
    return bool(given["solver"] != "eigen")


def groups_rare_categories(given: Mapping[str, Any]) -> bool:
    """Whether an encoder can use a category for the rare ones, so that no unknown one is an error."""
    return bool(given["handle_unknown"] == "infrequent_if_exist")


def imputes_numbers(given: Mapping[str, Any]) -> bool:
    """Whether a column is numeric for sure: texts have neither a mean nor a median."""
    return given["strategy"] in ("mean", "median")

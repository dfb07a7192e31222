"""Checks of what ``fit`` receives, all before the first fit.

>>> check_rows({"sample_weight": [1.0, 2.0]}, {}, [[1], [2], [3]])
Traceback (most recent call last):
    ...
ValueError: sample_weight must have one value for each row of X, which has 3; got 2. Write fit(X, y, sample_weight=...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..space import brief
from ._compat import num_samples, requires_y
from .folds import Splits

PER_ROW = frozenset(["sample_weight", "sample_weights", "weight", "weights", "base_margin", "qid", "group_id"])
"""Parameters of ``fit`` that have one value for each row, whatever the estimator. Splitters check ``groups``."""


def check_estimator(estimator: Any) -> None:
    if isinstance(estimator, type):
        name = estimator.__name__
        raise TypeError(f"Expected an estimator instance ({name}()), got estimator class instead ({name}).")


def check_is_no_class(argument: str, value: Any) -> None:
    if isinstance(value, type):
        raise TypeError(f"{argument}={value.__name__} is a class; write {argument}={value.__name__}(...)")


def check_pairs(folds: Any) -> None:
    """Raise unless each of the folds that a user lists is a pair; `train_test_split` returns no folds."""
    for number, fold in enumerate(folds if isinstance(folds, list) else ()):
        if not hasattr(fold, "__len__") or len(fold) != 2:
            raise ValueError(
                f"cv: a fold is a pair (train_indices, test_indices), and fold {number} is {brief(fold)}; for one "
                "split into two parts write cv=ShuffleSplit(1, test_size=0.25, random_state=0)"
            )


def check_target(search: Any, y: Any) -> None:
    # GridSearchCV finds this out in every single fit.
    if y is None and requires_y(search.estimator):
        kind = type(search).__name__
        raise ValueError(f"This {kind} estimator requires y to be passed, but the target y is None")


def check_rows(metadata: Mapping[str, Any], params: Mapping[str, Any], X: Any) -> None:
    # scikit-learn passes an array of another length to every fold as it is.
    n_rows = num_samples(X)
    names = {id(value): name for name, value in params.items()}  # the user's: routing may rename them
    for key, value in metadata.items():
        if key.rpartition("__")[2] in PER_ROW and _is_array(value) and num_samples(value) != n_rows:
            name = names.get(id(value), key)
            raise ValueError(
                f"{name} must have one value for each row of X, which has {n_rows}; got {num_samples(value)}. "
                f"Write fit(X, y, {name}=values) with len(values) == {n_rows}"
            )


def _is_array(value: Any) -> bool:
    if isinstance(value, str | Mapping):
        return False
    return bool(value.shape) if hasattr(value, "shape") else hasattr(value, "__len__")


def check_parts(splits: Splits, cv: Any) -> None:
    for number, fold in enumerate(splits):
        for name, part in zip(("train", "test"), fold, strict=True):
            indices = np.asarray(part)
            if not (np.count_nonzero(indices) if indices.dtype == bool else indices.size):
                raise ValueError(
                    f"cv: the {name} part of fold {number} is empty; each fold needs rows to train on and rows to "
                    f"score on, as in cv=5 or cv=[(train_indices, test_indices), ...]. Got cv={brief(cv)}"
                )

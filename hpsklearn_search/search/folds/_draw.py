"""The folds of a search, drawn once, so that every candidate is scored on the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._compat import num_samples
from ._function import Splits


def draw_folds(cv: Any, X: Any, y: Any, split_params: Mapping[str, Any], n_splits: int) -> list[tuple[Any, Any]]:
    """The folds; ValueError unless there are `n_splits`, as the splitter announced."""
    splits = list(cv.split(X, y, **split_params))
    if len(splits) != n_splits:
        raise ValueError(
            f"cv.split and cv.get_n_splits return inconsistent results. Expected {n_splits} splits, got {len(splits)}"
        )
    if not splits:
        raise ValueError("No fits were performed. Was the CV iterator empty? Were there no candidates?")
    _check_within(splits, num_samples(X))
    return splits


def _check_within(splits: Splits, n_samples: int) -> None:
    """IndexError with numpy's words, and the number of the fold, where one selects what is not there."""
    for number, fold in enumerate(splits):
        for part in map(np.asarray, fold):
            if part.dtype.kind not in "iu" or not part.size:
                continue  # a mask, or labels that only the data can check
            outside = part[(part >= n_samples) | (part < -n_samples)]
            if outside.size:
                raise IndexError(
                    f"index {outside[0]} is out of bounds for axis 0 with size {n_samples}, in fold {number} of cv"
                )

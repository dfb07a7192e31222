"""A comparison of two tables down to types and masks, and an estimator that fails on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

__all__ = ["Breaks", "assert_same_table", "without_times"]


class Breaks(ClassifierMixin, BaseEstimator):
    """Its fit fails for x above a half."""

    def __init__(self, x: float = 0.0, how: str = "raise") -> None:
        self.x = x
        self.how = how

    def fit(self, X: Any, y: Any) -> Breaks:
        """Raise, interrupt or exit, as `how` says."""
        self.classes_ = np.unique(y)
        if self.x > 0.5:
            if self.how == "raise":
                raise ValueError("too large")
            raise KeyboardInterrupt if self.how == "interrupt" else SystemExit(0)
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.full(len(X), self.classes_[0])


def without_times(results: dict[str, Any]) -> dict[str, Any]:
    """The columns that contain no times."""
    return {key: value for key, value in results.items() if not key.endswith("_time")}


def assert_same_table(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Assert the same keys in the same order, types, masks and values; of times only the types."""
    assert list(one) == list(other)
    for key, value in one.items():
        if key == "params":
            assert list(map(repr, value)) == list(map(repr, other[key]))
            continue
        assert type(value) is type(other[key]), key
        assert value.dtype == other[key].dtype, key
        if key.endswith("_time"):
            continue
        np.testing.assert_array_equal(np.ma.getmaskarray(value), np.ma.getmaskarray(other[key]), key)
        # Their text is compared, because an option may be an estimator, a function or an array.
        assert [*map(repr, np.ma.filled(value, 0))] == [*map(repr, np.ma.filled(other[key], 0))], key

"""Estimators that hold themselves: the error comes before the first fit, and says where."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV


class Holder(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier with a parameter for another one."""

    def __init__(self, inner: Any = None, a: int = 1) -> None:
        self.inner = inner
        self.a = a

    def fit(self, X: Any, y: Any) -> Holder:
        """Learn nothing."""
        self.classes_ = [0, 1]
        return self

    def predict(self, X: Any) -> list[int]:
        """The first class."""
        return [0] * len(X)


def holder_of_itself(depth: int = 0) -> Holder:
    """A holder whose innermost part is the holder."""
    outer = holder = Holder()
    for _ in range(depth):
        holder.inner = holder = Holder()
    holder.inner = outer
    return outer


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (holder_of_itself(), {"a": [1, 2]}),
        (holder_of_itself(3), {"a": [1, 2]}),
        (make_pipeline(holder_of_itself()), {"holder__a": [1, 2]}),
        (Holder([{"x": holder_of_itself(1)}]), {"a": [1, 2]}),
        (Holder(), {"inner": [holder_of_itself(), None]}),
    ],
)
def test_an_estimator_that_holds_itself_is_refused(estimator: Any, space: Any) -> None:
    """By the fit and the description of the space."""
    search = HyperoptSearchCV(estimator, space, cv=2)
    for run in (lambda: search.fit([[0], [1]] * 9, [0, 1] * 9), search.describe_space):
        with pytest.raises(ValueError, match="parameter 'inner' of Holder leads back to the same Holder"):
            run()


def test_one_estimator_in_two_places_is_no_cycle() -> None:
    """It is cloned twice."""
    shared = SVC()
    search = HyperoptSearchCV(Holder([shared, Holder(shared)]), {"a": [1, 2], "inner": [shared, Holder(shared)]}, cv=2)
    assert search.fit([[0], [1]] * 9, [0, 1] * 9).n_trials_ == 4

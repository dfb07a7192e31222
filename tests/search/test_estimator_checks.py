"""scikit-learn's checks for estimators, with every kind of estimator inside."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import FactorAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

from hpsklearn_search import HyperoptSearchCV, hp


def search(estimator: Any, **space: Any) -> HyperoptSearchCV:
    """A small search."""
    return HyperoptSearchCV(estimator, space, max_evals=2, cv=2, error_score="raise", random_state=0)


@parametrize_with_checks(
    [
        search(LogisticRegression(), C=hp.logrange("C", 0.1, 1.0)),
        search(Ridge(), alpha=hp.logrange("alpha", 0.1, 1.0)),
        search(FactorAnalysis(n_components=1), max_iter=hp.uniformint("max_iter", 900, 1000)),
        search(KMeans(n_clusters=2, n_init=1, random_state=0), max_iter=hp.uniformint("max_iter", 5, 6)),
    ]
)
@pytest.mark.filterwarnings("ignore")
def test_estimator_check(estimator: Any, check: Any) -> None:
    """What scikit-learn demands of an estimator holds for the search."""
    check(estimator)

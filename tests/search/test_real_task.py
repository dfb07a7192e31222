"""What the algorithms find on a real tuning task, compared with random search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_diabetes(return_X_y=True)
SPACE = {
    "svr__C": hp.logrange("C", 1e-2, 1e3),
    "svr__gamma": hp.logrange("gamma", 1e-5, 1),
    "svr__epsilon": hp.logrange("epsilon", 1e-2, 50),
}


def median_loss(algo: str) -> float:
    """The median over 20 seeds of the best loss of 30 candidates."""
    options = {"max_evals": 30, "cv": 3, "refit": False, "algo": algo}
    model = make_pipeline(StandardScaler(), SVR())
    return float(
        np.median([HyperoptSearchCV(model, SPACE, random_state=s, **options).fit(X, y).best_loss_ for s in range(20)])
    )


@pytest.mark.slow
def test_a_search_that_learns_beats_random_search_on_a_real_task() -> None:
    """The medians are over 20 seeds. If all algorithms were equally good, one test in three would pass."""
    random = median_loss("random")
    assert median_loss("tpe") < random
    assert median_loss("auto") < random

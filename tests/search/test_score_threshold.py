"""`score_threshold` is a score, and one that ends nothing, or every search, is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_iris(return_X_y=True)
C = {"C": hp.logrange("C", 0.1, 10)}


def search(threshold: Any, **options: Any) -> HyperoptSearchCV:
    """A search of ten candidates."""
    settings = {"space": C, "cv": 2, "max_evals": 10, "random_state": 0, **options}
    return HyperoptSearchCV(settings.pop("estimator", SVC()), score_threshold=threshold, **settings)


def test_it_ends_the_search_at_the_first_score_that_reaches_it() -> None:
    """No candidate before the last has it, and the last one has."""
    fitted = search(0.965, max_queue_len=1).fit(X, y)
    scores = fitted.cv_results_["mean_test_score"]
    assert fitted.stop_reason_ == "score_threshold"
    assert (scores[:-1] < 0.965).all()
    assert scores[-1] >= 0.965


def test_a_negated_error_is_a_score_too() -> None:
    """An error of at most 70 is a score of at least -70."""
    alpha = {"alpha": hp.logrange("alpha", 0.1, 1)}
    options = {"estimator": Ridge(), "space": alpha, "scoring": "neg_root_mean_squared_error"}
    assert search(-70, **options).fit(*load_diabetes(return_X_y=True)).stop_reason_ == "score_threshold"


@pytest.mark.parametrize("scoring", [None, "accuracy", "f1_macro", "roc_auc_ovr", make_scorer(balanced_accuracy_score)])
@pytest.mark.parametrize("threshold", [-0.98, 0])
def test_one_that_every_score_reaches_is_refused(scoring: Any, threshold: float) -> None:
    """It was meant as a loss."""
    with pytest.raises(ValueError, match=rf"score_threshold={threshold}: the first candidate would end the search"):
        search(threshold, scoring=scoring).fit(X, y)


@pytest.mark.parametrize(
    ("scoring", "threshold", "line"),
    [
        ("accuracy", 98, "score_threshold=0.98"),
        ("neg_log_loss", 0.2, "score_threshold=-0.2"),
        (["accuracy", "neg_log_loss"], 98, "score_threshold=0.98"),
    ],
)
def test_one_that_no_score_reaches_is_refused(scoring: Any, threshold: float, line: str) -> None:
    """A percentage, or an error without its sign."""
    with pytest.raises(ValueError, match=f"no candidate would end the search.*write {line}"):
        search(threshold, scoring=scoring, refit=False).fit(X, y)


@pytest.mark.parametrize(
    "scoring",
    [
        make_scorer(balanced_accuracy_score, adjusted=True),
        "matthews_corrcoef",
        lambda estimator, X, y: 2.0,
    ],
)
def test_where_the_range_of_a_metric_is_not_known_every_threshold_is_taken(scoring: Any) -> None:
    """An adjusted or a user's metric may be negative, and a user's above 1."""
    assert search(-1, scoring=scoring).fit(X, y).n_trials_ >= 1


def test_a_candidate_with_a_score_method_of_its_own_is_not_judged() -> None:
    """Which range its scores have is not known."""
    models = [LogisticRegression(max_iter=1000), SVC()]
    options = {"estimator": Pipeline([("model", SVC())]), "space": {"model": models}, "max_evals": 2}
    assert search(-1, **options).fit(X, y).n_trials_ == 2

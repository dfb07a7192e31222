"""What a search tried, as arrays; no plotting library is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Racing, hp
from hpsklearn_search.plots import Candidates
from hpsklearn_search.plots._candidates import robust_minimum
from hpsklearn_search.plots._columns import make_column
from hpsklearn_search.space import brief

X, y = load_iris(return_X_y=True)


def searched(space: Any, **settings: Any) -> HyperoptSearchCV:
    """A small random search with a seed, over an SVC."""
    options = {"max_evals": 8, "cv": 3, "random_state": 0, "algo": "random", **settings}
    return HyperoptSearchCV(SVC(), space, **options).fit(X, y)


# ---------------------------------------------------------------------- columns
def test_numbers_keep_their_values() -> None:
    """This holds for integers and floats, of Python and of numpy."""
    found = make_column("x", [1, 2.5, np.int64(3)])
    assert found.positions.tolist() == [1.0, 2.5, 3.0]
    assert not found.is_categorical


@pytest.mark.parametrize(
    ("values", "categories"),
    [
        (["rbf", "poly", "rbf"], ("poly", "rbf")),
        ([True, False, None], ("False", "None", "True")),
        ([None, 10, 2, "auto"], ("2", "10", "auto", "None")),
        ([2, 10**400, 3], ("2", "3", brief(10**400))),
        ([(1, 2), (3,), (1, 2)], ("(1, 2)", "(3,)")),
        ([LogisticRegression(C=2), SVC()], ("LogisticRegression", "SVC")),
        ([SVC(C=2), SVC(C=3)], ("SVC(C=2)", "SVC(C=3)")),
        ([0.5 + i for i in range(20)] + ["sqrt"], ("a number", "sqrt")),
    ],
)
def test_anything_else_is_a_category(values: list[Any], categories: tuple[str, ...]) -> None:
    """Numbers come first, by size; an estimator is shown as its class if that distinguishes all values."""
    found = make_column("x", values)
    assert found.categories == categories
    assert len(found.positions) == len(values)


def test_what_is_masked_is_not_set() -> None:
    """A masked value of ``cv_results_`` is NaN in a data frame of it."""
    masked = np.ma.array([1, 2, 3], mask=[False, True, False], dtype=object)
    assert make_column("x", masked).is_set.tolist() == [True, False, True]
    assert make_column("x", np.array(["a", float("nan")], dtype=object)).is_set.tolist() == [True, False]
    assert make_column("x", np.ma.masked_all(3, dtype=object)).is_set.tolist() == [False] * 3


@pytest.mark.parametrize(
    ("values", "log"),
    [
        (np.logspace(-3, 3, 7), True),
        ([1, 10, 100], True),
        (np.linspace(0.001, 1, 50), False),
        ([2, 4, 8], False),
        ([-1, 1, 1000], False),
        ([5.0], False),
    ],
)
def test_a_logarithmic_scale_is_guessed_from_values_alone(values: Any, log: bool) -> None:
    """The guess is used only if the space is not known."""
    assert make_column("x", values).is_log is log


def test_unit_positions_follow_the_scale() -> None:
    """The centre of a logarithmic scale is the geometric mean."""
    assert make_column("x", [1.0, 10.0, 100.0], log=True).unit().tolist() == pytest.approx([0, 0.5, 1])
    assert make_column("x", [1.0, 3.0, 5.0]).unit().tolist() == [0, 0.5, 1]
    assert make_column("x", [7.0, 7.0]).unit().tolist() == [0.5, 0.5]


# ---------------------------------------------------------------------- candidates
def test_the_scale_is_that_of_the_space() -> None:
    """This holds for nested parameters, too; from the values alone, this narrow range looks linear."""
    space = {"svc": hp.choice("k", [{"svc__C": hp.logrange("C", 1, 2)}, {"svc__gamma": hp.uniform("g", 0.001, 9)}])}
    search = HyperoptSearchCV(make_pipeline(SVC()), space, max_evals=12, cv=2, random_state=0).fit(X, y)
    found = Candidates.from_search(search).columns
    assert found["svc__C"].is_log
    assert not found["svc__gamma"].is_log


def test_a_search_of_scikit_learn_is_read_as_well() -> None:
    """Its seconds are sums of fit and score times."""
    search = GridSearchCV(SVC(), {"C": [0.1, 1, 10], "kernel": ["rbf", "linear"]}, cv=2).fit(X, y)
    found = Candidates.from_search(search)
    assert list(found.columns) == ["C", "kernel"]
    assert found.best == search.best_index_
    assert not found.is_wall_clock
    assert np.all(np.diff(found.seconds) > 0)


def test_seconds_are_those_of_the_trials() -> None:
    """They count from the start of the first candidate."""
    search = searched({"C": hp.logrange("C", 0.1, 10)})
    found = Candidates.from_search(search)
    assert found.is_wall_clock
    first, last = search.trials_.record[0], search.trials_.record[7]
    assert found.seconds[-1] == pytest.approx(last.finished - first.started)


def test_failed_candidates_have_no_score_and_never_win() -> None:
    """A score that is not finite is no score."""
    results = {"param_C": [1, 2, 3], "mean_test_score": [np.nan, 0.5, np.inf]}
    found = Candidates.from_cv_results(results)
    assert found.failed.tolist() == [True, False, True]
    assert found.best == 1
    assert np.isnan(found.best_so_far()[0])


def test_pruned_candidates_are_no_failures() -> None:
    """They have the mean of the folds that ran, and are never the best."""
    search = searched(
        {"C": hp.logrange("C", 1e-6, 10)}, max_evals=30, cv=5, racing=Racing("ceiling"), scoring="accuracy"
    )
    found = Candidates.from_search(search)
    assert found.pruned.sum() == (search.cv_results_["n_splits_run"] < 5).sum() > 0
    assert not found.failed.any()
    assert found.best == search.best_index_


def test_of_several_metrics_the_optimised_one_is_shown() -> None:
    """Another metric can be chosen, and an unknown name is refused."""
    scoring = {"acc": "accuracy", "loss": "neg_log_loss"}
    forest = RandomForestClassifier(n_estimators=3)
    search = HyperoptSearchCV(forest, {"max_depth": [1, 2]}, max_evals=2, cv=2, scoring=scoring, refit="loss").fit(X, y)
    assert Candidates.from_search(search).metric == "loss"
    assert Candidates.from_search(search, "acc").metric == "acc"
    with pytest.raises(ValueError, match=r"metric 'auc' is not in cv_results_; it has \['acc', 'loss'\]"):
        Candidates.from_search(search, "auc")


def test_a_parameter_that_was_not_searched_is_named() -> None:
    """The message lists the parameters that were searched."""
    with pytest.raises(ValueError, match=r"'gamma' was not searched; choose from \['C'\]"):
        Candidates.from_cv_results({"param_C": [1], "mean_test_score": [1.0]}).column("gamma")


def test_hopeless_scores_do_not_stretch_the_axis() -> None:
    """The axis starts near the scores of most candidates."""
    scores = np.array([0.9, 0.85, 0.8, 0.88, -1e9, np.nan])
    assert robust_minimum(scores) > 0.4
    assert robust_minimum(np.array([0.1, 0.2, 0.3])) == 0.1
    assert robust_minimum(np.array([np.nan])) == 0.0


def test_arrays_need_no_plotting_library() -> None:
    """Importing the module and reading a table does not import matplotlib."""
    code = """
import sys
from hpsklearn_search.plots import Candidates
Candidates.from_cv_results({"param_C": [1, 2], "mean_test_score": [0.1, 0.2]}).best_so_far()
print("matplotlib" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("floor", [0.0, 0.5, 0.95])
def test_every_candidate_is_drawn_in_one_way(floor: float) -> None:
    """A candidate is ordinary, pruned, below the axis or failed, and never two of these."""
    results = {
        "param_C": range(5), "mean_test_score": [0.9, np.nan, np.nan, 0.3, np.nan], "n_splits_run": [3, 1, 1, 3, 3],
        "mean_test_score_partial": [0.9, 0.8, 0.1, 0.3, np.nan],
    }  # fmt: skip
    kinds = Candidates.from_cv_results(results).kinds(floor)
    assert np.array_equal(sum(which.astype(int) for which in kinds.values()), np.ones(5))
    scores = np.array([0.9, 0.8, 0.1, 0.3, np.nan])
    assert (scores[kinds["candidate"] | kinds["pruned"]] >= floor).all()
    assert (scores[kinds["below"]] < floor).all()

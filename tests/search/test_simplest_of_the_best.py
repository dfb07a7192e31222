"""`refit=simplest_of_the_best(...)`: the simplest candidate that the folds cannot tell apart from the best."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp, simplest_of_the_best
from hpsklearn_search.search._compare import compare_with

X, y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
DEPTH = {"max_depth": list(range(1, 10))}


class NeverFitted(DecisionTreeClassifier):
    """A tree whose fit is an error."""

    def fit(self, X: Any, y: Any) -> Any:
        """Raise."""
        raise AssertionError("it was fitted")


class Scored(BaseEstimator):
    """An estimator whose score on a fold is given: `base` and, on every second fold, `odd` more."""

    def __init__(self, base: float = 0.0, odd: float = 0.0, size: int = 1) -> None:
        self.base, self.odd, self.size = base, odd, size

    def fit(self, X: Any, y: Any = None) -> Scored:
        """Do nothing."""
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """The given score."""
        return self.base + self.odd * (int(X[0, 0]) % 2)


def scored(points: list[dict[str, Any]], refit: Any) -> HyperoptSearchCV:
    """A fitted search over these points, on four folds."""
    rows, folds = np.arange(8.0)[:, None], [(np.arange(4) + 4, [i]) for i in range(4)]
    space = {"base": hp.choice([{"base": p["base"], "odd": p["odd"], "size": p["size"]} for p in points])}
    return HyperoptSearchCV(Scored(), space, max_evals=len(points), cv=folds, refit=refit).fit(rows, np.zeros(8))


LARGE_BEST = {"base": 1.0, "odd": 0.0, "size": 9}
MIDDLE_ALIKE = {"base": 0.9, "odd": 0.19, "size": 5}
SMALL_WORSE = {"base": 0.1, "odd": 0.0, "size": 1}


def test_the_simplest_of_those_alike_is_taken_and_no_worse_one() -> None:
    """A smaller candidate whose score is lower on every fold is not in the choice."""
    assert scored([LARGE_BEST, MIDDLE_ALIKE, SMALL_WORSE], simplest_of_the_best("size")).best_params_["size"] == 5


def test_a_larger_value_may_be_simpler() -> None:
    """As for a penalty."""
    points = [LARGE_BEST, MIDDLE_ALIKE, {**SMALL_WORSE, "size": 99}]
    assert scored(points, simplest_of_the_best("size", larger_is_simpler=True)).best_params_["size"] == 9


@pytest.mark.parametrize("alpha", [0.05, 0.9])
def test_the_choice_is_among_those_whose_interval_contains_zero(alpha: float) -> None:
    """It is the smallest of them; a larger alpha leaves fewer."""
    refit = simplest_of_the_best("max_depth", alpha=alpha)
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=9, cv=5, refit=refit).fit(X, y)
    table = search.compare(9, alpha=alpha)
    assert search.best_params_["max_depth"] == min(table[table["low"] <= 0]["param_max_depth"])


def test_the_number_of_candidates_does_not_let_a_worse_one_in() -> None:
    """Beside eighteen equal candidates, `compare` would no longer call this one worse; its interval does."""
    best, worse = [0.81, 0.84, 0.81, 0.85, 0.81], [0.70, 0.70, 0.71, 0.64, 0.62]
    scores = np.array([worse, *[best] * 19])
    results = {f"split{i}_test_score": scores[:, i] for i in range(5)}
    results |= {"mean_test_score": scores.mean(axis=1), "param_size": np.arange(20)}
    assert compare_with(1, scores, ratio=0.25).is_same[0]
    assert simplest_of_the_best("size")(results) == 1


def test_the_second_name_of_a_list_decides_where_the_first_is_equal() -> None:
    """All four are alike, and the two with the smaller depth differ in leaves."""
    space = {"max_depth": [3, 2], "max_leaf_nodes": [30, 20]}
    refit = simplest_of_the_best(["max_depth", "max_leaf_nodes"], alpha=1e-9)
    search = HyperoptSearchCV(TREE, space, max_evals=4, refit=refit).fit(X, y)
    assert search.best_params_ == {"max_depth": 2, "max_leaf_nodes": 20}


def test_a_function_of_the_parameters_orders_them() -> None:
    """None means that a candidate cannot be compared."""
    by_leaves = simplest_of_the_best(lambda params: None if params["size"] < 9 else params["size"])
    assert scored([LARGE_BEST, MIDDLE_ALIKE], by_leaves).best_params_["size"] == 9


def test_a_column_of_the_table_orders_them() -> None:
    """Of equal means, the one whose score varies least."""
    points = [{"base": 0.91, "odd": 0.18, "size": 1}, {"base": 1.0, "odd": 0.0, "size": 2}]
    assert scored(points, simplest_of_the_best("std_test_score")).best_params_["size"] == 2


def test_a_candidate_without_the_parameter_is_never_the_simplest() -> None:
    """It is in another branch."""
    branches = [{"splitter": "best", "max_depth": [2, 3]}, {"splitter": "random"}]
    options = {"cv": 3, "random_state": 0, "refit": simplest_of_the_best("max_depth", alpha=1e-9)}
    search = HyperoptSearchCV(TREE, {"splitter": hp.choice(branches)}, **options).fit(X, y)
    assert search.best_params_ == {"splitter": "best", "max_depth": 2}


def test_of_equally_simple_ones_the_best_is_taken() -> None:
    """The mean decides."""
    points = [{**MIDDLE_ALIKE, "size": 1}, {**LARGE_BEST, "size": 1}]
    assert scored(points, simplest_of_the_best("size")).best_params_["base"] == 1.0


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("error_score", [np.nan, 2.0])
def test_a_failed_candidate_is_not_taken(error_score: float) -> None:
    """Also if error_score is a number higher than every score."""

    class Picky(DecisionTreeClassifier):
        def fit(self, X: Any, y: Any) -> Any:
            if self.max_depth == 1:
                raise ValueError("too shallow")
            return super().fit(X, y)

    refit = simplest_of_the_best("max_depth", alpha=1e-9)
    search = HyperoptSearchCV(Picky(random_state=0), DEPTH, max_evals=9, error_score=error_score, refit=refit)
    assert search.fit(X, y).best_params_["max_depth"] == 2


def test_one_fold_tells_nothing() -> None:
    """Then the best candidate is taken."""
    folds = [(np.arange(0, 150, 2), np.arange(1, 150, 2))]
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=9, cv=folds, refit=simplest_of_the_best("max_depth")).fit(X, y)
    assert search.cv_results_["rank_test_score"][search.best_index_] == 1


def test_it_works_in_a_grid_search() -> None:
    """Whose table alone says how many folds there are."""
    grid = GridSearchCV(TREE, DEPTH, cv=5, refit=simplest_of_the_best("max_depth")).fit(X, y)
    assert grid.best_params_["max_depth"] == 2


def test_it_can_be_pickled_and_compared() -> None:
    """As one_standard_error can."""
    rule = simplest_of_the_best(["C", "gamma"], alpha=0.1)
    assert pickle.loads(pickle.dumps(rule)) == rule


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=6), st.integers(0, 99))
def test_what_is_taken_is_never_less_simple_than_the_best(scores: list[list[float]], seed: int) -> None:
    """The best candidate is always in the choice."""
    table, sizes = np.array(scores), np.random.default_rng(seed).permutation(len(scores))
    columns = {f"split{i}_test_score": column for i, column in enumerate(table.T)}
    results = {**columns, "mean_test_score": table.mean(axis=1), "param_size": sizes}
    row = simplest_of_the_best("size")(results)
    assert sizes[row] <= sizes[results["mean_test_score"].argmax()]


@pytest.mark.parametrize(
    ("space", "refit", "message"),
    [
        ({"max_depth": [1, 2]}, ["max_dept"], r"does not set max_dept.*refit=simplest_of_the_best\(\['max_depth'\]\)"),
        ({"max_depth": [1, 2]}, "mean_fit_tim", r"or a column.*refit=simplest_of_the_best\('mean_fit_time'\)"),
        ({"max_depth": [1, 2]}, "param_max_depth", r"refit=simplest_of_the_best\('max_depth'\)"),
        ({"criterion": ["gini", "entropy"]}, "criterion", "criterion can be 'gini', which is not a number"),
        ({"max_depth": [10**400, 10**401]}, "max_depth", r"max_depth can be 10+.*, which is not a number"),
        ({"max_depth": [1, 2]}, "mean_test_f1", r"no column 'mean_test_f1'.*best\('mean_test_score'\)"),
        ({"max_depth": [1, 2]}, "mean_train_score", "mean_train_score needs return_train_score=True"),
    ],
)
def test_a_wrong_key_is_named_before_the_first_fit(space: Any, refit: Any, message: str) -> None:
    """The error has the line that would be right."""
    with pytest.raises(ValueError, match=message):
        HyperoptSearchCV(NeverFitted(), space, max_evals=2, refit=simplest_of_the_best(refit)).fit(X, y)


def test_a_function_without_a_number_is_named_before_the_first_fit() -> None:
    """It is called for one candidate."""
    search = HyperoptSearchCV(NeverFitted(), DEPTH, max_evals=2, refit=simplest_of_the_best(lambda params: "small"))
    with pytest.raises(TypeError, match=r"must return a number, or None.*got 'small'"):
        search.fit(X, y)


def test_an_error_of_the_function_says_what_it_receives() -> None:
    """The note lists the names of the parameters."""
    search = HyperoptSearchCV(NeverFitted(), DEPTH, refit=simplest_of_the_best(lambda params: params["depth"]))
    with pytest.raises(KeyError) as caught:
        search.fit(X, y)
    assert "such as ['max_depth']" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"simplest": 3}, TypeError, "simplest must be the name of a parameter.*got 3"),
        ({"simplest": []}, TypeError, "simplest must be the name of a parameter"),
        ({"simplest": "C", "alpha": 5}, ValueError, "write alpha=0.05"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, error: Any, message: str) -> None:
    """When the rule is made."""
    with pytest.raises(error, match=message):
        simplest_of_the_best(**arguments)


def test_the_function_that_makes_it_is_no_rule() -> None:
    """The error has the call."""
    with pytest.raises(TypeError, match=r"write refit=simplest_of_the_best\('max_depth'\)"):
        HyperoptSearchCV(NeverFitted(), DEPTH, refit=simplest_of_the_best).fit(X, y)

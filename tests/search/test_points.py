"""`points_to_evaluate` of the estimator: parameters with their values, parts of candidates, and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.exceptions import InvalidTrial
from hpsklearn_search.hyperopt.pyll import scope
from hpsklearn_search.search._parameters import ParameterSpace
from hpsklearn_search.search._points import as_points, is_same

X, y = load_iris(return_X_y=True)
PIPELINE = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
SHARED = hp.logrange("C", 0.1, 10)
SPACES: dict[str, tuple[Any, Any]] = {
    "lists of numbers": (SVC(), {"C": [1, 2, 3], "degree": [3, 2, 1, 0], "gamma": [0.5, "scale", 1]}),
    "lists of anything": (
        DecisionTreeClassifier(),
        {"max_depth": [None, 2, 4], "class_weight": [None, "balanced", {0: 1, 1: 2, 2: 3}], "splitter": ["best"]},
    ),
    "tuples, arrays and lists": (MLPClassifier(), {"hidden_layer_sizes": [(5,), [5], (5, 3), np.array([5])]}),
    "ranges under other labels": (
        SVC(),
        {"C": hp.logrange("c", 0.1, 10), "degree": hp.quniform("d", 1, 9, 2), "kernel": hp.choice("k", ["rbf"])},
    ),
    "branches": (
        SVC(),
        {
            "kernel": hp.choice(
                "kernel",
                [
                    {"kernel": "poly", "degree": hp.randint("d", 2, 5), "C": SHARED},
                    {"kernel": "rbf", "C": SHARED},
                    {"kernel": "rbf", "gamma": hp.choice("g", [hp.uniform("lo", 0, 1), hp.uniform("hi", 5, 6)])},
                    "linear",
                ],
            )
        },
    ),
    "a list of dicts": (SVC(), [{"kernel": ["linear"], "C": [1, 2]}, {"kernel": ["rbf"], "C": [2, 1], "gamma": [1]}]),
    "whole estimators": (
        PIPELINE,
        {
            "scale": [StandardScaler(), StandardScaler(with_mean=False), "passthrough"],
            "family": hp.choice(
                "family",
                [
                    {"model": LogisticRegression(), "model__C": hp.logrange("lC", 0.1, 10)},
                    {"model": RandomForestClassifier(5), "model__max_depth": [2, 1]},
                    {"model": RandomForestClassifier(9), "model__max_depth": [2, 1]},
                ],
            ),
        },
    ),
    "without labels": (
        PIPELINE,
        {
            "scale": [StandardScaler(), StandardScaler(with_mean=False)],
            "model": hp.choice(
                [
                    {"model": LogisticRegression(), "model__C": hp.logrange(0.1, 10)},
                    {"model": RandomForestClassifier(5), "model__max_depth": scope.int(hp.quniform(1, 9, 2))},
                    {"model": SVC(), "model__C": hp.logrange(0.1, 10), "model__kernel": hp.choice(["rbf", "poly"])},
                ]
            ),
        },
    ),
    "computed": (SVC(), {"C": 2 ** hp.uniformint("exponent", -3, 3), "degree": hp.choice("n", [1, 2]) + 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", SPACES)
@given(seed=st.integers(0, 10**6))
def test_a_row_of_the_table_is_evaluated_again(name: str, seed: int) -> None:
    """Whatever the search sets, the same values give the same candidate."""
    estimator, space = SPACES[name]
    parameters = ParameterSpace(space, estimator)
    params = parameters.params(parameters.space.draw(np.random.default_rng(seed)))
    [point] = as_points(parameters, [params])
    assert is_same(parameters.params(point), params)


@pytest.mark.parametrize("name", SPACES)
@given(seed=st.integers(0, 10**6), n_named=st.integers(0, 3))
def test_a_part_of_a_candidate_is_completed(name: str, seed: int, n_named: int) -> None:
    """The named parameters keep their values; the others are drawn, the same ones in every run."""
    estimator, space = SPACES[name]
    parameters = ParameterSpace(space, estimator)
    params = parameters.params(parameters.space.draw(np.random.default_rng(seed)))
    part = dict(list(params.items())[:n_named])
    [point] = as_points(parameters, [part])
    completed = parameters.params(point)
    assert all(is_same(completed[key], value) for key, value in part.items())
    assert as_points(parameters, [part]) == [point]


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        ({"C": 1, "kernel": "poly"}, {"C": 1, "kernel": "poly"}),
        ({"C": 1, "k": 1}, {"C": 1, "kernel": "poly"}),
        ({"C": 1, "k": "poly"}, {"C": 1, "kernel": "poly"}),
        ({"C": 3, "kernel": "rbf"}, {"C": 3, "kernel": "rbf"}),
        ({"C": np.int64(2), "kernel": np.str_("rbf")}, {"C": 2, "kernel": "rbf"}),
    ],
)
def test_a_value_is_never_taken_for_an_index(candidate: dict[str, Any], expected: dict[str, Any]) -> None:
    """Under a label an index is understood where no option is a number."""
    parameters = ParameterSpace({"C": [1, 2, 3], "kernel": hp.choice("k", ["rbf", "poly"])}, SVC())
    [point] = as_points(parameters, [candidate])
    assert parameters.params(point) == expected


def test_an_index_under_a_name_that_is_a_label_too_comes_second() -> None:
    """The option 0 is the first one, as no option is the number 0."""
    parameters = ParameterSpace({"criterion": ["gini", "entropy"]}, DecisionTreeClassifier())
    assert as_points(parameters, [{"criterion": 1}, {"criterion": "gini"}]) == [{"criterion": 1}, {"criterion": 0}]


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ({"C": 0, "kernel": "rbf"}, r"points_to_evaluate\[0\]: 'C' cannot be 0; in the space it is 1, 2, 3"),
        ({"kernel": "polly"}, "'kernel' cannot be 'polly'; in the space it is 'rbf', 'poly'"),
        ({"gamma": 5.0}, r"'gamma' cannot be 5.0; in the space it is real in \[0, 1\]"),
        (
            {"c": 1},
            r"'c' is neither a parameter nor a label of the space.*: \['C', 'kernel', 'gamma'\]",
        ),
        ({"kernel": "poly", "k": 0}, "no candidate of the space has .* together"),
        ("C=1", "a candidate is a dict such as {'C': 1.0}, got 'C=1'"),
    ],
)
def test_what_is_not_in_the_space_is_refused(candidate: Any, message: str) -> None:
    """The message has the argument, the parameter, its value, and the values that are there."""
    space = {"C": [1, 2, 3], "kernel": hp.choice("k", ["rbf", "poly"]), "gamma": hp.uniform("g", 0, 1)}
    with pytest.raises(InvalidTrial, match=message):
        as_points(ParameterSpace(space, SVC()), [candidate])


@pytest.mark.parametrize("candidates", [{"C": 1}, 3, "C"])
def test_what_is_no_list_of_candidates_is_refused(candidates: Any) -> None:
    """The message shows a list."""
    with pytest.raises(TypeError, match=r"points_to_evaluate must be a list of candidates, as in \[{'C': 1.0}\], got"):
        as_points(ParameterSpace({"C": [1, 2]}, SVC()), candidates)


def test_labels_of_a_list_of_dicts_are_understood() -> None:
    """The label of the list takes an index, as its options are no numbers."""
    parameters = ParameterSpace([{"C": [1, 10]}, {"C": [10, 1], "kernel": ["poly", "rbf"]}], SVC())
    [point] = as_points(parameters, [{"grid": 1, "1.C": 1, "1.kernel": 0}])
    assert parameters.params(point) == {"C": 1, "kernel": "poly"}


def test_the_winner_of_an_earlier_search_comes_first() -> None:
    """Its parameters are the first row of the table."""
    space = {"model": [SVC(), DecisionTreeClassifier(random_state=0)], "scale": ["passthrough", StandardScaler()]}
    old = HyperoptSearchCV(PIPELINE, space, max_evals=4, cv=2).fit(X, y)
    rows = [old.best_params_, *old.cv_results_["params"][:1]]
    new = HyperoptSearchCV(PIPELINE, space, max_evals=3, cv=2, points_to_evaluate=rows, algo="random").fit(X, y)
    assert is_same(list(new.cv_results_["params"][:2]), rows)


class Instant(SVC):  # type: ignore[misc]
    """It has nothing to fit, so that whole grids take no time."""

    def fit(self, X: Any, y: Any) -> Instant:
        """Learn nothing."""
        self.classes_ = np.unique(y)
        return self

    def score(self, X: Any, y: Any) -> float:
        """Always the same."""
        return 0.5


@given(
    first=st.lists(st.sampled_from([(c, d) for c in (1, 2, 5) for d in (4, 3)]), unique=True, max_size=6),
    refused=st.sets(st.sampled_from([1, 2, 5]), max_size=2), seed=st.one_of(st.none(), st.integers(0, 9)),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_the_rest_of_a_small_space_is_in_the_order_of_the_grid(
    first: list[tuple[int, int]], refused: set[int], seed: int | None
) -> None:
    """Candidates of the user's come first, and combinations that are refused leave no gap and no disorder."""
    grid = {"C": [1, 2, 5], "degree": [4, 3]}
    given_first = [{"C": c, "degree": d} for c, d in first]
    rest = [p for p in ParameterGrid(grid) if p not in given_first and p["C"] not in refused]
    search = HyperoptSearchCV(
        Instant(), grid, cv=2, random_state=seed, refit=False, points_to_evaluate=given_first or None,
        constraints=lambda params: params["C"] not in refused,
    )  # fmt: skip
    assert search.fit(X, y).cv_results_["params"] == given_first + rest

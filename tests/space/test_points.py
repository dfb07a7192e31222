"""Points that a user wrote, parsed as points of a space."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, rand
from hpsklearn_search.exceptions import BadSearchSpace, InvalidAnnotatedParameter, InvalidTrial
from hpsklearn_search.hyperopt import generate_trials_to_calculate, space_eval
from hpsklearn_search.space import Space, annotated_space, parse_point
from tests.strategies import spaces

MODEL = SVC()
SPACE = Space(
    {
        "kernel": hp.choice("kernel", ["rbf", {"degree": hp.randint("degree", 5)}]),
        "model": hp.choice("model", [None, MODEL, [1, 2], [3]]),
        "flag": hp.choice("flag", [True, False]),
        "size": hp.choice("size", [100, 5, 10]),
        "x": hp.uniform("x", 0, 1),
    }
)
POINT = {"kernel": 0, "model": 0, "flag": 0, "size": 0, "x": 0.5}


@given(spaces(), st.integers(0, 2**32))
def test_a_point_of_the_space_means_itself(root: Any, seed: int) -> None:
    """A drawn point is parsed to itself, also from hyperopt's lists of no or one value."""
    space = Space(root)
    point = space.draw(np.random.default_rng(seed))
    assert parse_point(space, point) == point
    assert parse_point(space, {label: [point[label]] if label in point else [] for label in space.labels}) == point


@pytest.mark.parametrize(
    ("label", "value", "index"),
    [
        ("kernel", "rbf", 0),
        ("size", 100, 0),
        ("size", 1, 1),  # an index before an option
        ("size", 5, 1),
        ("size", np.int64(2), 2),
        ("size", 2.0, 2),
        ("flag", False, 1),  # not the index 0
        ("flag", 0, 0),
        ("model", None, 0),
        ("model", MODEL, 1),
        ("model", [1, 2], 2),
        ("model", [3], 3),  # an option, not a list of the index 3
        ("model", [1], 1),
    ],
)
def test_a_choice_is_given_by_index_or_option(label: str, value: Any, index: int) -> None:
    """A choice has an index or an option as its value; a whole number in range is an index."""
    point = parse_point(SPACE, {**POINT, label: value})
    assert point == {**POINT, label: index}
    assert type(point[label]) is int


def test_inactive_labels_are_dropped() -> None:
    """A point may contain inactive labels, which are dropped."""
    assert parse_point(SPACE, {**POINT, "degree": 3}) == POINT
    assert parse_point(SPACE, {**POINT, "kernel": 1, "degree": 3})["degree"] == 3


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"kernel": "poly"}, "label 'kernel': 'poly' is neither an index from 0 to 1 nor one of the options"),
        ({"size": 3}, "label 'size': 3 is neither"),
        ({"size": np.arange(3)}, "label 'size'"),
        ({"kernel": 1}, "'degree' is active but has no value"),
        ({"gamma": 1}, "unknown label 'gamma'"),
        ({"x": 1.5}, "1.5 cannot be drawn"),
        ({"x": "0.5"}, "'0.5' cannot be drawn"),
        ({"x": True}, "True cannot be drawn"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], match: str) -> None:
    """The message names the label and the value."""
    with pytest.raises(InvalidTrial, match=match):
        parse_point(SPACE, {**POINT, **change})
    with pytest.raises(InvalidTrial, match="a point is a dict"):
        parse_point(SPACE, [0.5])  # type: ignore[arg-type]


def test_a_number_outside_of_its_bounds_may_be_let_through() -> None:
    """With ``within=False`` a finite number outside of the bounds is accepted."""
    assert parse_point(SPACE, {**POINT, "x": -100}, within=False)["x"] == -100
    for value in ("a", float("nan"), None):
        with pytest.raises(InvalidTrial):
            parse_point(SPACE, {**POINT, "x": value}, within=False)


CONSTANTS = Space(
    {
        "x": hp.uniform("x", 0, 1),
        "seed": 7,
        "layers": [10, 10],
        "missing": float("nan"),
        "nothing": None,
        "mask": np.array([1, 2]),
        "kind": hp.choice("kind", [{"name": "a", "deep": {"flag": True}}, {"name": "b", "y": hp.randint("y", 3)}]),
    }
)


@pytest.mark.parametrize(
    "others",
    [
        {"seed": 7},
        {"seed": 7.0},
        {"seed": np.int64(7)},
        {"seed": [7]},
        {"layers": [10, 10]},
        {"missing": float("nan")},
        {"nothing": None, "seed": 7, "layers": [10, 10]},
        {"mask": np.array([1, 2])},
        {"name": "a"},
        {"deep": {"flag": True}},
    ],
)
def test_equal_constants_of_a_point_are_ignored(others: dict[str, Any]) -> None:
    """A configuration, as space_eval returns it, has the constants of its space, too."""
    assert parse_point(CONSTANTS, {"x": 0.5, "kind": 0, **others}) == {"x": 0.5, "kind": 0}


@pytest.mark.parametrize(
    ("others", "match"),
    [
        (
            {"seed": 8},
            "'seed' is 8, but in the space it is the constant 7; leave 'seed' out of the point",
        ),
        ({"seed": True}, "'seed' is True"),
        ({"layers": [10, 11]}, r"'layers' is \[10, 11\]"),
        ({"mask": np.array([1, 3])}, "'mask' is array"),
        ({"name": "b"}, "'name' is 'b', but in the space it is the constant 'a'"),
        ({"deep": {"flag": False}}, "'deep' is {'flag': False}"),
        ({"sed": 7}, "unknown label 'sed'"),
    ],
)
def test_other_constants_of_a_point_are_refused(others: dict[str, Any], match: str) -> None:
    """The message names the constant and both values."""
    with pytest.raises(InvalidTrial, match=match):
        parse_point(CONSTANTS, {"x": 0.5, "kind": 0, **others})


def test_a_search_may_start_from_a_configuration() -> None:
    """Both doors for points take the constants, and say so if one differs."""
    space = {"x": hp.uniform("x", 0, 1), "seed": 7}
    best = space_eval(space, {"x": 0.25})
    for point, error in ((best, None), ({"x": 0.25, "seed": 8}, InvalidTrial)):
        for options in ({"points_to_evaluate": [point]}, {"trials": generate_trials_to_calculate([point])}):
            with nullcontext() if error is None else pytest.raises(error, match="'seed' is 8, but in the space"):
                trials = options.setdefault("trials", Trials())
                fmin(lambda p: p["x"], space, rand.suggest, 2, show_progressbar=False, **options)
                assert trials.vals["x"][0] == 0.25


@pytest.mark.parametrize("x", [1.5, -3, 10**6])
def test_both_doors_run_a_number_outside_of_its_bounds(x: float) -> None:
    """As hyperopt does; what is no number is refused by both."""
    for point in ({"x": x}, {"x": "far"}):
        for options in ({"points_to_evaluate": [point]}, {"trials": generate_trials_to_calculate([point])}):
            with nullcontext() if point["x"] == x else pytest.raises(InvalidTrial, match="'far' cannot be drawn"):
                trials = options.setdefault("trials", Trials())
                fmin(abs, hp.uniform("x", 0, 1), rand.suggest, 2, show_progressbar=False, **options)
                assert trials.losses()[0] == abs(x)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ({"max_depth": 2, "criterion": "entropy"}, {"max_depth": 2, "criterion": "entropy"}),
        ({"max_depth": 4, "criterion": 1}, {"max_depth": 4, "criterion": "entropy"}),
    ],
)
def test_in_a_search_an_option_comes_before_an_index(point: dict[str, Any], expected: dict[str, Any]) -> None:
    """So that ``best_params_`` of an earlier search can be evaluated again."""
    space = {"max_depth": [1, 2, 4, 8], "criterion": ["gini", "entropy"]}
    X, y = load_iris(return_X_y=True)
    search = HyperoptSearchCV(DecisionTreeClassifier(), space, max_evals=2, cv=2, points_to_evaluate=[point])
    assert search.fit(X, y).cv_results_["params"][0] == expected


@pytest.mark.parametrize(
    "space", [5, 2.5, None, {}, [], (), "x", True, dict, object, (i for i in [1]), {1, 2}, np.ones(3), len]
)
def test_what_is_no_space_is_refused_by_fmin(space: Any) -> None:
    """The message names the argument, the value and the right line."""
    with pytest.raises(BadSearchSpace, match=r"space=.* has nothing to search; write .*space={'x': hp.uniform\(0, 1"):
        fmin(lambda point: 0.0, space, rand.suggest, 2, show_progressbar=False)


def test_a_space_is_read_from_annotations() -> None:
    """Parameters without a default are annotated with spaces."""

    def fn(x: hp.uniform("x", 0, 1), y: [hp.randint("y", 5), 3], scale: float = 2.0, *rest: int) -> float:
        return x

    assert Space(annotated_space(fn)).labels == ["x", "y"]


def test_annotations_may_be_text() -> None:
    """Annotations may be text, as under the future import."""

    def fn(x: hp.uniform("x", 0, 1)) -> float:
        return x

    assert isinstance(fn.__annotations__["x"], str)
    assert Space(annotated_space(fn)).labels == ["x"]


def test_what_is_annotated_with_no_space_is_refused() -> None:
    """The message names the parameter and the right line."""

    def typed(x: float) -> float:
        return x

    def bare(x) -> float:  # type: ignore[no-untyped-def]
        return x

    def unknown(x: nothing.of.that.name) -> float:  # type: ignore[name-defined]  # noqa: F821
        return x

    message = r"'x' has the annotation .*float.*; write, for example, x: hp\.uniform"
    with pytest.raises(InvalidAnnotatedParameter, match=message):
        annotated_space(typed)
    with pytest.raises(InvalidAnnotatedParameter, match="'x' has no annotation, and no default"):
        annotated_space(bare)
    with pytest.raises(InvalidAnnotatedParameter, match="'nothing' is not defined"):
        annotated_space(unknown)

"""Points that a user wrote, parsed as points of a space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.svm import SVC

from hpsklearn_search import hp
from hpsklearn_search.exceptions import InvalidAnnotatedParameter, InvalidTrial
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
